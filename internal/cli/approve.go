package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/internal/render"
)

// Why nothing was applied to an account that could have been.
var (
	errChanged     = errors.New("the account changed while you were asked, and the plan is not true any more: run apply again")
	errNothingDone = errors.New("the run ended before anything was changed")
)

// approve asks for the go-ahead where there is something to write. As an answer may take its time, what was shown is
// planned again afterwards, and must still be so in every account. With an error, nothing may be applied to any.
func (s *session) approve(ctx context.Context, runs accountRuns, auto bool) error {
	if auto || !slices.ContainsFunc(runs, func(r *accountRun) bool { return r.plan != nil && r.plan.Writes() > 0 }) {
		return nil
	}
	env := s.app.env
	if !env.StdinTerminal {
		return errors.New("apply must be approved: run it on a terminal, or give --auto-approve")
	}
	fmt.Fprint(env.Stderr, question(runs))
	answer, err := s.app.readLine(ctx)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if answer != "yes" {
		fmt.Fprintln(env.Stderr, "\nNothing was changed.")
		return exit(exitRefused)
	}
	asked := slices.DeleteFunc(slices.Clone(runs), (*accountRun).failed)
	asked.sideBySide(func(r *accountRun) {
		if err := r.unchanged(ctx); err != nil {
			r.fail(ctx, err)
		}
	})
	s.tell(runs)
	if slices.ContainsFunc(asked, (*accountRun).failed) {
		return exit(exitRefused)
	}
	return nil
}

// question asks about all accounts at once, and names those that will be left alone.
func question(runs accountRuns) string {
	var asks, left []string
	for _, r := range runs {
		account := "account " + render.Clean(r.manifest.Account.String())
		switch {
		case r.plan == nil:
			left = append(left, account)
		case r.plan.Writes() > 0:
			asks = append(asks, render.Count(r.plan.Writes(), "change")+" to "+account)
		default:
			asks = append(asks, "nothing to "+account)
		}
	}
	text := "\n"
	if len(left) > 0 {
		text += "Nothing will be applied to " + strings.Join(left, ", ") + ": see above.\n"
	}
	return text + "Apply " + strings.Join(asks, ", ") + "? Only yes is taken: "
}

// unchanged plans again and compares with what was shown.
func (r *accountRun) unchanged(ctx context.Context) error {
	shown, err := json.Marshal(r.plan)
	if err != nil {
		return err
	}
	again, err := r.again(ctx)
	if err != nil || r.failed() {
		return err
	}
	var now []byte
	if again != nil {
		if now, err = json.Marshal(again); err != nil {
			return err
		}
	}
	if !bytes.Equal(shown, now) {
		return errChanged
	}
	r.plan = again
	return nil
}

// readLine reads one line of input, or returns when ctx ends.
func (a *app) readLine(ctx context.Context) (string, error) {
	type line struct {
		text string
		err  error
	}
	read := make(chan line, 1)
	go func() { // a read from a terminal cannot be cancelled; the process ends with the command
		text, err := bufio.NewReader(a.env.Stdin).ReadString('\n')
		read <- line{strings.TrimSpace(text), err}
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case l := <-read:
		if l.text != "" {
			return l.text, nil
		}
		return "", l.err
	}
}
