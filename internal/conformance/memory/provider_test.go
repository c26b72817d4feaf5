package memory_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

func TestFragmentsDescribeEveryKeyAndNoOther(t *testing.T) {
	type schema struct {
		Description          string
		AdditionalProperties *bool
		Required             []string
		Properties           map[string]struct{ Description string }
	}
	keys := map[string][]string{
		"boxes": {"config", "dependsOn", "items", "itemsMode", "label", "life", "name", "note", "ownedBy", "state", "tags"},
		"docs":  {"allow", "deny", "dependsOn", "name", "state"},
	}
	fragments := memory.Provider{}.Fragments()
	require.Len(t, fragments, len(keys))
	for _, f := range fragments {
		var s schema
		require.NoError(t, json.Unmarshal(f.Schema, &s))
		assert.NotEmpty(t, s.Description, f.Section)
		require.NotNil(t, s.AdditionalProperties, f.Section)
		assert.False(t, *s.AdditionalProperties, f.Section)
		assert.Equal(t, []string{"name"}, s.Required, "an absent one needs no more")
		assert.Equal(t, keys[f.Section], slices.Sorted(maps.Keys(s.Properties)), f.Section)
		for key, property := range s.Properties {
			assert.NotEmpty(t, property.Description, "%s.%s", f.Section, key)
		}
		f.Schema[0] = 'x'
	}
	assert.True(t, json.Valid(memory.Provider{}.Fragments()[0].Schema), "the caller owns the bytes")
}

func TestExpandGivesResourcesInSourceOrderWithPositions(t *testing.T) {
	m := manifest(t, `{
		"boxes": [
			{"name": "b", "ownedBy": "pat", "tags": ["y", "x", "x"], "config": {"z": 1, "a": [true]}, "note": "n", "items": {"north": ["reader", "own"]}, "dependsOn": ["box/a"], "itemsMode": "additive", "owner": "team"},
			{"name": "a", "state": "absent"}
		],
		"docs": [{"name": "own", "allow": ["b", "a"]}]}`)
	desired, problems := memory.Provider{}.Expand(m)
	require.Empty(t, problems)
	require.Equal(t, []string{"box/b", "item/b/north/reader", "item/b/north/own", "box/a", "doc/own"}, desiredAddresses(desired))
	b := desired[0]
	config, err := plan.DocumentValue([]byte(`{"a":[true],"z":1}`))
	require.NoError(t, err)
	assert.Equal(t, plan.Attributes{
		"owner": plan.StringValue("pat"), "life": plan.StringValue("forever"), "tags": plan.SetValue("x", "y"), "config": config, "note": plan.StringValue("n"),
	}, b.Attributes)
	assert.Equal(t, []string{"note"}, b.WriteOnly)
	assert.True(t, b.Additive)
	assert.Equal(t, "team", b.Notes.Owner)
	require.Len(t, b.DependsOn, 1)
	assert.Equal(t, memory.BoxAddress("a"), b.DependsOn[0].On)
	for _, d := range desired {
		assert.Positive(t, d.Source.Line, d.Address)
	}
	assert.Equal(t, b.Address, desired[1].Parent)
	assert.NotEqual(t, b.Source, b.SourceOf("owner"))
	assert.True(t, desired[3].Absent)
	assert.Equal(t, plan.Attributes{"allow": plan.SetValue("a", "b"), "deny": plan.SetValue()}, desired[4].Attributes)
}

func TestExpandReportsEveryProblem(t *testing.T) {
	m := manifest(t, `{
		"boxes": [
			{"name": "a*", "ownedBy": "pat"},
			{"name": "b", "ownedBy": "pat", "dependsOn": ["nonsense"]},
			{"name": "c", "state": "absent", "items": {"north": ["reader"]}},
			{"name": "d", "ownedBy": "pat", "config": 7, "items": {"": [""]}}
		],
		"docs": [{"name": ""}, 5]}`)
	desired, problems := memory.Provider{}.Expand(m)
	assert.Equal(t, []string{"box/b", "box/c", "box/d"}, desiredAddresses(desired))
	assert.ElementsMatch(t, []string{"bad name", "bad address", "items of an absent box", "bad config", "bad item", "bad name", "bad name"}, summaries(problems))
}

