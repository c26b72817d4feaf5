package engine_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// at lets act happen at the beginning of the nth call of the world that matches, counted from 1.
func at(w *memory.World, n int, matches func(memory.Call) bool, act func()) {
	w.SetHook(func(_ context.Context, c memory.Call) error {
		if matches(c) {
			if n--; n == 0 {
				act()
			}
		}
		return nil
	})
}

func looks(c memory.Call) bool { return c.Operation == memory.Observe }

func reasonsOf(all []engine.Difference) []string {
	texts := []string{}
	for _, d := range all {
		texts = append(texts, d.Address.String()+": "+d.Reason)
	}
	return texts
}

func TestASurplusCountsWhenTwoLooksHaveShownIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seed := memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}}}
		m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat", "label": "new", "items": {"north": ["reader"]}}]}`)
		stray := memory.Item{Box: "a", Scope: "south", Kind: "writer"}

		r := setUp(t, seed)
		p := r.plan(t, m)
		at(r.world, 2, looks, func() { require.NoError(t, r.world.PutItem(stray)) })
		started := time.Now()
		report := r.apply(t.Context(), p, engine.ApplyOptions{PollInterval: time.Second, VerifyTimeout: time.Hour})
		assert.Equal(t, []string{"item/a/south/writer: added by somebody else during this run"}, reasonsOf(report.Unverified))
		assert.Equal(t, report.Unverified, report.ChangedByOthers)
		assert.Equal(t, time.Second, time.Since(started), "nothing else is waited for")
		assert.Equal(t, 1, r.events.of(engine.VerifyFinished)[0].Total-1, "two changes were applied")
		assert.False(t, report.OK())

		r = setUp(t, seed)
		p = r.plan(t, m)
		at(r.world, 2, looks, func() {
			require.NoError(t, r.world.PutItem(stray))
			at(r.world, 1, looks, func() { require.NoError(t, r.world.RemoveItem(stray)) })
		})
		assert.True(t, r.apply(t.Context(), p, engine.ApplyOptions{}).OK(), "it was gone at the second look")
	})
}

func TestWhoMayActCountsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}}})
		p := r.plan(t, manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat", "label": "new"}]}`))
		at(r.world, 2, looks, func() { require.NoError(t, r.world.PutBox(memory.Box{Name: "a", Owner: "mallory", Label: "new"})) })
		started := time.Now()
		report := r.apply(t.Context(), p, engine.ApplyOptions{VerifyTimeout: time.Hour})
		assert.Zero(t, time.Since(started))
		assert.Equal(t, []engine.Difference{{
			Address: memory.BoxAddress("a"), Reason: "owner reads mallory, set by somebody else during this run",
			Attributes: []plan.AttributeChange{{Name: "owner", Before: plan.StringValue("pat"), After: plan.StringValue("mallory")}},
		}}, report.Unverified)
	})
}

func TestATrustThatCannotBeReadAnyMoreIsNoTrustThatWeKnow(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}}})
	p := r.plan(t, manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat", "label": "new"}]}`))
	at(r.world, 2, looks, func() {
		require.NoError(t, r.world.PutBox(memory.Box{Name: "a", Owner: "mallory", Label: "new", Unreadable: []string{"owner"}}))
	})
	report := r.apply(t.Context(), p, engine.ApplyOptions{})
	assert.Equal(t, []string{"box/a: changed by somebody else during this run, so that it cannot be read any more who may act as it"}, reasonsOf(report.Unverified))
}

