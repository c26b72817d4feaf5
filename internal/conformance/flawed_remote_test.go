package conformance

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// flawed is a Remote with one flaw.
type flawed struct {
	providers.Remote
	observe func(ctx context.Context, r providers.ObserveRequest, o *providers.Observation, err error) (*providers.Observation, error)
	create  func(ctx context.Context, r plan.Resource, id string, err error) (string, error)
	remove  func(ctx context.Context, err error) error
	update  func(ctx context.Context, err error) error
	context func(context.Context) context.Context
	before  func(plan.Resource) plan.Resource
}

func (f flawed) in(ctx context.Context) context.Context {
	if f.context != nil {
		return f.context(ctx)
	}
	return ctx
}

func (f flawed) Observe(ctx context.Context, r providers.ObserveRequest) (*providers.Observation, error) {
	o, err := f.Remote.Observe(f.in(ctx), r)
	if f.observe != nil {
		return f.observe(ctx, r, o, err)
	}
	return o, err
}

func (f flawed) Create(ctx context.Context, w providers.Write) (string, error) {
	if f.before != nil {
		changed := f.before(*w.After)
		w.After = &changed
	}
	id, err := f.Remote.Create(f.in(ctx), w)
	if f.create != nil {
		return f.create(ctx, *w.After, id, err)
	}
	return id, err
}

func (f flawed) Update(ctx context.Context, w providers.Write) error {
	err := f.Remote.Update(f.in(ctx), w)
	if f.update != nil {
		return f.update(ctx, err)
	}
	return err
}

func (f flawed) Delete(ctx context.Context, w providers.Write) error {
	err := f.Remote.Delete(f.in(ctx), w)
	if f.remove != nil {
		return f.remove(ctx, err)
	}
	return err
}

// seeing changes what observations show.
func seeing(change func(r providers.ObserveRequest, o *providers.Observation)) func(providers.Remote) providers.Remote {
	return func(r providers.Remote) providers.Remote {
		return flawed{Remote: r, observe: func(_ context.Context, r providers.ObserveRequest, o *providers.Observation, err error) (*providers.Observation, error) {
			if err == nil {
				change(r, o)
			}
			return o, err
		}}
	}
}

