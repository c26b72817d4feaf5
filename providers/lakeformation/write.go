package lakeformation

import (
	"context"
	"fmt"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// Create implements [providers.Remote]. The resource has no id. Where the service does not tell whether it is authorized,
// the call is made: it only ever gives the agency what it should have.
func (r *remote) Create(ctx context.Context, w providers.Write) (id string, err error) {
	return "", r.write(ctx, w, func(w *writer) error { return w.SetRight(ctx, w.known.Provider, w.create) })
}

func (w *writer) create(ctx context.Context) error {
	s, err := w.read(ctx, w.at)
	if err != nil || s.isWhole() {
		return err
	}
	if s.told {
		exists, err := w.exists(ctx, w.Run, directory.New(w.Client), s, w.at)
		switch {
		case err != nil:
			return err
		case exists.isLikely() && exists != isBare: // a bare one differs from none in name only
			return fmt.Errorf("%w: LakeFormation already has the agency %s, and it lacks actions", providers.ErrConflict, s.agency)
		}
	}
	return w.authorize(ctx, s.agency)
}

// Update implements [providers.Remote]: the same call as for the first time gives the agency what it lacks.
func (r *remote) Update(ctx context.Context, w providers.Write) error {
	return r.write(ctx, w, func(w *writer) error { return w.SetRight(ctx, w.known.Provider, w.update) })
}

func (w *writer) update(ctx context.Context) error {
	s, err := w.read(ctx, w.at)
	if err != nil || s.isWhole() {
		return err
	}
	return w.authorize(ctx, s.agency)
}

// Delete implements [providers.Remote]. It removes the agency of the type, unless other regions need it: then only what it
// is granted in the region's project.
func (r *remote) Delete(ctx context.Context, w providers.Write) error {
	return r.write(ctx, w, func(w *writer) error { return w.delete(ctx) })
}

func (w *writer) delete(ctx context.Context) error {
	s, exists, err := w.look(ctx, w.at)
	switch {
	case err != nil:
		return err
	case exists == isNotThere:
		w.Run.Withdrawn(w.at.project, s.agency)
		return nil
	case exists == isUnknown || s.agency == "":
		return fmt.Errorf("%w: it cannot be told whether %s is there, and who uses its agency; nothing was removed", providers.ErrConflict,
			w.Before.Address)
	}
	gone := func(ctx context.Context) (bool, error) {
		_, now, err := w.look(ctx, w.at)
		return now == isNotThere, err
	}
	thereIn := func(ctx context.Context, region, projectID string) (bool, error) {
		_, now, err := w.look(ctx, site{region, projectID, w.at.agencyType})
		return now == isThere, err
	}
	return w.Withdraw(ctx, w.known.Provider, w.known.removal(w.View, w.Before.Address, s.agency), thereIn, w.withdraw, gone)
}

// authorize sends the grant. It counts as made when the service says so, or, where it does not tell, when IAM has the
// agency.
func (w *writer) authorize(ctx context.Context, agency string) error {
	return w.Authorize(ctx, w.known.Provider, []string{agency}, w.grant, func(ctx context.Context) (bool, error) {
		s, exists, err := w.look(ctx, w.at)
		return s.isWhole() || !s.told && exists == isThere, err
	})
}

// look reads the type afresh, outside any observation.
func (w *writer) look(ctx context.Context, at site) (state, existence, error) {
	s, err := w.read(ctx, at)
	if err != nil {
		return state{}, 0, err
	}
	exists, err := w.exists(ctx, w.Run, directory.New(w.Client), s, at)
	return s, exists, err
}
