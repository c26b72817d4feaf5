package serviceagency

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// The rules about a service's agency that nobody explains; docs/rules.md explains both.
const (
	// RuleUnexplainedTrust is about an agency of a service that somebody else may act as.
	RuleUnexplainedTrust = "unexplained-trust"
	// RuleUnexplainedGrant is about a grant that neither the documentation, the service nor the entry explains.
	RuleUnexplainedGrant = "unexplained-grant"
)

// Rules returns the rules about what nobody explains, and about what an entry states.
func Rules() []plan.Rule {
	return append(policy.Rules(), plan.Rule{ID: RuleUnexplainedGrant}, plan.Rule{ID: RuleUnexplainedTrust},
		plan.Rule{ID: policy.RuleForbiddenRoles, Guardrail: true})
}

// AssessGranted judges the roles that authorizations are known to give their agencies: those that entries state, and those that nobody
// explains.
func (p Provider) AssessGranted(resources []*plan.Resource, catalogue *plan.Catalogue) []plan.Finding {
	var findings []plan.Finding
	for _, r := range resources {
		if !p.isMember(r.Address) {
			continue
		}
		for _, attribute := range [...]string{attributeGrants, attributeAccountGrants} {
			members, _ := r.Attributes[attribute].AsSet()
			for _, member := range members {
				a, err := addr.Parse(member)
				grant, ok := directory.GrantOf(plan.Resource{Address: a})
				if err != nil || !ok {
					continue
				}
				role := policy.Role{Title: fmt.Sprintf("%q of %s in %s", grant.Role, directory.NameOf(a), inWords(grant.Place))}
				if e, err := catalogue.Lookup(directory.KindRole, grant.Role); err == nil {
					role = policy.RoleOf(role.Title, e, catalogue)
				}
				findings = append(findings, policy.About(r.Address, attribute, policy.Judge(role))...)
			}
		}
	}
	return findings
}

// findings returns what nobody explains on a live agency.
func (p Provider) findings(s *shared, catalogue *plan.Catalogue) []plan.Finding {
	var findings []plan.Finding
	if t, told := s.trust(); told && !s.trustIsRight(t) {
		findings = append(findings, plan.Finding{
			Rule: RuleUnexplainedTrust, Severity: plan.High, Address: s.entries[0], Attribute: attributeTrust,
			Message: fmt.Sprintf("%s, through which %s is authorized, trusts %s %s: whoever that is has all that it is granted",
				s.Name, p.Title, t.Kind, t.Value),
			Hint: "clear it up with whoever changed it, and put it right in IAM, or pin whom it must trust by agencies in the entry",
		})
	}
	for _, g := range s.grants {
		if g.by.IsZero() || s.allows(g) || s.revocable(g) {
			continue
		}
		severity := plan.Medium
		for _, risk := range policy.Judge(policy.RoleOf(fmt.Sprintf("%q", g.grant.Role), g.role, catalogue)) {
			severity = max(severity, risk.Severity)
		}
		findings = append(findings, plan.Finding{
			Rule: RuleUnexplainedGrant, Severity: severity, Address: g.by, Attribute: s.attributeOf(g),
			Message: fmt.Sprintf("%s has %q in %s, and neither the documentation, the service nor the entry explains it",
				s.Name, g.grant.Role, inWords(g.grant.Place)),
			Hint: "look at it in IAM: revoke it there, or paste the block that is printed into the entry",
		})
	}
	return findings
}

func inWords(p directory.Place) string {
	if p.Name == "" {
		return p.Scope.String()
	}
	return p.Scope.String() + " " + p.Name
}

// undocumented tells of a trust that is accepted because it is likely.
func (p Provider) undocumented(s *shared) []plan.NotCompared {
	t, told := s.trust()
	switch {
	case !told:
		return []plan.NotCompared{{Address: s.entries[0], Attribute: attributeTrust, Reason: "whom " + s.Name + " trusts could not be read"}}
	case s.trustKnown() == "" && s.trustIsRight(t):
		return []plan.NotCompared{{
			Address: s.entries[0], Attribute: attributeTrust,
			Reason: fmt.Sprintf("that %s trusts %s is likely, but not documented: pin it by agencies in the entry", s.Name, t.Value),
		}}
	}
	return nil
}

// LeftToPerson returns what of a change of an authorization is left to a person. Before is nil for a create.
//
// A grant that nobody explains is never revoked, and a trust that nobody knows is never written: the block to paste is printed. Where
// the service is to be authorized, and an agency of it trusts somebody whom we cannot replace or is protected, that is left to a
// person as a whole, because that one would gain what the service asks for. Where apply revokes what an entry does not state, the block
// to paste says how to keep it.
func (p Provider) LeftToPerson(before *plan.Live, after *plan.Desired, view *plan.View) []plan.Manual {
	var left []plan.Manual
	var taken []string
	all := p.sharedAgencies(view)
	if held := p.held(all, after.Address, view); held != "" && authorizes(before, after) {
		left = append(left, plan.Manual{Instruction: held})
	}
	if before == nil {
		return left
	}
	for _, attribute := range wholeAttributes {
		surplus := surplusOf(before.Attributes[attribute], after.Attributes[attribute])
		kept := slices.DeleteFunc(slices.Clone(surplus), func(member string) bool { return p.takesAway(all, after.Address, attribute, member) })
		if attribute != attributeTrust {
			taken = append(taken, slices.DeleteFunc(surplus, func(member string) bool {
				return slices.Contains(kept, member) || saysAbsent(all, member)
			})...)
		}
		if len(kept) > 0 {
			left = append(left, plan.Manual{Attribute: attribute, Values: kept})
		}
	}
	p.instruct(left, all, after.Address)
	if len(taken) > 0 {
		left = append(left, plan.Manual{
			Attribute: keyAgencies,
			Instruction: "apply revokes what the entry does not state: " + strings.Join(taken, ", ") +
				". Only to keep that, write in the entry:\n" + p.block(all, placeOf(after.Address)),
		})
	}
	return left
}

