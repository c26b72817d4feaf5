package traces

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// Whatever is answered, a record that is taken from it says who and when, and can be matched.
func FuzzPage(f *testing.F) {
	example, err := os.ReadFile("testdata/example.json")
	require.NoError(f, err)
	f.Add(example)
	f.Fuzz(func(t *testing.T, answer []byte) {
		var p page
		if json.Unmarshal(answer, &p) != nil {
			return
		}
		words := map[string]bool{"ops": true, "r": true}
		items, err := p.Traces.Items(huaweicloud.Call{}, "traces")
		if err != nil {
			return
		}
		for _, r := range changes(items, words) {
			assert.NotEmpty(t, r.who)
			assert.NotEmpty(t, r.name)
			assert.Subset(t, words, r.ids, "nothing else is kept")
			assert.Subset(t, words, r.names)
			assert.True(t, r.when.After(time.UnixMilli(0)) && r.when.Year() < 10_000)
			assert.False(t, changesNothing(r.name))
			m := marks{names: []string{"ops"}, grant: true, role: "r"}
			m.fitting([]record{r}, known{roles: map[string]bool{"r": true}})
		}
	})
}
