package render

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// The rules of the JUnit documents, which GitLab, Jenkins and others read as tests:
//
//   - A suite is an account, and a test case is an address: each that the manifest asks for, that changes, that differs or that a finding
//     is about, once. A first case stands for the account itself: it tells warnings and what was not read, and is in error where the
//     account failed, whatever the reason.
//   - A case fails where a finding that nobody accepts, a difference, or a change that was not made is about it. It is in error where the
//     run could not do its work. What a plan would change is told, and is no failure, and so are findings of low severity outside drift;
//     what is blocked, left to a person or left out by a selection is skipped.
//   - There is no time and no host: the same report gives the same bytes.

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Cases    []*junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Line    int           `xml:"line,attr,omitempty"`
	Failure *junitVerdict `xml:"failure"`
	Error   *junitVerdict `xml:"error"`
	Skipped *junitVerdict `xml:"skipped"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitVerdict struct {
	Message string `xml:"message,attr,omitempty"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// writeJUnit is the format "junit".
func writeJUnit(w io.Writer, r Report, o Options) error {
	suites := junitSuites{Name: "agencyctl " + string(r.Kind)}
	if general := resultsOfRun(&r, o); r.Kind == Validate || len(general) > 0 || len(r.Accounts) == 0 {
		s := newJUnit(r.Kind, "agencyctl", o)
		s.at("the run", plan.Position{})
		for i := range general {
			s.result(&general[i])
		}
		suites.add(s)
	}
	for i := range r.Accounts {
		if r.Kind != Validate {
			suites.add(junitAccount(r.Kind, &r.Accounts[i], o))
		}
	}
	text, err := xml.MarshalIndent(suites, "", "  ")
	if err != nil {
		return fmt.Errorf("encode output: %w", err)
	}
	_, err = w.Write(slices.Concat([]byte(xml.Header), text, []byte("\n")))
	return err
}

// junit collects the cases of one suite.
type junit struct {
	kind  Kind
	suite junitSuite
	index map[string]*junitCase
	o     Options
}

func newJUnit(kind Kind, name string, o Options) *junit {
	return &junit{kind: kind, suite: junitSuite{Name: Clean(name)}, index: map[string]*junitCase{}, o: o}
}

// at returns the case of that name, and makes it where there is none.
func (j *junit) at(name string, at plan.Position) *junitCase {
	name = Clean(name)
	if c := j.index[name]; c != nil {
		return c
	}
	path, _ := j.o.file(at)
	c := &junitCase{Name: name, Class: j.suite.Name, File: Clean(path), Line: line(at)}
	j.index[name] = c
	j.suite.Cases = append(j.suite.Cases, c)
	return c
}

func junitAccount(kind Kind, a *Account, o Options) *junit {
	account := identityOf(kind, a)
	j := newJUnit(kind, cmp.Or(account.String(), "unknown account"), o)
	j.at("the account", a.At)
	places := placesOf(a)
	var addresses []addr.Address
	for address, d := range places.desired {
		if !d.Absent {
			addresses = append(addresses, address)
		}
	}
	for address := range places.changes {
		addresses = append(addresses, address)
	}
	results := resultsOf(kind, a, o)
	for i := range results {
		if address := results[i].address; !address.IsZero() {
			addresses = append(addresses, address)
		}
	}
	slices.SortFunc(addresses, addr.Compare)
	if f := a.failure(); f == nil || len(places.changes) > 0 { // of a run that failed before it read anything, no case has passed
		for _, address := range slices.Compact(addresses) {
			j.at(address.String(), places.of(address, ""))
		}
	}
	if kind == Plan && a.Plan != nil {
		for i := range a.Plan.Changes {
			j.change(&a.Plan.Changes[i])
		}
	}
	if kind == Apply && a.Apply != nil {
		for i := range a.Apply.Results {
			made := &a.Apply.Results[i]
			if c := j.at(made.Address.String(), places.of(made.Address, "")); made.Action.Writes() { // of any other, its result tells
				c.print(made.Action.String() + " " + made.Outcome.String())
			}
		}
	}
	for i := range results {
		j.result(&results[i])
	}
	return j
}

func (j *junit) change(change *plan.Change) {
	c := j.at(change.Address.String(), change.Source)
	if !change.Action.Writes() { // its result tells
		return
	}
	c.print(change.Action.String())
	if change.Reason != "" {
		c.print(change.Reason)
	}
}

func (c *junitCase) print(text string) { c.Out += folded(text) + "\n" }

// result adds a result to the case of its address; a problem has a case of its own, by its place. What is about the whole account, or the
// whole run, goes to the first case.
func (j *junit) result(r *result) {
	name := r.address.String()
	switch {
	case name != "":
	case slices.Contains([]string{ruleRunFailed, ruleWarning, ruleNotRead, ruleRules}, r.rule):
		name = j.suite.Cases[0].Name
	default:
		parts := []string{r.at.String(), r.attribute, strings.TrimPrefix(r.rule, problemPrefix)}
		name = strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), " ")
	}
	c := j.at(name, r.at)
	text := r.text()
	saysIt := strings.HasPrefix(text, r.rule) || strings.HasPrefix(text, strings.ReplaceAll(r.rule, "-", " "))
	if !strings.HasPrefix(r.rule, problemPrefix) && !saysIt {
		text = r.rule + ": " + text
	}
	if r.hint != "" {
		text += " (" + r.hint + ")"
	}
	switch {
	case !r.accepted.IsZero():
		c.print("accepted until " + r.accepted.ReviewBy + ": " + r.accepted.Reason + ": " + text)
		return
	case r.effect == skips:
		c.Skipped = &junitVerdict{Message: Clean(r.text())}
		c.print(text)
		return
	case r.effect == tells || r.weight == minor && j.kind != Drift: // no failure of the run either
		c.print(text)
		return
	}
	verdict := &c.Failure
	if r.rule == ruleRunFailed {
		verdict = &c.Error
	}
	if *verdict == nil {
		*verdict = &junitVerdict{Message: Clean(r.text()), Type: Clean(r.rule)}
	}
	(*verdict).Text += folded(text) + "\n"
}

// add ends a suite and counts its cases.
func (s *junitSuites) add(j *junit) {
	suite := j.suite
	for _, c := range suite.Cases {
		suite.Tests++
		if c.Error != nil || c.Failure != nil { // one verdict a case: consumers count the first
			c.Skipped = nil
		}
		switch {
		case c.Error != nil:
			suite.Errors++
			if c.Failure != nil {
				c.Error.Text, c.Failure = c.Error.Text+c.Failure.Text, nil
			}
		case c.Failure != nil:
			suite.Failures++
		case c.Skipped != nil:
			suite.Skipped++
		}
	}
	s.Tests, s.Failures, s.Errors, s.Skipped = s.Tests+suite.Tests, s.Failures+suite.Failures, s.Errors+suite.Errors, s.Skipped+suite.Skipped
	s.Suites = append(s.Suites, suite)
}
