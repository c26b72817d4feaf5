package acceptance

import (
	"context"
	"os"
	"testing"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/csms"
	"github.com/agencyctl/agencyctl/providers/fabric"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/iam"
	"github.com/agencyctl/agencyctl/providers/lakeformation"
	"github.com/agencyctl/agencyctl/providers/secmaster"
)

// TestMain runs the tests in the root of the repository, where examples and testdata are.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// services and connect are what main wires up; a test of the architecture holds the two to the same providers.
func services() *providers.Registry {
	registry, err := providers.NewRegistry(iam.Provider{}, csms.Provider{}, fabric.Provider{}, lakeformation.Provider{}, secmaster.Provider{})
	if err != nil {
		panic(err)
	}
	return registry
}

func connect(ctx context.Context, target providers.Target) (*cli.Connection, error) {
	connection, err := huaweicloud.Connect(ctx, target, huaweicloud.WithVersion("test"))
	if err != nil {
		return nil, err
	}
	return opened(connection, providers.Remotes{
		iam.Provider{}.Name():           iam.NewRemote(connection),
		csms.Provider{}.Name():          csms.NewRemote(connection),
		fabric.Provider{}.Name():        fabric.NewRemote(connection),
		lakeformation.Provider{}.Name(): lakeformation.NewRemote(connection),
		secmaster.Provider{}.Name():     secmaster.NewRemote(connection),
	}), nil
}

func opened(connection *huaweicloud.Connection, remotes providers.Remotes) *cli.Connection {
	return &cli.Connection{Remotes: remotes, Close: connection.Close, WhoAmI: connection.WhoAmI, Endpoints: connection.Endpoints()}
}
