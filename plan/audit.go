package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Audit is what the rules say of all that is live in an account at one moment, and who may do what there. No manifest says what is to be
// there, so nothing is compared.
type Audit struct {
	Account Account
	Cloud   Cloud
	// Now is the moment that expiry and the days of acceptances were judged at.
	Now time.Time
	// Roots counts the live roots of each type, sorted by type.
	Roots []TypeCount
	// Findings are those of every rule about every live resource, breaches of guardrails among them, and what is to be reviewed of the
	// acceptances. Accepted ones stay in the list. Parents are the roots of the children that they are about.
	Findings []Finding
	Parents  map[addr.Address]addr.Address
	// Principals are those from outside, administrators first, and among equals those that are foreign.
	Principals []Principal
	// Chains are the ways to everything: those of foreign principals first, then those over more roots. At most [access.MaxChains] are
	// listed, MoreChains counts the others, and ChainsCut is set where the search was cut.
	Chains     []access.Chain
	MoreChains int
	ChainsCut  bool
	// ForeignTrusts are sorted by root, then by principal.
	ForeignTrusts []ForeignTrust
	// Expired are the resources whose life is over.
	Expired []Difference
	// Lost are references to what no list of the cloud shows, sorted.
	Lost []LostReference
	// Unused are roots that a service made for itself and does not go through, as far as all of that was read.
	Unused      []UnusedRoot
	NotRead     []NotRead
	NotCompared []NotCompared
	Warnings    []string
	// Trust is who may act in the account, all of it marked as [Kept].
	Trust *TrustGraph
}

// TypeCount counts the roots of one type.
type TypeCount struct {
	Type  string
	Count int
}

// Principal is somebody from outside who may act in the account, or may do something in it.
type Principal struct {
	Name string
	// Foreign is set where it is neither of the account nor one of the cloud's own services.
	Foreign bool
	// Administrator is set where it can come to everything, or where a rule that is marked so says that a root gives everything which it
	// may act as.
	Administrator bool
	// Through are the roots that it may act as directly, or by which it may do something, sorted by address.
	Through []Passage
	// Powers are all that it may do, also through those that the roots let it act as. Expired trusts count: they can be renewed.
	Powers []access.Power
}

// IsShutOut reports whether it gets in through nothing but what has expired or is cut off. Both can be put right again.
func (p *Principal) IsShutOut() bool {
	return len(p.Through) > 0 && !slices.ContainsFunc(p.Through, func(at Passage) bool { return !at.Expired && !at.CutOff })
}

// Passage is a root that a principal may act as.
type Passage struct {
	Root addr.Address
	// Lifetime is how long the trust lasts, in the provider's canonical form, and Endless is set where it has no end. Expires is when it
	// ends, and Expired is set where that is over; it is the zero time where no end is known.
	Lifetime string
	Endless  bool
	Expires  time.Time
	Expired  bool
	// CutOff is set where the principal is a service that cannot work through the root: what it made for that trusts somebody else.
	CutOff bool
	// Administrator is set where whoever acts as the root comes to everything, by what the root gives or by whom it lets one act as.
	Administrator bool
	// Grants are what the root may do.
	Grants []ActorGrant
}

// ForeignTrust is a root that a foreign principal may act as.
type ForeignTrust struct {
	Principal string
	Passage
}

// LostReference is a live resource that refers to something which no list of the cloud shows: it is deleted, or hidden.
type LostReference struct {
	Address addr.Address
	// Kind is what sort of thing it refers to, and ID the cloud's id of it.
	Kind, ID string
}

// FromServices are what the services themselves say of their own in an account.
type FromServices struct {
	// Whole is the snapshot in which their resources hold what follows from the roots that they answer for. It is what digests are of, so
	// that an acceptance holds here as it holds in a drift; nil where the services say nothing of it.
	Whole *Snapshot
	// Unused are the roots that a service made for itself and does not go through.
	Unused []UnusedRoot
	// CutOff are the resources of a service that it cannot work through: what it made for them trusts somebody else.
	CutOff []addr.Address
}

// UnusedRoot is a root that a service made for itself and does not go through.
type UnusedRoot struct {
	Address addr.Address
	Reason  string
}

