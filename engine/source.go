package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// source returns the manifest that a saved plan is planned again from, with what it desires. Without one it is made of what the file
// holds: what the manifest lists beside that is left alone.
func (j *savedJob) source() (*plan.Manifest, []plan.Desired, []plan.Problem) {
	if j.options.Source != nil {
		desired, problems := Validate(j.engine.registry, j.options.Source)
		return j.options.Source, desired, problems
	}
	m, basis := j.saved.Manifest(), j.saved.Basis
	m.Ownership.MaxDeletes = plan.DeleteLimit{} // the saved plan was held against it
	m.Ownership.Exclude = slices.Clone(m.Ownership.Exclude)
	for _, l := range basis.Listed {
		m.Ownership.Exclude = append(m.Ownership.Exclude, addr.Exactly(l.Address))
	}
	return m, basis.Desired, nil
}

// toObserve returns what services must know in order to read all that the source and the saved plan speak of.
func (j *savedJob) toObserve(desired []plan.Desired) []plan.Desired {
	listed := make(map[addr.Address]bool, len(desired))
	for i := range desired {
		listed[desired[i].Address] = true
	}
	return append(slices.Clip(desired), slices.DeleteFunc(j.saved.Desired(), func(d plan.Desired) bool { return listed[d.Address] })...)
}

// holdAgainst plans again from what was observed, and holds the rest of the saved plan against that. It gives the rest the findings
// of now.
func (j *savedJob) holdAgainst(m *plan.Manifest, again *Planned, rest *plan.Plan) []plan.Problem {
	recorded, caller := j.saved.Basis.Options, j.options.Caller
	options := PlanOptions{Options: recorded.Options, Caller: plan.Caller{Self: append(caller.All(), recorded.Self...)}}
	options.Names, options.MaxDeletes = j.options.Options.Names, plan.DeleteLimit{}
	if j.options.Source != nil {
		options.MaxDeletes, options.Renew = j.options.Options.MaxDeletes, j.options.Options.Renew
	}
	desired := again.Desired
	j.engine.planFrom(again, m, nil, options)
	whole := !again.Refused()
	if !whole && j.options.Source == nil {
		// Names may be lost that only manual and blocked changes need.
		*again = Planned{Desired: j.touched(desired), Observed: again.Observed}
		j.engine.planFrom(again, m, nil, options)
	}
	if again.Refused() {
		return plan.Fatal(again.Problems)
	}
	given := make(map[addr.Address]*plan.Change, len(again.Plan.Changes))
	for i := range again.Plan.Changes {
		given[again.Plan.Changes[i].Address] = &again.Plan.Changes[i]
	}
	if whole {
		rest.LeftOut = j.stillLeftOut(again.Plan.LeftOut, given, again.Snapshot)
	}
	var problems []plan.Problem
	if j.options.Source != nil {
		problems = j.differing(again, rest, given)
		rest.Warnings = slices.Concat(j.saved.Moved, again.Plan.Warnings) // the file's are of the same manifest, and may be false
	}
	for i := range rest.Changes {
		c := &rest.Changes[i]
		if now := given[c.Address]; now != nil && c.Action.Writes() {
			rest.Warnings = append(rest.Warnings, movedFindings(c, now.Findings)...)
			c.Findings, c.Resolves = now.Findings, now.Resolves
		}
	}
	rest.Warnings = append(rest.Warnings, j.privilegesOfNow(again, rest)...)
	slices.Sort(rest.Warnings)
	rest.Warnings = slices.Compact(rest.Warnings)
	return problems
}

// touched returns the desired resources of the roots that the saved plan writes, without their dependencies on others.
func (j *savedJob) touched(desired []plan.Desired) (kept []plan.Desired) {
	touched := j.saved.Touched()
	for _, d := range desired {
		if !touched[d.Root()] {
			continue
		}
		d.DependsOn = slices.DeleteFunc(slices.Clone(d.DependsOn), func(on plan.Dependency) bool { return !touched[on.On] })
		kept = append(kept, d)
	}
	return kept
}

// written returns the roots that the saved plan writes.
func (j *savedJob) written() map[addr.Address]bool {
	written := map[addr.Address]bool{}
	for i := range j.saved.Plan.Changes {
		if c := &j.saved.Plan.Changes[i]; c.Action.Writes() {
			written[c.Root()] = true
		}
	}
	return written
}

// stillLeftOut returns those of the changes that the saved plan leaves out which are still to be made, as they are left out or given now.
// One that is given is accepted no more, but in a root that the file writes: its own writes have made another state of it.
func (j *savedJob) stillLeftOut(now []plan.LeftOut, given map[addr.Address]*plan.Change, live *plan.Snapshot) (still []plan.LeftOut) {
	leftOut, written := make(map[addr.Address]plan.LeftOut, len(now)), j.written()
	for _, l := range now {
		leftOut[l.Address] = l
	}
	for _, was := range j.saved.Plan.LeftOut {
		switch c, l := given[was.Address], leftOut[was.Address]; {
		case c != nil && !written[c.Root()]:
			still = append(still, notInPlan(c))
		case l.Action != 0:
			still = append(still, l)
		case c != nil || !live.Covers(was.Address):
			still = append(still, was)
		}
	}
	return still
}

