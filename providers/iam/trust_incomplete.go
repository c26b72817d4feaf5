package iam

import (
	"errors"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// explainTrust adds what to do to the refusal of a trust that was sent by id or name alone, on a cloud whose
// documentation wants both. They are sent alone all the same: accounts of others cannot be looked up, and some regions
// are content with one.
func (r *Remote) explainTrust(fields directory.AgencyFields, err error) error {
	var failed *providers.CallError
	alone := (fields.TrustID == nil) != (fields.TrustName == nil)
	if !alone || !huaweicloud.TraitsOf(r.cloud.Kind).TrustInFull || !errors.As(err, &failed) || !errors.Is(failed.Kind, providers.ErrInvalid) {
		return err
	}
	explained := *failed
	explained.Hint = "this cloud may want id and name of a trusted account together, and only one of them is known here: name the account the other way, " +
		"trust: {account: NAME} or trust: {accountId: ID}"
	return &explained
}
