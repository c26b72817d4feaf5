package saved

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The limits of a saved plan's file.
const (
	// MaxBytes bounds its size: room for 100,000 changes of ordinary size.
	MaxBytes   = 64 << 20
	maxDepth   = 128
	maxChanges = 100_000
	// maxPatterns bounds the patterns of ownership.protect, each of which is held against each change.
	maxPatterns = 10_000
)

var (
	// ErrBad is wrapped by every error of [Decode]: the file is damaged, was edited, or is no saved plan.
	ErrBad = errors.New("bad saved plan")
	// ErrLayout is wrapped as well where the text is JSON, and not laid out as a saved plan.
	ErrLayout = errors.New("not laid out as one")
	// ErrNewer is wrapped as well where the file was written by a newer program.
	ErrNewer = errors.New("the file was written by a newer agencyctl")
)

// Decode reads what [Plan.Encode] wrote, and nothing else: unknown keys, other versions, bytes that Encode would
// not have written in this way, a digest that does not fit, and plans that contradict themselves are errors that wrap
// [ErrBad]. At most [MaxBytes] are read. Text is not trusted: no input makes it panic.
func Decode(text []byte) (*Plan, error) {
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("%w: larger than %d MiB", ErrBad, MaxBytes>>20)
	}
	if tooDeep(text) {
		return nil, fmt.Errorf("%w: nested more than %d levels deep", ErrBad, maxDepth)
	}
	if err := checkVersion(text); err != nil {
		return nil, err
	}
	var file savedFile
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("%w: %w: %s", ErrBad, ErrLayout, misfit(err))
	}
	if len(file.Changes) > maxChanges {
		return nil, fmt.Errorf("%w: more than %d changes", ErrBad, maxChanges)
	}
	if len(file.Reading.Ownership.Protect) > maxPatterns {
		return nil, fmt.Errorf("%w: more than %d patterns of ownership.protect", ErrBad, maxPatterns)
	}
	if err := checkDigest(file); err != nil {
		return nil, err
	}
	s, err := savedOf(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBad, err)
	}
	if err := s.checkBytes(file.Digest, text); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBad, err)
	}
	return s, nil
}

// misfit says in words of JSON, not of Go, why a text is not laid out as a saved plan.
func misfit(err error) string {
	var typed *json.UnmarshalTypeError
	if errors.As(err, &typed) && typed.Field != "" {
		return fmt.Sprintf("%.100q holds a %s", typed.Field, typed.Value)
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// checkVersion looks at the version alone, so that the file of a newer program is told as such, whatever else it holds.
func checkVersion(text []byte) error {
	var head struct {
		FormatVersion *string `json:"formatVersion"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return fmt.Errorf("%w: not the JSON of a saved plan: %w", ErrBad, err)
	}
	if head.FormatVersion == nil {
		return fmt.Errorf("%w: %w: it has no formatVersion", ErrBad, ErrLayout)
	}
	if *head.FormatVersion == FormatVersion {
		return nil
	}
	known, _ := strconv.Atoi(FormatVersion)
	if version, err := strconv.Atoi(*head.FormatVersion); err == nil && version > known {
		return fmt.Errorf("%w: %w: its format version is %d, and this program reads %s; upgrade agencyctl, or plan again with this one",
			ErrBad, ErrNewer, version, FormatVersion)
	}
	return fmt.Errorf("%w: format version %.20q is not known; plan again", ErrBad, *head.FormatVersion)
}

// checkDigest holds the digest in the file against the rest of it.
func checkDigest(file savedFile) error {
	given := file.Digest
	file.Digest = ""
	bare, err := canonical(file)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBad, err)
	}
	if digest(bare) != given {
		return fmt.Errorf("%w: the digest inside does not fit: the file is damaged or was edited; plan again", ErrBad)
	}
	return nil
}

// checkBytes holds the file against what Encode writes. That also finds what a decoder lets pass: white space, escapes,
// keys in other case, keys given twice, two ways to say one thing.
func (s *Plan) checkBytes(digest string, text []byte) error {
	file := fileOf(s)
	file.Digest = digest
	whole, err := canonical(file)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBad, err)
	}
	if !bytes.Equal(whole, text) {
		return fmt.Errorf("%w: the file was formatted or edited after it was saved; plan again", ErrBad)
	}
	return nil
}

// tooDeep reports whether the JSON text nests deeper than a saved plan may, without building anything.
func tooDeep(text []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