// AuditOf judges the whole snapshot of an input at in.Now. The manifest of the input says whom the author trusts, and the account is its
// own; what it desires does not count.
func AuditOf(in Input, told FromServices) *Audit {
	in.Desired, in.Snapshot = nil, sortedResources(in.Snapshot)
	s := in.Snapshot
	view := NewView(s, in.Manifest.Ownership, nil)
	a := &Audit{
		Account: s.Account, Cloud: s.Cloud, Now: in.Now.UTC(), Expired: expired(&Plan{}, in, view), Parents: map[addr.Address]addr.Address{},
		Unused: slices.Clone(told.Unused), NotRead: slices.Clone(s.NotRead), NotCompared: slices.Clone(in.NotCompared),
		Warnings: slices.Clone(s.Warnings),
	}
	whole := view
	if told.Whole != nil {
		whole = NewView(told.Whole, in.Manifest.Ownership, nil)
	}
	seen := newDigests(whole)
	for i := range a.Expired {
		a.Expired[i].Seen = seen.of(view.rootOf(a.Expired[i].Address))
	}
	slices.SortFunc(a.Unused, func(x, y UnusedRoot) int {
		return cmp.Or(addr.Compare(x.Address, y.Address), strings.Compare(x.Reason, y.Reason))
	})
	slices.SortFunc(a.NotCompared, func(x, y NotCompared) int {
		return cmp.Or(addr.Compare(x.Address, y.Address), strings.Compare(x.Attribute, y.Attribute), strings.Compare(x.Reason, y.Reason))
	})
	counts := map[string]int{}
	for i := range s.Resources {
		l := &s.Resources[i]
		if l.Parent.IsZero() {
			counts[l.Address.Type()]++
		}
		a.Lost = append(a.Lost, LostReferences(l, s.Catalogue)...)
	}
	for _, typ := range slices.Sorted(maps.Keys(counts)) {
		a.Roots = append(a.Roots, TypeCount{typ, counts[typ]})
	}
	ways := a.readAccess(in, view, told.CutOff)
	a.Findings = auditFindings(in, whole, wayFindings(ways, view))
	for _, f := range a.Findings {
		if root := view.rootOf(f.Address); root != f.Address {
			a.Parents[f.Address] = root
		}
	}
	return a
}

// sortedResources returns the snapshot with its resources in the order of their addresses.
func sortedResources(s *Snapshot) *Snapshot {
	compare := func(x, y Live) int { return addr.Compare(x.Address, y.Address) }
	if slices.IsSortedFunc(s.Resources, compare) {
		return s
	}
	sorted := *s
	sorted.Resources = slices.SortedFunc(slices.Values(s.Resources), compare)
	return &sorted
}

// auditFindings returns what all rules say of what is live, with further findings. Acceptances are held against the whole.
func auditFindings(in Input, whole *View, further []Finding) []Finding {
	accept := newAcceptor(&in, whole)
	resources := make([]*Resource, len(in.Snapshot.Resources))
	for i := range resources {
		resources[i] = &in.Snapshot.Resources[i].Resource
	}
	said := in.Knowledge.Assess(resources, in.Manifest, in.Snapshot.Catalogue)
	findings := accept.mark(SortFindings(slices.Concat(in.Findings, said, further)), true)
	findings = append(findings, reviewFindings(in.Manifest, nil, in.Knowledge, in.Now)...)
	findings = SortFindings(accept.label(findings))
	for i := range findings {
		accept.offer(&findings[i])
	}
	return findings
}

// wayFindings returns a finding about each root that gives nobody everything by itself, and lets whoever acts as it act on as others who
// come to everything. Of what a root gives by itself, the rules about its grants tell.
func wayFindings(ways []access.Chain, view *View) []Finding {
	roots, direct := map[string]addr.Address{}, map[addr.Address]bool{}
	for _, a := range view.roots() {
		roots[a.String()] = a
	}
	onward := map[addr.Address][]access.Chain{}
	for _, way := range ways {
		i := slices.IndexFunc(way.Path, func(step string) bool { return !roots[step].IsZero() })
		switch {
		case i < 0:
		case i == len(way.Path)-1:
			direct[roots[way.Path[i]]] = true
		default:
			root := roots[way.Path[i]]
			onward[root] = append(onward[root], access.Chain{Path: way.Path[i+1:], Through: way.Through})
		}
	}
	var findings []Finding
	for _, root := range slices.SortedFunc(maps.Keys(onward), addr.Compare) {
		if direct[root] {
			continue
		}
		findings = append(findings, Finding{
			Rule: RuleWayToEverything, Severity: High, Address: root, Message: waysInWords("leads on to everything", shortestWays(onward[root])),
			Hint: "take away what gives everything, or what lets one act as the next",
		})
	}
	return findings
}

