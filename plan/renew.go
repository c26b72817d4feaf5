package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// A renewal gives a root that ends its whole life again, by an update that may differ in no attribute. A plan knows no clock: a root
// can be renewed before and after its end.

// renews reports whether this run renews the live root.
func (b *builder) renews(live *Live) bool {
	return len(b.in.Options.Renew) > 0 && !live.Expires.IsZero() && slices.Contains(b.in.Options.Renew, live.Address)
}

// renewalReason says why a root is updated that may be as the manifest says. It is true before that end and after it.
func renewalReason(live *Live) string {
	return "renewed: replaces the end at " + live.Expires.UTC().Format(time.RFC3339)
}

// checkRenewals refuses to renew what the manifest lists and what cannot be renewed. What it does not list is told by
// [Input.MissedRenewals]: with several accounts, another one may list it.
func (b *builder) checkRenewals() {
	for _, a := range b.in.Options.Renew {
		d, live, why := b.entry(a), b.liveAt(a), ""
		switch {
		case d == nil:
		case !d.Parent.IsZero():
			why = fmt.Sprintf("it is a part of %s, which ends as a whole", d.Parent)
		case d.Absent:
			why = "the manifest says that it is to be deleted"
		case live == nil:
			why = "it is not there; what is made lives its whole life from then on"
		case live.Expires.IsZero():
			why = "it has no end that is known"
		default:
			why = b.holdsRenewal(a)
		}
		if why != "" {
			b.problems = append(b.problems, Problem{
				At: d.Source, Summary: "cannot be renewed", Hint: "leave it out",
				Detail: fmt.Sprintf("%s %s: %s", cmp.Or(b.in.Options.Names.Renew, "renew"), a, why),
			})
		}
	}
}

// holdsRenewal says why a root must not be given a new life before a person has put it right; "" where it may.
func (b *builder) holdsRenewal(root addr.Address) string {
	i := slices.IndexFunc(b.changes, func(c Change) bool { return c.Address == root && c.Action != Blocked })
	if i < 0 {
		return ""
	}
	c := &b.changes[i]
	if c.Action == ByHand {
		return "all that differs of it is left to a person"
	}
	if f := b.graveLeft(c); f != nil {
		return "a person must put that right first: " + f.Message
	}
	return ""
}

// MissedRenewals returns the addresses of Renew that the manifest does not list, each once.
func (in Input) MissedRenewals() []Miss {
	var misses []Miss
	var near nearAddresses
	for j := range in.Desired {
		if d := &in.Desired[j]; d.Parent.IsZero() {
			near.addresses = append(near.addresses, d.Address)
		}
	}
	for i, a := range in.Options.Renew {
		listed := func(d Desired) bool { return d.Address == a }
		if slices.Contains(in.Options.Renew[:i], a) || slices.ContainsFunc(in.Desired, listed) {
			continue
		}
		misses = append(misses, Miss{Pattern: addr.Pattern(a), Unlisted: true, Hint: near.didYouMean(addr.Pattern(a))})
	}
	return misses
}
