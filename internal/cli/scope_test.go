package cli_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

func TestAPatternMustSelectSomethingInSomeAccount(t *testing.T) {
	a := newAccounts(t, "alpha", "beta")
	require.NoError(t, a.worlds["beta"].PutBox(memory.Box{Name: "theirs", Owner: "x"}))

	o := a.run(limited(t), t, nil, "apply", "-f", "m", "--auto-approve", "--target", "box/one", "--target", "box/wto")
	require.Equal(t, 1, o.code)
	require.Contains(t, o.errors, `nothing selected: --target "box/wto" matches no resource, live or listed`)
	require.Contains(t, o.errors, `did you mean "box/two"?`)
	require.Empty(t, o.out, "what a wrong selection would do is of no interest")
	require.Zero(t, a.writes())

	o = a.run(limited(t), t, nil, "plan", "-f", "m", "--target", "box/theirs")
	require.Equal(t, 1, o.code)
	require.Contains(t, o.errors, "matches only what the manifest neither lists nor owns", "in one account that is all, in the other nothing")

	folder(t, map[string]string{
		"m/1.yaml": "apiVersion: agencyctl/v1\naccount: {name: alpha}\ncloud: {kind: huaweicloud}\nagencies: [{name: one, trust: {account: someone}}]\n",
		"m/2.yaml": "apiVersion: agencyctl/v1\naccount: {name: beta}\ncloud: {kind: huaweicloud}\nagencies: [{name: three, trust: {account: someone}}]\n",
	})
	o = a.run(limited(t), t, nil, "apply", "-f", "m", "--auto-approve", "--target", "box/three")
	require.Equal(t, 0, o.code, o.errors)
	require.Contains(t, o.out, "Nothing to do in what is selected: 1 change left out.", "another account has it, so here it is no mistake")
	require.Contains(t, o.out, "The account is not yet as the manifest says: 1 change was left out by --target/--exclude.")
	require.Equal(t, 1, a.writes())

	o = a.run(limited(t), t, nil, "plan", "-f", "m", "--exclude", "box/one", "--detailed-exitcode")
	require.Equal(t, 2, o.code, "what is left out differs too")
}

func TestARenewalIsOfTheAccountThatListsIt(t *testing.T) {
	a := newAccounts(t, "alpha", "beta")
	ended := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, world := range a.worlds {
		require.NoError(t, world.PutBox(memory.Box{Name: "three", Owner: "someone", Expires: ended}))
	}
	folder(t, map[string]string{
		"m/1.yaml": "apiVersion: agencyctl/v1\naccount: {name: alpha}\ncloud: {kind: huaweicloud}\nagencies: [{name: one, trust: {account: someone}}]\n",
		"m/2.yaml": "apiVersion: agencyctl/v1\naccount: {name: beta}\ncloud: {kind: huaweicloud}\nagencies: [{name: three, trust: {account: someone}}]\n",
	})
	o := a.run(limited(t), t, nil, "apply", "-f", "m", "--auto-approve", "--renew", "box/thre")
	require.Equal(t, 1, o.code)
	require.Contains(t, o.errors, `nothing selected: --renew "box/thre" names no resource that the manifest lists`)
	require.Zero(t, a.writes())

	o = a.run(limited(t), t, nil, "apply", "-f", "m", "--auto-approve", "--renew", "box/three")
	require.Equal(t, 0, o.code, o.errors)
	require.Contains(t, o.out, "~ box/three  (renewed: replaces the end at 2030-01-02T03:04:05Z)")
	require.Equal(t, []string{"box/three"}, writtenIn(a.worlds["beta"]))
	require.NotContains(t, writtenIn(a.worlds["alpha"]), "box/three", "there it is not listed")
}

func TestTheBaseIsOfTheSameAccount(t *testing.T) {
	a := newAccounts(t, "alpha", "beta")
	folder(t, map[string]string{
		"m/1.yaml":    "apiVersion: agencyctl/v1\naccount: {name: alpha}\ncloud: {kind: huaweicloud}\nagencies: [{name: two, trust: {account: someone}}]\n",
		"m/2.yaml":    "apiVersion: agencyctl/v1\naccount: {name: beta, id: id-of-beta}\ncloud: {kind: huaweicloud}\nagencies: [{name: two, trust: {account: someone}}]\n",
		"main/b.yaml": "apiVersion: agencyctl/v1\naccount: {id: id-of-beta}\ncloud: {kind: huaweicloud}\nagencies: [{name: two, trust: {account: someone}}]\n",
	})
	o := a.run(limited(t), t, nil, "plan", "-f", "m", "--base", "main", "-q")
	require.Equal(t, 0, o.code, o.errors)
	require.Contains(t, o.out, "  against the base: 1 yours\n")
	require.Contains(t, o.out, "  against the base: 1 pending\n")
	require.Less(t, strings.Index(o.out, "1 yours"), strings.Index(o.out, "1 pending"), "alpha is new, beta is in the base under its id")

	o = a.run(limited(t), t, nil, "plan", "-f", "-", "--base", "-")
	require.Equal(t, 1, o.code)
}

