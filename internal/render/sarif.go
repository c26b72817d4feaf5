package render

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// The rules of the SARIF documents (SARIF 2.1.0, as GitHub's code scanning takes it):
//
//   - One run is one account, and its automationDetails.id is the category that GitHub keeps alerts under. What is about no account, such
//     as a manifest that cannot be read, stands in a run of its own, which is there also when it is empty: its alerts are then
//     closed. Where the accounts leave no room for it, it stands in the first.
//   - Results are findings, the differences of a drift, changes that are blocked, left to a person or left out, problems, warnings, and
//     what makes a run fail. The gravest stand first: GitHub shows the first 5,000. What the manifest accepts, and what was not read or
//     not compared, is no result; each is a notification.
//   - A rule of SARIF is a rule and a severity ("administrator-role/high"), because GitHub takes the severity from the rule, and the
//     same rule can be grave here and slight there.
//   - partialFingerprints hold the fingerprint of the finding, so that an alert stays the same when lines move.
//   - A failed run has executionSuccessful false, a notification and a result: nobody reads it as clean.
//   - The limits of GitHub are kept. What is left out is counted in a notification and in a result.
//   - Names from the cloud are plain text: no message has a link.

// The limits of GitHub on one file. SARIFRuns is also that of accounts in one file.
const (
	SARIFRuns       = 20
	sarifResults    = 25_000 // of a run
	sarifNotes      = 1_000  // of a run, by our own choice
	sarifCompressed = 10 << 20
)

// ruleMoreResults is that of the result which counts what these limits leave out.
const ruleMoreResults = "more-results"

// writeSARIF is the format "sarif", for code scanning. More accounts than SARIFRuns are an error.
func writeSARIF(w io.Writer, r Report, o Options) error {
	if len(r.Accounts) > SARIFRuns && r.Kind != Validate {
		return fmt.Errorf("a SARIF file takes %d accounts at most, and these are %d", SARIFRuns, len(r.Accounts))
	}
	contents := sarifContents(&r, o)
	for most := sarifResults; ; {
		log := sarifLog{Schema: sarifSchema, Version: "2.1.0"}
		longest := 0
		for i := range contents {
			log.Runs = append(log.Runs, contents[i].run(most, o))
			longest = max(longest, min(most, len(contents[i].results)))
		}
		text, compressed, err := encodeWithin(log, sarifCompressed)
		if err != nil {
			return err
		}
		if compressed <= sarifCompressed || longest <= 1 {
			_, err = w.Write(text)
			return err
		}
		most = max(1, int(float64(longest)*min(0.9, 0.95*sarifCompressed/float64(compressed))))
	}
}

// sarifContent is what one run tells.
type sarifContent struct {
	category string
	account  plan.Account
	results  []result
	notes    []result // what only informs
	failed   bool
}

// sarifContents returns the contents of all runs of a report.
func sarifContents(r *Report, o Options) []sarifContent {
	general := sarifContent{category: "agencyctl/"}
	general.take(resultsOfRun(r, o))
	general.failed = r.Failure != nil
	if r.Kind == Validate || len(r.Accounts) == 0 {
		return []sarifContent{general}
	}
	contents := make([]sarifContent, len(r.Accounts), len(r.Accounts)+1)
	for i := range r.Accounts {
		a := &r.Accounts[i]
		c := &contents[i]
		c.account = identityOf(r.Kind, a)
		c.category = "agencyctl/" + sarifCategory(a.Account) + "/"
		c.failed = a.failure() != nil
		c.take(resultsOf(r.Kind, a, o))
	}
	switch {
	case r.Part:
		return contents
	case len(contents) < SARIFRuns:
		return append(contents, general)
	}
	first := &contents[0]
	first.results = append(general.results, first.results...)
	first.failed = first.failed || general.failed
	return contents
}

// sarifCategory spells the account in the id of a run, whose last slash ends the category.
func sarifCategory(a plan.Account) string {
	return strings.ReplaceAll(strings.ReplaceAll(cmp.Or(Clean(a.String()), "unknown"), "%", "%25"), "/", "%2F")
}

// take sorts out what only informs: it opens no alert, and is not silent.
func (c *sarifContent) take(all []result) {
	for _, r := range all {
		if r.weight == informs {
			c.notes = append(c.notes, r)
		} else {
			c.results = append(c.results, r)
		}
	}
}

