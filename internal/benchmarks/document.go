package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The pages of the cloud's lists.
const (
	agencyPage = 500
	grantPage  = 50
	rolePage   = 300
)

// The round trips that no run can do without, where nothing limits it.
const (
	// planTrips: the caller, all first pages, all further pages.
	planTrips = 3
	// applyTrips: those of a plan, the agencies, their grants, and reading them back.
	applyTrips = planTrips + 3
)

// document is docs/BENCHMARKS.md. The same results give the same bytes.
func (r *results) document() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks

Written by `+"`go run ./internal/benchmarks`"+`, which takes about ten minutes. Do not edit it: run that again.

Machine: %s.

- The real program runs as a process of its own. The cloud is `+"`internal/cloudsim`"+`, on the same machine.
- The account has %d system roles and %d more enterprise projects. An agency has %d grants: one in the account, one in all projects,
  two in a project, one in an enterprise project.
- A plan finds nothing to do. An apply makes all agencies and their grants in an empty account, and reads them back.
- *Calls* are all calls that the cloud answered. *Trips* are round trips one after the other: the longest chain of calls in which each
  began after the one before had ended. Calls, trips, CPU and memory are measured without a limit, at %d ms of latency.
- The calls of a plan and all writes are exact. Other figures are rounded to two digits.
`, r.machine, systemRoles, enterpriseProjects, grantsOfEach, latencies[len(latencies)-1].Milliseconds())
	b.WriteString(r.planSection())
	b.WriteString(r.applySection())
	b.WriteString(r.limitSection())
	b.WriteString(r.growthSection())
	b.WriteString(r.offlineSection())
	return b.String()
}

func (r *results) planSection() string {
	var b strings.Builder
	fmt.Fprintf(&b, `
## Plan

The formula is `+"`ceil(N/%d) + sum over 4 scopes of ceil(G/%d) + role pages`"+`. No service is covered here: each would add one
call for each region and type. *Above* are the few calls beside the formula: who is calling, projects, enterprise projects, custom
policies, and a page that shows the end of a list. The aim is %d trips up to 500 agencies.

`, agencyPage, grantPage, planTrips)
	t := table{"agencies", "grants", "formula", "calls", "above", "trips", "CPU, s", "memory, MB"}
	t.head(&b)
	for _, m := range r.plans {
		n := len(m.wanted)
		t.row(&b, n, n*grantsOfEach, formula(n), m.calls, m.calls-formula(n), m.trips, seconds(m.CPU), megabytes(m.Memory))
	}
	b.WriteString("\nThe calls by API:\n\n")
	t = table{"API"}
	apis := map[string]bool{}
	for _, m := range r.plans {
		t = append(t, strconv.Itoa(len(m.wanted)))
		for api := range m.apis {
			apis[api] = true
		}
	}
	t.head(&b)
	for _, api := range slices.Sorted(maps.Keys(apis)) {
		row := []any{"`" + api + "`"}
		for _, m := range r.plans {
			row = append(row, m.apis[api])
		}
		t.row(&b, row...)
	}
	return b.String()
}

// formula is how many calls a plan of n agencies costs at least.
func formula(n int) int {
	pages := func(items, page int) int { return (items + page - 1) / page }
	calls := pages(n, agencyPage) + pages(systemRoles, rolePage)
	for _, grants := range []int{n, n, 2 * n, n} {
		calls += pages(grants, grantPage)
	}
	return calls
}

func (r *results) applySection() string {
	var b strings.Builder
	b.WriteString("\n## Apply\n\n*Reads after* are those after the first write.\n\n")
	t := table{"agencies", "grants", "writes", "reads after", "calls for each write", "trips", "CPU, s", "memory, MB"}
	t.head(&b)
	for _, m := range r.applies {
		n := len(m.wanted)
		t.row(&b, n, n*grantsOfEach, m.writes, two(float64(m.reads)), two(float64(m.calls)/float64(max(m.writes, 1))), two(float64(m.trips)),
			seconds(m.CPU), megabytes(m.Memory))
	}
	b.WriteString("\nOther changes, in an account that has its agencies already:\n\n")
	t = table{"agencies", "what changes", "writes", "reads after", "calls", "trips"}
	t.head(&b)
	for _, c := range r.changes {
		t.row(&b, len(c.wanted), c.what, c.writes, two(float64(c.reads)), two(float64(c.calls)), two(float64(c.trips)))
	}
	return b.String()
}

func (r *results) limitSection() string {
	var b strings.Builder
	fmt.Fprintf(&b, `
