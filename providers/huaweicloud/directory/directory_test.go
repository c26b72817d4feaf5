package directory_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

const agenciesPath = "/v3.0/OS-AGENCY/agencies"

func TestListAgencies(t *testing.T) {
	for name, test := range map[string]struct {
		kind        string
		answer      func(http.ResponseWriter, *http.Request)
		want, calls int
		fault       string
	}{
		"none":                         {answer: say(`{"agencies":[]}`), want: 0, calls: 1},
		"a short page ends it":         {answer: pages("agencies", things(499, nil), 0, ""), want: 499, calls: 1},
		"a full page needs one more":   {answer: pages("agencies", things(500, nil), 0, ""), want: 500, calls: 2},
		"three pages":                  {answer: pages("agencies", things(1001, nil), 0, ""), want: 1001, calls: 3},
		"pages ignored, more than 500": {answer: whole("agencies", things(700, nil)), want: 700, calls: 1},
		"the same page again":          {answer: whole("agencies", things(500, nil)), fault: "page 2 repeats earlier ones"},
		"one page after another, none new": {answer: func(w http.ResponseWriter, r *http.Request) {
			pages("agencies", append(things(500, nil), things(500, nil)...), 0, "")(w, r)
		}, fault: "page 2 repeats earlier ones"},
		"an agency that moved to the next page": {answer: pages("agencies", append(things(500, nil), things(1, nil)...), 0, ""), want: 500, calls: 2},
		"pages refused":                         {answer: unpagedOnly(whole("agencies", things(600, nil))), want: 600, calls: 2},
		"asked once where pages are no":         {kind: huaweicloud.OpenTelekomCloud, answer: unpagedOnly(whole("agencies", things(600, nil))), want: 600, calls: 1},
		"another answer":                        {answer: say(`{"status":"ok"}`), fault: "no list of agencies"},
		"cut off, and in pages then":            {kind: huaweicloud.OpenTelekomCloud, answer: cutOff("agencies", things(600, nil), 300, false), want: 600, calls: 3},
		"refused":                               {answer: refuse(http.StatusForbidden), fault: "access denied"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.kind == "" {
				test.kind = huaweicloud.HuaweiCloud
			}
			c := newCloud()
			c.on(agenciesPath, test.answer)
			got, err := c.client(t, test.kind).ListAgencies(t.Context())
			if test.fault != "" {
				require.ErrorContains(t, err, test.fault)
				assert.ErrorContains(t, err, "list agencies")
				return
			}
			require.NoError(t, err)
			assert.Len(t, got.All, test.want)
			assert.Empty(t, got.Odd)
			assert.Len(t, c.asked, test.calls)
		})
	}
}

func TestAnAgencyIsReadInFull(t *testing.T) {
	c := newCloud()
	c.on(agenciesPath, say(`{"agencies":[{"id":"5a1e","name":"backup-runner","domain_id":"d0","trust_domain_id":"e1","trust_domain_name":"partner-co",
		"description":null,"duration":"480","create_time":"2031-04-05T06:07:08.123456","expire_time":"2031-04-25T06:07:08.123456","agency_urn":"x"},
		{"id":"5a1f","name":"v5","duration":null,"expire_time":"whenever"}]}`))
	got, err := c.client(t, huaweicloud.HuaweiCloud).ListAgencies(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []directory.Agency{
		{
			ID: "5a1e", Name: "backup-runner", TrustID: "e1", TrustName: "partner-co", Lifetime: directory.Lifetime{Hours: 480},
			Expires: time.Date(2031, 4, 25, 6, 7, 8, 123456000, time.UTC),
		},
		{ID: "5a1f", Name: "v5", Lifetime: directory.Lifetime{Forever: true}, ExpiryUnknown: "whenever"},
	}, got.All)
}

