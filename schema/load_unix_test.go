//go:build unix

package schema_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/schema"
)

func TestLoadRefusesAtOnceWhatIsNoRegularFile(t *testing.T) {
	root := tree(t, "dir/a.yaml")
	pipe, socket := filepath.Join(root, "dir", "pipe.yaml"), filepath.Join(root, "socket.yaml")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	require.NoError(t, err)
	defer listener.Close()
	link := filepath.Join(root, "link.yaml")
	require.NoError(t, os.Symlink(pipe, link))
	in, out, err := os.Pipe() // as a shell gives one for <(COMMAND)
	require.NoError(t, err)
	defer in.Close()
	defer out.Close()
	for path, says := range map[string]string{
		fmt.Sprintf("/dev/fd/%d", in.Fd()): "a named pipe",
		pipe:                               "a named pipe", link: "a named pipe", socket: "a socket", "/dev/zero": "a device", filepath.Join(root, "dir"): "pipe.yaml",
	} {
		_, err := schema.Load([]string{path}, nil)
		require.ErrorIs(t, err, schema.ErrNotRegular, path)
		assert.ErrorContains(t, err, says)
	}
}
