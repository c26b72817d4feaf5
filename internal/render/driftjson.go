package render

import (
	"io"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// DriftJSON writes drifts in the format of the published schema "drift". The moment of the check is in it only with
// o.ShowNow, so that without it the same drifts give the same bytes at any time. Failures are as in [PlanJSON].
func DriftJSON(w io.Writer, drifts []*plan.Drift, o Options, failures ...*Failure) error {
	accounts := make([]any, len(drifts))
	for i, d := range drifts {
		failure := failureAt(failures, i)
		if d == nil {
			accounts[i] = encodeFailed(failure)
			continue
		}
		out := encodeDrift(d, o)
		out.Error = failure
		accounts[i] = out
	}
	return writeAccounts(w, accounts)
}

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
	Findings    []plan.Finding     `json:"findings"`
	Unmanaged   []addr.Address     `json:"unmanaged"`
	NotRead     []plan.NotRead     `json:"notRead"`
	NotCompared []plan.NotCompared `json:"notCompared"`
	Warnings    []string           `json:"warnings"`
	Error       *Failure           `json:"error,omitempty"`
}

type driftSummaryJSON struct {
	Changed    int `json:"changed"`
	Missing    int `json:"missing"`
	Unexpected int `json:"unexpected"`
	Expired    int `json:"expired"`
	Findings   int `json:"findings"`
	Unmanaged  int `json:"unmanaged"`
}

type differenceJSON struct {
	Address    addr.Address           `json:"address"`
	Type       string                 `json:"type"`
	ID         string                 `json:"id,omitempty"`
	Reason     string                 `json:"reason,omitempty"`
	Attributes []plan.AttributeChange `json:"attributes"`
	With       []addr.Address         `json:"with"`
	Expires    string                 `json:"expires,omitempty"`
	Protected  bool                   `json:"protected"`
	Manual     []plan.Manual          `json:"manual"`
	Source     *sourceJSON            `json:"source,omitempty"`
	Entry      *plan.Notes            `json:"entry,omitempty"`
}

func encodeDrift(d *plan.Drift, o Options) driftJSON {
	out := driftJSON{
		Account: d.Account,
		Cloud:   d.Cloud,
		Drifted: d.Drifted(),
		Summary: driftSummaryJSON{
			Changed: len(d.Changed), Missing: len(d.Missing), Unexpected: len(d.Unexpected), Expired: len(d.Expired),
			Findings: len(d.Findings), Unmanaged: len(d.Unmanaged),
		},
		Changed:     encodeDifferences(d.Changed),
		Missing:     encodeDifferences(d.Missing),
		Unexpected:  encodeDifferences(d.Unexpected),
		Expired:     encodeDifferences(d.Expired),
		Findings:    list(d.Findings),
		Unmanaged:   list(d.Unmanaged),
		NotRead:     list(d.NotRead),
		NotCompared: list(d.NotCompared),
		Warnings:    list(d.Warnings),
	}
	if o.ShowNow {
		out.Now = d.Now.UTC().Format(time.RFC3339)
	}
	return out
}

func encodeDifferences(differences []plan.Difference) []differenceJSON {
	out := make([]differenceJSON, len(differences))
	for i, d := range differences {
		out[i] = differenceJSON{
			Address: d.Address, Type: d.Address.Type(), ID: d.ID, Reason: d.Reason, Attributes: list(d.Attributes),
			With: list(d.With), Protected: d.Protected, Manual: list(d.Manual), Source: encodeSource(d.Source), Entry: encodeNotes(d.Notes),
		}
		if !d.Expires.IsZero() {
			out[i].Expires = d.Expires.UTC().Format(time.RFC3339)
		}
	}
	return out
}
