package providers

import (
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Completion is what a service says of its own resources once everything is read: some of them answer for roots of other services,
// and some are there only because of others.
type Completion struct {
	// Live and Desired take the places of the service's own resources with the same addresses. They hold what follows from
	// the roots that they answer for.
	Live    []plan.Live
	Desired []plan.Desired
	// Gone are live resources that have nothing of their own left, and that the service shows only because of others. Their
	// tombstones need no change.
	Gone []addr.Address
	// Answers are the roots of other services that each desired root answers for, live or not.
	Answers map[addr.Address][]addr.Address
	// AnsweredBy gives live roots of other services to the service's own desired root that answers for them.
	AnsweredBy map[addr.Address]addr.Address
	// CutOff are live resources of the service that it cannot work through: the roots that it made for them trust somebody else.
	CutOff []addr.Address
	// Findings are about what nobody explains on these roots.
	Findings    []plan.Finding
	NotCompared []plan.NotCompared
}

// Completed is what is compared: live and desired resources as a whole.
type Completed struct {
	Snapshot    *plan.Snapshot
	Desired     []plan.Desired
	Answers     map[addr.Address][]addr.Address
	CutOff      []addr.Address
	Findings    []plan.Finding
	NotCompared []plan.NotCompared
	// Together are, for each service that completed anything, the roots that it looked at, sorted.
	Together [][]addr.Address
}

// Renamer is implemented by a [Provider] whose resources can be renamed in place.
type Renamer interface {
	// Renames returns what changes with the renames that are still to be done. It is pure.
	Renames(s *plan.Snapshot, desired []plan.Desired) plan.Renames
}

func (r *Registry) renamed(s *plan.Snapshot, desired []plan.Desired) (*plan.Snapshot, []plan.Desired) {
	all := plan.Renames{To: map[addr.Address]addr.Address{}}
	for _, p := range r.providers {
		if renamer, is := p.(Renamer); is {
			renames := renamer.Renames(s, desired)
			maps.Copy(all.To, renames.To)
			all.Entries = append(all.Entries, renames.Entries...)
		}
	}
	return plan.Renamed(s, desired, all)
}

// Complete gives live resources the names that the manifest has for them, and asks every service to complete its resources; see
// [plan.Renamed] and [Provider.Complete]. Desired are resolved. A live root that only
// children of answered roots refer to is answered for with them. The arguments stay as they are, and completing twice is the same
// as once.
func (r *Registry) Complete(s *plan.Snapshot, owned plan.Ownership, desired []plan.Desired) Completed {
	s, desired = r.renamed(s, desired)
	view, done := plan.NewView(s, owned, desired), Completed{Snapshot: s, Desired: desired, Answers: map[addr.Address][]addr.Address{}}
	live, wanted := map[addr.Address]plan.Live{}, map[addr.Address]plan.Desired{}
	gone, answered := map[addr.Address]bool{}, map[addr.Address]addr.Address{}
	for _, p := range r.providers {
		asked := map[addr.Address]bool{}
		c := p.Complete(view.Noting(func(a addr.Address) { asked[a] = true }))
		if len(asked) > 0 {
			done.Together = append(done.Together, slices.SortedFunc(maps.Keys(asked), addr.Compare))
		}
		for _, l := range c.Live {
			live[l.Address] = l
		}
		for _, d := range c.Desired {
			wanted[d.Address] = d
		}
		for _, a := range c.Gone {
			gone[a] = true
		}
		maps.Copy(done.Answers, c.Answers)
		for root, by := range c.AnsweredBy {
			answered[root] = by
		}
		done.CutOff = append(done.CutOff, c.CutOff...)
		done.Findings, done.NotCompared = append(done.Findings, c.Findings...), append(done.NotCompared, c.NotCompared...)
	}
	if len(live)+len(gone)+len(answered) > 0 || anyAnswered(s.Resources) {
		answerForUsed(s, answered)
		snapshot := *s
		snapshot.Resources = make([]plan.Live, 0, len(s.Resources))
		for _, l := range s.Resources {
			if gone[l.Address] {
				continue
			}
			if whole, is := live[l.Address]; is {
				l = whole
			}
			l.AnsweredBy = answered[l.Address]
			snapshot.Resources = append(snapshot.Resources, l)
		}
		done.Snapshot = &snapshot
	}
	if len(wanted) > 0 {
		done.Desired = slices.Clone(desired)
		for i := range done.Desired {
			if whole, is := wanted[done.Desired[i].Address]; is {
				done.Desired[i] = whole
			}
		}
	}
	return done
}

func anyAnswered(resources []plan.Live) bool {
	for i := range resources {
		if !resources[i].AnsweredBy.IsZero() {
			return true
		}
	}
	return false
}

// answerForUsed adds the roots that only children of answered roots use, and takes out those that others use too.
func answerForUsed(s *plan.Snapshot, answered map[addr.Address]addr.Address) {
	if len(answered) == 0 {
		return
	}
	by, others := map[addr.Address]addr.Address{}, map[addr.Address]bool{}
	for i := range s.Resources {
		l := &s.Resources[i]
		root, is := answered[l.Root()]
		for _, use := range l.Uses {
			if !is {
				others[use] = true
			} else if first, known := by[use]; !known || addr.Compare(root, first) < 0 {
				by[use] = root
			}
		}
	}
	for use, root := range by {
		if !others[use] {
			answered[use] = root
		}
	}
	for use := range others {
		delete(answered, use)
	}
}
