package render

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
)

// The rules of the metrics, which the textfile collector of Prometheus' node exporter reads:
//
//   - Names are fixed. Each has one HELP and one TYPE, its samples are sorted, and there are no timestamps: the collector refuses them.
//   - agencyctl_up has no label: 1 where the run and all of its accounts succeeded, else 0. A failed account has its
//     agencyctl_account_up, and beside it only what a failed apply did: nobody reads a count as zero that nobody has counted.
//   - What is counted is there as 0 too, so that a query finds it.
//   - One file for all accounts, or one for each with a run of its own; the same sample in two files makes the collector refuse both.

// sample is one line of a metric.
type sample struct {
	labels string
	value  int
}

// metric is a name with its samples.
type metric struct {
	name, help string
	samples    []sample
}

// add adds a sample; labels are names and values in turn. Of two with the same labels, as of manifests that turn out to be for one account,
// the smaller stays: the collector refuses a sample that is there twice.
func (m *metric) add(value int, labels ...string) {
	var b strings.Builder
	for i := 0; i+1 < len(labels); i += 2 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(labels[i] + `="` + labelEscapes.Replace(Clean(labels[i+1])) + `"`)
	}
	for i := range m.samples {
		if m.samples[i].labels == b.String() {
			m.samples[i].value = min(m.samples[i].value, value)
			return
		}
	}
	m.samples = append(m.samples, sample{b.String(), value})
}

