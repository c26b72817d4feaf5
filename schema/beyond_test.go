package schema

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestThePublishedSchemaShowsMistakesInAnEditor: of the mistakes of manifests that we tell, the published schema alone refuses those whose
// row gives no reason in a file beyondSchema, and no others.
func TestThePublishedSchemaShowsMistakesInAnEditor(t *testing.T) {
	archive, err := txtar.ParseFile("../testdata/mistakes/manifest.txtar")
	require.NoError(t, err)
	manifests, reasons := map[string][]byte{}, map[string]string{}
	for _, f := range archive.Files {
		switch row, file, _ := strings.Cut(f.Name, "/"); file {
		case "a.yaml":
			manifests[row] = f.Data
		case "beyondSchema":
			reasons[row] = strings.TrimSpace(string(f.Data))
		}
	}
	require.Greater(t, len(manifests), 100)
	for row, text := range manifests {
		documents, found, _ := decode(Source{Name: "a.yaml", Data: text}, newBudget())
		if len(found.all) > 0 { // a mistake of YAML
			continue
		}
		require.Len(t, documents, 1, row)
		refused := compiled().whole.Validate(plain(documents[0].root)) != nil
		assert.Equal(t, reasons[row] == "", refused, "%s: refused by the schema: %v", row, refused)
	}
}
