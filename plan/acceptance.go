package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Acceptance says that the author knows what a rule says of some resources, or how they differ from the manifest, and accepts it.
type Acceptance struct {
	// Rule is the rule whose findings are accepted, or the class of differences, and Address says about which resources.
	Rule    string       `json:"rule"`
	Address addr.Pattern `json:"address"`
	// Accepted is why and until when.
	Accepted
	// Seen, when set, is the state that was looked at, as [View.Seen] tells it: no other state of the root is accepted. Breaches of
	// guardrails are accepted only so, and so are differences of what is live.
	Seen string `json:"seen,omitempty"`
	// Wanted, when set, is what the manifest wanted then, as [Difference.Wanted] tells it: what is changed or missing is accepted for no
	// other wish.
	Wanted string `json:"wanted,omitempty"`
	// At is where the entry stands in the manifest.
	At Position `json:"source,omitzero"`
}

// Accepted says why a finding or a difference is accepted, and by which day (YYYY-MM-DD) somebody is to look at it again. The zero value
// means that nobody accepted it.
type Accepted struct {
	Reason   string `json:"reason"`
	ReviewBy string `json:"reviewBy"`
}

// IsZero reports whether nothing is accepted.
func (a Accepted) IsZero() bool { return a == Accepted{} }

func (a Acceptance) covers(f Finding) bool { return a.Rule == f.Rule && a.Address.Match(f.Address) }

// acceptanceIndex finds acceptances without looking at all of them.
type acceptanceIndex struct {
	all []Acceptance
	// The values are places in all, in its order. Exact are those without a wildcard by rule and address, wild the others.
	byRule, wild map[string][]int
	exact        map[ruleAt][]int
	// ofAny are those of every rule by address; "" has those with a wildcard.
	ofAny map[string][]int
}

type ruleAt struct{ rule, address string }

func newAcceptanceIndex(all []Acceptance) *acceptanceIndex {
	index := &acceptanceIndex{
		all: all, byRule: map[string][]int{}, wild: map[string][]int{}, exact: map[ruleAt][]int{}, ofAny: map[string][]int{},
	}
	for i, a := range all {
		at := ""
		if index.byRule[a.Rule] = append(index.byRule[a.Rule], i); a.Address.HasWildcard() {
			index.wild[a.Rule] = append(index.wild[a.Rule], i)
		} else {
			at = a.Address.String()
			index.exact[ruleAt{a.Rule, at}] = append(index.exact[ruleAt{a.Rule, at}], i)
		}
		index.ofAny[at] = append(index.ofAny[at], i)
	}
	return index
}

// about returns the places, in order, of the acceptances that may cover a finding of rule about address.
func (x *acceptanceIndex) about(rule, address string) []int {
	exact, wild := x.exact[ruleAt{rule, address}], x.wild[rule]
	if len(exact) == 0 {
		return wild
	}
	places := slices.Concat(exact, wild)
	slices.Sort(places)
	return places
}

// near returns the places, in order, of the acceptances of rule that may cover what the pattern selects, or be covered by it.
func (x *acceptanceIndex) near(rule string, pattern addr.Pattern) []int {
	if pattern.HasWildcard() {
		return x.byRule[rule]
	}
	return x.about(rule, pattern.String())
}

// acceptor marks findings as accepted and remembers which acceptances were needed. One goroutine uses it at a time.
type acceptor struct {
	acceptances *acceptanceIndex
	used        []bool
	seen        *digests
	// added is what was added to live roots since an acceptance, as far as it was asked.
	added map[addr.Address]addition
	rules map[string]Rule
	// ended are the acceptances of which something that was judged says that their day has passed.
	ended map[Position]bool
	// today is the day that acceptances are judged at, YYYY-MM-DD; "" judges none.
	today string
}

// newAcceptor returns an acceptor for the manifest of in. The view must be that of in.
func newAcceptor(in *Input, view *View) *acceptor {
	all := in.Manifest.Acceptances
	if in.Acknowledged {
		all = nil
	}
	a := &acceptor{
		acceptances: newAcceptanceIndex(all), used: make([]bool, len(all)), seen: newDigests(view), added: map[addr.Address]addition{},
		rules: map[string]Rule{}, ended: map[Position]bool{},
	}
	if a.today = in.Options.Select.AcceptedOn; !in.Now.IsZero() {
		a.today = in.Now.UTC().Format(time.DateOnly)
	}
	for _, rule := range in.Knowledge.Rules() {
		a.rules[rule.ID] = rule
	}
	return a
}