// TestWhatWasSeenAndIsUndoneIsSomebodyElses has a slow neighbour, so that there are two looks.
func TestWhatWasSeenAndIsUndoneIsSomebodyElses(t *testing.T) {
	for name, c := range map[string]struct {
		undo func(*memory.World) error
		want string
	}{
		"a child that was made is taken away": {
			func(w *memory.World) error {
				return w.RemoveItem(memory.Item{Box: "a", Scope: "north", Kind: "reader"})
			},
			"item/a/north/reader: taken away by somebody else during this run",
		},
		"a child that was taken away is back": {
			func(w *memory.World) error { return w.PutItem(memory.Item{Box: "a", Scope: "south", Kind: "writer"}) },
			"item/a/south/writer: added by somebody else during this run",
		},
		"an attribute is set back": {
			func(w *memory.World) error { return w.PutBox(memory.Box{Name: "a", Owner: "pat", Label: "old"}) },
			"box/a: label reads old, set by somebody else during this run",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := setUp(t, memory.Seed{
					Boxes: []memory.Box{{Name: "a", Owner: "pat", Label: "old"}}, Items: []memory.Item{{Box: "a", Scope: "south", Kind: "writer"}},
				})
				p := r.plan(t, manifest(t, `{"boxes": [
					{"name": "a", "ownedBy": "pat", "label": "new", "items": {"north": ["reader"]}}, {"name": "y", "ownedBy": "pat", "dependsOn": ["box/z"]},
					{"name": "z", "ownedBy": "pat", "dependsOn": ["box/a"]}]}`))
				at(r.world, 1, func(c memory.Call) bool { return c.Address == memory.BoxAddress("y") }, func() {
					r.world.SetLag(1)
					at(r.world, 2, looks, func() { require.NoError(t, c.undo(r.world)) })
				})
				report := r.apply(t.Context(), p, engine.ApplyOptions{Parallelism: 1})
				assert.Equal(t, []string{c.want}, reasonsOf(report.Unverified))
				assert.Equal(t, report.Unverified, report.ChangedByOthers)
			})
		})
	}
}

func TestNothingIsSentWhereARootHasMovedBeforeTheFirstWrite(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}, {Name: "b", Owner: "pat"}}})
	p := r.plan(t, manifest(t, `{"boxes": [
		{"name": "a", "ownedBy": "pat", "items": {"north": ["reader"]}}, {"name": "b", "ownedBy": "pat", "label": "l"}, {"name": "c", "ownedBy": "pat"}]}`))
	at(r.world, 1, looks, func() { require.NoError(t, r.world.PutItem(memory.Item{Box: "a", Scope: "south", Kind: "writer"})) })
	report := r.apply(t.Context(), p, engine.ApplyOptions{})
	assert.Empty(t, r.world.Writes())
	assert.False(t, report.Sent())
	assert.Equal(t, []string{
		"box/b skipped because of item/a/north/reader", "box/c skipped because of item/a/north/reader", "item/a/north/reader failed",
	}, outcomes(report))
	failed := resultOf(t, report, "item/a/north/reader")
	require.ErrorIs(t, failed.Err, engine.ErrMoved)
	assert.ErrorContains(t, failed.Err, "item/a/south/writer was added by somebody else during this run; plan again")
	assert.Equal(t, []string{"item/a/south/writer: added by somebody else during this run"}, reasonsOf(report.ChangedByOthers))
	requireEvents(t, r.events, p, report)
}

func TestWhatAnotherRunOfTheSamePlanHasMadeIsNoMove(t *testing.T) {
	r := setUp(t, busyWorld())
	m := manifest(t, busyManifest)
	p := r.plan(t, m)
	theirs := r.plan(t, m)
	at(r.world, 1, looks, func() {
		r.world.SetHook(nil)
		require.True(t, r.apply(t.Context(), theirs, lookedAgain).OK())
	})
	report := r.apply(t.Context(), p, engine.ApplyOptions{})
	assert.True(t, report.OK(), "%v %v", outcomes(report), report.Unverified)
	assert.Empty(t, report.ChangedByOthers)
}

