package iam

import (
	"encoding/json"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// policy reads a custom policy, which Terraform's providers call a role.
func (c terraformCloud) policy(attributes providers.TerraformAttributes) (providers.TerraformMeaning, error) {
	o := terraformObject{attributes: attributes, entry: mapNode()}
	name, scope, content := "name", "type", "policy"
	if c.statements {
		name, scope, content = "display_name", "display_layer", "statement"
	}
	if err := o.identify(name); err != nil {
		return o.meaning, err
	}
	o.meaning.Root, o.meaning.Section = directory.PolicyAddress(plan.Reference{Name: o.meaning.Name}), sectionPolicies
	o.description()
	if !o.sensitive(attributeScope, scope) {
		if known := terraformScope(o.text(scope)); known != "" {
			add(o.entry, attributeScope, plan.NewText(known))
		} else {
			o.notCompared(attributeScope, "the state has none that is known")
		}
	}
	if !o.sensitive(attributeStatements, content) {
		o.content(c)
	}
	if o.entry.Has(attributeScope) && o.entry.Has(attributeStatements) { // an entry without them cannot be said
		o.meaning.Entry = o.entry
	}
	return o.meaning, nil
}

// terraformScope returns the scope of a policy, "" for none that is known: one provider stores the type of a role, the other a word.
func terraformScope(stored string) string {
	switch stored {
	case "AX", "domain":
		return "global"
	case "XA", "project":
		return "project"
	}
	return ""
}

// content reads the statements of a policy. What the state has beside them in a statement is refused as a whole.
func (o *terraformObject) content(c terraformCloud) {
	document := []byte(o.text("policy"))
	if c.statements {
		document = terraformStatements(o.attributes.Known.Get("statement"))
		o.notCompared(attributeStatements, "Terraform's provider does not store conditions")
	}
	canonical, err := canonicalPolicy(document, asWritten)
	if err != nil {
		canonical = nil
	}
	statements := statementNodes(string(canonical))
	if statements == nil {
		o.notCompared(attributeStatements, "the state has them in a form that is not understood")
		return
	}
	if len(urisOf(canonical)) > 0 {
		o.notCompared(attributeStatements, "the state names resources by their ids")
	}
	add(o.entry, attributeStatements, statements)
}

// terraformStatements returns the document of a policy whose statements are blocks.
func terraformStatements(blocks *plan.Node) []byte {
	document := struct{ Statement []map[string]*plan.Node }{}
	for _, block := range blocks.Elements() {
		statement := map[string]*plan.Node{"Effect": block.Get("effect"), "Action": block.Get("action")}
		if resources := block.Get("resource"); len(resources.Elements()) > 0 {
			statement["Resource"] = resources
		}
		document.Statement = append(document.Statement, statement)
	}
	text, err := json.Marshal(document)
	if err != nil {
		return nil
	}
	return text
}
