package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// supervised is a command under untilStopped, and what the signals do to it.
type supervised struct {
	signals chan os.Signal
	letGo   bool
	stderr  bytes.Buffer
	// ctx and second are the command's, and give lets it end with an exit code.
	ctx        context.Context
	second     <-chan struct{}
	give, code chan int
}

func supervise() *supervised {
	s := &supervised{signals: make(chan os.Signal, 1), give: make(chan int), code: make(chan int, 1)}
	go func() {
		s.code <- untilStopped(s.signals, func() { s.letGo = true }, &s.stderr, func(ctx context.Context, second <-chan struct{}) int {
			s.ctx, s.second = ctx, second
			return <-s.give
		})
	}()
	return s
}

// press sends a signal after some time, and returns how the command was stopped so far.
func (s *supervised) press(after time.Duration) string {
	time.Sleep(after)
	s.signals <- os.Interrupt
	synctest.Wait()
	second := false
	select {
	case <-s.second:
		second = true
	default:
	}
	return fmt.Sprintf("first %t, second %t, let go %t", s.ctx.Err() != nil, second, s.letGo)
}

const (
	stoppedOnce = "first true, second false, let go false"
	stoppedNow  = "first true, second true, let go true"
)

func TestSignalsOfOnePressCountAsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise()
		assert.Equal(t, stoppedOnce, s.press(time.Minute))
		assert.Equal(t, stoppedOnce, s.press(0))
		assert.Equal(t, stoppedOnce, s.press(onePress-1))
		assert.Equal(t, stoppedNow, s.press(1))
		time.Sleep(reportDeadline - 1)
		s.give <- 3
		assert.Equal(t, 3, <-s.code)
		assert.Empty(t, s.stderr.String())
	})
}

func TestACommandThatDoesNotEndIsLeftBehindAfterTheSecondPress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise()
		assert.Equal(t, stoppedOnce, s.press(0))
		time.Sleep(time.Hour)
		assert.Empty(t, s.code, "one press waits")
		assert.Equal(t, stoppedNow, s.press(0))
		pressed := time.Now()
		assert.Equal(t, exitInterrupted, <-s.code)
		assert.Equal(t, reportDeadline, time.Since(pressed))
		assert.Equal(t, "\nStopped without a report: it was not ready 3 seconds after the second interrupt.\n", s.stderr.String())
		s.give <- 0
	})
}

func TestACommandThatIsNotInterruptedEndsWithItsCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise()
		s.give <- 2
		assert.Equal(t, 2, <-s.code)
	})
}
