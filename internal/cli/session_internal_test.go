package cli

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnEndpointThatIsNotOneIsNotShown(t *testing.T) {
	for _, value := range []string{"https://user:hunter2@host", "https://user:hunter2@host?a=b", "=https://user:hunter2@host", "user:hunter2=x"} {
		_, err := parseEndpoints([]string{value})
		require.ErrorContains(t, err, "SERVICE=URL", value)
		assert.NotContains(t, err.Error(), "hunter2")
	}
	points, err := parseEndpoints([]string{"kms.cn-north-4=https://host?a=b"})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"kms.cn-north-4": "https://host?a=b"}, points)
}
