package plan

import (
	"fmt"

	"golang.org/x/text/unicode/norm"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// deceptive returns the problem of a desired root whose name can be read as another, nil for none.
func deceptive(d *Desired) *Problem {
	if !d.Parent.IsZero() || d.Absent {
		return nil
	}
	var room [4]addr.Segment
	for _, s := range d.Address.AppendSegments(room[:0]) {
		if hidden := HiddenIn(s.Text); hidden != "" {
			return &Problem{
				At: d.Source, Summary: "deceptive name", Detail: fmt.Sprintf("%+q %s; nothing can be created under such a name", s.Text, hidden),
				Hint: "write the name without it; what has such a name already can stay, or go by state: absent",
			}
		}
	}
	return nil
}

// liveTwins are the live roots whose names have a composed form that is another name, by the address in that form.
func (b *builder) liveTwins() map[addr.Address]addr.Address {
	twins := map[addr.Address]addr.Address{}
	for i := range b.in.Snapshot.Resources {
		l := &b.in.Snapshot.Resources[i]
		if !l.Parent.IsZero() {
			continue
		}
		var room [4]addr.Segment
		segments, isNormal := l.Address.AppendSegments(room[:0]), true
		for j := range segments {
			if s := &segments[j]; !norm.NFC.IsNormalString(s.Text) {
				s.Text, isNormal = norm.NFC.String(s.Text), false
			}
		}
		if !isNormal {
			twins[addr.New(l.Address.Type(), segments...)] = l.Address
		}
	}
	return twins
}

// checkNames refuses to create what looks like something else.
func (b *builder) checkNames() {
	twins := b.liveTwins()
	for i := range b.changes {
		c := &b.changes[i]
		d := b.entry(c.Address)
		if c.Action != Create || d == nil {
			continue
		}
		if problem := deceptive(d); problem != nil {
			b.problems = append(b.problems, *problem)
		} else if twin, is := twins[c.Address]; is && d.Parent.IsZero() {
			b.problems = append(b.problems, Problem{
				At: d.Source, Summary: "deceptive name",
				Detail: fmt.Sprintf("%s looks the same as %+q, which is there in another form of Unicode", d.Address, twin),
				Hint:   "list the one that is there under its own name, or delete it first by state: absent",
			})
		}
	}
}
