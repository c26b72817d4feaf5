package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Bounds of the search for near names, so that thousands of misspelt names among tens of thousands cost less than the plan.
const (
	// fewNames are compared one by one. Of more, only those are compared that share the most pairs of letters with the word.
	fewNames = 100
	// maxPairs is how many occurrences of the word's pairs are looked at, the rarest pairs first.
	maxPairs = 2000
	// maxCompared is how many names are then compared.
	maxCompared = 30
	// maxNameBytes is the length up to which a text has near names. Longer ones are no slips of the pen.
	maxNameBytes = 256
)

// Names finds those of many names that look like a word. It is immutable and safe for concurrent use; nil has no names.
type Names struct {
	// names are sorted, each once; lower are the same in lower case.
	names, lower []string
	// with are the names that hold a pair of letters, in order; nil for few names.
	with map[pair][]int32
}

// pair is two bytes that follow each other. The ends of a name count as a zero byte.
type pair [2]byte

// NewNames returns an index of names.
func NewNames(names []string) *Names {
	n := &Names{names: slices.Compact(slices.Sorted(slices.Values(names)))}
	n.lower = make([]string, len(n.names))
	for i, name := range n.names {
		n.lower[i] = strings.ToLower(name)
	}
	if len(n.names) <= fewNames {
		return n
	}
	n.with = map[pair][]int32{}
	for i, lower := range n.lower {
		for _, p := range pairsOf(lower) {
			n.with[p] = append(n.with[p], int32(i))
		}
	}
	return n
}

// pairsOf returns the pairs of a text, each once.
func pairsOf(text string) []pair {
	text = text[:min(len(text), maxNameBytes)]
	pairs := make([]pair, 0, len(text)+1)
	last := byte(0)
	for i := range len(text) + 1 {
		next := byte(0)
		if i < len(text) {
			next = text[i]
		}
		pairs = append(pairs, pair{last, next})
		last = next
	}
	slices.SortFunc(pairs, comparePairs)
	return slices.Compact(pairs)
}

func comparePairs(a, b pair) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) }

// Nearest returns up to most names that look like word, the likeliest first: the same but for case, differing in a few letters, or
// containing one another. Nil when nothing is near. Among very many names that all look like word, the nearest may be missed.
func (n *Names) Nearest(word string, most int) []string {
	if n == nil || len(word) > maxNameBytes {
		return nil
	}
	type scored struct {
		text  string
		score float64
	}
	params := levenshtein.NewParams()
	lower := strings.ToLower(word)
	var near []scored
	for _, i := range n.candidates(lower) {
		other := n.lower[i]
		if len(other) > maxNameBytes {
			continue
		}
		score := levenshtein.Similarity(lower, other, params)
		if len(lower) >= 3 && (strings.Contains(other, lower) || len(other) >= 3 && strings.Contains(lower, other)) {
			score = max(score, 0.65)
		}
		if score >= 0.6 {
			near = append(near, scored{n.names[i], score})
		}
	}
	slices.SortFunc(near, func(a, b scored) int {
		return cmp.Or(
			cmp.Compare(b.score, a.score),
			cmp.Compare(commonStart(b.text, word), commonStart(a.text, word)),
			strings.Compare(a.text, b.text))
	})
	var texts []string
	for _, s := range near[:min(most, len(near))] {
		texts = append(texts, s.text)
	}
	return texts
}

// candidates returns the names that are worth comparing with a word in lower case: all of few, and of many those that share the most
// of the word's pairs.
func (n *Names) candidates(word string) []int32 {
	if n.with == nil {
		all := make([]int32, len(n.names))
		for i := range all {
			all[i] = int32(i)
		}
		return all
	}
	pairs := pairsOf(word)
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(len(n.with[a]), len(n.with[b])) })
	shared := make([]uint16, len(n.names)) // how many of the pairs each name has
	found := make([]int32, 0, maxPairs)
	for left, i := maxPairs, 0; i < len(pairs) && left > 0; i++ {
		holders := n.with[pairs[i]]
		holders = holders[:min(left, len(holders))]
		left -= len(holders)
		for _, name := range holders {
			if shared[name]++; shared[name] == 1 {
				found = append(found, name)
			}
		}
	}
	var best []int32
	for most := slices.Max(append(shared, 0)); most > 0 && len(best) < maxCompared; most-- {
		for _, name := range found {
			if shared[name] == most && len(best) < maxCompared {
				best = append(best, name)
			}
		}
	}
	return best
}

// commonStart is how many bytes two texts begin alike.
func commonStart(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && lowerASCII(a[n]) == lowerASCII(b[n]) {
		n++
	}
	return n
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// DidYouMean returns a hint built from [Names.Nearest], such as `did you mean "Tenant Guest"?`, or "" when nothing is near.
func (n *Names) DidYouMean(word string) string { return didYouMean(n.Nearest(word, 3)) }

func didYouMean(near []string) string {
	switch len(near) {
	case 0:
		return ""
	case 1:
		return `did you mean "` + near[0] + `"?`
	default:
		return `did you mean "` + strings.Join(near[:len(near)-1], `", "`) + `" or "` + near[len(near)-1] + `"?`
	}
}

// DidYouMean is [Names.DidYouMean] for a single word. For several words, index the candidates once.
func DidYouMean(word string, candidates []string) string {
	return NewNames(candidates).DidYouMean(word)
}

// Misspells reports whether a written key may be meant for another one. What it means is for the caller: a key that is known here is
// meant for itself, however near it is.
func Misspells(written, meant string) bool {
	return strings.HasPrefix(written, meant+":") || written != meant && DidYouMean(written, []string{meant}) != ""
}

// Misspells reports whether a Map node has a key that may be meant for the one that is missing. Held against its schema, the manifest is
// then refused in any case: the one key is told as unknown, or the other as missing.
func (n *Node) Misspells(key string) bool {
	return slices.ContainsFunc(n.Pairs(), func(pair Pair) bool { return Misspells(pair.Key, key) })
}

// nearAddresses finds addresses that are near to a pattern, of the same type. Where the pattern ends in "**", what stands for that is
// cut off from them too. It indexes each kind of pattern once.
type nearAddresses struct {
	addresses []addr.Address
	byKind    map[patternKind]*Names
}

// patternKind is the type of a pattern, and how many segments it has before a "**" at its end; 0 where it does not end so.
type patternKind struct {
	typ  string
	kept int
}

func (n *nearAddresses) didYouMean(to addr.Pattern) string {
	kind := patternKind{typ: addr.Address(to).Type()}
	if kept, all := strings.CutSuffix(to.String(), "/**"); all {
		kind.kept = 1 + strings.Count(kept, "/")
	}
	names, known := n.byKind[kind]
	if !known {
		var texts []string
		for _, a := range n.addresses {
			if a.Type() != kind.typ {
				continue
			}
			text := a.String()
			if kind.kept > 0 {
				parts := strings.Split(text, "/")
				text = strings.Join(parts[:min(len(parts), kind.kept)], "/") + "/**"
			}
			texts = append(texts, text)
		}
		names = NewNames(texts)
		if n.byKind == nil {
			n.byKind = map[patternKind]*Names{}
		}
		n.byKind[kind] = names
	}
	return names.DidYouMean(to.String())
}
