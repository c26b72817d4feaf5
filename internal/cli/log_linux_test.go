package cli_test

import (
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The log has the largest size that the process may write: a limit that Linux has for regular files, as a full disk would be.
func TestWhatGoesWrongAfterTheWritesIsNotExitCodeOne(t *testing.T) {
	folder(t, map[string]string{"m.yaml": manifest, "log": ""})
	const largest = 8 << 20
	require.NoError(t, os.Truncate("log", largest))
	var before syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before))
	signal.Ignore(syscall.SIGXFSZ)
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: largest, Max: before.Max}))
	defer func() {
		require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before))
		signal.Reset(syscall.SIGXFSZ)
	}()
	o := run(t, nil, "apply", "-f", "m.yaml", "--sim", "--auto-approve", "--log", "log")
	assert.Equal(t, 3, o.code)
	assert.Contains(t, o.errors, "--log")
	assert.Contains(t, o.out, "verified")
}
