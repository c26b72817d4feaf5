package render

import (
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

type driftJSON struct {
	Account     plan.Account       `json:"account"`
	Cloud       plan.Cloud         `json:"cloud"`
	Now         string             `json:"now,omitempty"`
	Drifted     bool               `json:"drifted"`
	Summary     driftSummaryJSON   `json:"summary"`
	Changed     []differenceJSON   `json:"changed"`
	Missing     []differenceJSON   `json:"missing"`
	Unexpected  []differenceJSON   `json:"unexpected"`
	Expired     []differenceJSON   `json:"expired"`
	Expiring    []differenceJSON   `json:"expiring"`
	Managed     []plan.Managed     `json:"managed"`
	Findings    []plan.Finding     `json:"findings"`
	Who         *plan.Inquiry      `json:"who,omitempty"`
	Unmanaged   []addr.Address     `json:"unmanaged"`
	Besides     []besideJSON       `json:"besides"`
	NotRead     []plan.NotRead     `json:"notRead"`
	NotCompared []plan.NotCompared `json:"notCompared"`
	Remarks     []plan.Remark      `json:"remarks"`
	Warnings    []string           `json:"warnings"`
	Error       *failureJSON       `json:"error,omitempty"`
}

type driftSummaryJSON struct {
	Changed    int             `json:"changed"`
	Missing    int             `json:"missing"`
	Unexpected int             `json:"unexpected"`
	Expired    int             `json:"expired"`
	Expiring   int             `json:"expiring"`
	Findings   int             `json:"findings"`
	Accepted   int             `json:"accepted"`
	Unmanaged  int             `json:"unmanaged"`
	States     stateCountsJSON `json:"states"`
}

type stateCountsJSON struct {
	New      int `json:"new"`
	Worsened int `json:"worsened"`
	Overdue  int `json:"overdue"`
	Accepted int `json:"accepted"`
}

type differenceJSON struct {
	Address    addr.Address           `json:"address"`
	Type       string                 `json:"type"`
	ID         string                 `json:"id,omitempty"`
	Action     plan.Action            `json:"action,omitempty"`
	Reason     string                 `json:"reason,omitempty"`
	Attributes []plan.AttributeChange `json:"attributes"`
	With       []addr.Address         `json:"with"`
	Expires    string                 `json:"expires,omitempty"`
	Command    string                 `json:"command,omitempty"`
	Protected  bool                   `json:"protected"`
	Manual     []plan.Manual          `json:"manual"`
	Seen       string                 `json:"seen,omitempty"`
	Wanted     string                 `json:"wanted,omitempty"`
	State      plan.State             `json:"state,omitempty"`

	StateReason string        `json:"stateReason,omitempty"`
	Accepted    plan.Accepted `json:"accepted,omitzero"`
	Trace       *plan.Trace   `json:"trace,omitempty"`
	Source      sourceJSON    `json:"source,omitzero"`
	Entry       plan.Notes    `json:"entry,omitzero"`
}

// encodeDrift has the moment of the check only with o.ShowNow, so that without it the same drift gives the same bytes at
// any time.
func encodeDrift(d *plan.Drift, failure *failureJSON, o Options) driftJSON {
	counting, states := len(plan.AtLeast(d.Findings, plan.Low)), d.States()
	out := driftJSON{
		Account: d.Account,
		Cloud:   d.Cloud,
		Drifted: d.Drifted(),
		Summary: driftSummaryJSON{
			Changed: len(d.Changed), Missing: len(d.Missing), Unexpected: len(d.Unexpected), Expired: len(d.Expired),
			Expiring: len(d.Expiring), Findings: counting, Accepted: len(d.Findings) - counting, Unmanaged: len(d.Unmanaged),
			States: stateCountsJSON{
				New: states[plan.StateNew], Worsened: states[plan.StateWorsened], Overdue: states[plan.StateOverdue],
				Accepted: states[plan.StateAccepted],
			},
		},
		Changed:     encodeDifferences(d.Changed, o),
		Missing:     encodeDifferences(d.Missing, o),
		Unexpected:  encodeDifferences(d.Unexpected, o),
		Expired:     encodeDifferences(d.Expired, o),
		Expiring:    encodeDifferences(d.Expiring, o),
		Managed:     list(d.Managed),
		Findings:    plan.PublishedFindings(d.Account, d.Findings),
		Who:         d.Who,
		Unmanaged:   list(d.Unmanaged),
		Besides:     encodeBesides(d.Besides),
		NotRead:     list(d.NotRead),
		NotCompared: list(d.NotCompared),
		Remarks:     list(d.Remarks),
		Warnings:    list(d.Warnings),
		Error:       failure,
	}
	if o.ShowNow {
		out.Now = d.Now.UTC().Format(time.RFC3339)
	}
	return out
}

func encodeDifferences(differences []plan.Difference, o Options) []differenceJSON {
	out := make([]differenceJSON, len(differences))
	for i, d := range differences {
		out[i] = differenceJSON{
			Address: d.Address, Type: d.Address.Type(), ID: d.ID, Action: d.Action, Reason: d.Reason, Attributes: list(d.Attributes),
			With: list(d.With), Protected: d.Protected, Manual: list(d.Manual), Seen: d.Seen, Wanted: d.Wanted,
			State: d.State, StateReason: d.StateReason, Accepted: d.Accepted, Trace: d.Trace,
			Source: sourceJSON{d.Source.File, d.Source.Line}, Entry: d.Notes,
		}
		if !d.Expires.IsZero() {
			out[i].Expires, out[i].Command = d.Expires.UTC().Format(time.RFC3339), o.renew(&d)
		}
	}
	return out
}
