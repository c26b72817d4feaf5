package cloudsim

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Server is a simulated cloud: an http.Handler that serves every service on one host, told apart by path. It is safe for
// concurrent use.
type Server struct {
	options  Options
	router   router
	gate     *gate
	faults   troublemaker
	log      callLog
	requests atomic.Uint64

	mu    sync.Mutex // guards what follows
	state *state
	reads int64
	file  os.FileInfo // the state file as we know it
}

// New returns a server for the options. It fails on a state file that cannot be read or written, a world that does not
// hold together, another cloud's world, a key or a user of an unknown account, and faults out of their limits.
func New(o Options) (*Server, error) { return newServer(o, services()) }

func newServer(o Options, all []service) (*Server, error) {
	s := &Server{options: o, router: newRouter(all), log: callLog{out: o.CallLog}}
	if s.options.Clock == nil {
		s.options.Clock = time.Now
	}
	if s.options.Random == nil {
		s.options.Random = rand.Reader
	}
	world, err := s.firstWorld()
	if err != nil {
		return nil, err
	}
	if o.Cloud != "" && o.Cloud != world.Cloud {
		return nil, fmt.Errorf("the simulator's world is of %s, not %s", world.Cloud, o.Cloud)
	}
	s.options.Cloud = world.Cloud
	if s.gate, err = newGate(o, &world, &s.faults); err != nil {
		return nil, err
	}
	if o.TokenLife < 0 {
		return nil, errors.New("the life of a token must not be negative")
	}
	if err := s.faults.set(o.Faults); err != nil {
		return nil, err
	}
	s.state = newState(world)
	return s, nil
}

// firstWorld is what the state file holds, else the seed, else the demo world, which then becomes the state file.
func (s *Server) firstWorld() (World, error) {
	if s.options.State != "" {
		world, info, err := loadState(s.options.State)
		if err == nil {
			s.file = info
			return world, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return World{}, err
		}
	}
	world := s.options.Seed
	if len(world.Accounts) == 0 {
		world = DemoWorld(cmp.Or(s.options.Cloud, HuaweiCloud))
	}
	if err := world.check(); err != nil {
		return World{}, fmt.Errorf("simulator seed: %w", err)
	}
	// The copy keeps the caller's slices from being sorted, or shared with the running server.
	world = newState(world).snapshot()
	if s.options.State == "" {
		return world, nil
	}
	var err error
	s.file, err = saveState(s.options.State, &world)
	return world, err
}

func newGate(o Options, w *World, faults *troublemaker) (*gate, error) {
	g := &gate{keys: map[string]Key{}, vault: newVault(), faults: faults, open: o.NoSignatures, home: w.Home, bad: map[string]int{}, lock: map[string]time.Time{}}
	for _, key := range append([]Key{{Access: DemoAccessKey, Secret: DemoSecretKey}}, o.Keys...) {
		account := w.AccountNamed(key.Account)
		if account == nil {
			return nil, fmt.Errorf("an access key is for the account %q, which the simulator does not know", key.Account)
		}
		if key.Access == "" || key.Secret == "" {
			return nil, fmt.Errorf("an access key for the account %q is incomplete", account.Name)
		}
		key.Account = account.ID
		g.keys[key.Access] = key
	}
	var err error
	g.users, err = newUsers(o, w)
	return g, err
}

// SetFaults replaces the faults from the next call on and starts their counts afresh. On an error the old ones stay.
func (s *Server) SetFaults(f Faults) error { return s.faults.set(f) }

// Calls returns the calls since the start or the last ResetCalls, in the order of their answers. The latest 100,000 are
// never missing.
func (s *Server) Calls() []Call { return s.log.all() }

// ResetCalls forgets the calls so far.
func (s *Server) ResetCalls() { s.log.reset() }

// World returns a copy of the present state, without read lag.
func (s *Server) World() World {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.snapshot()
}

// Edit changes the world as a colleague in the console would, past every API; see World.Edit. Reads show it at once, and
// with it all earlier changes that read lag still hid.
func (s *Server) Edit(account string, e Edit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refresh(); err != nil {
		return err
	}
	if e.At.IsZero() {
		e.At = s.options.Clock()
	}
	if e.ID == "" {
		id, err := newID(s.options.Random)
		if err != nil {
			return err
		}
		e.ID = id
	}
	world := s.state.snapshot()
	if err := world.Edit(account, e); err != nil {
		return err
	}
	if s.options.State != "" {
		info, err := saveState(s.options.State, &world)
		if err != nil {
			return err
		}
		s.file = info
	}
	s.state = newState(world)
	return nil
}

// refresh takes over a state file that somebody else has replaced or written.
func (s *Server) refresh() error {
	if s.options.State == "" {
		return nil
	}
	info, err := os.Stat(s.options.State)
	if err != nil {
		return fmt.Errorf("simulator state: %w", err)
	}
	if s.file != nil && os.SameFile(info, s.file) && info.Size() == s.file.Size() && info.ModTime().Equal(s.file.ModTime()) {
		return nil
	}
	return s.reload()
}

func (s *Server) reload() error {
	world, info, err := loadState(s.options.State)
	if err != nil {
		return err
	}
	if world.Cloud != s.options.Cloud {
		return fmt.Errorf("simulator state %s: the world is of %s, not %s", s.options.State, world.Cloud, s.options.Cloud)
	}
	s.state, s.file = newState(world), info
	return nil
}

// persist makes the present state durable. When it cannot, the change is taken back: the file says what is true.
func (s *Server) persist() error {
	if s.options.State == "" {
		return nil
	}
	world := s.state.snapshot()
	info, err := saveState(s.options.State, &world)
	if err != nil {
		s.file = nil // the next call reads the file again
		return errors.Join(err, s.reload())
	}
	s.file = info
	return nil
}
