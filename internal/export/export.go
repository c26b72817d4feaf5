// Package export writes what is live in an account as a manifest, as a person would have written it. Start reading at [Manifest].
//
// The text is proven, not trusted: it is read as a manifest is, and planned against the same live state. What the reading refuses is left
// out and told in a comment, and so is what the plan still shows.
package export

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/schema"
)

// Options say what is exported.
type Options struct {
	// Include and Exclude are patterns as ownership has them. Without Include it is everything.
	Include, Exclude []string
	// Now is the moment that expiry is judged at.
	Now time.Time
}

// everything are the patterns of a manifest that owns all that a person makes.
var everything = []string{"*", "policy/*"}

// sectionOrder is the order of the sections that it names; all others follow, sorted.
var sectionOrder = []string{"policies", sectionAgencies, "authorizations"}

// Manifest returns the manifest of what is live. The snapshot covers the whole account. The error is about the options: what is live is
// never refused as a whole.
func Manifest(registry *providers.Registry, snapshot *plan.Snapshot, o Options) (*schema.File, error) {
	x := newExporter(registry, snapshot, o)
	if x.all = len(o.Include) == 0; x.all {
		x.options.Include = everything
	}
	var err error
	if x.include, err = parsePatterns("include", x.options.Include); err != nil {
		return nil, err
	}
	if x.exclude, err = parsePatterns("exclude", x.options.Exclude); err != nil {
		return nil, err
	}
	x.file.NotRead = x.nameless()
	return x.file, x.write()
}

func newExporter(registry *providers.Registry, snapshot *plan.Snapshot, o Options) *exporter {
	return &exporter{
		registry: registry, snapshot: snapshot, options: o, unsaid: map[addr.Address]bool{}, suspect: map[addr.Address]string{},
		file: &schema.File{Account: snapshot.Account, Cloud: snapshot.Cloud},
	}
}

func parsePatterns(of string, texts []string) ([]addr.Pattern, error) {
	patterns := make([]addr.Pattern, len(texts))
	for i, text := range texts {
		p, err := schema.ParsePattern(text)
		if err != nil {
			return nil, fmt.Errorf("--%s: %w", of, err)
		}
		patterns[i] = p
	}
	return patterns, nil
}

type exporter struct {
	registry         *providers.Registry
	snapshot         *plan.Snapshot
	options          Options
	include, exclude []addr.Pattern
	// all is set where no pattern bounds what is exported.
	all bool
	// only are the roots that are exported, whatever the patterns are; nil for those that patterns select.
	only map[addr.Address]bool
	file *schema.File
	// places are where the entries of the file begin, sorted.
	places []place
	// at are the lines of the entries that ask for live things, by their addresses.
	at map[addr.Address]int
	// unsaid are the roots whose entries are refused: a comment at their place says why.
	unsaid map[addr.Address]bool
	// suspect are roots that are named as a service names its own and trust somebody else, with whom.
	suspect map[addr.Address]string
	// apart are what ownership.exclude names, by address, with the reason.
	apart map[addr.Address]string
}

// write fills the file.
func (x *exporter) write() error {
	x.apart = x.unreadable()
	x.collect()
	for _, step := range []func(*readManifest){x.state, x.dropWrites, x.setApart, x.judge} {
		read, err := x.prove()
		if err != nil {
			return err
		}
		step(read)
	}
	return nil
}

// selects reports whether a root is exported, as far as its address tells.
func (x *exporter) selects(root addr.Address) bool {
	if x.only != nil {
		return x.only[root]
	}
	if _, apart := x.apart[root]; apart || addr.MatchAny(x.exclude, root) {
		return false
	}
	return x.all || addr.MatchAny(x.include, root) // authorizations too, which no manifest need own
}

// unreadable are roots that could not be read as documented: whoever owned them could plan nothing.
func (x *exporter) unreadable() map[addr.Address]string {
	apart := map[addr.Address]string{}
	for _, gap := range x.snapshot.Gaps {
		root := gap.String()
		if grants, of := strings.CutPrefix(root, "grant/"); of { // those of an agency
			root = "agency/" + strings.TrimSuffix(grants, "/**")
		}
		if a, err := addr.Parse(root); err == nil && !strings.ContainsAny(root, "*?") && addr.MatchAny(x.include, a) {
			apart[a] = "not read in whole: it is not as documented in the cloud's answer"
		}
	}
	return apart
}

// nameless are the agencies and policies that show no name, in the words of cloud.notRead. Any may be one that is looked for: whoever owned
// some and read these could plan nothing.
func (x *exporter) nameless() (words []string) {
	for _, n := range x.snapshot.NotRead {
		if kind, _, isID := strings.Cut(n.Subject, ":id:"); isID && x.mayOwn(kind) {
			words = append(words, n.Subject)
		}
	}
	return words
}

// hinders reports whether what was not read keeps plans of the file from being made: it may be an agency or policy that the file owns, and
// shows nothing that cloud.notRead could name.
func (x *exporter) hinders(n plan.NotRead) bool {
	kind, isOne := strings.CutPrefix(n.Subject, "one ")
	kind, isNothing := strings.CutSuffix(kind, " without name and id")
	return isOne && isNothing && x.mayOwn(kind)
}

// mayOwn reports whether the file may own an agency or a policy whose name is not known.
func (x *exporter) mayOwn(kind string) bool {
	return (kind == "agency" || kind == "policy") && providers.MayOwn(plan.Ownership{Include: x.include}, kind)
}

