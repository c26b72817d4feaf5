package addr_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan/addr"
)

func TestAddressText(t *testing.T) {
	for behaviour, c := range map[string]struct {
		made addr.Address
		text string
	}{
		"a plain name stands for itself":          {addr.New("box", addr.Plain("ops backup")), "box/ops backup"},
		"a slash, a colon and a percent escape":   {addr.New("box", addr.Plain("a/b:c%d")), "box/a%2Fb%3Ac%25d"},
		"a qualifier stays in front":              {addr.New("item", addr.Plain("x"), addr.Qualified("scope", "eu:1")), "item/x/scope:eu%3A1"},
		"control bytes cannot forge output":       {addr.New("box", addr.Plain("a\n\x1b[1m\x7f")), "box/a%0A%1B[1m%7F"},
		"letters of any script stay":              {addr.New("box", addr.Plain("é漢字")), "box/é漢字"},
		"a direction mark is escaped":             {addr.New("box", addr.Plain("a\u202eb")), "box/a%E2%80%AEb"},
		"a broken byte is escaped":                {addr.New("box", addr.Plain("a\xffb")), "box/a%FFb"},
		"a written replacement character is kept": {addr.New("box", addr.Plain("a\uFFFDb")), "box/a\uFFFDb"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			require.Equal(t, c.text, c.made.String())
			back, err := addr.Parse(c.text)
			require.NoError(t, err)
			require.Equal(t, c.made, back)
			require.Equal(t, c.made.Segments(), back.Segments())
		})
	}
}

