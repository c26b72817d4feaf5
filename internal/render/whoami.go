package render

import (
	"io"

	"github.com/agencyctl/agencyctl/plan"
)

// Caller is what is known about the credentials for one account, and what they need.
type Caller struct {
	// Account is whose account calls are made in; what the manifest names where that could not be found out.
	Account plan.Account `json:"account"`
	Cloud   plan.Cloud   `json:"cloud"`
	// Identity is nil where nobody asked.
	Identity *CallerIdentity `json:"identity,omitempty"`
	// Manifest is nil without a manifest.
	Manifest    *CallerManifest    `json:"manifest,omitempty"`
	Endpoints   []CallerEndpoint   `json:"endpoints"`
	Permissions *CallerPermissions `json:"permissions,omitempty"`
	// Check is nil where nothing was to be tried.
	Check *CallerCheck `json:"check,omitempty"`
	// Failure is why the account could not be asked; the text view leaves it to standard error.
	Failure *CallerFailure `json:"error,omitempty"`
}

// CallerIdentity is who the cloud takes the caller for.
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

// CallerEndpoint is where the calls of a service go, and who said so.
type CallerEndpoint struct {
	Service string `json:"service"`
	URL     string `json:"url"`
	Source  string `json:"source"`
}

// CallerPermissions are the least permissions for a command.
type CallerPermissions struct {
	// For is the command: "plan" or "apply".
	For string `json:"for"`
	// Policies are ready to be pasted, Actions the same actions with reasons.
	Policies []PolicyDocument `json:"policies"`
	Actions  []CallerAction   `json:"actions"`
	// AlsoNeeded are calls that no fine-grained action is documented for.
	AlsoNeeded []CallerNeed `json:"alsoNeeded"`
}

// CallerAction is one action and what it is for.
type CallerAction struct {
	Action string `json:"action"`
	Scope  string `json:"scope"`
	Why    string `json:"why"`
}

// CallerNeed is something without an action. Role is a predefined role that allows it, "" where none is documented.
type CallerNeed struct {
	Role  string `json:"role"`
	Scope string `json:"scope"`
	Why   string `json:"why"`
}

// Reads is how trying the reads ended.
type Reads string

// The endings.
const (
	ReadsAllowed  Reads = "allowed"
	ReadsRefused  Reads = "refused"
	ReadsFailed   Reads = "failed"
	ReadsNotTried Reads = "not tried"
)

// CallerCheck is what trying showed. Writes are never tried.
type CallerCheck struct {
	Reads Reads `json:"reads"`
	// Problems say what was refused, what failed, or why nothing was tried.
	Problems []string       `json:"problems"`
	NotRead  []plan.NotRead `json:"notRead"`
}

// CallerFailure is an error as scripts read it.
type CallerFailure struct {
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// CallersJSON writes callers in the format of the published schema "whoami".
func CallersJSON(w io.Writer, callers []Caller) error {
	complete := make([]Caller, len(callers))
	for i, c := range callers {
		c.Endpoints = list(c.Endpoints)
		if c.Permissions != nil {
			p := *c.Permissions
			p.Policies, p.Actions, p.AlsoNeeded = list(p.Policies), list(p.Actions), list(p.AlsoNeeded)
			c.Permissions = &p
		}
		if c.Check != nil {
			check := *c.Check
			check.Problems, check.NotRead = list(check.Problems), list(check.NotRead)
			c.Check = &check
		}
		complete[i] = c
	}
	return writeAccounts(w, complete)
}
