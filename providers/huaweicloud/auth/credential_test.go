package auth

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

func TestKeysSayWhereTheyActAndTokensDoNot(t *testing.T) {
	scope := func(c Credential, accountID, projectID string) [3]string {
		r := unsigned("GET", "h.test", "/v3", nil, nil)
		require.NoError(t, c.Authenticate(r, nil, accountID, projectID, vectorDate))
		return [3]string{r.Header.Get("X-Project-Id"), r.Header.Get("X-Domain-Id"), r.Header.Get("X-Auth-Token")}
	}
	keys, token := Credential{keys: vectorKeys}, Credential{token: NewSecret("t")}
	assert.Equal(t, [3]string{"p", "", ""}, scope(keys, "d", "p"))
	assert.Equal(t, [3]string{"", "d", ""}, scope(keys, "d", ""))
	assert.Equal(t, [3]string{"", "", ""}, scope(keys, "", ""))
	assert.Equal(t, [3]string{"", "", "t"}, scope(token, "d", "p"))
}