func TestResolve(t *testing.T) {
	seed := memory.Seed{
		Kinds: []memory.Kind{{ID: "k-1", Name: "twin"}, {ID: "k-2", Name: "twin", Qualifier: "custom"}},
		Docs:  []memory.Doc{{Name: "own", Allow: []string{"old"}}},
	}
	for name, tc := range map[string]struct {
		manifest  string
		addresses []string
		problems  []string
		hint      string
	}{
		"a plain name that is unique stays": {`{"boxes": [{"name": "b", "ownedBy": "p", "items": {"north": ["reader"]}}]}`, []string{"box/b", "item/b/north/reader"}, nil, ""},
		"an id becomes the shortest name":   {`{"boxes": [{"name": "b", "ownedBy": "p", "items": {"north": ["id:k-read", "id:k-2"]}}]}`, []string{"box/b", "item/b/north/reader", "item/b/north/custom:twin"}, nil, ""},
		"an unknown kind names the nearest": {`{"boxes": [{"name": "b", "ownedBy": "p", "items": {"north": ["raeder"]}}]}`, []string{"box/b"}, []string{"unknown kind"}, `did you mean "reader"?`},
		"an unknown scope is refused":       {`{"boxes": [{"name": "b", "ownedBy": "p", "items": {"nort": ["reader"]}}]}`, []string{"box/b"}, []string{"unknown scope"}, `did you mean "north"?`},
		"an ambiguous kind lists spellings": {`{"boxes": [{"name": "b", "ownedBy": "p", "items": {"north": ["twin"]}}]}`, []string{"box/b"}, []string{"ambiguous kind"}, `write "custom:twin" or "system:twin"`},
		"a doc with a kind's name is taken": {`{"docs": [{"name": "reader"}]}`, []string{"doc/reader"}, []string{"name taken"}, "choose another name"},
		"an item of a doc made by the plan": {`{"boxes": [{"name": "b", "ownedBy": "p", "items": {"south": ["new"]}}], "docs": [{"name": "new"}]}`, []string{"box/b", "item/b/south/new", "doc/new"}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := manifest(t, tc.manifest)
			expanded, problems := memory.Provider{}.Expand(m)
			require.Empty(t, problems)
			resolution, problems := memory.Provider{}.Resolve(expanded, m, world(t, seed).Catalogue())
			assert.Equal(t, tc.addresses, desiredAddresses(resolution.Desired))
			assert.Equal(t, tc.problems, summaries(problems))
			if len(problems) > 0 {
				assert.Equal(t, tc.hint, problems[0].Hint)
				assert.Positive(t, problems[0].At.Line)
			}
		})
	}
}

func TestResolveTiesItemsToDocs(t *testing.T) {
	w := world(t, memory.Seed{Docs: []memory.Doc{{Name: "own", Allow: []string{"old"}}}})
	m := manifest(t, `{"boxes": [{"name": "b", "ownedBy": "p", "items": {"north": ["own", "new"]}}], "docs": [{"name": "own", "allow": ["fresh"]}, {"name": "new", "deny": ["x"]}]}`)
	expanded, _ := memory.Provider{}.Expand(m)
	before := expanded[1]
	resolution, problems := memory.Provider{}.Resolve(expanded, m, w.Catalogue())
	require.Empty(t, problems)
	assert.Equal(t, before, expanded[1], "the argument is left as it was")
	own, made := resolution.Desired[1], resolution.Desired[2]
	assert.Equal(t, []plan.Dependency{{On: memory.DocAddress("own"), Implied: true}}, own.DependsOn)
	assert.NotEmpty(t, own.Bindings[memory.BindingKind])
	assert.NotContains(t, made.Bindings, memory.BindingKind)
	after := w.Catalogue().With(resolution.Entries...)
	assert.Equal(t, []access.Effect{{Principal: "box/b", Scope: "north", Actions: []string{"old"}}}, memory.Provider{}.Effects(w.Catalogue())(own.Resource))
	assert.Equal(t, []access.Effect{{Principal: "box/b", Scope: "north", Actions: []string{"fresh"}}}, memory.Provider{}.Effects(after)(own.Resource))
	assert.Equal(t, []access.Effect{{Principal: "box/b", Scope: "north", Deny: true, Actions: []string{"x"}}}, memory.Provider{}.Effects(after)(made.Resource))
	assert.Equal(t, []access.Effect{{Principal: "box/b", Scope: "north"}}, memory.Provider{}.Effects(w.Catalogue())(made.Resource), "unknown is anything")
}

func TestGuardHoldsOwnersAndKinds(t *testing.T) {
	m := manifest(t, `{"guardrails": {"trustedOwners": ["pat"], "forbiddenKinds": ["writer"]}}`)
	w := world(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}, {Name: "b", Owner: "eve"}}, Items: []memory.Item{{"a", "north", "writer"}, {"a", "north", "reader"}}})
	guarded := func(m *plan.Manifest) (findings []plan.Finding) {
		guard := memory.Provider{}.Guard(m)
		for _, l := range w.Live() {
			findings = append(findings, guard(&l.Resource)...)
		}
		return findings
	}
	findings := guarded(m)
	assert.ElementsMatch(t, []string{"trustedOwners box/b", "forbiddenKinds item/a/north/writer"}, []string{
		findings[0].Rule + " " + findings[0].Address.String(), findings[1].Rule + " " + findings[1].Address.String(),
	})
	assert.Empty(t, guarded(manifest(t, `{}`)))
}

