package export

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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
	// Remarks are the differences that are left, by place.
	Remarks []Remark
}

// UpdatedFile is a file with a new text, and how many of its entries were edited.
type UpdatedFile struct {
	Name                    string
	Text                    []byte
	Changed, Added, Removed int
}

// Remark says what was not edited, and why. At is a place in the new text.
type Remark struct {
	At   plan.Position
	Text string
}

// Update edits the entries of a manifest so that they say what is live, and leaves every other byte of its sources. The snapshot covers
// what the manifest lists and owns. Without Include and Exclude of the options, it is ownership of the manifest that says which resources
// are to be listed.
//
// What is edited follows from a plan of the manifest against the snapshot. The new text is read and planned as the old one was: what the
// plan still shows is in the remarks. The problems are why no plan can be made.
func Update(
	registry *providers.Registry, sources []schema.Source, m *plan.Manifest, snapshot *plan.Snapshot, o Options,
) (*Updated, []plan.Problem, error) {
	if _, err := Selecting(m, o); err != nil {
		return nil, nil, err
	}
	updated := &Updated{}
	for range maxPasses { // an entry that goes may have answered for others
		u := updater{registry: registry, sources: sources, snapshot: snapshot, options: o, why: map[addr.Address]string{}}
		u.index(m)
		before, problems := u.first(m)
		if before == nil {
			return nil, problems, nil
		}
		u.edit(before)
		after, files := u.apply(before)
		updated.Remarks = u.remarks(after)
		if len(files) == 0 {
			break
		}
		m = after.manifest
		sources = slices.Clone(sources)
		for _, f := range files {
			i := slices.IndexFunc(sources, func(s schema.Source) bool { return s.Name == f.Name })
			sources[i].Data = f.Text
			updated.add(f)
		}
	}
	return updated, nil, nil
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
	manifest *plan.Manifest
	// entries are the entries of the manifest, and holders which of them have a value at a place.
	entries []*listedEntry
	holders map[plan.Position][]*listedEntry
	added   []*listedEntry
	// why says of roots why a difference is left.
	why map[addr.Address]string
}

