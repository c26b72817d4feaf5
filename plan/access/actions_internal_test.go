package access

import (
	"testing"

	"pgregory.net/rapid"
)

// TestActionsMeetAgreesWithTryingEveryText compares with an oracle that knows only how one pattern matches one text.
// Over two letters, patterns of up to four characters that meet at all meet in a text of at most eight.
func TestActionsMeetAgreesWithTryingEveryText(t *testing.T) {
	texts := []string{""}
	for from, length := 0, 0; length < 8; length++ {
		end := len(texts)
		for _, text := range texts[from:end] {
			texts = append(texts, text+"a", text+"b")
		}
		from = end
	}
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab*]{0,4}`)
		x, y := pattern.Draw(t, "x"), pattern.Draw(t, "y")
		want := false
		for _, text := range texts {
			if matches(x, text) && matches(y, text) {
				want = true
				break
			}
		}
		if got := ActionsMeet(x, y); got != want {
			t.Fatalf("ActionsMeet(%q, %q) = %t, but trying every text says %t", x, y, got, want)
		}
		if ActionsMeet(y, x) != want {
			t.Fatalf("ActionsMeet(%q, %q) depends on the order", x, y)
		}
	})
}

// matches is the textbook recursion, slow and plain.
func matches(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		return matches(pattern[1:], text) || text != "" && matches(pattern, text[1:])
	default:
		return text != "" && pattern[0] == text[0] && matches(pattern[1:], text[1:])
	}
}

func TestActionsIgnoreCaseAndUnknownOverlapsAll(t *testing.T) {
	for behaviour, c := range map[string]struct {
		a, b []string
		want bool
	}{
		"case does not count":            {[]string{"OBS:Object:Get*"}, []string{"obs:object:getObject"}, true},
		"different services never meet":  {[]string{"obs:*:*"}, []string{"ecs:servers:list"}, false},
		"unknown meets anything":         {nil, []string{"ecs:servers:list"}, true},
		"unknown meets even unknown":     {nil, nil, true},
		"nothing meets nothing":          {[]string{}, []string{"a"}, false},
		"one of many is enough":          {[]string{"a", "b"}, []string{"c", "b"}, true},
		"a star in the middle may close": {[]string{"a*z"}, []string{"abz"}, true},
	} {
		t.Run(behaviour, func(t *testing.T) {
			if got := actionsOverlap(c.a, c.b); got != c.want {
				t.Fatalf("actionsOverlap(%v, %v) = %t", c.a, c.b, got)
			}
		})
	}
}

func TestActionCovered(t *testing.T) {
	for behaviour, c := range map[string]struct {
		action   string
		patterns []string
		want     bool
	}{
		"a star covers what it matches":    {"obs:object:GetObject", []string{"OBS:object:*"}, true},
		"a narrower star does not":         {"obs:*:*", []string{"obs:object:*"}, false},
		"a star is covered by a wider one": {"obs:object:*", []string{"obs:*"}, true},
		"what is not known covers nothing": {"a", nil, false},
		"the same text covers itself":      {"a*", []string{"a*"}, true},
		"a question mark is a character":   {"iam:agencies:create", []string{"iam:agencies:creat?", "ia?:*:*"}, false},
		"it covers itself":                 {"iam:a?:b", []string{"IAM:A?:*"}, true},
		"a star may back up":               {"aab:abab", []string{"*ab"}, true},
		"a percent sign is a character":    {"a%3Ab", []string{"a%3ab"}, true},
		"only ASCII letters have a case":   {"iam:tokens:create", []string{"iam:to\u212aens:*"}, false},
	} {
		t.Run(behaviour, func(t *testing.T) {
			if got := actionCovered(c.action, c.patterns); got != c.want {
				t.Fatalf("actionCovered(%q, %v) = %t", c.action, c.patterns, got)
			}
		})
	}
}