func TestAssessFindsItemsThatGiveEveryAction(t *testing.T) {
	w := world(t, memory.Seed{
		Kinds: []memory.Kind{{ID: "k-all", Name: "all", Allow: []string{"*"}}}, Boxes: []memory.Box{{Name: "a", Owner: "pat"}},
		Items: []memory.Item{{"a", "north", "all"}, {"a", "north", "reader"}},
	})
	var resources []*plan.Resource
	for _, l := range w.Live() {
		resources = append(resources, &l.Resource)
	}
	findings := memory.Provider{}.Assess(resources, manifest(t, `{}`), w.Catalogue())
	assert.Equal(t, []plan.Finding{{
		Rule: memory.RuleEveryAction, Severity: plan.High, Address: memory.ItemAddress("a", "north", plan.Reference{Name: "all"}), Message: "gives every action",
	}}, findings)
}

func TestManualNamesWhatTheServiceCannotDo(t *testing.T) {
	tags := func(tags ...string) plan.Resource {
		return plan.Resource{Address: memory.BoxAddress("b"), Attributes: plan.Attributes{memory.AttributeTags: plan.SetValue(tags...)}}
	}
	for name, tc := range map[string]struct {
		before, after plan.Resource
		deletes       bool
		manual        bool
		attribute     string
	}{
		"taking off another tag":                  {before: tags("a"), after: tags("b")},
		"a locked box stays locked":               {before: tags("locked"), after: tags("locked", "b")},
		"only the lock":                           {before: tags("locked", "b"), after: tags("b"), manual: true},
		"the lock and another tag":                {before: tags("locked", "a"), after: tags("b"), manual: true, attribute: "tags"},
		"deleting a locked box":                   {before: tags("locked"), deletes: true, manual: true},
		"deleting a free box":                     {before: tags("a"), deletes: true},
		"tags that the manifest does not mention": {before: tags("locked"), after: box("b", "pat")},
	} {
		t.Run(name, func(t *testing.T) {
			var after *plan.Desired
			if !tc.deletes {
				after = &plan.Desired{Resource: tc.after}
			}
			manual := memory.Provider{}.Manual(&plan.Live{Resource: tc.before}, after, nil)
			if !tc.manual {
				assert.Empty(t, manual)
				return
			}
			require.Len(t, manual, 1)
			assert.Equal(t, tc.attribute, manual[0].Attribute)
			assert.NotEmpty(t, manual[0].Instruction)
		})
	}
}

func TestCollapseIsTheInverseOfExpandAndResolve(t *testing.T) {
	w := world(t, memory.Seed{
		Kinds: []memory.Kind{{ID: "k-1", Name: "twin"}, {ID: "k-2", Name: "twin", Qualifier: "custom"}},
		Docs:  []memory.Doc{{Name: "own", Allow: []string{"b", "a"}, Deny: []string{"c"}}},
		Boxes: []memory.Box{
			{Name: "b", Owner: "pat", Life: "3d", Label: "l", Tags: []string{"x"}, Config: `{"z": {"y": 1, "a": [null, 1.5, "t"]}}`},
			{Name: "a", Owner: "eve"}, {Name: "made", Owner: "svc", ServiceMade: true},
		},
		Items: []memory.Item{{"b", "south", "own"}, {"b", "north", "reader"}, {"b", "north", "id:k-2"}},
	})
	m := &plan.Manifest{Sections: memory.Provider{}.Collapse(w.Live(), w.Catalogue())}
	expanded, problems := memory.Provider{}.Expand(m)
	require.Empty(t, problems)
	resolution, problems := memory.Provider{}.Resolve(expanded, m, w.Catalogue())
	require.Empty(t, problems)
	built, problems := plan.Build(plan.Input{
		Manifest: m, Desired: resolution.Desired, Entries: resolution.Entries, Knowledge: memory.Provider{},
		Snapshot: &plan.Snapshot{Resources: w.Live(), Catalogue: w.Catalogue(), Coverage: observe(t, w).Coverage},
	})
	require.Empty(t, problems)
	assert.True(t, built.Empty(), "%+v", built.Changes)
	assert.Equal(t, []addr.Address{memory.BoxAddress("made")}, built.Unmanaged)
	assert.Equal(t, 6, built.Summary.Unchanged)
}

func TestTheRegistryTakesTheProvider(t *testing.T) {
	registry, err := providers.NewRegistry(memory.Provider{})
	require.NoError(t, err)
	for _, text := range []string{"box/a", "doc/a", "item/a/b/c"} {
		p, ok := registry.For(address(t, text))
		require.True(t, ok, text)
		assert.Equal(t, "memory", p.Name())
	}
}
