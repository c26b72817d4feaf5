package fabric

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/providers"
)

// A writer without a connection panics as soon as it sends anything.
func TestARevokeWithoutAFullNameIsNeverSent(t *testing.T) {
	for _, name := range []string{"", " ", "FABRIC_*", "FABRIC SMN", "a&policy_type="} {
		assert.ErrorIs(t, (&writer{at: site{"cn-north-4", "p"}}).revoke(t.Context(), name), providers.ErrInvalid, "%q", name)
	}
}
