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

// existence tells whether there is an agency of the type for the region. An agency belongs to the whole account, so
// where the service does not say that all is well, it may be another region's: what it is granted in IAM decides. Read is
// false where IAM does not tell, and found where it has no such agency.
func (s state) existence(use serviceagency.Use, found, read bool, projectID string) existence {
	switch {
	case s.isNothing():
		return isNotThere
	case s.told && s.authorized:
		return isThere
	}
	unsure := isUnknown
	if s.told && len(s.missing) > 0 {
		unsure = isAssumed
	}
	switch {
	case s.agency == "", !read:
		return unsure
	case !found && unsure == isAssumed:
		return isAssumed // the service knows it, and IAM may not list it
	case found && len(use.In(projectID)) > 0:
		return isThere
	case found && use.Serves(projectID):
		return isBare
	}
	return isNotThere
}

// exists finds out whether there is an agency of this type for the region, and reads from IAM where that matters. One that
// the run has withdrawn from there is not.
func (r *remote) exists(ctx context.Context, run *serviceagency.Run, dir *directory.Directory, s state, at site) (existence, error) {
	var use serviceagency.Use
	found, read := false, false
	if s.agency != "" && !s.isNothing() && !(s.told && s.authorized) {
		var err error
		use, found, err = serviceagency.ReadUse(ctx, dir, s.agency, run)
		if err != nil && !errors.Is(err, providers.ErrDenied) {
			return 0, err
		}
		if read = err == nil; read {
			if err := use.Hidden.Check(at.project); err != nil {
				return 0, err
			}
		}
	}
	e := s.existence(use, found, read, at.project)
	if e == isBare && run.HasWithdrawn(at.project, s.agency) {
		return isNotThere, nil
	}
	if e == isThere {
		return e, nil
	}
	return e, use.CheckOdd(r.known.Address(at.region, at.agencyType)) // such a grant may be here, or show that the agency is another region's
}
