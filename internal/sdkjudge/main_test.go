// Package sdkjudge holds no code: its tests run the vendor's own client against the simulated cloud, to prove that the
// simulator answers as the vendor's code expects, and hold our signer against the vendor's.
//
// It is a module of its own, so that the vendor's SDK, which is large and brings deprecated libraries, is in nobody's
// dependency graph but that of these tests.
package sdkjudge

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
