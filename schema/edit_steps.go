package schema

import "github.com/agencyctl/agencyctl/plan"

// step is what becomes of an item of a list: old is its index, -1 for one that is added; node is nil for one that is removed.
type step struct {
	old      int
	node     *plan.Node
	comments []string
}

// stepsOf returns the steps from one list to another that keep most items. Mappings that stand in the place of one another are changed.
func stepsOf(old, now []*plan.Node) (steps []step) {
	from, to := make([]string, len(old)), make([]string, len(now))
	for i, item := range old {
		from[i] = string(item.AppendJSON(nil))
	}
	for i, item := range now {
		to[i] = string(item.AppendJSON(nil))
	}
	longest := common(from, to)
	i, j := 0, 0
	gap := func(iEnd, jEnd int) {
		for i < iEnd && j < jEnd && old[i].Kind == plan.Map && now[j].Kind == plan.Map {
			steps = append(steps, step{old: i, node: now[j]})
			i, j = i+1, j+1
		}
		for ; i < iEnd; i++ {
			steps = append(steps, step{old: i})
		}
		for ; j < jEnd; j++ {
			steps = append(steps, step{old: -1, node: now[j]})
		}
	}
	for _, match := range longest {
		gap(match[0], match[1])
		steps = append(steps, step{old: i, node: old[i]})
		i, j = i+1, j+1
	}
	gap(len(old), len(now))
	return steps
}

// maxCompared bounds the work of comparing two lists.
const maxCompared = 1 << 22

// common returns the indices of a longest common part of two lists; of very long ones only what both begin with.
func common(a, b []string) (pairs [][2]int) {
	begin := 0
	for begin < len(a) && begin < len(b) && a[begin] == b[begin] {
		pairs = append(pairs, [2]int{begin, begin})
		begin++
	}
	a, b = a[begin:], b[begin:]
	if len(a)*len(b) > maxCompared {
		return pairs
	}
	lengths := make([][]int, len(a)+1)
	for i := range lengths {
		lengths[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if lengths[i][j] = max(lengths[i+1][j], lengths[i][j+1]); a[i] == b[j] {
				lengths[i][j] = lengths[i+1][j+1] + 1
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			pairs = append(pairs, [2]int{begin + i, begin + j})
			i, j = i+1, j+1
		case lengths[i+1][j] >= lengths[i][j+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}
