package export

import (
	"slices"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/schema"
)

// Updated is what becomes of a manifest that is to say what is live.
type Updated struct {
	// Files are those that change, by name.
	Files []UpdatedFile
	// Remarks are the differences that are left, by place, and Findings those of a drift of the new text.
	Remarks  []Remark
	Findings []Finding
}

// Finding is a finding in an account.
type Finding struct {
	Account plan.Account
	plan.Finding
}

// UpdatedFile is a file with a new text, and how many of its entries were edited.
type UpdatedFile struct {
	Name                    string
	Text                    []byte
	Changed, Added, Removed int
}

// Remark says what was not edited, and why. At is a place in the new text.
type Remark struct {
	Account plan.Account
	At      plan.Position
	Text    string
}

// LiveAccount is a manifest, and what is live in its account. The snapshot covers what the manifest lists and owns.
type LiveAccount struct {
	Manifest *plan.Manifest
	Snapshot *plan.Snapshot
	// Leave are resources whose own difference is left as it is.
	Leave []addr.Address
}

// Update edits the entries of manifests so that they say what is live, and leaves every other byte of the sources, which may hold
// manifests of other accounts too. Without Include and Exclude of the options, it is ownership of each manifest that says which resources
// are to be listed.
//
// What is edited follows from a plan of the manifest against the snapshot. The new text is read and planned as the old one was: what the
// plan still shows is in the remarks. The problems are why no plan can be made.
func Update(
	registry *providers.Registry, sources []schema.Source, accounts []LiveAccount, o Options,
) (*Updated, []plan.Problem, error) {
	updated := &Updated{}
	for range min(len(accounts), 2) { // an edit for one account moves the places of the others in its file
		updated.Remarks, updated.Findings = nil, nil
		for _, of := range accounts {
			if _, err := Selecting(of.Manifest, o); err != nil {
				return nil, nil, err
			}
			if problems := updated.update(registry, sources, of, o); len(problems) > 0 {
				return nil, problems, nil
			}
		}
	}
	return updated, nil, nil
}

// update edits the entries of one manifest.
func (u *Updated) update(registry *providers.Registry, sources []schema.Source, of LiveAccount, o Options) []plan.Problem {
	m := of.Manifest
	if sources = u.in(sources); len(u.Files) > 0 { // its places may have moved
		var problems []plan.Problem
		if m, _, problems = parseOne(sources, m.Account); m == nil {
			return problems
		}
	}
	var remarks []Remark
	var findings []plan.Finding
	for range maxPasses { // an entry that goes may have answered for others
		x := updater{
			registry: registry, sources: sources, snapshot: of.Snapshot, options: o, leave: of.Leave, listing: listingOf(m),
			gone: map[addr.Address]plan.Problem{}, why: map[addr.Address]string{}, whyEntry: map[addr.Address]string{},
		}
		before, problems := x.compareBefore()
		if before == nil {
			return problems
		}
		x.edit(before)
		after, files := x.apply(before)
		if remarks, findings = x.remarks(after), after.drift.Findings; len(files) == 0 {
			break
		}
		m = after.manifest
		for _, f := range files {
			u.add(f)
		}
		sources = u.in(sources)
	}
	for _, r := range remarks {
		r.Account = m.Account
		u.Remarks = append(u.Remarks, r)
	}
	for _, f := range findings {
		u.Findings = append(u.Findings, Finding{m.Account, f})
	}
	return nil
}

// in returns the sources with what was edited so far.
func (u *Updated) in(sources []schema.Source) []schema.Source {
	edited := slices.Clone(sources)
	for _, f := range u.Files {
		i := slices.IndexFunc(edited, func(s schema.Source) bool { return s.Name == f.Name })
		edited[i].Data = f.Text
	}
	return edited
}

// parseOne returns the manifest of an account from sources that may hold others. It is nil where one of them is no manifest: the
// drafts and problems then say why.
func parseOne(sources []schema.Source, account plan.Account) (m *plan.Manifest, drafts []*plan.Manifest, problems []plan.Problem) {
	manifests, drafts, problems := schema.Parse(sources)
	problems = plan.Fatal(problems)
	i := slices.IndexFunc(manifests, func(m *plan.Manifest) bool { return m.Account == account })
	if len(problems) > 0 || i < 0 {
		return nil, drafts, problems
	}
	return manifests[i], nil, nil
}

// maxPasses bounds how often an edited manifest is edited again.
const maxPasses = 4

// add takes the edits of a file to those that it has.
func (u *Updated) add(f UpdatedFile) {
	for i := range u.Files {
		if had := &u.Files[i]; had.Name == f.Name {
			had.Text = f.Text
			had.Changed, had.Added, had.Removed = had.Changed+f.Changed, had.Added+f.Added, had.Removed+f.Removed
			return
		}
	}
	u.Files = append(u.Files, f)
}

// Selecting returns the manifest as an update reads it: it owns what the options select, if they select anything, and nothing of it
// forbids a change or deletes what is not listed.
func Selecting(m *plan.Manifest, o Options) (*plan.Manifest, error) {
	include, err := parsePatterns("include", o.Include)
	if err != nil {
		return nil, err
	}
	exclude, err := parsePatterns("exclude", o.Exclude)
	if err != nil {
		return nil, err
	}
	owned := *m
	owned.Ownership = plan.Ownership{Include: m.Ownership.Include, Exclude: slices.Concat(m.Ownership.Exclude, exclude)}
	if len(include) > 0 {
		owned.Ownership.Include, owned.Ownership.Exclude = include, exclude
	}
	return &owned, nil
}

type updater struct {
	registry *providers.Registry
	sources  []schema.Source
	snapshot *plan.Snapshot
	options  Options
	leave    []addr.Address
	listing
	added []*listedEntry
	// gone are resources that the account has no longer and that nothing can make again, with the reason: no plan lists them.
	gone map[addr.Address]plan.Problem
	// why says of resources why their own difference is left, and whyEntry of roots why any of an entry is.
	why, whyEntry map[addr.Address]string
}

// compared is a manifest held against the snapshot.
type compared struct {
	readManifest
	plan  *plan.Plan
	drift *plan.Drift
	// listed are the resources that the manifest asks for, by address.
	listed map[addr.Address]*plan.Desired
	// live are the resources of the snapshot, by address.
	live map[addr.Address]*plan.Live
	// gone are the resources that the manifest lists and the plan leaves out.
	gone []plan.Desired
}

// compare plans a manifest.
func (u *updater) compare(m *plan.Manifest) (*compared, []plan.Problem) {
	desired, problems := engine.Validate(u.registry, m)
	if len(plan.Fatal(problems)) > 0 {
		return nil, problems
	}
	owned, err := Selecting(m, u.options)
	if err != nil {
		panic(err) // the patterns have been read before
	}
	in, problems := u.registry.Input(owned, desired, u.snapshot)
	if len(plan.Fatal(problems)) > 0 {
		return nil, problems
	}
	in.Now, in.Problems = u.options.Now, problems
	p, more := plan.Build(in)
	if p == nil {
		return nil, more
	}
	c := &compared{readManifest: readManifest{manifest: m, given: in.Given.Desired, in: in}, plan: p}
	c.listed, c.live = map[addr.Address]*plan.Desired{}, map[addr.Address]*plan.Live{}
	c.drift = plan.DriftOf(p, in, more)
	for i := range in.Desired {
		c.listed[in.Desired[i].Address] = &in.Desired[i]
	}
	for i := range in.Snapshot.Resources {
		c.live[in.Snapshot.Resources[i].Address] = &in.Snapshot.Resources[i]
	}
	return c, nil
}
