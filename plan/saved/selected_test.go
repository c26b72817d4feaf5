package saved_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// steppingCloud is the tiny cloud with four roles more: "admin" allows everything, "as-home" to act as somebody from outside, "dark"
// something that nobody knows, and "perhaps" something under a limit that may be none.
type steppingCloud struct{ tiny.Knowledge }

func (c steppingCloud) Effects(catalogue *plan.Catalogue) func(plan.Resource) []access.Effect {
	effects := c.Knowledge.Effects(catalogue)
	return func(r plan.Resource) []access.Effect {
		if r.Address.Type() != "item" {
			return effects(r)
		}
		at := access.Effect{Principal: r.Parent.String(), Scope: r.Address.Segments()[1].Text}
		switch role := r.Address.Segments()[2].Text; role {
		case "admin":
			at.Admin, at.Actions = true, []string{"*"}
		case "as-home":
			at.As = "home"
		case "dark":
		case "perhaps":
			at.Actions, at.Limit, at.LimitUnsure = []string{"z"}, "some", true
		default:
			return effects(r)
		}
		return []access.Effect{at}
	}
}

func (c steppingCloud) Assess(resources []*plan.Resource, m *plan.Manifest, catalogue *plan.Catalogue) []plan.Finding {
	findings := c.Knowledge.Assess(resources, m, catalogue)
	for i := range findings {
		findings[i].Attribute, findings[i].Hint = "role", "take the role"
	}
	return findings
}

