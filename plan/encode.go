package plan

import (
	"bytes"
	"encoding/json"
)

// MarshalJSON gives the plan as one element of "accounts" in the published plan format, without indent. The same plan gives
// the same bytes.
func (p *Plan) MarshalJSON() ([]byte, error) {
	type fields Plan // has no MarshalJSON
	return marshal((*fields)(p.Published()))
}

// Published returns a copy of p in its published form: no list is nil, each change has its Type, and the two sides of a change
// have no address, which is that of the change. To write further keys beside those of a plan, embed a type that is defined
// as Plan: it has the fields, and no MarshalJSON.
func (p *Plan) Published() *Plan {
	out := *p
	out.Changes = make([]Change, len(p.Changes))
	for i, c := range p.Changes {
		c.Type = c.Address.Type()
		c.Before, c.After = publishedSide(c.Before), publishedSide(c.After)
		c.Attributes, c.With, c.Manual = list(c.Attributes), list(c.With), list(c.Manual)
		c.DependsOn, c.RunsAfter, c.Confirms = list(c.DependsOn), list(c.RunsAfter), list(c.Confirms)
		c.Findings, c.Resolves = list(c.Findings), list(c.Resolves)
		out.Changes[i] = c
	}
	out.Unexpected = make([]Unexpected, len(p.Unexpected))
	for i, u := range p.Unexpected {
		side := publishedSide(&u.Resource)
		out.Unexpected[i] = Unexpected{
			Live: Live{Resource: Resource{Address: u.Address, Attributes: side.Attributes}, ID: u.ID, ServiceMade: u.ServiceMade},
			With: list(u.With), Findings: list(u.Findings),
		}
	}
	out.Findings, out.Privileges = list(p.Findings), p.Privileges.Published()
	out.Unmanaged, out.LeftOut = list(p.Unmanaged), list(p.LeftOut)
	out.NotRead, out.NotCompared, out.Warnings = list(p.NotRead), list(p.NotCompared), list(p.Warnings)
	return &out
}

func publishedSide(r *Resource) *Resource {
	if r == nil {
		return nil
	}
	side := Resource{Attributes: r.Attributes, Settings: r.Settings, Bindings: r.Bindings}
	if side.Attributes == nil {
		side.Attributes = Attributes{}
	}
	return &side
}

// list gives [] instead of null.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// marshal gives JSON without the escapes that only HTML needs.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
