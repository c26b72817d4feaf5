package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// noSelf is the value of --self that says that there is no own way in.
const noSelf = "none"

// bareSelf is the type of a bare name, as everywhere that an address is asked for.
const bareSelf = "agency"

func (a *app) selfFlag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&a.self, "self", nil, "the agency that the credentials came through, as `ADDRESS` or ACCOUNT=ADDRESS, which is then never changed; none if there is none (repeatable)")
}

// ownWay is what the user says of the way in to one account: nothing, that there is none, or addresses.
type ownWay struct {
	none      bool
	addresses []addr.Address
}

// ownWays are the own ways in by account as the manifests name it.
type ownWays map[plan.Account]ownWay

// parseSelf reads the values of --self: for every account, or behind ACCOUNT= for one, which goes before the former.
func parseSelf(values []string, manifests []*plan.Manifest) (ownWays, error) {
	var every ownWay
	single := ownWays{}
	for _, v := range values {
		account, text, found := strings.Cut(v, "=")
		if !found {
			account, text = "", v
		}
		if text == "" || found && account == "" {
			return nil, fmt.Errorf("--self %q: write none, ADDRESS, or ACCOUNT=ADDRESS as in example-co=agency/ops-admin", v)
		}
		if !found {
			way, err := every.with(text)
			if err != nil {
				return nil, fmt.Errorf("--self %q: %w", v, err)
			}
			every = way
			continue
		}
		m, err := manifestFor(account, manifests)
		if err != nil {
			return nil, fmt.Errorf("--self %q: %w", v, err)
		}
		if single[m.Account], err = single[m.Account].with(text); err != nil {
			return nil, fmt.Errorf("--self %q: %w", v, err)
		}
	}
	for _, m := range manifests {
		if _, own := single[m.Account]; !own {
			single[m.Account] = every
		}
	}
	return single, nil
}

// with adds one value, without its account.
func (w ownWay) with(text string) (ownWay, error) {
	none := text == noSelf
	if w.none || none && len(w.addresses) > 0 {
		return w, fmt.Errorf("%s and an address, or %s twice, contradict each other", noSelf, noSelf)
	}
	if none {
		return ownWay{none: true}, nil
	}
	if !strings.Contains(text, "/") {
		text = bareSelf + "/" + text
	}
	a, err := addr.Parse(text)
	if err != nil {
		return w, fmt.Errorf("%w; write it as a plan shows it, as in agency/ops-admin", err)
	}
	if slices.Contains(w.addresses, a) {
		return w, fmt.Errorf("%s is given twice", a)
	}
	return ownWay{addresses: append(slices.Clone(w.addresses), a)}, nil
}

// identify asks the cloud whose credentials these are, and tells the planner what it must not change for their sake. What
// the cloud tells counts whatever --self says: --self can only add to it.
func (s *session) identify(ctx context.Context, r *accountRun, caller *engine.Caller) error {
	said := s.self[r.manifest.Account]
	caller.Named = said.addresses
	if r.connection.WhoAmI == nil {
		return nil // a service without credentials
	}
	identity, err := r.connection.WhoAmI(ctx)
	if err != nil {
		return fmt.Errorf("%w: whose credentials these are: %w", engine.ErrUnreadable, err)
	}
	caller.Self = append(caller.Self, identity.CameThrough...)
	caller.Unknown = identity.CameThroughUnknown && !said.none && len(said.addresses) == 0
	return nil
}
