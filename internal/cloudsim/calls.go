package cloudsim

import (
	"encoding/json"
	"io"
	"slices"
	"sync"
	"time"
)

// maxCalls is how many calls a Server remembers; older ones are forgotten.
const maxCalls = 200_000

// Call is one request that a Server has answered.
type Call struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	// Query is the raw query string.
	Query string `json:"query"`
	// Service and Operation are "" when no API matched.
	Service   string `json:"service"`
	Operation string `json:"operation"`
	// Status is 0 when the connection was cut.
	Status int `json:"status"`
	// Write tells calls that may change something from those that read.
	Write bool `json:"write"`
}

// callLog remembers calls and writes them down. Safe for concurrent use.
type callLog struct {
	mu    sync.Mutex
	calls []Call
	out   io.Writer
}

func (l *callLog) add(c Call, requestID string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.calls) >= maxCalls {
		l.calls = slices.Delete(l.calls, 0, maxCalls/2)
	}
	l.calls = append(l.calls, c)
	if l.out == nil {
		return
	}
	line, err := json.Marshal(struct {
		Time      time.Time `json:"time"`
		RequestID string    `json:"requestId"`
		Call
	}{at.UTC(), requestID, c})
	if err == nil {
		_, _ = l.out.Write(append(line, '\n'))
	}
}

func (l *callLog) all() []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.calls)
}

func (l *callLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = nil
}
