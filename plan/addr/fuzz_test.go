package addr_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan/addr"
)

func FuzzParse(f *testing.F) {
	for _, text := range []string{"box/a", "item/x/scope:s1/Tenant Guest", "box/a%2Fb%3Ac%25", "box/é\u202e", "box/%ff", "box", "box//",
		"box/a:b:c", "box/\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := addr.Parse(text)
		if err != nil {
			require.ErrorIs(t, err, addr.ErrMalformed)
			require.True(t, a.IsZero())
			return
		}
		require.Equal(t, a, addr.New(a.Type(), a.Segments()...), "the parts make the whole")
		if len(a.String()) > 4096 {
			return // escapes can make a text longer than may be read back
		}
		back, err := addr.Parse(a.String())
		require.NoError(t, err)
		require.Equal(t, a, back)
		encoded, err := json.Marshal(a)
		require.NoError(t, err)
		var decoded addr.Address
		require.NoError(t, json.Unmarshal(encoded, &decoded))
		require.Equal(t, a, decoded)
	})
}

func FuzzParsePattern(f *testing.F) {
	for _, seed := range [][2]string{
		{"box/*", "box/a"}, {"item/**", "item/x/scope:s1/a"}, {"box/a?b", "box/a%2Fb"}, {"box/**/a", "box/a"}, {"box/*a*b*c*", "box/abcabc"},
		{"box/%2a", "box/*"}, {"box/?", "box/é"}, {"box/*?", "box/%FF"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, against string) {
		p, err := addr.ParsePattern(text)
		if err != nil {
			require.ErrorIs(t, err, addr.ErrMalformed)
			return
		}
		if len(p.String()) <= 4096 {
			back, err := addr.ParsePattern(p.String())
			require.NoError(t, err)
			require.Equal(t, p, back)
		}
		a, err := addr.Parse(against)
		if err != nil {
			return
		}
		if p.String() == a.String() {
			require.True(t, p.Match(a), "a pattern selects the address that reads like it")
		}
		if p.Match(a) {
			all, err := addr.ParsePattern(a.Type() + "/**")
			require.NoError(t, err)
			require.True(t, all.Match(a))
		}
	})
}
