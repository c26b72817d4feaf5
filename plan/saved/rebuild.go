package saved

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// buildAgain builds the plan again from the basis, and refuses a file that shows another one.
func (s *Plan) buildAgain(file *plan.Plan, program Program) error {
	if file.Account == (plan.Account{}) {
		return errors.New("it names no account")
	}
	if err := s.Basis.check(); err != nil {
		return err
	}
	built, err := s.build(file, program)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrForged, err)
	}
	h := &comparison{file: file.Published(), built: built.Published(), sameTool: s.Tool == program.Version, inBasis: s.Basis.addresses()}
	h.takeFromFile()
	if err := h.compare(); err != nil {
		return fmt.Errorf("%w: %w", ErrForged, err)
	}
	p := *h.built
	p.Unpublish()
	for i := range p.Changes { // with what the published form leaves out
		p.Changes[i].Before, p.Changes[i].After = built.Changes[i].Before, built.Changes[i].After
	}
	for _, moved := range h.moved {
		s.Moved = append(s.Moved, fmt.Sprintf("the plan was made by version %s: %s", s.Tool, moved))
	}
	p.Warnings = slices.Concat(p.Warnings, s.Moved)
	slices.Sort(p.Warnings)
	s.Plan = &p
	return nil
}

// build builds a plan from the basis. A share of deletes was held against all that is managed, which the basis does not hold.
func (s *Plan) build(file *plan.Plan, program Program) (*plan.Plan, error) {
	m, snapshot := manifest(file, &s.Basis), s.Basis.Snapshot
	snapshot.Account, snapshot.Cloud = file.Account, file.Cloud
	in, problems := program.Services.Input(m, s.Basis.Desired, &snapshot)
	if err := refusal(problems); err != nil {
		return nil, err
	}
	in.Options, in.Caller = s.Basis.Options.Options, plan.Caller{Self: s.Basis.Options.Self}
	in.Options.Names = program.Names
	if m.Ownership.MaxDeletes.Share != nil {
		m.Ownership.MaxDeletes = plan.DeleteLimit{}
	}
	if in.Options.MaxDeletes.Share != nil {
		in.Options.MaxDeletes, m.Ownership.MaxDeletes = plan.DeleteLimit{}, plan.DeleteLimit{}
	}
	built, problems := plan.Build(in)
	if err := refusal(problems); err != nil {
		return nil, err
	}
	s.in = in
	return built, nil
}

// refusal returns the first of the problems that refuse a plan, nil where there is none.
func refusal(problems []plan.Problem) error {
	if fatal := plan.Fatal(problems); len(fatal) > 0 {
		return fmt.Errorf("what it relies on gives no plan: %s", fatal[0])
	}
	return nil
}

// check refuses a basis that has a resource twice, not in the order that [Save] gives, without an address, or as part of a part.
func (b *Basis) check() error {
	var live, desired, listed []addr.Address
	parents := map[addr.Address]addr.Address{}
	note := func(r *plan.Resource) {
		if !r.Parent.IsZero() {
			parents[r.Address] = r.Parent
		}
	}
	for i := range b.Snapshot.Resources {
		live = append(live, b.Snapshot.Resources[i].Address)
		note(&b.Snapshot.Resources[i].Resource)
	}
	for i := range b.Desired {
		desired = append(desired, b.Desired[i].Address)
		note(&b.Desired[i].Resource)
	}
	for i := range b.Listed {
		listed = append(listed, b.Listed[i].Address)
	}
	for _, list := range [][]addr.Address{live, desired, listed} {
		before := addr.Address{}
		for _, a := range list {
			if a.IsZero() || addr.Compare(before, a) >= 0 {
				return fmt.Errorf("it relies on %q twice, or not in order", a)
			}
			before = a
		}
	}
	for _, a := range slices.SortedFunc(maps.Keys(parents), addr.Compare) {
		if _, isPart := parents[parents[a]]; isPart {
			return fmt.Errorf("%s is part of %s, which is a part itself", a, parents[a])
		}
	}
	return nil
}

// addresses are those of all that the basis has.
func (b *Basis) addresses() map[addr.Address]bool {
	all := map[addr.Address]bool{}
	for i := range b.Snapshot.Resources {
		all[b.Snapshot.Resources[i].Address] = true
	}
	for i := range b.Desired {
		all[b.Desired[i].Address] = true
	}
	return all
}

// comparison compares the plan in a file with the one that was built from the basis. Both are in their published form.
type comparison struct {
	file, built *plan.Plan
	// sameTool is set where the program that made the file has the version of this one, so that nothing may differ.
	sameTool bool
	// inBasis are the addresses of all that the basis has.
	inBasis map[addr.Address]bool
	moved   []string
	err     error
}

