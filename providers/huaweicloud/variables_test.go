package huaweicloud

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

func TestVariablesAndEndpointsThatNothingReads(t *testing.T) {
	for behaviour, c := range map[string]struct {
		environ []string
		flags   map[string]string
		regions []string
		fault   string
		warns   bool
	}{
		"ours": {environ: []string{
			"AGENCYCTL_METADATA", "AGENCYCTL_CACERT", "AGENCYCTL_ENDPOINT_IAM", "AGENCYCTL_ENDPOINT_IAM_CN_NORTH_4", "HOME", "AGENCY",
		}, regions: []string{}},
		"the other cloud's region":          {environ: []string{"AGENCYCTL_ENDPOINT_IAM_EU_DE"}, regions: []string{}},
		"a region that a manifest names":    {environ: []string{"AGENCYCTL_ENDPOINT_IAM_MINE_1"}, regions: []string{"mine-1"}},
		"the manifests are not known":       {environ: []string{"AGENCYCTL_ENDPOINT_IAM_MINE_1"}},
		"no such service":                   {environ: []string{"AGENCYCTL_ENDPOINT_FOO"}, regions: []string{}, fault: "agencyctl reads no AGENCYCTL_ENDPOINT_FOO; "},
		"no such service, nor manifests":    {environ: []string{"AGENCYCTL_ENDPOINT_FOO"}, fault: "agencyctl reads no AGENCYCTL_ENDPOINT_FOO; "},
		"no such region":                    {environ: []string{"AGENCYCTL_ENDPOINT_IAM_CN_NROTH_4"}, regions: []string{}, fault: `did you mean "AGENCYCTL_ENDPOINT_IAM_CN_NORTH_4"?`},
		"a region alone":                    {environ: []string{"AGENCYCTL_ENDPOINT_CN_NORTH_4"}, regions: []string{}, fault: "agencyctl reads no"},
		"no service at all":                 {environ: []string{"AGENCYCTL_ENDPOINT"}, regions: []string{}, fault: "agencyctl reads no"},
		"a word misspelt":                   {environ: []string{"AGENCYCTL_METADTA"}, regions: []string{}, fault: `did you mean "AGENCYCTL_METADATA"?`},
		"a word in two":                     {environ: []string{"AGENCYCTL_CA_CERT"}, regions: []string{}, fault: `did you mean "AGENCYCTL_CACERT"?`},
		"somebody's own":                    {environ: []string{"AGENCYCTL_VERSION"}, regions: []string{}, warns: true},
		"a flag for no region":              {flags: map[string]string{"iam.cn-nroth-4": "https://own.test"}, regions: []string{}, fault: `no vendor lists the region "cn-nroth-4"`},
		"a flag for a region of a manifest": {flags: map[string]string{"iam.mine-1": "https://own.test"}, regions: []string{"mine-1"}},
		"a flag, and no manifest is known":  {flags: map[string]string{"iam.mine-1": "https://own.test"}},
		"a flag beside a simulator":         {flags: map[string]string{"iam": "http://localhost:1", "eps.mine-1": "http://localhost:2"}, regions: []string{}},
	} {
		t.Run(behaviour, func(t *testing.T) {
			env := map[string]string{auth.EnvAccessKey: "a", auth.EnvSecretKey: "s", auth.EnvDomainID: "d"}
			var log bytes.Buffer
			conn, err := Connect(t.Context(), providers.Target{
				Cloud: plan.Cloud{Kind: HuaweiCloud, Region: "cn-north-4"}, Endpoints: c.flags, Environ: c.environ, Regions: c.regions,
				Getenv: func(name string) string { return env[name] }, Logger: slog.New(slog.NewTextHandler(&log, nil)),
			})
			require.Equal(t, c.warns, bytes.Contains(log.Bytes(), []byte("no variable of agencyctl is called so")), log.String())
			if c.fault != "" {
				require.ErrorContains(t, err, c.fault)
				return
			}
			require.NoError(t, err)
			conn.Close()
		})
	}
}

func TestTheMetadataServiceIsAskedOrNot(t *testing.T) {
	for value, fault := range map[string]string{"off": "not set: ", "Off": `AGENCYCTL_METADATA is "Off": write off`, "false": "write off"} {
		_, err := Connect(t.Context(), providers.Target{
			Cloud: plan.Cloud{Kind: HuaweiCloud, Region: "cn-north-4"},
			Getenv: func(name string) string {
				if name == auth.EnvMetadata {
					return value
				}
				return ""
			},
		})
		require.ErrorIs(t, err, auth.ErrNoCredentials)
		require.ErrorContains(t, err, fault)
	}
}