// listedEntry is an entry, with what becomes of it.
type listedEntry struct {
	section  string
	was, now *plan.Node // now is nil for an entry that goes, was for one that is added
	comments []string
	roots    []addr.Address
	// live is what an added entry says.
	live []plan.Live
	// kept is set once the entry is left as it is.
	kept bool
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

// first compares the manifest of the author. What cannot be planned because the account has it no longer is taken out before.
func (u *updater) first(m *plan.Manifest) (*compared, []plan.Problem) {
	for {
		c, problems := u.compare(m)
		if c != nil {
			return c, nil
		}
		desired, _ := engine.Validate(u.registry, m)
		progress := false
		for _, p := range plan.Fatal(problems) {
			progress = u.takeOutRefused(desired, p.At) || progress
		}
		if !progress {
			return nil, problems
		}
		left := *m
		left.Sections = map[string][]*plan.Node{}
		for _, e := range u.entries {
			if e.now != nil {
				left.Sections[e.section] = append(left.Sections[e.section], e.now)
			}
		}
		m = &left
	}
}

// takeOutRefused takes out what stands at a place, if it is a resource that is not live.
func (u *updater) takeOutRefused(desired []plan.Desired, at plan.Position) bool {
	for i := range desired {
		d := &desired[i]
		if d.Source != at || slices.ContainsFunc(u.snapshot.Resources, func(l plan.Live) bool { return l.Address == d.Address }) {
			continue
		}
		root := d
		if k := slices.IndexFunc(desired, func(r plan.Desired) bool { return r.Address == d.Parent }); k >= 0 {
			root = &desired[k]
		}
		e := u.entryOf(root)
		if e == nil || e.now == nil || d.Absent || root.Absent || root.Additive || len(root.Entries) > 0 {
			continue
		}
		if e.was.At == at {
			e.now = nil
			return true
		}
		if now, found := without(e.now, at); found {
			e.now = now
			return true
		}
	}
	return false
}

// index notes the entries of the manifest.
func (u *updater) index(m *plan.Manifest) {
	u.manifest, u.holders = m, map[plan.Position][]*listedEntry{}
	for _, section := range slices.Sorted(maps.Keys(m.Sections)) {
		for _, node := range m.Sections[section] {
			e := &listedEntry{section: section, was: node, now: node}
			u.entries = append(u.entries, e)
			walk(node, func(n *plan.Node) {
				if held := u.holders[n.At]; !slices.Contains(held, e) {
					u.holders[n.At] = append(held, e)
				}
			})
		}
	}
}

func walk(n *plan.Node, do func(*plan.Node)) {
	do(n)
	for _, item := range n.Items {
		walk(item, do)
	}
	for _, pair := range n.Entries {
		walk(pair.Value, do)
	}
}

// entryOf returns the entry that a root is listed by; nil where it is none or there are several.
func (u *updater) entryOf(d *plan.Desired) *listedEntry {
	held := u.holders[d.Source]
	for _, e := range held {
		if e.was.At == d.Source {
			return e
		}
	}
	if len(held) != 1 {
		return nil
	}
	return held[0]
}

// keep leaves an entry as it is.
func (u *updater) keep(e *listedEntry, why string) {
	e.now, e.kept = e.was, true
	for _, root := range e.roots {
		u.why[root] = why
	}
}

// apply edits the sources, and leaves out edits until the text is a manifest.
func (u *updater) apply(before *compared) (after *compared, files []UpdatedFile) {
	for {
		after, files, drafts, problems := u.attempt()
		switch {
		case after != nil:
			return after, files
		case len(files) == 0:
			return before, nil
		case !u.drop(drafts, problems): // nothing tells which edit is wrong
			var edited []*listedEntry
			for _, e := range slices.Concat(u.entries, u.added) {
				if e.now != e.was && !e.kept {
					e.kept = true
					edited = append(edited, e)
				}
			}
			u.admit(edited)
		}
	}
}

// admit takes edits that were left out up again, as far as the text stays a manifest.
func (u *updater) admit(edited []*listedEntry) {
	for _, e := range edited {
		e.kept = false
	}
	after, _, _, problems := u.attempt()
	if after != nil || len(edited) == 0 {
		return
	}
	for _, e := range edited {
		e.kept = true
	}
	if len(edited) == 1 {
		u.keep(edited[0], told(problems))
		return
	}
	u.admit(edited[:len(edited)/2])
	u.admit(edited[len(edited)/2:])
}

// attempt makes all edits that are not left out. After is nil where the text is no manifest; the drafts and problems then say why.
func (u *updater) attempt() (after *compared, files []UpdatedFile, drafts []*plan.Manifest, problems []plan.Problem) {
	sources, files, dropped := u.rewrite()
	for dropped { // what was made beside it may rest on it
		sources, files, dropped = u.rewrite()
	}
	manifests, drafts, problems := schema.Parse(sources)
	if problems = plan.Fatal(problems); len(problems) > 0 || len(manifests) != 1 {
		return nil, files, drafts, problems
	}
	after, problems = u.compare(manifests[0])
	return after, files, manifests, plan.Fatal(problems)
}

func told(problems []plan.Problem) string {
	if len(problems) == 0 {
		return "the text is no manifest"
	}
	return problems[0].Summary + ": " + problems[0].Detail
}

// drop leaves the edits out that problems are about.
func (u *updater) drop(manifests []*plan.Manifest, problems []plan.Problem) (dropped bool) {
	for _, p := range problems {
		var text string
		var at plan.Position
		for _, m := range manifests {
			for _, entries := range m.Sections {
				for _, node := range entries {
					if node.At.File == p.At.File && node.At.Line <= p.At.Line && plan.ComparePositions(node.At, at) > 0 {
						text, at = string(node.AppendJSON(nil)), node.At
					}
				}
			}
		}
		for _, e := range slices.Concat(u.entries, u.added) {
			if e.now != nil && e.now != e.was && !e.kept && string(e.now.AppendJSON(nil)) == text {
				u.keep(e, p.Summary+": "+p.Detail)
				dropped = true
			}
		}
	}
	return dropped
}

// rewrite returns the sources with the edits made. An edit that cannot be made is left out.
func (u *updater) rewrite() (sources []schema.Source, files []UpdatedFile, dropped bool) {
	for _, s := range u.sources {
		var edits []schema.EntryEdit
		var of []*listedEntry
		file := UpdatedFile{Name: s.Name}
		for _, e := range slices.Concat(u.entries, u.added) {
			edit := schema.EntryEdit{Node: e.now}
			switch {
			case e.now == e.was || e.kept:
				continue
			case e.was == nil:
				edit.At, edit.Section, edit.Comments = u.placeFor(e), e.section, e.comments
			default:
				edit.At = e.was.At
			}
			if edit.At.File != s.Name {
				continue
			}
			switch {
			case e.was == nil:
				file.Added++
			case e.now == nil:
				file.Removed++
			default:
				file.Changed++
			}
			edits, of = append(edits, edit), append(of, e)
		}
		text, refused := schema.Edit(s, edits)
		for _, r := range refused {
			u.keep(of[r.Edit], r.Why)
			dropped = true
		}
		if len(edits) > 0 && string(text) != string(s.Data) {
			file.Text = text
			files = append(files, file)
		}
		sources = append(sources, schema.Source{Name: s.Name, Data: text})
	}
	return sources, files, dropped
}

// placeFor returns where an entry is added: in the document of the entry of its section whose name begins most like its own.
func (u *updater) placeFor(added *listedEntry) plan.Position {
	at, longest := u.manifest.AccountAt, -1
	name := added.now.Get("name").String()
	for _, e := range u.entries {
		if e.section != added.section {
			continue
		}
		other := e.was.Get("name").String()
		n := 0
		for n < len(name) && n < len(other) && name[n] == other[n] {
			n++
		}
		if n >= longest {
			at, longest = e.was.At, n
		}
	}
	return at
}

// remarks tell what a plan of the new text still shows.
func (u *updater) remarks(after *compared) (remarks []Remark) {
	add := func(d plan.Difference, text string) {
		at := d.Source
		root := d.Address
		if listed := after.listed[d.Address]; listed != nil {
			at = cmp.Or(at, listed.Source)
			if !listed.Parent.IsZero() {
				root = listed.Parent
			}
		}
		if l := after.live[d.Address]; l != nil {
			root = l.Root()
		}
		if listed := after.listed[root]; listed != nil {
			at = cmp.Or(at, listed.Source)
		}
		if why := u.why[root]; why != "" {
			text += "; not edited: " + why
		}
		remarks = append(remarks, Remark{At: at, Text: text})
	}
	for _, d := range after.drift.Changed {
		add(d, differenceText("changed", d))
	}
	for _, d := range after.drift.Missing {
		add(d, differenceText("missing", d))
	}
	for _, d := range after.drift.Unexpected {
		add(d, differenceText("unexpected", d))
	}
	for _, d := range after.drift.Expired {
		add(d, d.Address.String()+" "+d.Reason+": only apply --renew gives it a new end")
	}
	slices.SortStableFunc(remarks, func(a, b Remark) int {
		return cmp.Or(plan.ComparePositions(a.At, b.At), strings.Compare(a.Text, b.Text))
	})
	return remarks
}

// String tells in one line how a file was edited.
func (f UpdatedFile) String() string {
	var counts []string
	for _, c := range []struct {
		n    int
		what string
	}{{f.Changed, "changed"}, {f.Added, "added"}, {f.Removed, "removed"}} {
		switch {
		case c.n == 0:
		case len(counts) == 0:
			counts = append(counts, plan.Counted(c.n, "entry")+" "+c.what)
		default:
			counts = append(counts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	return fmt.Sprintf("updated %s: %s", f.Name, strings.Join(counts, ", "))
}

// expiry says of a live resource that its time is over; "" where it is not.
func expiry(l *plan.Live, now time.Time) string {
	if l.Expires.IsZero() || l.Expires.After(now) {
		return ""
	}
	return "expired at " + l.Expires.UTC().Format(time.RFC3339) + ": only apply --renew gives it a new end"
}
