package acceptance

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/plan/saved"
)

// FuzzSavedPlan reads saved plans of the real services that were changed at one place: always an answer, never a panic. At says where a
// value of the file is replaced, counted through all its values, and put by what: JSON, or else a text.
func FuzzSavedPlan(f *testing.F) {
	front := newFront(f, cloudsim.Options{})
	folder := f.TempDir()
	manifest, path := filepath.Join(folder, "main.yaml"), filepath.Join(folder, "plan.json")
	require.NoError(f, os.WriteFile(manifest, []byte(forgedBefore), 0o600))
	front.succeeds(f, "apply", "-f", manifest, "--auto-approve")
	require.NoError(f, os.WriteFile(manifest, []byte(forgedMain), 0o600))
	front.succeeds(f, "plan", "-f", manifest, "--out", path)
	honest, err := os.ReadFile(path)
	require.NoError(f, err)
	program := saved.Program{Services: services.Registry(), Version: "test"}
	_, err = saved.Decode(honest, program)
	require.NoError(f, err)
	f.Add(uint(0), ``, uint(7), `null`)
	f.Add(uint(300), `{}`, uint(301), `[]`)
	f.Add(uint(700), `"grant/a"`, uint(900), `"agency/a/b"`)
	f.Add(uint(1100), `true`, uint(1200), `["x"]`)
	f.Fuzz(func(t *testing.T, at uint, put string, otherAt uint, otherPut string) {
		text := replaceValue(honest, at, put)
		text = replaceValue(text, otherAt, otherPut)
		s, err := saved.Decode([]byte(sealed(string(text))), program)
		if err != nil {
			require.ErrorIs(t, err, saved.ErrBad)
			return
		}
		live := s.Basis.Snapshot
		live.Account, live.Cloud = s.Plan.Account, s.Plan.Cloud
		saved.Recheck(s, saved.Now{Snapshot: &live, Wanted: s.Wanted(), Knowledge: services.Registry()})
	})
}

// replaceValue replaces one value of a JSON text, counted through its objects, lists, and plain values.
func replaceValue(text []byte, at uint, put string) []byte {
	if !json.Valid([]byte(put)) {
		quoted, _ := json.Marshal(put) // a text can always be written
		put = string(quoted)
	}
	starts := valueStarts(text)
	if len(starts) == 0 {
		return text
	}
	start := starts[at%uint(len(starts))]
	var old json.RawMessage
	if json.NewDecoder(bytes.NewReader(text[start:])).Decode(&old) != nil {
		return text
	}
	return append(append(append([]byte{}, text[:start]...), put...), text[start+len(old):]...)
}

// valueStarts returns where the values of a JSON text begin; keys are no values.
func valueStarts(text []byte) (starts []int) {
	quoted, isValue, inside := false, true, []byte{0}
	for i := 0; i < len(text); i++ {
		c := text[i]
		top := len(inside) - 1
		switch {
		case quoted:
			if c == '\\' {
				i++
			} else if c == '"' {
				quoted = false
			}
			continue
		case c == '{' || c == '[':
			if isValue {
				starts = append(starts, i)
			}
			inside = append(inside, c)
			isValue = c == '['
			continue
		case c == '}' || c == ']':
			if top > 0 {
				inside = inside[:top]
			}
			isValue = false
			continue
		case c == ',':
			isValue = inside[top] == '['
			continue
		case c == ':':
			isValue = true
			continue
		}
		if c == '"' {
			quoted = true
		}
		if isValue {
			starts = append(starts, i)
			isValue = false
		}
	}
	return starts
}
