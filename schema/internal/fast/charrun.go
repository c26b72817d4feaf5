package fast

import (
	"regexp/syntax"
	"unicode/utf8"
)

// charRun is a pattern of the commonest form: from begin to end nothing but characters of one class, so and so many.
// It does what the regular expression does, in less time.
type charRun struct {
	least, most int // most is -1 for any number
	ascii       [utf8.RuneSelf]bool
	// ranges are pairs of first and last runes, ascending.
	ranges []rune
}

// runOf reads a pattern "^[CLASS]{M,N}$", or one with * or + in place of the count; ok is false for any other.
func runOf(pattern string) (run *charRun, ok bool) {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || parsed.Op != syntax.OpConcat || len(parsed.Sub) != 3 {
		return nil, false
	}
	begin, repeat, end := parsed.Sub[0], parsed.Sub[1], parsed.Sub[2]
	if begin.Op != syntax.OpBeginText || end.Op != syntax.OpEndText || len(repeat.Sub) != 1 || repeat.Sub[0].Op != syntax.OpCharClass {
		return nil, false
	}
	run = &charRun{ranges: repeat.Sub[0].Rune}
	switch repeat.Op {
	case syntax.OpStar:
		run.most = -1
	case syntax.OpPlus:
		run.least, run.most = 1, -1
	case syntax.OpRepeat:
		run.least, run.most = repeat.Min, repeat.Max
	default:
		return nil, false
	}
	for c := range rune(utf8.RuneSelf) {
		run.ascii[c] = run.isIn(c)
	}
	return run, true
}

func (r *charRun) isIn(c rune) bool {
	for i := 0; i+1 < len(r.ranges); i += 2 {
		if r.ranges[i] <= c && c <= r.ranges[i+1] {
			return true
		}
	}
	return false
}

func (r *charRun) match(text string) bool {
	n := 0
	for _, c := range text {
		if c < utf8.RuneSelf {
			if !r.ascii[c] {
				return false
			}
		} else if !r.isIn(c) {
			return false
		}
		n++
	}
	return n >= r.least && (r.most < 0 || n <= r.most)
}
