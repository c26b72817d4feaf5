package plan

import (
	"bytes"
	"encoding/json"

	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// MarshalJSON gives the plan as one element of "accounts" in the published plan format: two-space indent is left to the
// caller, key order and the order of all lists are fixed, and no list is null. The same plan gives the same bytes.
func (p *Plan) MarshalJSON() ([]byte, error) {
	out := planJSON{
		Account:     p.Account,
		Cloud:       p.Cloud,
		Manifest:    manifestJSON{Digest: p.ManifestDigest},
		Summary:     p.Summary,
		Changes:     make([]changeJSON, len(p.Changes)),
		Findings:    list(p.Findings),
		Privileges:  encodeDelta(p.Privileges),
		Unmanaged:   list(p.Unmanaged),
		Unexpected:  make([]unexpectedJSON, len(p.Unexpected)),
		LeftOut:     make([]leftOutJSON, len(p.LeftOut)),
		NotRead:     list(p.NotRead),
		NotCompared: list(p.NotCompared),
		Warnings:    list(p.Warnings),
	}
	for i := range p.Changes {
		out.Changes[i] = encodeChange(&p.Changes[i])
	}
	for i, l := range p.LeftOut {
		out.LeftOut[i] = leftOutJSON{Address: l.Address, Action: l.Action.String()}
	}
	for i, l := range p.Unexpected {
		out.Unexpected[i] = unexpectedJSON{
			Address: l.Address, ID: l.ID, ServiceMade: l.ServiceMade,
			Attributes: encodeResource(&l.Resource).Attributes, With: list(l.With), Findings: list(l.Findings),
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(out); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

type planJSON struct {
	Account     Account          `json:"account"`
	Cloud       Cloud            `json:"cloud"`
	Manifest    manifestJSON     `json:"manifest"`
	Summary     Summary          `json:"summary"`
	Changes     []changeJSON     `json:"changes"`
	Findings    []Finding        `json:"findings"`
	Privileges  access.Delta     `json:"privileges"`
	Unmanaged   []addr.Address   `json:"unmanaged"`
	Unexpected  []unexpectedJSON `json:"unexpected"`
	LeftOut     []leftOutJSON    `json:"leftOut"`
	NotRead     []NotRead        `json:"notRead"`
	NotCompared []NotCompared    `json:"notCompared"`
	Warnings    []string         `json:"warnings"`
}

type manifestJSON struct {
	Digest string `json:"digest"`
}

type changeJSON struct {
	Address    addr.Address      `json:"address"`
	Parent     *addr.Address     `json:"parent,omitempty"`
	Type       string            `json:"type"`
	ID         string            `json:"id,omitempty"`
	ParentID   string            `json:"parentId,omitempty"`
	Action     string            `json:"action"`
	Reason     string            `json:"reason,omitempty"`
	Origin     Origin            `json:"origin,omitempty"`
	Before     *resourceJSON     `json:"before"`
	After      *resourceJSON     `json:"after"`
	Attributes []AttributeChange `json:"attributes"`
	With       []addr.Address    `json:"with"`
	Manual     []Manual          `json:"manual"`
	DependsOn  []addr.Address    `json:"dependsOn"`
	RunsAfter  []addr.Address    `json:"runsAfter"`
	Confirms   []addr.Address    `json:"confirms"`
	Findings   []Finding         `json:"findings"`
	Resolves   []Finding         `json:"resolves"`
	Source     *sourceJSON       `json:"source,omitempty"`
	Entry      *Notes            `json:"entry,omitempty"`
}

type resourceJSON struct {
	Attributes Attributes        `json:"attributes"`
	Bindings   map[string]string `json:"bindings,omitempty"`
	Settings   Attributes        `json:"settings,omitempty"`
}

type sourceJSON struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

type leftOutJSON struct {
	Address addr.Address `json:"address"`
	Action  string       `json:"action"`
}

type unexpectedJSON struct {
	Address     addr.Address   `json:"address"`
	ID          string         `json:"id,omitempty"`
	ServiceMade bool           `json:"serviceMade"`
	Attributes  Attributes     `json:"attributes"`
	With        []addr.Address `json:"with"`
	Findings    []Finding      `json:"findings"`
}

func encodeDelta(d access.Delta) access.Delta {
	d.Principals, d.Chains = list(d.Principals), list(d.Chains)
	return d
}

func encodeChange(c *Change) changeJSON {
	out := changeJSON{
		Address: c.Address, Type: c.Address.Type(), ID: c.ID, ParentID: c.ParentID, Action: c.Action.String(), Reason: c.Reason, Origin: c.Origin,
		Before: encodeResource(c.Before), After: encodeResource(c.After), Attributes: list(c.Attributes),
		With: list(c.With), Manual: list(c.Manual), DependsOn: list(c.DependsOn), RunsAfter: list(c.RunsAfter),
		Confirms: list(c.Confirms), Findings: list(c.Findings), Resolves: list(c.Resolves),
	}
	if !c.Parent.IsZero() {
		out.Parent = &c.Parent
	}
	if !c.Source.IsZero() {
		out.Source = &sourceJSON{File: c.Source.File, Line: c.Source.Line}
	}
	if !c.Notes.IsZero() {
		out.Entry = &c.Notes
	}
	return out
}

func encodeResource(r *Resource) *resourceJSON {
	if r == nil {
		return nil
	}
	attributes := r.Attributes
	if attributes == nil {
		attributes = Attributes{}
	}
	return &resourceJSON{Attributes: attributes, Bindings: r.Bindings, Settings: r.Settings}
}

// list gives [] instead of null.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