func TestAFailedReadBeforeTheFirstWriteSendsNothing(t *testing.T) {
	r := setUp(t, memory.Seed{})
	p := r.plan(t, manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat"}, {"name": "b", "ownedBy": "pat"}]}`))
	r.world.SetFaults(memory.Fault{Operation: memory.Observe, Err: providers.ErrThrottled})
	report := r.apply(t.Context(), p, engine.ApplyOptions{})
	assert.Equal(t, []string{"box/a failed", "box/b skipped because of box/a"}, outcomes(report))
	assert.ErrorIs(t, resultOf(t, report, "box/a").Err, providers.ErrThrottled)
	assert.Empty(t, r.world.Writes())
}

func TestATrustIsNotHandedOverWithWhatSomebodyElseHasAdded(t *testing.T) {
	for mode, changes := range map[string]int{"exact": 1, "additive": 1} {
		t.Run(mode, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}}})
				p := r.plan(t, manifest(t, `{"boxes": [{"name": "a", "ownedBy": "eve", "itemsMode": "`+mode+`"}]}`))
				require.Len(t, p.Changes, changes)
				require.Empty(t, p.Changes[0].Confirms, "there is nothing to revoke")
				at(r.world, 1, looks, func() {
					require.NoError(t, r.world.PutItem(memory.Item{Box: "a", Scope: "south", Kind: "writer"}))
				})
				report := r.apply(t.Context(), p, lookedAgain)
				failed := resultOf(t, report, "box/a")
				require.ErrorIs(t, failed.Err, engine.ErrMoved)
				assert.Zero(t, failed.Attempts)
				assert.Empty(t, r.world.Writes())
				assert.Equal(t, []string{"item/a/south/writer: added by somebody else during this run"}, reasonsOf(report.ChangedByOthers))
			})
		})
	}
}

func TestTrustChangesThatAreReadyTogetherShareOneRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seed, entries := memory.Seed{}, []string{}
		for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
			seed.Boxes = append(seed.Boxes, memory.Box{Name: name, Owner: "pat"})
			seed.Items = append(seed.Items, memory.Item{Box: name, Scope: "south", Kind: "writer"})
			entries = append(entries, `{"name": "`+name+`", "ownedBy": "eve"}`)
		}
		r := setUp(t, seed)
		p := r.plan(t, manifest(t, `{"boxes": [`+strings.Join(entries, ",")+`]}`))
		reading := 0
		r.world.SetHook(func(ctx context.Context, c memory.Call) error {
			if looks(c) {
				reading++
				time.Sleep(time.Second) // so that the others come while the first reads
			} else if c.Operation == memory.Delete {
				time.Sleep(time.Minute) // all are over at the same moment
			}
			return nil
		})
		report := r.apply(t.Context(), p, engine.ApplyOptions{LookedAgain: true, Parallelism: 6})
		require.True(t, report.OK(), "%v %v", outcomes(report), report.Unverified)
		assert.LessOrEqual(t, reading, 3, "the first alone, the others together, and all at the end")
	})
}

func TestWhatIsBesideTheManifestIsToldAndMakesNothingFail(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}}, Items: []memory.Item{{Box: "a", Scope: "south", Kind: "writer"}}})
	p := r.plan(t, manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat", "itemsMode": "additive", "items": {"north": ["reader"]}}]}`))
	at(r.world, 2, looks, func() { require.NoError(t, r.world.PutItem(memory.Item{Box: "a", Scope: "north", Kind: "mover"})) })
	report := r.apply(t.Context(), p, engine.ApplyOptions{})
	assert.True(t, report.OK(), "%v", report.Unverified)
	item := func(scope, kind string) addr.Address {
		return memory.ItemAddress("a", scope, plan.Reference{Name: kind})
	}
	assert.Equal(t, []plan.Beside{{Address: memory.BoxAddress("a"), Children: []addr.Address{item("north", "mover"), item("south", "writer")}}}, report.Besides)
	assert.Equal(t, []string{"item/a/north/mover: added by somebody else during this run"}, reasonsOf(report.ChangedByOthers))
}

func TestADocThatIsGivenIsReadBackWithTheBox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}}, Docs: []memory.Doc{{Name: "own", Allow: []string{"read"}}}})
		p := r.plan(t, manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat", "items": {"north": ["own"]}}], "docs": [{"name": "own", "allow": ["read"]}]}`))
		require.Len(t, p.Changes, 1)
		at(r.world, 1, func(c memory.Call) bool { return c.Operation == memory.Create }, func() {
			require.NoError(t, r.world.PutDoc(memory.Doc{Name: "own", Allow: []string{"*"}}))
		})
		report := r.apply(t.Context(), p, engine.ApplyOptions{})
		assert.Equal(t, []string{"doc/own: allow reads [*], set by somebody else during this run"}, reasonsOf(report.Unverified))
	})
}

