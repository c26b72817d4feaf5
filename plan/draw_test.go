package plan_test

import (
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

var (
	words = []string{"a", "b", "c", "ab", "-a", "-b", "-ab", "b-a", "a-b", "c-a", "ab-a", "abc-b", "ab-b",
		"a1", "a1b", "a2", "-a1", "-a2", "a-a1", "b-a1", "a1-a", "a1-a1", "b1-a", "a2b-a1"}
	roles      = append(slices.Clone(words), "doc-x", "doc-y")
	principals = []string{"outside:p", "outside:q"}
)

func drawItems(t *rapid.T, label string, most int) map[tiny.Item]bool {
	all := map[tiny.Item]bool{}
	for range rapid.IntRange(0, most).Draw(t, label+" items") {
		scope := rapid.SampledFrom([]string{"s1", "s1", "s2", "*"}).Draw(t, label+" scope")
		all[tiny.Item{Scope: scope, Role: rapid.SampledFrom(roles).Draw(t, label+" role")}] = true
	}
	return all
}

// drawWorld makes a world in which every role that is used means something.
func drawWorld(t *rapid.T, most int) tiny.World {
	w := tiny.World{Boxes: map[string]tiny.Box{}, Docs: map[string]string{}, Unseen: map[string]int{}}
	w.Unseen["x"] = max(0, rapid.IntRange(-4, 1).Draw(t, "unseen uses of x"))
	w.Docs["x"] = rapid.SampledFrom(words).Draw(t, "live doc x")
	if rapid.IntRange(0, 4).Draw(t, "no doc y") > 0 {
		w.Docs["y"] = rapid.SampledFrom(words).Draw(t, "live doc y")
	}
	for _, name := range []string{"one", "two"} {
		if rapid.IntRange(0, 5).Draw(t, "no box "+name) == 0 {
			continue
		}
		w.Boxes[name] = tiny.Box{
			Opens: rapid.SampledFrom(principals).Draw(t, "live opens"), Lasts: "long", Items: drawItems(t, "live "+name, most),
			Expires: rapid.IntRange(0, 4).Draw(t, "expires") == 0,
		}
		maps.DeleteFunc(w.Boxes[name].Items, func(i tiny.Item, _ bool) bool {
			doc, uses := strings.CutPrefix(i.Role, "doc-")
			return uses && w.Docs[doc] == ""
		})
	}
	return w
}

// drawWish asks for something near the world: mostly kept, some changed.
func drawWish(t *rapid.T, w tiny.World, most int) tiny.Wish {
	want := tiny.Wish{Boxes: map[string]tiny.WantedBox{}, Docs: map[string]tiny.WantedDoc{}}
	for _, name := range []string{"x", "y"} {
		word, live := w.Docs[name]
		if !live || rapid.IntRange(0, 2).Draw(t, "changed doc "+name) == 0 {
			word = rapid.SampledFrom(words).Draw(t, "doc "+name)
		}
		want.Docs[name] = tiny.WantedDoc{Word: word}
	}
	for _, name := range []string{"one", "two"} {
		b, live := w.Boxes[name]
		d := tiny.WantedBox{Box: tiny.Box{Opens: b.Opens, Lasts: "long"}}
		switch rapid.IntRange(0, 9).Draw(t, "fate of "+name) {
		case 0:
			continue
		case 1:
			d.Absent = true
		case 2, 3:
			d.Opens = rapid.SampledFrom(principals).Draw(t, "opens")
		case 4:
			d.Lasts = "longer"
		}
		if !live {
			d.Opens = principals[0]
		}
		d.Items = drawItems(t, "new "+name, most)
		for _, i := range tiny.SortedItems(b.Items) {
			if rapid.Bool().Draw(t, "keep") {
				d.Items[i] = true
			}
		}
		d.Additive = rapid.IntRange(0, 5).Draw(t, "additive") == 0
		if d.Without = drawItems(t, "absent "+name, 1); rapid.Bool().Draw(t, "absent of what is live") {
			maps.Copy(d.Without, b.Items)
		}
		maps.DeleteFunc(d.Without, func(i tiny.Item, _ bool) bool { return d.Items[i] })
		want.Boxes[name] = d
	}
	if rapid.IntRange(0, 5).Draw(t, "absent doc") == 0 {
		name := rapid.SampledFrom([]string{"x", "y"}).Draw(t, "which doc")
		switch rapid.IntRange(0, 3).Draw(t, "how it goes") {
		case 0:
			delete(want.Docs, name)
		case 1:
			want.Docs[name] = tiny.WantedDoc{Absent: true, InUse: true}
		default:
			want.Docs[name] = tiny.WantedDoc{Absent: true}
		}
		for _, b := range want.Boxes {
			maps.DeleteFunc(b.Items, func(i tiny.Item, _ bool) bool { return i.Role == "doc-"+name })
		}
	}
	one, hasOne := want.Boxes["one"]
	if two, hasTwo := want.Boxes["two"]; hasOne && hasTwo && two.Absent == one.Absent && rapid.IntRange(0, 3).Draw(t, "depends") == 0 {
		two.DependsOn = []string{"box/one"}
		want.Boxes["two"] = two
	}
	return want
}

func drawOwnership(t *rapid.T) plan.Ownership {
	owned := plan.Ownership{}
	if rapid.Bool().Draw(t, "include") {
		owned.Include = tiny.Patterns("box/o*", "doc/*")
		owned.Prune = rapid.Bool().Draw(t, "prune")
	}
	if rapid.IntRange(0, 5).Draw(t, "protects") == 0 {
		protect := rapid.SampledFrom([]string{"box/one", "item/one/*/a", "item/*/*/*b*", "doc/x", "box/two", "item/two/**"})
		owned.Protect = tiny.Patterns(protect.Draw(t, "protect"))
	}
	return owned
}

// drawFindings calls some of what is live dangerous.
func drawFindings(t *rapid.T, s *plan.Snapshot) []plan.Finding {
	if rapid.IntRange(0, 3).Draw(t, "findings") > 0 {
		return nil
	}
	var findings []plan.Finding
	for _, l := range s.Resources {
		if l.Address.Type() != "box" && rapid.IntRange(0, 2).Draw(t, "finding") == 0 {
			findings = append(findings, plan.Finding{Rule: "danger",
				Severity: rapid.SampledFrom([]plan.Severity{plan.Medium, plan.High}).Draw(t, "severity"), Address: l.Address})
		}
	}
	return findings
}

// drawQuotas leaves room for none or one more of a type.
func drawQuotas(t *rapid.T, w tiny.World) []plan.Quota {
	var quotas []plan.Quota
	for _, q := range []plan.Quota{{Type: "box", Used: len(w.Boxes)}, {Type: "doc", Used: len(w.Docs)}} {
		if rapid.IntRange(0, 3).Draw(t, "quota of "+q.Type) == 0 {
			q.Limit = q.Used + rapid.IntRange(0, 1).Draw(t, "room")
			quotas = append(quotas, q)
		}
	}
	return quotas
}

func drawInput(t *rapid.T, most int) (tiny.World, tiny.Wish, plan.Input) {
	w := drawWorld(t, most)
	want := drawWish(t, w, most)
	in := w.Input(want, drawOwnership(t))
	if rapid.IntRange(0, 5).Draw(t, "some by hand") == 0 {
		in.Knowledge = tiny.Knowledge{ByHand: rapid.SampledFrom([]string{"item/one/*/a", "item/*/*/-*", "doc/y", "box/two"}).Draw(t, "by hand")}
	}
	if rapid.IntRange(0, 5).Draw(t, "came through one") == 0 {
		in.Caller.Self = []addr.Address{tiny.BoxAt("one")}
	}
	for _, name := range []string{"one", "two"} {
		if d, wanted := want.Boxes[name]; wanted && !d.Absent && w.Boxes[name].Expires && rapid.Bool().Draw(t, "renew "+name) {
			in.Options.Renew = append(in.Options.Renew, tiny.BoxAt(name))
		}
	}
	in.Findings = drawFindings(t, in.Snapshot)
	return w, want, tiny.WithQuota(in, drawQuotas(t, w)...)
}
