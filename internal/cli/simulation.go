package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"math"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// defaultSimState is where --sim without a value keeps the simulated cloud.
const defaultSimState = ".agencyctl-sim.json"

// simFlag is the value of --sim: on when it is given, with or without a file.
type simFlag struct {
	file string
	on   bool
}

// String implements [pflag.Value].
func (f *simFlag) String() string { return f.file }

// Type implements [pflag.Value].
func (f *simFlag) Type() string { return "FILE" }

// Set implements [pflag.Value]. An empty file is refused: it is a variable that was not set, and a rehearsal must not
// become the real thing by that.
func (f *simFlag) Set(file string) error {
	if file == "" {
		return errors.New("the file is empty; write --sim alone, or --sim=FILE")
	}
	f.file, f.on = file, true
	return nil
}

// again is the flag as it must be given to another command for the same cloud, with a space before it.
func (f *simFlag) again() string {
	switch {
	case !f.on:
		return ""
	case f.file == defaultSimState:
		return " --sim"
	}
	return " --sim=" + shellWord(f.file)
}

// simulation is a simulated cloud in this process, reachable on loopback only.
type simulation struct {
	url   string
	stop  func() error
	world cloudsim.World
	// keys are the access keys by account id.
	keys map[string]cloudsim.Key
}

// startSimulation serves the state file of --sim for the accounts of the manifests.
func (a *app) startSimulation(ctx context.Context, manifests []*plan.Manifest) (*simulation, error) {
	kind := manifests[0].Cloud.Kind
	world, err := cloudsim.LoadState(a.sim.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		world = cloudsim.DemoWorld(kind)
		a.remark("simulated cloud: starting a new one in %s", a.sim.file)
	case err != nil && cloudsim.IsSnapshot(a.sim.file):
		return nil, withHint("make a simulated cloud of it first: agencyctl sim seed "+shellWord(a.sim.file)+" --state FILE",
			"--sim=%s is a snapshot, and no state that could change", shellWord(a.sim.file))
	case err != nil:
		return nil, err
	default:
		a.remark("simulated cloud: state in %s", a.sim.file)
	}
	s := &simulation{world: world, keys: map[string]cloudsim.Key{
		world.Home: {Access: cloudsim.DemoAccessKey, Secret: cloudsim.DemoSecretKey},
	}}
	var more []cloudsim.Key
	for _, m := range manifests {
		if account := s.account(m.Account); s.keys[account.ID] == (cloudsim.Key{}) {
			// Any key will do for a simulator that lives as long as this command.
			key := cloudsim.Key{Access: rand.Text(), Secret: rand.Text(), Account: account.ID}
			s.keys[account.ID] = key
			more = append(more, key)
		}
	}
	server, err := cloudsim.New(cloudsim.Options{Cloud: kind, State: a.sim.file, Keys: more})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("--sim=%s: its directory does not exist", shellWord(a.sim.file))
	case err != nil:
		return nil, withHint("--sim=FILE uses another state file", "%w", err)
	}
	// The simulator must outlive an interrupt: calls that run then still get their answer.
	s.url, s.stop, err = cloudsim.Start(context.WithoutCancel(ctx), server, "")
	return s, err
}

// account returns the simulated account that a manifest means; when the simulator knows none, the home account, whose
// name will then be seen not to be the manifest's.
func (s *simulation) account(a plan.Account) *cloudsim.Account {
	for _, name := range []string{a.ID, a.Name} {
		if name == "" {
			continue
		}
		if account := s.world.AccountNamed(name); account != nil {
			return account
		}
	}
	return s.world.AccountNamed("")
}

// redirect makes a target mean the simulated cloud. All services are taken to be where IAM is, on this machine.
func (s *simulation) redirect(target *providers.Target) {
	account := s.account(target.Account)
	if target.Assume != "" {
		account = s.world.AccountNamed("") // who assumes an agency comes with keys of an account of his own
	}
	key := s.keys[account.ID]
	credentials := map[string]string{
		"HUAWEICLOUD_SDK_AK":        key.Access,
		"HUAWEICLOUD_SDK_SK":        key.Secret,
		"HUAWEICLOUD_SDK_DOMAIN_ID": account.ID,
	}
	target.Getenv, target.Environ = func(name string) string { return credentials[name] }, nil
	target.ManifestEndpoints = nil
	target.Endpoints = map[string]string{"iam": s.url}
	if target.Rate == 0 {
		target.Rate = math.Inf(1)
	}
}
