// Package render turns what a command found out into what a person or a script reads. There is one [Report], and one file
// for each format that it can go out in; see [Formats].
//
// Everything here is a pure function from values to bytes: the same input gives the same bytes. The one exception is
// [Progress], which draws on a terminal while the engine works.
//
// Names and descriptions come from manifests and from the cloud, so strangers write them. All text passes through [Clean],
// which makes control characters, invisible characters and changes of writing direction visible: no description can move the
// cursor, forge a line or hide a word. JSON escapes the same characters. Each format adds the escapes of what it is written in.
//
// Start reading at [Report].
package render

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
)

// Format writes a report. The same report and options give the same bytes. The error is that of w, or says what cannot
// be encoded.
type Format func(w io.Writer, r Report, o Options) error

// Formats returns all output formats by name. A new one is a file with its function, and a line here: help, error messages
// and commands take them from this table.
func Formats() map[string]Format {
	return map[string]Format{
		"text":     writeText,
		"json":     writeJSON,
		"markdown": writeMarkdown,
		"html":     writeHTML,
		"sarif":    writeSARIF,
		"junit":    writeJUnit,

		"gitlab-codequality": writeCodeQuality,
		"gitlab-terraform":   writeTerraform,
		"textfile":           writeTextfile,
	}
}

// Report is what one command found out, in all of its accounts.
type Report struct {
	Kind Kind
	// Accounts are the results, in the order in which they are shown.
	Accounts []Account
	// Problems are what validate found, or what is wrong with the input as a whole, in the order in which they are shown.
	Problems []plan.Problem
	// Part is set for what one account has of a larger report, whose rest is written elsewhere.
	Part bool
	// Failure says why the run as a whole failed; nil when it did not. An account may have failed all the same.
	Failure *Failure
}

// Kind names the command that a report is of, and the published schema of its JSON.
type Kind string

// The kinds. A saved plan that is shown is a Plan.
const (
	Plan     Kind = "plan"
	Drift    Kind = "drift"
	Audit    Kind = "audit"
	Apply    Kind = "apply"
	Whoami   Kind = "whoami"
	Validate Kind = "validate"
	List     Kind = "list"
)

// Account is what became of one account: the result that the report's kind asks for, or a Failure, or both where there is
// a result that must not be used. Formats show the result of the report's kind only; an apply has its plan as well.
type Account struct {
	// Account is the account as its manifest names it.
	Account plan.Account
	Plan    *plan.Plan
	Drift   *plan.Drift
	Audit   *plan.Audit
	Apply   *engine.Report
	Caller  *Caller
	Listing *Listing
	// Trust is who may act in the account before and after the plan; nil where nobody asked for it.
	Trust *plan.TrustGraph
	// Resources is how many resources the manifest asks for; only validate tells it.
	Resources int
	// At is where the manifest names the account, and Desired are the resources that it asks for: formats that name places take them
	// from there. Both may be missing.
	At      plan.Position
	Desired []plan.Desired
	Failure *Failure
}

// failure returns why the account is no success, also where its result tells; nil when all is well.
func (a *Account) failure() *Failure {
	switch {
	case a.Failure != nil:
		return a.Failure
	case a.Apply != nil && a.Apply.Interrupted:
		return &Failure{Kind: Interrupted, Err: errors.New(reportFoot(a.Apply))}
	case a.Apply != nil && !a.Apply.OK():
		return &Failure{Kind: Failed, Err: errors.New(reportFoot(a.Apply))}
	case a.Caller != nil && a.Caller.Wrong() != "":
		return &Failure{Kind: Refused, Err: errors.New(a.Caller.Wrong())}
	}
	return nil
}

// FailureKind says what kind of failure it is, so that a script need not read the message. The published schemas list all
// of them; those that a service answers have no constant here.
type FailureKind string

// The kinds that are not the answer of a service.
const (
	Refused     FailureKind = "refused"     // by us, before anything was sent
	Interrupted FailureKind = "interrupted" // by the user
	TimedOut    FailureKind = "timeout"     // by the limit that the user has set
	Failed      FailureKind = "failed"      // anything else
)

// Failure says why there is no result, or one that must not be used. Err, Problems or both are set.
type Failure struct {
	Kind     FailureKind
	Err      error
	Problems []plan.Problem
}

// message returns what went wrong, on one or more lines.
func (f *Failure) message() string {
	var lines []string
	if f.Err != nil {
		lines = append(lines, f.Err.Error())
	}
	for _, p := range f.Problems {
		p.Hint = ""
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// hints returns what to do about it, one hint a line, each once; "" for nothing.
func (f *Failure) hints(o Options) string {
	hints := []string{o.hint(f.Err)}
	for _, p := range f.Problems {
		hints = append(hints, p.Hint)
	}
	slices.Sort(hints)
	hints = slices.DeleteFunc(slices.Compact(hints), func(h string) bool { return h == "" })
	return strings.Join(hints, "\n")
}

// Options say how a report is written. The zero Options are plain text of unbroken lines.
type Options struct {
	// Color adds ANSI colours. They never carry a meaning that the characters do not.
	Color bool
	// Width is the number of columns, which no line of a plan, a drift or an apply is wider than; 0 breaks no line.
	Width int
	// Verbose writes all that is known. Without it, what stays as it was is told in a few words.
	Verbose bool
	// Several says that the run is about more than one account.
	Several bool
	// ShowNow prints the moment at which a drift was judged. Without it the output depends on no clock.
	ShowNow bool
	// Alone says that nobody reads standard error beside the document, so that text tells failures too.
	Alone bool
	// FromFile says that the plan comes from a file, which cannot prove all that it says.
	FromFile bool
	// Hint says what to do about an error, "" for nothing. May be nil.
	Hint func(error) string
	// Renew returns the command line that renews what a difference is about, and touches no other root. May be nil.
	Renew func(*plan.Difference) string
	// Repository and Directory are the absolute paths of the repository, to which formats for its host give the paths of files, and of
	// the folder that the run's own paths are relative to.
	Repository, Directory string
	// Inputs are the files and folders that the run was given, in order, with "-" for standard input.
	Inputs []string
	// Rule returns what the documentation says of a rule, "" for nothing. May be nil.
	Rule func(id string) string
	// Version is that of the program.
	Version string
}

// unprovenNote stands behind what a plan from a file says and cannot prove.
func (o Options) unprovenNote() string {
	if o.FromFile {
		return ", as told by whoever made the plan"
	}
	return ""
}

// renew returns the command that renews an expired resource, "" where none does: what is protected is not renewed.
func (o Options) renew(d *plan.Difference) string {
	if o.Renew == nil || d.Expires.IsZero() || d.Protected {
		return ""
	}
	return o.Renew(d)
}

func (o Options) hint(err error) string {
	if o.Hint == nil || err == nil {
		return ""
	}
	return o.Hint(err)
}
