package huaweicloud

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers/huaweicloud/identity"
)

func TestAPassEndsByTheClockOnTheWallToo(t *testing.T) {
	now := time.Now()
	p := pass{}.until(now.Add(time.Hour), "", now)
	assert.False(t, p.due(now))
	woken := time.Unix(0, now.Add(2*time.Hour).UnixNano()) // has no reading of the clock that stands still in sleep
	assert.True(t, p.due(woken))
	assert.True(t, p.over(woken))
}

func TestKeysSayWhereTheyActAndTokensDoNot(t *testing.T) {
	scope := func(p pass, o outgoing) [3]string {
		r := unsigned("GET", "h.test", "/v3", nil, nil)
		require.NoError(t, p.authenticate(r, o, vectorDate))
		return [3]string{r.Header.Get("X-Project-Id"), r.Header.Get("X-Domain-Id"), r.Header.Get("X-Auth-Token")}
	}
	keys, token := pass{keys: vectorKeys}, pass{token: identity.NewSecret("t")}
	assert.Equal(t, [3]string{"p", "", ""}, scope(keys, outgoing{project: "p", domain: "d"}))
	assert.Equal(t, [3]string{"", "d", ""}, scope(keys, outgoing{domain: "d"}))
	assert.Equal(t, [3]string{"", "", ""}, scope(keys, outgoing{}))
	assert.Equal(t, [3]string{"", "", "t"}, scope(token, outgoing{project: "p", domain: "d"}))
}
