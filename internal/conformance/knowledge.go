package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// What a service knows without a connection.

// fragments proves that a service describes its part of the manifest, and that callers cannot change it.
func (b *bench) fragments() {
	seen := map[string]bool{}
	for i, f := range b.suite.Provider.Fragments() {
		name := f.Section + " " + f.Service + f.Definition
		require.NotEmpty(b.t, f.Section+f.Definition, "fragment %d names no section", i)
		require.False(b.t, seen[name], "two fragments are for %s", name)
		seen[name] = true
		var schema map[string]any
		require.NoError(b.t, json.Unmarshal(f.Schema, &schema), "fragment %s", name)
		require.Equal(b.t, "object", schema["type"], "fragment %s describes one entry", name)
		if named, is := schema["additionalProperties"].(map[string]any); is {
			require.Equal(b.t, false, named["additionalProperties"], "fragment %s lets unknown keys through", name)
		} else {
			require.Equal(b.t, false, schema["additionalProperties"], "fragment %s lets unknown keys through", name)
		}
		b.described(schema, "fragment "+name, true)
		f.Schema[0] = '!'
	}
	require.NotEmpty(b.t, seen, "the service has no fragments")
	for _, f := range b.suite.Provider.Fragments() {
		require.True(b.t, json.Valid(f.Schema), "fragment %s: a caller changed the bytes for all others", f.Section)
	}
}

// conditions are keywords whose schemas restrict what others describe.
var conditions = [...]string{"if", "then", "else", "not", "allOf", "dependentSchemas"}

// described requires a description on every key of an object schema, at every depth.
func (b *bench) described(schema map[string]any, path string, needed bool) {
	if needed {
		text, _ := schema["description"].(string)
		require.NotEmpty(b.t, text, "%s has no description", path)
	}
	for _, keyword := range slices.Sorted(maps.Keys(schema)) {
		if slices.Contains(conditions[:], keyword) {
			continue
		}
		switch below := schema[keyword].(type) {
		case map[string]any:
			keys := keyword == "properties" || keyword == "$defs" || keyword == "patternProperties"
			if !keys {
				b.described(below, path, false)
				continue
			}
			for _, key := range slices.Sorted(maps.Keys(below)) {
				property, isObject := below[key].(map[string]any)
				if isObject {
					b.described(property, path+"."+key, keyword == "properties" && property["$ref"] == nil)
				}
			}
		case []any:
			for _, item := range below {
				if alternative, isObject := item.(map[string]any); isObject {
					b.described(alternative, path, false)
				}
			}
		}
	}
}

// expanding proves that Expand is a function of the manifest and that every resource can be pointed at.
func (b *bench) expanding() {
	for _, state := range b.suite.States {
		first, second := b.expand(state.Manifest, state.Name), b.expand(state.Manifest, state.Name)
		require.Equal(b.t, first, second, "%s: expanding twice", state.Name)
		for _, d := range first {
			require.False(b.t, d.Source.IsZero(), "%s: %s stands nowhere", state.Name, d.Address)
			for _, one := range d.Sources {
				require.False(b.t, one.At.IsZero(), "%s: %s of %s stands nowhere", state.Name, one.Attribute, d.Address)
			}
			for name, value := range d.Attributes {
				require.False(b.t, value.IsZero(), "%s: %s of %s has no value", state.Name, name, d.Address)
			}
			for _, name := range d.WriteOnly {
				require.Contains(b.t, d.Attributes, name, "%s: %s is write-only and not there", state.Name, d.Address)
			}
		}
	}
}

var foreign = addr.New("conformance-stranger", addr.Plain("x"))

// resolving proves that Resolve is a function of its arguments, leaves them alone, and returns its own in their order.
func (b *bench) resolving() {
	for _, state := range b.suite.States {
		s := b.in(state)
		v := s.look(state.Manifest, state.Name)
		stranger := plan.Desired{Resource: plan.Resource{Address: foreign, Attributes: plan.Attributes{}}}
		given := append([]plan.Desired{stranger}, v.expanded...)
		first, problems := b.suite.Provider.Resolve(given, state.Manifest, v.catalogue)
		require.Empty(b.t, plan.Fatal(problems), state.Name)
		second, again := b.suite.Provider.Resolve(given, state.Manifest, v.catalogue)
		require.Equal(b.t, first, second, "%s: resolving twice", state.Name)
		require.Equal(b.t, problems, again, "%s: problems of resolving twice", state.Name)
		require.Equal(b.t, append([]plan.Desired{stranger}, b.expand(state.Manifest, state.Name)...), given,
			"%s: resolving changed what it was given", state.Name)
		require.Len(b.t, first.Desired, len(v.expanded), "%s: resolving must return its own resources, all and only those", state.Name)
		for i, d := range first.Desired {
			require.Equal(b.t, v.expanded[i].Source, d.Source, "%s: resolving changed the order at %s", state.Name, d.Address)
		}
	}
}

