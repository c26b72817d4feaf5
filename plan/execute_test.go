package plan_test

import (
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

func (w world) clone() world {
	c := world{boxes: map[string]box{}, docs: map[string]string{}}
	maps.Copy(c.docs, w.docs)
	for name, b := range w.boxes {
		b.items = maps.Clone(b.items)
		c.boxes[name] = b
	}
	return c
}

// execute returns the world after c was carried out.
func (w world) execute(c plan.Change) world {
	w = w.clone()
	segments := c.Address.Segments()
	name := segments[0].Text
	switch c.Address.Type() {
	case "box":
		if c.Action == plan.Delete {
			delete(w.boxes, name)
			break
		}
		b := w.boxes[name]
		if c.Action == plan.Create {
			b.items = map[item]bool{}
		}
		b.opens, _ = c.After.Attributes["opens"].AsString()
		lasts, _ := c.After.Attributes["lasts"].AsString()
		if lasts != b.lasts {
			b.lasts, b.expires = lasts, false
		}
		w.boxes[name] = b
	case "item":
		i := item{segments[1].Text, segments[2].Text}
		if c.Action == plan.Delete {
			delete(w.boxes[name].items, i)
		} else {
			w.boxes[name].items[i] = true
		}
	case "doc":
		if c.Action == plan.Delete {
			delete(w.docs, name)
		} else {
			w.docs[name], _ = c.After.Attributes["word"].AsString()
		}
	}
	return w
}

// executeAll carries out every change that writes, in plan order.
func (w world) executeAll(p *plan.Plan) world {
	for _, c := range p.Changes {
		if c.Action.Writes() {
			w = w.execute(c)
		}
	}
	return w
}

// right is who may act through which box.
type right struct{ principal, box string }

// powers tells what each principal can do through each box: one bit for each action in each scope. Expired says whether
// boxes with an end are past it.
func (w world) powers(expired bool) map[right]uint {
	all := map[right]uint{}
	for name, b := range w.boxes {
		if b.expires && expired {
			continue
		}
		var allowed, denied uint
		for i := range b.items {
			allows, denies := w.rights(i)
			allowed |= allows
			denied |= denies
		}
		all[right{b.opens, name}] = allowed &^ denied
	}
	return all
}

// rights tells what an item allows and denies.
func (w world) rights(i item) (allowed, denied uint) {
	word := i.role
	if doc, uses := strings.CutPrefix(word, "doc-"); uses {
		word = w.docs[doc]
	}
	allows, denies, _ := strings.Cut(word, "-")
	return bits(i.scope, allows), bits(i.scope, denies)
}

// whole reports whether every doc that an item means is there. A cloud refuses to delete one that is used, so a plan that
// does so fails there, whatever its order.
func (w world) whole() bool {
	for _, b := range w.boxes {
		for i := range b.items {
			if doc, uses := strings.CutPrefix(i.role, "doc-"); uses && w.docs[doc] == "" {
				return false
			}
		}
	}
	return true
}

// bits has one bit for each action in each place and circumstance. The places are the scopes s1 and s2 and all others,
// which "*" takes in. The circumstances are that the limits 1 and 2 hold, only one of them, or none.
func bits(scope, actions string) uint {
	const letters, circumstances = 5, 4
	var set uint
	for _, g := range grouped(actions) {
		for place, name := range []string{"s1", "s2", ""} {
			for holds := range circumstances {
				if scope != "*" && scope != name || g.limit == "1" && holds&1 == 0 || g.limit == "2" && holds&2 == 0 {
					continue
				}
				for _, a := range g.actions {
					set |= 1 << (uint(place*circumstances+holds)*letters + uint(a[0]-'a'))
				}
			}
		}
	}
	return set
}

// group are actions with the same limit, "" for none.
type group struct {
	limit   string
	actions []string
}

// grouped takes a word such as "ab1" (a, and b where the limit 1 holds) apart.
func grouped(word string) []group {
	var groups []group
	for i := 0; i < len(word); i++ {
		action, limit := word[i:i+1], ""
		if i+1 < len(word) && '0' <= word[i+1] && word[i+1] <= '9' {
			i++
			limit = word[i : i+1]
		}
		at := slices.IndexFunc(groups, func(g group) bool { return g.limit == limit })
		if at < 0 {
			at = len(groups)
			groups = append(groups, group{limit: limit})
		}
		groups[at].actions = append(groups[at].actions, action)
	}
	return groups
}
