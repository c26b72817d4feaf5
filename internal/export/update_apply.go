package export

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

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
	m, drafts, problems := parseOne(sources, u.manifest.Account)
	if m == nil {
		return nil, files, drafts, problems
	}
	after, problems = u.compare(m)
	return after, files, []*plan.Manifest{m}, plan.Fatal(problems)
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
			if e := of[r.Edit]; !e.sayEmpty() {
				u.keep(e, r.Why)
			}
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
