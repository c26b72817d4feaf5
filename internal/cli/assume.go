package cli

import (
	"fmt"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// assumed tells which agency to assume, by account as the manifests name it.
type assumed map[plan.Account]string

// parseAssume reads the values of --assume: AGENCY for every account, or ACCOUNT=AGENCY for the one with that name or
// id, which goes before the former.
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
		firstOf(plan.DidYouMean(account, names), "the accounts are "+strings.Join(names, ", ")))
}