// mark sets Accepted on the findings that an acceptance covers, in place, and returns all findings. The first acceptance that
// holds counts. Where one covers a finding and does not hold, the message says why. Live is set for findings about what is live
// now, not about what a change makes. No finding may be marked twice.
func (a *acceptor) mark(findings []Finding, live bool) []Finding {
	for i := range findings {
		f := &findings[i]
		why := ""
		for _, k := range a.acceptances.about(f.Rule, f.Address.String()) {
			acceptance := &a.acceptances.all[k]
			if !acceptance.covers(*f) {
				continue
			}
			a.used[k] = true
			switch refusal, _ := a.refusal(acceptance, f, live); {
			case !f.Accepted.IsZero():
			case refusal == "":
				f.Accepted = acceptance.Accepted
			case why == "":
				why = refusal
			}
		}
		if f.Accepted.IsZero() && why != "" {
			f.Message += "; " + why
		}
	}
	return findings
}

// noteEnded notes the acceptances whose day findings about what is live now tell of.
func (a *acceptor) noteEnded(findings []Finding) {
	for i := range findings {
		f := &findings[i]
		for _, k := range a.acceptances.about(f.Rule, f.Address.String()) {
			acceptance := &a.acceptances.all[k]
			if why, ended := a.refusal(acceptance, f, true); ended && acceptance.covers(*f) && strings.HasSuffix(f.Message, why) {
				a.ended[acceptance.At] = true
			}
		}
	}
}

// refusal says why an acceptance that covers a finding does not hold, "" where it does. Ended is set where only its day is over.
func (a *acceptor) refusal(acceptance *Acceptance, f *Finding, live bool) (why string, ended bool) {
	guardrail := a.rules[f.Rule].Guardrail
	switch now := a.seen.of(a.seen.view.rootOf(f.Address)); {
	case guardrail && (!live || a.seen.view.lists(f.Address, f.Attribute)):
		return fmt.Sprintf("the acceptance at %s does not hold: the manifest itself lists it", acceptance.At), false
	case guardrail && acceptance.Seen == "":
		return fmt.Sprintf("the acceptance at %s does not say what was seen", acceptance.At), false
	case acceptance.Seen != "" && !live:
		return fmt.Sprintf("accepted on another state at %s: seen %s then, and a change makes another", acceptance.At,
			brief(acceptance.Seen)), false
	case acceptance.Seen != "" && acceptance.Seen != now:
		return fmt.Sprintf("accepted on another state at %s: seen %s then, %s now", acceptance.At, brief(acceptance.Seen), brief(now)), false
	case a.isOver(acceptance):
		return acceptance.over(), true
	}
	return "", false
}

// over says that the day of an acceptance has passed.
func (a *Acceptance) over() string { return fmt.Sprintf("accepted until %s at %s", a.ReviewBy, a.At) }

// unused returns a remark for each acceptance that covered nothing. What has expired is known only where there is a day.
func (a *acceptor) unused() []Remark {
	var remarks []Remark
	for k, acceptance := range a.acceptances.all {
		if !a.used[k] && (acceptance.Rule != ClassExpired || a.today != "") {
			remarks = append(remarks, Remark{Kind: RemarkAcceptance, Address: acceptance.Address, Rule: acceptance.Rule, Source: acceptance.At})
		}
	}
	return remarks
}

// withoutIdle returns the findings but for those about the days of acceptances that cover nothing, as remarks say that these may go, and
// of those that are told elsewhere.
func withoutIdle(findings []Finding, remarks []Remark, told map[Position]bool) []Finding {
	idle := map[Position]bool{}
	for _, r := range remarks {
		if r.Kind == RemarkAcceptance {
			idle[r.Source] = true
		}
	}
	return slices.DeleteFunc(findings, func(f Finding) bool {
		return f.Rule == RuleAcceptanceOverdue && (idle[f.Source] || told[f.Source])
	})
}

// label sets Seen of findings about live roots that stay as they are, in place, and returns them.
func (a *acceptor) label(findings []Finding) []Finding {
	for i := range findings {
		if f := &findings[i]; !a.rules[f.Rule].Bookkeeping {
			f.Seen = a.seen.of(a.seen.view.rootOf(f.Address))
		}
	}
	return findings
}

// offer says in the hint of a finding, which is about a live root, how it can be accepted as it is: with the digest that was seen.
func (a *acceptor) offer(f *Finding) {
	if !a.rules[f.Rule].Guardrail || !f.Accepted.IsZero() || !a.canAccept(f) {
		return
	}
	how := cmp.Or(f.Hint, "take it away, or list the resource and have it put right")
	f.Hint = fmt.Sprintf("%s; or accept it as it is: {rule: %s, address: %q, reason: WHY, reviewBy: YYYY-MM-DD, seen: %s}",
		how, f.Rule, f.Address, f.Seen)
}