// shortestWays returns ways each once, the shortest first. Several principals may begin the same way.
func shortestWays(ways []access.Chain) []access.Chain {
	compare := func(x, y access.Chain) int {
		return cmp.Or(cmp.Compare(len(x.Path), len(y.Path)), slices.Compare(x.Path, y.Path), addr.Compare(x.Through, y.Through))
	}
	slices.SortFunc(ways, compare)
	return slices.CompactFunc(ways, func(x, y access.Chain) bool { return compare(x, y) == 0 })
}

// LostReferences returns what a live resource refers to and no list of the cloud shows, sorted by kind.
func LostReferences(l *Live, catalogue *Catalogue) (lost []LostReference) {
	for _, kind := range slices.Sorted(maps.Keys(l.Bindings)) {
		if e, known := catalogue.ByID(kind, l.Bindings[kind]); known && e.Unlisted {
			lost = append(lost, LostReference{l.Address, kind, e.ID})
		}
	}
	return lost
}

// readAccess fills in who may act in the account, what each may do, and the ways to everything, and returns all of these.
func (a *Audit) readAccess(in Input, view *View, cutOff []addr.Address) (ways []access.Chain) {
	resources := in.Snapshot.Resources
	graph, all := access.NewGraph(len(resources)), map[string]bool{}
	effects := in.Knowledge.Effects(in.Snapshot.Catalogue)
	for i := range resources {
		given := effects(resources[i].Resource)
		graph.Add(resources[i].Address, resources[i].Parent, given)
		for k := range given {
			all[given[k].To(resources[i].Parent)] = true
		}
	}
	delta, ways, _ := access.Compare(access.NewGraph(0).Finish(), graph.Finish(), all) // against an account in which nobody may do anything
	leads := map[string]bool{}                                                         // a principal and the first root of a way
	for _, way := range ways {
		leads[strings.Join(way.Path[:min(2, len(way.Path))], "\x00")] = true
	}
	live, _ := sidesOf(&Plan{}, in, Action.Writes)
	actors := newTrustBuilder(&Plan{}, in).read(live)
	a.Trust = &TrustGraph{}
	byName := map[string]*Principal{}
	principal := func(name string) *Principal {
		if byName[name] == nil {
			byName[name] = &Principal{Name: name}
		}
		return byName[name]
	}
	for _, root := range slices.SortedFunc(maps.Keys(actors), addr.Compare) {
		actor := actors[root]
		a.Trust.Actors = append(a.Trust.Actors, *actor)
		for _, t := range actor.Trusted {
			passage := a.passage(actor, t, view.liveAt(root))
			passage.CutOff = slices.Contains(cutOff, root)
			passage.Administrator = passage.Administrator || leads[t.Principal+"\x00"+root.String()]
			p := principal(t.Principal)
			p.Foreign, p.Administrator = p.Foreign || t.Foreign, p.Administrator || passage.Administrator
			p.Through = append(p.Through, passage)
			if t.Foreign {
				a.ForeignTrusts = append(a.ForeignTrusts, ForeignTrust{t.Principal, passage})
			}
		}
	}
	for _, d := range delta.Principals {
		principal(d.Principal).Powers = d.Gained
	}
	for _, way := range ways {
		principal(way.Path[0]).Administrator = true
	}
	isLess := func(x, y bool) int { // those that are come first
		switch {
		case x == y:
			return 0
		case x:
			return -1
		}
		return 1
	}
	for _, p := range byName {
		a.Principals = append(a.Principals, *p)
	}
	slices.SortFunc(a.Principals, func(x, y Principal) int {
		return cmp.Or(isLess(x.Administrator, y.Administrator), isLess(x.Foreign, y.Foreign), strings.Compare(x.Name, y.Name))
	})
	slices.SortStableFunc(ways, func(x, y access.Chain) int { // they are sorted
		return cmp.Or(isLess(byName[x.Path[0]].Foreign, byName[y.Path[0]].Foreign), cmp.Compare(len(y.Path), len(x.Path)))
	})
	a.Chains, a.ChainsCut = ways[:min(len(ways), access.MaxChains)], delta.ChainsCut
	a.MoreChains = len(ways) - len(a.Chains)
	return ways
}

func (a *Audit) passage(actor *Actor, t Trusted, l *Live) Passage {
	p := Passage{
		Root: actor.Address, Lifetime: t.Lifetime, Endless: t.Endless, Grants: actor.Grants,
		Administrator: slices.ContainsFunc(actor.Grants, func(g ActorGrant) bool { return g.Administrator }),
	}
	if l != nil && !l.Expires.IsZero() {
		p.Expires, p.Expired = l.Expires.UTC(), !l.Expires.After(a.Now)
	}
	return p
}