// halfway is a remote whose every create is cut short.
type halfway struct{ *memory.Remote }

func (halfway) Create(_ context.Context, w providers.Write) (string, error) {
	w.Attempts.Add()
	return "", providers.Partial([]string{"the lid"}, []string{"the bottom"}, providers.ErrDenied)
}

func TestAChangeThatIsPartlyMadeSaysWhatIsOpen(t *testing.T) {
	r := setUp(t, memory.Seed{})
	registry, err := providers.NewRegistry(memory.Provider{})
	require.NoError(t, err)
	e := engine.New(registry, providers.Remotes{"memory": halfway{memory.NewRemote(r.world)}}, nil)
	planned, err := e.Plan(t.Context(), manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat", "items": {"north": ["reader"]}}]}`), engine.PlanOptions{})
	require.NoError(t, err)
	report := e.Apply(t.Context(), planned, engine.ApplyOptions{})
	assert.Equal(t, []string{"box/a partly", "item/a/north/reader skipped because of box/a"}, outcomes(report))
	partly := resultOf(t, report, "box/a")
	assert.Equal(t, []string{"the lid"}, partly.Done)
	assert.Equal(t, []string{"the bottom"}, partly.Open)
	require.ErrorIs(t, partly.Err, providers.ErrDenied)
	assert.True(t, report.Sent())
	assert.False(t, report.OK())
}

// drawMeddling draws one thing that somebody does by hand, and that says what it did. All is drawn before: the engine calls from
// goroutines of its own.
func drawMeddling(t *rapid.T) func(w *memory.World) string {
	name := rapid.SampledFrom(boxNames).Draw(t, "meddled box")
	item := memory.Item{
		Box: name, Scope: rapid.SampledFrom(scopes).Draw(t, "meddled scope"), Kind: rapid.SampledFrom([]string{"reader", "writer", "mover"}).Draw(t, "meddled kind"),
	}
	box := memory.Box{
		Name: name, Owner: rapid.SampledFrom([]string{"pat", "eve", "mallory"}).Draw(t, "meddled owner"), Label: rapid.SampledFrom([]string{"l", "m"}).Draw(t, "meddled label"),
	}
	doc := memory.Doc{Name: rapid.SampledFrom(docNames).Draw(t, "meddled doc"), Allow: []string{"*"}}
	what := rapid.SampledFrom([]string{"put", "take", "box", "remove", "anew", "doc"}).Draw(t, "meddling")
	return func(w *memory.World) string {
		var err error
		switch what {
		case "doc":
			err = w.PutDoc(doc)
		case "put":
			err = w.PutItem(item)
		case "take":
			err = w.RemoveItem(item)
		case "remove":
			w.RemoveBox(name)
		case "anew":
			w.RemoveBox(name)
			err = w.PutBox(box)
		default:
			err = w.PutBox(box)
		}
		return fmt.Sprint(what, item, box, doc, err)
	}
}

// TestWhatIsCalledVerifiedIsSo executes random plans while somebody else changes random things between random calls: what a run calls
// verified is live, as it was before the run with the changes of the plan, and so as the manifest says.
func TestWhatIsCalledVerifiedIsSo(t *testing.T) {
	verified, refused, meddled := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		r := setUp(t, s.seed)
		planned, err := r.engine.Plan(context.Background(), s.manifest, engine.PlanOptions{})
		require.NoError(t, err)
		if planned.Refused() || planned.Plan.Writes() == 0 {
			return
		}
		before := r.world.Live()
		moments := rapid.SliceOfNDistinct(rapid.IntRange(1, 2*planned.Plan.Writes()+4), 0, 2, rapid.ID).Draw(t, "moments")
		meddlings := map[int]func(*memory.World) string{}
		for _, moment := range moments {
			meddlings[moment] = drawMeddling(t)
		}
		calls, log := 0, []string{}
		r.world.SetHook(func(context.Context, memory.Call) error {
			if calls++; meddlings[calls] != nil {
				log = append(log, fmt.Sprintf("before call %d: %s", calls, meddlings[calls](r.world)))
			}
			return nil
		})
		report := r.engine.Apply(context.Background(), planned, engine.ApplyOptions{
			Parallelism: 1, PollInterval: time.Microsecond, VerifyTimeout: 20 * time.Millisecond, LookedAgain: rapid.Bool().Draw(t, "looked again"),
		})
		if len(log) > 0 {
			meddled++
		}
		if !report.OK() {
			refused++
			return
		}
		verified++
		counts := counting(s.manifest, planned.Plan)
		require.Equal(t, expectedOf(planned.Plan, before, counts), touchedOf(planned.Plan, r.world.Live(), counts), "%s\n%+v", strings.Join(log, "\n"),
			report)
	})
	require.Positive(t, min(verified, refused, meddled))
}

