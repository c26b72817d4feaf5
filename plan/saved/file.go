package saved

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan"
)

// FormatVersion is the version of the file format, a whole number. It grows whenever the same plan gets other bytes: a program
// executes only plans that it understands in whole.
const FormatVersion = "5"

// The limits of a saved plan's file.
const (
	// MaxBytes bounds its size: room for about 50,000 changes of ordinary size.
	MaxBytes   = 64 << 20
	maxDepth   = 128
	maxChanges = 100_000
	// maxPatterns bounds each list of patterns and of acceptances: all of them are matched with all resources or findings.
	maxPatterns = 2_000
)

var (
	// ErrBad is wrapped by every error of [Decode]: the file is damaged, was edited, or is no saved plan.
	ErrBad = errors.New("bad saved plan")
	// ErrLayout is wrapped as well where the text is JSON, and not laid out as a saved plan.
	ErrLayout = errors.New("not laid out as one")
	// ErrForged is wrapped as well where the plan in the file is not the one that follows from its basis.
	ErrForged = errors.New("forged")
	// ErrNewer is wrapped as well where the file was written by a newer program.
	ErrNewer = errors.New("the file was written by a newer agencyctl")
)

// file is the layout of the file: an element of the published plan format, with a version of its own, a digest, and the basis.
// Keys have the order of the fields.
type file struct {
	FormatVersion string `json:"formatVersion"`
	// Digest is the digest of the file with this text empty.
	Digest string `json:"digest"`
	Tool   string `json:"tool"`
	planFields
	Basis Basis `json:"basis"`
}

// planFields has the fields of a plan, and not its MarshalJSON.
type planFields plan.Plan

// Files begin with beforeDigest and the digest itself.
const (
	beforeDigest = `{"formatVersion":"` + FormatVersion + `","digest":"`
	digestLength = len("sha256:") + 2*sha256.Size
)

// Text returns the bytes of the saved plan's file: JSON on one line. The same plan gives the same bytes. The digest inside
// detects damage; only a signature detects forgery. Callers do not change the bytes.
func (s *Plan) Text() []byte { return s.text }

// Digest returns the digest that stands in the file: "sha256:" and 64 hexadecimal digits.
func (s *Plan) Digest() string { return string(s.text[len(beforeDigest):][:digestLength]) }

// encode returns the bytes of a file.
func encode(p *plan.Plan, tool string, basis Basis) ([]byte, error) {
	text, err := encodeFile(file{Tool: tool, planFields: planFields(*p.Published()), Basis: basis})
	if err != nil {
		return nil, err
	}
	return slices.Insert(text, len(beforeDigest), []byte(digest(text))...), nil
}

// encodeFile encodes a file with the version of today and an empty digest.
func encodeFile(f file) ([]byte, error) {
	f.FormatVersion, f.Digest = FormatVersion, ""
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(f); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func digest(parts ...[]byte) string {
	hash := sha256.New()
	for _, part := range parts {
		hash.Write(part)
	}
	return "sha256:" + hex.EncodeToString(hash.Sum(nil))
}

// Decode reads what [Save] made, and nothing else: unknown keys, other versions, bytes that Save would not have written in this
// way, a digest that does not fit, and a plan that does not follow from its basis are errors that wrap [ErrBad]; the last wraps
// [ErrForged] too. At most [MaxBytes] are read. Text is not trusted: no input makes it panic.
func Decode(text []byte, program Program) (*Plan, error) {
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("%w: larger than %d MiB", ErrBad, MaxBytes>>20)
	}
	if plan.DeeperThan(maxDepth, text) {
		return nil, fmt.Errorf("%w: nested more than %d levels deep", ErrBad, maxDepth)
	}
	if err := checkVersion(text); err != nil {
		return nil, err
	}
	if err := checkDigest(text); err != nil {
		return nil, err
	}
	var f file
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return nil, fmt.Errorf("%w: %w: %s", ErrBad, ErrLayout, misfit(err))
	}
	if len(f.Changes) > maxChanges {
		return nil, fmt.Errorf("%w: more than %d changes", ErrBad, maxChanges)
	}
	rules, options := &f.Basis.Rules, &f.Basis.Options
	for _, list := range []struct {
		name   string
		length int
	}{
		{"ownership.include", len(rules.Ownership.Include)}, {"ownership.exclude", len(rules.Ownership.Exclude)},
		{"ownership.protect", len(rules.Ownership.Protect)}, {"acceptances", len(rules.Acceptances)},
		{"target", len(options.Select.Target)}, {"exclude", len(options.Select.Exclude)}, {"renew", len(options.Renew)},
		{"self", len(options.Self)}, {"coverage", len(f.Basis.Snapshot.Coverage)}, {"gaps", len(f.Basis.Snapshot.Gaps)},
	} {
		if list.length > maxPatterns {
			return nil, fmt.Errorf("%w: more than %d items in %s", ErrBad, maxPatterns, list.name)
		}
	}
	if on := options.Select.AcceptedOn; on != "" {
		if _, err := time.Parse(time.DateOnly, on); err != nil {
			return nil, fmt.Errorf("%w: acceptedOn is no day", ErrBad)
		}
	}
	// A decoder lets white space, escapes, keys in other case, keys given twice and the like pass.
	p, basis := f.parts()
	if again, err := encode(p, f.Tool, basis); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBad, err)
	} else if !bytes.Equal(again, text) {
		return nil, errEdited
	}
	s := &Plan{Tool: f.Tool, Basis: basis, text: text}
	if err := s.buildAgain(p, program); err != nil {
		return nil, fmt.Errorf("%w: %w; somebody has edited it: plan again", ErrBad, err)
	}
	return s, nil
}

