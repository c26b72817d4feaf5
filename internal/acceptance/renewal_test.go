package acceptance

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// TestATokenThatEndsInTheMiddleOfAnApplyIsRenewed at the services, whose gateways have words of their own for it.
func TestATokenThatEndsInTheMiddleOfAnApplyIsRenewed(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	f.env = user
	before := func(r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1/csms") && r.Method == http.MethodPost {
			f.ahead.CompareAndSwap(0, int64(25*time.Hour))
		}
	}
	f.before.Store(&before)
	f.succeeds(t, "apply", "-f", "examples/authorizations", "--auto-approve")
	assert.NotZero(t, f.ahead.Load(), "the token was over in the middle")
}
