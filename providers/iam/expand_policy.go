package iam

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

func (x *expansion) policy(entry *plan.Node) {
	name := nameOf(entry)
	if name == "" {
		return // the schema has said so
	}
	d := x.root(entry, directory.PolicyAddress(plan.Reference{Name: name}))
	x.checkRead(d, huaweicloud.PartPolicy+name)
	inUse, state := entry.Get("inUse"), entry.Get("state").String()
	if d.DeleteInUse = d.Absent && inUse.String() == "delete"; inUse != nil && (state == "" || state == "present") {
		x.problem(inUse.At, "inUse of a policy that stays", "remove inUse, or write state: absent", "%s is not to be deleted", d.Address)
	}
	x.renamePolicy(entry, &d)
	if d.Absent {
		x.desired = append(x.desired, d)
		return
	}
	d.Attributes = plan.Attributes{}
	set(&d, attributeDescription, entry.Get("description"), entry.Get("description").String())
	x.checkDescription(entry.Get("description"), "")
	set(&d, attributeScope, entry.Get("scope"), entry.Get("scope").String())
	if scope := entry.Get("scope"); typeOfScope(scope.String()) == "" {
		if scope != nil { // else the schema has told the missing key, or a state that is none
			x.problem(scope.Position(), "bad scope", "write project or global", "%s has no usable scope", d.Address)
		}
		return
	}
	statements := entry.Get("statements")
	if !x.checkStatements(d.Address, statements) {
		return
	}
	if err := setStatements(&d, statements); err != nil {
		x.problem(statements.Position(), "bad statements", "", "%s: %v", d.Address, err)
		return
	}
	if size := utf8.RuneCount(documentSent(d.Resource, placeholderID)); size > maxPolicyRunes {
		x.problem(statements.Position(), "policy too long", "shorten it, or split it in two",
			"the statements of %s are %d characters as sent, and the cloud accepts %d", d.Address, size, maxPolicyRunes)
	}
	x.desired = append(x.desired, d)
}

// setStatements stores the canonical document of a manifest's statements and, where it differs, how they are written. The places where
// it names agencies are those of attributes with their addresses.
func setStatements(d *plan.Desired, statements *plan.Node) error {
	written, err := writtenPolicy(statements)
	if err != nil {
		return err
	}
	canonical, err := canonicalPolicy(written, asWritten)
	if err != nil {
		return err
	}
	if d.Attributes[attributeStatements], err = plan.DocumentValue(canonical); err != nil {
		return err
	}
	if statements != nil {
		d.Sources.Set(attributeStatements, statements.At)
	}
	for _, statement := range statements.Elements() {
		_, items := resourcesOf(statement.Get("resources"))
		for _, item := range items {
			agency, is := agencyNamed(item.String())
			if _, known := d.Sources.Of(agency.String()); is && !known {
				d.Sources.Set(agency.String(), item.At)
			}
		}
	}
	if bytes.Equal(written, canonical) {
		return nil
	}
	value, err := plan.DocumentValue(written)
	d.Settings = plan.Attributes{settingWritten: value}
	return err
}

// writtenPolicy returns a manifest's statements as a document in the author's order. Resources that are paths or names of agencies
// become URIs.
func writtenPolicy(statements *plan.Node) ([]byte, error) {
	parts := make([][]byte, 0, len(statements.Elements()))
	for _, node := range statements.Elements() {
		statement := slices.Concat([]byte(`{"Effect":`), node.Get("effect").AppendJSON(nil), []byte(`,"Action":`),
			node.Get("actions").AppendJSON(nil))
		if form, items := resourcesOf(node.Get("resources")); len(items) > 0 {
			texts := make([]string, len(items))
			for i, item := range items {
				texts[i] = item.String()
				if agency, is := agencyNamed(texts[i]); is {
					texts[i] = agency.String()
				}
			}
			raw, err := encode(texts)
			if err != nil {
				return nil, err
			}
			if form == uriForm {
				raw = slices.Concat([]byte(`{"uri":`), raw, []byte("}"))
			}
			statement = slices.Concat(statement, []byte(`,"Resource":`), raw)
		}
		if condition := node.Get("condition"); condition != nil {
			statement = slices.Concat(statement, []byte(`,"Condition":`), condition.AppendJSON(nil))
		}
		parts = append(parts, append(statement, '}'))
	}
	written := slices.Concat([]byte(`{"Statement":[`), bytes.Join(parts, []byte(",")), []byte("]}"))
	if !json.Valid(written) {
		return nil, fmt.Errorf("%w: it cannot be written as JSON", errBadPolicy)
	}
	return written, nil
}

