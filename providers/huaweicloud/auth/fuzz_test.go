package auth_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// FuzzFiles reads files of any content: never a panic, and no error but the one that callers know.
func FuzzFiles(f *testing.F) {
	f.Add("clouds: {c: {auth: {ak: a, sk: s}}}", "clouds: {c: {auth: {password: p}}}", "[global]\nak = a\nsk = s\n")
	f.Add("clouds: {c: {profile: p, auth: {username: u}}}", "clouds: {c: }", "[basic]\nak = \"a\nsk=`")
	f.Add("a: &a [*a]\nclouds: *a", "clouds:\n  c: !!binary x", "[global]\n[global]\nak=%(ak)s\n")
	f.Fuzz(func(t *testing.T, clouds, secure, profile string) {
		folder := t.TempDir()
		for name, text := range map[string]string{"clouds.yaml": clouds, "secure.yaml": secure, "profile": profile} {
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
		}
		for _, values := range []env{
			{"OS_CLOUD": "c", "OS_CLIENT_CONFIG_FILE": filepath.Join(folder, "clouds.yaml")},
			{"HUAWEICLOUD_SDK_CREDENTIALS_FILE": filepath.Join(folder, "profile")},
		} {
			found, err := auth.Find(auth.Wanted{Getenv: func(name string) string { return values[name] }})
			if err != nil {
				require.ErrorIs(t, err, auth.ErrNoCredentials)
				continue
			}
			require.NotNil(t, found.Base)
			require.NotEmpty(t, found.Source)
		}
	})
}
