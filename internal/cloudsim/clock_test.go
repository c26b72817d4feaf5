package cloudsim

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAWrongClockRefusesGoodSignatures(t *testing.T) {
	s := vectorServer(t, vectorDate)
	good := vectors()["the usual form, a query with a blank"]
	require.NoError(t, s.SetFaults(Faults{ClockSkew: 15 * time.Minute}))
	w := serve(s, good.request())
	assert.Equal(t, 200, w.Code)
	date, err := http.ParseTime(w.Header().Get("Date"))
	require.NoError(t, err)
	assert.Equal(t, vectorDate.Add(15*time.Minute), date)
	for _, skew := range []time.Duration{16 * time.Minute, -time.Hour} {
		require.NoError(t, s.SetFaults(Faults{ClockSkew: skew}))
		for range 6 {
			w := serve(s, good.request())
			assert.Equal(t, 401, w.Code)
			assert.Contains(t, w.Body.String(), "more than 15 minutes off", "a wrong date is no bad signature and locks nothing")
		}
	}
}

func TestAKeyThatIsLockedFromTheStart(t *testing.T) {
	s := vectorServer(t, vectorDate)
	good := vectors()["the usual form, a query with a blank"]
	require.NoError(t, s.SetFaults(Faults{LockedKeys: []string{vectorAccess}}))
	w := serve(s, good.request())
	assert.Equal(t, 401, w.Code)
	assert.Contains(t, w.Body.String(), "AK access failed to reach the limit,forbidden")
	require.NoError(t, s.SetFaults(Faults{}))
	assert.Equal(t, 200, serve(s, good.request()).Code)
}
