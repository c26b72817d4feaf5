package plan_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// declared are the guardrails of a service; "other" is declared by nobody.
var declared = []plan.Guardrail{
	{Key: "allowed", Kind: plan.AllowList, Severity: plan.Medium, Names: true},
	{Key: "banned", Kind: plan.DenyList, Severity: plan.High, Meaning: strings.ToLower},
	{Key: "longest", Kind: plan.Bound, Severity: plan.Medium, Size: func(text string) (int, bool) {
		n, err := strconv.Atoi(text)
		return n, err == nil
	}},
}

// ruleSet makes a manifest with rules and no entries.
type ruleSet func(m *plan.Manifest)

func guarded(guardrails string) ruleSet {
	return func(m *plan.Manifest) {
		node, err := plan.NodeOf([]byte(guardrails))
		if err != nil {
			panic(err)
		}
		m.Guardrails = node
	}
}

func owning(o plan.Ownership) ruleSet { return func(m *plan.Manifest) { m.Ownership = o } }

func acceptingAll(all ...plan.Acceptance) ruleSet {
	return func(m *plan.Manifest) { m.Acceptances = all }
}

func acceptance(rule, address, until string) plan.Acceptance {
	return plan.Acceptance{Rule: rule, Address: tiny.Patterns(address)[0], Accepted: plan.Accepted{Reason: "known", ReviewBy: until}}
}

func wantingAs(digest string, a plan.Acceptance) plan.Acceptance {
	a.Wanted = digest
	return a
}

func seenAs(digest string, a plan.Acceptance) plan.Acceptance {
	a.Seen = digest
	return a
}

func leavingUnread(parts ...string) ruleSet { return func(m *plan.Manifest) { m.NotRead = parts } }

func calling(endpoints map[string]string) ruleSet {
	return func(m *plan.Manifest) { m.Endpoints = endpoints }
}

func ofAccount(name, id string) ruleSet {
	return func(m *plan.Manifest) { m.Account = plan.Account{Name: name, ID: id} }
}

func in(kind, region string) ruleSet {
	return func(m *plan.Manifest) { m.Cloud = plan.Cloud{Kind: kind, Region: region} }
}

func limit(text string) plan.DeleteLimit {
	l, err := plan.ParseDeleteLimit(text)
	if err != nil {
		panic(err)
	}
	return l
}

// comparing returns an input whose manifest has the rules of head, against a base with those of base.
func comparing(base, head ruleSet) plan.Input {
	w := tiny.World{}
	in := against(w, w.Input(tiny.Wish{}, plan.Ownership{}), tiny.Wish{}, plan.Ownership{})
	before, after := *in.Base.Manifest, *in.Manifest
	in.Manifest, in.Base.Manifest, in.Base.Guardrails = &after, &before, declared
	base(&before)
	head(&after)
	return in
}

// tell writes a change of a rule as "+" where it weakens and "-" where not, its key, and its findings.
func tell(r plan.RuleChange) string {
	text := "- " + r.Key
	if r.Weakens {
		text = "+ " + r.Key
	}
	for _, f := range r.Findings {
		text += "; " + f.Severity.String() + ": " + f.Message
	}
	return text
}

