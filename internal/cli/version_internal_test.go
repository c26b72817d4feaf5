package cli

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVersionNamesTheCommit(t *testing.T) {
	commit, time := builtFrom(&debug.BuildInfo{Settings: []debug.BuildSetting{
		{Key: "vcs", Value: "git"},
		{Key: "vcs.revision", Value: "c0ffee"},
		{Key: "vcs.time", Value: "2026-01-31T10:00:00Z"},
		{Key: "vcs.modified", Value: "false"},
	}})
	a := &app{env: Env{Version: "v1.2.3", Commit: commit, CommitTime: time}}
	assert.Regexp(t, `^agencyctl v1\.2\.3 \(commit c0ffee of 2026-01-31T10:00:00Z, go1\.\S+, \w+/\w+\)\n$`, a.versionLine())
	commit, time = builtFrom(&debug.BuildInfo{})
	a = &app{env: Env{Version: "v1.2.3", Commit: commit, CommitTime: time}}
	assert.Regexp(t, `^agencyctl v1\.2\.3 \(go1\.\S+, \w+/\w+\)\n$`, a.versionLine())
}