// surplusOf returns the members that are not among those after; none where nothing is managed after.
func surplusOf(before, after plan.Value) []string {
	if after.IsZero() {
		return nil
	}
	had, _ := before.AsSet()
	wanted, _ := after.AsSet()
	return slices.DeleteFunc(had, func(member string) bool { return slices.Contains(wanted, member) })
}

// takesAway reports whether we may take a member of an attribute away.
func (p Provider) takesAway(all map[string]*shared, of addr.Address, attribute, member string) bool {
	for _, s := range all {
		if t, told := s.trust(); attribute == attributeTrust {
			if told && s.entries[0] == of && trustMember(s.Name, t) == member {
				return s.trustKnown() != ""
			}
			continue
		}
		for _, g := range s.grants {
			if g.address.String() == member {
				return s.revocable(g)
			}
		}
	}
	return false
}

// saysAbsent reports whether an entry says that a grant must not be there.
func saysAbsent(all map[string]*shared, member string) bool {
	for _, s := range all {
		if slices.ContainsFunc(s.stated.absent, func(a addr.Address) bool { return a.String() == member }) {
			return true
		}
	}
	return false
}

// authorizes reports whether the service is to be called for a change: more differs than what completing adds.
func authorizes(before *plan.Live, after *plan.Desired) bool {
	if before == nil {
		return true
	}
	return slices.ContainsFunc(plan.DiffAttributes(before.Attributes, after.Attributes), func(c plan.AttributeChange) bool {
		return !slices.Contains(wholeAttributes[:], c.Name) && !slices.Contains(after.WriteOnly, c.Name) &&
			!slices.Contains(before.Unreadable, c.Name)
	})
}

// held tells why nothing may be authorized through the agencies of an authorization, and what to do; "" where it may.
func (p Provider) held(all map[string]*shared, of addr.Address, view *plan.View) string {
	var instructions []string
	for _, agency := range p.Through(view, of) {
		s := all[agency.Name]
		if s == nil || s.live == nil {
			continue
		}
		if t, told := s.trust(); told && !s.trustIsRight(t) && s.trustKnown() == "" {
			instructions = append(instructions, fmt.Sprintf(
				"the agency %s, through which %s would be authorized, trusts %s %s, who would gain all that is granted: "+
					"delete or mend the agency in IAM, or pin whom it must trust by agencies in the entry, and plan again",
				s.Name, p.Title, t.Kind, t.Value))
		} else if view.Protects(s.live.Address) {
			instructions = append(instructions,
				fmt.Sprintf("ownership.protect holds agency %s, through which %s is authorized: change that first", s.Name, p.Title))
		}
	}
	slices.Sort(instructions)
	return strings.Join(slices.Compact(instructions), "; ")
}

// instruct says what a person does about members that nobody explains. All instructions end with one block: an entry has one.
func (p Provider) instruct(left []plan.Manual, all map[string]*shared, of addr.Address) {
	grants := slices.ContainsFunc(left, func(m plan.Manual) bool {
		return m.Attribute == attributeGrants || m.Attribute == attributeAccountGrants
	})
	block := p.block(all, placeOf(of))
	if !grants {
		block = p.pins(all, of)
	}
	for i := range left {
		m := &left[i]
		switch m.Attribute {
		case "":
			continue
		case attributeTrust:
			m.Instruction = p.mistrusted(all, of, m.Values) +
				"Put it right in IAM, or write in the entry whom it must trust, and apply puts it right"
		default:
			m.Instruction = "nobody explains it, so it is never revoked. Take it away in IAM, or, if it is right, write in the entry"
		}
		m.Instruction += ":\n" + block
	}
}

// mistrusted says whom agencies trust who are not likely, and who is.
func (p Provider) mistrusted(all map[string]*shared, of addr.Address, members []string) string {
	said := ""
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		if t, told := s.trust(); told && s.entries[0] == of && slices.Contains(members, trustMember(name, t)) {
			said += fmt.Sprintf("%s trusts %s %s (%s is likely). ", name, t.Kind, t.Value, strings.Join(s.Likely, " or "))
		}
	}
	return said
}

// pins returns the block that says whom the agencies must trust that trust somebody else.
func (p Provider) pins(all map[string]*shared, of addr.Address) string {
	block := &plan.Node{Kind: plan.Map}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		if t, told := s.trust(); told && s.entries[0] == of && !s.trustIsRight(t) && s.trustKnown() == "" {
			add(block, name, mapOf("trust", trustNode(cmp.Or(s.Likely...))))
		}
	}
	return blockText(block, true)
}

// attributeOf returns the attribute that a grant stands in.
func (s *shared) attributeOf(g heldGrant) string {
	if g.grant.Place.Scope == directory.OneProject && !s.projects[g.grant.Place.Name].IsZero() {
		return attributeGrants
	}
	return attributeAccountGrants
}

// block returns the block that states all that the agencies of a place are now, to be pasted into its entry. In the place of a trust that
// is not right stands the one that it must be, or most likely is.
func (p Provider) block(all map[string]*shared, place string) string {
	return blockText(p.statement(all, place, func(s *shared) string {
		return cmp.Or(append([]string{s.trustKnown()}, s.Likely...)...)
	}), false)
}
