package serviceagency

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// servicePrefix begins the names of the accounts that cloud services act from.
const servicePrefix = "op_svc_"

// CheckTrust is the error of an agency that has the name of a service's own and trusts somebody else; it wraps ErrConflict.
// What says whose agency it should be, such as "the agency of SecMaster". An agency whose trust is not told passes.
func CheckTrust(a directory.Agency, what string) error {
	who := stranger(a)
	if who == "" {
		return nil
	}
	return fmt.Errorf("%w: agency %s has the name of %s and trusts %s, which is no cloud service", providers.ErrConflict, a.Name, what, who)
}

// stranger names whom the agency trusts when that is no cloud service; "" when it is one, or when it is not told.
func stranger(a directory.Agency) string {
	switch {
	case a.TrustName == "" && a.TrustID == "", strings.HasPrefix(a.TrustName, servicePrefix):
		return ""
	case a.TrustName == "":
		return "the account with id " + a.TrustID
	}
	return a.TrustName
}

// CheckTrustOf is [CheckTrust] of the agencies of these names, read anew: a plan may be old, and what a service is granted
// through an agency goes to whom the agency trusts. Names that are "" or not there pass, and so do all where the
// credentials may not read agencies.
func CheckTrustOf(ctx context.Context, client *directory.Client, what string, names ...string) error {
	for _, name := range names {
		if name == "" {
			continue
		}
		a, found, err := client.AgencyNamed(ctx, name)
		switch {
		case errors.Is(err, providers.ErrDenied):
			return nil
		case err != nil:
			return fmt.Errorf("find out whom the agency %s trusts: %w", name, err)
		case !found:
			continue
		}
		if err := CheckTrust(a, what); err != nil {
			return fmt.Errorf("%w; nothing was sent, delete or mend the agency in IAM first", err)
		}
	}
	return nil
}