var errEdited = fmt.Errorf("%w: the file was formatted or edited after it was saved; plan again", ErrBad)

// parts returns what the file holds.
func (f *file) parts() (*plan.Plan, Basis) {
	p, b := plan.Plan(f.planFields), f.Basis
	p.Unpublish()
	for i := range b.Desired {
		b.Desired[i].Attributes = notNil(b.Desired[i].Attributes)
	}
	for i := range b.Snapshot.Resources {
		b.Snapshot.Resources[i].Attributes = notNil(b.Snapshot.Resources[i].Attributes)
	}
	all := func(plan.CatalogueEntry) bool { return true }
	b.Snapshot.Catalogue = catalogue(b.Snapshot.Catalogue.Entries(), all)
	return &p, b
}

// misfit returns a decoder's error in words of JSON instead of Go.
func misfit(err error) string {
	var typed *json.UnmarshalTypeError
	switch {
	case errors.As(err, &typed) && typed.Field != "":
		return fmt.Sprintf("%.100q is of the type %s", typed.Field, typed.Value)
	case typed != nil:
		return fmt.Sprintf("it is of the type %s", typed.Value)
	}
	if syntax := new(json.SyntaxError); errors.As(err, &syntax) {
		return "it is no JSON" // the error quotes a character of what may be another file
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// checkVersion reads the version alone, so that the file of a newer program is reported as such, whatever else it holds.
func checkVersion(text []byte) error {
	var head struct {
		FormatVersion *string
		Accounts      json.RawMessage
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return fmt.Errorf("%w: not the JSON of a saved plan: %s", ErrBad, misfit(err))
	}
	switch {
	case head.FormatVersion == nil:
		return fmt.Errorf("%w: %w: it has no formatVersion", ErrBad, ErrLayout)
	case head.Accounts != nil: // the published formats have versions of their own
		return fmt.Errorf("%w: %w: unknown field %q", ErrBad, ErrLayout, "accounts")
	case *head.FormatVersion == FormatVersion:
		return nil
	}
	known, _ := strconv.Atoi(FormatVersion)
	if version, err := strconv.Atoi(*head.FormatVersion); err == nil && version > known {
		return fmt.Errorf("%w: %w: its format version is %d, and this program reads %s; upgrade agencyctl, or plan again with this one",
			ErrBad, ErrNewer, version, FormatVersion)
	}
	return fmt.Errorf("%w: format version %.20q is not known; plan again", ErrBad, *head.FormatVersion)
}

// checkDigest holds the digest in the file against the bytes around it.
func checkDigest(text []byte) error {
	rest, ok := bytes.CutPrefix(text, []byte(beforeDigest))
	if !ok || len(rest) < digestLength {
		return errEdited
	}
	if string(rest[:digestLength]) != digest([]byte(beforeDigest), rest[digestLength:]) {
		return fmt.Errorf("%w: the digest inside does not fit: the file is damaged or was edited; plan again", ErrBad)
	}
	return nil
}
