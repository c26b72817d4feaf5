package render

import (
	"io"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// ReportJSON writes reports in the format of the published schema "apply". Only elapsedMs differs between two runs that
// went the same way. Failures are as in [PlanJSON]; an account has either a report or a failure.
func ReportJSON(w io.Writer, reports []*engine.Report, failures ...*Failure) error {
	accounts := make([]any, len(reports))
	for i, r := range reports {
		if r == nil {
			accounts[i] = encodeFailed(failureAt(failures, i))
			continue
		}
		accounts[i] = encodeReport(r)
	}
	return writeAccounts(w, accounts)
}

type reportJSON struct {
	Account     plan.Account      `json:"account"`
	Summary     reportSummaryJSON `json:"summary"`
	Verified    bool              `json:"verified"`
	Interrupted bool              `json:"interrupted"`
	Results     []resultJSON      `json:"results"`
	Unverified  []unverifiedJSON  `json:"unverified"`
	LeftOut     []leftOutJSON     `json:"leftOut"`
}

type reportSummaryJSON struct {
	Applied   int `json:"applied"`
	Failed    int `json:"failed"`
	Skipped   int `json:"skipped"`
	Cancelled int `json:"cancelled"`
	Manual    int `json:"manual"`
	Blocked   int `json:"blocked"`
}

type resultJSON struct {
	Address   addr.Address  `json:"address"`
	Action    string        `json:"action"`
	Outcome   string        `json:"outcome"`
	Error     string        `json:"error,omitempty"`
	Attempts  int           `json:"attempts"`
	ElapsedMs int64         `json:"elapsedMs"`
	Cause     *addr.Address `json:"cause,omitempty"`
}

type leftOutJSON struct {
	Address addr.Address `json:"address"`
	Action  string       `json:"action"`
}

type unverifiedJSON struct {
	Address addr.Address `json:"address"`
	Reason  string       `json:"reason"`
}

func encodeReport(r *engine.Report) reportJSON {
	out := reportJSON{
		Account: r.Account,
		Summary: reportSummaryJSON{
			Applied: r.Count(engine.Applied), Failed: r.Count(engine.Failed), Skipped: r.Count(engine.Skipped),
			Cancelled: r.Count(engine.Cancelled), Manual: r.Count(engine.ByHand), Blocked: r.Count(engine.Blocked),
		},
		Verified:    r.Verified,
		Interrupted: r.Interrupted,
		Results:     make([]resultJSON, len(r.Results)),
		Unverified:  make([]unverifiedJSON, len(r.Unverified)),
		LeftOut:     make([]leftOutJSON, len(r.LeftOut)),
	}
	for i, l := range r.LeftOut {
		out.LeftOut[i] = leftOutJSON{Address: l.Address, Action: l.Action.String()}
	}
	for i := range r.Results {
		out.Results[i] = encodeResult(&r.Results[i])
	}
	for i, u := range r.Unverified {
		out.Unverified[i] = unverifiedJSON{Address: u.Address, Reason: u.Reason}
	}
	return out
}

func encodeResult(r *engine.Result) resultJSON {
	out := resultJSON{
		Address: r.Address, Action: r.Action.String(), Outcome: r.Outcome.String(), Attempts: r.Attempts,
		ElapsedMs: r.Elapsed.Milliseconds(),
	}
	if r.Err != nil {
		out.Error = r.Err.Error()
	}
	if !r.Cause.IsZero() {
		cause := r.Cause
		out.Cause = &cause
	}
	return out
}