// run encodes the run with at most that many results. Where there are more, one of them counts those that are left out.
func (c *sarifContent) run(most int, o Options) sarifRun {
	shown := c.results
	invocation := sarifInvocation{ExecutionSuccessful: !c.failed}
	for i := range c.results {
		if c.results[i].rule == ruleRunFailed {
			invocation.note("error", c.results[i].text())
		}
	}
	var more *result
	if len(shown) > most {
		shown = shown[:most-1]
		count := len(c.results) - len(shown)
		more = &result{
			rule: ruleMoreResults, weight: c.results[len(shown)].weight, at: c.results[0].at,
			lines:       []string{plan.Counted(count, "more result") + ", least severe left out: a SARIF file has limits; the JSON output has all"},
			fingerprint: plan.Fingerprint(cmp.Or(c.account.ID, c.account.Name), ruleMoreResults),
		}
		invocation.note("warning", more.text())
	}
	for i := range c.notes[:min(len(c.notes), sarifNotes)] {
		n := &c.notes[i]
		if n.accepted.IsZero() {
			invocation.Notifications = append(invocation.Notifications, sarifNotification{"note", sarifText(resultText(n))})
			continue
		}
		text := fmt.Sprintf("accepted until %s: %s: %s [%s]", n.accepted.ReviewBy, n.address, n.text(), n.rule)
		invocation.note("note", text+": "+n.accepted.Reason)
	}
	if n := len(c.notes) - sarifNotes; n > 0 {
		invocation.note("note", plan.Counted(n, "more note")+" not listed here: the JSON output has all")
	}
	rules := sarifRules{index: map[string]int{}, text: o.Rule}
	run := sarifRun{
		Automation: sarifAutomation{ID: c.category}, Invocations: []sarifInvocation{invocation}, ColumnKind: "unicodeCodePoints",
		Language: sarifLanguage, Newlines: []string{"\r\n", "\n"},
		Results: make([]sarifResult, 0, len(shown)+1),
	}
	if more != nil {
		run.Results = append(run.Results, c.encode(more, &rules, o))
	}
	for i := range shown {
		run.Results = append(run.Results, c.encode(&shown[i], &rules, o))
	}
	run.Tool.Driver = sarifDriver{Name: "agencyctl", Version: o.Version, Language: sarifLanguage, Rules: list(rules.all)}
	return run
}

func (c *sarifContent) encode(r *result, rules *sarifRules, o Options) sarifResult {
	index := rules.of(r)
	out := sarifResult{
		RuleID: rules.all[index].ID, RuleIndex: index, Level: sarifLevel(r.weight),
		Message:      sarifText(resultText(r)),
		Fingerprints: map[string]string{"agencyctl/v1": r.fingerprint, "primaryLocationLineHash": r.fingerprint},
		Properties: sarifProperties{
			Account: c.account.String(), Rule: r.rule, Address: r.address.String(), Attribute: r.attribute, Hint: r.hint,
			State: string(r.state),
		},
	}
	location := sarifLocation{Physical: o.physical(r.at)}
	if !r.address.IsZero() {
		location.Logical = []sarifLogical{{Name: r.address.String(), Kind: "resource"}}
	}
	out.Locations = []sarifLocation{location}
	return out
}

// resultText is what a result says with what it is about and what to do, in sentences for a reader who sees nothing else.
func resultText(r *result) string {
	lines := make([]string, len(r.lines))
	for i := range lines {
		lines[i] = folded(r.lines[i])
	}
	text := strings.Join(lines, "\n")
	if !r.address.IsZero() {
		about := r.address.String()
		if r.attribute != "" {
			about += " " + r.attribute
		}
		text = about + ": " + text
	} else if r.attribute != "" {
		text = r.attribute + ": " + text
	}
	if r.hint != "" {
		text = strings.TrimSuffix(text, ".") + "\nWhat to do: " + folded(r.hint)
	}
	return text
}

