package render

import (
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// auditJSON is the element of an account. What it has in common with [driftJSON] has the same keys.
type auditJSON struct {
	Account       plan.Account       `json:"account"`
	Cloud         plan.Cloud         `json:"cloud"`
	Now           string             `json:"now,omitempty"`
	Summary       auditSummaryJSON   `json:"summary"`
	Findings      []plan.Finding     `json:"findings"`
	Principals    []principalJSON    `json:"principals"`
	Chains        []access.Chain     `json:"chains"`
	MoreChains    int                `json:"moreChains,omitempty"`
	ChainsCut     bool               `json:"chainsCut,omitempty"`
	ForeignTrusts []foreignTrustJSON `json:"foreignTrusts"`
	Expired       []differenceJSON   `json:"expired"`
	Lost          []lostJSON         `json:"lost"`
	Unused        []unusedJSON       `json:"unused"`
	NotRead       []plan.NotRead     `json:"notRead"`
	NotCompared   []plan.NotCompared `json:"notCompared"`
	Warnings      []string           `json:"warnings"`
	Error         *failureJSON       `json:"error,omitempty"`
}

type auditSummaryJSON struct {
	Resources map[string]int `json:"resources"`
	Findings  int            `json:"findings"`
	High      int            `json:"high"`
	Medium    int            `json:"medium"`
	Low       int            `json:"low"`
	Accepted  int            `json:"accepted"`

	Principals     int `json:"principals"`
	Foreign        int `json:"foreign"`
	Administrators int `json:"administrators"`
}

type principalJSON struct {
	Principal     string         `json:"principal"`
	Foreign       bool           `json:"foreign"`
	Administrator bool           `json:"administrator"`
	Through       []passageJSON  `json:"through"`
	Powers        []access.Power `json:"powers"`
}

type passageJSON struct {
	Address       addr.Address   `json:"address"`
	Lifetime      string         `json:"lifetime,omitempty"`
	Endless       bool           `json:"endless"`
	Expires       string         `json:"expires,omitempty"`
	Expired       bool           `json:"expired"`
	CutOff        bool           `json:"cutOff,omitempty"`
	Administrator bool           `json:"administrator"`
	Grants        []addr.Address `json:"grants"`
}

type foreignTrustJSON struct {
	Address  addr.Address `json:"address"`
	Trusts   string       `json:"principal"`
	Lifetime string       `json:"lifetime,omitempty"`
	Endless  bool         `json:"endless"`
	Expires  string       `json:"expires,omitempty"`
	Expired  bool         `json:"expired"`
}

type lostJSON struct {
	Address addr.Address `json:"address"`
	Kind    string       `json:"kind"`
	ID      string       `json:"id"`
}

type unusedJSON struct {
	Address addr.Address `json:"address"`
	Reason  string       `json:"reason"`
}

// encodeAudit has the moment that it was judged at only with o.ShowNow; see [encodeDrift].
func encodeAudit(a *plan.Audit, failure *failureJSON, o Options) auditJSON {
	by, accepted := ofSeverity(a.Findings)
	ways := access.Delta{Chains: a.Chains}.Published()
	out := auditJSON{
		Account: a.Account, Cloud: a.Cloud,
		Summary: auditSummaryJSON{
			Resources: map[string]int{}, Findings: len(a.Findings) - len(accepted), Accepted: len(accepted),
			High: len(by[plan.High]), Medium: len(by[plan.Medium]), Low: len(by[plan.Low]), Principals: len(a.Principals),
		},
		Findings:   plan.PublishedFindings(a.Account, a.Findings),
		Principals: make([]principalJSON, len(a.Principals)), Chains: ways.Chains, MoreChains: a.MoreChains, ChainsCut: a.ChainsCut,
		ForeignTrusts: make([]foreignTrustJSON, len(a.ForeignTrusts)), Expired: encodeDifferences(a.Expired, o),
		Lost: make([]lostJSON, len(a.Lost)), Unused: make([]unusedJSON, len(a.Unused)),
		NotRead: list(a.NotRead), NotCompared: list(a.NotCompared), Warnings: list(a.Warnings), Error: failure,
	}
	if o.ShowNow {
		out.Now = a.Now.UTC().Format(time.RFC3339)
	}
	for _, t := range a.Roots {
		out.Summary.Resources[t.Type] = t.Count
	}
	for i := range a.Principals {
		who := &a.Principals[i]
		out.Principals[i] = encodePrincipal(who)
		if who.Foreign {
			out.Summary.Foreign++
		}
		if who.Administrator {
			out.Summary.Administrators++
		}
	}
	for i := range a.ForeignTrusts {
		t := &a.ForeignTrusts[i]
		out.ForeignTrusts[i] = foreignTrustJSON{
			Address: t.Root, Trusts: t.Principal, Lifetime: t.Lifetime, Endless: t.Endless, Expires: moment(t.Expires), Expired: t.Expired,
		}
	}
	for i, l := range a.Lost {
		out.Lost[i] = lostJSON(l)
	}
	for i, u := range a.Unused {
		out.Unused[i] = unusedJSON(u)
	}
	return out
}

func encodePrincipal(who *plan.Principal) principalJSON {
	powers := access.Delta{Principals: []access.PrincipalDelta{{Gained: who.Powers}}}.Published()
	out := principalJSON{
		Principal: who.Name, Foreign: who.Foreign, Administrator: who.Administrator, Through: make([]passageJSON, len(who.Through)),
		Powers: powers.Principals[0].Gained,
	}
	for i := range who.Through {
		at := &who.Through[i]
		out.Through[i] = passageJSON{
			Address: at.Root, Lifetime: at.Lifetime, Endless: at.Endless, Expires: moment(at.Expires), Expired: at.Expired, CutOff: at.CutOff,
			Administrator: at.Administrator, Grants: []addr.Address{},
		}
		for _, g := range at.Grants {
			if grants := &out.Through[i].Grants; g.By != at.Root && (len(*grants) == 0 || (*grants)[len(*grants)-1] != g.By) {
				*grants = append(*grants, g.By)
			}
		}
	}
	return out
}

// moment is a time in UTC, "" for the zero time.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
