package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The guide names the libraries that read our formats in tests, with the versions that these tests use.
func TestTheGuideNamesTheConsumersThatAreTested(t *testing.T) {
	guide, err := os.ReadFile("docs/guide/outputs.md")
	require.NoError(t, err)
	var required strings.Builder
	for _, module := range []string{"go.mod", "internal/sdkjudge/go.mod"} {
		text, err := os.ReadFile(module)
		require.NoError(t, err)
		required.Write(text)
	}
	named := regexp.MustCompile("(github\\.com/[\\w./-]+) (v[\\d.]+)`").FindAllStringSubmatch(string(guide), -1)
	require.Len(t, named, 4)
	for _, n := range named {
		assert.Regexp(t, `(?m)^\t`+regexp.QuoteMeta(n[1]+" "+n[2])+`$`, required.String())
	}
}