func TestAWeakerRuleIsAFinding(t *testing.T) {
	none := func(*plan.Manifest) {}
	boxes := func(include ...string) plan.Ownership { return plan.Ownership{Include: tiny.Patterns(include...)} }
	pruning := func(o plan.Ownership) plan.Ownership { o.Prune = true; return o }
	for behaviour, c := range map[string]struct {
		base, head ruleSet
		want       []string
	}{
		"nothing": {none, none, nil},

		"an item of a deny list goes": {
			guarded(`{"banned":["A","B"]}`), guarded(`{"banned":["B"]}`), []string{`+ guardrails.banned; high: "A" is not forbidden any more`},
		},
		"a deny list goes": {
			guarded(`{"banned":["A","B"]}`), none,
			[]string{`+ guardrails.banned; high: "A" is not forbidden any more; high: "B" is not forbidden any more`},
		},
		"a deny list comes":               {none, guarded(`{"banned":["A"]}`), []string{"- guardrails.banned"}},
		"a deny list in another order":    {guarded(`{"banned":["A","B"]}`), guarded(`{"banned":["B","A"]}`), nil},
		"a deny list in another spelling": {guarded(`{"banned":["A"]}`), guarded(`{"banned":["a"]}`), nil},
		"an empty deny list":              {guarded(`{"banned":[]}`), none, nil},

		"an item comes to an allow list": {
			guarded(`{"allowed":["partner"]}`), guarded(`{"allowed":["stranger","partner"]}`),
			[]string{`+ guardrails.allowed; medium: "stranger" is allowed now`},
		},
		"a look-alike comes to an allow list": {
			guarded(`{"allowed":["partner-co"]}`), guarded(`{"allowed":["partner-c0","partner-co"]}`),
			[]string{`+ guardrails.allowed; medium: "partner-c0" is allowed now, and it resembles "partner-co"`},
		},
		"a look-alike takes the place of an item": {
			guarded(`{"allowed":["partner-co"]}`), guarded(`{"allowed":["partnerr-co"]}`),
			[]string{`+ guardrails.allowed; medium: "partnerr-co" is allowed now, and it resembles "partner-co"`},
		},
		"a look-alike in other scripts": {
			guarded(`{"allowed":["ехаmрlе-раrtnеr"]}`), guarded(`{"allowed":["example-partner"]}`),
			[]string{`+ guardrails.allowed; medium: "example-partner" is allowed now, and it resembles "\u0435\u0445\u0430m\u0440l\u0435-\u0440\u0430rtn\u0435r"`},
		},
		"a look-alike in Greek and Cyrillic letters": {
			guarded(`{"allowed":["rwy-rwy"]}`), guarded(`{"allowed":["гωγ-гωγ"]}`),
			[]string{`+ guardrails.allowed; medium: "\u0433\u03c9\u03b3-\u0433\u03c9\u03b3" is allowed now, and it resembles "rwy-rwy"`},
		},
		"a look-alike with characters that nobody sees": {
			guarded(`{"allowed":["partner-co"]}`), guarded(`{"allowed":["partner\u200b-\u200bco\u200b"]}`),
			[]string{`+ guardrails.allowed; medium: "partner\u200b-\u200bco\u200b" is allowed now, and it resembles "partner-co"`},
		},
		"a look-alike of the own account": {
			guarded(`{"allowed":[]}`), guarded(`{"allowed":["examp1e-co"]}`),
			[]string{`+ guardrails.allowed; medium: "examp1e-co" is allowed now, and it resembles "example-co"`},
		},
		"short names are no look-alikes": {
			guarded(`{"allowed":["abc"]}`), guarded(`{"allowed":["abc","axy"]}`), []string{`+ guardrails.allowed; medium: "axy" is allowed now`},
		},
		"an item of an allow list goes":    {guarded(`{"allowed":["a","b"]}`), guarded(`{"allowed":["a"]}`), []string{"- guardrails.allowed"}},
		"an allow list in another order":   {guarded(`{"allowed":["a","b"]}`), guarded(`{"allowed":["b","a"]}`), nil},
		"an allow list comes":              {none, guarded(`{"allowed":["a"]}`), []string{"- guardrails.allowed"}},
		"an allow list comes empty":        {none, guarded(`{"allowed":[]}`), []string{"- guardrails.allowed"}},
		"the guardrails go as a whole":     {guarded(`{"allowed":["a"]}`), none, []string{"+ guardrails.allowed; medium: the list is gone, and all are allowed"}},
		"an allow list goes that is empty": {guarded(`{"allowed":[]}`), guarded(`{}`), []string{"+ guardrails.allowed; medium: the list is gone, and all are allowed"}},

		"a bound is raised": {
			guarded(`{"longest":"9"}`), guarded(`{"longest":"10"}`), []string{"+ guardrails.longest; medium: the limit is 10, and was 9"},
		},
		"a bound is lowered":          {guarded(`{"longest":"10"}`), guarded(`{"longest":"9"}`), []string{"- guardrails.longest"}},
		"a bound in another spelling": {guarded(`{"longest":"9"}`), guarded(`{"longest":"09"}`), nil},
		"a bound comes":               {none, guarded(`{"longest":"9"}`), []string{"- guardrails.longest"}},
		"a bound goes":                {guarded(`{"longest":"9"}`), none, []string{"+ guardrails.longest; medium: the limit of 9 is gone"}},
		"a bound that nobody can read": {
			guarded(`{"longest":"9"}`), guarded(`{"longest":"few"}`), []string{"+ guardrails.longest; medium: the limit is few, and was 9"},
		},
		"a guardrail that nobody declares": {
			guarded(`{"other":1}`), guarded(`{"other":2}`),
			[]string{"+ guardrails.other; medium: nobody declares what this guardrail does, so any change of it counts as a weaker one"},
		},
		"a guardrail that nobody declares comes": {
			none, guarded(`{"other":{}}`),
			[]string{"+ guardrails.other; medium: nobody declares what this guardrail does, so any change of it counts as a weaker one"},
		},
		"a guardrail that nobody declares stays": {guarded(`{"other":{"a":1,"b":2}}`), guarded(`{"other":{"b":2,"a":1}}`), nil},

		"an acceptance comes": {
			none, acceptingAll(acceptance("does-x", "box/a", "2031-01-01")),
			[]string{`+ guardrails.accept; high: findings of does-x about "box/a" are accepted until 2031-01-01`},
		},
		"an acceptance of another rule": {
			acceptingAll(acceptance("does-y", "box/a", "2031-01-01")), acceptingAll(acceptance("does-x", "box/a", "2031-01-01")),
			[]string{`+ guardrails.accept; high: findings of does-x about "box/a" are accepted until 2031-01-01`},
		},
		"an acceptance is widened": {
			acceptingAll(acceptance("does-x", "box/a", "2031-01-01")), acceptingAll(acceptance("does-x", "box/*", "2031-01-01")),
			[]string{`+ guardrails.accept; high: findings of does-x about "box/*" are accepted until 2031-01-01, and were accepted for "box/a" only`},
		},
		"an acceptance for many": {
			acceptingAll(acceptance("does-x", "box/a", "2031-01-01"), acceptance("does-x", "box/b", "2031-01-01"),
				acceptance("does-x", "box/c", "2031-01-01"), acceptance("does-x", "box/d", "2031-01-01"), acceptance("does-x", "box/e", "2031-01-01")),
			acceptingAll(acceptance("does-x", "box/*", "2031-01-01")),
			[]string{`+ guardrails.accept; high: findings of does-x about "box/*" are accepted until 2031-01-01, ` +
				`and were accepted for "box/a" and for "box/b" and for "box/c" and for 2 more only`},
		},
		"an acceptance of another wish": {
			acceptingAll(wantingAs("sha256:aa", acceptance("missing", "box/a", "2031-01-01"))),
			acceptingAll(wantingAs("sha256:bb", acceptance("missing", "box/a", "2031-01-01"))),
			[]string{`+ guardrails.accept; high: differences of the class missing about "box/a" are accepted until 2031-01-01, ` +
				`with sha256:bb wanted, and were accepted until 2031-01-01, with sha256:aa wanted only`},
		},
		"an acceptance of any wish": {
			acceptingAll(wantingAs("sha256:aa", acceptance("missing", "box/a", "2031-01-01"))), acceptingAll(acceptance("missing", "box/a", "2031-01-01")),
			[]string{`+ guardrails.accept; high: differences of the class missing about "box/a" are accepted until 2031-01-01, ` +
				`and were accepted until 2031-01-01, with sha256:aa wanted only`},
		},
		"an acceptance of one wish only": {
			acceptingAll(acceptance("missing", "box/a", "2031-01-01")), acceptingAll(wantingAs("sha256:aa", acceptance("missing", "box/a", "2031-01-01"))),
			[]string{"- guardrails.accept"},
		},
		"an acceptance lasts longer": {
			acceptingAll(acceptance("does-x", "box/a", "2031-01-01")), acceptingAll(acceptance("does-x", "box/a", "2031-01-02")),
			[]string{
				`+ guardrails.accept; high: findings of does-x about "box/a" are accepted until 2031-01-02, and were accepted until 2031-01-01 only`,
			},
		},
		"an acceptance lasts shorter": {
			acceptingAll(acceptance("does-x", "box/a", "2031-01-02")), acceptingAll(acceptance("does-x", "box/a", "2031-01-01")),
			[]string{"- guardrails.accept"},
		},
		"an acceptance is narrowed": {
			acceptingAll(acceptance("does-x", "box/*", "2031-01-01")), acceptingAll(acceptance("does-x", "box/a", "2031-01-01")),
			[]string{"- guardrails.accept"},
		},
		"an acceptance of another state": {
			acceptingAll(seenAs("sha256:aa", acceptance("does-x", "box/a", "2031-01-01"))),
			acceptingAll(seenAs("sha256:bb", acceptance("does-x", "box/a", "2031-01-01"))),
			[]string{`+ guardrails.accept; high: findings of does-x about "box/a" are accepted until 2031-01-01 in the state sha256:bb, ` +
				`and were accepted until 2031-01-01 in the state sha256:aa only`},
		},
		"an acceptance that does not say any more what was seen": {
			acceptingAll(seenAs("sha256:aa", acceptance("does-x", "box/a", "2031-01-01"))), acceptingAll(acceptance("does-x", "box/a", "2031-01-01")),
			[]string{`+ guardrails.accept; high: findings of does-x about "box/a" are accepted until 2031-01-01, ` +
				`and were accepted until 2031-01-01 in the state sha256:aa only`},
		},
		"an acceptance of any state becomes one of a single state": {
			acceptingAll(acceptance("does-x", "box/a", "2031-01-01")), acceptingAll(seenAs("sha256:aa", acceptance("does-x", "box/a", "2031-01-01"))),
			[]string{"- guardrails.accept"},
		},
		"an acceptance of a guardrail, which holds for no state, becomes one of a state": {
			acceptingAll(acceptance(tiny.RuleDanger, "box/a", "2031-01-01")), acceptingAll(seenAs("sha256:aa", acceptance(tiny.RuleDanger, "box/a", "2031-01-01"))),
			[]string{`+ guardrails.accept; high: findings of ` + tiny.RuleDanger + ` about "box/a" are accepted until 2031-01-01 in the state sha256:aa`},
		},
		"an acceptance of a class of differences": {
			none, acceptingAll(acceptance("missing", "box/a", "2031-01-01")),
			[]string{`+ guardrails.accept; high: differences of the class missing about "box/a" are accepted until 2031-01-01`},
		},
		"an acceptance of what is unexpected, which holds for no state, becomes one of a state": {
			acceptingAll(acceptance("unexpected", "box/a", "2031-01-01")), acceptingAll(seenAs("sha256:aa", acceptance("unexpected", "box/a", "2031-01-01"))),
			[]string{`+ guardrails.accept; high: differences of the class unexpected about "box/a" are accepted until 2031-01-01 in the state sha256:aa`},
		},
		"an acceptance of the same state is narrowed": {
			acceptingAll(seenAs("sha256:aa", acceptance("does-x", "box/*", "2031-01-01"))),
			acceptingAll(seenAs("sha256:aa", acceptance("does-x", "box/a", "2031-01-01"))),
			[]string{"- guardrails.accept"},
		},
		"an acceptance goes": {acceptingAll(acceptance("does-x", "box/a", "2031-01-01")), none, []string{"- guardrails.accept"}},
		"acceptances in another order": {
			acceptingAll(acceptance("does-x", "box/a", "2031-01-01"), acceptance("does-y", "box/a", "2031-01-01")),
			acceptingAll(acceptance("does-y", "box/a", "2031-01-01"), acceptance("does-x", "box/a", "2031-01-01")), nil,
		},

		"a part is left unread": {
			none, leavingUnread("docs"), []string{`+ cloud.notRead; high: "docs" is not read any more: nobody sees what changes there`},
		},
		"one place more is left unread": {
			leavingUnread("docs:here"), leavingUnread("docs:here", "docs:there"),
			[]string{`+ cloud.notRead; high: "docs:there" is not read any more: nobody sees what changes there`},
		},
		"a whole part is left unread": {
			leavingUnread("docs:here"), leavingUnread("docs"),
			[]string{`+ cloud.notRead; high: "docs" is not read any more: nobody sees what changes there`},
		},
		"a place of a part that is unread": {leavingUnread("docs"), leavingUnread("docs", "docs:here"), nil},
		"only a place is left unread":      {leavingUnread("docs"), leavingUnread("docs:here"), []string{"- cloud.notRead"}},
		"a part is read again":             {leavingUnread("boxes", "docs"), leavingUnread("boxes"), []string{"- cloud.notRead"}},

		"an endpoint comes": {
			none, calling(map[string]string{"a": "https://x"}),
			[]string{"+ cloud.endpoints; medium: calls to a, with the credentials, go to https://x"},
		},
		"an endpoint changes": {
			calling(map[string]string{"a": "https://x", "b": "https://z"}), calling(map[string]string{"a": "https://y", "b": "https://z/"}),
			[]string{"+ cloud.endpoints; medium: calls to a, with the credentials, go to https://y"},
		},
		"an endpoint goes":                {calling(map[string]string{"a": "https://x"}), none, []string{"- cloud.endpoints"}},
		"an endpoint in another spelling": {calling(map[string]string{"a": "https://x"}), calling(map[string]string{"a": "https://x/"}), nil},
		"another cloud": {
			in("tiny", "here"), in("large", "here"), []string{"+ cloud.kind; medium: another cloud is read and changed: large instead of tiny"},
		},
		"another region": {in("tiny", "here"), in("tiny", "there"), []string{"- cloud.region"}},

		"the id of the account goes": {
			ofAccount("example-co", "1"), ofAccount("example-co", ""), []string{`+ account.id; medium: the account is not held to the id "1" any more`},
		},
		"another id": {
			ofAccount("example-co", "1"), ofAccount("example-co", "2"), []string{`+ account.id; medium: the manifest is for another account: its id was "1"`},
		},
		"an id comes": {ofAccount("example-co", ""), ofAccount("example-co", "1"), []string{"- account.id"}},
		"a name comes": {
			ofAccount("", "1"), ofAccount("evil-co", "1"), []string{`+ account.name; medium: "evil-co" counts as the own account now, which may be trusted`},
		},
		"a name goes": {ofAccount("example-co", "1"), ofAccount("", "1"), []string{"- account.name"}},

		"more is owned": {
			owning(boxes("box/a*")), owning(boxes("box/a*", "box/b*")), []string{`+ ownership.include; medium: "box/b*" is owned now`},
		},
		"more is owned and pruned": {
			owning(pruning(boxes("box/ab*"))), owning(pruning(boxes("box/a*"))),
			[]string{`+ ownership.include; medium: "box/a*" is owned now: what is live there and not listed is deleted`},
		},
		"everything is owned": {
			owning(boxes("box/a*")), owning(boxes("box/*")),
			[]string{`+ ownership.include; high: "box/*" is owned now, and it begins with a wildcard`},
		},
		"a narrow pattern beside a wide one": { // which lets prune delete what a service may have made
			owning(pruning(boxes("box/*"))), owning(pruning(boxes("box/*", "box/abc*"))),
			[]string{`+ ownership.include; medium: "box/abc*" is owned now: what is live there and not listed is deleted`},
		},
		"less is owned": {
			owning(boxes("box/a*", "box/b*")), owning(boxes("box/b*")),
			[]string{`+ ownership.include; medium: "box/a*" is not owned any more: what is live there is neither reported nor pruned`},
		},
		"a pattern that another one covers": {owning(boxes("box/ab*", "box/abc*")), owning(boxes("box/ab*")), nil},
		"patterns in another order":         {owning(boxes("box/a*", "box/b*")), owning(boxes("box/b*", "box/a*")), nil},
		"more is excluded": {
			none, owning(plan.Ownership{Exclude: tiny.Patterns("box/a")}),
			[]string{`+ ownership.exclude; medium: "box/a" is not owned any more: what is live there is neither reported nor pruned`},
		},
		"less is excluded": {owning(plan.Ownership{Exclude: tiny.Patterns("box/a")}), none, []string{"- ownership.exclude"}},
		"less is excluded from what is pruned": {
			owning(plan.Ownership{Exclude: tiny.Patterns("box/a"), Prune: true}), owning(plan.Ownership{Prune: true}),
			[]string{`+ ownership.exclude; medium: "box/a" is not excluded any more: what is live there and owned is pruned`},
		},
		"a protection goes": {
			owning(plan.Ownership{Protect: tiny.Patterns("box/a", "box/b")}), owning(plan.Ownership{Protect: tiny.Patterns("box/b")}),
			[]string{`+ ownership.protect; high: "box/a" is not protected any more`},
		},
		"a protection becomes narrower": {
			owning(plan.Ownership{Protect: tiny.Patterns("box/*")}), owning(plan.Ownership{Protect: tiny.Patterns("box/a")}),
			[]string{`+ ownership.protect; high: "box/*" is protected in part only`},
		},
		"a protection becomes wider": {
			owning(plan.Ownership{Protect: tiny.Patterns("box/a")}), owning(plan.Ownership{Protect: tiny.Patterns("box/*")}),
			[]string{"- ownership.protect"},
		},
		"prune is switched on": {
			owning(boxes("box/ab*")), owning(plan.Ownership{
				Include: tiny.Patterns("box/ab*"), Prune: true, MaxDeletes: limit("10"), MaxDeletesImplied: true,
			}),
			[]string{"+ ownership.prune; high: what is owned and not listed is deleted"},
		},
		"prune is switched off": {
			owning(plan.Ownership{Prune: true, MaxDeletes: limit("10"), MaxDeletesImplied: true}), none,
			[]string{
				"- ownership.prune",
				"+ ownership.maxDeletes; medium: a plan may delete any number of resources: the limit was 10, implied by ownership.prune",
			},
		},
		"the implied limit is raised": {
			owning(plan.Ownership{Prune: true, MaxDeletes: limit("10"), MaxDeletesImplied: true}),
			owning(plan.Ownership{Prune: true, MaxDeletes: limit("11")}),
			[]string{"+ ownership.maxDeletes; medium: a plan may delete more: the limit is 11, and was 10, implied by ownership.prune"},
		},
		"the implied limit is stated": {
			owning(plan.Ownership{Prune: true, MaxDeletes: limit("10"), MaxDeletesImplied: true}),
			owning(plan.Ownership{Prune: true, MaxDeletes: limit("10")}), nil,
		},
		"the share is raised": {
			owning(plan.Ownership{MaxDeletes: limit("5%")}), owning(plan.Ownership{MaxDeletes: limit("6%")}),
			[]string{"+ ownership.maxDeletes; medium: a plan may delete more: the limit is 6%, and was 5%"},
		},
		"a share in the place of a number": {
			owning(plan.Ownership{MaxDeletes: limit("5")}), owning(plan.Ownership{MaxDeletes: limit("5%")}),
			[]string{"+ ownership.maxDeletes; medium: the limit is 5%, and was 5: nobody can tell which of the two is lower"},
		},
		"the limit is lowered": {
			owning(plan.Ownership{MaxDeletes: limit("5")}), owning(plan.Ownership{MaxDeletes: limit("4")}), []string{"- ownership.maxDeletes"},
		},
		"a limit comes": {none, owning(plan.Ownership{MaxDeletes: limit("5")}), []string{"- ownership.maxDeletes"}},
	} {
		t.Run(behaviour, func(t *testing.T) {
			p := build(t, comparing(c.base, c.head))
			var told []string
			for _, r := range p.Rules {
				require.Equal(t, r.Weakens, len(r.Findings) > 0)
				told = append(told, tell(r))
			}
			require.Equal(t, c.want, told)
			require.Equal(t, len(c.want), p.Summary.Rules)
			require.Equal(t, len(c.want) > 0, p.Differs())
			for _, r := range p.Rules {
				require.Subset(t, p.RaisedByRules(), r.Findings)
			}
		})
	}
}