func notInPlan(c *plan.Change) plan.LeftOut {
	return plan.LeftOut{Address: c.Address, Action: c.Action, NotInPlan: true}
}

// differing returns a problem for each root that the saved plan writes, and that the source gives other changes than the rest of the
// plan has. Changes of other roots are added to what the rest leaves out.
func (j *savedJob) differing(again *Planned, rest *plan.Plan, given map[addr.Address]*plan.Change) []plan.Problem {
	const hint = "plan again from this manifest, and have the new plan reviewed"
	var problems []plan.Problem
	differs := func(at plan.Position, format string, arguments ...any) {
		problems = append(problems, plan.Problem{
			At: at, Summary: "not what the manifest gives", Detail: fmt.Sprintf(format, arguments...), Hint: hint,
		})
	}
	accepts := j.saved.Accepting(j.options.Source.Acceptances)
	written, inFile := j.written(), map[addr.Address]plan.Action{}
	for i := range rest.Changes {
		c := &rest.Changes[i]
		inFile[c.Address] = c.Action
		if !c.Action.Writes() {
			continue
		}
		switch now := given[c.Address]; {
		case now == nil && c.Renew:
			differs(c.Source, "the saved plan renews %s, and this run was not told to", c.Address)
		case now == nil:
			differs(c.Source, "the saved plan has %s %s, and the manifest does not give it", c.Action, c.Address)
		case now.Action != c.Action:
			differs(now.Source, "the saved plan has %s %s, and the manifest gives %s", c.Action, c.Address, now.Action)
		case contentOf(now) != contentOf(c):
			differs(now.Source, "%s %s: %s", c.Action, c.Address, contentDiffers(c, now))
		}
	}
	for i := range again.Plan.Changes {
		now := &again.Plan.Changes[i]
		switch {
		case inFile[now.Address].Writes(), inFile[now.Address] != 0 && !now.Action.Writes():
		case written[now.Root()] && !accepts(now).IsZero(): // the file's own writes have made another state of it
		case written[now.Root()]:
			differs(now.Source, "the manifest gives %s %s, and the saved plan does not have it, or makes something else of it",
				now.Action, now.Address)
		default:
			rest.LeftOut = append(rest.LeftOut, notInPlan(now))
		}
	}
	slices.SortFunc(rest.LeftOut, func(x, y plan.LeftOut) int { return addr.Compare(x.Address, y.Address) })
	rest.LeftOut = slices.Compact(rest.LeftOut)
	meant := intents(again.input.Desired)
	for root, intent := range intents(j.saved.Basis.Desired) {
		if now, listed := meant[root]; written[root] && listed && now != intent {
			differs(plan.Position{}, "%s: the saved plan was made for %s, and the manifest says %s", root, intent, now)
		}
	}
	return problems
}

// contentOf is what a change makes of its resource, as JSON.
func contentOf(c *plan.Change) string {
	if c.After == nil {
		return "null"
	}
	content := plan.Resource{Parent: c.Parent, Attributes: c.After.Attributes, Settings: c.After.Settings, Bindings: c.After.Bindings}
	return jsonOf(struct {
		plan.Resource
		Renew bool `json:"renew,omitempty"`
	}{content, c.Renew})
}

// contentDiffers says in words what else a change makes of its resource than the saved one.
func contentDiffers(saved, now *plan.Change) string {
	var all []string
	if saved.After != nil && now.After != nil {
		for _, a := range plan.DiffAttributes(saved.After.Attributes, now.After.Attributes) {
			all = append(all, fmt.Sprintf("%s: the saved plan makes it %s, and the manifest gives %s",
				a.Name, plan.InManifest(a.Name, a.Before), plan.InManifest(a.Name, a.After)))
		}
	}
	if len(all) == 0 { // what refers to others, or how it is sent
		return fmt.Sprintf("the saved plan makes it %s, and the manifest gives %s", contentOf(saved), contentOf(now))
	}
	return strings.Join(all, "; ")
}

// intents returns what decides on the order and the reach of the changes of each desired root, as JSON.
func intents(desired []plan.Desired) map[addr.Address]string {
	all := map[addr.Address]string{}
	for i := range desired {
		d := &desired[i]
		if !d.Parent.IsZero() {
			continue
		}
		bare := plan.Desired{
			Absent: d.Absent, ReplacedBy: d.ReplacedBy, Previously: d.Previously, DeleteInUse: d.DeleteInUse, Additive: d.Additive,
		}
		for _, on := range d.DependsOn {
			if !on.Implied {
				bare.DependsOn = append(bare.DependsOn, plan.Dependency{On: on.On})
			}
		}
		slices.SortFunc(bare.DependsOn, func(x, y plan.Dependency) int { return addr.Compare(x.On, y.On) })
		all[d.Address] = jsonOf(bare)
	}
	return all
}

func jsonOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
