package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// The rules about what a role gives. docs/rules.md explains each.
const (
	RuleAdministrator   = "administrator-role"
	RuleAssumesIdentity = "assumes-identity"
	RuleEditsIdentity   = "edits-identity"
	RuleUnknownContent  = "unknown-content"
	RuleWildcardAction  = "wildcard-action"
)

// Rules returns the rules that [Judge] and [JudgeWildcards] find, sorted.
func Rules() []plan.Rule {
	return []plan.Rule{
		{ID: RuleAdministrator}, {ID: RuleAssumesIdentity}, {ID: RuleEditsIdentity}, {ID: RuleUnknownContent}, {ID: RuleWildcardAction},
	}
}

// Role is the part of a role that is judged.
type Role struct {
	// Title is the role's name in messages.
	Title string
	// System is set for roles that the cloud itself offers: only these are known by their names. Name is the internal one,
	// DisplayName the one that people see.
	System            bool
	Name, DisplayName string
	// Document is the policy as the cloud returns it, empty where it returns none.
	Document []byte
}

// The classes of roles, which are the qualifiers of their catalogue entries.
const (
	// System roles are the cloud's own.
	System = "system"
	// Custom ones are policies that somebody made in the account.
	Custom = "custom"
)

// ParseReference reads how a manifest names a role: "system:NAME", "custom:NAME", "id:ID", or a plain name.
func ParseReference(text string) plan.Reference { return plan.ParseReference(text, System, Custom) }

// RoleOf returns the role behind a catalogue entry of the identity service.
func RoleOf(title string, e plan.CatalogueEntry) Role {
	return Role{Title: title, System: e.Qualifier == System, Name: e.InternalName, DisplayName: e.Name, Document: e.Document}
}

// Roles that are known by their names, whatever their policies hold. Both internal and display names are listed, because each
// of them is missing in some answers.
var (
	administrators = []string{"te_admin", "secu_admin", "tenant administrator", "security administrator", "fullaccess"}
	operators      = []string{"te_agency", "agent operator"}
)

func (r Role) isOneOf(names []string) bool {
	return r.System && (slices.Contains(names, strings.ToLower(r.Name)) || slices.Contains(names, strings.ToLower(r.DisplayName)))
}

func (r Role) administrator() bool { return r.isOneOf(administrators) }

// About returns copies of the findings for an attribute of a resource; attribute may be "".
func About(a addr.Address, attribute string, findings []plan.Finding) []plan.Finding {
	about := slices.Clone(findings)
	for i := range about {
		about[i].Address, about[i].Attribute = a, attribute
	}
	return about
}

// Judge returns the risks of a role, sorted by rule. Rules about the wording of its policy are in [JudgeWildcards]. The findings
// have no address yet.
func Judge(r Role) []plan.Finding {
	statements, err := Parse(r.Document)
	var found []plan.Finding
	add := func(rule string, severity plan.Severity, message, hint string) {
		found = append(found, plan.Finding{Rule: rule, Severity: severity, Message: message, Hint: hint})
	}
	most := strongest(statements, func(action string) bool { return everything(action) && !denied(split(action), statements) })
	switch {
	case most.action != "":
		add(RuleAdministrator, most.severity(), fmt.Sprintf("%s allows everything%s: %s", r.Title, most.but(), most.action),
			"grant roles for the services that are needed")
	case r.administrator():
		add(RuleAdministrator, plan.High, r.Title+" is an administrator of the account", "grant roles for the services that are needed")
	}
	edits := strongest(statements, func(action string) bool { return editsIdentity(action, statements) })
	assumes := strongest(statements, func(action string) bool { return assumesIdentity(action, statements) })
	switch {
	case assumes.action != "" && (edits.action == "" || edits.limited && !assumes.limited):
		add(RuleAssumesIdentity, assumes.severity(),
			fmt.Sprintf("%s lets its holder act as others%s: %s", r.Title, assumes.but(), assumes.action),
			"allow it for the agencies that are needed only, by resources in a policy of your own")
	case assumes.action == "" && r.isOneOf(operators):
		add(RuleAssumesIdentity, plan.High, r.Title+" lets its holder act as others",
			"allow it for the agencies that are needed only, by resources in a policy of your own")
	}
	if edits.action != "" {
		add(RuleEditsIdentity, edits.severity(),
			fmt.Sprintf("%s may change who may do what, and so give itself anything%s: %s", r.Title, edits.but(), edits.action),
			"leave identities to people, or allow single operations on named resources")
	}
	if err != nil && len(found) == 0 {
		add(RuleUnknownContent, plan.Medium, fmt.Sprintf("what %s allows cannot be judged: %v", r.Title, err),
			"look it up in the console, and accept the finding if it is as it should be")
	}
	return found
}

// JudgeWildcards returns a finding for the widest wildcard in a custom policy, nil for none. Wildcards allow operations that
// the author did not think of, and those that the cloud adds later.
func JudgeWildcards(r Role) []plan.Finding {
	statements, _ := Parse(r.Document)
	for _, rule := range []struct {
		severity plan.Severity
		what     string
		is       func(p parts) bool
	}{
		{plan.Medium, "every service", func(p parts) bool { return strings.Contains(p[0], "*") }},
		{plan.Medium, "every operation of a service", func(p parts) bool { return p[1] == "*" && p[2] == "*" }},
		{plan.Low, "every operation on a kind of resource", func(p parts) bool { return p[2] == "*" }},
	} {
		most := strongest(statements, func(action string) bool { return rule.is(split(action)) })
		if most.action == "" {
			continue
		}
		return []plan.Finding{{
			Rule: RuleWildcardAction, Severity: rule.severity, Hint: "name the operations that are needed",
			Message: fmt.Sprintf("%s allows %s, those that come later included: %s", r.Title, rule.what, most.action),
		}}
	}
	return nil
}

// grant is an allowed action that a finding names.
type grant struct {
	action  string
	limited bool
}

func (g grant) severity() plan.Severity {
	if g.limited {
		return plan.Medium
	}
	return plan.High
}

func (g grant) but() string {
	if g.limited {
		return " (on some resources or conditions only)"
	}
	return ""
}

// strongest returns the first allowed action by name for which meant returns true, an unlimited one before a limited one. The order
// of statements means nothing, so a finding must not differ by it.
func strongest(statements []Statement, meant func(action string) bool) grant {
	var found grant
	for _, s := range statements {
		if s.Deny || s.Limited && found.action != "" && !found.limited {
			continue
		}
		i := slices.IndexFunc(s.Actions, meant)
		if i < 0 {
			continue
		}
		if wider := found.limited && !s.Limited; found.action == "" || wider || s.Actions[i] < found.action {
			found = grant{action: s.Actions[i], limited: s.Limited}
		}
	}
	return found
}
