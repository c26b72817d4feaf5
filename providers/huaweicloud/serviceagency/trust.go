package serviceagency

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

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
	case a.TrustName == "" && a.TrustID == "", strings.HasPrefix(a.TrustName, directory.ServicePrefix):
		return ""
	case a.TrustName == "":
		return "the account with id " + a.TrustID
	}
	return a.TrustName
}

// strangerTo is [stranger] of a live resource.
func strangerTo(live *plan.Live) string {
	t, told := directory.TrustOf(live.Resource)
	switch {
	case !told, t.Kind == directory.TrustService:
		return ""
	case t.Kind == directory.TrustAccountID:
		return "the account with id " + t.Value
	}
	return t.Value
}

// WarnOfStrangers adds to an observation a warning for each named agency that exists and trusts somebody other than a cloud service:
// nothing may be authorized through it. Credentials that may not list agencies make it an entry of NotRead. The name "" stands
// for an unknown name, and is skipped.
func (p Provider) WarnOfStrangers(ctx context.Context, dir *directory.Directory, names []string, o *providers.Observation) error {
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "" })
	if len(names) == 0 {
		return nil
	}
	all, err := dir.Agencies(ctx)
	if errors.Is(err, providers.ErrDenied) {
		o.NotRead = append(o.NotRead, plan.NotRead{Subject: "whom the agencies of " + p.Title + " trust",
			Reason: "the credentials may not list agencies"})
		return nil
	}
	if err != nil {
		return fmt.Errorf("find out whom the agencies of %s trust: %w", p.Title, err)
	}
	for _, a := range all {
		if !slices.Contains(names, a.Name) {
			continue
		}
		if err := CheckTrust(a, p.Agency); err != nil {
			o.Warnings = append(o.Warnings, err.Error())
		}
	}
	slices.Sort(o.Warnings)
	o.Warnings = slices.Compact(o.Warnings)
	return nil
}

// checkTrustOf is [CheckTrust] of the agencies of these names, read anew: a plan may be old, and what a service is granted
// through an agency goes to whom the agency trusts. Names that are "" or not there pass, and so do all where the
// credentials may not read agencies.
func (w *Writing) checkTrustOf(ctx context.Context, what string, names []string) error {
	for _, name := range names {
		if name == "" {
			continue
		}
		a, found, err := w.Client.AgencyNamed(ctx, name)
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
