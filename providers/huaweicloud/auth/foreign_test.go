package auth_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

func lookup(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

func TestTheProfilesIdentityServiceIsKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "credentials")
	require.NoError(t, os.WriteFile(file, []byte("[global]\nak = a\nsk = s\niam_endpoint = https://iam.eu-de.otc.t-systems.com\n"), 0o600))
	found, err := auth.Find(auth.Wanted{Getenv: lookup(map[string]string{auth.EnvCredentialsFile: file})})
	require.NoError(t, err)
	assert.Equal(t, "https://iam.eu-de.otc.t-systems.com", found.AuthURL)
	assert.Equal(t, "iam_endpoint in section [global] of "+file, found.AuthURLFrom)
}

func TestWaysInThatAreNotSupportedAreNamed(t *testing.T) {
	for _, name := range []string{"HUAWEICLOUD_SDK_IDP_ID", "HUAWEICLOUD_SDK_ID_TOKEN_FILE", "HW_PROFILE", "HW_SHARED_CONFIG_FILE"} {
		_, err := auth.Find(auth.Wanted{Getenv: lookup(map[string]string{name: "hunter2"})})
		require.ErrorIs(t, err, auth.ErrUnusable)
		require.ErrorContains(t, err, name+" is set, which is not supported")
		assert.NotContains(t, err.Error(), "hunter2")

		_, err = auth.Find(auth.Wanted{Getenv: lookup(map[string]string{name: "x", "OS_AK": "a", "OS_SK": "s"})})
		require.NoError(t, err, "something else is complete")
		_, err = auth.Find(auth.Wanted{Getenv: lookup(map[string]string{name: "x", "OS_AK": "a"})})
		require.ErrorContains(t, err, "half set")
	}
}
