package plan

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// DeleteLimit bounds what one plan may delete. Of its fields one is set at most; the zero DeleteLimit bounds nothing.
type DeleteLimit struct {
	// Count is the most delete changes. Children that go with a delete are not counted.
	Count *int
	// Share is the most resources that may go, in percent of the live resources that the manifest lists or owns. Children
	// that go with a delete count here: else deleting a few large resources would look small.
	Share *int
}

// ParseDeleteLimit reads "10" or "20%".
func ParseDeleteLimit(text string) (DeleteLimit, error) {
	number, isShare := strings.CutSuffix(text, "%")
	n, err := strconv.Atoi(number)
	switch {
	case err != nil || n < 0 || strings.HasPrefix(number, "+"):
		return DeleteLimit{}, fmt.Errorf("%q: write a whole number that is not negative, or a share such as 20%%", text)
	case isShare && n > 100:
		return DeleteLimit{}, fmt.Errorf("%q: a share is at most 100%%", text)
	case isShare:
		return DeleteLimit{Share: &n}, nil
	}
	return DeleteLimit{Count: &n}, nil
}

// IsZero reports whether nothing is bounded.
func (l DeleteLimit) IsZero() bool { return l.Count == nil && l.Share == nil }

// CheckLimit returns a warning where the manifest's limit on deletes limits nothing: a share of 100%.
func (o Ownership) CheckLimit() []Problem {
	if share := o.MaxDeletes.Share; share == nil || *share < 100 {
		return nil
	}
	return []Problem{{
		At: o.MaxDeletesAt, Summary: "limit without effect", Detail: "ownership.maxDeletes: no plan deletes more than 100% of what is managed",
		Hint: "write a lower share, such as 20%, or a number", Warning: true,
	}}
}

// String returns "10", "20%", or "" for no limit.
func (l DeleteLimit) String() string {
	switch {
	case l.Share != nil:
		return strconv.Itoa(*l.Share) + "%"
	case l.Count != nil:
		return strconv.Itoa(*l.Count)
	}
	return ""
}

// MarshalText implements [encoding.TextMarshaler].
func (l DeleteLimit) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler] by [ParseDeleteLimit].
func (l *DeleteLimit) UnmarshalText(text []byte) (err error) {
	*l, err = ParseDeleteLimit(string(text))
	return err
}

// limitDeletes refuses a plan that deletes more than it may.
func (b *builder) limitDeletes() {
	owned := b.in.Manifest.Ownership
	limit, setting, at := owned.MaxDeletes, "ownership.maxDeletes: ", owned.MaxDeletesAt
	name := cmp.Or(b.in.Options.Names.MaxDeletes, "max deletes")
	if given := b.in.Options.MaxDeletes; !given.IsZero() {
		limit, setting, at = given, name+" ", Position{}
	} else if owned.MaxDeletesImplied {
		setting = "ownership.prune: true without maxDeletes means maxDeletes: "
	}
	detail := ""
	switch deletes := b.plan.Summary.Delete; {
	case limit.Share != nil:
		gone, of := b.countDeleted()
		if gone*100 <= *limit.Share*of {
			return
		}
		detail = fmt.Sprintf("the plan deletes %d of the %d live resources that the manifest manages (with what goes along), and "+
			"%s%s allows %d", gone, of, setting, limit, *limit.Share*of/100)
	case limit.Count != nil && deletes > *limit.Count:
		detail = fmt.Sprintf("the plan deletes %s, and %s%s allows no more", Counted(deletes, "resource"), setting, limit)
	default:
		return
	}
	b.problems = append(b.problems, Problem{
		At:      at,
		Summary: "too many deletes",
		Detail:  detail,
		Hint:    fmt.Sprintf("if that is meant, raise the limit for one run with %s %d", name, b.plan.Summary.Delete),
	})
}

// countDeleted counts the managed live resources, and how many of these the plan deletes.
func (b *builder) countDeleted() (gone, managed int) {
	deleted := map[addr.Address]bool{}
	for i := range b.plan.Changes {
		if c := &b.plan.Changes[i]; c.Action == Delete {
			deleted[c.Address] = true
			for _, child := range c.With {
				deleted[child] = true
			}
		}
	}
	for i := range b.in.Snapshot.Resources {
		l := &b.in.Snapshot.Resources[i]
		root := l.Root()
		entry := b.entry(root)
		ours := b.entry(l.Address) != nil || deleted[l.Address]
		switch {
		case ours:
		case entry != nil:
			ours = !entry.Additive
		default:
			ours = b.in.Manifest.Ownership.Owns(root)
		}
		if ours {
			managed++
		}
		if deleted[l.Address] {
			gone++
		}
	}
	return gone, managed
}

// Quota says how many resources of one type the account may have, and has, unmanaged ones included.
type Quota struct {
	// Type is the type of the addresses that count.
	Type  string `json:"type"`
	Limit int    `json:"limit"`
	Used  int    `json:"used"`
}

// applyQuota makes creates wait for deletes where the quota has no room left, and adds a problem where no order has room. It
// reports whether it added edges. They close no circle: only deletes that wait for no create of the type come first.
func (o *orderer) applyQuota(q Quota) bool {
	var makes, frees []int
	for i, c := range o.changes {
		switch {
		case c.Address.Type() != q.Type:
		case c.Action == Create:
			makes = append(makes, i)
		case c.Action == Delete:
			frees = append(frees, i)
		}
	}
	over := q.Used + len(makes) - q.Limit
	if len(makes) == 0 || over <= 0 {
		return false
	}
	var first, late []int
	for _, i := range frees {
		if ancestors := o.all.ancestors(i); containsAny(makes, ancestors) {
			late = append(late, i)
		} else {
			first = append(first, i)
		}
	}
	if len(first) < over {
		o.b.problems = append(o.b.problems, o.quotaProblem(q, makes, first, late))
		return false
	}
	for _, made := range makes {
		for _, freed := range first {
			o.all.connect(made, freed)
		}
	}
	return true
}

// Exceeded returns the text of a problem: by how much the quota is too small.
func (q Quota) Exceeded(makes, first int) string {
	return fmt.Sprintf("the account may have %d of type %s and has %d; the plan makes %d and first deletes %d, which is %d too many",
		q.Limit, q.Type, q.Used, makes, first, q.Used+makes-first-q.Limit)
}

func containsAny(changes []int, set map[int]bool) bool {
	for _, i := range changes {
		if set[i] {
			return true
		}
	}
	return false
}

func (o *orderer) quotaProblem(q Quota, makes, first, late []int) Problem {
	p := Problem{
		At:      o.changes[makes[0]].Source,
		Summary: "quota too small",
		Detail:  q.Exceeded(len(makes), len(first)),
		Hint:    "ask the cloud for a larger quota, or delete what is not needed",
	}
	if len(late) == 0 {
		return p
	}
	var names []string
	for _, i := range late {
		names = append(names, o.changes[i].Address.String())
	}
	list := strings.Join(names, ", ")
	p.Detail += fmt.Sprintf("; %s would make room too late: the replacement must exist before the delete, or access would be missing "+
		"in between", list)
	p.Hint += "; to accept that gap, first delete " + list + " in a run of its own"
	return p
}
