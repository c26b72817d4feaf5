package secmaster_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/iam"
	"github.com/agencyctl/agencyctl/providers/secmaster"
)

var (
	shortLag = huaweicloud.Lag{Limit: 10 * time.Millisecond, Poll: time.Millisecond}
	besideIt = iam.Service(huaweicloud.Services{secmaster.Service()}.Published())
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func systemRole(display, kind string) cloudsim.Role {
	return cloudsim.Role{
		ID: cloudtest.ID(display), Name: strings.ToLower(strings.ReplaceAll(display, " ", "_")), DisplayName: display, Catalog: "BASE", Type: kind, Description: "what " + display + " allows",
		Policy: cloudsim.Policy{Version: "1.1", Statement: []cloudsim.Statement{{Effect: "Allow", Action: []string{strings.ToLower(display[:3]) + ":*:get"}}}},
	}
}

// smallWorld is an account with two regions and a subproject, some roles and no agency.
func smallWorld() cloudsim.World {
	return cloudsim.World{
		FormatVersion: cloudsim.WorldFormat, Cloud: cloudsim.HuaweiCloud, Home: cloudtest.ID("example-co"),
		Accounts: []cloudsim.Account{
			{ID: cloudtest.ID("example-co"), Name: "example-co", Projects: []cloudsim.Project{
				{ID: cloudtest.ID("cn-north-4"), Name: "cn-north-4"}, {ID: cloudtest.ID("cn-east-3"), Name: "cn-east-3"},
				{ID: cloudtest.ID("cn-north-4_prod"), Name: "cn-north-4_prod", Parent: cloudtest.ID("cn-north-4")},
			}},
			{ID: cloudtest.ID("partner-co"), Name: "partner-co"},
		},
		Roles: []cloudsim.Role{
			systemRole("RMS ReadOnlyAccess", "AX"), systemRole("OBS ReadOnlyAccess", "AX"), systemRole("ECS ReadOnlyAccess", "XA"), systemRole("VPC ReadOnlyAccess", "XA"),
			systemRole("Tenant Guest", "AA"),
		},
	}
}

// roleEntries are the roles of smallWorld as the identity service puts them into a catalogue.
func roleEntries() []plan.CatalogueEntry {
	var entries []plan.CatalogueEntry
	for _, r := range smallWorld().Roles {
		document, err := json.Marshal(r.Policy)
		if err != nil {
			panic(err) // a policy always marshals
		}
		entries = append(entries, plan.CatalogueEntry{
			Kind: "role", Name: r.DisplayName, ID: r.ID, Qualifier: "system", Type: r.Type, InternalName: r.Name, Document: document,
		})
	}
	return entries
}

// connectTo opens a connection to the cloud that handler plays.
func connectTo(t testing.TB, handler http.Handler) *huaweicloud.Connection {
	t.Helper()
	return cloudtest.Connect(t, handler, smallWorld())
}

// newRemote returns a Remote as a run of its own has it.
func newRemote(t testing.TB, conn *huaweicloud.Connection) *cloudtest.Session {
	t.Helper()
	return cloudtest.Open(t, conn, shortLag, secmaster.Service(), besideIt)
}

// stage is a simulated cloud and a Remote on it.
type stage struct {
	*cloudtest.Stage
	remote *cloudtest.Session
}

func newStage(t *testing.T, options cloudsim.Options) *stage {
	t.Helper()
	if len(options.Seed.Accounts) == 0 {
		options.Seed = smallWorld()
	}
	s := cloudtest.Start(t, options)
	return &stage{Stage: s, remote: newRemote(t, s.Conn)}
}

// resolved is what a manifest of one entry asks for.
func resolved(t testing.TB, m *plan.Manifest, more ...plan.CatalogueEntry) plan.Desired {
	t.Helper()
	desired, problems := secmaster.New().Expand(m)
	require.Empty(t, problems)
	resolution, problems := secmaster.New().Resolve(desired, m, plan.NewCatalogue(append(roleEntries(), more...)...))
	require.Empty(t, problems)
	require.Len(t, resolution.Desired, 1)
	return resolution.Desired[0]
}

// entryOf is a manifest of one entry with these roles.
func entryOf(t testing.TB, roles string, rest ...string) *plan.Manifest {
	return cloudtest.Manifest(t, `, "authorizations": [{"service": "secmaster", "roles": [`+roles+`]`+strings.Join(rest, "")+`}]`)
}

// readAll returns the body of a request, which can be read once more.
func readAll(t *testing.T, r *http.Request) []byte {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body
}
