package sdkjudge

import (
	"strings"
	"testing"

	golangsdk "github.com/opentelekomcloud/gophertelekomcloud"
	"github.com/opentelekomcloud/gophertelekomcloud/openstack"
	"github.com/opentelekomcloud/gophertelekomcloud/openstack/identity/v3/agency"
	"github.com/opentelekomcloud/gophertelekomcloud/openstack/identity/v3/projects"
	"github.com/opentelekomcloud/gophertelekomcloud/openstack/identity/v3/roles"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// newTelekom returns a simulated Open Telekom Cloud and the address of its identity service.
func newTelekom(t *testing.T) (sim *cloudsim.Server, url string) {
	t.Helper()
	sim, err := cloudsim.New(cloudsim.Options{Cloud: cloudsim.OpenTelekomCloud})
	require.NoError(t, err)
	base, stop, err := cloudsim.Start(t.Context(), sim, "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop()) })
	return sim, base + "/v3"
}

// telekomLogins are the ways in of the client, each in the scope of the account, which agencies need.
func telekomLogins(t *testing.T, sim *cloudsim.Server, url string) map[string]golangsdk.AuthOptionsProvider {
	t.Helper()
	password := golangsdk.AuthOptions{
		IdentityEndpoint: url, Username: cloudsim.DemoUser, Password: cloudsim.DemoUserPassword, DomainName: "example-co",
	}
	client, err := openstack.AuthenticatedClient(password)
	require.NoError(t, err)
	keys := golangsdk.AKSKAuthOptions{IdentityEndpoint: url, AccessKey: cloudsim.DemoAccessKey, SecretKey: cloudsim.DemoSecretKey}
	byName, byID := keys, keys
	byName.Domain, byID.DomainID = "example-co", sim.World().Home
	return map[string]golangsdk.AuthOptionsProvider{
		"keys and the account's name": byName,
		"keys and the account's id":   byID,
		"a password":                  password,
		"a token":                     golangsdk.AuthOptions{IdentityEndpoint: url, TokenID: client.TokenID},
	}
}

// identityClients returns the client's two versions of the identity service, found in the catalogue.
func identityClients(t *testing.T, login golangsdk.AuthOptionsProvider) (v3, v30 *golangsdk.ServiceClient) {
	t.Helper()
	provider, err := openstack.AuthenticatedClient(login)
	require.NoError(t, err)
	v3, err = openstack.NewIdentityV3(provider, golangsdk.EndpointOpts{Region: "eu-de"})
	require.NoError(t, err)
	other := *v3
	other.Endpoint = strings.Replace(v3.Endpoint, "v3/", "v3.0/", 1) // as the vendor's Terraform provider does
	return v3, &other
}

// The client of Open Telekom Cloud looks its services up in the catalogue, and lists agencies without naming the account.
func TestTelekomAgencies(t *testing.T) {
	sim, url := newTelekom(t)
	for name, login := range telekomLogins(t, sim, url) {
		t.Run(name, func(t *testing.T) {
			v3, v30 := identityClients(t, login)
			list := func(opts agency.ListOpts) (names []string) {
				t.Helper()
				pages, err := agency.List(v30, opts).AllPages()
				require.NoError(t, err)
				found, err := agency.ExtractAgencies(pages)
				require.NoError(t, err)
				for _, a := range found {
					names = append(names, a.Name)
				}
				return names
			}
			assert.ElementsMatch(t, []string{"cce_admin_trust", "legacy-import", "monitoring"}, list(agency.ListOpts{}))

			home := sim.World().Home
			made, err := agency.Create(v30, agency.CreateOpts{
				Name: "ops-backup", DomainID: home, DelegatedDomain: "partner-co", Description: "nightly",
			}).Extract()
			require.NoError(t, err)
			assert.Equal(t, []string{"ops-backup"}, list(agency.ListOpts{DomainID: home, Name: "ops-backup"}))
			_, err = agency.Update(v30, made.ID, agency.UpdateOpts{DelegatedDomain: "audit-partner", Description: "by day"}).Extract()
			require.NoError(t, err)
			shown, err := agency.Get(v30, made.ID).Extract()
			require.NoError(t, err)
			assert.Equal(t, "audit-partner", shown.DelegatedDomainName)
			assert.Equal(t, "by day", shown.Description)
			assert.Equal(t, "FOREVER", shown.Duration)

			role, project := telekomRole(t, v3, "OBS ReadOnlyAccess"), telekomProject(t, v3, "eu-de")
			require.NoError(t, agency.AttachRoleByDomain(v30, made.ID, home, role).ExtractErr())
			require.NoError(t, agency.AttachRoleByProject(v30, made.ID, project, role).ExtractErr())
			for _, held := range []agency.ListRolesResult{
				agency.ListRolesAttachedOnDomain(v30, made.ID, home), agency.ListRolesAttachedOnProject(v30, made.ID, project),
			} {
				granted, err := held.ExtractRoles()
				require.NoError(t, err)
				require.Len(t, granted, 1)
				assert.Equal(t, role, granted[0].ID)
			}
			require.NoError(t, agency.DetachRoleByDomain(v30, made.ID, home, role).ExtractErr())
			require.NoError(t, agency.DetachRoleByProject(v30, made.ID, project, role).ExtractErr())
			require.NoError(t, agency.Delete(v30, made.ID).ExtractErr())
			_, err = agency.Get(v30, made.ID).Extract()
			assert.ErrorAs(t, err, new(golangsdk.ErrDefault404))
		})
	}
}

func telekomRole(t *testing.T, v3 *golangsdk.ServiceClient, display string) string {
	t.Helper()
	pages, err := roles.List(v3, roles.ListOpts{}).AllPages()
	require.NoError(t, err)
	found, err := roles.ExtractRoles(pages)
	require.NoError(t, err)
	for _, r := range found {
		if r.Extra["display_name"] == display {
			return r.ID
		}
	}
	t.Fatalf("no role %q", display)
	return ""
}

func telekomProject(t *testing.T, v3 *golangsdk.ServiceClient, name string) string {
	t.Helper()
	pages, err := projects.List(v3, projects.ListOpts{Name: name}).AllPages()
	require.NoError(t, err)
	found, err := projects.ExtractProjects(pages)
	require.NoError(t, err)
	require.Len(t, found, 1)
	return found[0].ID
}
