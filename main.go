// Agencyctl keeps the delegated trust of Huawei Cloud and Open Telekom Cloud accounts as a reviewed manifest says.
package main

import (
	"context"
	"embed"
	"os"
	"runtime/debug"

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

// docs are the documents whose sections explain prints, and the jobs that init writes: one text for those who browse and those who have
// only the program.
//
//go:embed docs/rules.md docs/terms.md docs/recipes/github docs/recipes/gitlab
var docs embed.FS

func main() { os.Exit(cli.Main(environment())) }

// environment is what commands need and the process does not tell them.
func environment() cli.Env {
	return cli.Env{
		Registry: services.Registry(), Connect: connector(), Version: version(),
		Regions: huaweicloud.Regions, Endpoints: services.Endpoints(), Docs: docs,
		Topic: huaweicloud.TopicCloud, Transport: huaweicloud.Transport,
	}
}

// version is what the build knows of itself.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// others are all services that agencyctl knows but IAM, which must know what agencies they make. This file is the only place that
// names them.
var (
	others   = huaweicloud.Services{csms.Service(), fabric.Service(), lakeformation.Service(), secmaster.Service()}
	services = append(huaweicloud.Services{iam.Service(others.Published())}, others...)
)

// connector opens the connections of one run. They share the guards of their credentials: a wrong key must not be
// tried once for each account.
func connector() cli.Connector {
	guards := new(huaweicloud.Guards)
	return func(ctx context.Context, target providers.Target) (*cli.Connection, error) {
		return connect(ctx, target, guards)
	}
}

// connect opens the connection of one account and the services behind it.
func connect(ctx context.Context, target providers.Target, guards *huaweicloud.Guards) (*cli.Connection, error) {
	connection, err := huaweicloud.Connect(ctx, target,
		huaweicloud.WithVersion(version()), huaweicloud.WithServices(services), huaweicloud.WithGuards(guards))
	if err != nil {
		return nil, err
	}
	return &cli.Connection{
		Remotes: services.Remotes(connection, huaweicloud.Lag{}), Close: connection.Close, WhoAmI: connection.WhoAmI,
		Publish: connection.Publish, Endpoints: connection.Endpoints(),
		Explainer: func(region string) providers.Explainer { return traces.New(connection, region) },
	}, nil
}
