package notify_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rate is how many messages a chat takes, and how it refuses more.
type rate struct {
	// most are how many messages it takes within each of these times.
	most    map[time.Duration]int
	refusal string
	// silence is for how long it takes none at all after too many.
	silence time.Duration
}

var rates = map[string]rate{
	"feishu":   {most: map[time.Duration]int{time.Second: 5, time.Minute: 100}, refusal: `{"code":11232,"msg":"too many request"}`},
	"dingtalk": {most: map[time.Duration]int{time.Minute: 20}, refusal: `{"errcode":130101,"errmsg":"send too fast"}`, silence: 10 * time.Minute},
	"wecom":    {most: map[time.Duration]int{time.Minute: 20}, refusal: `{"errcode":45009,"errmsg":"api freq out of limit"}`},
}

// robot is the robot of a chat, which takes what its chat verifies, at the rate of its kind. It is a transport, so that it can stand where
// time is not that of the machine.
type robot struct {
	t    *testing.T
	kind string

	mu     sync.Mutex
	silent time.Time
	// taken are the times of the messages that it took, of whoever sent them, and attempts those of ours.
	taken, attempts []time.Time
	// text is that of the latest of ours that it took.
	text string
}

// takes reports whether the robot takes one more message now.
func (r *robot) takes(now time.Time) bool {
	if now.Before(r.silent) {
		return false
	}
	limits := rates[r.kind]
	for within, most := range limits.most {
		recent := 0
		for _, at := range r.taken {
			if now.Sub(at) < within {
				recent++
			}
		}
		if recent >= most {
			r.silent = now.Add(limits.silence)
			return false
		}
	}
	r.taken = append(r.taken, now)
	return true
}

// others lets so many messages of others come in, with so much time between them.
func (r *robot) others(n int, apart time.Duration) {
	for range n {
		require.True(r.t, r.takes(time.Now()))
		time.Sleep(apart)
	}
}

func (r *robot) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.attempts = append(r.attempts, now); !r.takes(now) {
		fmt.Fprint(w, rates[r.kind].refusal)
		return
	}
	r.text = chats[r.kind](r.t, w, q)
}

func (r *robot) RoundTrip(q *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	r.ServeHTTP(answer, q)
	return answer.Result(), nil
}

// send sends a message at the pace of production, but for the pauses that no chat asks for, and returns the error's text and how long each attempt came after the one before.
func (r *robot) send() (failed string, pauses []time.Duration) {
	r.attempts = nil
	to := targetBy(r.t, r.kind, "https://chat.example", quick(), io.Discard, func(func(string) string) (http.RoundTripper, error) { return r, nil })
	if err := to.Send(r.t.Context(), message()); err != nil {
		failed = err.Error()
	}
	for i := 1; i < len(r.attempts); i++ {
		pauses = append(pauses, r.attempts[i].Sub(r.attempts[i-1]))
	}
	return failed, pauses
}

// TestAChatTakesNoMoreThanItsRate: what is refused for that is told as failed, or sent once when the chat takes messages again. Where
// another attempt would be too early, none is made. All times are those of a clock that stands still while something is done.
func TestAChatTakesNoMoreThanItsRate(t *testing.T) {
	const notSent = "notification %s=ops-night was not sent: refused with code %s"
	busy := []time.Duration{5 * time.Second, 5 * time.Second}
	for name, story := range map[string]func(t *testing.T, r *robot){
		"wecom": func(t *testing.T, r *robot) {
			r.others(20, 0)
			failed, pauses := r.send()
			assert.Equal(t, fmt.Sprintf(notSent, "wecom", "45009: more than 20 messages in a minute (3 attempts)"), failed)
			assert.Equal(t, busy, pauses)
			assert.Len(t, r.taken, 20, "nothing of ours")
			time.Sleep(41 * time.Second) // what others sent is then 51 seconds old
			failed, pauses = r.send()
			assert.Empty(t, failed)
			assert.Equal(t, busy, pauses)
			assert.Len(t, r.taken, 21, "one message")
		},
		"dingtalk": func(t *testing.T, r *robot) {
			r.others(20, 0)
			for range 2 {
				failed, pauses := r.send()
				assert.Contains(t, failed, fmt.Sprintf(notSent, "dingtalk", "130101: more than 20 messages in a minute"))
				assert.Empty(t, pauses, "a robot that is silent is not asked again")
				time.Sleep(9 * time.Minute)
			}
			time.Sleep(time.Minute)
			failed, _ := r.send()
			assert.Empty(t, failed)
			assert.Len(t, r.taken, 21, "one message")
		},
		"feishu": func(t *testing.T, r *robot) {
			r.others(5, 0)
			failed, pauses := r.send()
			assert.Empty(t, failed)
			assert.Equal(t, []time.Duration{time.Second}, pauses)
			assert.Len(t, r.taken, 6, "one message")
			r.others(94, 250*time.Millisecond)
			failed, pauses = r.send()
			assert.Equal(t, fmt.Sprintf(notSent, "feishu", "11232: too many messages (3 attempts)"), failed)
			assert.Equal(t, []time.Duration{time.Second, time.Second}, pauses)
			assert.Len(t, r.taken, 100, "nothing of ours")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { story(t, &robot{t: t, kind: name}) })
		})
	}
}
