package addr_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan/addr"
)

func TestCoversMost(t *testing.T) {
	for text, broad := range map[string]bool{
		"agency/*": true, "agency/**": true, "agency/?*": true, "agency/*?*": true, "agency/o*": true, "agency/*-*": true, "agency/%2F*": true,
		"grant/**": true, "grant/*/**": true, "grant/*/*/*": true, "grant/*/domain/*": true, "grant/?*/domain/**": true,
		"authorization/**": true, "authorization/csms/**": true, "authorization/csms/*/*": true, "authorization/*/*/*": true,
		"authorization/c*/*/?*": true,
		"agency/x":              false, "agency/ops-*": false, "agency/*-ops": false, "agency/%2Fo*": false, "grant/ops-*/**": false,
		"grant/*/all-projects/Tenant Guest": false, "grant/ops/*/*": false, "policy/*": false, "authorization/csms/cn-north-4/*": false,
		"authorization/fabric/*": false, "authorization/*/cn-north-4": false,
	} {
		p, err := addr.ParsePattern(text)
		require.NoError(t, err)
		covers := false
		for _, prefix := range []string{"agency", "grant", "authorization/csms"} {
			covers = covers || p.CoversMost(prefix)
		}
		require.Equal(t, broad, covers, text)
	}
}
