package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// simOptions are the flags of sim.
type simOptions struct {
	cloud, listen, state, seed, callLog, traceRegion string
	switches, failAgencies                           []string
	tokenLife                                        time.Duration
	faults                                           cloudsim.Faults
}

func (a *app) simCommand() *cobra.Command {
	var o simOptions
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "Serve the simulated cloud",
		Long: `Serve a simulated cloud that speaks the documented APIs with their quirks, verifies signatures, and keeps its state in
a JSON file. It is for learning, rehearsing and testing: nothing in it reaches a real cloud, and its demo key is public.

The demo key belongs to the user ` + cloudsim.DemoUser + `, who gets tokens with the password ` + cloudsim.DemoUserPassword + `.
That user's account may assume the agency ` + cloudsim.DemoPartnerAgency + ` of partner-co, and so work in a second account. Tokens and
temporary keys live in memory and are gone at the end.

Switches choose between behaviours that the cloud does not document:
  ` + strings.Join(switchNames(), "\n  "),
		Example: `  agencyctl sim --state sim.json
  agencyctl sim --rate-limit 10 --read-lag 2s --error-rate 0.2
  agencyctl sim --error-rate 0.1 --error-status 503 --endless-rate 0.01`,
		Args: a.noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serveSim(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.cloud, "cloud", "",
		"simulate this `KIND` of cloud: huaweicloud or opentelekomcloud (default: that of the state, else huaweicloud)")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "serve on `ADDRESS`")
	f.StringVar(&o.state, "state", "", "keep the state in `FILE`; without it the state is gone at the end")
	f.StringVar(&o.seed, "seed", "", "take the first state from `FILE`, a state or a snapshot, when the state file does not exist yet")
	f.StringVar(&o.callLog, "log-calls", "", "append one JSON line for each call to `FILE`")
	f.StringArrayVar(&o.switches, "switch", nil, "turn on the switch `NAME` (repeatable)")
	f.DurationVar(&o.faults.Latency, "latency", 0, "wait for `DURATION` before each answer")
	f.IntVar(&o.faults.RatePerSecond, "rate-limit", 0, "answer 429 above `N` calls a second of an account to a service")
	f.StringVar((*string)(&o.faults.RateCounting), "rate-counting",
		"sliding", "count calls for --rate-limit by `WINDOW`: sliding, clock or bucket")
	f.BoolVar(&o.faults.RateEachAPI, "rate-each-api", false, "count the calls of each API by itself")
	f.BoolVar(&o.faults.NoRetryAfter, "no-retry-after", false, "leave Retry-After out of these answers")
	f.Float64Var(&o.faults.ErrorRate, "error-rate", 0, "answer this `SHARE` of calls with an error, as in 0.2")
	f.IntSliceVar(&o.faults.ErrorStatuses, "error-status", nil, "draw from these `STATUSES` for --error-rate (default 500,502,503)")
	f.Float64Var(&o.faults.HTMLRate, "html-rate", 0, "answer this `SHARE` of calls 502 with a proxy's HTML page")
	f.Float64Var(&o.faults.EndlessRate, "endless-rate", 0, "answer this `SHARE` of calls with a body that never ends")
	f.Float64Var(&o.faults.CutBefore, "cut-before", 0, "cut the connection of this `SHARE` of calls before the change")
	f.Float64Var(&o.faults.CutAfter, "cut-after", 0, "cut the connection of this `SHARE` of calls after the change")
	f.DurationVar(&o.faults.ReadLag, "read-lag", 0, "show the state before a change to reads for `DURATION`")
	f.DurationVar(&o.faults.ClockSkew, "clock-skew", 0, "set the clock that judges signatures ahead by `DURATION`; 15m is borne")
	f.StringArrayVar(&o.faults.LockedKeys, "lock-key", nil, "answer as if bad signatures had locked this access `KEY` (repeatable)")
	f.DurationVar(&o.tokenLife, "token-life", 0, "let tokens be good for `DURATION` (default 24h)")
	f.StringVar(&o.traceRegion, "trace-region", "", "keep the traces of IAM in this `REGION` alone")
	f.StringArrayVar(&o.failAgencies, "fail-agency", nil, "let services fail to make the agency with this `NAME` (repeatable)")
	f.Uint64Var(&o.faults.Seed, "fault-seed", 0, "let the same `NUMBER` make the same calls fail")
	cmd.AddCommand(a.simEditCommand(), a.simSeedCommand())
	return cmd
}