// owning proves that every address of the service lies below its prefixes.
func (b *bench) owning() {
	require.NotEmpty(b.t, b.suite.Provider.Name(), "the service has no name")
	require.NotEmpty(b.t, b.suite.Provider.Prefixes(), "the service has no prefixes")
	own := func(a addr.Address, note string) {
		_, ok := b.registry.For(a)
		require.True(b.t, ok, "%s: %s lies below no prefix of %s", note, a, b.suite.Provider.Name())
	}
	for _, state := range b.suite.States {
		v := b.in(state).look(state.Manifest, state.Name)
		for _, d := range slices.Concat(v.expanded, v.resolved) {
			own(d.Address, state.Name)
		}
		for _, l := range v.resources {
			own(l.Address, state.Name)
		}
	}
}

// relating proves that live resources know their parents and what they use, as desired ones do: deletes are ordered by
// the live side alone.
func (b *bench) relating() {
	for _, state := range b.suite.States {
		v := b.in(state).look(state.Manifest, state.Name)
		for _, l := range v.resources {
			for _, a := range append([]addr.Address{l.Parent}, l.Uses...) {
				require.True(b.t, a.IsZero() || v.live(a) != nil, "%s: %s needs %s, which is not there", state.Name, l.Address, a)
			}
		}
		for _, d := range v.resolved {
			l := v.live(d.Address)
			if l == nil {
				continue
			}
			require.Equal(b.t, d.Parent, l.Parent, "%s: the parent of %s", state.Name, d.Address)
			for _, dependency := range d.DependsOn {
				if dependency.Implied && v.live(dependency.On) != nil {
					require.Contains(b.t, l.Uses, dependency.On, "%s: what %s uses", state.Name, d.Address)
				}
			}
		}
	}
}

// following proves that every finding is about a resource that was asked about, and follows a rule that the service lists
// as of that kind.
func (b *bench) following(v *view, state State) {
	p := b.suite.Provider
	asked := map[addr.Address]bool{foreign: false}
	for _, r := range resourcesOf(v) {
		asked[r.Address] = true
	}
	check := func(what string, guardrail bool, findings []plan.Finding) {
		for _, f := range findings {
			require.Contains(b.t, p.Rules(), plan.Rule{ID: f.Rule, Guardrail: guardrail}, "%s: %s finds %+v", state.Name, what, f)
			require.True(b.t, asked[f.Address], "%s: %s finds something about %s", state.Name, what, f.Address)
			require.NotEmpty(b.t, f.Message, "%s: %s finds %+v", state.Name, what, f)
		}
	}
	all := append(resourcesOf(v), &plan.Resource{Address: foreign})
	check("Guard", true, breaches(p, resourcesOf(v), state.Manifest))
	check("Assess", false, p.Assess(all, state.Manifest, v.catalogue))
}

// knowing proves that Effects, Manual, Guard and Assess are pure.
func (b *bench) knowing() {
	p := b.suite.Provider
	for _, state := range b.suite.States {
		v := b.in(state).look(state.Manifest, state.Name)
		live, desired := copyOf(v.resources), copyOf(v.resolved)
		twice := func(what string, ask func() any) {
			first := ask()
			require.Equal(b.t, first, ask(), "%s: %s differs when asked again", state.Name, what)
			require.Equal(b.t, live, v.resources, "%s: %s changed the live resources", state.Name, what)
			require.Equal(b.t, desired, v.resolved, "%s: %s changed the desired resources", state.Name, what)
		}
		twice("Guard", func() any { return breaches(p, resourcesOf(v), state.Manifest) })
		twice("Assess", func() any { return p.Assess(resourcesOf(v), state.Manifest, v.catalogue) })
		twice("Complete", func() any { return p.Complete(v.seen) })
		b.following(v, state)
		b.apart(v, state)
		for i := range v.resources {
			l := &v.resources[i]
			twice("Effects of "+l.Address.String(), func() any { return p.Effects(v.catalogue)(l.Resource) })
			for _, e := range p.Effects(v.catalogue)(l.Resource) {
				require.NotEmpty(b.t, e.To(l.Parent), "%s: an effect of %s is nobody's", state.Name, l.Address)
				require.True(b.t, e.Conveys.IsZero() || e.Principal != "", "%s: %s does not say who may act as it", state.Name, l.Address)
			}
			twice("Manual of deleting "+l.Address.String(), func() any { return p.Manual(l, nil, v.seen) })
		}
		for i := range v.resolved {
			d := &v.resolved[i]
			twice("Effects of "+d.Address.String(), func() any { return p.Effects(v.catalogue)(d.Resource) })
			twice("Manual of making "+d.Address.String(), func() any { return p.Manual(nil, d, v.seen) })
			if l := v.live(d.Address); l != nil {
				twice("Manual of changing "+d.Address.String(), func() any { return p.Manual(l, d, v.seen) })
			}
		}
		require.Empty(b.t, p.Effects(v.catalogue)(plan.Resource{Address: foreign}), "the effects of what is not ours")
		require.NotPanics(b.t, func() { p.Effects(nil)(plan.Resource{Address: foreign}) })
	}
}

