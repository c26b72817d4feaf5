package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
)

// FingerprintIn identifies a finding of an account from run to run: 64 hexadecimal digits over the account's id (its name where no id is
// known), the rule, the address and the attribute. Its place, its severity and its message may change, and it stays the same; it also
// stays the same from release to release. Two findings that differ in nothing else have one fingerprint.
func (f *Finding) FingerprintIn(account Account) string {
	return Fingerprint(cmp.Or(account.ID, account.Name), f.Rule, f.Address.String(), f.Attribute)
}

// PublishedFindings returns a copy of the findings of an account in their published form: each has its fingerprint, and the list is not
// nil.
func PublishedFindings(account Account, findings []Finding) []Finding {
	out := make([]Finding, len(findings))
	for i, f := range findings {
		f.Fingerprint = f.FingerprintIn(account)
		out[i] = f
	}
	return out
}

// Fingerprint returns 64 hexadecimal digits over some texts. Where one text ends and the next begins counts.
func Fingerprint(parts ...string) string {
	text := make([]byte, 0, 256)
	for _, part := range parts { // the texts as a JSON list
		text = appendJSONString(append(text, ','), part)
	}
	text = append(text, ']')
	text[0] = '['
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
