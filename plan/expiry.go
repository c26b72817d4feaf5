package plan

import (
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// expired returns the managed resources whose lifetime is over.
func expired(p *Plan, in Input, view *View) []Difference {
	return ending(p, in, view, "expired at ", func(end time.Time) bool { return !end.After(in.Now) })
}

// expiring returns the managed resources whose lifetime will soon be over.
func expiring(p *Plan, in Input, view *View) []Difference {
	soon := in.Now.Add(in.ExpiringWithin)
	return ending(p, in, view, "expires at ", func(end time.Time) bool { return end.After(in.Now) && !end.After(soon) })
}

// ending returns the managed resources with a lifetime that ends when it is asked about. Before the end, the reason has the given words.
func ending(p *Plan, in Input, view *View, words string, isMeant func(end time.Time) bool) []Difference {
	ignored := make(map[addr.Address]bool, len(p.Unmanaged))
	for _, a := range p.Unmanaged {
		ignored[a] = true
	}
	for _, c := range p.Changes {
		if c.After == nil {
			ignored[c.Address] = true
		}
	}
	for _, l := range p.Unexpected {
		ignored[l.Address] = true
	}
	entries := make(map[addr.Address]*Desired, len(in.Desired))
	for i := range in.Desired {
		entries[in.Desired[i].Address] = &in.Desired[i]
	}
	ends := func(l *Live) bool {
		return l != nil && !l.Expires.IsZero() && isMeant(l.Expires) && !ignored[l.Address]
	}
	var found []Difference
	told := map[addr.Address][]string{} // by what answers for them, and is what can be renewed
	for i := range in.Snapshot.Resources {
		if l := &in.Snapshot.Resources[i]; ends(l) && !l.AnsweredBy.IsZero() && ends(view.Live(l.AnsweredBy)) {
			told[l.AnsweredBy] = append(told[l.AnsweredBy], l.Address.String())
		}
	}
	for _, l := range in.Snapshot.Resources {
		if !ends(&l) || !l.AnsweredBy.IsZero() && ends(view.Live(l.AnsweredBy)) {
			continue
		}
		d := Difference{
			Address: l.Address, ID: l.ID, Expires: l.Expires.UTC(), Reason: words + l.Expires.UTC().Format(time.RFC3339),
			Protected: in.Manifest.Ownership.holds(&l),
		}
		if names := told[l.Address]; len(names) > 0 {
			d.Reason += ": " + strings.Join(names, ", ")
		}
		if entry := entries[l.Address]; entry != nil {
			d.Source, d.Notes = entry.Source, entry.Noted()
		}
		found = append(found, d)
	}
	return found
}
