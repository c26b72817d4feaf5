package cli

import (
	"errors"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// callerIdentity is an identity as views show it.
func callerIdentity(i providers.Identity) *render.CallerIdentity {
	c := &render.CallerIdentity{
		AccountConfirmed: i.AccountConfirmed, Kind: i.Kind, Source: i.Source, Principal: i.Principal, Assumed: i.Assumed,
	}
	if !i.Expires.IsZero() {
		c.Expires = i.Expires.UTC().Format(time.RFC3339)
	}
	return c
}

// matches holds the manifest's account against what the cloud said. What only the credentials claim proves nothing.
func matches(wanted plan.Account, i providers.Identity) render.Matches {
	switch {
	case !i.AccountConfirmed:
		return render.MatchesUnknown
	case wanted.ID != "" && i.Account.ID != "" && wanted.ID != i.Account.ID, wanted.Name != "" && i.Account.Name != "" && wanted.Name != i.Account.Name:
		return render.MatchesNo
	case wanted.ID != "" && i.Account.ID == "", wanted.Name != "" && i.Account.Name == "":
		return render.MatchesUnknown
	}
	return render.MatchesYes
}

// leastPermissions asks the services what the manifest needs for plan or apply.
func (a *app) leastPermissions(m *plan.Manifest, purpose string) *render.CallerPermissions {
	desired, _ := engine.Validate(a.env.Registry, m)
	all := a.env.Registry.Permissions(desired, m)
	needed := all.ForPlan()
	if purpose == forApply {
		needed = all.ForApply()
	}
	result := &render.CallerPermissions{For: purpose}
	actions := map[providers.PermissionScope][]string{}
	for _, p := range needed {
		if p.Action == "" {
			result.AlsoNeeded = append(result.AlsoNeeded, render.CallerNeed{Role: p.Role, Scope: string(p.Scope), Why: p.Why})
			continue
		}
		actions[p.Scope] = append(actions[p.Scope], p.Action)
		result.Actions = append(result.Actions, render.CallerAction{Action: p.Action, Scope: string(p.Scope), Why: p.Why})
	}
	for _, scope := range []providers.PermissionScope{providers.GlobalScope, providers.ProjectScope} {
		result.Policies = append(result.Policies, render.PolicyDocuments(string(scope), actions[scope])...)
	}
	return result
}

// assumedNeed is what the credentials need in their own account to assume an agency.
func assumedNeed(agency string) render.CallerNeed {
	return render.CallerNeed{
		Role: "Agent Operator", Scope: string(providers.GlobalScope),
		Why: "assume " + agency + ": the credentials need it in their own account, or a policy there that allows iam:agencies:assume for that agency alone",
	}
}

// readsProblem is how reads ended that did not all succeed. Joined errors stand on lines of their own.
func readsProblem(err error) *render.CallerCheck {
	reads := render.ReadsFailed
	if errors.Is(err, providers.ErrDenied) {
		reads = render.ReadsRefused
	}
	return &render.CallerCheck{Reads: reads, Problems: strings.Split(err.Error(), "\n")}
}