// labelEscapes escape the value of a label. Line ends are escaped by Clean already.
var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// writeTextfile is the format "textfile".
func writeTextfile(w io.Writer, r Report, _ Options) error {
	m := newMetrics()
	up := 1
	if len(failuresOf(&r)) > 0 {
		up = 0
	}
	m.up.add(up)
	for i := range r.Accounts {
		m.account(r.Kind, &r.Accounts[i])
	}
	var b bytes.Buffer
	for _, one := range m.all() {
		if len(one.samples) == 0 {
			continue
		}
		slices.SortFunc(one.samples, func(x, y sample) int { return strings.Compare(x.labels, y.labels) })
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n", one.name, one.help, one.name)
		for _, s := range one.samples {
			if s.labels == "" {
				fmt.Fprintf(&b, "%s %d\n", one.name, s.value)
			} else {
				fmt.Fprintf(&b, "%s{%s} %d\n", one.name, s.labels, s.value)
			}
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

type metrics struct {
	accountUp, accepted, changes, differences, expiring, findings, live, liveManaged, managed, notRead, removable, results, states,
	unmanaged, unverified, up, warnings metric
}

func newMetrics() *metrics {
	named := func(name, help string) metric { return metric{name: "agencyctl_" + name, help: help} }
	return &metrics{
		accountUp:   named("account_up", "1 where the last run succeeded in the account, else 0."),
		accepted:    named("findings_accepted", "Findings that the manifest accepts."),
		changes:     named("changes", "Changes of the plan, by action; left-out are not in it, and leaving is what no manifest lists any more."),
		differences: named("drift_differences", "Differences of live state from the manifest that nobody accepted, by class."),
		expiring:    named("expiring", "Live resources that expire soon."),
		findings:    named("findings", "Findings that nobody accepted, by severity."),
		live:        named("live", "Live resources that stand for themselves, by type."),
		liveManaged: named("live_managed", "Those of agencyctl_live that the manifest lists or answers for, by type."),
		managed:     named("managed", "Resources that the manifest asks for."),
		notRead:     named("not_read", "Parts of the account that were not looked at."),
		removable:   named("drift_removable", "Entries of the manifest that may go, as an acceptance of what is no difference any more."),
		results:     named("results", "Changes of an apply, by what became of them; left-out are those that its plan did not have."),
		states:      named("drift_states", "Differences of live state from the manifest, accepted ones included, by state."),
		unmanaged:   named("unmanaged", "Live resources that the manifest is not responsible for."),
		unverified:  named("unverified", "Resources that were not read back as expected after an apply."),
		up:          named("up", "1 where the last run and all of its accounts succeeded, else 0."),
		warnings:    named("warnings", "Warnings about the account."),
	}
}

// all returns the metrics sorted by name.
func (m *metrics) all() []*metric {
	all := []*metric{
		&m.accountUp, &m.accepted, &m.changes, &m.differences, &m.expiring, &m.findings, &m.live, &m.liveManaged, &m.managed, &m.notRead,
		&m.removable, &m.results, &m.states, &m.unmanaged, &m.unverified, &m.up, &m.warnings,
	}
	slices.SortFunc(all, func(x, y *metric) int { return strings.Compare(x.name, y.name) })
	return all
}

func (m *metrics) account(kind Kind, a *Account) {
	name := []string{"account", cmp.Or(identityOf(kind, a).String(), a.Account.String())}
	if a.failure() != nil {
		m.accountUp.add(0, name...)
		if kind == Apply && a.Apply != nil {
			m.applied(a.Apply, name)
		}
		return
	}
	m.accountUp.add(1, name...)
	if a.Desired != nil {
		managed := 0
		for i := range a.Desired {
			if !a.Desired[i].Absent {
				managed++
			}
		}
		m.managed.add(managed, name...)
	}
	switch {
	case kind == Plan && a.Plan != nil:
		counts := map[plan.Action]int{}
		for i := range a.Plan.Changes {
			counts[a.Plan.Changes[i].Action]++
		}
		for action := plan.Create; action <= plan.Blocked; action++ {
			m.changes.add(counts[action], append(name, "action", action.String())...)
		}
		m.changes.add(len(a.Plan.LeftOut), append(name, "action", ruleLeftOut)...)
		m.changes.add(untouched(a.Plan.Leaving), append(name, "action", ruleLeaving)...)
		m.unmanaged.add(len(a.Plan.Unmanaged), name...)
		m.notRead.add(len(a.Plan.NotRead), name...)
		m.warnings.add(len(a.Plan.Warnings), name...)
	case kind == Drift && a.Drift != nil:
		for _, c := range classesOf(a.Drift) {
			m.differences.add(len(counting(c.differences)), append(name, "class", c.name)...)
		}
		states := a.Drift.States()
		for _, state := range []plan.State{plan.StateNew, plan.StateWorsened, plan.StateOverdue, plan.StateAccepted} {
			m.states.add(states[state], append(name, "state", string(state))...)
		}
		for _, of := range a.Drift.Managed {
			m.live.add(of.Live, append(name, "type", of.Type)...)
			m.liveManaged.add(of.Managed, append(name, "type", of.Type)...)
		}
		m.expiring.add(len(a.Drift.Expiring), name...)
		m.removable.add(len(a.Drift.Remarks), name...)
		m.unmanaged.add(len(a.Drift.Unmanaged), name...)
		m.notRead.add(len(a.Drift.NotRead), name...)
		m.warnings.add(len(a.Drift.Warnings), name...)
	case kind == Audit && a.Audit != nil:
		m.notRead.add(len(a.Audit.NotRead), name...)
		m.warnings.add(len(a.Audit.Warnings), name...)
	case kind == Apply && a.Apply != nil:
		m.applied(a.Apply, name)
		m.notRead.add(len(a.Apply.NotRead), name...)
		m.warnings.add(len(a.Apply.Warnings), name...)
	default:
		return
	}
	m.countFindings(kind, a, name)
}

// applied counts what an apply did; that is known of a failed one too.
func (m *metrics) applied(r *engine.Report, name []string) {
	for outcome := engine.Applied; outcome <= engine.Blocked; outcome++ {
		m.results.add(r.Count(outcome), append(name, "outcome", outcome.String())...)
	}
	m.results.add(len(r.LeftOut), append(name, "outcome", ruleLeftOut)...)
	m.unverified.add(len(r.Unverified), name...)
}

// countFindings counts what other formats list one by one.
func (m *metrics) countFindings(kind Kind, a *Account, name []string) {
	counts := collect(kind, a, Options{}).counts
	for _, severity := range []plan.Severity{plan.High, plan.Low, plan.Medium} {
		m.findings.add(counts[weightOf(severity)], append(name, "severity", severity.String())...)
	}
	m.accepted.add(counts[informs], name...)
}
