package plan

// sortRuns sorts what consists of a few sorted parts, as findings of several sources do, in about one look at each: it merges the parts
// where they stand. In general it takes n log n looks. Equal items keep their order.
func sortRuns[T any](all []T, compare func(a, b *T) int) {
	var room []T
	merge := func(start, middle, end int) {
		room = append(room[:0], all[start:middle]...)
		left, right, to := 0, middle, start
		for ; left < len(room); to++ {
			if right < end && compare(&all[right], &room[left]) < 0 {
				all[to] = all[right]
				right++
			} else {
				all[to] = room[left]
				left++
			}
		}
	}
	var starts []int // of the parts that are not merged yet, each more than twice as long as the next
	for start, end := 0, 0; start < len(all); start = end {
		for end = start + 1; end < len(all) && compare(&all[end-1], &all[end]) <= 0; end++ {
		}
		starts = append(starts, start)
		for n := len(starts); n > 1 && starts[n-1]-starts[n-2] <= 2*(end-starts[n-1]); n = len(starts) {
			merge(starts[n-2], starts[n-1], end)
			starts = starts[:n-1]
		}
	}
	for n := len(starts); n > 1; n = len(starts) {
		merge(starts[n-2], starts[n-1], len(all))
		starts = starts[:n-1]
	}
}
