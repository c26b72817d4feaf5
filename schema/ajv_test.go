//go:build consumers

package schema

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// judgeInNode compiles the published schemas with ajv in its strict mode, and prints what ajv says on the way and which documents are
// valid manifests.
const judgeInNode = `
const input = JSON.parse(require('fs').readFileSync(0));
const Ajv = require('ajv/dist/2020'), said = [];
const log = (...words) => said.push(words.join(' '));
const ajv = new Ajv({strict: true, logger: {log, warn: log, error: log}});
require('ajv-formats')(ajv);
for (const schema of input.schemas) ajv.addSchema(schema);
for (const schema of input.schemas) ajv.getSchema(schema.$id);
const valid = ajv.getSchema(input.manifest);
console.log(JSON.stringify({said, valid: input.documents.map(d => valid(d))}));
`

// TestAStrictValidatorTakesTheSchemas has ajv, by which editors judge, compile every published schema in its strict mode, and say of each
// manifest of the examples and of the table of mistakes what our library says. AJV_MODULES is the folder with ajv and ajv-formats.
func TestAStrictValidatorTakesTheSchemas(t *testing.T) {
	modules := os.Getenv("AJV_MODULES")
	require.NotEmpty(t, modules, "install ajv and ajv-formats by npm, and set AJV_MODULES to the folder node_modules")
	input := struct {
		Manifest  string            `json:"manifest"`
		Schemas   []json.RawMessage `json:"schemas"`
		Documents []any             `json:"documents"`
	}{Manifest: manifestURL}
	for _, name := range Names() {
		text, _ := Published(name)
		input.Schemas = append(input.Schemas, text)
	}
	texts := map[string][]byte{}
	for _, path := range manifestPaths(t) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		texts[path] = text
	}
	archive, err := txtar.ParseFile("../testdata/mistakes/manifest.txtar")
	require.NoError(t, err)
	for _, f := range archive.Files {
		texts[f.Name] = f.Data
	}
	var names []string
	var want []bool
	for name, text := range texts {
		documents, _, _ := decode(Source{Name: name, Data: text}, newBudget())
		for _, d := range documents {
			names = append(names, name)
			input.Documents = append(input.Documents, plain(d.root))
			want = append(want, compiled().whole.Validate(plain(d.root)) == nil)
		}
	}
	asked, err := json.Marshal(input)
	require.NoError(t, err)
	c := exec.Command("node", "-e", judgeInNode)
	c.Env = append(os.Environ(), "NODE_PATH="+modules)
	c.Stdin = bytes.NewReader(asked)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	require.NoError(t, err, stderr.String())
	var answer struct {
		Said  []string
		Valid []bool
	}
	require.NoError(t, json.Unmarshal(out, &answer))
	assert.Empty(t, answer.Said)
	assert.Empty(t, stderr.String())
	require.Len(t, answer.Valid, len(want))
	assert.Contains(t, want, true)
	assert.Contains(t, want, false)
	for i, valid := range answer.Valid {
		assert.Equal(t, want[i], valid, names[i])
	}
}