// physical returns the place of a result. GitHub wants a path that is relative to the repository.
func (o Options) physical(at plan.Position) sarifPhysical {
	path, inside := o.file(at)
	p := sarifPhysical{Region: sarifRegion{StartLine: line(at), StartColumn: at.Column}}
	switch {
	case inside:
		p.Artifact = sarifArtifact{URI: escapePath(path), Base: "%SRCROOT%"}
	default:
		p.Artifact = sarifArtifact{URI: (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(path, "/")}).String()}
	}
	return p
}

func sarifLevel(w weight) string {
	switch w {
	case broken, grave:
		return "error"
	case major:
		return "warning"
	}
	return "note"
}

// sarifText makes a message of a text whose lines are ours: see [folded]. Characters that do not show are escaped, and no brackets make
// a link.
func sarifText(text string) sarifMessage {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.ReplaceAll(Clean(lines[i]), "](", "] (")
	}
	return sarifMessage{strings.Join(lines, "\n")}
}

// sarifHelp says what is meant by what is no rule of the documentation.
var sarifHelp = map[string]string{
	"changed":       "A resource is not as the manifest says. Have the manifest changed, or apply it.",
	"missing":       "A resource that the manifest lists is not there. Apply the manifest, or take the entry out.",
	"unexpected":    "A resource that the manifest owns and does not list is there. List it, or have it removed.",
	"expired":       "The life of a resource is over. Renew it, or take the entry out.",
	ruleUnverified:  "A resource was not read back as the run should have left it. Plan again.",
	ruleExpiring:    "A resource expires soon. Renew it, or let it end.",
	ruleLost:        "A resource refers to something that is deleted or hidden. Look it up in the console, and take the reference away.",
	ruleUnused:      "A service made a resource, and nothing that was read goes through it. Look in the console whether it can go.",
	ruleRunFailed:   "The run failed, so this file does not say all. Mend the cause, and run it again.",
	ruleMoreResults: "A SARIF file has limits. The JSON output has all results.",
	ruleLeftOut:     "A selection, or a saved plan, leaves out a change. Plan and apply the rest.",
	ruleOthers:      "Somebody else changed a resource during the run. Look who, and plan again.",
	ruleLeaving:     "The base lists a resource, and the manifest does not. Keep the entry, or see that the resource goes.",
	ruleWarning:     "Something about the account that a person should look at. It changes no exit code.",
	"manual":        "Only a person can make a change. Do what the message says, and plan again.",
	"blocked":       "A rule holds a change back. The message names it.",
	"failed":        "A change failed. Mend the cause, and apply again.",
	"partly":        "Only some of a change is made. Apply again for the rest.",
	"skipped":       "A change was not made, because another one that it needs was not.",
	"cancelled":     "A change was not made, because the run was interrupted. Apply again.",
}

// sarifRules are the rules of a run, in the order of their first result.
type sarifRules struct {
	all   []sarifRule
	index map[string]int
	text  func(string) string
}

// of returns the index of the rule of a result.
func (s *sarifRules) of(r *result) int {
	severity := map[weight]string{grave: "high", major: "medium", minor: "low"}[r.weight]
	id := r.rule
	if strings.HasPrefix(id, problemPrefix) { // what is wrong with the input has no severity
		severity = ""
	}
	if severity != "" {
		id += "/" + severity
	}
	if i, known := s.index[id]; known {
		return i
	}
	rule := sarifRule{
		ID: id, Name: r.rule, Short: sarifMessage{strings.ReplaceAll(strings.TrimPrefix(r.rule, problemPrefix), "-", " ")},
		Configuration: sarifConfiguration{sarifLevel(r.weight)}, Properties: sarifRuleProperties{Tags: []string{"agencyctl"}},
	}
	if severity != "" {
		rule.Properties.Tags = []string{"agencyctl", "security"}
		rule.Properties.Severity = map[weight]string{grave: "8.0", major: "5.0", minor: "2.0"}[r.weight]
	}
	help := sarifHelp[r.rule]
	if s.text != nil {
		help = cmp.Or(help, s.text(r.rule))
	}
	if strings.HasPrefix(r.rule, problemPrefix) {
		help = "A problem of the input. The message says what to write."
	}
	rule.Help = sarifText(cmp.Or(help, "A rule of agencyctl."))
	s.index[id] = len(s.all)
	s.all = append(s.all, rule)
	return len(s.all) - 1
}