// takeFromFile copies to the built plan what the basis cannot prove.
func (h *comparison) takeFromFile() {
	file, built := h.file, h.built
	built.Leaving, built.NotRead, built.Remarks, built.Warnings = file.Leaving, file.NotRead, file.Remarks, file.Warnings
	built.Rules, built.RulesFromBase = file.Rules, file.RulesFromBase
	built.Summary.Unchanged, built.Summary.Unmanaged = file.Summary.Unchanged, len(file.Unmanaged)
	built.Summary.Leaving, built.Summary.Rules = len(file.Leaving), len(file.Rules)
	built.Unmanaged = merged(h, "unmanaged", file.Unmanaged, built.Unmanaged, func(a addr.Address) addr.Address { return a })
	built.Unexpected = merged(h, "unexpected", file.Unexpected, built.Unexpected, func(u plan.Unexpected) addr.Address { return u.Address })
	built.NotCompared = merged(h, "notCompared", file.NotCompared, built.NotCompared,
		func(n plan.NotCompared) addr.Address { return n.Address })
	built.Findings = merged(h, "findings", file.Findings, built.Findings, func(f plan.Finding) addr.Address { return f.Address })
	for i := range min(len(file.Changes), len(built.Changes)) {
		shown, c := &file.Changes[i], &built.Changes[i]
		if c.Address != shown.Address {
			return // the plans differ
		}
		c.Origin, c.Attributes = shown.Origin, slices.Clone(c.Attributes)
		for k := range min(len(shown.Attributes), len(c.Attributes)) {
			c.Attributes[k].Origin = shown.Attributes[k].Origin
		}
	}
}

// merged returns what the file has of a list about the whole account. What is about resources of the basis must be as built.
func merged[T any](h *comparison, name string, file, built []T, about func(T) addr.Address) []T {
	follows, listed, all := map[string]bool{}, map[string]bool{}, []T{}
	for _, item := range built {
		follows[text(item)] = true
	}
	for _, item := range file {
		switch shown := text(item); {
		case follows[shown], !h.inBasis[about(item)]:
			listed[shown] = true
			all = append(all, item)
		default:
			h.differs(name, shown, "nothing of that kind")
		}
	}
	for _, item := range built {
		if follows := text(item); !listed[follows] {
			h.differs(name, "nothing of that kind", follows)
			all = append(all, item)
		}
	}
	return all
}

// differs notes a difference in what programs of another version may judge or word in another way.
func (h *comparison) differs(name, file, built string) {
	if h.sameTool {
		h.contradiction(name, file, built)
		return
	}
	h.moved = append(h.moved, fmt.Sprintf("%s: the file has %s, and this version finds %s", name, brief(file), brief(built)))
}

// brief returns findings in words, and the beginning of any other JSON: the reader sees the value of this version in the plan.
func brief(value string) string {
	var findings []plan.Finding
	if json.Unmarshal([]byte(value), &findings) != nil || len(findings) > 0 && findings[0].Rule == "" {
		return cmp.Or(fmt.Sprintf("%.*s", maxShown, value), "nothing")
	}
	return plan.FindingsInWords(findings)
}

// maxShown is how much of a value a message quotes, in characters.
const maxShown = 500

// contradiction notes a difference that no version explains. The first counts.
func (h *comparison) contradiction(name, file, built string) {
	if h.err == nil {
		h.err = fmt.Errorf("%s: the file has %.*s, and from what it relies on follows %.*s", name, maxShown, file, maxShown, built)
	}
}

// compare compares the two plans, and returns how they contradict each other.
func (h *comparison) compare() error {
	shown, follow := h.file.Changes, h.built.Changes
	for i := range max(len(shown), len(follow)) {
		switch {
		case i >= len(follow):
			return fmt.Errorf("%s %s is in the file, and does not follow from what it relies on", shown[i].Action, shown[i].Address)
		case i >= len(shown) || shown[i].Address != follow[i].Address:
			return fmt.Errorf("%s %s follows from what it relies on, and is not in its place", follow[i].Action, follow[i].Address)
		}
		h.compareChange(&shown[i], &follow[i])
	}
	h.compareValue("privileges", h.file.Privileges, h.built.Privileges, h.differs)
	file, built := *h.file, *h.built
	file.Changes, built.Changes = nil, nil
	file.Privileges, file.Unmanaged, file.Unexpected, file.NotCompared, file.Findings = // these are held already
		built.Privileges, built.Unmanaged, built.Unexpected, built.NotCompared, built.Findings
	h.compareKeys("", file, built)
	return h.err
}

// worded are the keys of a change in which programs of another version may differ.
var worded = []string{"reason", "manual", "findings", "resolves"}

func (h *comparison) compareChange(file, built *plan.Change) {
	h.compareKeys(fmt.Sprintf("%s %s: ", built.Action, built.Address), file, built, worded...)
}

// compareKeys compares all keys of two values of one type. In the keys that may differ, programs of another version may.
func (h *comparison) compareKeys(prefix string, file, built any, mayDiffer ...string) {
	one, other := text(file), text(built)
	if one == other {
		return
	}
	shown, follows := keysOf(one), keysOf(other)
	all := maps.Clone(shown)
	maps.Copy(all, follows)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		note := h.contradiction
		if slices.Contains(mayDiffer, key) {
			note = h.differs
		}
		h.compareValue(prefix+key, shown[key], follows[key], note)
	}
}

func (h *comparison) compareValue(name string, file, built any, note func(name, file, built string)) {
	if shown, follows := text(file), text(built); shown != follows {
		note(name, shown, follows)
	}
}

// text is the JSON of a value, which can always be encoded.
func text(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic("saved: " + err.Error())
	}
	return string(encoded)
}

// keysOf returns the keys of a JSON object with their JSON.
func keysOf(object string) map[string]json.RawMessage {
	keys := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(object), &keys); err != nil {
		panic("saved: " + err.Error())
	}
	return keys
}
