package render

import (
	"bytes"
	"compress/gzip"
)

// The parts of SARIF 2.1.0 that we write.

const (
	sarifSchema   = "https://json.schemastore.org/sarif-2.1.0.json"
	sarifLanguage = "en-US"
)

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	Automation  sarifAutomation   `json:"automationDetails"`
	Invocations []sarifInvocation `json:"invocations"`
	ColumnKind  string            `json:"columnKind"`
	// Language and Newlines have the values that they have when left out: readers are known that take a missing one as empty.
	Language string        `json:"language"`
	Newlines []string      `json:"newlineSequences"`
	Results  []sarifResult `json:"results"` // GitHub wants the key also where there are none
}

type sarifDriver struct {
	Name     string      `json:"name"`
	Version  string      `json:"version,omitempty"`
	Language string      `json:"language"`
	Rules    []sarifRule `json:"rules"`
}

type sarifAutomation struct {
	ID string `json:"id"`
}

type sarifInvocation struct {
	ExecutionSuccessful bool                `json:"executionSuccessful"`
	Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

func (i *sarifInvocation) note(level, text string) {
	i.Notifications = append(i.Notifications, sarifNotification{Level: level, Message: sarifText(folded(text))})
}

type sarifNotification struct {
	Level   string       `json:"level"`
	Message sarifMessage `json:"message"`
}

type sarifMessage struct {
	Text string `json:"text"`
}

type sarifRule struct {
	ID            string              `json:"id"`
	Name          string              `json:"name"`
	Short         sarifMessage        `json:"shortDescription"`
	Help          sarifMessage        `json:"help"`
	Configuration sarifConfiguration  `json:"defaultConfiguration"`
	Properties    sarifRuleProperties `json:"properties"`
}

type sarifConfiguration struct {
	Level string `json:"level"`
}

type sarifRuleProperties struct {
	Tags []string `json:"tags"`
	// Severity is a number from 0 to 10; GitHub reads 7 and more as high, and 4 and more as medium.
	Severity string `json:"security-severity,omitempty"`
}

type sarifResult struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Level        string            `json:"level"`
	Message      sarifMessage      `json:"message"`
	Locations    []sarifLocation   `json:"locations"`
	Fingerprints map[string]string `json:"partialFingerprints"`
	Properties   sarifProperties   `json:"properties"`
}

type sarifLocation struct {
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI  string `json:"uri"`
	Base string `json:"uriBaseId,omitempty"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
}

type sarifLogical struct {
	Name string `json:"fullyQualifiedName"`
	Kind string `json:"kind"`
}

type sarifProperties struct {
	Account   string `json:"account,omitempty"`
	Rule      string `json:"rule"`
	Address   string `json:"address,omitempty"`
	Attribute string `json:"attribute,omitempty"`
	Hint      string `json:"hint,omitempty"`
	// State is that of a difference.
	State string `json:"state,omitempty"`
}

// encodeWithin encodes a document, and returns its size as a consumer sees it who takes it compressed. A text that is within the limit
// as it is, is not compressed.
func encodeWithin(v any, limit int) (text []byte, compressed int, err error) {
	var b bytes.Buffer
	if err := writeIndented(&b, v); err != nil {
		return nil, 0, err
	}
	if b.Len() <= limit {
		return b.Bytes(), b.Len(), nil
	}
	var counted byteCounter
	z, err := gzip.NewWriterLevel(&counted, gzip.BestSpeed) // no uploader packs worse
	if err != nil {
		return nil, 0, err
	}
	_, err = z.Write(b.Bytes())
	if closed := z.Close(); err == nil {
		err = closed
	}
	return b.Bytes(), int(counted), err
}

type byteCounter int

func (n *byteCounter) Write(p []byte) (int, error) {
	*n += byteCounter(len(p))
	return len(p), nil
}
