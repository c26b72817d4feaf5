package plan_test

import (
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

var (
	words = []string{"a", "b", "c", "ab", "-a", "-b", "-ab", "b-a", "a-b", "c-a", "ab-a", "abc-b", "ab-b",
		"a1", "a1b", "a2", "-a1", "-a2", "a-a1", "b-a1", "a1-a", "a1-a1", "b1-a", "a2b-a1"}
	roles      = append(slices.Clone(words), "doc-x", "doc-y")
	principals = []string{"outside:p", "outside:q"}
)

func drawItems(t *rapid.T, label string, most int) map[item]bool {
	all := map[item]bool{}
	for range rapid.IntRange(0, most).Draw(t, label+" items") {
		all[item{rapid.SampledFrom([]string{"s1", "s1", "s2", "*"}).Draw(t, label+" scope"), rapid.SampledFrom(roles).Draw(t, label+" role")}] = true
	}
	return all
}

// drawWorld makes a world in which every role that is used means something.
func drawWorld(t *rapid.T, most int) world {
	w := world{boxes: map[string]box{}, docs: map[string]string{}}
	w.docs["x"] = rapid.SampledFrom(words).Draw(t, "live doc x")
	if rapid.IntRange(0, 4).Draw(t, "no doc y") > 0 {
		w.docs["y"] = rapid.SampledFrom(words).Draw(t, "live doc y")
	}
	for _, name := range []string{"one", "two"} {
		if rapid.IntRange(0, 5).Draw(t, "no box "+name) == 0 {
			continue
		}
		w.boxes[name] = box{
			opens: rapid.SampledFrom(principals).Draw(t, "live opens"), lasts: "long", items: drawItems(t, "live "+name, most),
			expires: rapid.IntRange(0, 4).Draw(t, "expires") == 0,
		}
		maps.DeleteFunc(w.boxes[name].items, func(i item, _ bool) bool {
			doc, uses := strings.CutPrefix(i.role, "doc-")
			return uses && w.docs[doc] == ""
		})
	}
	return w
}

// drawWish asks for something near the world: mostly kept, some changed.
func drawWish(t *rapid.T, w world, most int) wish {
	want := wish{boxes: map[string]wishedBox{}, docs: map[string]wishedDoc{}}
	for _, name := range []string{"x", "y"} {
		word, live := w.docs[name]
		if !live || rapid.IntRange(0, 2).Draw(t, "changed doc "+name) == 0 {
			word = rapid.SampledFrom(words).Draw(t, "doc "+name)
		}
		want.docs[name] = wishedDoc{word: word}
	}
	for _, name := range []string{"one", "two"} {
		b, live := w.boxes[name]
		d := wishedBox{box: box{opens: b.opens, lasts: "long"}}
		switch rapid.IntRange(0, 9).Draw(t, "fate of "+name) {
		case 0:
			continue
		case 1:
			d.absent = true
		case 2, 3:
			d.opens = rapid.SampledFrom(principals).Draw(t, "opens")
		case 4:
			d.lasts = "longer"
		}
		if !live {
			d.opens = principals[0]
		}
		d.items = drawItems(t, "new "+name, most)
		for _, i := range sortedItems(b.items) {
			if rapid.Bool().Draw(t, "keep") {
				d.items[i] = true
			}
		}
		d.additive = rapid.IntRange(0, 5).Draw(t, "additive") == 0
		want.boxes[name] = d
	}
	if rapid.IntRange(0, 5).Draw(t, "absent doc") == 0 {
		name := rapid.SampledFrom([]string{"x", "y"}).Draw(t, "which doc")
		want.docs[name] = wishedDoc{absent: true}
		for _, b := range want.boxes {
			maps.DeleteFunc(b.items, func(i item, _ bool) bool { return i.role == "doc-"+name })
		}
	}
	one, hasOne := want.boxes["one"]
	if two, hasTwo := want.boxes["two"]; hasOne && hasTwo && two.absent == one.absent && rapid.IntRange(0, 3).Draw(t, "depends") == 0 {
		two.dependsOn = []string{"box/one"}
		want.boxes["two"] = two
	}
	return want
}

func drawOwnership(t *rapid.T) plan.Ownership {
	owned := plan.Ownership{}
	if rapid.Bool().Draw(t, "include") {
		owned.Include = patterns("box/o*")
		owned.Prune = rapid.Bool().Draw(t, "prune")
	}
	if rapid.IntRange(0, 5).Draw(t, "protects") == 0 {
		owned.Protect = patterns(rapid.SampledFrom([]string{"box/one", "item/one/*/a", "item/*/*/*b*", "doc/x", "item/two/**"}).Draw(t, "protect"))
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
			findings = append(findings, plan.Finding{Rule: "danger", Severity: rapid.SampledFrom([]plan.Severity{plan.Medium, plan.High}).Draw(t, "severity"), Address: l.Address})
		}
	}
	return findings
}

// drawQuotas leaves room for none or one more of a type.
func drawQuotas(t *rapid.T, w world) []plan.Quota {
	var quotas []plan.Quota
	for _, q := range []plan.Quota{{Type: "box", Used: len(w.boxes)}, {Type: "doc", Used: len(w.docs)}} {
		if rapid.IntRange(0, 3).Draw(t, "quota of "+q.Type) == 0 {
			q.Limit = q.Used + rapid.IntRange(0, 1).Draw(t, "room")
			quotas = append(quotas, q)
		}
	}
	return quotas
}

func drawInput(t *rapid.T, most int) (world, wish, plan.Input) {
	w := drawWorld(t, most)
	want := drawWish(t, w, most)
	in := w.input(want, drawOwnership(t))
	if rapid.IntRange(0, 5).Draw(t, "some by hand") == 0 {
		in.Knowledge = tinyCloud{byHand: rapid.SampledFrom([]string{"item/one/*/a", "item/*/*/-*", "doc/y", "box/two"}).Draw(t, "by hand")}
	}
	if rapid.IntRange(0, 5).Draw(t, "came through one") == 0 {
		in.Self = []addr.Address{boxAt("one")}
	}
	in.Findings = drawFindings(t, in.Snapshot)
	return w, want, withQuota(in, drawQuotas(t, w)...)
}