## At the cloud's limit

The cloud allows %d calls in any second: of each API, or of the account. *Counted* are the calls of the busiest API, or all. The *floor*
is the least that these take, `+"`floor((counted - 1) / %d)`"+` seconds, and the round trips that no run can do without: %d for a plan,
%d for an apply. *Above* is what we spend above it. The aim is 5 %%: the pace keeps that distance from the limit. Where the floor is a few
seconds, most of what is above it is CPU time and further trips. *429s* are calls that came too fast. By them the program learns that the
account is counted. %d runs are measured side by side, as they mostly wait.

`, allowed, allowed, planTrips, applyTrips, sideBySide)
	t := table{"command", "agencies", "limit of", "counted"}
	for _, latency := range latencies {
		at := fmt.Sprintf("%d ms: ", latency.Milliseconds())
		t = append(t, at+"floor, s", "took, s", "above", "429s")
	}
	t.head(&b)
	for at := range slices.Chunk(r.atLimits, len(latencies)) {
		row := []any{"`" + at[0].command + "`", len(at[0].wanted), at[0].limit, two(float64(at[0].busiest(at[0].limit)))}
		for _, m := range at {
			floor := m.floor()
			row = append(row, seconds(floor), seconds(m.Wall), percent(m.Wall-floor, floor), two(float64(m.refused)))
		}
		t.row(&b, row...)
	}
	return b.String()
}

// floor is the least that a run can take.
func (m measured) floor() time.Duration {
	trips := planTrips
	if m.command == "apply" {
		trips = applyTrips
	}
	return time.Duration(max(0, m.busiest(m.limit)-1)/allowed)*time.Second + time.Duration(trips)*m.latency
}

func (r *results) growthSection() string {
	var b strings.Builder
	b.WriteString("\n## How cost grows\n\nEach row holds a size against the one before it.\n\n")
	t := table{"command", "agencies", "times as many", "calls", "CPU", "memory"}
	t.head(&b)
	times := func(a, b float64) string { return two(a/max(b, 1)) + "x" }
	for _, runs := range [][]measured{r.plans, r.applies} {
		for i := 1; i < len(runs); i++ {
			m, before := runs[i], runs[i-1]
			t.row(&b, "`"+m.command+"`", len(m.wanted), times(float64(len(m.wanted)), float64(len(before.wanted))),
				times(float64(m.calls), float64(before.calls)), times(float64(m.CPU), float64(before.CPU)),
				times(float64(m.Memory), float64(before.Memory)))
		}
	}
	return b.String()
}

func (r *results) offlineSection() string {
	var b strings.Builder
	b.WriteString("\n## Without a cloud\n\nCPU time of the fastest of nine turns. To start must take less than 50 ms.\n\n")
	t := table{"command", "CPU, ms"}
	t.head(&b)
	for _, s := range r.starts {
		t.row(&b, s.what, two(float64(s.cpu.Microseconds())/1000))
	}
	b.WriteString("\nValidate, diff and write the plan as JSON, in CPU time, as multiples of what `yaml.v3` needs to decode the same file " +
		"into nodes (`BenchmarkOffline` in `internal/acceptance`).\n" +
		"With no change or few, the time should be below 3, and the memory must be below 4.\n\n")
	t = table{"case", "time", "memory allocated"}
	t.head(&b)
	for _, o := range r.offline {
		t.row(&b, "`"+o.name+"`", two(o.time)+"x", two(o.bytes)+"x")
	}
	return b.String()
}

// table is the head of a table.
type table []string

func (t table) head(b *strings.Builder) {
	b.WriteString("| " + strings.Join(t, " | ") + " |\n" + strings.Repeat("|---", len(t)) + "|\n")
}

func (t table) row(b *strings.Builder, cells ...any) {
	for _, cell := range cells {
		fmt.Fprintf(b, "| %v ", cell)
	}
	b.WriteString("|\n")
}

// two writes a number with two significant digits.
func two(value float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(value, 'g', 2, 64), 64)
	if err != nil {
		return "?"
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

func seconds(d time.Duration) string { return two(d.Seconds()) }

func megabytes(bytes int64) string {
	if bytes == 0 {
		return "?"
	}
	return two(float64(bytes) / (1 << 20))
}

func percent(part, whole time.Duration) string {
	return two(100*part.Seconds()/whole.Seconds()) + " %"
}
