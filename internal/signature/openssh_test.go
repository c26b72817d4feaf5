//go:build consumers

package signature_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/signature"
)

// TestOpenSSHAgrees has ssh-keygen verify what we sign, and us what ssh-keygen signs.
func TestOpenSSHAgrees(t *testing.T) {
	run := func(stdin []byte, arguments ...string) error {
		c := exec.Command("ssh-keygen", arguments...)
		c.Stdin = bytes.NewReader(stdin)
		out, err := c.CombinedOutput()
		t.Logf("ssh-keygen %v: %s", arguments, out)
		return err
	}
	message := []byte(`{"account":{"id":"1"}}` + "\n")
	for name, p := range pairs(t) {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := func(name string, text []byte) string {
				path := filepath.Join(dir, name)
				require.NoError(t, os.WriteFile(path, text, 0o600))
				return path
			}
			armored, err := signature.Sign(message, p.private, nil, namespace)
			require.NoError(t, err)
			sig, signers := file("plan.sig", armored), file("signers", append([]byte("ops@example.com "), p.public...))
			verify := []string{"-Y", "verify", "-f", signers, "-I", "ops@example.com", "-n", namespace, "-s", sig}
			require.NoError(t, run(message, verify...))
			require.Error(t, run(message[1:], verify...), "the other side can say no")

			plan := file("plan", message)
			require.NoError(t, run(nil, "-Y", "sign", "-f", file("key", p.private), "-n", namespace, plan))
			theirs, err := os.ReadFile(plan + ".sig")
			require.NoError(t, err)
			_, err = signature.Verify(message, theirs, parse(t, p.public), namespace)
			require.NoError(t, err)
		})
	}
}