// selected returns the input of a plan that was made with a base, a selection, a renewal and limits of its own, under the rules of a
// manifest, in an account where much can be said of the resources.
func selected(t testing.TB) plan.Input {
	t.Helper()
	ends := tiny.OpenBox("outside:p", "s1/x", "s2/x", "s1/b1", "s1/b-c")
	ends.Expires = true
	w := tiny.World{
		Boxes: tiny.Boxes(
			"ends", ends,
			"named", tiny.OpenBox("outside:p", "s1/a"),
			"kept", tiny.OpenBox("outside:p", "s1/x", "s1/doc-worn"),
			"outer", tiny.OpenBox("partner"),
			"inner", tiny.OpenBox("home", "s1/admin"),
			"gone", tiny.OpenBox("outside:r", "s1/dark", "s1/b1", "s2/admin", "s2/-c", "s1/perhaps"),
			"leaves", tiny.OpenBox("outside:z", "s1/x"),
			"own", tiny.OpenBox("outside:p"),
			"ours-left", tiny.OpenBox("outside:p", "s1/x"),
			"listed", tiny.OpenBox("outside:z"),
			"left", tiny.OpenBox("outside:p")),
		Docs:   map[string]string{"worn": "a", "spare": "a"},
		Unseen: map[string]int{"worn": 2},
	}
	wish := func(boxes ...any) tiny.Wish {
		return tiny.Wish{Boxes: tiny.Wants(boxes...), Docs: tiny.WantsDocs("used", "ab", "spare", "")}
	}
	full := ends
	full.Items = tiny.Items("s1/b1", "s1/x", "s1/c1", "s1/d-e", "s1/dark", "s1/perhaps")
	full.Opens = "outside:q"
	in := w.Input(wish(
		"ends", full, "kept", tiny.DependingOn(tiny.OpenBox("outside:p", "s1/x", "s1/doc-used"), "doc/used"),
		"outer", tiny.OpenBox("partner", "s1/as-home"), "inner", tiny.OpenBox("home", "s1/admin"),
		"gone", tiny.WantedBox{Absent: true}, "own", tiny.OpenBox("outside:q"), "listed", tiny.OpenBox("outside:z"),
		"left", tiny.OpenBox("outside:q"), "fresh", tiny.OpenBox("outside:p", "s1/x", "s1/doc-used", "s2/admin", "s2/-c")),
		plan.Ownership{
			Include: tiny.Patterns("box/ours-*"), Exclude: tiny.Patterns("box/ours-theirs"), Protect: tiny.Patterns("box/glass"),
			MaxDeletes: limit(t, "9"),
		})
	in.Knowledge = steppingCloud{}
	guardrails, err := plan.NodeOf([]byte(`{"maxDuration": "90d", "trustedAccounts": ["partner-co"]}`))
	require.NoError(t, err)
	in.Manifest.Guardrails, in.Manifest.NotRead = guardrails, []string{"attic"}
	in.Manifest.Acceptances = []plan.Acceptance{{
		Rule: "does-x", Address: tiny.Patterns("item/**")[0], Accepted: plan.Accepted{Reason: "known", ReviewBy: "2031-06-30"},
		At: plan.Position{File: "tiny.yaml", Line: 43, Column: 3},
	}, {
		Rule: "does-x", Address: tiny.Patterns("item/ours-left/**")[0], Accepted: plan.Accepted{Reason: "seen", ReviewBy: "2031-06-30"},
		Seen: "sha256:0", At: plan.Position{File: "tiny.yaml", Line: 44, Column: 3},
	}, {
		Rule: plan.ClassMissing, Address: tiny.Patterns("box/fresh")[0], Accepted: plan.Accepted{Reason: "later", ReviewBy: "2031-06-30"},
		Wanted: "sha256:0", At: plan.Position{File: "tiny.yaml", Line: 45, Column: 3},
	}, {
		Rule: plan.ClassMissing, Address: tiny.Patterns("item/fresh/scope:s1/doc-used")[0], Accepted: plan.Accepted{Reason: "later", ReviewBy: "2031-06-30"},
		At: plan.Position{File: "tiny.yaml", Line: 46, Column: 3},
	}}
	for i := range in.Desired {
		switch d := &in.Desired[i]; d.Address {
		case tiny.BoxAt("ends"):
			d.Settings = plan.Attributes{"lane": plan.StringValue("fast"), "ways": plan.SetValue("b", "a")}
			d.Sources = plan.Sources{{Attribute: "opens", At: plan.Position{File: "tiny.yaml", Line: 44, Column: 9}}}
			d.WriteOnly, d.Attributes["key"] = []string{"key"}, plan.StringValue("written")
			d.Attributes["tags"] = plan.SetValue("a", "c")
			d.Bindings = map[string]string{"role": "r1"}
			d.Kept = plan.Attributes{"rim": plan.SetValue("x", "y"), "lid": plan.StringValue("flat")}
		case tiny.BoxAt("listed"):
			d.Additive = true
			d.Settings = plan.Attributes{"lane": plan.StringValue("slow"), "ways": plan.SetValue("c", "d")}
			d.Bindings = map[string]string{"role": "r9"}
		case tiny.BoxAt("fresh"):
			d.Unproven = true
		case tiny.DocAt("spare"):
			d.DeleteInUse = true
		case tiny.DocAt("used"):
			d.Previously = tiny.DocAt("worn")
		}
	}
	for i := range in.Entries {
		if e := &in.Entries[i]; e.Name == "used" {
			e.ID = "id-worn"
		}
	}
	in.Desired = append(in.Desired, plan.Desired{Resource: tiny.Box{}.Resource("named"), Absent: true, ReplacedBy: tiny.BoxAt("fresh"),
		Source: plan.Position{File: "tiny.yaml", Line: 50, Column: 3}})
	live := tiny.LiveAt(in.Snapshot, "box/ends")
	live.Settings = plan.Attributes{"lane": plan.StringValue("fast"), "ways": plan.SetValue("b", "a")}
	live.Bindings, live.Attributes["tags"] = map[string]string{"role": "r1"}, plan.SetValue("a", "b")
	tiny.LiveAt(in.Snapshot, "box/kept").Names = []addr.Address{tiny.BoxAt("ends")}
	left := tiny.LiveAt(in.Snapshot, "box/ours-left")
	left.MaybeServiceMade, left.Attributes["tags"] = true, plan.SetValue("a", "b")
	tiny.LiveAt(in.Snapshot, "doc/spare").Unseen = plan.Unseen{Unknown: true}
	in.Snapshot.Gaps = tiny.Patterns("box/shut", "item/shut/**")
	in.Snapshot.NotRead = []plan.NotRead{{Subject: "attic", Reason: "the manifest says so", Regions: []string{"here", "there"}}}
	in.Snapshot.Catalogue = in.Snapshot.Catalogue.With(
		plan.CatalogueEntry{Kind: "role", Name: "reader", ID: "r1", Qualifier: "system", Type: "XA", InternalName: "te_reader",
			Document: []byte(`{"b":1,"a":2}`)},
		plan.CatalogueEntry{Kind: "owner", Name: "outside:p", ID: "p", Own: true},
		plan.CatalogueEntry{Kind: "owner", Name: "written", ID: "written", Unlisted: true, Unusable: "it is closed"})
	in = tiny.WithQuota(in, plan.Quota{Type: "box", Limit: 12, Used: 10}, plan.Quota{Type: "doc", Limit: 9, Used: 2})
	in.Options = plan.Options{
		MaxDeletes: limit(t, "20"), SendWriteOnly: true, Renew: []addr.Address{tiny.BoxAt("ends")},
		Select: plan.Selection{Target: tiny.Patterns("box/**", "item/**", "doc/**"), Exclude: tiny.Patterns("box/left", "item/left/**"),
			AcceptedOn: "2031-01-31"},
	}
	in.Caller.Named = []addr.Address{tiny.BoxAt("own")}
	in.Findings = []plan.Finding{
		{Rule: "not-trusted", Severity: plan.High, Address: tiny.BoxAt("ends"), Attribute: "opens", Message: "opens for p", Hint: "close it"},
		{Rule: "not-trusted", Severity: plan.High, Address: tiny.BoxAt("kept"), Attribute: "opens", Message: "opens for p", Hint: "close it"},
		{Rule: "not-trusted", Severity: plan.High, Address: tiny.BoxAt("ours-left"), Attribute: "opens", Message: "opens for p", Hint: "close it"},
	}
	base := w.Input(wish("ends", ends, "kept", tiny.OpenBox("outside:p", "s1/x"), "leaves", tiny.OpenBox("outside:p")), plan.Ownership{})
	base.Manifest.Guardrails, err = plan.NodeOf([]byte(`{"trustedAccounts": ["partner-c0"]}`))
	require.NoError(t, err)
	in.Base = &plan.Base{
		Manifest: base.Manifest, Desired: base.Desired, Proposed: in.Manifest,
		Guardrails: []plan.Guardrail{{Key: "trustedAccounts", Kind: plan.AllowList, Severity: plan.Medium, Names: true}},
	}
	return in
}

