package huaweicloud

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAPassEndsByTheClockOnTheWallToo(t *testing.T) {
	now := time.Now()
	p := pass{}.until(now.Add(time.Hour), "", now)
	assert.False(t, p.due(now))
	woken := time.Unix(0, now.Add(2*time.Hour).UnixNano()) // has no reading of the clock that stands still in sleep
	assert.True(t, p.due(woken))
	assert.True(t, p.over(woken))
}
