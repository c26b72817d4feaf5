package cloudsim

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Server is a simulated cloud: an http.Handler that serves every service on one host, told apart by path. It is safe for
// concurrent use.
type Server struct {
	options       Options
	router        router
	authenticator *authenticator
	faults        faultInjector
	log           callLog
	requests      atomic.Uint64

	mu    sync.Mutex // guards what follows
	state *state
	reads int64
	file  os.FileInfo // the state file when it was last read or written
}

// New returns a server for the options. It fails on a state file that cannot be read or written, an inconsistent world, a
// world of another cloud, a key or a user of an unknown account, and faults out of their limits.
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
	if s.authenticator, err = newAuthenticator(o, &world, &s.faults); err != nil {
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

// prepare settles whether services give roles that no page names, and what the names are drawn from.
func (s *Server) prepare(w *World) (err error) {
	w.OnlyPublishedRoles = w.OnlyPublishedRoles || s.options.Switches.OnlyPublishedRoles
	if w.RoleSeed == "" && s.state != nil {
		w.RoleSeed = s.state.world.RoleSeed
	}
	if w.RoleSeed == "" {
		w.RoleSeed, err = newID(s.options.Random)
	}
	return err
}

// firstWorld returns the world of the state file. Without a file it is the seed, or else the demo world, and the file is written.
func (s *Server) firstWorld() (World, error) {
	if s.options.State != "" {
		world, info, err := loadState(s.options.State)
		if err == nil {
			s.file = info
			return world, s.prepare(&world)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return World{}, err
		}
	}
	world := s.options.Seed
	if len(world.Accounts) == 0 {
		world = DemoWorld(cmp.Or(s.options.Cloud, HuaweiCloud))
		world.RoleSeed, world.OnlyPublishedRoles = s.options.Seed.RoleSeed, s.options.Seed.OnlyPublishedRoles
	}
	if err := world.check(); err != nil {
		return World{}, fmt.Errorf("simulator seed: %w", err)
	}
	// The copy keeps the caller's slices from being sorted, or shared with the running server.
	world = newState(world).snapshot()
	err := s.prepare(&world)
	if err == nil && s.options.State != "" {
		s.file, err = saveState(s.options.State, &world)
	}
	return world, err
}

func newAuthenticator(o Options, w *World, faults *faultInjector) (*authenticator, error) {
	a := &authenticator{
		keys:         map[string]Key{},
		issued:       newCredentialStore(),
		faults:       faults,
		noSignatures: o.NoSignatures,
		home:         w.Home,
		failures:     map[string]int{},
		lockedUntil:  map[string]time.Time{},
	}
	for _, key := range append([]Key{{Access: DemoAccessKey, Secret: DemoSecretKey}}, o.Keys...) {
		account := w.AccountNamed(key.Account)
		if account == nil {
			return nil, fmt.Errorf("an access key is for the account %q, which the simulator does not know", key.Account)
		}
		if key.Access == "" || key.Secret == "" {
			return nil, fmt.Errorf("an access key for the account %q is incomplete", account.Name)
		}
		key.Account = account.ID
		a.keys[key.Access] = key
	}
	var err error
	a.users, err = newUsers(o, w)
	return a, err
}

// SetFaults replaces the faults from the next call on and resets their counts. On an error the old ones stay.
func (s *Server) SetFaults(f Faults) error { return s.faults.set(f) }

// Calls returns the calls since the start or the last ResetCalls, in the order of their answers. Of very many calls it returns
// at least the latest 100,000.
func (s *Server) Calls() []Call { return s.log.all() }

// ResetCalls drops all earlier calls.
func (s *Server) ResetCalls() { s.log.reset() }

// World returns a copy of the present state, without read lag.
func (s *Server) World() World {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.snapshot()
}

// Edit changes the world as a colleague in the console would, past every API; see World.Edit. Reads show at once this change
// and all earlier ones, whatever the read lag.
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

// refresh reads the state file again if another process has replaced or written it.
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
	if err := s.prepare(&world); err != nil {
		return err
	}
	s.state, s.file = newState(world), info
	return nil
}

// save writes the state file. If that fails, the state of the file is loaded again, so that both stay equal.
func (s *Server) save() error {
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

const (
	headerTimeout   = 10 * time.Second
	idleTimeout     = time.Minute
	shutdownTimeout = 5 * time.Second
)

// Serve answers calls on the listener until ctx is done. Running calls then have five seconds to end before their connections
// are closed. It owns the listener, returns nil after such an end, and leaves no goroutine behind.
func Serve(ctx context.Context, s *Server, listener net.Listener) error {
	server := &http.Server{Handler: s, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout}
	stopped := make(chan error, 1)
	served := make(chan struct{})
	go func() {
		select {
		case <-ctx.Done():
		case <-served:
			stopped <- nil
			return
		}
		// ctx has ended, so the running calls need a context of their own.
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		err := server.Shutdown(grace)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close()
		}
		stopped <- err
	}()
	err := server.Serve(listener)
	close(served)
	if !errors.Is(err, http.ErrServerClosed) {
		<-stopped
		return fmt.Errorf("simulator: %w", err)
	}
	if err := <-stopped; err != nil {
		return fmt.Errorf("simulator: stop: %w", err)
	}
	return nil
}

// Start serves on a loopback address in the background; addr "" means any free port. It returns the base URL, and a function
// that ends the service and waits for its end; further calls of the function return the same error. An address that other
// machines could reach is refused: use Serve for that.
func Start(ctx context.Context, s *Server, addr string) (baseURL string, stop func() error, err error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return "", nil, fmt.Errorf("simulator: %w", err)
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return "", nil, errors.Join(fmt.Errorf("simulator: %s is not a loopback address", addr), listener.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, s, listener) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	return "http://" + listener.Addr().String(), stop, nil
}
