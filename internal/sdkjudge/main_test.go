// Package sdkjudge holds no code: its tests run the clients of both vendors against the simulated cloud, to prove that the
// simulator answers as their code expects, and hold our signer against Huawei Cloud's.
//
// It is a module of its own, so that the vendors' SDKs, which are large and bring deprecated libraries, are in nobody's
// dependency graph but that of these tests.
package sdkjudge

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
