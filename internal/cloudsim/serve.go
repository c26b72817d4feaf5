package cloudsim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	headerTimeout   = 10 * time.Second
	idleTimeout     = time.Minute
	shutdownTimeout = 5 * time.Second
)

// Serve answers calls on the listener until ctx is done, then lets running calls end for up to five seconds and closes
// the rest. It owns the listener, and returns nil after such an end. It leaves no goroutine behind.
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
		// The caller's context is over; the running calls get a time of their own.
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		err := server.Shutdown(grace)
		if err != nil {
			err = errors.Join(err, server.Close())
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

// Start serves on a loopback address in the background; addr "" means any free port. It returns the base URL and a
// function that ends the service, waits for that and may be called often. An address that other machines could reach is
// refused: who means that listens himself and calls Serve.
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
