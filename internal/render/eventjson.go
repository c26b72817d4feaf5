package render

import (
	"io"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan/addr"
)

type eventJSON struct {
	Event     string        `json:"event"`
	Account   string        `json:"account"`
	Address   *addr.Address `json:"address,omitempty"`
	Action    string        `json:"action,omitempty"`
	Outcome   string        `json:"outcome,omitempty"`
	Error     string        `json:"error,omitempty"`
	Cause     *addr.Address `json:"cause,omitempty"`
	Attempts  int           `json:"attempts,omitempty"`
	Done      int           `json:"done"`
	Total     int           `json:"total"`
	ElapsedMs int64         `json:"elapsedMs"`
}

// EventJSON writes one event as a line of JSON, for a log that machines read.
func EventJSON(w io.Writer, e engine.Event) error {
	line := eventJSON{
		Event: e.Kind.String(), Account: e.Account.String(), Done: e.Done, Total: e.Total, ElapsedMs: e.Elapsed.Milliseconds(),
	}
	if e.Change != nil {
		line.Address, line.Action = &e.Change.Address, e.Change.Action.String()
	}
	if r := e.Result; r != nil {
		line.Outcome, line.Attempts = r.Outcome.String(), r.Attempts
		if r.Err != nil {
			line.Error = r.Err.Error()
		}
		if !r.Cause.IsZero() {
			line.Cause = &r.Cause
		}
	}
	return writeLine(w, line)
}
