package render

import (
	"io"
	"strings"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
)

// codeQualityJSON is one element of GitLab's Code Quality report.
type codeQualityJSON struct {
	Description string `json:"description"`
	CheckName   string `json:"check_name"`
	Fingerprint string `json:"fingerprint"`
	// Severity must be there: GitLab drops an element without one and says nothing.
	Severity string              `json:"severity"`
	Location codeQualityLocation `json:"location"`
}

type codeQualityLocation struct {
	Path  string `json:"path"`
	Lines struct {
		Begin int `json:"begin"`
	} `json:"lines"`
}

// writeCodeQuality is the format "gitlab-codequality": one array with the results of the run and of all accounts, the gravest of each
// first. GitLab lays elements of one fingerprint together, so no two have the same. A failed run has an element of severity "blocker".
func writeCodeQuality(w io.Writer, r Report, o Options) error {
	all := []codeQualityJSON{}
	add := func(account string, results []result) {
		for i := range results {
			all = append(all, codeQuality(account, &results[i], o))
		}
	}
	add("", resultsOfRun(&r, o))
	for i := range r.Accounts {
		a := &r.Accounts[i]
		name := ""
		if len(r.Accounts) > 1 {
			name = a.Account.String()
		}
		add(name, resultsOf(r.Kind, a, o))
	}
	return writeIndented(w, all)
}

func codeQuality(account string, r *result, o Options) codeQualityJSON {
	text := strings.ReplaceAll(resultText(r), "\n", ". ")
	if account != "" {
		text = "account " + account + ": " + text
	}
	if !r.accepted.IsZero() {
		text = "accepted until " + r.accepted.ReviewBy + " (" + r.accepted.Reason + "): " + text
	}
	element := codeQualityJSON{
		Description: Clean(text), CheckName: Clean(r.rule), Fingerprint: r.fingerprint, Severity: codeQualitySeverity(r.weight),
	}
	path, _ := o.file(r.at)
	element.Location.Path, element.Location.Lines.Begin = Clean(path), line(r.at)
	return element
}

func codeQualitySeverity(w weight) string {
	switch w {
	case broken:
		return "blocker"
	case grave:
		return "critical"
	case major:
		return "major"
	case minor:
		return "minor"
	case informs:
	}
	return "info"
}

// terraformJSON is what GitLab's widget for plans reads. It takes whole numbers alone, and other keys mean nothing to it.
type terraformJSON struct {
	Create int `json:"create"`
	Update int `json:"update"`
	Delete int `json:"delete"`
	// Manual and Blocked count the changes that only a person can make, and those that are held back.
	Manual  int `json:"manual,omitempty"`
	Blocked int `json:"blocked,omitempty"`
	// LeftOut counts the changes that a selection leaves out, or that a saved plan does not have.
	LeftOut int `json:"leftOut,omitempty"`
}

// writeTerraform is the format "gitlab-terraform": what a plan changes, or what an apply has changed, in all accounts together. The
// document of a failed run has none of the keys, so that the widget says that no report could be made: any number would be read as a plan.
func writeTerraform(w io.Writer, r Report, o Options) error {
	failures := failuresOf(&r)
	if len(failures) > 0 {
		return writeLine(w, map[string]string{"error": Clean(strings.Join(failures, "; "))})
	}
	var sum terraformJSON
	for i := range r.Accounts {
		switch a := &r.Accounts[i]; {
		case r.Kind == Plan && a.Plan != nil:
			for i := range a.Plan.Changes {
				sum.count(a.Plan.Changes[i].Action)
			}
			sum.LeftOut += len(a.Plan.LeftOut)
		case r.Kind == Apply && a.Apply != nil:
			for _, made := range a.Apply.Results {
				if made.Outcome == engine.Applied || !made.Action.Writes() {
					sum.count(made.Action)
				}
			}
			sum.LeftOut += len(a.Apply.LeftOut)
		}
	}
	return writeLine(w, sum)
}

func (t *terraformJSON) count(a plan.Action) {
	switch a {
	case plan.Create:
		t.Create++
	case plan.Update:
		t.Update++
	case plan.Delete:
		t.Delete++
	case plan.ByHand:
		t.Manual++
	case plan.Blocked:
		t.Blocked++
	}
}

// failuresOf says why the run or its accounts failed; none where all is well.
func failuresOf(r *Report) (failures []string) {
	if r.Failure != nil {
		failures = append(failures, "run failed: "+r.Failure.message())
	}
	for i := range r.Accounts {
		if f := r.Accounts[i].failure(); f != nil {
			failures = append(failures, "account "+r.Accounts[i].Account.String()+" failed: "+f.message())
		}
	}
	return failures
}
