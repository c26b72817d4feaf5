package cli_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The log is on a disk that is full: /dev/full, which only Linux has.
func TestWhatGoesWrongAfterTheWritesIsNotExitCodeOne(t *testing.T) {
	folder(t, map[string]string{"m.yaml": manifest})
	o := run(t, nil, "apply", "-f", "m.yaml", "--sim", "--auto-approve", "--log", "/dev/full")
	assert.Equal(t, 3, o.code)
	assert.Contains(t, o.errors, "--log")
	assert.Contains(t, o.out, "verified")
}
