package directory_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// TestAnOddGrantIsOfTheAgencyThatWasAskedFor reads a grant that is not as documented and does not show whose it is.
func TestAnOddGrantIsOfTheAgencyThatWasAskedFor(t *testing.T) {
	for form, of := range map[string]string{
		`{"agency":{},"role":{"id":"r1"},"scope":{"domain":{"id":"d"}}}`: "a1", `null`: "a1", `7`: "a1",
		`{"agency":{"id":"a2"},"scope":{"domain":{"id":"d"}}}`: "a2", // a server may ignore the filter
	} {
		t.Run(form, func(t *testing.T) {
			c := newCloud()
			c.on(bulkPath, say(`{"role_assignments":[`+form+`]}`))
			d := directory.New(c.client(t, huaweicloud.HuaweiCloud))
			grants, err := d.ReadGrants(t.Context(), directory.GrantsRequest{
				Scopes: []directory.Scope{directory.Domain}, Each: true,
				Agencies: func(context.Context) ([]directory.Agency, error) {
					return []directory.Agency{{ID: "a1", Name: "one"}}, nil
				},
			})
			require.NoError(t, err)
			require.Len(t, grants.Odd, 1)
			assert.Equal(t, of, grants.Odd[0].Of)
			all, err := d.ReadGrants(t.Context(), directory.GrantsRequest{Scopes: []directory.Scope{directory.Domain}})
			require.NoError(t, err)
			require.Len(t, all.Odd, 1)
			if of == "a1" {
				assert.Empty(t, all.Odd[0].Of, "nobody was asked for")
			}
		})
	}
}

// TestAnAgencyThatIsThereIsNotHidden reads a list that shows the agency, and another one without a name.
func TestAnAgencyThatIsThereIsNotHidden(t *testing.T) {
	c := newCloud()
	c.on(agenciesPath, say(`{"agencies":[{"id":"a9"},{"id":"1","name":"a"}]}`))
	client := c.client(t, huaweicloud.HuaweiCloud)
	agency, found, err := client.AgencyNamed(t.Context(), "a")
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, "1", agency.ID)
	_, err = directory.New(client).AgenciesFor(t.Context(), nil, "a")
	require.NoError(t, err)
	const told = "may be the one that is looked for: id a9: the agency with id a9 has no usable name; have it repaired, or leave it unread by cloud.notRead: [agency:id:a9]"
	_, _, err = client.AgencyNamed(t.Context(), "b")
	require.ErrorContains(t, err, told)
	_, err = directory.New(client).AgenciesFor(t.Context(), nil, "a", "b")
	require.ErrorContains(t, err, told)
	_, found, err = client.AgencyNamed(t.Context(), "b", "agency:id:a9")
	require.NoError(t, err)
	assert.False(t, found)
	_, err = directory.New(client).AgenciesFor(t.Context(), []string{"agency:id:a9"}, "a", "b")
	assert.NoError(t, err)
}
