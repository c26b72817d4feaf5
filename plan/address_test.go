package plan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
)

func TestAddressText(t *testing.T) {
	for behaviour, c := range map[string]struct {
		made plan.Address
		text string
	}{
		"a plain name stands for itself":          {plan.NewAddress("box", plan.Plain("ops backup")), "box/ops backup"},
		"a slash, a colon and a percent escape":   {plan.NewAddress("box", plan.Plain("a/b:c%d")), "box/a%2Fb%3Ac%25d"},
		"a qualifier stays in front":              {plan.NewAddress("item", plan.Plain("x"), plan.Qualified("scope", "eu:1")), "item/x/scope:eu%3A1"},
		"control bytes cannot forge output":       {plan.NewAddress("box", plan.Plain("a\n\x1b[1m\x7f")), "box/a%0A%1B[1m%7F"},
		"letters of any script stay":              {plan.NewAddress("box", plan.Plain("é漢字")), "box/é漢字"},
		"a direction mark is escaped":             {plan.NewAddress("box", plan.Plain("a\u202eb")), "box/a%E2%80%AEb"},
		"a broken byte is escaped":                {plan.NewAddress("box", plan.Plain("a\xffb")), "box/a%FFb"},
		"a written replacement character is kept": {plan.NewAddress("box", plan.Plain("a\uFFFDb")), "box/a\uFFFDb"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			require.Equal(t, c.text, c.made.String())
			back, err := plan.ParseAddress(c.text)
			require.NoError(t, err)
			require.Equal(t, c.made, back)
			require.Equal(t, c.made.Segments(), back.Segments())
		})
	}
}

func TestParseAddressNormalises(t *testing.T) {
	for behaviour, c := range map[string]struct{ text, want string }{
		"a needless escape goes":            {"box/%61b", "box/ab"},
		"hexadecimal digits become capital": {"box/%2f", "box/%2F"},
		"a raw direction mark is escaped":   {"box/a\u202eb", "box/a%E2%80%AEb"},
		"an escaped letter becomes itself":  {"box/%C3%A9", "box/é"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			a, err := plan.ParseAddress(c.text)
			require.NoError(t, err)
			require.Equal(t, c.want, a.String())
		})
	}
}

func TestParseAddressRefuses(t *testing.T) {
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
			_, err := plan.ParseAddress(c.text)
			require.ErrorIs(t, err, plan.ErrBadAddress)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestAddressParts(t *testing.T) {
	a := address("item/ops%2Fx/scope:here/a")
	require.Equal(t, "item", a.Type())
	require.Equal(t, []plan.Segment{plan.Plain("ops/x"), plan.Qualified("scope", "here"), plan.Plain("a")}, a.Segments())
	require.False(t, a.IsZero())
	require.True(t, plan.Address{}.IsZero())
	require.Empty(t, plan.Address{}.Type())
	require.Nil(t, plan.Address{}.Segments())
	require.Negative(t, plan.CompareAddresses(address("box/a"), address("box/b")))
}

func TestAnAddressMadeOfAnEmptyNameDoesNotPanic(t *testing.T) {
	require.Equal(t, []plan.Segment{{}}, plan.NewAddress("box", plan.Plain("")).Segments())
}

func TestNewAddressPanicsOnWhatIsNoConstant(t *testing.T) {
	require.Panics(t, func() { plan.NewAddress("Box") })
	require.Panics(t, func() { plan.NewAddress("box", plan.Qualified("A", "x")) })
}

func TestAddressJSON(t *testing.T) {
	var back struct{ A, B plan.Address }
	require.NoError(t, json.Unmarshal([]byte(`{"A":"box/a","B":""}`), &back))
	require.Equal(t, address("box/a"), back.A)
	require.True(t, back.B.IsZero())
	require.ErrorIs(t, json.Unmarshal([]byte(`{"A":"box"}`), &back), plan.ErrBadAddress)
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
			p := patterns(c.pattern)[0]
			require.Equal(t, c.pattern, p.String())
			for _, text := range c.hits {
				require.True(t, p.Match(address(text)), text)
			}
			for _, text := range c.misses {
				require.False(t, p.Match(address(text)), text)
			}
		})
	}
	require.False(t, plan.Pattern{}.Match(address("box/a")), "the zero pattern matches nothing")
	require.False(t, patterns("box/**")[0].Match(plan.Address{}), "nothing matches the zero address")
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
			_, err := plan.ParsePattern(c.text)
			require.ErrorIs(t, err, plan.ErrBadAddress)
			require.ErrorContains(t, err, c.says)
			var p plan.Pattern
			require.ErrorIs(t, p.UnmarshalText([]byte(c.text)), plan.ErrBadAddress)
		})
	}
}