func limit(t testing.TB, text string) plan.DeleteLimit {
	t.Helper()
	l, err := plan.ParseDeleteLimit(text)
	require.NoError(t, err)
	return l
}

// neverSaved are the published fields that no saved plan of the tiny cloud has, each with the reason.
var neverSaved = map[string]string{
	"leftOut[].notInPlan":   "it says that the manifest gives a change that a saved plan has not",
	"privileges.moreChains": "it takes more chains than are listed",
	"privileges.chainsCut":  "it takes more links than are searched",

	"changes[].findings[].seen": "what a change brings was not seen",
	"changes[].resolves[].seen": "what a change ends is not looked at again",
	"rules[].findings[].seen":   "a rule is not live",

	"rules[].findings[].accepted":          "a weaker rule is never accepted",
	"rules[].findings[].accepted.reason":   "a weaker rule is never accepted",
	"rules[].findings[].accepted.reviewBy": "a weaker rule is never accepted",
}

// aboutTheirOwn are the lists of findings that have no place: each stands with what it is about, which has one.
var aboutTheirOwn = []string{"changes[].findings[]", "changes[].resolves[]", "leaving[].findings[]", "rules[].findings[]", "unexpected[].findings[]"}

func TestEveryPublishedFieldIsInSomeHonestFile(t *testing.T) {
	all := publishedFields(t)
	missing := fields{}
	for path := range all {
		missing[path] = nil
	}
	for _, in := range []plan.Input{golden(), selected(t)} {
		for _, at := range all.places(decoded(t, save(t, in).Text())) {
			delete(missing, at.path)
		}
	}
	for path := range neverSaved {
		require.Contains(t, missing, path, "it is there: take it from the list")
		delete(missing, path)
	}
	for _, list := range aboutTheirOwn {
		for _, field := range []string{"", ".file", ".line", ".column"} {
			path := list + ".source" + field
			require.Contains(t, missing, path, "it is there: take it from the list")
			delete(missing, path)
		}
	}
	var paths []string
	for path := range missing {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	require.Empty(t, paths)
}