func TestARuleThatDiffersHasItsPlace(t *testing.T) {
	line := func(file string, n int) plan.Position { return plan.Position{File: file, Line: n} }
	owned := func(file string, protect ...string) ruleSet {
		return func(m *plan.Manifest) {
			m.Ownership.Protect, m.RulesAt = tiny.Patterns(protect...), map[plan.RuleItem]plan.Position{}
			for i, p := range protect {
				m.RulesAt[plan.RuleItem{Key: "ownership.protect", Item: p}] = line(file, i+1)
			}
		}
	}
	p := build(t, comparing(owned("base", "box/a", "box/b", "box/c"), owned("head", "box/a", "box/new", "box/c")))
	require.Len(t, p.Rules, 1)
	require.Equal(t, line("base", 2), p.Rules[0].Source, "what weakens, not what comes")
	gone, come := p.Rules[0].Items()
	require.Len(t, gone, 1)
	require.Equal(t, line("base", 2), gone[0].At)
	require.Len(t, come, 1)
	require.Equal(t, line("head", 2), come[0].At)
	require.JSONEq(t, `["box/a","box/b","box/c"]`, string(p.Rules[0].Before.AppendJSON(nil)))
}

// A weaker rule is never accepted, whatever the acceptances say.
func TestAWeakerRuleCannotBeAccepted(t *testing.T) {
	p := build(t, comparing(guarded(`{"banned":["A"]}`), acceptingAll(acceptance(plan.RuleRuleWeakened, "box/**", "2031-01-01"))))
	require.Len(t, p.RaisedByRules(), 2)
	require.Len(t, plan.AtLeast(p.RaisedByRules(), plan.High), 2)
	for _, rule := range plan.Rules() {
		require.Equal(t, rule.ID == plan.RuleRuleWeakened, rule.Bookkeeping && !strings.HasPrefix(rule.ID, "acceptance-") && !strings.HasPrefix(rule.ID, "review-"), rule.ID)
	}
}