func (a *app) serveSim(ctx context.Context, o simOptions) error {
	for _, name := range o.failAgencies {
		o.faults.Agencies = append(o.faults.Agencies, cloudsim.AgencyFault{Agency: name, Message: "simulated failure"})
	}
	if o.cloud != "" {
		if err := choose("cloud", o.cloud, cloudKinds...); err != nil {
			return err
		}
	}
	options := cloudsim.Options{Cloud: o.cloud, State: o.state, Faults: o.faults, TokenLife: o.tokenLife, TraceRegion: o.traceRegion}
	var err error
	if options.Switches, err = parseSwitches(o.switches); err != nil {
		return err
	}
	if options.Seed, err = a.readSeed(o.seed); err != nil {
		return err
	}
	if o.callLog != "" {
		log, err := openAppend(o.callLog)
		if err != nil {
			return fmt.Errorf("--log-calls: %w", err)
		}
		defer log.Close()
		options.CallLog = log
	}
	server, err := cloudsim.New(options)
	if err != nil {
		return err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	a.announceSim(server.World(), "http://"+listener.Addr().String(), o.state)
	return cloudsim.Serve(ctx, server, listener) // nil after an interrupt: that is how it is meant to end
}

// announceSim says how to reach the simulator, in lines to paste.
func (a *app) announceSim(world cloudsim.World, url, state string) {
	home := world.AccountNamed("")
	if state == "" {
		state = "memory"
	}
	out := a.env.Stdout
	fmt.Fprintf(out, "Simulated %s on %s, account %s, state in %s. In another terminal:\n\n", world.Cloud, url, home.Name, state)
	fmt.Fprintf(out, "  export HUAWEICLOUD_SDK_AK=%s\n", cloudsim.DemoAccessKey)
	fmt.Fprintf(out, "  export HUAWEICLOUD_SDK_SK=%s\n", cloudsim.DemoSecretKey)
	fmt.Fprintf(out, "  export HUAWEICLOUD_SDK_DOMAIN_ID=%s\n", home.ID)
	fmt.Fprintf(out, "  agencyctl plan -f PATH --endpoint iam=%s\n", url)
}

// readSeed reads the first state of a simulated cloud: a state, or a snapshot of a real account.
func (a *app) readSeed(path string) (cloudsim.World, error) {
	if path == "" {
		return cloudsim.World{}, nil
	}
	if err := checkSnapshot(path); err != nil {
		return cloudsim.World{}, fmt.Errorf("--seed: %w", err)
	}
	world, notes, err := cloudsim.LoadSeed(path)
	if err != nil {
		return cloudsim.World{}, fmt.Errorf("--seed: %w", err)
	}
	for _, note := range notes {
		a.remark("not taken over: %s", render.Clean(note))
	}
	return world, nil
}

// checkSnapshot refuses a snapshot that was damaged or edited. Any other file is for the simulated cloud to read.
func checkSnapshot(path string) error {
	text, err := readFile(path, providers.MaxSnapshotBytes)
	if err != nil {
		return nil // it is told by whoever takes the file
	}
	var head struct {
		Kind string `json:"kind"`
	}
	if json.Unmarshal(text, &head) != nil || head.Kind != asSnapshot {
		return nil
	}
	if _, err := providers.DecodeSnapshot(text); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// switchNames are the names of all switches, in the order of their declaration.
func switchNames() []string {
	t := reflect.TypeFor[cloudsim.Switches]()
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Name
	}
	return names
}

func parseSwitches(names []string) (cloudsim.Switches, error) {
	var s cloudsim.Switches
	fields := reflect.ValueOf(&s).Elem()
	for _, name := range names {
		field := fields.FieldByName(name)
		if !field.IsValid() {
			return cloudsim.Switches{}, fmt.Errorf("--switch %q is not known; %s", name,
				cmp.Or(plan.DidYouMean(name, switchNames()), "sim --help lists them"))
		}
		field.SetBool(true)
	}
	return s, nil
}

func (a *app) simSeedCommand() *cobra.Command {
	var state string
	cmd := &cobra.Command{
		Use:   "seed SNAPSHOT [--state FILE]",
		Short: "Make a simulated cloud of the snapshot of a real account",
		Long: `Make the state file of a simulated cloud of the snapshot of a real account, so that an apply can be rehearsed on what is
there: agencies, grants, policies, projects, quotas and roles keep their ids, and services say of themselves what they said. What the
simulated cloud does not have is named. A file that is there already is left alone.`,
		Example: `  agencyctl sim seed account.json --state rehearsal.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("name one snapshot, as in agencyctl sim seed account.json")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.seedSim(args[0], state) },
	}
	cmd.Flags().StringVar(&state, "state", defaultSimState, "write the simulated cloud to `FILE`, which is not there yet")
	return cmd
}

func (a *app) seedSim(snapshot, state string) error {
	if _, err := os.Lstat(state); !errors.Is(err, os.ErrNotExist) {
		return withHint("name another file with --state", "%s is there already, and is left alone", state)
	}
	if err := checkSnapshot(snapshot); err != nil {
		return err
	}
	world, notes, err := cloudsim.LoadSeed(snapshot)
	if err != nil {
		return err
	}
	for _, note := range notes {
		a.remark("not taken over: %s", render.Clean(note))
	}
	if err := cloudsim.SaveState(state, &world); err != nil {
		return err
	}
	home := world.AccountNamed("")
	again := simFlag{file: state, on: true}
	_, err = fmt.Fprintf(a.env.Stdout, "Simulated %s with account %s in %s. Rehearse with: agencyctl apply -f PATH%s\n",
		world.Cloud, render.Clean(home.Name), render.Clean(state), again.again())
	return err
}

func (a *app) simEditCommand() *cobra.Command {
	var account, state, by string
	var ago time.Duration
	cmd := &cobra.Command{
		Use:   "edit [--state FILE] VERB ARGUMENT...",
		Short: "Change a simulated cloud by hand, as a colleague in the console would",
		Long: `Change the state file of a simulated cloud past every API, as a colleague in the console would: to see drift find it.
A name with spaces needs quotes. With --by, Cloud Trace records who did it in the console, and drift says so.

` + cloudsim.EditUsage,
		Example: `  agencyctl sim edit grant ops-backup domain "Security Administrator"
  agencyctl sim edit set ops-backup description "changed by hand"
  agencyctl sim edit --by night-shift --ago 3h delete ops-backup
  agencyctl sim edit authorization create fabric cn-north-4 FABRIC_SMN_POLICY
  agencyctl sim edit policy create backup-read project "ecs:*:get ecs:*:list"`,
		RunE: func(_ *cobra.Command, args []string) error {
			err := a.editSim(state, account, by, ago, args)
			if unknown := (*cloudsim.UnknownWordError)(nil); errors.As(err, &unknown) {
				return withHint(plan.DidYouMean(unknown.Word, unknown.Known), "%w", err)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&state, "state", defaultSimState, "change the simulated cloud in `FILE`")
	cmd.Flags().StringVar(&state, "sim", defaultSimState, "the same as --state `FILE`: other commands write it so")
	cmd.Flags().Lookup("sim").NoOptDefVal = defaultSimState
	cmd.Flags().StringVar(&account, "account", "", "change it in the account `NAME` (default: the demo key's)")
	cmd.Flags().StringVar(&by, "by", "", "let the user `NAME` do it, on record")
	cmd.Flags().DurationVar(&ago, "ago", 0, "let it have been done `DURATION` ago, as in 26h")
	return cmd
}

func (a *app) editSim(state, account, by string, ago time.Duration, args []string) error {
	edit, err := cloudsim.ParseEdit(args)
	if err != nil {
		return err
	}
	if ago < 0 {
		return fmt.Errorf("--ago %s: nothing was done in the future", ago)
	}
	edit.By, edit.At = by, time.Now().Add(-ago)
	world, err := cloudsim.LoadState(state)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no simulated cloud in %s yet: run plan or apply with --sim first", state)
	}
	if err != nil {
		return err
	}
	if err := world.Edit(account, edit); err != nil {
		return err
	}
	if err := cloudsim.SaveState(state, &world); err != nil {
		return err
	}
	_, err = io.WriteString(a.env.Stdout, "Changed by hand: "+render.Clean(strings.Join(args, " "))+"\n")
	return err
}
