package render

import (
	"io"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// The rules of the JSON documents:
//
//   - Each kind of report has a published schema, in schema/. The same report gives the same bytes, but for elapsedMs.
//   - What went wrong is in the document, whichever stage failed. A run that ends with 1, 3 or 130 has a problem that is no
//     warning, and one that ends with 0 or 2 has none. An account that failed has an error as well.
//   - No document of a failed run looks clean to a script that does not ask. So a failed account has the word "failed" in
//     the place of what a script would count: a list that is missing or empty has the length 0 in jq, a word has not. A run
//     that fails before its accounts are known has one element, for an account without a name.
const inPlaceOfResults = "failed"

// counted are the keys of an account's element that scripts count or test.
var counted = map[Kind][]string{
	Plan:  {"summary", "changes", "leaving", "rules", "findings"},
	Drift: {"summary", "drifted", "changed", "missing", "unexpected", "expired", "expiring", "findings"},
	Audit: {"summary", "findings", "principals", "expired"},
	Apply: {"summary", "results"},
	List:  {"total", "items"},
}

// writeJSON is the format "json", for scripts.
func writeJSON(w io.Writer, r Report, o Options) error {
	d := documentJSON{FormatVersion: plan.FormatVersion, Problems: encodeProblems(&r, o)}
	if r.Kind != Validate {
		accounts := r.Accounts
		if len(accounts) == 0 && r.Failure != nil {
			accounts = []Account{{Failure: r.Failure}}
		}
		d.Accounts = make([]any, len(accounts))
		for i := range accounts {
			d.Accounts[i] = encodeAccount(r.Kind, &accounts[i], o)
		}
	}
	return writeIndented(w, d)
}

type documentJSON struct {
	FormatVersion string        `json:"formatVersion"`
	Problems      []problemJSON `json:"problems"`
	Accounts      []any         `json:"accounts,omitzero"`
}

// problemJSON has all its keys but the account always: a script that prints them need not ask which are there.
type problemJSON struct {
	Account plan.Account `json:"account,omitzero"`
	File    string       `json:"file"`
	Line    int          `json:"line"`
	Column  int          `json:"column"`
	Summary string       `json:"summary"`
	Detail  string       `json:"detail"`
	Hint    string       `json:"hint"`
	Warning bool         `json:"warning"`
}

// encodeProblems returns all that is wrong: with the manifests, with the run, and with each account.
func encodeProblems(r *Report, o Options) []problemJSON {
	all := []problemJSON{}
	add := func(account plan.Account, problems ...plan.Problem) {
		for _, p := range problems {
			all = append(all, problemJSON{
				Account: account, File: p.At.File, Line: p.At.Line, Column: p.At.Column, Summary: p.Summary, Detail: p.Detail, Hint: p.Hint,
				Warning: p.Warning,
			})
		}
	}
	failed := func(account plan.Account, summary string, f *Failure) {
		if f.Err != nil {
			add(account, plan.Problem{Summary: summary, Detail: f.Err.Error(), Hint: o.hint(f.Err)})
		}
		add(account, f.Problems...)
	}
	add(plan.Account{}, r.Problems...)
	if r.Failure != nil {
		failed(plan.Account{}, "run failed", r.Failure)
	}
	for i := range r.Accounts {
		a := &r.Accounts[i]
		if f := a.failure(); f != nil {
			failed(a.Account, "account failed", f)
		}
	}
	return all
}

type failureJSON struct {
	Kind    FailureKind `json:"kind"`
	Message string      `json:"message"`
	Hint    string      `json:"hint"`
}

// encodeAccount returns an account's element: the result, the result with the error beside it, or the error alone. A result
// without any difference does not stand beside an error.
func encodeAccount(kind Kind, a *Account, o Options) any {
	f := a.failure()
	var failure *failureJSON
	if f != nil {
		failure = &failureJSON{Kind: f.Kind, Message: f.message(), Hint: f.hints(o)}
	}
	switch {
	case kind == Whoami && a.Caller != nil:
		return callerJSON{complete(*a.Caller), failure}
	case kind == List && a.Listing != nil && f == nil:
		return encodeListing(a.Listing)
	case kind == Apply && a.Apply != nil:
		return encodeReport(a.Apply, failure)
	case kind == Drift && a.Drift != nil && (f == nil || a.Drift.Drifted()):
		return encodeDrift(a.Drift, failure, o)
	case kind == Audit && a.Audit != nil && (f == nil || len(plan.AtLeast(a.Audit.Findings, plan.Low)) > 0):
		return encodeAudit(a.Audit, failure, o)
	case kind == Plan && a.Plan != nil && f == nil:
		return planFields(*a.Plan.Published()) // not the plan: what its MarshalJSON returns would be read and copied again
	case kind == Plan && a.Plan != nil && a.Plan.Differs():
		return refusedPlanJSON{planFields(*a.Plan.Published()), failure}
	}
	element := map[string]any{"account": a.Account, "error": failure}
	for _, key := range counted[kind] {
		element[key] = inPlaceOfResults
	}
	if kind == Apply {
		element["verified"] = false
	}
	return element
}

// refusedPlanJSON is a plan that must not be executed, with the error behind its keys.
type refusedPlanJSON struct {
	planFields
	Error *failureJSON `json:"error"`
}

// planFields has the fields of a plan, and not its MarshalJSON.
type planFields plan.Plan

// sourceJSON is a place in a manifest as far as outputs tell it.
type sourceJSON struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

type reportJSON struct {
	Account     plan.Account      `json:"account"`
	Summary     reportSummaryJSON `json:"summary"`
	Verified    bool              `json:"verified"`
	Interrupted bool              `json:"interrupted"`
	Results     []resultJSON      `json:"results"`
	Unverified  []unexpectedJSON  `json:"unverified"`
	Besides     []besideJSON      `json:"besides"`
	// ChangedByOthers is worth reading in a run that succeeded, too.
	ChangedByOthers []unexpectedJSON   `json:"changedByOthers"`
	LeftOut         []plan.LeftOut     `json:"leftOut"`
	NotRead         []plan.NotRead     `json:"notRead"`
	NotCompared     []plan.NotCompared `json:"notCompared"`
	Warnings        []string           `json:"warnings"`
	Error           *failureJSON       `json:"error,omitempty"`
}

type reportSummaryJSON struct {
	Applied   int `json:"applied"`
	Partly    int `json:"partly"`
	Failed    int `json:"failed"`
	Skipped   int `json:"skipped"`
	Cancelled int `json:"cancelled"`
	Manual    int `json:"manual"`
	Blocked   int `json:"blocked"`
}

type resultJSON struct {
	Address   addr.Address `json:"address"`
	Action    string       `json:"action"`
	Outcome   string       `json:"outcome"`
	Done      []string     `json:"done"`
	Open      []string     `json:"open"`
	Error     string       `json:"error,omitempty"`
	Attempts  int          `json:"attempts"`
	ElapsedMs int64        `json:"elapsedMs"`
	Cause     addr.Address `json:"cause,omitzero"`
}

// unexpectedJSON is a resource that was not read as the run should have left it.
type unexpectedJSON struct {
	Address    addr.Address           `json:"address"`
	Reason     string                 `json:"reason"`
	Attributes []plan.AttributeChange `json:"attributes"`
}

type besideJSON struct {
	Address addr.Address   `json:"address"`
	Grants  []addr.Address `json:"grants"`
}

func encodeBesides(all []plan.Beside) []besideJSON {
	out := make([]besideJSON, len(all))
	for i, b := range all {
		out[i] = besideJSON{Address: b.Address, Grants: list(b.Children)}
	}
	return out
}

// encodeReport says verified of a run that succeeded as a whole only: where a change failed, that the others were seen is
// no success.
func encodeReport(r *engine.Report, failure *failureJSON) reportJSON {
	out := reportJSON{
		Account: r.Account,
		Summary: reportSummaryJSON{
			Applied: r.Count(engine.Applied), Partly: r.Count(engine.Partly), Failed: r.Count(engine.Failed), Skipped: r.Count(engine.Skipped),
			Cancelled: r.Count(engine.Cancelled), Manual: r.Count(engine.ByHand), Blocked: r.Count(engine.Blocked),
		},
		Verified:    r.OK(),
		Interrupted: r.Interrupted,
		Results:     make([]resultJSON, len(r.Results)),
		Unverified:  encodeUnexpected(r.Unverified),
		Besides:     encodeBesides(r.Besides),

		ChangedByOthers: encodeUnexpected(r.ChangedByOthers),
		LeftOut:         append([]plan.LeftOut{}, r.LeftOut...),
		NotRead:         list(r.NotRead),
		NotCompared:     list(r.NotCompared),
		Warnings:        list(r.Warnings),
		Error:           failure,
	}
	for i := range r.Results {
		out.Results[i] = encodeResult(&r.Results[i])
	}
	return out
}

func encodeUnexpected(all []engine.Difference) []unexpectedJSON {
	out := make([]unexpectedJSON, len(all))
	for i, d := range all {
		out[i] = unexpectedJSON{Address: d.Address, Reason: d.Reason, Attributes: list(d.Attributes)}
	}
	return out
}

func encodeResult(r *engine.Result) resultJSON {
	out := resultJSON{
		Address: r.Address, Action: r.Action.String(), Outcome: r.Outcome.String(), Attempts: r.Attempts, ElapsedMs: r.Elapsed.Milliseconds(),
		Done: list(r.Done), Open: list(r.Open), Cause: r.Cause,
	}
	if r.Err != nil {
		out.Error = r.Err.Error()
	}
	return out
}

// callerJSON is a caller with the error beside it.
type callerJSON struct {
	Caller
	Error *failureJSON `json:"error,omitempty"`
}

// complete returns the caller with [] in the place of lists that are nil.
func complete(c Caller) Caller {
	c.Endpoints = list(c.Endpoints)
	if c.Permissions != nil {
		p := *c.Permissions
		p.Policies, p.Actions, p.AlsoNeeded = list(p.Policies), list(p.Actions), list(p.AlsoNeeded)
		p.Optional = list(p.Optional)
		c.Permissions = &p
	}
	if c.Check != nil {
		check := *c.Check
		check.Problems, check.NotRead = list(check.Problems), list(check.NotRead)
		c.Check = &check
	}
	return c
}
