//go:build consumers

package acceptance

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestGitAppliesThePatchesOfDrift(t *testing.T) {
	home := t.TempDir()
	patchesAccept(t, func(folder, diff string) error {
		command := exec.Command("git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-")
		command.Dir, command.Stdin = folder, strings.NewReader(diff)
		command.Env = append(os.Environ(), "GIT_DIR="+home+"/none", "GIT_CONFIG_NOSYSTEM=1", "HOME="+home)
		if said, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, said)
		}
		return nil
	})
}
