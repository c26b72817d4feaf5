package render

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// places finds where in the manifest what a finding is about stands: at the change or the difference, else at the entry of the address,
// else where the manifest names the account.
type places struct {
	changes map[addr.Address]plan.Position
	desired map[addr.Address]*plan.Desired
	account plan.Position
}

func placesOf(a *Account) *places {
	p := &places{changes: map[addr.Address]plan.Position{}, desired: make(map[addr.Address]*plan.Desired, len(a.Desired)), account: a.At}
	for i := range a.Desired {
		p.desired[a.Desired[i].Address] = &a.Desired[i]
	}
	if a.Plan != nil {
		for i := range a.Plan.Changes {
			p.changes[a.Plan.Changes[i].Address] = a.Plan.Changes[i].Source
		}
	}
	if a.Drift != nil {
		for _, c := range classesOf(a.Drift) {
			for i := range c.differences {
				p.changes[c.differences[i].Address] = c.differences[i].Source
			}
		}
	}
	return p
}

func (p *places) of(a addr.Address, attribute string) plan.Position {
	if d := p.desired[a]; d != nil && !d.SourceOf(attribute).IsZero() {
		return d.SourceOf(attribute)
	}
	if at := p.changes[a]; !at.IsZero() {
		return at
	}
	return p.account
}

// file returns the path of a file of the manifest for a format that other tools read: relative to the repository, with forward slashes.
// Inside says whether the file lies in the repository; else the path is absolute. A position without a file is at the first one that the
// run was given.
func (o Options) file(at plan.Position) (path string, inside bool) {
	name := at.File
	if i := slices.IndexFunc(o.Inputs, func(input string) bool { return input != "-" }); name == "" && i >= 0 {
		name = o.Inputs[i]
	}
	if name == "" || name == "-" {
		return "agencyctl", true // there is no file, and consumers want one
	}
	absolute := name
	if !filepath.IsAbs(absolute) {
		absolute = filepath.Join(o.Directory, name)
	}
	relative, err := filepath.Rel(o.Repository, absolute)
	if err != nil || relative == ".." || strings.HasPrefix(relative, ".."+string(filepath.Separator)) {
		return filepath.ToSlash(filepath.Clean(absolute)), false
	}
	return filepath.ToSlash(relative), true
}

// line is the line of a position for consumers that want one.
func line(at plan.Position) int { return max(1, at.Line) }

// escapePath percent-encodes the segments of a path with forward slashes, as RFC 3986 has it. Bytes that are no UTF-8 are encoded too.
func escapePath(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	if first := segments[0]; strings.Contains(first, ":") { // else it reads as a scheme
		segments[0] = strings.ReplaceAll(first, ":", "%3A")
	}
	return strings.Join(segments, "/")
}
