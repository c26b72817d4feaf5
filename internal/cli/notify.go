package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/agencyctl/agencyctl/internal/notify"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

const (
	flagNotify         = "notify"
	flagNotifyRequired = "notify-required"
)

// notifications are the flags of a command that tells people, and whom it tells.
type notifications struct {
	values   []string
	required bool
	targets  []*notify.Target
	// topics are the specs of those targets that are topics.
	topics []notify.Spec
	// runs are those of the report that is told, nil before there is any.
	runs accountRuns
}

// notifyFlags adds the flags of commands that tell people.
func (a *app) notifyFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&a.notify.values, flagNotify, nil, "tell of what differs, and of a run that fails, as `KIND=TARGET`: smn=TOPIC_URN "+
		"(smn=ACCOUNT=TOPIC_URN with several accounts), or feishu, dingtalk, wecom or webhook with a NAME, whose URL and secret are in "+
		"AGENCYCTL_NOTIFY_NAME_URL and AGENCYCTL_NOTIFY_NAME_SECRET (repeatable)")
	f.BoolVar(&a.notify.required, flagNotifyRequired, false, "exit with 1, unless it is worse already, where a notification could not be sent")
}

// readTargets reads the values of --notify. Those that are right tell of an error that another one is.
func (a *app) readTargets() error {
	n := &a.notify
	if n.required && len(n.values) == 0 {
		return fmt.Errorf("--%s goes with --%s", flagNotifyRequired, flagNotify)
	}
	if len(n.values) == 0 {
		return nil
	}
	settings := notify.Settings{Getenv: a.env.Getenv, Transport: a.env.Transport, Now: a.env.Now, Logger: a.logger()}
	var wrong []error
	given := map[string]bool{}
	for _, value := range n.values {
		spec, err := notify.Parse(value)
		var target *notify.Target
		switch {
		case err != nil:
		case given[spec.Name+spec.Topic]:
			err = fmt.Errorf("%s: %s is given twice, and it has one URL", spec, cmp.Or(spec.Name, "the topic"))
		case spec.Kind == notify.KindTopic:
			if err = a.checkTopic(spec); err == nil {
				n.topics = append(n.topics, spec)
				target = notify.NewTopic(spec, a.publisher(spec), settings)
			}
		default:
			target, err = notify.New(spec, settings)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("--%s: %w", flagNotify, err))
			continue
		}
		given[spec.Name+spec.Topic] = true
		n.targets = append(n.targets, target)
	}
	return errors.Join(wrong...)
}

func (a *app) checkTopic(spec notify.Spec) error {
	if len(a.live) > 0 {
		return fmt.Errorf("%s: a topic is in the cloud, and with --%s no connection is made", spec.Kind, flagLive)
	}
	if a.env.Topic == nil {
		return errors.New("this program publishes to no topics")
	}
	if _, err := a.env.Topic(spec.Topic); err != nil {
		return fmt.Errorf("%s: %w", spec.Kind, err)
	}
	return nil
}

// placeTopics refuses topics of which it is not clear in which account they are.
func (n *notifications) placeTopics(manifests []*plan.Manifest) error {
	for _, spec := range n.topics {
		if spec.Account == "" && len(manifests) > 1 {
			return withHint(fmt.Sprintf("write %s=ACCOUNT=%s", spec.Kind, spec.Topic),
				"--%s: these manifests are for %d accounts, and nobody says in which of them the topic is", flagNotify, len(manifests))
		}
		if spec.Account == "" {
			continue
		}
		if _, err := manifestFor(spec.Account, manifests); err != nil {
			return fmt.Errorf("--%s: %w", flagNotify, err)
		}
	}
	return nil
}

