package directory

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestLifetimesInEveryForm(t *testing.T) {
	created := time.Date(2031, 4, 5, 6, 7, 8, 0, time.UTC)
	for text, want := range map[string]Lifetime{
		``: {Forever: true}, `null`: {Forever: true}, `""`: {Forever: true}, `"FOREVER"`: {Forever: true}, `"forever"`: {Forever: true},
		`"ONEDAY"`: {Hours: 24}, `"24"`: {Hours: 24}, `480`: {Hours: 480}, `"480"`: {Hours: 480}, `480.0`: {Hours: 480}, `"36"`: {Hours: 36},
		`"0"`: {}, `-24`: {}, `"soon"`: {}, `{"a":1}`: {}, `1e300`: {}, `"NaN"`: {}, `"0.5"`: {},
	} {
		assert.Equal(t, want, parseLifetime(json.RawMessage(text), time.Time{}, time.Time{}), text)
	}
	// What is left of twenty days, while creation and end tell the whole.
	assert.Equal(t, Lifetime{Hours: 480}, parseLifetime(json.RawMessage(`"479"`), created, created.Add(480*time.Hour)))
	assert.Equal(t, Lifetime{Hours: 479}, parseLifetime(json.RawMessage(`"479"`), created, created.Add(481*time.Hour)))
	assert.Equal(t, Lifetime{Hours: 24}, parseLifetime(json.RawMessage(`24`), created, created.Add(480*time.Hour)), "whole days are believed")
}

func TestTimesInEveryForm(t *testing.T) {
	want := time.Date(2031, 4, 5, 6, 7, 8, 123456000, time.UTC)
	for _, text := range []string{"2031-04-05T06:07:08.123456", "2031-04-05T06:07:08.123456Z", "2031-04-05 06:07:08.123456", "2031-04-05T08:07:08.123456+02:00"} {
		got, ok := ParseTime(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	_, ok := ParseTime("next week")
	assert.False(t, ok)
}