func TestEveryFlawOfAConnectionIsFound(t *testing.T) {
	for name, flaw := range map[string]struct {
		promise, says string
		wrap          func(providers.Remote) providers.Remote
	}{
		"a failed read is taken for nothing": {"a failing read is never passed over", "failed, and the observation did not", func(r providers.Remote) providers.Remote {
			return flawed{Remote: r, observe: func(_ context.Context, _ providers.ObserveRequest, o *providers.Observation, err error) (*providers.Observation, error) {
				if errors.Is(err, providers.ErrUnavailable) {
					return &providers.Observation{}, nil
				}
				return o, err
			}}
		}},
		"a refused read is taken for nothing": {"a refused or missing read is never passed over in silence", "less is covered and nothing is said", func(r providers.Remote) providers.Remote {
			return flawed{Remote: r, observe: func(_ context.Context, _ providers.ObserveRequest, o *providers.Observation, err error) (*providers.Observation, error) {
				if errors.Is(err, providers.ErrDenied) {
					return &providers.Observation{}, nil
				}
				return o, err
			}}
		}},
		"desired addresses are not covered": {"all that is desired and all that is there is covered", "doc/d lies outside what was read", seeing(func(_ providers.ObserveRequest, o *providers.Observation) {
			o.Coverage = slices.DeleteFunc(o.Coverage, func(p addr.Pattern) bool { return p.Match(memory.DocAddress("d")) })
		})},
		"a use is not told": {"what a resource is made of or uses is told", "what item/a/north/d uses", seeing(func(_ providers.ObserveRequest, o *providers.Observation) {
			for i := range o.Resources {
				o.Resources[i].Uses = nil
			}
		})},
		"a parent is not shown": {"what a resource is made of or uses is told", "needs box/ghost, which is not there", seeing(func(_ providers.ObserveRequest, o *providers.Observation) {
			o.Resources = append(o.Resources, plan.Live{Resource: plan.Resource{
				Address: memory.ItemAddress("ghost", "north", plan.Reference{Name: "reader"}), Parent: memory.BoxAddress("ghost"),
			}})
		})},
		"each look shows another form": {"looking twice shows the same", "warnings", func(r providers.Remote) providers.Remote {
			looks := 0
			return seeing(func(_ providers.ObserveRequest, o *providers.Observation) {
				looks++
				o.Warnings = append(o.Warnings, string(rune('a'+looks)))
			})(r)
		}},
		"what cannot be read is empty": {"what cannot be read is not compared", "label cannot be read and has a value", seeing(func(_ providers.ObserveRequest, o *providers.Observation) {
			for i := range o.Resources {
				for _, name := range o.Resources[i].Unreadable {
					o.Resources[i].Attributes[name] = plan.StringValue("")
				}
			}
		})},
		"a narrow look shows less": {"a narrow look agrees with the full one", "is covered and not shown", seeing(func(r providers.ObserveRequest, o *providers.Observation) {
			if r.Only != nil {
				o.Resources = nil
			}
		})},
		"a narrow look spells otherwise": {"a narrow look agrees with the full one", "asked for [box/a]: box/a", seeing(func(r providers.ObserveRequest, o *providers.Observation) {
			for i := range o.Resources {
				if l := &o.Resources[i]; r.Only != nil && len(l.Attributes) > 0 {
					l.Attributes = maps.Clone(l.Attributes)
					l.Attributes["label"] = plan.StringValue("other")
				}
			}
		})},
		"a change by hand is not seen": {"a change by hand is seen and put right", "a label", seeing(func(_ providers.ObserveRequest, o *providers.Observation) {
			for i := range o.Resources {
				if label, _ := o.Resources[i].Attributes["label"].AsString(); label == "by hand" {
					o.Resources[i].Attributes = maps.Clone(o.Resources[i].Attributes)
					o.Resources[i].Attributes["label"] = plan.StringValue("l")
				}
			}
		})},
		"an address belongs to nobody": {"prefixes own every address", "lies below no prefix", seeing(func(_ providers.ObserveRequest, o *providers.Observation) {
			o.Resources = append(o.Resources, plan.Live{Resource: plan.Resource{Address: foreign}})
		})},
		"a value never reads as it is written": {"every state is reached from every other and nothing is left to do", "the second plan still has [update box/a]", seeing(func(_ providers.ObserveRequest, o *providers.Observation) {
			for i := range o.Resources {
				if _, is := o.Resources[i].Attributes["label"]; is {
					o.Resources[i].Attributes = maps.Clone(o.Resources[i].Attributes)
					o.Resources[i].Attributes["label"] = plan.StringValue("never this")
				}
			}
		})},
		"a create writes something else": {"what was written is read back as planned", "create box/a: label", func(r providers.Remote) providers.Remote {
			return flawed{Remote: r, before: func(r plan.Resource) plan.Resource {
				if _, is := r.Attributes["label"]; is {
					r.Attributes = maps.Clone(r.Attributes)
					r.Attributes["label"] = plan.StringValue("else")
				}
				return r
			}}
		}},
		"a connection writes only what it has observed": {"another connection than the one that observed carries out a plan", "nothing was observed", func(r providers.Remote) providers.Remote {
			observed := false
			return flawed{Remote: r, observe: func(_ context.Context, _ providers.ObserveRequest, o *providers.Observation, err error) (*providers.Observation, error) {
				observed = true
				return o, err
			}, create: func(_ context.Context, _ plan.Resource, id string, err error) (string, error) {
				if !observed {
					return "", errors.New("nothing was observed")
				}
				return id, err
			}}
		}},
		"a create cannot be repeated": {"every write may be sent twice", "the second time", func() func(providers.Remote) providers.Remote {
			made := map[addr.Address]bool{}
			return func(r providers.Remote) providers.Remote {
				return flawed{Remote: r, create: func(_ context.Context, r plan.Resource, id string, err error) (string, error) {
					if made[r.Address] {
						return "", providers.ErrConflict
					}
					made[r.Address] = err == nil
					return id, err
				}}
			}
		}()},
		"a create adopts what is there": {"creating what exists differently is a conflict and adopts nothing", "which exists otherwise", func(r providers.Remote) providers.Remote {
			return flawed{Remote: r, create: func(_ context.Context, _ plan.Resource, id string, err error) (string, error) {
				if errors.Is(err, providers.ErrConflict) {
					return id, nil
				}
				return id, err
			}}
		}},
		"a failed write is not told": {"a failing write is told, and the next run puts it right", "update box/a", func(r providers.Remote) providers.Remote {
			return flawed{Remote: r, update: func(_ context.Context, err error) error { return nil }}
		}},
		"a failed write is told as something else": {"a failing write is told, and the next run puts it right", "delete item/a/north/d", func(r providers.Remote) providers.Remote {
			return flawed{Remote: r, remove: func(_ context.Context, err error) error {
				if err != nil {
					return errors.New("oops")
				}
				return nil
			}}
		}},
		"a call does not mind its context": {"a call whose context has ended does nothing", "create box/a", deaf},
		"a look does not mind its context": {"an observation ends with its context", "cut at call 1", func(r providers.Remote) providers.Remote {
			return flawed{Remote: r, observe: func(_ context.Context, _ providers.ObserveRequest, _ *providers.Observation, err error) (*providers.Observation, error) {
				if err != nil {
					return nil, providers.ErrUnavailable
				}
				return &providers.Observation{}, nil
			}}
		}},
		"a cut write looks done": {"a write ends with its context, and the next run puts it right", "create box/a", func(r providers.Remote) providers.Remote {
			return flawed{Remote: r, create: func(_ context.Context, _ plan.Resource, id string, err error) (string, error) {
				if errors.Is(err, context.Canceled) {
					return id, nil
				}
				return id, err
			}}
		}},
		"a look gives an observation beside its error": {"a failing read is never passed over", "an observation beside the error", func(r providers.Remote) providers.Remote {
			return flawed{Remote: r, observe: func(_ context.Context, _ providers.ObserveRequest, o *providers.Observation, err error) (*providers.Observation, error) {
				if o == nil {
					o = &providers.Observation{}
				}
				return o, err
			}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := prove(t, box(t, memory.Provider{}, flaw.wrap), flaw.promise)
			assert.True(t, w.failed)
			assert.Contains(t, w.said, flaw.says)
		})
	}
}

func deaf(r providers.Remote) providers.Remote {
	return flawed{Remote: r, context: context.WithoutCancel}
}
