// Package patchtest applies patches strictly, so that tests need no git. Only tests use it.
package patchtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

var hunkHead = regexp.MustCompile(`^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@$`)

// Apply applies a unified diff to the files below a folder, as "git apply" does: each hunk must fit at the very line that it names, or
// no file is changed. Lines before the first file are remarks. Only names without quotes are understood.
func Apply(folder, diff string) error {
	lines := strings.SplitAfter(diff, "\n")
	for len(lines) > 0 && !strings.HasPrefix(lines[0], "--- ") {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return errors.New("no file in the patch")
	}
	changed := map[string]string{}
	for len(lines) > 0 && lines[0] != "" {
		name, rest, err := fileHead(lines)
		if err != nil {
			return err
		}
		if _, again := changed[name]; again {
			return fmt.Errorf("%s is twice in the patch", name)
		}
		text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		if changed[name], lines, err = hunks(string(text), rest); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for name, text := range changed {
		if err := os.WriteFile(filepath.Join(folder, filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func fileHead(lines []string) (name string, rest []string, err error) {
	if len(lines) < 2 {
		return "", nil, fmt.Errorf("the patch ends at %q", lines[0])
	}
	before, isBefore := strings.CutPrefix(strings.TrimRight(lines[0], "\t\n"), "--- a/")
	after, isAfter := strings.CutPrefix(strings.TrimRight(lines[1], "\t\n"), "+++ b/")
	if !isBefore || !isAfter || before != after {
		return "", nil, fmt.Errorf("%q and %q do not name one file", lines[0], lines[1])
	}
	if !filepath.IsLocal(before) {
		return "", nil, fmt.Errorf("%s leaves the folder", before)
	}
	return before, lines[2:], nil
}

// hunks applies the hunks that the lines begin with, and returns the new text and the lines after them.
func hunks(text string, lines []string) (string, []string, error) {
	old := strings.SplitAfter(text, "\n")
	if old[len(old)-1] == "" {
		old = old[:len(old)-1]
	}
	var made []string
	read := 0 // how many old lines are in made, or removed
	for len(lines) > 0 && strings.HasPrefix(lines[0], "@@") {
		head := hunkHead.FindStringSubmatch(strings.TrimSuffix(lines[0], "\n"))
		if head == nil {
			return "", nil, fmt.Errorf("no head of a hunk: %q", lines[0])
		}
		lines = lines[1:]
		before, after := side(head[1], head[2]), side(head[3], head[4])
		if before.above < read || before.above > len(old) {
			return "", nil, fmt.Errorf("the hunk at %d is out of order", before.above)
		}
		made, read = append(made, old[read:before.above]...), before.above
		if len(made) != after.above {
			return "", nil, fmt.Errorf("the hunk is at line %d of the new file, and says %d", len(made), after.above)
		}
		for before.count > 0 || after.count > 0 {
			if len(lines) == 0 || lines[0] == "" {
				return "", nil, errors.New("a hunk ends early")
			}
			mark, content := lines[0][0], lines[0][1:]
			lines = lines[1:]
			if len(lines) > 0 && strings.HasPrefix(lines[0], `\ `) {
				content, lines = strings.TrimSuffix(content, "\n"), lines[1:]
			}
			if mark != '+' {
				if read == len(old) || old[read] != content {
					return "", nil, fmt.Errorf("line %d is not %q", read+1, content)
				}
				read, before.count = read+1, before.count-1
			}
			if mark != '-' {
				made, after.count = append(made, content), after.count-1
			}
			if !strings.ContainsRune(" +-", rune(mark)) || before.count < 0 || after.count < 0 {
				return "", nil, fmt.Errorf("a hunk has other lines than its head says, at %q", content)
			}
		}
	}
	return strings.Join(append(made, old[read:]...), ""), lines, nil
}

// extent is one side of a hunk: how many lines stand above it, and how many it has.
type extent struct{ above, count int }

func side(first, count string) extent {
	e := extent{count: 1}
	e.above, _ = strconv.Atoi(first) // the expression has digits alone
	if count != "" {
		e.count, _ = strconv.Atoi(count)
	}
	if e.count > 0 {
		e.above--
	}
	return e
}
