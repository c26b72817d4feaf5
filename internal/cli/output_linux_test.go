package cli_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Some folders are there and take no files. The kernel then says that there is no such file.
func TestAFolderThatTakesNoFilesIsNamed(t *testing.T) {
	o := newAccounts(t, "alpha").run(limited(t), t, nil, "plan", "-f", "m", "-o", "markdown=/proc/x.md")
	assert.Equal(t, 1, o.code)
	assert.Contains(t, o.errors, "/proc takes no new files")
}
