package render

import (
	"encoding/json"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// Caller describes the credentials for one account: whose they are, and the permissions that they need.
type Caller struct {
	// Account is the account that calls are made in; that of the manifest if the cloud was not asked, or did not answer.
	Account plan.Account `json:"account"`
	Cloud   plan.Cloud   `json:"cloud"`
	// Identity is nil if the cloud was not asked, or did not answer.
	Identity *CallerIdentity `json:"identity,omitempty"`
	// Manifest is nil without a manifest.
	Manifest    *CallerManifest    `json:"manifest,omitempty"`
	Endpoints   []CallerEndpoint   `json:"endpoints"`
	Permissions *CallerPermissions `json:"permissions,omitempty"`
	// Check is nil where nothing was to be tried.
	Check *CallerCheck `json:"check,omitempty"`
}

// Wrong says why the credentials are not good for the account; "" if they are, or if nobody asked.
func (c *Caller) Wrong() string {
	switch {
	case c.Identity == nil:
		return ""
	case !c.Identity.AccountConfirmed:
		return "the cloud did not confirm whose account it is"
	case c.Manifest != nil && c.Manifest.Matches == MatchesNo:
		return "the credentials belong to another account than the manifest is for"
	case c.Manifest != nil && c.Manifest.Matches == MatchesUnknown:
		return "the cloud did not tell enough to compare its account with that of the manifest"
	case c.Check != nil && c.Check.Reads != ReadsAllowed:
		return "reads " + string(c.Check.Reads) + ": " + strings.Join(c.Check.Problems, "\n")
	}
	return ""
}

// CallerIdentity is the cloud's answer to who the caller is.
type CallerIdentity struct {
	AccountConfirmed bool   `json:"accountConfirmed"`
	Kind             string `json:"kind"`
	Source           string `json:"source"`
	Principal        string `json:"principal,omitempty"`
	Assumed          string `json:"assumed,omitempty"`
	// Expires is an RFC 3339 time in UTC, "" for never or not known.
	Expires string `json:"expires,omitempty"`
}

// Matches says whether the caller's account is the manifest's.
type Matches string

// The answers.
const (
	MatchesYes     Matches = "yes"
	MatchesNo      Matches = "no"
	MatchesUnknown Matches = "unknown"
)

// CallerManifest is the account that the manifest is for.
type CallerManifest struct {
	Account plan.Account `json:"account"`
	Matches Matches      `json:"matches"`
}

// CallerEndpoint is the address of a service, and who chose it.
type CallerEndpoint struct {
	Service string `json:"service"`
	URL     string `json:"url"`
	Source  string `json:"source"`
}

// CallerPermissions are the least permissions for a command.
type CallerPermissions struct {
	// For is the command: "plan", "drift" or "apply".
	For string `json:"for"`
	// Policies are ready to be pasted, Actions the same actions with reasons.
	Policies []PolicyDocument `json:"policies"`
	Actions  []CallerAction   `json:"actions"`
	// AlsoNeeded are calls that no fine-grained action is documented for.
	AlsoNeeded []CallerNeed `json:"alsoNeeded"`
	// Optional are actions that no policy above has, and that a drift goes without.
	Optional []CallerAction `json:"optional"`
}

// CallerAction is one action and what it is for.
type CallerAction struct {
	Action string `json:"action"`
	Scope  string `json:"scope"`
	Why    string `json:"why"`
}

// CallerNeed is a call for which no action is documented. Role is a predefined role that allows it, "" if none is documented.
type CallerNeed struct {
	Role  string `json:"role"`
	Scope string `json:"scope"`
	Why   string `json:"why"`
}

// Reads is the result of trying the reads.
type Reads string

// The results.
const (
	ReadsAllowed  Reads = "allowed"
	ReadsRefused  Reads = "refused"
	ReadsFailed   Reads = "failed"
	ReadsNotTried Reads = "not tried"
)

// CallerCheck is the result of trying the calls of a plan. Writes are never tried.
type CallerCheck struct {
	Reads Reads `json:"reads"`
	// Problems say which reads were refused or failed, or why none was tried.
	Problems []string       `json:"problems"`
	NotRead  []plan.NotRead `json:"notRead"`
}

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
