package plan_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
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

// execution is a state of carrying out a plan: which changes are done, and which will never run.
type execution struct{ done, dead uint }

// edges holds, for each change of a plan, a bit for each change that it waits for.
type edges struct{ hard, order []uint }

func edgesOf(p *plan.Plan) edges {
	index := map[addr.Address]int{}
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

// start is the state before anything was done: what is held back never runs.
func (e edges) start(p *plan.Plan) execution {
	s := execution{}
	for i, c := range p.Changes {
		if !c.Action.Writes() {
			s.dead = e.kill(s.dead, i)
		}
	}
	return s
}

// ready returns the changes that may run next.
func (e edges) ready(s execution) []int {
	var ready []int
	over := s.done | s.dead
	for i := range e.hard {
		if over&(1<<i) == 0 && e.hard[i]&^s.done == 0 && e.order[i]&^over == 0 {
			ready = append(ready, i)
		}
	}
	return ready
}

// reachable visits the changes done in every state that an execution of p can pass through, whatever fails and wherever
// it stops.
func reachable(p *plan.Plan, visit func(done uint)) {
	e := edgesOf(p)
	start := e.start(p)
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
		for _, i := range e.ready(s) {
			for _, next := range []execution{{s.done | 1<<i, s.dead}, {s.done, e.kill(s.dead, i)}} {
				if !seen[next] {
					seen[next] = true
					stack = append(stack, next)
				}
			}
		}
	}
}

// checkBounds fails where a reachable state breaks a bound; see [bounds.check].
func checkBounds(t rapid.TB, w tiny.World, p *plan.Plan, expired bool) {
	t.Helper()
	b := boundsOf(w, p, expired)
	reachable(p, func(done uint) { b.check(t, done) })
}

// bounds are what principals may do before a plan and after it.
type bounds struct {
	world         tiny.World
	plan          *plan.Plan
	expired       bool
	before, after map[tiny.Right]uint
	// final is the world after the plan.
	final tiny.World
	// urgent are the rights that a dangerous resource gives, by box: they are taken without waiting for what replaces them.
	urgent map[string]uint
}

func boundsOf(w tiny.World, p *plan.Plan, expired bool) bounds {
	b := bounds{world: w, plan: p, expired: expired, before: w.Powers(expired), final: w.ExecuteAll(p), urgent: map[string]uint{}}
	b.after = b.final.Powers(expired)
	for _, c := range p.Changes {
		if !slices.ContainsFunc(c.Resolves, func(f plan.Finding) bool { return f.Severity == plan.High }) {
			continue
		}
		for name, box := range w.Boxes {
			for i := range box.Items {
				if c.Address == tiny.ItemAt(name, i.Scope, i.Role) || c.Address.Type() == "doc" && i.Role == "doc-"+c.Address.Segments()[0].Text {
					allowed, _ := w.Rights(i)
					b.urgent[name] |= allowed
				}
			}
		}
	}
	return b
}

// check fails where the state in which these changes are done gives a principal more than before ∪ after, or takes from
// one that stays what it has before and after, with no warning that names the gap.
func (b bounds) check(t rapid.TB, done uint) {
	t.Helper()
	now := b.world
	var names []string
	for i, c := range b.plan.Changes {
		if done&(1<<i) != 0 {
			now = now.Execute(c)
			names = append(names, c.Action.String()+" "+c.Address.String())
		}
	}
	powers := now.Powers(b.expired)
	for who, may := range powers {
		if extra := may &^ (b.before[who] | b.after[who]); extra != 0 {
			t.Fatalf("%s may do %b more through %s than before or after, when done are: %s\n%s", who.Principal, extra, who.Box,
				strings.Join(names, "; "), render(b.plan))
		}
	}
	for who := range b.before {
		missing := b.before[who] & b.after[who] &^ powers[who] &^ b.urgent[who.Box]
		if missing == 0 || b.world.Boxes[who.Box].Opens != b.final.Boxes[who.Box].Opens || gapNamed(b.plan, who.Box) {
			continue
		}
		t.Fatalf("%s misses %b through %s, had before and after, when done are: %s\n%s", who.Principal, missing, who.Box,
			strings.Join(names, "; "), render(b.plan))
	}
}

// checkRoom fails where there is more in a state than a quota allows, and more than there was. It holds while nothing
// fails: a create whose room was not made is for the cloud to refuse.
func (b bounds) checkRoom(t rapid.TB, done uint, quotas []plan.Quota) {
	t.Helper()
	for _, q := range quotas {
		used := q.Used
		for i, c := range b.plan.Changes {
			if c.Address.Type() == q.Type && done&(1<<i) != 0 {
				switch c.Action {
				case plan.Create:
					used++
				case plan.Delete:
					used--
				}
			}
		}
		if used > max(q.Limit, q.Used) {
			t.Fatalf("there are %d of type %s, and the quota allows %d:\n%s", used, q.Type, q.Limit, render(b.plan))
		}
	}
}

func gapNamed(p *plan.Plan, box string) bool {
	return slices.ContainsFunc(p.Warnings, func(text string) bool {
		return strings.HasPrefix(text, "access gap in "+tiny.BoxAt(box).String()+":")
	})
}

// render gives one line a change: what it does, and what it waits for.
func render(p *plan.Plan) string {
	var b strings.Builder
	for _, c := range p.Changes {
		b.WriteString(c.Action.String() + " " + c.Address.String())
		for _, list := range []struct {
			word      string
			addresses []addr.Address
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

// TestBoundsHoldInEveryReachableState walks through all states of small plans: every order that the edges allow, every
// change failing or not, and a stop anywhere.
func TestBoundsHoldInEveryReachableState(t *testing.T) {
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

// TestBoundsHoldInRandomRuns takes one random run through plans of any size: changes end in a random order that the
// edges allow, some fail, and the run may stop anywhere.
func TestBoundsHoldInRandomRuns(t *testing.T) {
	walked, longest := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w, _, in := drawInput(t, 7)
		p, problems := plan.Build(in)
		if len(problems) > 0 || len(p.Changes) > 60 {
			return
		}
		walked++
		longest = max(longest, len(p.Changes))
		b := boundsOf(w, p, rapid.Bool().Draw(t, "expired"))
		failing := rapid.SampledFrom([]int{0, 2, 8}).Draw(t, "failing, in 16")
		e := edgesOf(p)
		s := e.start(p)
		b.check(t, s.done)
		for ready := e.ready(s); len(ready) > 0; ready = e.ready(s) {
			i := rapid.SampledFrom(ready).Draw(t, "next")
			if rapid.IntRange(1, 16).Draw(t, "fails") <= failing {
				s.dead = e.kill(s.dead, i)
				continue
			}
			s.done |= 1 << i
			b.check(t, s.done) // whoever stops here leaves this state
			if failing == 0 {
				b.checkRoom(t, s.done, in.Snapshot.Quotas)
			}
		}
	})
	t.Logf("ran %d plans, of up to %d changes", walked, longest)
	if longest < 12 {
		t.Fatalf("too few plans say anything: the longest has %d changes", longest)
	}
}