// collect makes the entries of all that is selected.
func (x *exporter) collect() {
	var live []plan.Live
	for _, l := range x.snapshot.Resources {
		if x.selects(l.Root()) {
			live = append(live, l)
		}
	}
	sections := x.registry.Collapse(live, x.snapshot.Catalogue)
	rank := func(name string) int {
		if i := slices.Index(sectionOrder, name); i >= 0 {
			return i
		}
		return len(sectionOrder)
	}
	names := slices.SortedFunc(maps.Keys(sections), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b))
	})
	for _, name := range names {
		section := schema.FileSection{Name: name}
		for _, node := range sections[name] {
			section.Entries = append(section.Entries, schema.FileEntry{Node: node})
		}
		x.file.Sections = append(x.file.Sections, section)
	}
}

// readManifest is what the text of the file means.
type readManifest struct {
	manifest *plan.Manifest
	// given are the resources that it asks for, resolved.
	given []plan.Desired
	in    plan.Input
	// warnings are what validate tells of it.
	warnings []plan.Problem
}

// prove reads the text of the file until nothing is wrong with it. An entry that is refused becomes a comment.
func (x *exporter) prove() (*readManifest, error) {
	for {
		x.setOwnership()
		text, lines := x.file.Text()
		x.findPlaces(lines)
		read, problems := x.read(text)
		if len(problems) == 0 {
			return read, nil
		}
		leftOut := 0
		for _, p := range problems {
			if e, section := x.entryAt(p.At.Line); e != nil && e.Node != nil {
				e.Comments, e.Node = append(e.Comments, x.refused(section, e.Node, p)), nil
				leftOut++
			}
		}
		if leftOut == 0 {
			return nil, fmt.Errorf("no manifest can say this: %s: %s (%s)", problems[0].Summary, problems[0].Detail, problems[0].Hint)
		}
	}
}

// refused says why an entry of a section is left out.
func (x *exporter) refused(section string, entry *plan.Node, p plan.Problem) string {
	desired, _ := x.registry.Expand(&plan.Manifest{Cloud: x.snapshot.Cloud, Sections: map[string][]*plan.Node{section: {entry}}})
	what, so := "this entry", soUnexpected
	for i := range desired {
		root := desired[i].Root()
		x.unsaid[root] = true
		if i == 0 {
			what = root.String()
		}
		if x.mayExclude(root) { // or prune would delete what the manifest does not list
			x.apart[root], so = "no entry can say it, and a comment below says why", soExcluded
		}
	}
	return fmt.Sprintf("%s%s%s: %s: %s", what, cannotBeWritten, so, p.Summary, p.Detail)
}

// What is said of what a manifest cannot say.
const (
	cannotBeWritten = " cannot be written in a manifest, so "
	soUnexpected    = "drift tells it as unexpected"
	soExcluded      = "ownership.exclude names it"
)

// mayExclude reports whether the file owns a root by a pattern, and a pattern can name it.
func (x *exporter) mayExclude(root addr.Address) bool {
	pattern, err := schema.ParsePattern(schema.ShortAddress(root))
	return err == nil && !pattern.HasWildcard() && pattern.Match(root) && addr.MatchAny(x.include, root)
}

const fileName = "manifest.yaml"

func (x *exporter) read(text []byte) (*readManifest, []plan.Problem) {
	manifests, _, problems := schema.Parse([]schema.Source{{Name: fileName, Data: text}})
	if fatal := plan.Fatal(problems); len(fatal) > 0 || len(manifests) != 1 {
		return nil, fatal
	}
	m, warnings := manifests[0], problems
	desired, problems := engine.Validate(x.registry, m)
	if fatal := plan.Fatal(problems); len(fatal) > 0 {
		return nil, fatal
	}
	warnings = append(warnings, problems...)
	in, problems := x.registry.Input(m, desired, x.snapshot)
	if fatal := plan.Fatal(problems); len(fatal) > 0 {
		return nil, fatal
	}
	in.Now, in.Problems = x.options.Now, problems
	return &readManifest{manifest: m, given: in.Given.Desired, in: in, warnings: append(warnings, problems...)}, nil
}

// place is where an entry begins in the text.
type place struct {
	line    int
	section string
	entry   *schema.FileEntry
}

func (x *exporter) findPlaces(lines map[string][]int) {
	x.places = x.places[:0]
	for i := range x.file.Sections {
		s := &x.file.Sections[i]
		for j, line := range lines[s.Name] {
			x.places = append(x.places, place{line, s.Name, &s.Entries[j]})
		}
	}
}

// entryAt returns the entry that a line of the text belongs to, with its section; nil for none.
func (x *exporter) entryAt(line int) (found *schema.FileEntry, section string) {
	after := sort.Search(len(x.places), func(i int) bool { return x.places[i].line > line })
	if after == 0 {
		return nil, ""
	}
	at := x.places[after-1]
	return at.entry, at.section
}

// setOwnership writes what the manifest owns.
func (x *exporter) setOwnership() {
	x.file.Include, x.file.Exclude = nil, nil
	for _, text := range x.options.Include {
		x.file.Include = append(x.file.Include, schema.FilePattern{Text: text})
	}
	for _, text := range x.options.Exclude {
		x.file.Exclude = append(x.file.Exclude, schema.FilePattern{Text: text})
	}
	for _, a := range slices.SortedFunc(maps.Keys(x.apart), addr.Compare) {
		x.file.Exclude = append(x.file.Exclude, schema.FilePattern{Text: schema.ShortAddress(a), Comment: x.apart[a]})
	}
}
