package auth

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/providers"
)

func TestACredentialEndsByTheClockOnTheWallToo(t *testing.T) {
	now := time.Now()
	c := Credential{}.expiring(now.Add(time.Hour), "", now)
	assert.False(t, c.due(now))
	woken := time.Unix(0, now.Add(2*time.Hour).UnixNano()) // has no reading of the clock that stands still in sleep
	assert.True(t, c.due(woken))
	assert.True(t, c.ended(woken))
}

func TestWhatToDoAboutAnAgencyThatCannotBeAssumed(t *testing.T) {
	kinds := map[int]error{
		400: providers.ErrInvalid, 401: providers.ErrDenied, 403: providers.ErrDenied, 404: providers.ErrNotFound, 503: providers.ErrUnavailable,
	}
	for status, hint := range map[int]string{400: "trusts yours", 403: "trusts yours", 404: "trusts yours", 401: "wait", 503: "run again"} {
		e := &providers.CallError{Kind: kinds[status], Operation: "o", Service: "iam", Status: status}
		if status == 401 {
			e.Hint = "wait"
		}
		assert.Contains(t, providers.Hint(adviseAssuming(e)), hint, status)
	}
	assert.NoError(t, adviseAssuming(nil))
}
