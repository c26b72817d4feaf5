package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTheDocumentIsWhatTheProgramWrites: it differs from the program's in figures alone.
func TestTheDocumentIsWhatTheProgramWrites(t *testing.T) {
	invented := figures{cost: cost{time.Second, time.Second, 1}, calls: 1, apis: map[string]int{"ListAgencies": 1}}
	r := planned(allSizes)
	for _, m := range r.alone() {
		m.figures = invented
	}
	for _, limited := range r.limited() {
		r.atLimits = append(r.atLimits, measured{limited, invented})
	}
	for _, c := range starts("") {
		r.starts = append(r.starts, start{what: c.what})
	}
	document, err := os.ReadFile("../../docs/BENCHMARKS.md")
	require.NoError(t, err)
	require.Equal(t, withoutFigures(r.document()), withoutFigures(string(document)), "go run ./internal/benchmarks writes it anew")
}

// named are rows whose first cell is a name that was measured: of an API, or of a case of BenchmarkOffline.
var named = regexp.MustCompile("^\\| `[A-Z]")

// withoutFigures is a document without what differs from one run to the next. Rows keep the number of their cells, and these up to
// the number of agencies, else the first.
func withoutFigures(document string) []string {
	var lines []string
	keep := 0
	all := strings.Split(document, "\n")
	for i, line := range all {
		cells := strings.Split(line, "|")
		head := i+1 < len(all) && strings.HasPrefix(all[i+1], "|---")
		switch {
		case strings.HasPrefix(line, "Machine: "), named.MatchString(line):
			continue
		case head:
			keep = max(slices.Index(cells, " agencies "), 1)
		case strings.HasPrefix(line, "| "):
			for c := keep + 1; c < len(cells)-1; c++ {
				cells[c] = "#"
			}
			line = strings.Join(cells, "|")
		}
		lines = append(lines, line)
	}
	return lines
}

func TestLongestChain(t *testing.T) {
	calls := func(times ...int64) (all []interval) {
		for pair := range slices.Chunk(times, 2) {
			all = append(all, interval{time.Unix(pair[0], 0), time.Unix(pair[1], 0)})
		}
		return all
	}
	require.Equal(t, 0, longestChain(nil))
	require.Equal(t, 1, longestChain(calls(0, 10, 1, 11, 2, 12)), "side by side")
	require.Equal(t, 3, longestChain(calls(0, 10, 11, 20, 21, 30)), "one after the other")
	require.Equal(t, 2, longestChain(calls(0, 10, 11, 20, 12, 22, 13, 30)), "one, then three")
	require.Equal(t, 3, longestChain(calls(0, 100, 0, 10, 11, 20, 21, 30)), "a slow one beside three")
}

func TestParseOffline(t *testing.T) {
	all, err := parseOffline("goos: linux\nBenchmarkOffline/NoChanges-2  \t3\t1200 ns/op\t2.5 x-yaml\t3.25 x-yaml-bytes\nPASS\n")
	require.NoError(t, err)
	require.Equal(t, []offline{{name: "NoChanges", time: 2.5, bytes: 3.25}}, all)
	for _, unusable := range []string{
		"PASS\n", "BenchmarkOffline/NoChanges-2 3 many ns/op\n", "BenchmarkOffline/NoChanges-2 3 1200 ns/op 1.5\n",
		"BenchmarkOffline/NoChanges-2 3 1200 ns/op 1.5 x-yaml\n",
	} {
		_, err = parseOffline(unusable)
		require.Error(t, err, unusable)
	}
}

func TestFormula(t *testing.T) {
	require.Equal(t, 1+4+3, formula(10))
	require.Equal(t, 1+10+10+20+10+3, formula(500))
	require.Equal(t, 10+100+100+200+100+3, formula(5000))
}

func TestFiguresHaveTwoDigits(t *testing.T) {
	for value, text := range map[float64]string{0: "0", 0.0634: "0.063", 1: "1", 1.04: "1", 54.4: "54", 3070: "3100"} {
		require.Equal(t, text, two(value))
	}
}

// TestTheAccountHasWhatTheManifestLists: one role, trust or grant of the account that the manifest does not have, or the other way round, would
// make a plan of what should be nothing to do. The program holds that against the real plan; here are the numbers.
func TestTheAccountHasWhatTheManifestLists(t *testing.T) {
	all := agencies(20)
	all[0].projects = enterpriseProjects
	w := world(all)
	home := w.AccountNamed("")
	require.Len(t, w.Roles, systemRoles)
	require.Len(t, home.Agencies, 20)
	require.Len(t, home.Agencies[0].Grants, grantsOfEach+enterpriseProjects)
	require.Len(t, home.Agencies[1].Grants, grantsOfEach)
	require.Equal(t, 20, strings.Count(manifest(all), "- name: "))
}
