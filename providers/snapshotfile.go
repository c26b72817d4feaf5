package providers

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// The version and the kind of a snapshot's file. The version grows whenever the same account gets other bytes.
const (
	snapshotVersion = "1"
	snapshotKind    = "snapshot"
)

// The limits of a snapshot's file.
const (
	// MaxSnapshotBytes bounds its size: room for about 100,000 grants.
	MaxSnapshotBytes = 64 << 20
	maxSnapshotDepth = 128
	maxAnswers       = 100_000
	maxSnapshotText  = 1024 // of each word of a question
)

// ErrBadSnapshot is wrapped by every error of [DecodeSnapshot].
var ErrBadSnapshot = errors.New("bad snapshot")

// snapshotFile is the layout of the file: JSON, indented, so that two can be compared line by line.
type snapshotFile struct {
	FormatVersion string `json:"formatVersion"`
	Kind          string `json:"kind"`
	// Digest is that of the file with this text empty. It shows damage; nobody is held off by it from writing another file.
	Digest  string       `json:"digest"`
	Tool    string       `json:"tool"`
	Account plan.Account `json:"account"`
	Cloud   plan.Cloud   `json:"cloud"`
	Answers []Answer     `json:"answers"`
}

// EncodeSnapshot returns the file of a recording. Tool is the version of the program that made it. The same answers give the same bytes.
// No credential, endpoint or time of the run is among them.
func EncodeSnapshot(r *Recording, tool string) ([]byte, error) {
	f := snapshotFile{Tool: tool, Account: r.Account, Cloud: r.Cloud, Answers: r.Answers()}
	text, err := f.encode("")
	if err != nil {
		return nil, err
	}
	if text, err = f.encode(digestOf(text)); err == nil && len(text) > MaxSnapshotBytes {
		err = fmt.Errorf("the snapshot is larger than %d MiB", MaxSnapshotBytes>>20)
	}
	return text, err
}

func (f snapshotFile) encode(digest string) ([]byte, error) {
	f.FormatVersion, f.Kind, f.Digest = snapshotVersion, snapshotKind, digest
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(f)
	return b.Bytes(), err
}

func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// DecodeSnapshot reads what [EncodeSnapshot] made, and nothing else: unknown keys, other versions, bytes that it would not have written in
// this way, and a digest that does not fit are errors that wrap [ErrBadSnapshot]. Text is not trusted: no input makes it panic. An answer
// is looked at by the service that asks for it.
func DecodeSnapshot(text []byte) (*Recording, error) {
	if len(text) > MaxSnapshotBytes {
		return nil, fmt.Errorf("%w: larger than %d MiB", ErrBadSnapshot, MaxSnapshotBytes>>20)
	}
	if plan.DeeperThan(maxSnapshotDepth, text) {
		return nil, fmt.Errorf("%w: nested more than %d levels deep", ErrBadSnapshot, maxSnapshotDepth)
	}
	if err := checkSnapshotVersion(text); err != nil {
		return nil, err
	}
	var f snapshotFile
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return nil, fmt.Errorf("%w: not laid out as one: %s", ErrBadSnapshot, layoutFault(err))
	}
	if len(f.Answers) > maxAnswers {
		return nil, fmt.Errorf("%w: more than %d answers", ErrBadSnapshot, maxAnswers)
	}
	plain, err := f.encode("")
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrBadSnapshot, layoutFault(err))
	}
	if again, err := f.encode(digestOf(plain)); err != nil || !bytes.Equal(again, text) {
		return nil, fmt.Errorf("%w: the file is damaged, or was edited after it was written; take a new snapshot", ErrBadSnapshot)
	}
	r := &Recording{Account: f.Account, Cloud: f.Cloud}
	for i := range f.Answers {
		if err := f.check(i); err != nil {
			return nil, fmt.Errorf("%w: answer %d: %w", ErrBadSnapshot, i+1, err)
		}
		a := f.Answers[i]
		if a.Value != nil {
			var compact bytes.Buffer
			if err := json.Compact(&compact, a.Value); err != nil {
				return nil, fmt.Errorf("%w: answer %d is no JSON", ErrBadSnapshot, i+1)
			}
			a.Value = compact.Bytes()
		}
		r.Note(a)
	}
	return r, nil
}

// check returns an error for an answer that [EncodeSnapshot] does not write.
func (f *snapshotFile) check(i int) error {
	a := &f.Answers[i]
	switch {
	case a.Service == "" || a.About == "" || max(len(a.Service), len(a.About), len(a.At)) > maxSnapshotText:
		return errors.New("it does not say what was asked, or says more than a name")
	case (a.Value == nil) == (a.Failure == nil):
		return errors.New("either a value or a failure is wanted")
	case i > 0 && compareAnswers(f.Answers[i-1], *a) >= 0:
		return errors.New("it is not sorted, or there twice")
	}
	return nil
}

// checkSnapshotVersion reads the head alone, so that the file of a newer program is reported as such, whatever else it holds.
func checkSnapshotVersion(text []byte) error {
	var head struct{ FormatVersion, Kind string }
	if err := json.Unmarshal(text, &head); err != nil {
		return fmt.Errorf("%w: not the JSON of a snapshot", ErrBadSnapshot) // the error may quote what is another file
	}
	known, _ := strconv.Atoi(snapshotVersion)
	version, err := strconv.Atoi(head.FormatVersion)
	switch {
	case head.Kind != snapshotKind:
		return fmt.Errorf("%w: it does not say that it is one", ErrBadSnapshot)
	case err == nil && version > known:
		return fmt.Errorf("%w: its format version is %d, and this program reads %s; upgrade agencyctl, or take a new snapshot",
			ErrBadSnapshot, version, snapshotVersion)
	case head.FormatVersion != snapshotVersion:
		return fmt.Errorf("%w: format version %.20q is not known; take a new snapshot", ErrBadSnapshot, head.FormatVersion)
	}
	return nil
}

// layoutFault returns a decoder's error in words of JSON instead of Go.
func layoutFault(err error) string {
	var typed *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &typed) && typed.Field != "":
		return fmt.Sprintf("%.100q is of the type %s", typed.Field, typed.Value)
	case errors.As(err, &typed), errors.As(err, &syntax):
		return "a value is of another type"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}
