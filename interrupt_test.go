package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// applier starts a slow simulated cloud, and returns the program that applies a manifest to it.
func applier(t *testing.T, manifest string, flags ...string) (server *cloudsim.Server, apply func() *exec.Cmd) {
	t.Helper()
	server, err := cloudsim.New(cloudsim.Options{Faults: cloudsim.Faults{Latency: 150 * time.Millisecond}})
	require.NoError(t, err)
	url, stop, err := cloudsim.Start(t.Context(), server, "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop()) })
	program, err := os.Executable()
	require.NoError(t, err)
	link := filepath.Join(t.TempDir(), "agencyctl")
	require.NoError(t, os.Symlink(program, link))
	return server, func() *exec.Cmd {
		c := exec.Command(link, append([]string{"apply", "-f", manifest, "--endpoint", "iam=" + url, "--rate", "1000", "--auto-approve"}, flags...)...)
		c.Env = append(os.Environ(), "HUAWEICLOUD_SDK_AK="+cloudsim.DemoAccessKey, "HUAWEICLOUD_SDK_SK="+cloudsim.DemoSecretKey,
			"HUAWEICLOUD_SDK_DOMAIN_ID="+server.World().Home)
		return c
	}
}

// interrupted runs the program, stops it as Ctrl-C does after the first write, and returns what it printed.
func interrupted(t *testing.T, server *cloudsim.Server, run *exec.Cmd) string {
	t.Helper()
	var out bytes.Buffer
	run.Stdout = &out
	require.NoError(t, run.Start())
	require.Eventually(t, func() bool { return written(server) > 0 }, time.Minute, time.Millisecond)
	require.NoError(t, run.Process.Signal(os.Interrupt))
	failed := new(exec.ExitError)
	require.ErrorAs(t, run.Wait(), &failed)
	require.Equal(t, 130, failed.ExitCode(), out.String())
	require.Contains(t, out.String(), "Interrupted.")
	return out.String()
}

// What runs may end, nothing new starts, the report says so, and the next run does the rest.
func TestInterrupt(t *testing.T) {
	server, apply := applier(t, absolute("examples/quickstart"), "--parallelism", "1")
	require.Contains(t, interrupted(t, server, apply()), " not begun. Run the same command again")
	require.Less(t, written(server), 8)

	second, err := apply().Output()
	require.NoError(t, err)
	require.Contains(t, string(second), "verified")
	require.Equal(t, 8, written(server))
}

func TestAnInterruptHoldsBackWhatWaitsForItsTurn(t *testing.T) {
	manifest := filepath.Join(t.TempDir(), "m.yaml")
	require.NoError(t, os.WriteFile(manifest, []byte(`apiVersion: agencyctl/v1
account: {name: example-co}
cloud: {kind: huaweicloud, region: cn-north-4}
authorizations:
  - {service: csms, secretTypes: [RDS-FG, GaussDB-FG]}
  - {service: csms, region: cn-east-3, secretTypes: [RDS-FG, GaussDB-FG]}
`), 0o600))
	server, apply := applier(t, manifest, "--parallelism", "4")
	interrupted(t, server, apply())
	require.Less(t, written(server), 4, "what waited for its turn is not sent")
}
