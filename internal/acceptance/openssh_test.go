//go:build consumers

package acceptance

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// TestOpenSSHSignsAndVerifiesSavedPlans has ssh-keygen check what --sign signs, and --verify-key what ssh-keygen signs.
func TestOpenSSHSignsAndVerifiesSavedPlans(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	folder := t.TempDir()
	file := func(name string) string { return filepath.Join(folder, name) }
	openssh := func(stdin []byte, arguments ...string) {
		t.Helper()
		c := exec.Command("ssh-keygen", arguments...)
		c.Stdin = bytes.NewReader(stdin)
		out, err := c.CombinedOutput()
		require.NoError(t, err, "ssh-keygen %v: %s", arguments, out)
	}
	copied := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(file("plan.json"))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file(name), text, 0o600))
		return file(name)
	}
	for _, name := range []string{"reviewer", "stranger"} {
		openssh(nil, "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file(name))
	}

	f.succeeds(t, "plan", "-f", "examples/quickstart", "--out", file("plan.json"), "--sign", file("reviewer"))
	plan, err := os.ReadFile(file("plan.json"))
	require.NoError(t, err)
	public, err := os.ReadFile(file("reviewer.pub"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file("signers"), append([]byte("reviewer "), public...), 0o600))
	openssh(plan, "-Y", "verify", "-f", file("signers"), "-I", "reviewer", "-n", "agencyctl-plan", "-s", file("plan.json.sig"))

	other := copied("other.json")
	openssh(nil, "-Y", "sign", "-n", "file", "-f", file("reviewer"), other)
	f.refused(t, []string{`made for "file", not for "agencyctl-plan"`}, "apply", other, "--verify-key", file("reviewer.pub"))

	theirs := copied("theirs.json")
	openssh(nil, "-Y", "sign", "-n", "agencyctl-plan", "-f", file("stranger"), theirs)
	f.refused(t, []string{"none of the allowed keys made it"}, "apply", theirs, "--verify-key", file("reviewer.pub"))
	o := f.succeeds(t, "apply", theirs, "--verify-key", file("reviewer.pub"), "--verify-key", file("stranger.pub"))
	assert.Regexp(t, "signed by .* stranger", o.stderr)
	assert.Contains(t, o.stdout, "verified")
}
