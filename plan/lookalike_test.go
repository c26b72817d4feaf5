package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
)

func TestHiddenInANameIsTold(t *testing.T) {
	for name, want := range map[string]string{
		"ops-backup": "", "Sicherung für Köln": "", "备份": "", "백업": "", "ops\ufffd": "",
		"ops\u200bbackup": "holds the invisible character U+200B", "ops\u202egnp": "holds the invisible character U+202E",
		"ops\x1b[31m": "holds the invisible character U+001B", "ops\u00a0backup": "holds the invisible character U+00A0",
		"ops\ufeff": "holds the invisible character U+FEFF", "ops\u3164": "holds the invisible character U+3164", "ops\u00ad": "holds the invisible character U+00AD",
		" ops": "begins or ends with a blank", "ops ": "begins or ends with a blank", "ops\xff": "holds bytes that are no text",
		"u\u0308ber": "is not in the composed form of Unicode (NFC), so that another name looks the same",
	} {
		require.Equal(t, want, plan.HiddenIn(name), "%+q", name)
	}
}

func TestMixedScriptsAreThoseOfOneWord(t *testing.T) {
	for name, want := range map[string][]string{
		"ops-backup-2": nil, "ops-бэкап": nil, "бэкап2": nil, "OBS备份": nil, "バックアップ用OBS": nil, "OBS백업": nil, "백업備份": nil, "ㄅOBS": nil,
		"e\u0301tat": nil, "ops バック": nil,
		"\u0440artner":   {"Cyrillic", "Latin"},
		"p\u03b1rtner":   {"Greek", "Latin"},
		"x \u0440artner": {"Cyrillic", "Latin"},
		"partn\u0435r-2": {"Cyrillic", "Latin"},
		"バック백업":          {"Hangul", "Katakana"},
		"\u0561bc":       {"Armenian", "Latin"},
	} {
		require.Equal(t, want, plan.MixedScripts(name), "%+q", name)
	}
}

func TestANameLooksLikeAnother(t *testing.T) {
	known := []string{"partner-co", "pay", "über", "agi"}
	for name, want := range map[string]string{
		"pay": "", "partner-co2": "", "\u0440\u0430\u0443": "pay", "\u0440artner-co": "partner-co", "pay\u200b": "pay", " pay": "pay",
		"u\u0308ber": "über", "рост": "", "ɑɡı": "agi", "PAY": "", "agl": "",
		"partner\u2010co": "partner-co", "partner\u2013co": "partner-co", "partner-\uff43o": "partner-co", "\U0001d429ay": "pay",
	} {
		require.Equal(t, want, plan.LooksLike(name, known), "%+q", name)
	}
	require.Equal(t, "pay", plan.LooksLike("\u0440\u0430\u0443", append(known, "\u0440\u0430\u0443")), "also where it is known itself")
}
