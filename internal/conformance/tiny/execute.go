package tiny

import (
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// Clone returns a copy that can be changed.
func (w World) Clone() World {
	c := World{Boxes: map[string]Box{}, Docs: map[string]string{}, Unseen: w.Unseen}
	maps.Copy(c.Docs, w.Docs)
	for name, b := range w.Boxes {
		b.Items = maps.Clone(b.Items)
		c.Boxes[name] = b
	}
	return c
}

// Execute returns the world after c was carried out.
func (w World) Execute(c plan.Change) World {
	w = w.Clone()
	segments := c.Address.Segments()
	name := segments[0].Text
	switch c.Address.Type() {
	case "box":
		if c.Action == plan.Delete {
			delete(w.Boxes, name)
			break
		}
		b := w.Boxes[name]
		if c.Action == plan.Create {
			b.Items = map[Item]bool{}
		}
		b.Opens, _ = c.After.Attributes["opens"].AsString()
		lasts, _ := c.After.Attributes["lasts"].AsString()
		if lasts != b.Lasts {
			b.Lasts, b.Expires = lasts, false
		}
		b.Renewed = b.Renewed || c.Renew
		w.Boxes[name] = b
	case "item":
		i := Item{segments[1].Text, segments[2].Text}
		if c.Action == plan.Delete {
			delete(w.Boxes[name].Items, i)
		} else {
			w.Boxes[name].Items[i] = true
		}
	case "doc":
		if c.Action == plan.Delete {
			delete(w.Docs, name)
			w.takeDoc(name)
		} else {
			w.Docs[name], _ = c.After.Attributes["word"].AsString()
		}
	}
	return w
}

// ExecuteAll carries out every change that writes, in plan order.
func (w World) ExecuteAll(p *plan.Plan) World {
	for _, c := range p.Changes {
		if c.Action.Writes() {
			w = w.Execute(c)
		}
	}
	return w
}

// Right is who may act through which box.
type Right struct{ Principal, Box string }

// Powers tells what each principal can do through each box: one bit for each action in each scope. Expired says whether
// Boxes with an end are past it.
func (w World) Powers(expired bool) map[Right]uint {
	all := map[Right]uint{}
	for name, b := range w.Boxes {
		if b.Expires && !b.Renewed && expired {
			continue
		}
		var allowed, denied uint
		for i := range b.Items {
			allows, denies := w.Rights(i)
			allowed |= allows
			denied |= denies
		}
		all[Right{b.Opens, name}] = allowed &^ denied
	}
	return all
}

// Rights tells what an item allows and denies.
func (w World) Rights(i Item) (allowed, denied uint) {
	word := i.Role
	if doc, uses := strings.CutPrefix(word, "doc-"); uses {
		word = w.Docs[doc]
	}
	allows, denies, _ := strings.Cut(word, "-")
	return Bits(i.Scope, allows), Bits(i.Scope, denies)
}

// takeDoc removes the items that mean a doc. Where no page says what becomes of them, a plan must be ready for the worst.
func (w World) takeDoc(name string) {
	for _, b := range w.Boxes {
		maps.DeleteFunc(b.Items, func(i Item, _ bool) bool { return i.Role == "doc-"+name })
	}
}

// Bits has one bit for each action in each place and circumstance. The places are the scopes s1 and s2 and all others,
// which "*" takes in. The circumstances are that the limits 1 and 2 hold, only one of them, or none.
func Bits(scope, actions string) uint {
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
