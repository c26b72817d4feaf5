package export

import (
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
	after, files, drafts, problems := u.attempt()
	for after == nil && leaveOut(edits, drafts, problems) {
		after, files, drafts, problems = u.attempt()
	}
	if after == nil {
		keepAll(edits, true)
	}
	left := slices.DeleteFunc(edits, func(e *listedEntry) bool { return !e.kept || e.now == e.was })
	if len(left) > 0 {
		for tried := len(left) + 1; len(left) < tried; { // one may rest on another that was tried after it
			tried = len(left)
			left = u.admit(left)
		}
		for _, e := range left {
			u.keep(e, e.why)
		}
		after, files, _, _ = u.attempt()
	}
	if after == nil || len(files) == 0 {
		return before, nil
	}
	return after, files
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

// admit makes edits that were left out, as far as the text stays a manifest, and returns the others.
func (u *updater) admit(edits []*listedEntry) (left []*listedEntry) {
	if len(edits) == 0 {
		return nil
	}
	keepAll(edits, false)
	after, _, _, problems := u.attempt()
	if after != nil {
		return nil
	}
	keepAll(edits, true)
	if len(edits) == 1 {
		edits[0].why = told(problems)
		return edits
	}
	half := len(edits) / 2
	return slices.Concat(u.admit(edits[:half]), u.admit(edits[half:]))
}

// attempt makes all edits that are not left out. After is nil where the text is no manifest; the drafts and problems then say why.
func (u *updater) attempt() (after *compared, files []UpdatedFile, drafts []*plan.Manifest, problems []plan.Problem) {
	sources, files, dropped := u.rewrite()
	for dropped { // what was made beside it may rest on it
		sources, files, dropped = u.rewrite()
	}
	m, drafts, problems := parseOne(sources, u.manifest.Account)
	if m == nil {
		return nil, files, drafts, problems
	}
	after, problems = u.compareEdited(m)
	return after, files, []*plan.Manifest{m}, problems
}

func told(problems []plan.Problem) string {
	if len(problems) == 0 {
		return "the text is no manifest"
	}
	return problems[0].Summary + ": " + problems[0].Detail
}

// leaveOut leaves out the edits that problems stand at, and reports whether there are any.
func leaveOut(edits []*listedEntry, manifests []*plan.Manifest, problems []plan.Problem) (did bool) {
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
			if !e.kept && e.now != nil && e.now != e.was && string(e.now.AppendJSON(nil)) == text {
				e.kept = true
				did = true
			}
		}
	}
	return did
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
