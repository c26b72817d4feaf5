package render

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// What a notification names; the rest is counted. Who is woken by it reads a few lines, and then the report.
const (
	mostNotified         = 30
	mostNotifiedAccounts = 10
)

// Notification is what a report tells people who are not in front of it. All lines have passed through [Clean].
type Notification struct {
	// Subject is one line that says it all.
	Subject string
	// Accounts has a line for each account that is told of, none where the run is of one; Results has what is told. The gravest come first.
	Accounts, Results NotificationLines
	// Foot are the last lines, at most two.
	Foot []string
	// Document says the same to programs, as JSON on one line.
	Document []byte
}

// NotificationLines are lines, and how many there are beside them.
type NotificationLines struct {
	Lines []string
	More  int
}

// isLoud decides what wakes somebody: a failure, a difference, and a finding. What the manifest accepts does not, nor what is only told
// besides. It is the one place that decides so; [NotificationOf] and all of its counts follow.
func isLoud(r *result) bool { return r.effect == fails && r.accepted.IsZero() }

// notificationJSON is the document of a notification.
type notificationJSON struct {
	FormatVersion string                    `json:"formatVersion"`
	Command       Kind                      `json:"command"`
	Failed        bool                      `json:"failed"`
	Subject       string                    `json:"subject"`
	Look          string                    `json:"look"`
	Summary       notificationSummaryJSON   `json:"summary"`
	Accounts      []notificationAccountJSON `json:"accounts"`
	Results       []notificationResultJSON  `json:"results"`
	More          int                       `json:"more"`
}

// notificationSummaryJSON counts accounts: all of the run, those that are told of, and those that failed.
type notificationSummaryJSON struct {
	Accounts int `json:"accounts"`
	Loud     int `json:"loud"`
	Failed   int `json:"failed"`
}

// notificationAccountJSON is an account that is told of. The counts of a failed one are of what is known all the same.
type notificationAccountJSON struct {
	Account    plan.Account `json:"account"`
	Failed     bool         `json:"failed"`
	Changed    int          `json:"changed"`
	Missing    int          `json:"missing"`
	Unexpected int          `json:"unexpected"`
	Expired    int          `json:"expired"`
	Findings   int          `json:"findings"`
	// known says that the drift of a failed one is known all the same.
	known bool
}

// notificationResultJSON is one thing that is told. Account is nil for what is about none. A failure is of the highest severity.
type notificationResultJSON struct {
	Account     *plan.Account `json:"account"`
	Failed      bool          `json:"failed"`
	Severity    string        `json:"severity"`
	Rule        string        `json:"rule"`
	Address     addr.Address  `json:"address"`
	Attribute   string        `json:"attribute"`
	Text        string        `json:"text"`
	Fingerprint string        `json:"fingerprint"`
	// State is that of a difference.
	State plan.State  `json:"state,omitempty"`
	Trace *plan.Trace `json:"trace,omitempty"`
	// weight ranks it, and line tells it to people.
	weight weight
	line   string
}

