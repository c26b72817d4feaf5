package plan

import (
	"fmt"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// savedOf takes a file apart: the inverse of fileOf.
func savedOf(file savedFile) (*Saved, error) {
	p := &Plan{
		Account: Account{Name: file.Account.Name, ID: file.Account.ID}, Cloud: Cloud{Kind: file.Cloud.Kind, Region: file.Cloud.Region},
		ManifestDigest: file.Manifest.Digest, Privileges: privilegesOf(file.Privileges),
		Summary: Summary{
			Create: file.Summary.Create, Update: file.Summary.Update, Delete: file.Summary.Delete, Manual: file.Summary.Manual,
			Blocked: file.Summary.Blocked, Unchanged: file.Summary.Unchanged, Unmanaged: file.Summary.Unmanaged,
		},
		Findings: all(file.Findings, findingOf), Unmanaged: file.Unmanaged,
		Unexpected: all(file.Unexpected, func(u savedUnexpected) Unexpected {
			return Unexpected{
				Live: Live{Resource: Resource{Address: u.Address, Attributes: u.Attributes}, ID: u.ID, ServiceMade: u.ServiceMade}, With: u.With,
				Findings: all(u.Findings, findingOf),
			}
		}),
		NotRead:     all(file.NotRead, func(n savedNotRead) NotRead { return NotRead{Subject: n.Subject, Reason: n.Reason} }),
		NotCompared: all(file.NotCompared, func(n savedNotCompared) NotCompared { return NotCompared(n) }),
		Warnings:    file.Warnings,
	}
	for _, l := range file.LeftOut {
		action, err := actionOf(l.Address, l.Action)
		if err != nil {
			return nil, err
		}
		p.LeftOut = append(p.LeftOut, LeftOut{Address: l.Address, Action: action})
	}
	for _, c := range file.Changes {
		change, err := changeOf(c)
		if err != nil {
			return nil, err
		}
		p.Changes = append(p.Changes, change)
	}
	owned := file.Reading.Ownership
	return &Saved{
		Plan: p, MaxDeletes: file.Limits.MaxDeletes,
		Reading: Reading{
			Desired: all(file.Reading.Desired, func(l savedListed) Listed {
				return Listed{Address: l.Address, Absent: l.Absent, Settings: l.Settings, Bindings: l.Bindings}
			}),
			NotRead:   file.Reading.NotRead,
			Ownership: Ownership{Include: owned.Include, Exclude: owned.Exclude, Protect: owned.Protect, Prune: owned.Prune},
		},
		Reliance: Reliance{
			Covered: file.Reliance.Covered, Absent: file.Reliance.Absent,
			Documents: all(file.Reliance.Documents, func(d savedDocument) Document {
				return Document{Kind: d.Kind, ID: d.ID, Name: d.Name, Digest: d.Digest}
			}),
			Trees: all(file.Reliance.Trees, treeOf),
		},
	}, nil
}

func changeOf(c savedChange) (Change, error) {
	out := Change{
		Address: c.Address, ID: c.ID, ParentID: c.ParentID, Reason: c.Reason, With: c.With, DependsOn: c.DependsOn, RunsAfter: c.RunsAfter,
		Confirms: c.Confirms, Findings: all(c.Findings, findingOf), Resolves: all(c.Resolves, findingOf), Source: positionOf(c.Source), protected: c.Protected,
		Attributes: all(c.Attributes, func(a savedAttribute) AttributeChange {
			return AttributeChange{Name: a.Name, Before: a.Before, After: a.After, Origin: a.Origin, At: positionOf(a.Source)}
		}),
		Manual: all(c.Manual, func(m savedManual) Manual {
			return Manual{Attribute: m.Attribute, Values: m.Values, Instruction: m.Instruction}
		}),
	}
	var err error
	if out.Action, err = actionOf(c.Address, c.Action); err != nil {
		return Change{}, err
	}
	if out.Origin, err = originOf(c.Address, c.Origin); err != nil {
		return Change{}, err
	}
	for _, a := range c.Attributes {
		if _, err := originOf(c.Address, a.Origin); err != nil {
			return Change{}, err
		}
	}
	if c.Parent != nil {
		out.Parent = *c.Parent
	}
	if c.Entry != nil {
		out.Notes = Notes{Owner: c.Entry.Owner, Reason: c.Entry.Reason, Ticket: c.Entry.Ticket, ReviewBy: c.Entry.ReviewBy}
	}
	side := func(r *savedResource) *Resource {
		if r == nil {
			return nil
		}
		return &Resource{Address: out.Address, Parent: out.Parent, Attributes: r.Attributes, Settings: r.Settings, Bindings: r.Bindings}
	}
	out.Before, out.After = side(c.Before), side(c.After)
	return out, nil
}

func actionOf(a addr.Address, text string) (Action, error) {
	for _, action := range []Action{Create, Update, Delete, ByHand, Blocked} {
		if action.String() == text {
			return action, nil
		}
	}
	return 0, fmt.Errorf("%s: %.20q is no action", a, text)
}

func originOf(a addr.Address, origin Origin) (Origin, error) {
	switch origin {
	case "", Yours, Drifted, Pending, Conflict:
		return origin, nil
	}
	return "", fmt.Errorf("%s: %.20q is no origin", a, origin)
}

func findingOf(f savedFinding) Finding {
	out := Finding{Rule: f.Rule, Severity: f.Severity, Address: f.Address, Attribute: f.Attribute, Message: f.Message, Hint: f.Hint}
	if f.Accepted != nil {
		out.Accepted = *f.Accepted
	}
	return out
}

func positionOf(p *savedPosition) Position {
	if p == nil {
		return Position{}
	}
	return Position{File: p.File, Line: p.Line, Column: p.Column}
}

func treeOf(t savedTree) Tree {
	tree := Tree{Live: liveOf(t.Root, addr.Address{})}
	for _, child := range t.Children {
		tree.Children = append(tree.Children, liveOf(child, t.Root.Address))
	}
	return tree
}

func liveOf(l savedLive, parent addr.Address) Live {
	out := Live{
		Resource: Resource{Address: l.Address, Parent: parent, Attributes: l.Attributes, Settings: l.Settings, Bindings: l.Bindings},
		ID:       l.ID, Unreadable: l.Unreadable,
	}
	if l.Expires != nil {
		out.Expires = *l.Expires
	}
	return out
}

// all takes every item apart; nil for none, as planning leaves it.
func all[F, T any](items []F, takeApart func(F) T) []T {
	var out []T
	for _, item := range items {
		out = append(out, takeApart(item))
	}
	return out
}
