// Command benchmarks measures what the program costs and writes docs/BENCHMARKS.md:
//
//	go run ./internal/benchmarks           # about ten minutes
//	go run ./internal/benchmarks -quick    # the smallest sizes, printed instead of written
//
// It builds the program and runs it as a process of its own, before a cloud that this process simulates.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// sizes are the numbers of agencies that commands are measured with.
type sizes struct {
	plan, apply []int
	// single is how many agencies there are where one thing changes.
	single int
}

var (
	allSizes   = sizes{plan: []int{10, 100, 500, 1000, 5000}, apply: []int{10, 50, 100, 500}, single: 100}
	quickSizes = sizes{plan: []int{10}, apply: []int{10}, single: 20}

	latencies = []time.Duration{20 * time.Millisecond, 200 * time.Millisecond}
	limits    = []limit{limitEachAPI, limitAccount}
)

// sideBySide is how many runs at a limit are measured at once. They wait most of their time.
const sideBySide = 4

func main() {
	quick := flag.Bool("quick", false, "measure the smallest sizes and print the document instead of writing it")
	launches := flag.Bool("launch", false, "run the program of the arguments and print its cost; this program calls itself so")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *launches {
		err = launch(ctx, flag.Arg(0), flag.Args()[1:])
	} else {
		err = write(ctx, *quick)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
}

func write(ctx context.Context, quick bool) error {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("find the repository: %w", err)
	}
	if err := os.Chdir(strings.TrimSpace(string(root))); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "benchmarks")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	program := filepath.Join(folder, "agencyctl.exe") // Windows wants the suffix, and the others do not mind it
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	wanted, turns := allSizes, 5
	if quick {
		wanted, turns = quickSizes, 1
	}
	results, err := measureAll(ctx, program, wanted, turns)
	if err != nil {
		return err
	}
	document := results.document()
	if quick {
		_, err = os.Stdout.WriteString(document)
		return err
	}
	return os.WriteFile(filepath.Join("docs", "BENCHMARKS.md"), []byte(document), 0o644)
}

// measured is a run with what it has cost.
type measured struct {
	run
	figures
}

// results are all that the document tells.
type results struct {
	machine  string
	starts   []start
	offline  []offline
	plans    []measured // without a limit, in the order of their sizes, as applies
	applies  []measured
	changes  []change
	atLimits []measured
}

// start is what the program needs to start.
type start struct {
	what string
	cpu  time.Duration
}

// change is the apply of something other than new agencies.
type change struct {
	what string
	measured
}

// planned are the runs that are measured, without their figures.
func planned(wanted sizes) *results {
	r := &results{machine: fmt.Sprintf("%d cores, %s, %s/%s", runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)}
	far := latencies[len(latencies)-1]
	for _, size := range wanted.plan {
		all := agencies(size)
		r.plans = append(r.plans, measured{run: run{command: "plan", live: all, wanted: all, latency: far, limit: limitNone}})
	}
	for _, size := range wanted.apply {
		r.applies = append(r.applies, measured{run: run{command: "apply", wanted: agencies(size), latency: far, limit: limitNone}})
	}
	r.changes = changes(wanted.single, far)
	return r
}

// measureAll measures everything. What is told of the processor and of round trips is measured first, one run after the other.
func measureAll(ctx context.Context, program string, wanted sizes, turns int) (*results, error) {
	r := planned(wanted)
	var err error
	if r.offline, err = measureOffline(ctx, turns); err != nil {
		return nil, err
	}
	if r.starts, err = measureStarts(ctx, program); err != nil {
		return nil, err
	}
	for _, alone := range r.alone() {
		if alone.figures, err = alone.measure(ctx, program); err != nil {
			return nil, err
		}
	}
	r.atLimits, err = measureAtLimits(ctx, program, r.limited())
	return r, err
}

// limited are the runs of plans and applies at every limit and latency. Those that differ in latency alone follow each other.
func (r *results) limited() (all []run) {
	for _, m := range slices.Concat(r.plans, r.applies) {
		for _, l := range limits {
			for _, latency := range latencies {
				limited := m.run
				limited.limit, limited.latency = l, latency
				all = append(all, limited)
			}
		}
	}
	return all
}

// alone are the runs without a limit.
func (r *results) alone() []*measured {
	var all []*measured
	for _, runs := range [][]measured{r.plans, r.applies} {
		for i := range runs {
			all = append(all, &runs[i])
		}
	}
	for i := range r.changes {
		all = append(all, &r.changes[i].measured)
	}
	return all
}

// changes are applies to an account of n agencies that are there already.
func changes(n int, latency time.Duration) []change {
	trusts := min(20, n)
	edit := func(what string, edit func(all []agency)) change {
		wanted := agencies(n)
		edit(wanted)
		return change{what, measured{run: run{command: "apply", live: agencies(n), wanted: wanted, latency: latency, limit: limitNone}}}
	}
	return []change{
		edit("a description", func(all []agency) { all[0].description = "new" }),
		edit(fmt.Sprintf("whom %d agencies trust", trusts), func(all []agency) {
			for i := range trusts {
				all[i].trust = "audit-partner"
			}
		}),
		edit(fmt.Sprintf("%d grants of an agency in as many enterprise projects", enterpriseProjects), func(all []agency) {
			all[0].projects = enterpriseProjects
		}),
	}
}

// measureAtLimits measures runs side by side, and returns them in the order in which they were given. Those that take longest begin.
func measureAtLimits(ctx context.Context, program string, runs []run) ([]measured, error) {
	all := make([]measured, len(runs))
	order := make([]int, len(runs))
	for i := range order {
		order[i] = i
	}
	calls := func(r run) int { // about
		n := len(r.wanted) / 10
		if r.command == "apply" {
			n *= 20
		}
		if r.limit == limitAccount {
			n *= 2
		}
		return n
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(calls(runs[b]), calls(runs[a])) })
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(sideBySide)
	for _, i := range order {
		group.Go(func() (err error) {
			all[i].run = runs[i]
			all[i].figures, err = runs[i].measure(ctx, program)
			return err
		})
	}
	return all, group.Wait()
}
