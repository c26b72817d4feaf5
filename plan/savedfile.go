package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// SavedFormatVersion is the version of the saved plan's file format, a whole number. It grows with every change of the
// format: a plan is executed only by a program that understands all of it.
const SavedFormatVersion = "1"

// Encode returns the bytes of the saved plan's file: canonical JSON on one line, keys in alphabetical order but for
// those inside documents, whose order is part of their value. The same plan gives the same bytes. Among them is a digest of
// all others, so that a damaged file is noticed; who wants to notice a forged one must sign it. A plan beyond the limits of [DecodeSaved] is an error.
func (s *Saved) Encode() ([]byte, error) {
	file := fileOf(s)
	bare, err := canonical(file)
	if err != nil {
		return nil, err
	}
	file.Digest = digest(bare)
	text, err := canonical(file)
	if err != nil {
		return nil, err
	}
	if _, err := DecodeSaved(text); err != nil {
		return nil, fmt.Errorf("the plan cannot be saved, because it could not be read back: %w", err)
	}
	return text, nil
}

// Digest returns the digest that stands in the file: "sha256:" and 64 hexadecimal digits.
func (s *Saved) Digest() (string, error) {
	bare, err := canonical(fileOf(s))
	if err != nil {
		return "", err
	}
	return digest(bare), nil
}

func canonical(file savedFile) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(file); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// The structs of the file. Their fields are in alphabetical order of the keys, because that is the order in the file.

type savedFile struct {
	Account       savedAccount       `json:"account"`
	Changes       []savedChange      `json:"changes"`
	Cloud         savedCloud         `json:"cloud"`
	Digest        string             `json:"digest,omitempty"`
	Findings      []savedFinding     `json:"findings"`
	FormatVersion string             `json:"formatVersion"`
	LeftOut       []savedLeftOut     `json:"leftOut"`
	Limits        savedLimits        `json:"limits"`
	Manifest      manifestJSON       `json:"manifest"`
	NotCompared   []savedNotCompared `json:"notCompared"`
	NotRead       []savedNotRead     `json:"notRead"`
	Privileges    savedDelta         `json:"privileges"`
	Reading       savedReading       `json:"reading"`
	Reliance      savedReliance      `json:"reliance"`
	Summary       savedSummary       `json:"summary"`
	Unexpected    []savedUnexpected  `json:"unexpected"`
	Unmanaged     []addr.Address     `json:"unmanaged"`
	Warnings      []string           `json:"warnings"`
}

type savedAccount struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type savedCloud struct {
	Kind   string `json:"kind"`
	Region string `json:"region"`
}

type savedLimits struct {
	MaxDeletes *int `json:"maxDeletes"`
}

type savedChange struct {
	Action     string           `json:"action"`
	Address    addr.Address     `json:"address"`
	After      *savedResource   `json:"after"`
	Attributes []savedAttribute `json:"attributes"`
	Before     *savedResource   `json:"before"`
	Confirms   []addr.Address   `json:"confirms"`
	DependsOn  []addr.Address   `json:"dependsOn"`
	Entry      *savedNotes      `json:"entry,omitempty"`
	Findings   []savedFinding   `json:"findings"`
	ID         string           `json:"id,omitempty"`
	Manual     []savedManual    `json:"manual"`
	Origin     Origin           `json:"origin,omitempty"`
	Parent     *addr.Address    `json:"parent,omitempty"`
	ParentID   string           `json:"parentId,omitempty"`
	Protected  bool             `json:"protected"`
	Reason     string           `json:"reason,omitempty"`
	Resolves   []savedFinding   `json:"resolves"`
	RunsAfter  []addr.Address   `json:"runsAfter"`
	Source     *savedPosition   `json:"source,omitempty"`
	With       []addr.Address   `json:"with"`
}

type savedLeftOut struct {
	Action  string       `json:"action"`
	Address addr.Address `json:"address"`
}

type savedResource struct {
	Attributes Attributes        `json:"attributes"`
	Bindings   map[string]string `json:"bindings"`
	Settings   Attributes        `json:"settings,omitempty"`
}

type savedAttribute struct {
	After  Value          `json:"after"`
	Before Value          `json:"before"`
	Name   string         `json:"name"`
	Origin Origin         `json:"origin,omitempty"`
	Source *savedPosition `json:"source,omitempty"`
}

type savedPosition struct {
	Column int    `json:"column"`
	File   string `json:"file"`
	Line   int    `json:"line"`
}

type savedManual struct {
	Attribute   string   `json:"attribute,omitempty"`
	Instruction string   `json:"instruction"`
	Values      []string `json:"values,omitempty"`
}

type savedNotes struct {
	Owner    string `json:"owner,omitempty"`
	Reason   string `json:"reason,omitempty"`
	ReviewBy string `json:"reviewBy,omitempty"`
	Ticket   string `json:"ticket,omitempty"`
}

type savedFinding struct {
	Accepted  *Accepted    `json:"accepted,omitempty"`
	Address   addr.Address `json:"address"`
	Attribute string       `json:"attribute,omitempty"`
	Hint      string       `json:"hint,omitempty"`
	Message   string       `json:"message"`
	Rule      string       `json:"rule"`
	Severity  Severity     `json:"severity"`
}

type savedNotCompared struct {
	Address   addr.Address `json:"address"`
	Attribute string       `json:"attribute"`
	Reason    string       `json:"reason"`
	WriteOnly bool         `json:"writeOnly"`
}

type savedNotRead struct {
	Reason  string `json:"reason"`
	Subject string `json:"subject"`
}

type savedReading struct {
	Desired   []savedListed  `json:"desired"`
	NotRead   []string       `json:"notRead"`
	Ownership savedOwnership `json:"ownership"`
}

type savedListed struct {
	Absent   bool              `json:"absent"`
	Address  addr.Address      `json:"address"`
	Bindings map[string]string `json:"bindings"`
	Settings Attributes        `json:"settings,omitempty"`
}

type savedOwnership struct {
	Exclude []addr.Pattern `json:"exclude"`
	Include []addr.Pattern `json:"include"`
	Protect []addr.Pattern `json:"protect"`
	Prune   bool           `json:"prune"`
}

type savedReliance struct {
	Absent    []addr.Address  `json:"absent"`
	Covered   []addr.Pattern  `json:"covered"`
	Documents []savedDocument `json:"documents"`
	Trees     []savedTree     `json:"trees"`
}

type savedDocument struct {
	Digest string `json:"digest"`
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Name   string `json:"name"`
}

type savedTree struct {
	Children []savedLive `json:"children"`
	Root     savedLive   `json:"root"`
}

type savedLive struct {
	Address    addr.Address      `json:"address"`
	Attributes Attributes        `json:"attributes"`
	Bindings   map[string]string `json:"bindings"`
	Expires    *time.Time        `json:"expires"`
	ID         string            `json:"id"`
	Settings   Attributes        `json:"settings,omitempty"`
	Unreadable []string          `json:"unreadable"`
}

type savedSummary struct {
	Blocked   int `json:"blocked"`
	Create    int `json:"create"`
	Delete    int `json:"delete"`
	Manual    int `json:"manual"`
	Unchanged int `json:"unchanged"`
	Unmanaged int `json:"unmanaged"`
	Update    int `json:"update"`
}

type savedUnexpected struct {
	Address     addr.Address   `json:"address"`
	Attributes  Attributes     `json:"attributes"`
	Findings    []savedFinding `json:"findings"`
	ID          string         `json:"id,omitempty"`
	ServiceMade bool           `json:"serviceMade"`
	With        []addr.Address `json:"with"`
}