// counting returns what counts of the roots that a plan writes in: all, but for what the manifest does not list in additive boxes.
func counting(m *plan.Manifest, p *plan.Plan) func(plan.Live) bool {
	additive, touched, changes := map[addr.Address]bool{}, map[addr.Address]bool{}, map[addr.Address]bool{}
	for _, entry := range m.Sections["boxes"] {
		additive[memory.BoxAddress(entry.Get("name").String())] = entry.Get("itemsMode").String() == "additive"
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		touched[c.Root()], changes[c.Address] = touched[c.Root()] || c.Action.Writes(), true
	}
	return func(l plan.Live) bool {
		return touched[l.Root()] && (l.Parent.IsZero() || changes[l.Address] || !additive[l.Parent])
	}
}

// expectedOf is what counts as it was before, with the changes of the plan.
func expectedOf(p *plan.Plan, before []plan.Live, counts func(plan.Live) bool) []string {
	all, made := map[addr.Address]plan.Live{}, map[addr.Address]bool{}
	for _, l := range before {
		if counts(l) {
			all[l.Address] = l
		}
	}
	for _, c := range p.Changes {
		switch c.Action {
		case plan.Delete:
			delete(all, c.Address)
			for _, child := range c.With {
				delete(all, child)
			}
		case plan.Create, plan.Update:
			l := all[c.Address]
			attributes := maps.Clone(l.Attributes)
			if c.Action == plan.Create {
				attributes, made[c.Address] = plan.Attributes{}, true
			}
			for _, d := range c.Attributes {
				attributes[d.Name] = d.After
			}
			l.Address, l.Parent, l.Attributes = c.Address, c.Parent, attributes
			all[c.Address] = l
		case plan.ByHand, plan.Blocked:
		}
	}
	return textsOf(slices.Collect(maps.Values(all)), made)
}

func touchedOf(p *plan.Plan, live []plan.Live, counts func(plan.Live) bool) []string {
	made := map[addr.Address]bool{}
	for i := range p.Changes {
		made[p.Changes[i].Address] = p.Changes[i].Action == plan.Create
	}
	return textsOf(slices.DeleteFunc(live, func(l plan.Live) bool { return !counts(l) }), made)
}

// textsOf gives addresses, attributes, and the ids of what the run has not made.
func textsOf(all []plan.Live, made map[addr.Address]bool) []string {
	texts := []string{}
	for _, l := range all {
		text := l.Address.String()
		if !made[l.Address] {
			text += " " + l.ID
		}
		for _, name := range slices.Sorted(maps.Keys(l.Attributes)) {
			value := l.Attributes[name].String()
			if tags, is := l.Attributes[name].AsSet(); is { // what a person must take off stays
				value = plan.SetValue(slices.DeleteFunc(tags, func(tag string) bool { return tag == memory.LockedTag })...).String()
			}
			if value != "" && value != "[]" && value != "{}" && name != memory.AttributeLife {
				text += " " + name + "=" + value
			}
		}
		texts = append(texts, text)
	}
	slices.Sort(texts)
	return texts
}
