package iam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// ruleDeceptiveName is about names that can be read as others.
const ruleDeceptiveName = "deceptive-name"

const hintDeceptiveTrust = "find out who that is: a stranger picks such a name to be taken for somebody else"

// name marks a name of an agency or a policy that can be read as another.
func (a *assessment) name(r *plan.Resource) {
	name := directory.NameOf(r.Address)
	if flaw := flawOf(name); flaw != "" {
		a.add(ruleDeceptiveName, plan.Medium, r, "", fmt.Sprintf("the name %+q %s", name, flaw),
			"find out who made it, and have it made anew under a plain name")
	}
}

// flawOfTrusted says how the name of a trusted account or service can be read as another, "" where it cannot.
func (a *assessment) flawOfTrusted(name string) string {
	flaw := flawOf(name)
	if flaw == "" {
		if other := plan.LooksLike(name, append(slices.Clone(a.accounts), a.manifest.Account.Name)); other != "" {
			flaw = fmt.Sprintf("looks like %+q and is another", other)
		}
	}
	if flaw == "" {
		return ""
	}
	return fmt.Sprintf("the trusted name %+q %s", name, flaw)
}

// flawOf says why a name is not what it seems, "" for one that is.
func flawOf(name string) string {
	if hidden := plan.HiddenIn(name); hidden != "" {
		return hidden
	}
	if scripts := plan.MixedScripts(name); scripts != nil {
		return "mixes letters of " + strings.Join(scripts, " and ") + " in one word"
	}
	return ""
}

// hintService is what to write where an account can only mean a service.
const hintService = "write service: "

// checkTrusted refuses the name of a trusted account that can only mean a service: as an account it would pass by the guardrail for
// services. It refuses a name that the eye does not see as it is: such an account can be meant by its id. Instead begins the hint
// that ends with the service.
func (x *expansion) checkTrusted(node *plan.Node, instead string) {
	at, name := node.Position(), node.String()
	if service, is := directory.ServiceNamed(name); is {
		if service == directory.ServicePrefix {
			service += "NAME"
		}
		x.problem(at, "service as an account", instead+service, "the account %+q can only mean a cloud service", name)
		return
	}
	if hidden := plan.HiddenIn(name); hidden != "" {
		x.problem(at, "deceptive name", "write the name without it, or mean the account by its id", "the account %+q %s", name, hidden)
	}
}

// checkGuardrails refuses such names among the accounts that may be trusted.
func (x *expansion) checkGuardrails() {
	for _, account := range x.manifest.Guardrails.Get(guardTrustedAccounts).Elements() {
		x.checkTrusted(account, "list it in guardrails.trustedServices: ")
	}
}