func TestABaseThatCannotBeUsedStopsNoPlan(t *testing.T) {
	a := newAccounts(t, "alpha")
	folder(t, map[string]string{
		"m.yaml":    "apiVersion: agencyctl/v1\naccount: {name: alpha}\ncloud: {kind: huaweicloud}\nagencies: [{name: two, trust: {account: someone}}]\n",
		"base.yaml": "apiVersion: agencyctl/v1\naccount: {name: alpha}\ncloud: {kind: huaweicloud}\nagencies: [{name: no/box, trust: {account: someone}}]\n",
	})
	o := a.run(limited(t), t, nil, "plan", "-f", "m.yaml", "--base", "base.yaml")
	require.Equal(t, 1, o.code)
	require.Contains(t, o.out, "+ box/two")
	require.NotContains(t, o.out, "against the base")
	require.Contains(t, o.errors, "base.yaml:4:12: base unreadable: bad name")
}

// By the rules of the base, calls go where the base says, as the account that the base names. What else the manifest writes there, and
// nobody has reviewed, gets no credentials.
func TestTheRulesOfTheBaseSayWhereCallsGo(t *testing.T) {
	const manifest = "apiVersion: agencyctl/v1\naccount: %s\ncloud: {kind: huaweicloud, endpoints: {iam: \"https://%s.myhuaweicloud.com\"}}\n" +
		"agencies: [{name: two, trust: {account: someone}}]\n"
	a := newAccounts(t, "alpha")
	folder(t, map[string]string{
		"m.yaml":    fmt.Sprintf(manifest, "{name: alpha}", "theirs"),
		"base.yaml": fmt.Sprintf(manifest, "{name: alpha, id: id-of-alpha}", "ours"),
		"none.yaml": "apiVersion: agencyctl/v1\naccount: {name: alpha}\ncloud: {kind: huaweicloud}\nagencies: []\n",
	})
	for command, want := range map[string]providers.Target{
		"plan -f m.yaml": {Account: plan.Account{Name: "alpha"}, ManifestEndpoints: map[string]string{"iam": "https://theirs.myhuaweicloud.com"}},
		"plan -f m.yaml --base base.yaml": {
			Account: plan.Account{Name: "alpha"}, ManifestEndpoints: map[string]string{"iam": "https://theirs.myhuaweicloud.com"},
		},
		"plan -f m.yaml --base base.yaml --rules-from-base": {
			Account: plan.Account{Name: "alpha", ID: "id-of-alpha"}, ManifestEndpoints: map[string]string{"iam": "https://ours.myhuaweicloud.com"},
		},
		"apply -f m.yaml --auto-approve --base none.yaml --rules-from-base": {Account: plan.Account{Name: "alpha"}},
	} {
		t.Run(command, func(t *testing.T) {
			a.reset(t)
			o := a.run(limited(t), t, nil, strings.Fields(command)...)
			require.Equal(t, 0, o.code, o.errors)
			got := a.targets["alpha"]
			require.Equal(t, want.Account, got.Account)
			require.Equal(t, want.ManifestEndpoints, got.ManifestEndpoints)
		})
	}
}

func TestAnAccountWithoutReviewedRulesIsNotCalled(t *testing.T) {
	a := newAccounts(t, "alpha", "beta")
	const alpha, beta = "apiVersion: agencyctl/v1\naccount: {name: alpha}\ncloud: {kind: huaweicloud}\n",
		"apiVersion: agencyctl/v1\naccount: {name: beta}\ncloud: {kind: huaweicloud}\n"
	folder(t, map[string]string{"base.yaml": alpha, "m/a.yaml": alpha, "m/b.yaml": beta})
	o := a.run(limited(t), t, nil, "apply", "-f", "m", "--base", "base.yaml", "--rules-from-base", "--auto-approve")
	require.Equal(t, 1, o.code)
	require.Contains(t, o.errors, "account without reviewed rules")
	require.Contains(t, o.out, "Nothing to do", "the other account goes on")
	require.Contains(t, a.targets, "alpha")
	require.NotContains(t, a.targets, "beta")
}

// A base of the same id is the base, whatever name another one has.
func TestTheBaseOfTheSameIDComesFirst(t *testing.T) {
	a := newAccounts(t, "alpha")
	const entry = "cloud: {kind: huaweicloud}\nagencies: [{name: two, trust: {account: someone}}]\n"
	folder(t, map[string]string{
		"m.yaml":      "apiVersion: agencyctl/v1\naccount: {name: alpha, id: id-of-alpha}\n" + entry,
		"main/a.yaml": "apiVersion: agencyctl/v1\naccount: {name: alpha}\ncloud: {kind: huaweicloud}\n",
		"main/b.yaml": "apiVersion: agencyctl/v1\naccount: {id: id-of-alpha}\n" + entry,
	})
	o := a.run(limited(t), t, nil, "plan", "-f", "m.yaml", "--base", "main", "-q")
	require.Equal(t, 0, o.code, o.errors)
	require.Contains(t, o.out, "  against the base: 1 pending\n")
}
