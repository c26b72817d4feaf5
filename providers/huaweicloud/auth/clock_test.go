package auth_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

func TestRenewalDoesNotDependOnOurClockBeingRight(t *testing.T) {
	keys := with(baseKeys, "OS_AGENCY_NAME", "ops", "HW_ASSUME_ROLE_DOMAIN_ID", domain)
	for name, env := range map[string]map[string]string{"a token": baseUser, "keys": keys} {
		for _, wrong := range []time.Duration{-25 * time.Hour, -10 * time.Minute, 0, 10 * time.Minute, 25 * time.Hour} {
			t.Run(name+" "+wrong.String(), func(t *testing.T) {
				d := newFakeCloud()
				conn := d.connection(t, providers.Target{}, env, huaweicloud.WithClock(func() time.Time { return d.clock().Add(wrong) }))
				first := by(t, conn, "")
				d.advance(50 * time.Minute)
				assert.Equal(t, first, by(t, conn, ""), "it holds for an hour")
				d.advance(6 * time.Minute)
				second := by(t, conn, "")
				assert.NotEqual(t, first, second, "renewed before its end")
				assert.Equal(t, second, by(t, conn, ""))
				assert.Len(t, d.lines(), 2)
			})
		}
	}
}

func TestAClockThatIsAheadGetsNoTokenForEachCallWithoutADate(t *testing.T) {
	d := newFakeCloud()
	d.date = false
	conn := d.connection(t, providers.Target{}, baseUser, huaweicloud.WithClock(func() time.Time { return d.clock().Add(25 * time.Hour) }))
	for range 3 {
		assert.Equal(t, "SECRET-token-1", by(t, conn, ""))
	}
	d.expired["SECRET-token-1"] = true
	assert.Equal(t, "SECRET-token-2", by(t, conn, ""), "its end is told by the cloud")
}
