package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// AsLive gives the resources what their entries leave as it is: see [Desired.Kept]. An attribute that is kept and has no value is a
// problem where the resource is not live. Made are those of the resources that are not live and whose kept attributes have values. The
// arguments stay as they are.
func AsLive(desired []Desired, s *Snapshot) (whole, made []Desired, problems []Problem) {
	if !anyOf(desired, func(d *Desired) bool { return len(d.Kept) > 0 }) {
		return desired, nil, nil
	}
	live := make(map[addr.Address]*Live, len(s.Resources))
	for i := range s.Resources {
		live[s.Resources[i].Address] = &s.Resources[i]
	}
	whole = slices.Clone(desired)
	for i := range whole {
		d := &whole[i]
		if len(d.Kept) == 0 {
			continue
		}
		is := live[d.Address]
		d.Attributes = maps.Clone(d.Attributes)
		for _, name := range d.Kept.NamesWith(nil) {
			value := d.Kept[name]
			if is != nil {
				value = is.Attributes[name]
			}
			switch {
			case !value.IsZero():
				d.Attributes[name] = value
			case is == nil && s.Covers(d.Address):
				problems = append(problems, Problem{
					At: d.Source, Summary: name + " missing", Hint: fmt.Sprintf("write %s in the entry", name),
					Detail: fmt.Sprintf("%s is not there, and %s its %s", d.Address, d.saysNot(), name),
				})
			}
		}
		if is == nil {
			made = append(made, *d)
			continue
		}
		d.Bindings = maps.Clone(d.Bindings)
		for name, id := range is.Bindings {
			if _, kept := d.Kept[name]; kept {
				if d.Bindings == nil {
					d.Bindings = map[string]string{}
				}
				d.Bindings[name] = id
			}
		}
	}
	return whole, made, problems
}

// saysNot is the subject of what no entry of the resource says, and the verb.
func (d *Desired) saysNot() string {
	entries := d.SaidBeside().Entries
	if len(entries) == 0 {
		return "the entry does not say"
	}
	places := make([]string, 0, len(entries))
	for _, e := range entries {
		places = append(places, e.At.String())
	}
	return fmt.Sprintf("none of its entries (%s) says", strings.Join(places, ", "))
}
