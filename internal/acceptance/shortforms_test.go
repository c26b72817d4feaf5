package acceptance

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// Wherever somebody names a resource, a bare name means an agency, percent-escapes are read, and a glob selects where several may be meant.
func TestAllPlacesTakeTheSameShortForms(t *testing.T) {
	const (
		plain, odd = "ops-a", "o/d:d %"
		head       = "apiVersion: agencyctl/v1\naccount: {name: example-co}\ncloud: {kind: huaweicloud, region: cn-north-4}\n"
		entries    = `agencies:
  - {name: ops-a, trust: {account: partner-co}, duration: 20d}
  - {name: "o/d:d %", trust: {account: partner-co}, duration: 20d}
`
	)
	endless := strings.ReplaceAll(entries, "20d", "forever")
	f := newFront(t, cloudsim.Options{})
	file := filepath.Join(t.TempDir(), "m.yaml")
	write := func(t *testing.T, text string) {
		t.Helper()
		require.NoError(t, os.WriteFile(file, []byte(head+text), 0o600))
	}
	write(t, entries)
	f.succeeds(t, "apply", "-f", file, "--auto-approve")

	addresses := map[string]string{plain: "agency/ops-a", odd: "agency/o%2Fd%3Ad %25"}
	type place struct {
		// FORM stands for the form in manifest and args, and ADDRESS for the address of each of the two agencies in args and shows.
		manifest, args string
		// shows is what is printed of the agency that the form means, and not of the other.
		shows string
		code  int
		// single is set where a glob means nothing.
		single bool
	}
	const (
		listing = `guardrails: {trustedAccounts: [partner-co], accept: [{rule: foreign-trust-without-end, address: "FORM", reason: r, reviewBy: 2031-06-30}]}`
		cameIn  = "× ADDRESS  blocked: update  (the running credentials came through ADDRESS)"
	)
	places := map[string]place{
		"ownership.include":         {`ownership: {include: ["FORM"]}`, "drift", "Unexpected:\n  + ADDRESS  (owned by", 2, false},
		"ownership.exclude":         {`ownership: {include: ["o*"], exclude: ["FORM"]}`, "drift", ": 1 unexpected", 2, false},
		"ownership.protect":         {`ownership: {protect: ["FORM"]}` + "\n" + endless, "plan", "× ADDRESS  blocked: update", 0, false},
		"guardrails.accept.address": {listing + "\n" + endless, "plan --target ADDRESS", "accepted until 2031-06-30: r", 0, false},
		"dependsOn":                 {entries + `  - {name: x, trust: {account: partner-co}, dependsOn: ["FORM"]}`, "plan", ": 1 to create", 0, true},
		"--target":                  {endless, "plan --target FORM", "\n~ ADDRESS ", 0, false},
		"--exclude":                 {endless, "plan --exclude FORM", "1 left out", 0, false},
		"--renew":                   {entries, "plan --renew FORM", "~ ADDRESS  20d  (renewed: replaces the end at ", 0, true},
		"--self":                    {endless, "plan --self FORM", cameIn, 0, true},
		"--self of an account":      {endless, "plan --self example-co=FORM", cameIn, 0, true},
	}
	forms := map[string]struct {
		of   string
		glob bool
	}{
		"ops-a": {plain, false}, "agency/ops-a": {plain, false}, "ops%2Da": {plain, false}, "agency/ops%2da": {plain, false},
		"o%2Fd%3Ad %25": {odd, false}, "agency/o%2Fd%3Ad %25": {odd, false}, "agency/%6F%2fd%3ad%20%25": {odd, false},
		"ops-?": {plain, true}, "agency/*-a": {plain, true}, "o%2F*": {odd, true}, "agency/o%2f?%3A*": {odd, true},
	}
	type row struct{ place, form string }
	var rows []row
	for _, name := range slices.Sorted(maps.Keys(places)) {
		for _, form := range slices.Sorted(maps.Keys(forms)) {
			rows = append(rows, row{name, form})
		}
	}
	for _, r := range thinned(rows) {
		form, p, means := r.form, places[r.place], forms[r.form]
		t.Run(r.place+" "+form, func(t *testing.T) {
			write(t, strings.ReplaceAll(p.manifest, "FORM", form))
			var o outcome
			for agency, address := range addresses {
				place := strings.NewReplacer("FORM", form, "ADDRESS", address)
				args := append(strings.Fields(p.args), "-f", file)
				for i := range args {
					args[i] = place.Replace(args[i])
				}
				if o.stdout+o.stderr == "" || strings.Contains(p.args, "ADDRESS") {
					o = f.run(t, args...)
				}
				if p.single && means.glob {
					require.Equal(t, 1, o.code, "%s", o)
					continue
				}
				require.Equal(t, p.code, o.code, "%s", o)
				require.NotContains(t, o.stdout, "nothing selected")
				if agency == means.of {
					require.Contains(t, o.stdout, place.Replace(p.shows))
				} else if strings.Contains(p.shows+p.args, "ADDRESS") {
					require.NotContains(t, o.stdout, place.Replace(p.shows))
				}
			}
		})
	}
}
