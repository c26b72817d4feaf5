package cloudtest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance"
)

// Front stands before a simulated cloud and decides how each call ends. It is safe for concurrent use.
type Front struct {
	cloud http.Handler
	// busy is held for reading by every call that is worked on.
	busy sync.RWMutex

	mu      sync.Mutex
	hook    conformance.Hook
	answers []answer
	writes  []string
}

// answer takes the place of the cloud's for the calls that match.
type answer struct {
	match  func(*http.Request) bool
	status int
	body   string
	// edit changes the cloud's own answer; nil where the answer takes its place.
	edit func(body []byte) []byte
}

// SetHook lets hook decide about the calls that follow; nil lets all pass. A call's name tells path, query and project,
// because calls of two regions differ in nothing but the project.
func (f *Front) SetHook(hook conformance.Hook) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hook = hook
}

// Settle waits for the calls that are being worked on, also those whose callers have gone.
func (f *Front) Settle() {
	f.busy.Lock()
	defer f.busy.Unlock()
}

// Answer gives the calls that match this answer instead of the cloud's, which does not see them. The latest Answer that
// matches a call holds.
func (f *Front) Answer(match func(*http.Request) bool, status int, body string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers = append([]answer{{match: match, status: status, body: body}}, f.answers...)
}

// Edit changes the answers to the calls that match: edit returns the body that is sent in the place of the cloud's.
func (f *Front) Edit(match func(*http.Request) bool, edit func(body []byte) []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers = append([]answer{{match: match, edit: edit}}, f.answers...)
}

// Writes returns the calls since the last time that may change something: method, path with query, body.
func (f *Front) Writes() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	writes := f.writes
	f.writes = nil
	return writes
}

// ServeHTTP implements [http.Handler].
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.busy.RLock()
	defer f.busy.RUnlock()
	// A server notices that its caller has hung up only once the body is read.
	body, err := io.ReadAll(io.LimitReader(r.Body, cloudsim.MaxBodyBytes))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	write := r.Method != http.MethodGet
	f.mu.Lock()
	hook, answers := f.hook, f.answers
	if write {
		f.writes = append(f.writes, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
	}
	f.mu.Unlock()
	outcome := conformance.Pass
	if hook != nil {
		name := r.URL.Path + "?" + r.URL.RawQuery + " in " + r.Header.Get("X-Project-Id")
		outcome = hook(r.Context(), conformance.Call{Name: name, Write: write})
	}
	switch outcome {
	case conformance.Pass:
		f.pass(w, r, answers)
	case conformance.Fail:
		w.WriteHeader(http.StatusInternalServerError)
	case conformance.Refuse:
		w.WriteHeader(http.StatusForbidden)
	case conformance.Miss:
		w.WriteHeader(http.StatusNotFound)
	case conformance.Lose:
		f.cloud.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}
}

// pass lets the cloud answer, or what takes its place.
func (f *Front) pass(w http.ResponseWriter, r *http.Request, answers []answer) {
	for _, a := range answers {
		if !a.match(r) {
			continue
		}
		if a.edit == nil {
			w.WriteHeader(a.status)
			_, _ = io.WriteString(w, a.body)
			return
		}
		recorded := httptest.NewRecorder()
		f.cloud.ServeHTTP(recorded, r)
		w.WriteHeader(recorded.Code)
		_, _ = w.Write(a.edit(recorded.Body.Bytes()))
		return
	}
	f.cloud.ServeHTTP(w, r)
}
