package plan

import "github.com/agencyctl/agencyctl/plan/addr"

// checkQuotas refuses a rest that the account has no room for. The order of a saved plan was reviewed and stays: only a
// delete that every create waits for already makes room for them.
func (r *rechecker) checkQuotas(rest *Plan) {
	for _, q := range r.now.Snapshot.Quotas {
		var makes, frees []*Change
		for i := range rest.Changes {
			c := &rest.Changes[i]
			switch {
			case c.Address.Type() != q.Type:
			case c.Action == Create:
				makes = append(makes, c)
			case c.Action == Delete:
				frees = append(frees, c)
			}
		}
		if len(makes) == 0 || q.Used+len(makes) <= q.Limit {
			continue
		}
		first := rest.precedingAll(makes, frees)
		if q.Used+len(makes)-first > q.Limit {
			r.problem(makes[0].Source, "quota too small", "ask the cloud for a larger quota, or delete what is not needed, or plan again for an order that may fit",
				"%s", q.exceeded(len(makes), first))
		}
	}
}

// precedingAll counts the changes of earlier that every change of later waits for.
func (p *Plan) precedingAll(later, earlier []*Change) int {
	changes := make(map[addr.Address]*Change, len(p.Changes))
	for i := range p.Changes {
		changes[p.Changes[i].Address] = &p.Changes[i]
	}
	waiting := map[addr.Address]int{} // how many of later wait for it
	for _, c := range later {
		seen := map[addr.Address]bool{}
		stack := []*Change{c}
		for len(stack) > 0 {
			last := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, on := range [][]addr.Address{last.DependsOn, last.RunsAfter, last.Confirms} {
				for _, a := range on {
					if next := changes[a]; next != nil && !seen[a] {
						seen[a] = true
						waiting[a]++
						stack = append(stack, next)
					}
				}
			}
		}
	}
	count := 0
	for _, c := range earlier {
		if waiting[c.Address] == len(later) {
			count++
		}
	}
	return count
}