func TestAgencyNamedBelievesNoFilter(t *testing.T) {
	c := newCloud()
	c.on(agenciesPath, say(`{"agencies":[{"id":"1","name":"ab"},{"id":"2","name":"a"}]}`))
	client := c.client(t, huaweicloud.HuaweiCloud)
	got, found, err := client.AgencyNamed(t.Context(), "a")
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, "2", got.ID)
	_, found, err = client.AgencyNamed(t.Context(), "b")
	require.NoError(t, err)
	assert.False(t, found)
	c.on(agenciesPath, refuse(http.StatusNotFound))
	_, _, err = client.AgencyNamed(t.Context(), "a")
	assert.ErrorIs(t, err, providers.ErrNotFound, "a list that is not there is no empty list")
}

func TestOwnAccount(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		want   directory.Account
		kind   error
	}{
		"found":        {`{"domains":[{"id":"` + domain + `","name":"example-co"}]}`, directory.Account{ID: domain, Name: "example-co"}, nil},
		"one of many":  {`{"domains":[{"id":"x","name":"y"},{"id":"` + domain + `","name":"example-co"}]}`, directory.Account{}, providers.ErrDenied},
		"not told":     {`{"domains":[]}`, directory.Account{}, providers.ErrDenied},
		"someone else": {`{"domains":[{"id":"x","name":"y"}]}`, directory.Account{}, providers.ErrConflict},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud()
			c.on("/v3/auth/domains", say(test.answer))
			got, err := c.client(t, huaweicloud.HuaweiCloud).OwnAccount(t.Context())
			require.ErrorIs(t, err, test.kind)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestListEnterpriseProjectsPagesByOffset(t *testing.T) {
	items := things(2001, nil)
	c := newCloud()
	c.on("/v1.0/enterprise-projects", func(w http.ResponseWriter, r *http.Request) {
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		_ = json.NewEncoder(w).Encode(map[string]any{"enterprise_projects": items[offset:min(offset+1000, len(items))], "total_count": len(items)})
	})
	got, err := c.client(t, huaweicloud.HuaweiCloud).ListEnterpriseProjects(t.Context())
	require.NoError(t, err)
	assert.Len(t, got.All, 2001)
	assert.Len(t, c.asked, 3)
}

func TestListEnterpriseProjectsRefusesAServerThatIgnoresTheOffset(t *testing.T) {
	for name, total := range map[string]string{"with a total": `,"total_count":1500`, "without": ""} {
		t.Run(name, func(t *testing.T) {
			items, err := json.Marshal(things(1000, nil))
			require.NoError(t, err)
			c := newCloud()
			c.on("/v1.0/enterprise-projects", say(`{"enterprise_projects":`+string(items)+total+`}`))
			_, err = c.client(t, huaweicloud.HuaweiCloud).ListEnterpriseProjects(t.Context())
			require.Error(t, err)
			assert.Len(t, c.asked, 2)
		})
	}
}

// lists are all reads of a list, by the path and the key of their answers.
var lists = map[string]struct {
	path, key string
	// read returns how many elements are as documented, and how many are not.
	read func(context.Context, *directory.Client) (int, int, error)
}{
	"agencies": {agenciesPath, "agencies", func(ctx context.Context, c *directory.Client) (int, int, error) {
		all, err := c.ListAgencies(ctx)
		return len(all.All), len(all.Odd), err
	}},
	"system roles": {"/v3/roles", "roles", func(ctx context.Context, c *directory.Client) (int, int, error) {
		all, err := c.ListSystemRoles(ctx)
		return len(all.All), len(all.Odd), err
	}},
	"custom policies": {"/v3.0/OS-ROLE/roles", "roles", func(ctx context.Context, c *directory.Client) (int, int, error) {
		all, err := c.ListCustomPolicies(ctx)
		return len(all.All), len(all.Odd), err
	}},
	"projects": {"/v3/projects", "projects", func(ctx context.Context, c *directory.Client) (int, int, error) {
		all, err := c.ListProjects(ctx)
		return len(all.All), len(all.Odd), err
	}},
	"enterprise projects": {"/v1.0/enterprise-projects", "enterprise_projects", func(ctx context.Context, c *directory.Client) (int, int, error) {
		all, err := c.ListEnterpriseProjects(ctx)
		return len(all.All), len(all.Odd), err
	}},
	"grants": {bulkPath, "role_assignments", func(ctx context.Context, c *directory.Client) (int, int, error) {
		all, err := c.Assignments(ctx, directory.Domain, "")
		return len(all.All), len(all.Odd), err
	}},
	"grants of an agency": {"/v3.0/OS-AGENCY/domains/" + domain + "/agencies/a1/roles", "roles", func(ctx context.Context, c *directory.Client) (int, int, error) {
		all, err := c.ListGrants(ctx, "a1", directory.Domain, "")
		return len(all.All), len(all.Odd), err
	}},
	"quotas": {"/v3.0/OS-QUOTA/domains/" + domain, "resources", func(ctx context.Context, c *directory.Client) (int, int, error) {
		all, err := c.ListQuotas(ctx, "")
		return len(all), 0, err
	}},
}

func TestOnlyAnEmptyListIsNothing(t *testing.T) {
	for what, list := range lists {
		wrap := func(members string) string {
			if what == "quotas" {
				return `{"quotas":{` + members + `}}`
			}
			return "{" + members + "}"
		}
		empty := wrap(`"` + list.key + `":[]`)
		beside := func(members string) string { return strings.TrimSuffix(empty, "}") + "," + members + "}" }
		for name, body := range map[string]string{
			"missing": wrap(`"other":[]`), "null": wrap(`"` + list.key + `":null`), "an object": wrap(`"` + list.key + `":{}`),
			"a text": wrap(`"` + list.key + `":"none"`), "a number": wrap(`"` + list.key + `":0`), "a map by id": wrap(`"` + list.key + `":{"a":{"id":"a"}}`),
			"nothing at all": ``, "an array": `[]`, "null alone": `null`,
			"an error beside":            beside(`"error":{"code":404,"message":"gone"}`),
			"an error as text":           beside(`"error":"gone"`),
			"a code beside":              beside(`"error_code":"IAM.0004","error_msg":"gone"`),
			"a code as number":           beside(`"error_code":404,"error_msg":null`),
			"a message alone":            beside(`"error_msg":"gone"`),
			"code and message":           beside(`"code":"SYS.0404","message":"gone"`),
			"an error id":                beside(`"error_id":"CS.24002","error_cause":"gone"`),
			"an error instead":           `{"error":{"code":404,"message":"gone"}}`,
			"a code instead":             `{"error_code":"APIGW.0101","error_msg":"gone"}`,
			"an error that is not first": beside(`"links":{},"errors":["gone"]`),
		} {
			t.Run(what+", "+name, func(t *testing.T) {
				c := newCloud()
				c.on(list.path, say(body))
				_, _, err := list.read(t.Context(), c.client(t, huaweicloud.HuaweiCloud))
				require.Error(t, err)
				require.NotErrorIs(t, err, providers.ErrNotFound)
				assert.False(t, huaweicloud.IsNotOffered(err))
				assert.Len(t, c.asked, 1)
			})
		}
		for name, body := range map[string]string{
			"empty": empty, "no error": beside(`"error":null,"error_code":"","error_msg":null,"errors":[]`),
			"a code of success": beside(`"code":"200","message":"OK"`), "zero": beside(`"error_code":0,"error_msg":""`),
		} {
			t.Run(what+", "+name, func(t *testing.T) {
				c := newCloud()
				c.on(list.path, say(body))
				n, odd, err := list.read(t.Context(), c.client(t, huaweicloud.HuaweiCloud))
				require.NoError(t, err)
				assert.Zero(t, n)
				assert.Zero(t, odd)
			})
		}
	}
}

// TestOneOddElementHidesNoOther puts an element of every odd form among good ones, at every place: the others are read as without it, and
// it is told.
func TestOneOddElementHidesNoOther(t *testing.T) {
	good := map[string]func(i int) string{
		"grants": func(i int) string {
			return fmt.Sprintf(`{"agency":{"id":"a%d"},"role":{"id":"r"},"scope":{"domain":{"id":"d"}},"is_inherited":false}`, i)
		},
		"": func(i int) string { return fmt.Sprintf(`{"id":"g%d","name":"good%d"}`, i, i) },
	}
	forms := map[string][]string{
		"grants": {
			`null`, `7`, `"text"`, `[]`, `{"agency":{"id":"a9"},"scope":{"domain":{"id":"d"}}}`, `{"agency":{"id":"a9"},"role":{"id":"r"},"scope":{}}`,
			`{"agency":{"id":"a9"},"role":{"id":"r"},"scope":"domain"}`, `{"agency":{"id":null},"role":{"id":"r"},"scope":{"domain":{"id":"d"}}}`,
			`{"agency":{"id":7},"role":{"id":"r"},"scope":{"domain":{"id":"d"}}}`, `{"agency":{"id":"a9"},"role":{"id":"r/x"},"scope":{"domain":{"id":"d"}}}`,
			`{"agency":"a9","role":{"id":"r"},"scope":{"domain":{"id":"d"}}}`, `{"agency":{"id":"a9"},"role":{"id":"r"},"scope":{"project":{}}}`,
		},
		"grants of an agency": {`null`, `7`, `[]`, `{}`, `{"id":null}`, `{"id":7}`, `{"id":"r/x"}`},
		"system roles":        {`null`, `7`, `[]`, `{}`, `{"id":null,"name":"x"}`, `{"id":7,"name":"x"}`, `{"id":"x","name":7}`, `{"id":"x","name":"x","type":[]}`},
		"":                    {`null`, `7`, `[]`, `{}`, `{"id":null,"name":"x"}`, `{"id":7,"name":"x"}`, `{"id":"x"}`, `{"id":"x","name":7}`, `{"id":"../x","name":"x"}`},
	}
	forms["custom policies"] = forms["system roles"]
	pick := func(m map[string][]string, what string) []string {
		if own, has := m[what]; has {
			return own
		}
		return m[""]
	}
	for what, list := range lists {
		if what == "quotas" {
			continue // what is not told of a quota is not told
		}
		for _, form := range pick(forms, what) {
			for place := range 3 {
				t.Run(fmt.Sprintf("%s, %s at %d", what, form, place), func(t *testing.T) {
					element := good[what]
					if element == nil {
						element = good[""]
					}
					elements := []string{element(0), element(1)}
					elements = append(elements[:min(place, 2)], append([]string{form}, elements[min(place, 2):]...)...)
					c := newCloud()
					c.on(list.path, say(`{"`+list.key+`":[`+strings.Join(elements, ",")+`]}`))
					n, odd, err := list.read(t.Context(), c.client(t, huaweicloud.HuaweiCloud))
					require.NoError(t, err)
					assert.Equal(t, []int{2, 1}, []int{n, odd})
				})
			}
		}
	}
}

func TestAnOddAgencyIsNotAbsent(t *testing.T) {
	for form, hides := range map[string]bool{
		`{"id":"1","name":"a","trust_domain_name":7}`: true, `{"id":"1"}`: true, `{"id":null,"name":"a"}`: true, `{"id":7,"name":"b"}`: false,
	} {
		t.Run(form, func(t *testing.T) {
			c := newCloud()
			c.on(agenciesPath, say(`{"agencies":[`+form+`]}`))
			client := c.client(t, huaweicloud.HuaweiCloud)
			_, found, err := client.AgencyNamed(t.Context(), "a")
			assert.False(t, found)
			_, other := directory.New(client).AgenciesFor(t.Context(), nil, "a")
			if hides {
				assert.ErrorContains(t, err, "may be the one that is looked for")
				assert.ErrorContains(t, other, "may be the one that is looked for")
				return
			}
			assert.NoError(t, err)
			assert.NoError(t, other)
		})
	}
}

func TestADirectoryFetchesEachListOnce(t *testing.T) {
	c := newCloud()
	c.on(agenciesPath, say(`{"agencies":[]}`))
	d := directory.New(c.client(t, huaweicloud.HuaweiCloud))
	read := func(ctx context.Context) error { _, err := d.Agencies(ctx); return err }
	require.NoError(t, directory.Together(t.Context(), read, read, read))
	assert.Len(t, c.asked, 1)
	c.on("/v3/projects", refuse(http.StatusForbidden))
	_, err := d.Projects(t.Context())
	require.Error(t, err)
	c.on("/v3/projects", say(`{"projects":[]}`))
	_, err = d.Projects(t.Context())
	assert.NoError(t, err, "a failure is not kept")
}
