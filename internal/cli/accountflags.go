package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/schema"
)

// assumed is the agency to assume in each account, by the account as its manifest names it.
type assumed map[plan.Account]string

// parseAssume reads the values of --assume: AGENCY for every account, or ACCOUNT=AGENCY for the one with that name or id. The
// value for one account counts before that for every account.
func parseAssume(values []string, manifests []*plan.Manifest) (assumed, error) {
	every := ""
	single := assumed{}
	for _, v := range values {
		account, agency, found := strings.Cut(v, "=")
		if !found {
			account, agency = "", v
		}
		switch {
		case agency == "" || found && account == "":
			return nil, fmt.Errorf("--assume %q: write AGENCY, or ACCOUNT=AGENCY as in example-co=ops-admin", v)
		case !found && every != "":
			return nil, fmt.Errorf("--assume: %q and %q are both for every account; write ACCOUNT=AGENCY", every, agency)
		case !found:
			every = agency
			continue
		}
		m, err := manifestFor(account, manifests)
		if err != nil {
			return nil, fmt.Errorf("--assume %q: %w", v, err)
		}
		if _, twice := single[m.Account]; twice {
			return nil, fmt.Errorf("--assume: account %s is given twice", m.Account)
		}
		single[m.Account] = agency
	}
	if every != "" {
		for _, m := range manifests {
			if _, own := single[m.Account]; !own {
				single[m.Account] = every
			}
		}
	}
	return single, nil
}

// manifestFor returns the manifest that is for the account of that name or id.
func manifestFor(account string, manifests []*plan.Manifest) (*plan.Manifest, error) {
	var names []string
	for _, m := range manifests {
		if account == m.Account.Name || account == m.Account.ID {
			return m, nil
		}
		names = append(names, m.Account.String())
	}
	return nil, fmt.Errorf("no manifest is for account %q; %s", account,
		cmp.Or(plan.DidYouMean(account, names), "the accounts are "+strings.Join(names, ", ")))
}

// noSelf is the value of --self for credentials that came through no agency.
const noSelf = "none"

// parseAddress reads one address as flags write it.
func parseAddress(text string) (addr.Address, error) {
	a, err := schema.ParseAddress(text)
	if err != nil {
		return a, fmt.Errorf("%w; write it as a plan shows it, as in agency/ops-admin", err)
	}
	return a, nil
}

func (a *app) selfFlag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&a.self, "self", nil,
		"never change the agency that the credentials came through: `ADDRESS` or ACCOUNT=ADDRESS, or none if there is none (repeatable)")
}

// ownWay is what --self says of one account: nothing, none, or the addresses that the credentials came through.
type ownWay struct {
	none      bool
	addresses []addr.Address
}

// ownWays has what --self says of each account, by the account as its manifest names it.
type ownWays map[plan.Account]ownWay

// parseSelf reads the values of --self: for every account, or behind ACCOUNT= for one. The values for one account count before
// those for every account.
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
	a, err := parseAddress(text)
	if err != nil {
		return w, err
	}
	if slices.Contains(w.addresses, a) {
		return w, fmt.Errorf("%s is given twice", a)
	}
	return ownWay{addresses: append(slices.Clone(w.addresses), a)}, nil
}

// parseEndpoints reads the values of --endpoint. No error shows a value: it may be a URL with a password.
func parseEndpoints(values []string) (map[string]string, error) {
	points := map[string]string{}
	for _, v := range values {
		service, url, found := strings.Cut(v, "=")
		if !found || service == "" || url == "" || strings.ContainsAny(service, ":/@?#%") {
			return nil, errors.New("--endpoint: write SERVICE=URL, as in iam=https://host")
		}
		if _, twice := points[service]; twice {
			return nil, fmt.Errorf("--endpoint: %s is given twice", service)
		}
		points[service] = url
	}
	return points, nil
}
