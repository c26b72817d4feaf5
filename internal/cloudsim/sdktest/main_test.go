// Package sdktest holds no code: its tests run the vendor's own client against the simulated cloud, to prove that the
// simulator answers as the vendor's code expects. They stand apart because they alone need the service clients.
package sdktest

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