// Where the rules of the base hold, the manifest as written is what is compared with them.
func TestProposedRulesAreToldThoughTheyDoNotHold(t *testing.T) {
	in := comparing(guarded(`{"banned":["A"]}`), guarded(`{}`))
	in.Base.Proposed = in.Manifest
	in.Manifest = in.Manifest.RuledBy(in.Base.Manifest)
	p := build(t, in)
	require.True(t, p.RulesFromBase)
	require.Len(t, p.Rules, 1)
	require.Equal(t, []string{"A"}, []string{in.Manifest.Guardrails.Get("banned").Items[0].Text})
}

func TestRuledByTakesTheAccountThatWasReviewed(t *testing.T) {
	for behaviour, c := range map[string]struct{ base, head, want plan.Account }{
		"an id that is dropped":          {plan.Account{Name: "a", ID: "1"}, plan.Account{Name: "a"}, plan.Account{Name: "a", ID: "1"}},
		"a name that would be trusted":   {plan.Account{ID: "1"}, plan.Account{Name: "evil", ID: "1"}, plan.Account{ID: "1"}},
		"an id that only the head gives": {plan.Account{Name: "a"}, plan.Account{Name: "a", ID: "1"}, plan.Account{Name: "a", ID: "1"}},
	} {
		t.Run(behaviour, func(t *testing.T) {
			head := &plan.Manifest{Account: c.head, Digest: "sha256:1"}
			require.Equal(t, c.want, head.RuledBy(&plan.Manifest{Account: c.base, Digest: "sha256:2"}).Account)
			require.Equal(t, "sha256:1", head.RuledBy(&plan.Manifest{Account: c.base, Digest: "sha256:2"}).Digest)
		})
	}
}

