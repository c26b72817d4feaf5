package lakeformation

import (
	"context"
	"errors"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// existence is whether there is an agency of a type for a region. The zero value is invalid.
type existence uint8

const (
	isThere existence = iota + 1
	isNotThere
	// isBare: there is one that has nothing in any project, left over from wherever it was made.
	isBare
	// isAssumed: there is one that lacks something, and IAM does not tell whether it is another region's.
	isAssumed
	// isUnknown: neither the service nor IAM tells.
	isUnknown
)

// isLikely reports whether to act as if there is one.
func (e existence) isLikely() bool { return e == isThere || e == isBare || e == isAssumed }

// exists finds out whether there is an agency of this type for the region. An agency belongs to the whole account, so
// where the service does not say that all is well, it may be another region's: what it is granted in IAM decides.
func (r *Remote) exists(ctx context.Context, dir *directory.Directory, s state, at site) (existence, error) {
	switch {
	case s.isNothing():
		return isNotThere, nil
	case s.told && s.authorized:
		return isThere, nil
	}
	unsure := isUnknown
	if s.told && len(s.missing) > 0 {
		unsure = isAssumed
	}
	if s.agency == "" {
		return unsure, nil
	}
	use, found, err := serviceagency.ReadUse(ctx, dir, s.agency, r.ledger.SkipsEnterpriseProjects())
	switch {
	case errors.Is(err, providers.ErrDenied):
		return unsure, nil
	case err != nil:
		return 0, err
	case !found && unsure == isAssumed:
		return isAssumed, nil // the service knows it, and IAM may not list it
	case found && len(use.In(at.project)) > 0:
		return isThere, nil
	case found && use.Serves(at.project) && !r.ledger.HasWithdrawn(at.project, s.agency):
		return isBare, nil
	}
	return isNotThere, nil
}
