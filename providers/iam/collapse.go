package iam

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// Collapse implements [providers.Provider]. Entries are sorted by name, and lists of roles by text.
func (Provider) Collapse(live []plan.Live, catalogue *plan.Catalogue) map[string][]*plan.Node {
	children := map[addr.Address][]plan.Live{}
	var agencies, policies []plan.Live
	for _, l := range live {
		switch {
		case l.ServiceMade:
		case l.Address.Type() == directory.TypeAgency:
			agencies = append(agencies, l)
		case l.Address.Type() == directory.TypePolicy:
			policies = append(policies, l)
		case l.Address.Type() == directory.TypeGrant:
			children[l.Parent] = append(children[l.Parent], l)
		}
	}
	byAddress := func(a, b plan.Live) int { return addr.Compare(a.Address, b.Address) }
	slices.SortFunc(agencies, byAddress)
	slices.SortFunc(policies, byAddress)
	sections := map[string][]*plan.Node{}
	for _, l := range policies {
		if node := policyEntry(l); node != nil {
			sections[sectionPolicies] = append(sections[sectionPolicies], node)
		}
	}
	for _, l := range agencies {
		if node := agencyEntry(l, children[l.Address], catalogue); node != nil {
			sections[sectionAgencies] = append(sections[sectionAgencies], node)
		}
	}
	return sections
}

// agencyEntry returns the manifest entry of an agency, nil for one that no entry can describe.
func agencyEntry(l plan.Live, grants []plan.Live, catalogue *plan.Catalogue) *plan.Node {
	t, ok := directory.TrustOf(l.Resource)
	if !ok {
		return nil
	}
	trusted := mapNode()
	add(trusted, t.Kind, plan.NewText(t.Value))
	entry := mapNode()
	add(entry, "name", plan.NewText(directory.NameOf(l.Address)))
	add(entry, "trust", trusted)
	if description, _ := l.Attributes[attributeDescription].AsString(); description != "" {
		add(entry, "description", plan.NewText(description))
	}
	if duration, _ := l.Attributes[attributeDuration].AsString(); duration != "" && duration != forever {
		add(entry, "duration", plan.NewText(duration))
	}
	if node := grantsNode(grants, catalogue); node != nil {
		add(entry, keyGrants, node)
	}
	return entry
}

// grantsNode returns the grants of one agency, nil when there are none.
func grantsNode(grants []plan.Live, catalogue *plan.Catalogue) *plan.Node {
	roles := map[directory.Place][]string{}
	for _, l := range grants {
		grant, ok := directory.GrantOf(l.Resource)
		if !ok {
			continue
		}
		text := grant.Role.String()
		if e, err := catalogue.Lookup(directory.KindRole, grant.Role); err == nil {
			text = written(grant.Role, e)
		}
		roles[grant.Place] = append(roles[grant.Place], text)
	}
	return grantLists(roles)
}

// grantLists returns the manifest's list of grants of roles by place, nil when there are none. It sorts the roles in place.
func grantLists(roles map[directory.Place][]string) *plan.Node {
	if len(roles) == 0 {
		return nil
	}
	places := make([]directory.Place, 0, len(roles))
	for place := range roles {
		places = append(places, place)
	}
	slices.SortFunc(places, func(a, b directory.Place) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), strings.Compare(a.Name, b.Name))
	})
	node := mapNode()
	for _, place := range places {
		slices.Sort(roles[place])
		list := textList(roles[place])
		switch place.Scope {
		case directory.Domain:
			add(node, "domain", list)
		case directory.AllProjects:
			add(node, "allProjects", list)
		case directory.OneProject:
			add(under(node, "projects"), place.Name, list)
		case directory.EnterpriseProject:
			add(under(node, "enterpriseProjects"), place.Name, list)
		}
	}
	return node
}

// policyEntry returns the manifest entry of a custom policy, nil for one that no entry can describe.
func policyEntry(l plan.Live) *plan.Node {
	segments := l.Address.Segments()
	scope, _ := l.Attributes[attributeScope].AsString()
	if len(segments) != 1 || segments[0].Qualifier != "" || typeOfScope(scope) == "" {
		return nil
	}
	document, _ := l.Attributes[attributeStatements].AsDocument()
	statements := statementNodes(document)
	if statements == nil {
		return nil
	}
	entry := mapNode()
	add(entry, "name", plan.NewText(segments[0].Text))
	if description, _ := l.Attributes[attributeDescription].AsString(); description != "" {
		add(entry, "description", plan.NewText(description))
	}
	add(entry, "scope", plan.NewText(scope))
	add(entry, "statements", statements)
	return entry
}

// statementNodes turns the canonical document of a policy into a manifest's list, nil when a manifest cannot say it.
func statementNodes(document string) *plan.Node {
	var policy struct {
		Statement []map[string]json.RawMessage `json:"Statement"`
	}
	if json.Unmarshal([]byte(document), &policy) != nil || len(policy.Statement) == 0 {
		return nil
	}
	list := &plan.Node{Kind: plan.List}
	for _, statement := range policy.Statement {
		node := mapNode()
		for key, raw := range statement {
			if !slices.Contains(statementOrder[:], key) || len(raw) == 0 {
				return nil
			}
		}
		var effect string
		var actions []string
		if json.Unmarshal(statement["Effect"], &effect) != nil || json.Unmarshal(statement["Action"], &actions) != nil {
			return nil
		}
		add(node, "effect", plan.NewText(effect))
		add(node, "actions", textList(actions))
		if raw, ok := statement["Resource"]; ok {
			resources, ok := resourceTexts(raw)
			if !ok {
				return nil
			}
			add(node, "resources", textList(resources))
		}
		if raw, ok := statement["Condition"]; ok {
			condition, err := plan.NodeOf(raw)
			if err != nil {
				return nil
			}
			add(node, "condition", condition)
		}
		list.Items = append(list.Items, node)
	}
	return list
}

// resourceTexts reads both forms of a statement's resources: a list of five parts, and paths and agencies under "uri".
func resourceTexts(raw json.RawMessage) (resources []string, ok bool) {
	form := fiveParts
	if json.Unmarshal(raw, &resources) != nil {
		var object map[string][]string
		if json.Unmarshal(raw, &object) != nil || len(object) != 1 || len(object["uri"]) == 0 {
			return nil, false
		}
		form, resources = uriForm, object["uri"]
	}
	return resources, !slices.ContainsFunc(resources, func(text string) bool { return formOf(text) != form })
}

func textList(texts []string) *plan.Node {
	list := &plan.Node{Kind: plan.List}
	for _, text := range texts {
		list.Items = append(list.Items, plan.NewText(text))
	}
	return list
}

func mapNode() *plan.Node { return &plan.Node{Kind: plan.Map} }

func add(node *plan.Node, key string, value *plan.Node) {
	node.Entries = append(node.Entries, plan.Pair{Key: key, Value: value})
}

// under returns the map below key, made if it is not there.
func under(node *plan.Node, key string) *plan.Node {
	if existing := node.Get(key); existing != nil {
		return existing
	}
	made := mapNode()
	add(node, key, made)
	return made
}