// TestPatternsOwnNoMoreUnseen draws two lists of patterns: where the head owns, or no longer protects, an address and the base does the
// other thing, a rule weakens.
func TestPatternsOwnNoMoreUnseen(t *testing.T) {
	texts := rapid.SampledFrom([]string{"box/*", "box/a*", "box/ab*", "box/ab", "box/?b", "box/b", "box/**", "item/a/*/*", "item/a/**"})
	addresses := []addr.Address{tiny.BoxAt("a"), tiny.BoxAt("ab"), tiny.BoxAt("abc"), tiny.BoxAt("b"), tiny.ItemAt("a", "s1", "x")}
	met := 0
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) []addr.Pattern {
			return tiny.Patterns(rapid.SliceOfNDistinct(texts, 0, 3, rapid.ID[string]).Draw(t, label)...)
		}
		was, is := plan.Ownership{Include: draw("included"), Protect: draw("protected")}, plan.Ownership{}
		is.Include, is.Protect = draw("includes"), draw("protects")
		p, problems := plan.Build(comparing(owning(was), owning(is)))
		require.Empty(t, problems)
		weak := map[string]bool{}
		for _, r := range p.Rules {
			weak[r.Key] = r.Weakens
		}
		for _, a := range addresses {
			if was.Owns(a) != is.Owns(a) {
				require.True(t, weak["ownership.include"], "%s: %v, %v", a, was.Include, is.Include)
				met++
			}
			if addr.MatchAny(was.Protect, a) && !addr.MatchAny(is.Protect, a) {
				require.True(t, weak["ownership.protect"], "%s: %v, %v", a, was.Protect, is.Protect)
				met++
			}
		}
	})
	require.Positive(t, met)
}
