package plan_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/plan"
)

// TestMain gives rapid more checks than its default, and keeps its failure files out of the tree; both flags still
// win when they are given.
func TestMain(m *testing.M) {
	flag.Parse()
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range map[string]string{"rapid.checks": "1500", "rapid.nofailfile": "true"} {
		if given[name] {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

var (
	words      = []string{"a", "b", "c", "ab", "-a", "-b", "-ab", "b-a", "a-b", "c-a"}
	roles      = append(slices.Clone(words), "doc-x", "doc-y")
	principals = []string{"outside:p", "outside:q"}
)

func drawItems(t *rapid.T, label string, most int) map[item]bool {
	all := map[item]bool{}
	for range rapid.IntRange(0, most).Draw(t, label+" items") {
		all[item{rapid.SampledFrom([]string{"s1", "s1", "s2"}).Draw(t, label+" scope"), rapid.SampledFrom(roles).Draw(t, label+" role")}] = true
	}
	return all
}

// drawWorld makes a world in which every role that is used means something.
func drawWorld(t *rapid.T, most int) world {
	w := world{boxes: map[string]box{}, docs: map[string]string{}}
	for _, name := range []string{"x", "y"} {
		w.docs[name] = rapid.SampledFrom(words).Draw(t, "live doc "+name)
	}
	for _, name := range []string{"one", "two"} {
		if rapid.IntRange(0, 5).Draw(t, "no box "+name) == 0 {
			continue
		}
		w.boxes[name] = box{
			opens: rapid.SampledFrom(principals).Draw(t, "live opens"), lasts: "long", items: drawItems(t, "live "+name, most),
			expires: rapid.IntRange(0, 4).Draw(t, "expires") == 0,
		}
	}
	return w
}

// drawWish asks for something near the world: mostly kept, some changed.
func drawWish(t *rapid.T, w world, most int) wish {
	want := wish{boxes: map[string]wishedBox{}, docs: map[string]wishedDoc{}}
	for _, name := range []string{"x", "y"} {
		word := w.docs[name]
		if rapid.IntRange(0, 2).Draw(t, "changed doc "+name) == 0 {
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

func drawInput(t *rapid.T, most int) (world, wish, plan.Input) {
	w := drawWorld(t, most)
	want := drawWish(t, w, most)
	in := w.input(want, drawOwnership(t))
	if rapid.IntRange(0, 5).Draw(t, "some by hand") == 0 {
		in.Knowledge = tinyCloud{byHand: rapid.SampledFrom([]string{"item/one/*/a", "item/*/*/-*", "doc/y", "box/two"}).Draw(t, "by hand")}
	}
	return w, want, in
}

// execution is a state of carrying out a plan: which changes are done, and which will never run.
type execution struct{ done, dead uint }

// edges holds, for each change of a plan, a bit for each change that it waits for.
type edges struct{ hard, order []uint }

func edgesOf(p *plan.Plan) edges {
	index := map[plan.Address]int{}
	for i, c := range p.Changes {
		index[c.Address] = i
	}
	e := edges{make([]uint, len(p.Changes)), make([]uint, len(p.Changes))}
	for i, c := range p.Changes {
		for _, a := range c.DependsOn {
			e.hard[i] |= 1 << index[a]
		}
		for _, a := range c.RunsAfter {
			e.order[i] |= 1 << index[a]
		}
	}
	return e
}

// kill marks a change, and all that need it, as never to run.
func (e edges) kill(dead uint, i int) uint {
	dead |= 1 << i
	for again := true; again; {
		again = false
		for j, hard := range e.hard {
			if dead&(1<<j) == 0 && hard&dead != 0 {
				dead |= 1 << j
				again = true
			}
		}
	}
	return dead
}

// reachable visits the changes done in every state that an execution of p can pass through, whatever fails and wherever
// it stops.
func reachable(p *plan.Plan, visit func(done uint)) {
	e := edgesOf(p)
	start := execution{}
	for i, c := range p.Changes {
		if !c.Action.Writes() {
			start.dead = e.kill(start.dead, i)
		}
	}
	seen := map[execution]bool{start: true}
	visited := map[uint]bool{}
	stack := []execution{start}
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !visited[s.done] {
			visited[s.done] = true
			visit(s.done)
		}
		for i := range p.Changes {
			over := s.done | s.dead
			if over&(1<<i) != 0 || e.hard[i]&^s.done != 0 || e.order[i]&^over != 0 {
				continue
			}
			for _, next := range []execution{{s.done | 1<<i, s.dead}, {s.done, e.kill(s.dead, i)}} {
				if !seen[next] {
					seen[next] = true
					stack = append(stack, next)
				}
			}
		}
	}
}

// checkBounds fails where a reachable state gives a principal more than before ∪ after, or takes from one that stays
// what it has before and after, with no warning that names the gap.
func checkBounds(t rapid.TB, w world, p *plan.Plan, expired bool) {
	t.Helper()
	before, final := w.powers(expired), w.executeAll(p)
	after := final.powers(expired)
	reachable(p, func(done uint) {
		now := w
		var names []string
		for i, c := range p.Changes {
			if done&(1<<i) != 0 {
				now = now.execute(c)
				names = append(names, c.Action.String()+" "+c.Address.String())
			}
		}
		powers := now.powers(expired)
		for who, may := range powers {
			if extra := may &^ (before[who] | after[who]); extra != 0 {
				t.Fatalf("%s may do %b more through %s than before or after, when done are: %s\n%s", who.principal, extra, who.box, strings.Join(names, "; "), render(p))
			}
		}
		for who := range before {
			missing := before[who] & after[who] &^ powers[who]
			if missing == 0 || w.boxes[who.box].opens != final.boxes[who.box].opens || gapNamed(p, who.box) {
				continue
			}
			t.Fatalf("%s misses %b through %s, had before and after, when done are: %s\n%s", who.principal, missing, who.box, strings.Join(names, "; "), render(p))
		}
	})
}

func gapNamed(p *plan.Plan, box string) bool {
	return slices.ContainsFunc(p.Warnings, func(text string) bool {
		return strings.HasPrefix(text, "access gap in "+boxAt(box).String()+":")
	})
}

// render gives one line a change: what it does, and what it waits for.
func render(p *plan.Plan) string {
	var b strings.Builder
	for _, c := range p.Changes {
		b.WriteString(c.Action.String() + " " + c.Address.String())
		for _, list := range []struct {
			word      string
			addresses []plan.Address
		}{{" needs ", c.DependsOn}, {" after ", c.RunsAfter}, {" confirms ", c.Confirms}, {" with ", c.With}} {
			if len(list.addresses) > 0 {
				var texts []string
				for _, a := range list.addresses {
					texts = append(texts, a.String())
				}
				b.WriteString(list.word + strings.Join(texts, ", "))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestEveryReachableStateKeepsBothBounds(t *testing.T) {
	walked, refused, gaps := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w, _, in := drawInput(t, 3)
		p, problems := plan.Build(in)
		switch {
		case len(problems) > 0:
			refused++
			return
		case len(p.Changes) < 2 || len(p.Changes) > 9:
			return
		}
		walked++
		if len(p.Warnings) > 0 {
			gaps++
		}
		checkBounds(t, w, p, rapid.Bool().Draw(t, "expired"))
	})
	t.Logf("walked through %d plans, %d of them with a gap; %d refused", walked, gaps, refused)
	if walked <= refused || gaps*4 > walked {
		t.Fatalf("too few plans say anything: %d walked, %d of them with a gap, %d refused", walked, gaps, refused)
	}
}
