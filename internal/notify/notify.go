// Package notify tells people in their chats, or another program, that a run needs a look. It takes a finished [Message] and knows
// neither what a run is nor any cloud: a topic of a cloud is reached through [Publisher].
//
// A chat's URL is a secret, and so is what it was made from. So no text of this package holds a URL, a part of one, or what a server
// or the network library says: errors are in words of our own.
//
// Start reading at [Parse] and [Target.Send].
package notify

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

// Message is what a run has to say. The texts are from strangers in part; each kind of target makes them harmless in its own way.
type Message struct {
	// Subject is one line that says it all.
	Subject string
	// Lists stand below it, each the most important line first: as many lines as there is room for, and a count of the rest.
	Lists []List
	// Foot are the last lines, at most two, which are always told.
	Foot []string
	// Document says the same to programs, as JSON.
	Document []byte
}

// List are lines, and how many there are beside them.
type List struct {
	Lines []string
	More  int
}

// Publisher publishes a message to the topic of a cloud. The subject has at most 512 bytes, and the message at most 256 KB.
type Publisher func(ctx context.Context, subject, message string) error

// Transport opens connections with the settings that the environment has for proxies and certificates.
type Transport func(getenv func(string) string) (http.RoundTripper, error)

// Settings are what all targets of a run share.
type Settings struct {
	// Getenv reads the environment, where URLs and secrets stand.
	Getenv func(string) string
	// Transport opens connections; nil is that of the library.
	Transport Transport
	// Now is the clock of signatures; nil is the machine's.
	Now func() time.Time
	// Logger tells each attempt at the level debug; nil tells none.
	Logger *slog.Logger
	// Pace bounds attempts; the zero Pace means [DefaultPace].
	Pace Pace
}

// Pace bounds how long and how often a message is tried to be sent.
type Pace struct {
	// Attempts is the highest number of attempts.
	Attempts int
	// Attempt bounds one of them, and Whole all of them with the pauses between.
	Attempt, Whole time.Duration
	// Pause is that before the second attempt, give or take half of it; the next one doubles.
	Pause time.Duration
}

// DefaultPace returns the bounds of production.
func DefaultPace() Pace {
	return Pace{Attempts: 3, Attempt: 10 * time.Second, Whole: 30 * time.Second, Pause: time.Second}
}

// Target is where messages go. It is safe for concurrent use.
type Target struct {
	spec Spec
	pace Pace
	// publish is set for a topic, and all below for the others.
	publish Publisher

	kind   *kind
	url    *url.URL
	secret string
	client *http.Client
	now    func() time.Time
	logger *slog.Logger
}

// NewTopic returns the target of a topic that publish reaches.
func NewTopic(s Spec, publish Publisher, settings Settings) *Target {
	t := &Target{spec: s, publish: publish, pace: settings.Pace}
	if t.pace == (Pace{}) {
		t.pace = DefaultPace()
	}
	return t
}

// New returns the target of a chat or a webhook, by its URL and its secret in the environment. An error names the variable that is
// missing or wrong, and shows no value.
func New(s Spec, settings Settings) (*Target, error) {
	t := NewTopic(s, nil, settings)
	t.kind, t.now, t.logger = kinds[s.Kind], settings.Now, settings.Logger
	if t.now == nil {
		t.now = time.Now
	}
	if t.logger == nil {
		t.logger = slog.New(slog.DiscardHandler)
	}
	var err error
	if t.url, err = s.url(settings.Getenv); err != nil {
		return nil, err
	}
	if t.secret, err = s.secret(settings.Getenv); err != nil {
		return nil, err
	}
	t.client = &http.Client{
		// A redirect would take the message, and a token in the URL, to whom nobody has named.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if settings.Transport != nil {
		if t.client.Transport, err = settings.Transport(settings.Getenv); err != nil {
			return nil, fmt.Errorf("%s: %w", s, err)
		}
	}
	return t, nil
}

// String names the target as the user did: KIND=TARGET.
func (t *Target) String() string { return t.spec.String() }

// Send sends a message, in the bounds of the target's pace. An error says what to do, and holds no URL and no secret. When ctx ends, the
// error wraps its cause.
func (t *Target) Send(ctx context.Context, m Message) error {
	bounded, cancel := context.WithTimeout(ctx, t.pace.Whole)
	defer cancel()
	var err error
	if t.publish != nil {
		err = t.publish(bounded, subjectOf(m), m.text(maxTopicText))
	} else {
		err = t.deliver(bounded, m)
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("the run was stopped: %w", context.Cause(ctx))
	}
	return fmt.Errorf("notification %s was not sent: %w", t, err)
}

// Close closes idle connections.
func (t *Target) Close() {
	if t.client != nil {
		t.client.CloseIdleConnections()
	}
}
