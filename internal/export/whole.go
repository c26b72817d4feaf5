package export

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

const madeByService = "named as a cloud service names its own"

// state adds to the entries of services what their agencies are.
func (x *exporter) state(read *readManifest) {
	view := plan.NewView(x.snapshot, read.manifest.Ownership, read.given)
	for i := range read.given {
		d := &read.given[i]
		e, _ := x.entryAt(d.Source.Line)
		if e == nil || e.Node == nil || !d.Parent.IsZero() {
			continue
		}
		if keys := x.registry.Statement(view, d.Address); keys != nil {
			merge(e.Node, keys)
		}
	}
}

// merge adds the keys of a map to another one. A key that both have keeps its maps laid together, or else what it was.
func merge(into, keys *plan.Node) {
	for _, pair := range keys.Entries {
		had := into.Get(pair.Key)
		switch {
		case had == nil:
			into.Entries = append(into.Entries, pair)
		case had.Kind == plan.Map && pair.Value.Kind == plan.Map:
			merge(had, pair.Value)
		}
	}
}

// setApart takes what entries of services answer for out of the entries, and excludes what services made and no entry explains.
func (x *exporter) setApart(read *readManifest) {
	listed := map[addr.Address]int{}
	for i := range read.given {
		if d := &read.given[i]; d.Parent.IsZero() {
			listed[d.Address] = d.Source.Line
		}
	}
	for i := range read.in.Snapshot.Resources {
		l := &read.in.Snapshot.Resources[i]
		line, is := listed[l.Address]
		switch {
		case !l.Parent.IsZero():
		case !l.AnsweredBy.IsZero() && is:
			if e, _ := x.entryAt(line); e != nil {
				e.Node = nil
			}
		case l.AnsweredBy.IsZero() && l.ServiceMade && !is && x.selects(l.Address) && addr.MatchAny(x.include, l.Address):
			if who := x.stranger(l); who != "" { // a name is no proof: drift is to tell it
				x.suspect[l.Address] = who
				break
			}
			x.apart[l.Address] = madeByService + x.gravely(l)
		case l.AnsweredBy.IsZero() && !is && x.selects(l.Address) && x.mayExclude(l.Address): // or prune would delete it
			x.apart[l.Address] = "no entry can say it"
		}
	}
	for i := range x.file.Sections {
		s := &x.file.Sections[i]
		s.Entries = slices.DeleteFunc(s.Entries, isNothing)
	}
}

// stranger returns whom a live root trusts where that is no service, "" where it is one.
func (x *exporter) stranger(l *plan.Live) string {
	for _, e := range x.registry.Effects(x.snapshot.Catalogue)(l.Resource) {
		if !e.Conveys.IsZero() && !strings.HasPrefix(e.Principal, "service:") {
			return e.Principal
		}
	}
	return ""
}

// gravely tells the rules of which a root and its children have findings of high severity.
func (x *exporter) gravely(root *plan.Live) string {
	var resources []*plan.Resource
	for i := range x.snapshot.Resources {
		if l := &x.snapshot.Resources[i]; l.Root() == root.Address {
			resources = append(resources, &l.Resource)
		}
	}
	var rules []string
	for _, f := range plan.AtLeast(x.registry.Assess(resources, &plan.Manifest{Cloud: x.snapshot.Cloud}, x.snapshot.Catalogue), plan.High) {
		rules = append(rules, f.Rule)
	}
	slices.Sort(rules)
	if rules = slices.Compact(rules); len(rules) > 0 {
		return "; high: " + strings.Join(rules, ", ")
	}
	return ""
}
