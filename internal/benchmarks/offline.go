package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// offline is a line of BenchmarkOffline.
type offline struct {
	name string
	// time, of processors, and bytes are multiples of what the YAML decoder needs.
	time, bytes float64
}

// measureOffline runs BenchmarkOffline, which holds the work without a cloud against the YAML decoder.
func measureOffline(ctx context.Context, turns int) ([]offline, error) {
	out, err := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "Offline$", "-benchtime", fmt.Sprintf("%dx", turns),
		"./internal/acceptance").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("BenchmarkOffline: %w\n%s", err, out)
	}
	return parseOffline(string(out))
}

// parseOffline reads what `go test -bench` prints: a name, the number of turns, and values with their units.
func parseOffline(out string) ([]offline, error) {
	var all []offline
	for line := range strings.Lines(out) {
		words := strings.Fields(line)
		name, is := strings.CutPrefix(line, "BenchmarkOffline/")
		if !is || len(words) < 4 {
			continue
		}
		name, _, _ = strings.Cut(strings.Fields(name)[0], "-") // the number of cores
		values := map[string]float64{}
		for pair := range slices.Chunk(words[2:], 2) {
			value, err := strconv.ParseFloat(pair[0], 64)
			if err != nil || len(pair) < 2 {
				return nil, fmt.Errorf("BenchmarkOffline: not understood: %s", line)
			}
			values[pair[1]] = value
		}
		o := offline{name: name, time: values["x-yaml"], bytes: values["x-yaml-bytes"]}
		if o.time == 0 || o.bytes == 0 {
			return nil, fmt.Errorf("BenchmarkOffline: x-yaml or x-yaml-bytes is missing: %s", line)
		}
		all = append(all, o)
	}
	if len(all) == 0 {
		return nil, errors.New("BenchmarkOffline tells no figures:\n" + out)
	}
	return all, nil
}

// startCommand is a command that needs no cloud.
type startCommand struct {
	what string
	args []string
}

// starts are the commands by which the start is measured; path is that of a manifest of startAgencies.
func starts(path string) []startCommand {
	return []startCommand{
		{"`agencyctl --help`", []string{"--help"}},
		{fmt.Sprintf("`agencyctl validate`, %d agencies", startAgencies), []string{"validate", "-f", path}},
	}
}

const startAgencies = 10

// measureStarts measures commands that need no cloud. Of several turns the one that took the least counts.
func measureStarts(ctx context.Context, program string) (all []start, err error) {
	folder, err := os.MkdirTemp("", "benchmark")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "manifest.yaml")
	if err := os.WriteFile(path, []byte(manifest(agencies(startAgencies))), 0o600); err != nil {
		return nil, err
	}
	for _, c := range starts(path) {
		least := time.Duration(0)
		for range 9 {
			f, err := execute(ctx, program, nil, c.args...)
			if err != nil {
				return nil, err
			}
			if least == 0 || f.CPU < least {
				least = f.CPU
			}
		}
		all = append(all, start{c.what, least})
	}
	return all, nil
}
