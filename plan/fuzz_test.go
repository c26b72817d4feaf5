package plan_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
)

func FuzzValueJSON(f *testing.F) {
	for _, text := range []string{`null`, `"a"`, `""`, `true`, `false`, `[]`, `["b","a","b"]`, `{"b":[1,{"a":null}],"a":"<"}`, `1`, `["a",1]`,
		`nil`, `"\ud800"`, ` "a" `} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var v plan.Value
		if err := v.UnmarshalJSON(text); err != nil {
			require.ErrorIs(t, err, plan.ErrBadValue)
			return
		}
		encoded, err := json.Marshal(v)
		require.NoError(t, err)
		var back plan.Value
		require.NoError(t, json.Unmarshal(encoded, &back))
		again, err := json.Marshal(back)
		require.NoError(t, err)
		require.Equal(t, string(encoded), string(again))
	})
}