func TestParseNormalises(t *testing.T) {
	for behaviour, c := range map[string]struct{ text, want string }{
		"a needless escape goes":            {"box/%61b", "box/ab"},
		"hexadecimal digits become capital": {"box/%2f", "box/%2F"},
		"a raw direction mark is escaped":   {"box/a\u202eb", "box/a%E2%80%AEb"},
		"an escaped letter becomes itself":  {"box/%C3%A9", "box/é"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			a, err := addr.Parse(c.text)
			require.NoError(t, err)
			require.Equal(t, c.want, a.String())
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for behaviour, c := range map[string]struct{ text, says string }{
		"nothing":                           {"", "it must begin with a type"},
		"a type alone":                      {"box", "a name must follow the type, as in box/NAME"},
		"a capital type":                    {"Box/a", "it must begin with a type"},
		"a type that begins with a digit":   {"1box/a", "it must begin with a type"},
		"an empty name":                     {"box/", "a part between slashes is empty"},
		"an empty part":                     {"box/a//b", "a part between slashes is empty"},
		"a qualifier without a name":        {"box/scope:", "a part between slashes is empty"},
		"a colon inside a name":             {"box/A B:c", "write a colon that belongs to the name as %3A"},
		"a second colon":                    {"box/scope:a:b", "as %3A"},
		"half an escape":                    {"box/a%2", "two hexadecimal digits"},
		"an escape of no digits":            {"box/a%zz", "two hexadecimal digits"},
		"a raw control byte":                {"box/a\nb", "as %0A"},
		"a text longer than anything named": {"box/" + strings.Repeat("a", 5000), "longer than 4096 bytes"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			_, err := addr.Parse(c.text)
			require.ErrorIs(t, err, addr.ErrMalformed)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestAddressParts(t *testing.T) {
	a := tiny.Address("item/ops%2Fx/scope:here/a")
	require.Equal(t, "item", a.Type())
	require.Equal(t, []addr.Segment{addr.Plain("ops/x"), addr.Qualified("scope", "here"), addr.Plain("a")}, a.Segments())
	require.False(t, a.IsZero())
	require.True(t, addr.Address{}.IsZero())
	require.Empty(t, addr.Address{}.Type())
	require.Nil(t, addr.Address{}.Segments())
	require.Negative(t, addr.Compare(tiny.Address("box/a"), tiny.Address("box/b")))
}

func TestAnAddressMadeOfAnEmptyNameDoesNotPanic(t *testing.T) {
	require.Equal(t, []addr.Segment{{}}, addr.New("box", addr.Plain("")).Segments())
}

func TestNewPanicsOnWhatIsNoConstant(t *testing.T) {
	require.Panics(t, func() { addr.New("Box") })
	require.Panics(t, func() { addr.New("box", addr.Qualified("A", "x")) })
}

func TestAddressJSON(t *testing.T) {
	var back struct{ A, B addr.Address }
	require.NoError(t, json.Unmarshal([]byte(`{"A":"box/a","B":""}`), &back))
	require.Equal(t, tiny.Address("box/a"), back.A)
	require.True(t, back.B.IsZero())
	require.ErrorIs(t, json.Unmarshal([]byte(`{"A":"box"}`), &back), addr.ErrMalformed)
}

func TestPatternMatch(t *testing.T) {
	for behaviour, c := range map[string]struct {
		pattern string
		hits    []string
		misses  []string
	}{
		"a plain pattern selects one address":          {"box/a", []string{"box/a"}, []string{"box/b", "box/a/b", "doc/a"}},
		"a star is any run inside one part":            {"box/ops-*", []string{"box/ops-", "box/ops-x"}, []string{"box/ops", "box/ops-x/y"}},
		"a star spans a qualifier":                     {"item/*/*/a", []string{"item/x/scope:s1/a"}, []string{"item/x/a", "item/x/scope:s1/b"}},
		"two stars find a middle":                      {"box/a*b*c", []string{"box/abc", "box/axxbyybc"}, []string{"box/acb"}},
		"a question mark is one character":             {"box/a?", []string{"box/ab", "box/aé", "box/a漢"}, []string{"box/a", "box/abc"}},
		"a question mark is one escaped character too": {"box/a?b", []string{"box/a%2Fb"}, []string{"box/a%2F%2Fb"}},
		"a last double star is one or more parts":      {"item/x/**", []string{"item/x/a", "item/x/scope:s1/a"}, []string{"item/x", "item/y/a"}},
		"a double star after the type is all of it":    {"box/**", []string{"box/a", "box/a/b"}, []string{"boxes/a"}},
	} {
		t.Run(behaviour, func(t *testing.T) {
			p := tiny.Patterns(c.pattern)[0]
			require.Equal(t, c.pattern, p.String())
			for _, text := range c.hits {
				require.True(t, p.Match(tiny.Address(text)), text)
			}
			for _, text := range c.misses {
				require.False(t, p.Match(tiny.Address(text)), text)
			}
		})
	}
	require.False(t, addr.Pattern{}.Match(tiny.Address("box/a")), "the zero pattern matches nothing")
	require.False(t, tiny.Patterns("box/**")[0].Match(addr.Address{}), "nothing matches the zero address")
}

func TestAPatternIsNarrowByTheBeginningOfTheName(t *testing.T) {
	for text, narrow := range map[string]bool{
		"box/ops-*": true, "box/op*": true, "box/o*": false, "box/*": false, "box/**": false, "box/*ops": false, "box/?ps": false, "box/o?s": false,
		"box/o": true, "box/a%2F*": true, "box/%2F*": false, "box/漢*": false, "box/漢字*": true, "item/ops/**": true, "item/*/ops": false,
	} {
		require.Equal(t, narrow, tiny.Patterns(text)[0].IsNarrow(), text)
	}
	require.False(t, addr.Pattern{}.IsNarrow())
}

func TestParsePatternRefuses(t *testing.T) {
	for behaviour, c := range map[string]struct{ text, says string }{
		"a name without a type":       {"ops-*", "write TYPE/NAME"},
		"a glob for a type":           {"*/a", "write TYPE/NAME"},
		"a double star in the middle": {"item/**/a", "** may only stand at the end"},
		"an empty part":               {"box//a", "a part between slashes is empty"},
		"a bad escape":                {"box/%", "two hexadecimal digits"},
		"too long a text":             {"box/" + strings.Repeat("*", 5000), "longer than 4096 bytes"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			_, err := addr.ParsePattern(c.text)
			require.ErrorIs(t, err, addr.ErrMalformed)
			require.ErrorContains(t, err, c.says)
			var p addr.Pattern
			require.ErrorIs(t, p.UnmarshalText([]byte(c.text)), addr.ErrMalformed)
		})
	}
}
