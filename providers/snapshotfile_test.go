package providers_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// recording has an answer of each kind.
func recording() *providers.Recording {
	r := &providers.Recording{Account: plan.Account{ID: "a1", Name: "example-co"}, Cloud: plan.Cloud{Kind: "cloud", Region: "here"}}
	r.Note(providers.Answer{Question: providers.Question{Service: "box", About: "boxes"}, Value: []byte(`{"all":[{"name":"a<b"},{"name":"c"}]}`)})
	r.Note(providers.Answer{Question: providers.Question{Service: "box", About: "lid", At: "here/2"}, Value: []byte(`false`)})
	r.Note(providers.Answer{Question: providers.Question{Service: "box", About: "lid", At: "here/1"}, Failure: &providers.Failure{Kind: "denied", Operation: "read a lid", Status: 403}})
	return r
}

func encoded(t require.TestingT, r *providers.Recording) []byte {
	text, err := providers.EncodeSnapshot(r, "v1")
	require.NoError(t, err)
	return text
}

func TestASnapshotIsReadAsItWasWritten(t *testing.T) {
	text := encoded(t, recording())
	again, err := providers.DecodeSnapshot(text)
	require.NoError(t, err)
	assert.Equal(t, recording().Account, again.Account)
	assert.Equal(t, recording().Cloud, again.Cloud)
	assert.Equal(t, recording().Answers(), again.Answers())
	assert.Equal(t, string(text), string(encoded(t, again)))
	a, known := again.Answer(providers.Question{Service: "box", About: "lid", At: "here/1"})
	require.True(t, known)
	var failed *providers.CallError
	require.ErrorAs(t, a.Failure.CallError(), &failed)
	require.ErrorIs(t, failed, providers.ErrDenied)
	assert.Equal(t, "read a lid: access denied (HTTP 403)", failed.Error())
}

func TestDecodingOfASnapshotIsStrict(t *testing.T) {
	text := string(encoded(t, recording()))
	plain := func(old, with string) string {
		require.Contains(t, text, old)
		return strings.Replace(text, old, with, 1)
	}
	answers := strings.Repeat(`{"service":"s","about":"a","value":1},`, 100_001)
	for name, test := range map[string]struct{ text, want string }{
		"nothing":            {"", "not the JSON of a snapshot"},
		"another file":       {`{"formatVersion":"1"}`, "it does not say that it is one"},
		"a newer version":    {plain(`"formatVersion": "1"`, `"formatVersion": "2"`), "its format version is 2, and this program reads 1"},
		"a word as version":  {plain(`"formatVersion": "1"`, `"formatVersion": "x"`), `format version "x" is not known`},
		"an unknown key":     {plain(`"tool"`, `"secret": "x", "tool"`), `not laid out as one: unknown field "secret"`},
		"one in an answer":   {plain(`"about": "boxes"`, `"about": "boxes", "x": 1`), `not laid out as one: unknown field "x"`},
		"another type":       {plain(`"tool": "v1"`, `"tool": 7`), `"tool" is of the type number`},
		"something behind":   {text + "{}", "not the JSON of a snapshot"},
		"another formatting": {strings.ReplaceAll(text, "\n ", "\n  "), "damaged, or was edited"},
		"a key given twice":  {plain(`"tool": "v1"`, `"tool": "v2", "tool": "v1"`), "damaged, or was edited"},
		"another value":      {plain(`"name": "c"`, `"name": "d"`), "damaged, or was edited"},
		"too deep":           {strings.Repeat("[", 200), "nested more than 128 levels deep"},
		"too many answers":   {`{"formatVersion":"1","kind":"snapshot","answers":[` + strings.TrimSuffix(answers, ",") + "]}", "more than 100000 answers"},
		"too large":          {strings.Repeat(" ", providers.MaxSnapshotBytes+1), "larger than 64 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := providers.DecodeSnapshot([]byte(test.text))
			require.ErrorIs(t, err, providers.ErrBadSnapshot)
			assert.Contains(t, err.Error(), test.want)
		})
	}
	for name, test := range map[string]struct {
		answer providers.Answer
		want   string
	}{
		"nothing asked":     {providers.Answer{Value: []byte("1")}, "does not say what was asked"},
		"no answer":         {providers.Answer{Question: providers.Question{Service: "s", About: "a"}}, "either a value or a failure"},
		"a long question":   {providers.Answer{Question: providers.Question{Service: "s", About: "a", At: strings.Repeat("x", 2000)}, Value: []byte("1")}, "more than a name"},
		"value and failure": {providers.Answer{Question: providers.Question{Service: "s", About: "a"}, Value: []byte("1"), Failure: &providers.Failure{}}, "either a value or a failure"},
	} {
		t.Run(name, func(t *testing.T) {
			r := recording()
			r.Note(test.answer)
			_, err := providers.DecodeSnapshot(encoded(t, r))
			require.ErrorIs(t, err, providers.ErrBadSnapshot)
			assert.Contains(t, err.Error(), test.want)
		})
	}
}

// TestEveryDamageOfASnapshotIsFound changes one byte at any place.
func TestEveryDamageOfASnapshotIsFound(t *testing.T) {
	text := encoded(t, recording())
	rapid.Check(t, func(t *rapid.T) {
		damaged := bytes.Clone(text)
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		damaged[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		_, err := providers.DecodeSnapshot(damaged)
		require.ErrorIs(t, err, providers.ErrBadSnapshot)
	})
}

func TestARecordingAsksOnce(t *testing.T) {
	var r providers.Recording
	q := providers.Question{Service: "s", About: "a"}
	asked, failed := 0, errors.New("interrupted")
	require.ErrorIs(t, r.Once(q, func() error { return failed }), failed)
	for range 3 {
		require.NoError(t, r.Once(q, func() error {
			asked++
			r.Note(providers.Answer{Question: q, Value: []byte("1")})
			return nil
		}))
	}
	assert.Equal(t, 1, asked)
}

func FuzzDecodeSnapshot(f *testing.F) {
	f.Add(encoded(f, recording()))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := providers.DecodeSnapshot(text)
		if err != nil {
			require.ErrorIs(t, err, providers.ErrBadSnapshot)
			r = &providers.Recording{} // what could stand in an honest file
			r.Note(providers.Answer{Question: providers.Question{Service: "s", About: string(text)}, Failure: &providers.Failure{Message: string(text)}})
			if written, err := providers.EncodeSnapshot(r, string(text)); err == nil {
				_, _ = providers.DecodeSnapshot(written)
			}
			return
		}
		again, err := providers.EncodeSnapshot(r, "")
		require.NoError(t, err)
		_, err = providers.DecodeSnapshot(again)
		require.NoError(t, err)
	})
}
