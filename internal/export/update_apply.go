package export

import (
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

// apply edits the sources. Edits of which the text would be no manifest are left out.
//
// At first all are made, and those are left out that a problem stands at, until the text is a manifest. Where a problem stands at no edit,
// all are left out. A problem may also stand at another edit than the one that makes it. So what was left out is tried again, on top of
// what is made, by halves.
func (u *updater) apply(before *compared) (after *compared, files []UpdatedFile) {
	edits := u.pending()
	made := u.attempt()
	for made.after == nil && len(made.blamed) > 0 {
		keepAll(made.blamed, true)
		made = u.attempt()
	}
	if made.after == nil {
		keepAll(edits, true)
	}
	rejected := slices.DeleteFunc(edits, func(e *listedEntry) bool { return !e.kept || e.now == e.was })
	if len(rejected) > 0 {
		for tried := len(rejected) + 1; len(rejected) < tried; { // one may rest on another that was tried after it
			tried = len(rejected)
			rejected = u.applyByHalves(rejected)
		}
		for _, e := range rejected {
			u.keep(e, e.why)
		}
		made = u.attempt()
	}
	if made.after == nil || len(made.files) == 0 {
		return before, nil
	}
	return made.after, made.files
}

// pending are the entries that are edited.
func (u *updater) pending() (edits []*listedEntry) {
	for _, e := range slices.Concat(u.entries, u.added) {
		if e.now != e.was {
			edits = append(edits, e)
		}
	}
	return edits
}

func keepAll(entries []*listedEntry, kept bool) {
	for _, e := range entries {
		e.kept = kept
	}
}

// keep leaves an entry as it is.
func (u *updater) keep(e *listedEntry, why string) {
	e.now, e.kept = e.was, true
	for _, root := range e.roots {
		u.whyEntry[root] = why
	}
}

// applyByHalves makes edits that were left out, as far as the text stays a manifest, and returns the others.
func (u *updater) applyByHalves(edits []*listedEntry) (rejected []*listedEntry) {
	if len(edits) == 0 {
		return nil
	}
	keepAll(edits, false)
	made := u.attempt()
	if made.after != nil {
		return nil
	}
	keepAll(edits, true)
	if len(edits) == 1 {
		edits[0].why = told(made.problems)
		return edits
	}
	half := len(edits) / 2
	return slices.Concat(u.applyByHalves(edits[:half]), u.applyByHalves(edits[half:]))
}

// attempted is what becomes of the sources with all edits made that are not left out.
type attempted struct {
	// after is nil where the text is no manifest: the problems then say why, and blamed are the edits that they stand at.
	after    *compared
	files    []UpdatedFile
	problems []plan.Problem
	blamed   []*listedEntry
}

// attempt makes all edits that are not left out. Those that the text does not allow are left out too, but for good only where it is a
// manifest then: one that is rejected may be what kept them from being made.
func (u *updater) attempt() (made attempted) {
	restore := u.remember()
	sources, files, dropped := u.rewrite()
	for dropped { // what was made beside it may rest on it
		sources, files, dropped = u.rewrite()
	}
	made.files = files
	m, drafts, problems := parseOne(sources, u.manifest.Account)
	if m != nil {
		drafts = []*plan.Manifest{m}
		made.after, problems = u.compareAfter(m)
	}
	if made.after == nil {
		made.problems, made.blamed = problems, u.blamed(drafts, problems)
		restore()
	}
	return made
}

// remember returns a function that takes back what was done to the edits since.
func (u *updater) remember() (restore func()) {
	all := slices.Concat(u.entries, u.added)
	had := make([]listedEntry, len(all))
	for i, e := range all {
		had[i] = *e
	}
	why := maps.Clone(u.whyEntry)
	return func() {
		for i, e := range all {
			*e = had[i]
		}
		u.whyEntry = why
	}
}

func told(problems []plan.Problem) string {
	if len(problems) == 0 {
		return "the text is no manifest"
	}
	return problems[0].Summary + ": " + problems[0].Detail
}

// blamed returns the edits that problems of an edited text stand at.
func (u *updater) blamed(manifests []*plan.Manifest, problems []plan.Problem) (blamed []*listedEntry) {
	edits := slices.DeleteFunc(u.pending(), func(e *listedEntry) bool { return e.kept || e.now == nil })
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
		for _, e := range edits {
			if string(e.now.AppendJSON(nil)) == text {
				blamed = append(blamed, e)
			}
		}
	}
	return blamed
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
		var parts []*partSearch
		for _, r := range refused {
			if e := of[r.Edit]; !e.sayEmpty() {
				parts = append(parts, &partSearch{listedEntry: e, refused: r.Why})
			}
			dropped = true
		}
		u.sayParts(s, parts)
		if len(edits) > 0 && string(text) != string(s.Data) {
			file.Text = text
			files = append(files, file)
		}
		sources = append(sources, schema.Source{Name: s.Name, Data: text})
	}
	return sources, files, dropped
}

// sayEmpty gives an entry that was refused empty maps where it leaves out maps that it had: by way of an anchor it may have others, which
// only a value of its own hides. It reports whether it did.
func (e *listedEntry) sayEmpty() (did bool) {
	if e.was == nil || e.now == nil {
		return false
	}
	for _, pair := range e.was.Entries {
		if pair.Value.Kind == plan.Map && !e.now.Has(pair.Key) {
			e.now = withKey(e.now, pair.Key, &plan.Node{Kind: plan.Map, At: pair.Value.At}, e.was)
			did = true
		}
	}
	return did
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
