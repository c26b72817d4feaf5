package huaweicloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/agencyctl/agencyctl/providers"
)

// The words of [providers.Failure.Cause].
const (
	causeNoHost = "noHost"
	causePlace  = "place"
)

// errNoCalls is the error of a call, behind a recording, that no answer of it takes the place of.
var errNoCalls = fmt.Errorf("%w: it makes no calls", providers.ErrNotRecorded)

// Recall returns a connection that makes no call: what services ask is answered by the recording. It needs no credentials.
func Recall(target providers.Target) *Connection {
	c := &Connection{cloud: target.Cloud, recorded: target.Recorded, logger: target.Logger}
	if c.logger == nil {
		c.logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Records reports whether answers are noted, so that whoever reads should ask all that another coverage would ask.
func (c *Connection) Records() bool { return c.record != nil }

// Recording returns where answers are noted or come from; nil where they come from the cloud alone.
func (c *Connection) Recording() *providers.Recording {
	if c.recorded != nil {
		return c.recorded
	}
	return c.record
}

// Asked returns the answer to a question: from the recording where the connection has one, else by ask. Where answers are noted, ask is
// called once for each question, and what is returned is what the recording will return; a failure that passes, such as an interrupt or
// an overload, is not noted. T is encoded as JSON.
func Asked[T any](ctx context.Context, c *Connection, q providers.Question, ask func(context.Context) (T, error)) (T, error) {
	switch {
	case c.recorded != nil:
		return recall[T](c.recorded, q)
	case c.record == nil:
		return ask(ctx)
	}
	var none T
	if err := c.record.Once(q, func() error {
		value, err := ask(ctx)
		return note(c.record, q, value, err)
	}); err != nil {
		return none, err
	}
	return recall[T](c.record, q)
}

// note keeps an answer. It returns the error of one that cannot be kept.
func note[T any](r *providers.Recording, q providers.Question, value T, err error) error {
	if err != nil {
		failure := failureOf(err)
		if failure == nil {
			return err
		}
		r.Note(providers.Answer{Question: q, Failure: failure})
		return nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return fmt.Errorf("%s cannot be kept: %w", q, err)
	}
	r.Note(providers.Answer{Question: q, Value: bytes.TrimSpace(b.Bytes())})
	return nil
}

// failureOf returns what is kept of an error, nil where the cloud gave no answer that would be the same a minute later.
func failureOf(err error) *providers.Failure {
	failed, is := err.(*providers.CallError) //nolint:errorlint // what is wrapped around it would be lost
	if !is {
		return nil
	}
	failure := providers.FailureOf(failed)
	var permanent permanentError
	switch {
	case errors.Is(failed.Cause, errPlace):
		failure.Cause = causePlace
	case errors.As(failed.Cause, &permanent) && permanent.noHost:
		failure.Cause, failure.CauseText = causeNoHost, permanent.text
	case failed.Cause != nil, errors.Is(failed, providers.ErrUnavailable), errors.Is(failed, providers.ErrThrottled):
		return nil
	}
	return failure
}

// recall returns a noted answer.
func recall[T any](r *providers.Recording, q providers.Question) (value T, err error) {
	a, known := r.Answer(q)
	switch {
	case !known:
		return value, r.NotRecorded(q)
	case a.Failure != nil:
		failed := a.Failure.CallError()
		switch a.Failure.Cause {
		case causePlace:
			failed.Cause = errPlace
		case causeNoHost:
			failed.Cause = permanentError{text: a.Failure.CauseText, noHost: true}
		}
		return value, failed
	}
	d := json.NewDecoder(bytes.NewReader(a.Value))
	d.DisallowUnknownFields()
	if err := d.Decode(&value); err != nil {
		var none T
		return none, fmt.Errorf("%w: %s is not as this program writes it: %s", providers.ErrBadSnapshot, q, providers.Words(err))
	}
	return value, nil
}