// resourceForm is how the API takes the resources of a statement.
type resourceForm uint8

const (
	noForm resourceForm = iota
	// fiveParts are texts such as "obs:*:*:bucket:logs", in a list.
	fiveParts
	// uriForm are paths such as "/iam/agencies/ID", in an object.
	uriForm
)

// resourcesOf returns the resources of a statement and their form, that of the first one where they are mixed.
func resourcesOf(node *plan.Node) (form resourceForm, items []*plan.Node) {
	if uris := node.Get("uri"); uris != nil {
		if uris.Kind == plan.Text {
			return uriForm, []*plan.Node{uris}
		}
		return uriForm, uris.Elements()
	}
	items = node.Elements()
	if len(items) == 0 {
		return noForm, nil
	}
	return formOf(items[0].String()), items
}

func formOf(resource string) resourceForm {
	if strings.HasPrefix(resource, "/") || strings.HasPrefix(resource, agencyPrefix) {
		return uriForm
	}
	return fiveParts
}

// checkStatements refuses what no schema can tell about statements. It reports whether they can be sent.
func (x *expansion) checkStatements(policy addr.Address, statements *plan.Node) bool {
	before := len(x.problems)
	for _, statement := range statements.Elements() {
		for _, action := range statement.Get("actions").Elements() {
			x.checkAction(action)
		}
		form, items := resourcesOf(statement.Get("resources"))
		for _, item := range items {
			text := item.String()
			if own := formOf(text); own != form {
				x.problem(item.At, "resources of two forms", "give the statement resources of one form, and write another statement for the others",
					"%s: %q does not go with %q: the API takes texts of five parts, or paths and agencies, and not both in one statement",
					policy, text, items[0].String())
				break
			}
			if _, is := agencyNamed(text); !is && strings.HasPrefix(text, agencyPrefix) {
				x.problem(item.At, "bad address", "write agency/NAME, with %2F for a slash in the name, and %3A for a colon",
					"%s: %q is not the address of one agency", policy, text)
			}
		}
	}
	return !slices.ContainsFunc(x.problems[before:], func(p plan.Problem) bool { return !p.Warning })
}

// checkAction refuses an action that has not the three parts of the documentation. What only leaves parts out may be live: the cloud
// decides.
func (x *expansion) checkAction(action *plan.Node) {
	parts := strings.Split(action.String(), ":")
	report := x.problem
	switch short := len(parts) == 2 || action.String() == "*"; {
	case len(parts) == 3 && !slices.Contains(parts, ""):
		return
	case short && !slices.Contains(parts, ""):
		report = x.warning
	}
	report(action.Position(), "action without three parts",
		"write service:resource:operation, such as obs:object:GetObject; * stands for any text",
		"%q has not the three parts service:resource:operation", action.String())
}

// scopeTypes are the role types behind the scopes of custom policies.
var scopeTypes = map[string]string{"project": "XA", "global": "AX"}

// typeOfScope returns the role type of a policy's scope, "" for an unknown scope.
func typeOfScope(scope string) string { return scopeTypes[scope] }

// scopeOfType is the inverse of typeOfScope; a type that no scope has is returned as it is, so that it shows as a
// difference.
func scopeOfType(roleType string) string {
	for _, scope := range slices.Sorted(maps.Keys(scopeTypes)) {
		if scopeTypes[scope] == roleType {
			return scope
		}
	}
	return roleType
}