// tell sends what a report has to tell to all targets, side by side, and returns err, or a worse one. Code is the exit code that the work
// has given, and err what has become of it since: where that is worse, the report was not written. Process is the context of the process
// and not of the run, because a run that has ended by its own limit of time still has to tell.
//
// After an interrupt nothing is told: who has pressed Ctrl-C knows of it. Who was asked to end by something else still tells.
func (a *app) tell(process context.Context, r render.Report, runs accountRuns, code int, err error) error {
	if len(a.notify.targets) == 0 || process.Err() != nil && !terminated(process) {
		return err
	}
	a.notify.runs = runs
	if after := codeIn(err); after != code {
		r.Failure = cmp.Or(r.Failure, &render.Failure{Kind: render.Failed, Err: errors.New("the report could not be written")})
		code = after
	}
	told, failed := render.NotificationOf(&r, a.view(false), a.lookCommand())
	if failed != nil {
		a.fail(failed)
		return exit(worst(code, codeAfter(r)))
	}
	if told == nil {
		return err
	}
	message := notify.Message{
		Subject: told.Subject, Lists: []notify.List{notify.List(told.Accounts), notify.List(told.Results)}, Foot: told.Foot,
		Document: told.Document,
	}
	ctx, cancel := sendingIn(process)
	defer cancel()
	outcomes := make([]error, len(a.notify.targets))
	var group errgroup.Group
	for i, target := range a.notify.targets {
		group.Go(func() error {
			defer target.Close()
			outcomes[i] = target.Send(ctx, message)
			return nil
		})
	}
	_ = group.Wait() // errors are in the outcomes
	if ctx.Err() != nil {
		code = worst(code, exitInterrupted)
	}
	for i, outcome := range outcomes {
		if outcome == nil {
			a.remark("notification sent: %s", render.Clean(a.notify.targets[i].String()))
			continue
		}
		a.fail(outcome)
		if a.notify.required {
			code = worst(code, exitRefused)
		}
	}
	return exit(code)
}

// terminated reports whether the context of the process has ended without an interrupt.
func terminated(process context.Context) bool {
	return errors.Is(context.Cause(process), errTerminated)
}

// sendingIn returns the context of a sending. An interrupt ends it at once, and a process that is asked to end ends it after
// [reportDeadline], because nothing waits for long before it kills.
func sendingIn(process context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(process))
	unwatch := context.AfterFunc(process, func() {
		if !terminated(process) {
			cancel(context.Cause(process))
			return
		}
		select {
		case <-time.After(reportDeadline):
			cancel(fmt.Errorf("no answer within %s", inSeconds(reportDeadline)))
		case <-ctx.Done():
		}
	})
	return ctx, func() {
		unwatch()
		cancel(nil)
	}
}

// codeIn is the exit code that an error of [exit] carries.
func codeIn(err error) int {
	var ended *exitError
	if errors.As(err, &ended) {
		return ended.code
	}
	return exitOK
}

// publisher publishes to a topic, over the connection of the run to the topic's account.
func (a *app) publisher(spec notify.Spec) notify.Publisher {
	return func(ctx context.Context, subject, message string) error {
		connection, closing, err := a.connectionOf(ctx, spec)
		if err != nil {
			return err
		}
		defer closing()
		return providers.Plain(connection.Publish(ctx, spec.Topic, subject, message))
	}
}

// connectionOf returns the connection of the run to the account of a topic. Where no manifest could be read there is none yet: then it
// connects with the credentials of the environment, in the region of the topic.
func (a *app) connectionOf(ctx context.Context, spec notify.Spec) (c *Connection, closing func(), err error) {
	for _, r := range a.notify.runs {
		if is := r.manifest.Account; r.connection != nil && (spec.Account == "" || spec.Account == is.Name || spec.Account == is.ID) {
			return r.connection, func() {}, nil
		}
	}
	cloud, err := a.env.Topic(spec.Topic)
	switch {
	case err != nil:
		return nil, nil, err
	case len(a.notify.runs) > 0:
		return nil, nil, errors.New("there is no connection to the account of the topic")
	case a.sim.on:
		return nil, nil, errors.New("the simulated cloud was not started")
	case len(a.assume) > 0:
		return nil, nil, errors.New("no manifest was read, so it is not known in which account --assume means its agency")
	case cloud.Kind == "":
		return nil, nil, fmt.Errorf("no manifest was read, and no vendor lists %s, so the cloud of the topic is not known", cloud.Region)
	}
	points, err := parseEndpoints(a.points)
	if err != nil {
		return nil, nil, err
	}
	c, err = a.env.Connect(ctx, providers.Target{
		Cloud: cloud, Endpoints: points, Rate: a.rate, Getenv: a.env.Getenv, Environ: a.variables(), Logger: a.logger(),
	})
	if err != nil {
		return nil, nil, err
	}
	return c, c.Close, nil
}