// apart proves what a plan relies on where it does not ask again: a breach rests on its resource alone, and a finding on a root with its
// parts. Who looked at others would be asked too seldom, and what is wrong would not be told.
func (b *bench) apart(v *view, state State) {
	p := b.suite.Provider
	all := resourcesOf(v)
	for side, all := range map[string][]*plan.Resource{"live": all[:len(v.resources)], "wanted": all[len(v.resources):]} {
		sorted := func(findings []plan.Finding) []plan.Finding {
			return plan.SortFindings(append([]plan.Finding{}, findings...))
		}
		var alone, findings []plan.Finding
		for _, r := range all {
			alone = append(alone, p.Guard(state.Manifest)(r)...)
			if !r.Parent.IsZero() && slices.ContainsFunc(all, func(root *plan.Resource) bool { return root.Address == r.Parent }) {
				continue
			}
			foreign := func(part *plan.Resource) bool { return part.Address != r.Address && part.Parent != r.Address }
			parts := slices.DeleteFunc(slices.Clone(all), foreign)
			findings = append(findings, p.Assess(parts, state.Manifest, v.catalogue)...)
		}
		require.Equal(b.t, sorted(breaches(p, all, state.Manifest)), sorted(alone),
			"%s, %s: Guard looks at more than a resource", state.Name, side)
		require.Equal(b.t, sorted(p.Assess(all, state.Manifest, v.catalogue)), sorted(findings),
			"%s, %s: Assess looks at more than a root with its parts", state.Name, side)
	}
}

// breaches are what the guardrails say of the resources.
func breaches(p providers.Provider, all []*plan.Resource, m *plan.Manifest) (findings []plan.Finding) {
	guard := p.Guard(m)
	for _, r := range all {
		findings = append(findings, guard(r)...)
	}
	return findings
}

// resourcesOf are those that are live, and those that are wanted.
func resourcesOf(v *view) []*plan.Resource {
	var all []*plan.Resource
	for i := range v.resources {
		all = append(all, &v.resources[i].Resource)
	}
	for i := range v.resolved {
		if d := &v.resolved[i]; !d.Absent {
			all = append(all, &d.Resource)
		}
	}
	return all
}

// copyOf copies resources deep enough to notice a change in place.
func copyOf[R plan.Live | plan.Desired](resources []R) []R {
	all := slices.Clone(resources)
	for i := range all {
		switch r := any(&all[i]).(type) {
		case *plan.Live:
			r.Attributes, r.Settings, r.Bindings = maps.Clone(r.Attributes), maps.Clone(r.Settings), maps.Clone(r.Bindings)
			r.Uses, r.Names, r.Unreadable = slices.Clone(r.Uses), slices.Clone(r.Names), slices.Clone(r.Unreadable)
		case *plan.Desired:
			r.Attributes, r.Settings, r.Bindings = maps.Clone(r.Attributes), maps.Clone(r.Settings), maps.Clone(r.Bindings)
			r.DependsOn, r.WriteOnly, r.Sources = slices.Clone(r.DependsOn), slices.Clone(r.WriteOnly), slices.Clone(r.Sources)
			if r.Notes != nil {
				notes := *r.Notes
				r.Notes = &notes
			}
			if r.Said != nil {
				r.Said = &plan.Said{States: slices.Clone(r.Said.States), Entries: slices.Clone(r.Said.Entries)}
			}
		default:
			panic(fmt.Sprintf("no copy of %T", r))
		}
	}
	return all
}
