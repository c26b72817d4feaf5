package cli

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
)

const defaultCloud = "huaweicloud"

// cloudChoice is what flags say of the cloud, for commands that need no manifest.
type cloudChoice struct{ kind, region string }

// flags adds the flags. When says in their help when they count, as in "without -f: "; it may be empty.
func (c *cloudChoice) flags(cmd *cobra.Command, when string) {
	f := cmd.Flags()
	f.StringVar(&c.kind, "cloud", defaultCloud, when+"the `KIND` of cloud, huaweicloud or opentelekomcloud")
	f.StringVar(&c.region, "region", "", when+"the `REGION` (default: HW_REGION_NAME or OS_REGION_NAME)")
}

// check refuses a kind of cloud that there is not.
func (c *cloudChoice) check() error { return choose("cloud", c.kind, cloudKinds...) }

func (c *cloudChoice) cloud(getenv func(string) string) plan.Cloud {
	return plan.Cloud{Kind: c.kind, Region: cmp.Or(c.region, getenv("HW_REGION_NAME"), getenv("OS_REGION_NAME"))}
}

// checkLiveCloud refuses another cloud beside a snapshot, which says what it is of.
func (a *app) checkLiveCloud(cmd *cobra.Command) error {
	for _, name := range []string{"cloud", "region"} {
		if len(a.live) > 0 && cmd.Flags().Changed(name) {
			return fmt.Errorf("--%s does not go with --%s: the snapshot says it", name, flagLive)
		}
	}
	return nil
}

// loadWhole returns, in the place of manifests, one that all of the account is read for whose credentials are used, or of the account of
// each snapshot.
func (a *app) loadWhole(c *cloudChoice) func() ([]*plan.Manifest, error) {
	return func() ([]*plan.Manifest, error) {
		files, err := a.readLive()
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			return []*plan.Manifest{engine.WholeAccount(a.env.Registry, plan.Account{}, c.cloud(a.env.Getenv))}, nil
		}
		manifests := make([]*plan.Manifest, len(files))
		for i, f := range files {
			manifests[i] = engine.WholeAccount(a.env.Registry, f.recorded.Account, f.recorded.Cloud)
		}
		return manifests, nil
	}
}