// NotificationOf returns what a report tells people: its failures, and what is loud in each account. It is nil where nothing is. Look is
// the command that shows more.
func NotificationOf(r *Report, o Options, look string) (*Notification, error) {
	d := notificationJSON{FormatVersion: plan.FormatVersion, Command: r.Kind, Look: Clean(look)}
	d.Summary.Accounts = len(r.Accounts)
	d.Failed = d.add(nil, resultsOfRun(r, o), "").Failed
	for i := range r.Accounts {
		a := &r.Accounts[i]
		prefix := ""
		if len(r.Accounts) > 1 {
			prefix = accountName(a.Account) + ": "
		}
		account := identityOf(r.Kind, a)
		if told := d.add(&account, resultsOf(r.Kind, a, o), prefix); told.isLoud() {
			told.known = a.Drift != nil
			d.Accounts = append(d.Accounts, told)
			d.Summary.Loud++
			if told.Failed {
				d.Summary.Failed++
				d.Failed = true
			}
		}
	}
	if len(d.Results) == 0 {
		return nil, nil
	}
	isFinding := func(r *notificationResultJSON) int { // what differs comes before what the rules say of it
		if slices.Contains(plan.Classes(), r.Rule) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(d.Results, func(x, y notificationResultJSON) int {
		return cmp.Or(cmp.Compare(y.weight, x.weight), cmp.Compare(isFinding(&x), isFinding(&y)))
	})
	slices.SortStableFunc(d.Accounts, func(x, y notificationAccountJSON) int { return cmp.Compare(y.rank(), x.rank()) })
	d.More = max(0, len(d.Results)-mostNotified)
	d.Results = d.Results[:len(d.Results)-d.More]
	d.Subject = d.subject()
	return d.message(r)
}

// add adds what is loud among results of an account, nil for none, and counts it.
func (d *notificationJSON) add(account *plan.Account, results []result, prefix string) notificationAccountJSON {
	var told notificationAccountJSON
	if account != nil {
		told.Account = *account
	}
	for i := range results {
		r := &results[i]
		if !isLoud(r) {
			continue
		}
		text := toldOf(r)
		one := notificationResultJSON{
			Account: account, Failed: r.weight == broken, Severity: severityOf(r.weight), Rule: Clean(r.rule), Address: r.address,
			Attribute: r.attribute, Text: text, Fingerprint: r.fingerprint, State: r.state, Trace: r.trace,
			weight: r.weight,
		}
		switch count := told.class(r.rule); {
		case r.weight == broken:
			told.Failed, one.line = true, text
		case count != nil:
			*count++
			one.line = title(r.address.String()) + ": " + cmp.Or(r.short, text)
		default:
			told.Findings++
			one.line = one.Severity + " " + parts(": ", title(r.address.String()), text) + " (" + r.rule + ")"
		}
		one.line = Clean(prefix + one.line)
		d.Results = append(d.Results, one)
	}
	return told
}

// How many columns the name of an actor, and an address that was added, may have in few words.
const (
	maxActor = 60
	maxAdded = 80
)

// shortState says what has become of an accepted difference, in few words: "" where nobody accepted it.
func shortState(d *plan.Difference) string {
	switch d.State {
	case plan.StateOverdue:
		return string(d.State)
	case plan.StateWorsened:
		text := string(d.State)
		if len(d.Added) > 0 {
			text += ", added " + cutText(d.Added[0].String(), maxAdded)
		}
		if more := len(d.Added) - 1; more > 0 {
			text += " and " + strconv.Itoa(more) + " more"
		}
		return text
	case plan.StateNew, plan.StateAccepted:
	}
	return ""
}

// shortText says what is different in few words: what has become of it since it was accepted, the reason, who made it so, who is trusted,
// and what else differs by its name alone. Descriptions and documents are long, and strangers write them.
func shortText(class string, d *plan.Difference) string {
	text := parts("; ", parts(", ", class, shortState(d)), strings.ReplaceAll(d.Reason, "\n", "; "))
	if d.Trace != nil { // before what may be long: lines are cut at their end
		text += "; by " + cutText(d.Trace.Who, maxActor)
	}
	if len(d.With) > 0 {
		text += "; " + companions(d.With)
	}
	if class == "missing" {
		return text
	}
	var others []string
	for _, a := range d.Attributes {
		switch {
		case a.Name == attributeTrust && a.After.IsZero():
			text += "; " + a.Name + " " + jsonText(a.Before)
		case a.Name == attributeTrust:
			text += "; " + a.Name + " live " + jsonText(a.Before) + ", manifest " + jsonText(a.After)
		default:
			others = append(others, a.Name)
		}
	}
	if class == "changed" && len(others) > 0 {
		text += "; differs: " + strings.Join(others, ", ")
	}
	return text
}

// toldOf is what a result says, on one line: for a failure with its place in the manifest, and with what to do.
func toldOf(r *result) string {
	text := strings.ReplaceAll(r.text(), "\n", "; ")
	if r.weight == broken {
		text = parts(": ", r.at.String(), text)
		if r.hint != "" {
			text += "; " + labelHint + ": " + strings.ReplaceAll(r.hint, "\n", "; ")
		}
	}
	return Clean(text)
}

// severityOf is a weight as the severity of a finding.
func severityOf(w weight) string {
	switch w {
	case broken, grave:
		return plan.High.String()
	case major:
		return plan.Medium.String()
	case minor, informs:
	}
	return plan.Low.String()
}

// class returns the count of a class of differences, nil for another rule.
func (a *notificationAccountJSON) class(rule string) *int {
	for _, c := range a.classes() {
		if c.name == rule {
			return c.count
		}
	}
	return nil
}

type classCount struct {
	name  string
	count *int
}

func (a *notificationAccountJSON) classes() []classCount {
	return []classCount{{"changed", &a.Changed}, {"missing", &a.Missing}, {"unexpected", &a.Unexpected}, {"expired", &a.Expired}}
}

func (a *notificationAccountJSON) isLoud() bool { return a.Failed || a.counts() != "" }

// rank orders accounts: failures first, and then by how much there is.
func (a *notificationAccountJSON) rank() int {
	if a.Failed {
		return int(^uint(0) >> 1)
	}
	return a.Changed + a.Missing + a.Unexpected + a.Expired + a.Findings
}

// counts says what there is in an account: "1 changed, 2 findings".
func (a *notificationAccountJSON) counts() string {
	var all tally
	for _, c := range a.classes() {
		all.add(*c.count, c.name)
	}
	if a.Findings > 0 {
		all = append(all, plan.Counted(a.Findings, "finding"))
	}
	return all.String()
}

// says is what becomes of an account, in a few words.
func (a *notificationAccountJSON) says() string {
	switch counts := a.counts(); {
	case !a.Failed:
		return counts
	case !a.known:
		return "failed, its drift is not known"
	case counts == "":
		return "failed, no drift"
	default:
		return "failed, drift: " + counts
	}
}

// subject says on one line what there is.
func (d *notificationJSON) subject() string {
	const program = "agencyctl "
	command := program + string(d.Command)
	switch {
	case d.Summary.Accounts == 0:
		return command + " failed: nothing is known of any account"
	case d.Summary.Loud == 0:
		return command + " failed"
	case d.Summary.Accounts == 1:
		if d.Failed {
			command += " failed"
		}
		return Clean(parts(": ", command, "account "+accountName(d.Accounts[0].Account), d.Accounts[0].counts()))
	}
	all := " of " + plan.Counted(d.Summary.Accounts, "account")
	text := command + ": " + strconv.Itoa(d.Summary.Loud) + all + " not as their manifests say"
	if d.Summary.Failed > 0 {
		text = command + " failed in " + strconv.Itoa(d.Summary.Failed) + all
		if differ := d.Summary.Loud - d.Summary.Failed; differ > 0 {
			text += ", and " + strconv.Itoa(differ) + " not as the manifest says"
		}
	}
	return text
}

// message lays the document out for people.
func (d *notificationJSON) message(r *Report) (*Notification, error) {
	n := &Notification{Subject: d.Subject, Results: NotificationLines{More: d.More}}
	if d.Summary.Accounts > 1 {
		for i := range d.Accounts[:min(len(d.Accounts), mostNotifiedAccounts)] {
			a := &d.Accounts[i]
			n.Accounts.Lines = append(n.Accounts.Lines, Clean(accountName(a.Account)+": "+a.says()))
		}
		n.Accounts.More = len(d.Accounts) - len(n.Accounts.Lines)
	}
	for i := range d.Results {
		n.Results.Lines = append(n.Results.Lines, d.Results[i].line)
	}
	notRead := 0
	for i := range r.Accounts {
		if drift := r.Accounts[i].Drift; drift != nil {
			notRead += len(drift.NotRead)
		}
	}
	if notRead > 0 {
		n.Foot = append(n.Foot, "not read: "+plan.Counted(notRead, "part")+", which the report names")
	}
	n.Foot = append(n.Foot, "to look: "+d.Look)
	d.Accounts = list(d.Accounts)
	var document bytes.Buffer
	err := writeLine(&document, d)
	n.Document = bytes.TrimSpace(document.Bytes())
	return n, err
}
