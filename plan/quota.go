package plan

import (
	"fmt"
	"strings"
)

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
	p.Detail += fmt.Sprintf("; %s would make room too late: what takes the place must be there before, or access would be missing in between",
		strings.Join(names, ", "))
	p.Hint += "; a run of its own that deletes what comes too late leaves that gap"
	return p
}
