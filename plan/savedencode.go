package plan

import "maps"

// fileOf lays a saved plan out as its file, without the digest.
func fileOf(s *Saved) savedFile {
	p := s.Plan
	return savedFile{
		Account: savedAccount{ID: p.Account.ID, Name: p.Account.Name}, Changes: each(p.Changes, changeFile), Cloud: savedCloud{Kind: p.Cloud.Kind, Region: p.Cloud.Region},
		Findings: each(p.Findings, findingFile),
		LeftOut: each(p.LeftOut, func(l LeftOut) savedLeftOut {
			return savedLeftOut{Action: l.Action.String(), Address: l.Address}
		}),
		FormatVersion: SavedFormatVersion, Limits: savedLimits{MaxDeletes: s.MaxDeletes}, Manifest: manifestJSON{Digest: p.ManifestDigest},
		NotCompared: each(p.NotCompared, func(n NotCompared) savedNotCompared { return savedNotCompared(n) }),
		NotRead:     each(p.NotRead, func(n NotRead) savedNotRead { return savedNotRead{Reason: n.Reason, Subject: n.Subject} }),
		Privileges:  deltaFile(p.Privileges),
		Reading: savedReading{
			Desired: each(s.Reading.Desired, func(l Listed) savedListed {
				return savedListed{Absent: l.Absent, Address: l.Address, Bindings: entries(l.Bindings), Settings: l.Settings}
			}),
			NotRead: list(s.Reading.NotRead),
			Ownership: savedOwnership{
				Exclude: list(s.Reading.Ownership.Exclude), Include: list(s.Reading.Ownership.Include), Protect: list(s.Reading.Ownership.Protect),
				Prune: s.Reading.Ownership.Prune,
			},
		},
		Reliance: savedReliance{
			Absent: list(s.Reliance.Absent), Covered: list(s.Reliance.Covered),
			Documents: each(s.Reliance.Documents, func(d Document) savedDocument {
				return savedDocument{Digest: d.Digest, ID: d.ID, Kind: d.Kind, Name: d.Name}
			}),
			Trees: each(s.Reliance.Trees, func(t Tree) savedTree {
				return savedTree{Children: each(t.Children, liveFile), Root: liveFile(t.Live)}
			}),
		},
		Summary: savedSummary{
			Blocked: p.Summary.Blocked, Create: p.Summary.Create, Delete: p.Summary.Delete, Manual: p.Summary.Manual,
			Unchanged: p.Summary.Unchanged, Unmanaged: p.Summary.Unmanaged, Update: p.Summary.Update,
		},
		Unexpected: each(p.Unexpected, func(u Unexpected) savedUnexpected {
			return savedUnexpected{
				Address: u.Address, Attributes: entries(u.Attributes), Findings: each(u.Findings, findingFile), ID: u.ID, ServiceMade: u.ServiceMade, With: list(u.With),
			}
		}),
		Unmanaged: list(p.Unmanaged), Warnings: list(p.Warnings),
	}
}

func changeFile(c Change) savedChange {
	out := savedChange{
		Action: c.Action.String(), Address: c.Address, After: resourceFile(c.After), Before: resourceFile(c.Before),
		Attributes: each(c.Attributes, func(a AttributeChange) savedAttribute {
			return savedAttribute{After: a.After, Before: a.Before, Name: a.Name, Origin: a.Origin, Source: positionFile(a.At)}
		}),
		Confirms: list(c.Confirms), DependsOn: list(c.DependsOn), Findings: each(c.Findings, findingFile), ID: c.ID,
		Manual: each(c.Manual, func(m Manual) savedManual {
			return savedManual{Attribute: m.Attribute, Instruction: m.Instruction, Values: m.Values}
		}),
		Origin: c.Origin, ParentID: c.ParentID, Protected: c.protected, Reason: c.Reason, Resolves: each(c.Resolves, findingFile), RunsAfter: list(c.RunsAfter),
		Source: positionFile(c.Source), With: list(c.With),
	}
	if !c.Parent.IsZero() {
		out.Parent = &c.Parent
	}
	if !c.Notes.IsZero() {
		out.Entry = &savedNotes{Owner: c.Notes.Owner, Reason: c.Notes.Reason, ReviewBy: c.Notes.ReviewBy, Ticket: c.Notes.Ticket}
	}
	return out
}

func resourceFile(r *Resource) *savedResource {
	if r == nil {
		return nil
	}
	return &savedResource{Attributes: entries(r.Attributes), Bindings: entries(r.Bindings), Settings: r.Settings}
}

func positionFile(p Position) *savedPosition {
	if p.IsZero() {
		return nil
	}
	return &savedPosition{Column: p.Column, File: p.File, Line: p.Line}
}

func findingFile(f Finding) savedFinding {
	out := savedFinding{Address: f.Address, Attribute: f.Attribute, Hint: f.Hint, Message: f.Message, Rule: f.Rule, Severity: f.Severity}
	if !f.Accepted.IsZero() {
		out.Accepted = &f.Accepted
	}
	return out
}

func liveFile(l Live) savedLive {
	out := savedLive{
		Address: l.Address, Attributes: entries(l.Attributes), Bindings: entries(l.Bindings), ID: l.ID,
		Settings: l.Settings, Unreadable: list(l.Unreadable),
	}
	if !l.Expires.IsZero() {
		expires := l.Expires.UTC()
		out.Expires = &expires
	}
	return out
}

// each lays out every item; the result is never nil.
func each[T, F any](items []T, layOut func(T) F) []F {
	out := make([]F, len(items))
	for i, item := range items {
		out[i] = layOut(item)
	}
	return out
}

// entries gives {} instead of null.
func entries[M ~map[K]V, K ~string, V any](m M) M {
	if m == nil {
		return M{}
	}
	return maps.Clone(m)
}
