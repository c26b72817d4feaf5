package plan

import (
	"fmt"
	"slices"
)

// ownWay returns why roots must be left alone: those that the running credentials came through, and what these refer to.
// Whoever changes his own way in may end half-way, locked out.
func (b *builder) ownWay() map[Address]string {
	if len(b.in.Self) == 0 {
		return nil
	}
	reasons := map[Address]string{}
	for i := range b.in.Snapshot.Resources {
		l := &b.in.Snapshot.Resources[i]
		self := rootOf(l.Address, l.Parent)
		if !slices.Contains(b.in.Self, self) {
			continue
		}
		for _, use := range l.Uses {
			if reasons[use] == "" || reasons[use] > usedBySelf(self) { // the same words whatever the order of the input
				reasons[use] = usedBySelf(self)
			}
		}
	}
	for _, self := range b.in.Self {
		reasons[self] = fmt.Sprintf("the running credentials came through %s", self)
	}
	return reasons
}

func usedBySelf(self Address) string {
	return fmt.Sprintf("the running credentials came through %s, which has it", self)
}
