package acceptance

import (
	"context"
	"flag"
	"io/fs"
	"os"
	"strconv"
	"testing"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/csms"
	"github.com/agencyctl/agencyctl/providers/fabric"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/traces"
	"github.com/agencyctl/agencyctl/providers/iam"
	"github.com/agencyctl/agencyctl/providers/lakeformation"
	"github.com/agencyctl/agencyctl/providers/secmaster"
)

// TestMain runs the tests in the root of the repository, where examples and testdata are.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	root, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	documents = os.DirFS(root)
	if err := flag.Set("rapid.checks", strconv.Itoa(100/every)); err != nil { // what the command line says comes after
		panic(err)
	}
	if err := flag.Set("test.parallel", "4"); err != nil { // tests that run side by side wait nearly all of their time
		panic(err)
	}
	os.Exit(m.Run())
}

// thinned returns one of every rows, beginning with the first. Rows in the order of a map must be sorted before.
func thinned[T any](rows []T) (some []T) {
	for i := 0; i < len(rows); i += every {
		some = append(some, rows[i])
	}
	return some
}

// The services that main wires up; a test of the architecture holds the two lists to the same packages.
var (
	others   = huaweicloud.Services{csms.Service(), fabric.Service(), lakeformation.Service(), secmaster.Service()}
	services = append(huaweicloud.Services{iam.Service(others.Published())}, others...)
)

// documents has what main embeds, also for tests that change the folder.
var documents fs.FS

// connect connects as main does.
func connect(ctx context.Context, target providers.Target) (*cli.Connection, error) {
	return connector(huaweicloud.Lag{}, huaweicloud.WithVersion("test"))(ctx, target)
}

// connector connects as main does, with these options, to services of that patience.
func connector(lag huaweicloud.Lag, options ...huaweicloud.Option) cli.Connector {
	options = append(options, huaweicloud.WithServices(services))
	return func(ctx context.Context, target providers.Target) (*cli.Connection, error) {
		connection, err := huaweicloud.Connect(ctx, target, options...)
		if err != nil {
			return nil, err
		}
		return &cli.Connection{
			Remotes: services.Remotes(connection, lag), Close: connection.Close, WhoAmI: connection.WhoAmI, Endpoints: connection.Endpoints(),
			Explainer: func(region string) providers.Explainer { return traces.New(connection, region) },
		}, nil
	}
}
