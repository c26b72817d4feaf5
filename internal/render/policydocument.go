package render

import "encoding/json"

// The limits of a custom policy. Source: IAM API reference, "Creating a custom policy for cloud services".
const (
	maxStatementActions = 100
	maxPolicyStatements = 8
	maxPolicyCharacters = 6144
)

// PolicyDocument is a custom policy ready to be pasted into the cloud's console.
type PolicyDocument struct {
	// Scope is where it is granted: "global" or "project". A policy of the cloud is for one of the two.
	Scope    string `json:"scope"`
	Document policy `json:"document"`
}

// policy has the keys of the cloud's policy language.
type policy struct {
	Version   string            `json:"Version"`
	Statement []policyStatement `json:"Statement"`
}

type policyStatement struct {
	Effect string   `json:"Effect"`
	Action []string `json:"Action"`
}

// PolicyDocuments returns policies that allow the actions in the scope, in the given order: one, or as many as the cloud's
// limits on the length of a policy and of its statements make it. None for no actions.
func PolicyDocuments(scope string, actions []string) []PolicyDocument {
	var documents []PolicyDocument
	var current []string
	for _, action := range actions {
		longer := append(current[:len(current):len(current)], action)
		if len(current) > 0 && !allowing(longer).fits() {
			documents = append(documents, PolicyDocument{scope, allowing(current)})
			longer = []string{action}
		}
		current = longer
	}
	if len(current) > 0 {
		documents = append(documents, PolicyDocument{scope, allowing(current)})
	}
	return documents
}

// allowing makes one policy of the actions.
func allowing(actions []string) policy {
	p := policy{Version: "1.1"}
	for len(actions) > 0 {
		n := min(len(actions), maxStatementActions)
		p.Statement = append(p.Statement, policyStatement{Effect: "Allow", Action: actions[:n]})
		actions = actions[n:]
	}
	return p
}

// fits reports whether the cloud takes the policy as it is printed.
func (p policy) fits() bool {
	return len(p.Statement) <= maxPolicyStatements && len(p.text()) <= maxPolicyCharacters
}

// text is the policy as people paste it.
func (p policy) text() string {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(text)
}
