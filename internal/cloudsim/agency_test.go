package cloudsim_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

func TestDurationUnits(t *testing.T) {
	for name, test := range map[string]struct {
		sent           string // the JSON value; "" leaves the key out
		written, shown any
		expires        any
	}{
		"absent":         {"", nil, "FOREVER", nil},
		"null":           {"null", nil, "FOREVER", nil},
		"forever":        {`"FOREVER"`, nil, "FOREVER", nil},
		"one day":        {`"ONEDAY"`, "24", "24", "2031-04-06T06:07:08.123456"},
		"days as text":   {`"20"`, "480", "480", "2031-04-25T06:07:08.123456"},
		"days as number": {"20", "480", "480", "2031-04-25T06:07:08.123456"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{})
			body := `{"agency":{"name":"a","domain_id":"` + s.home + `","trust_domain_name":"partner-co"`
			if test.sent != "" {
				body += `,"duration":` + test.sent
			}
			made := s.call(http.MethodPost, agenciesPath, body+"}}").object("agency")
			assert.Equal(t, test.written, made["duration"])
			assert.ElementsMatch(t, strings.Fields("id name domain_id trust_domain_id description duration create_time expire_time"),
				slices.Collect(maps.Keys(made)), "exactly these keys")
			assert.Equal(t, test.expires, made["expire_time"])
			shown := s.call(http.MethodGet, agenciesPath+"/"+made["id"].(string), "").object("agency")
			assert.Equal(t, test.shown, shown["duration"])
			assert.Equal(t, test.expires, shown["expire_time"])
			assert.Equal(t, "partner-co", shown["trust_domain_name"])
			assert.Equal(t, "2031-04-05T06:07:08.123456", shown["create_time"])
			assert.Equal(t, "", shown["description"])
		})
	}
}

func TestDurationSwitches(t *testing.T) {
	const oneDay, forever = `,"duration":"ONEDAY"`, ``
	for name, test := range map[string]struct {
		switches cloudsim.Switches
		duration string
		want     map[string]any // keys of show; a missing value means an absent key
		written  any
	}{
		"forever as null":        {cloudsim.Switches{ForeverAsNull: true}, forever, map[string]any{"duration": nil, "expire_time": nil}, nil},
		"one day as text":        {cloudsim.Switches{OneDayText: true}, oneDay, map[string]any{"duration": "ONEDAY"}, "ONEDAY"},
		"a number":               {cloudsim.Switches{DurationNumber: true}, oneDay, map[string]any{"duration": 24.0}, 24.0},
		"times with zone":        {cloudsim.Switches{TimesWithZone: true}, oneDay, map[string]any{"expire_time": "2031-04-06T06:07:08.123456Z"}, "24"},
		"null description":       {cloudsim.Switches{NullDescription: true}, forever, map[string]any{"description": nil}, nil},
		"an agency's own URN":    {cloudsim.Switches{AgencyURN: true}, forever, map[string]any{"agency_urn": "iam::2719da9d5534077d603e20e27d08bf71:agency:a"}, nil},
		"hours that count down":  {cloudsim.Switches{DurationCountsDown: true}, oneDay, map[string]any{"duration": "14"}, "24"},
		"no switch counts never": {cloudsim.Switches{}, oneDay, map[string]any{"duration": "24"}, "24"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{Switches: test.switches})
			made := s.call(http.MethodPost, agenciesPath, `{"agency":{"name":"a","domain_id":"`+s.home+`","trust_domain_name":"partner-co"`+test.duration+`}}`).object("agency")
			assert.Equal(t, test.written, made["duration"])
			s.clock.move(10 * time.Hour)
			shown := s.call(http.MethodGet, agenciesPath+"/"+made["id"].(string), "").object("agency")
			for key, want := range test.want {
				require.Contains(t, shown, key)
				assert.Equal(t, want, shown[key], key)
			}
		})
	}
	s := newStage(t, cloudsim.Options{Switches: cloudsim.Switches{OmitNullExpireTime: true, TrustNameInAnswers: true}})
	made := s.call(http.MethodPost, agenciesPath, `{"agency":{"name":"a","domain_id":"`+s.home+`","trust_domain_name":"partner-co"}}`).object("agency")
	assert.NotContains(t, made, "expire_time")
	assert.Equal(t, "partner-co", made["trust_domain_name"])
}

func TestRefusedAgencies(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	valid := `"name":"new","domain_id":"` + s.home + `","trust_domain_name":"partner-co"`
	for name, test := range map[string]struct {
		body, message string
		status        int
	}{
		"no JSON":                     {`{`, "the body is not a JSON object", 400},
		"an array":                    {`[]`, "the body is not a JSON object", 400},
		"nothing":                     {``, "the body is not a JSON object", 400},
		"no agency":                   {`{}`, "'agency' is a required property", 400},
		"no name":                     {`{"agency":{}}`, "'name' is a required property", 400},
		"a key in the wrong case":     {`{"agency":{"Name":"new"}}`, "'name' is a required property", 400},
		"a name that is a number":     {`{"agency":{"name":7}}`, "'name' is not a string", 400},
		"a name too long":             {`{"agency":{"name":"` + strings.Repeat("n", 65) + `"}}`, "'name' is longer than 64 characters", 400},
		"a name with a line break":    {`{"agency":{"name":"a\nb"}}`, "'name' holds characters that cannot be printed", 400},
		"no domain":                   {`{"agency":{"name":"new"}}`, "'domain_id' is a required property", 400},
		"a foreign domain":            {`{"agency":{"name":"new","domain_id":"x"}}`, "You are not allowed to call CreateAgency", 403},
		"no trust":                    {`{"agency":{"name":"new","domain_id":"` + s.home + `"}}`, "one of 'trust_domain_id' and 'trust_domain_name' is a required property", 400},
		"an unknown account":          {`{"agency":{"name":"new","domain_id":"` + s.home + `","trust_domain_name":"nobody"}}`, "Could not find domain: nobody", 404},
		"an unknown account's id":     {`{"agency":{"name":"new","domain_id":"` + s.home + `","trust_domain_id":"77"}}`, "Could not find domain: 77", 404},
		"a description too long":      {`{"agency":{` + valid + `,"description":"` + strings.Repeat("d", 256) + `"}}`, "'description' is longer than 255 characters", 400},
		"no days":                     {`{"agency":{` + valid + `,"duration":0}}`, "'duration' is neither FOREVER, ONEDAY nor a number of days", 400},
		"half a day":                  {`{"agency":{` + valid + `,"duration":0.5}}`, "'duration' is neither FOREVER, ONEDAY nor a number of days", 400},
		"a duration that is a list":   {`{"agency":{` + valid + `,"duration":[1]}}`, "'duration' is neither FOREVER, ONEDAY nor a number of days", 400},
		"a name that is taken, there": {`{"agency":{"name":"legacy-import","domain_id":"` + s.home + `","trust_domain_name":"partner-co"}}`, "Conflict occurred attempting to store agency - Duplicate entry: legacy-import", 409},
	} {
		t.Run(name, func(t *testing.T) {
			before := s.sim.World()
			r := s.call(http.MethodPost, agenciesPath, test.body)
			assert.Equal(t, test.status, r.status, r.text)
			assert.Equal(t, test.message, r.message())
			assert.Equal(t, before, s.sim.World())
		})
	}
	r := s.call(http.MethodPost, agenciesPath, `{"agency":{"name":"legacy-import","domain_id":"`+s.home+`","trust_domain_name":"partner-co"}}`)
	assert.JSONEq(t, `{"error":{"code":409,"error_code":null,"error_msg":null,"title":"Conflict",
		"message":"Conflict occurred attempting to store agency - Duplicate entry: legacy-import"}}`, r.text)
	r = s.call(http.MethodGet, agenciesPath+"/77", "")
	assert.JSONEq(t, `{"error":{"message":"Could not find agency: 77","code":404,"title":"Not Found"}}`, r.text)
}

func TestTrust(t *testing.T) {
	partner, audit := `"trust_domain_name":"partner-co"`, `"trust_domain_id":"58bb150d1977bc14e7287d5d696a88cc"`
	both := cloudsim.Switches{RequireBothTrustFields: true}
	for name, test := range map[string]struct {
		options cloudsim.Options
		fields  string
		status  int
		trusted string
	}{
		"a name":                         {cloudsim.Options{}, partner, 201, "partner-co"},
		"an id":                          {cloudsim.Options{}, audit, 201, "audit-partner"},
		"the name wins":                  {cloudsim.Options{}, partner + "," + audit, 201, "partner-co"},
		"a service of functions":         {cloudsim.Options{}, `"trust_domain_name":"op_svc_cff"`, 201, "op_svc_cff"},
		"a service of search":            {cloudsim.Options{}, `"trust_domain_name":"op_svc_usearch"`, 201, "op_svc_usearch"},
		"a service":                      {cloudsim.Options{}, `"trust_domain_name":"op_svc_obs"`, 201, "op_svc_obs"},
		"an unknown name with a good id": {cloudsim.Options{}, `"trust_domain_name":"nobody",` + audit, 404, ""},
		"OTC takes a name":               {cloudsim.Options{Cloud: cloudsim.OpenTelekomCloud}, partner, 201, "partner-co"},
		"OTC may demand both":            {cloudsim.Options{Cloud: cloudsim.OpenTelekomCloud, Switches: both}, partner, 400, ""},
		"OTC has both":                   {cloudsim.Options{Cloud: cloudsim.OpenTelekomCloud, Switches: both}, partner + "," + audit, 201, "partner-co"},
		"Huawei Cloud demands both under nothing": {cloudsim.Options{Switches: both}, partner, 201, "partner-co"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, test.options)
			r := s.call(http.MethodPost, agenciesPath, `{"agency":{"name":"a","domain_id":"`+s.home+`",`+test.fields+`}}`)
			require.Equal(t, test.status, r.status, r.text)
			if test.trusted != "" {
				assert.Equal(t, test.trusted, s.call(http.MethodGet, agenciesPath+"/"+r.object("agency")["id"].(string), "").object("agency")["trust_domain_name"])
			}
		})
	}
}

func TestAgencyList(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	list := func(query string) result { return s.call(http.MethodGet, agenciesPath+"?domain_id="+s.home+query, "") }
	assert.ElementsMatch(t, []string{"cce_admin_trust", "legacy-import", "monitoring"}, names(list("").list("agencies")))
	assert.Equal(t, []string{"legacy-import"}, names(list("&name=legacy-import").list("agencies")))
	assert.JSONEq(t, `{"agencies":[]}`, list("&name=legacy").text, "the name is exact")
	assert.Equal(t, []string{"legacy-import"}, names(list("&trust_domain_id=49d9e9843b09e181a77dd445119e3010").list("agencies")))
	paged := append(names(list("&page=1&per_page=2").list("agencies")), names(list("&page=2&per_page=2").list("agencies"))...)
	assert.ElementsMatch(t, []string{"cce_admin_trust", "legacy-import", "monitoring"}, paged)
	assert.Empty(t, list("&page=3&per_page=2").list("agencies"))
	assert.Empty(t, list("&page=1073741824&per_page=500").list("agencies"))
	for _, bad := range []string{"&page=1", "&per_page=1", "&page=0&per_page=1", "&page=1&per_page=501", "&page=x&per_page=1", "&page=1&per_page=99999999999999999999"} {
		assert.Equal(t, 400, list(bad).status, bad)
	}
	assert.Equal(t, 403, s.call(http.MethodGet, agenciesPath+"?domain_id=other", "").status)
	assert.Equal(t, 200, s.call(http.MethodGet, agenciesPath, "").status, "Huawei Cloud lets the domain be left out")

	otc := newStage(t, cloudsim.Options{Cloud: cloudsim.OpenTelekomCloud})
	assert.Len(t, otc.call(http.MethodGet, agenciesPath+"?domain_id="+otc.home+"&page=2&per_page=2", "").list("agencies"), 3, "OTC has no paging")
	assert.Len(t, otc.call(http.MethodGet, agenciesPath, "").list("agencies"), 3, "its own client leaves the domain out")
	assert.Equal(t, "You are not allowed to perform the action identity:list_agencies", otc.call(http.MethodGet, agenciesPath+"?domain_id=other", "").message())
	s = newStage(t, cloudsim.Options{Switches: cloudsim.Switches{IgnoreAgencyPaging: true}})
	assert.Len(t, list("&page=2&per_page=2").list("agencies"), 3)
	s = newStage(t, cloudsim.Options{Switches: cloudsim.Switches{AcceptHalfPaging: true}})
	assert.Len(t, list("&per_page=2").list("agencies"), 2)
}

func TestAgencyUpdate(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	id := s.create("ops")
	path := agenciesPath + "/" + id
	put := func(fields string) result { return s.call(http.MethodPut, path, `{"agency":{`+fields+`}}`) }
	show := func() map[string]any { return s.call(http.MethodGet, path, "").object("agency") }

	require.Equal(t, 200, put(`"description":"nightly","duration":2,"delegated_domain":"x"`).status)
	s.clock.move(time.Hour)
	require.Equal(t, 200, put(`"trust_domain_name":"audit-partner"`).status)
	assert.Equal(t, "nightly", show()["description"], "what is left out stays")
	assert.Equal(t, "48", show()["duration"])
	assert.Equal(t, "2031-04-07T06:07:08.123456", show()["expire_time"], "the clock did not start again")
	assert.Equal(t, "audit-partner", show()["trust_domain_name"])
	require.Equal(t, 200, put(`"duration":"2"`).status)
	assert.Equal(t, "2031-04-07T07:07:08.123456", show()["expire_time"], "sending the duration starts it again")
	answer := put(`"description":""`)
	assert.Equal(t, "48", answer.object("agency")["duration"])
	assert.NotContains(t, answer.object("agency"), "trust_domain_name")
	assert.Equal(t, "", show()["description"])
	require.Equal(t, 200, put(`"duration":null,"name":"other"`).status)
	assert.Equal(t, "FOREVER", show()["duration"])
	assert.Equal(t, "ops", show()["name"], "a name cannot be changed")

	before := s.sim.World()
	assert.Equal(t, 400, put(``).status)
	assert.Equal(t, 400, put(`"delegated_domain":"x"`).status, "nothing that is known")
	assert.Equal(t, "TrustDomainNotFound", put(`"trust_domain_name":"nobody"`).message())
	assert.Equal(t, 404, s.call(http.MethodPut, agenciesPath+"/77", `{"agency":{"description":"x"}}`).status)
	assert.Equal(t, before, s.sim.World())

	s = newStage(t, cloudsim.Options{Switches: cloudsim.Switches{KeepExpiry: true, AcceptEmptyUpdate: true, RefuseDescriptionCharacters: true}})
	path = agenciesPath + "/" + s.create("ops")
	s.clock.move(time.Hour)
	require.Equal(t, 200, put(`"duration":1`).status)
	assert.Equal(t, "2031-04-06T06:07:08.123456", show()["expire_time"])
	assert.Equal(t, 200, put(``).status)
	assert.Equal(t, 400, put(`"description":"a & b"`).status)
}

func TestAgencyDeleteTakesItsGrants(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	id, role := s.create("ops"), s.role("OBS ReadOnlyAccess")
	require.Equal(t, 204, s.call(http.MethodPut, s.domainGrants(id)+"/"+role, "").status)
	require.Equal(t, 204, s.call(http.MethodPut, s.projectGrants(s.project("cn-north-4"), id)+"/"+role, "").status)
	r := s.call(http.MethodDelete, agenciesPath+"/"+id, "")
	assert.Equal(t, 204, r.status)
	assert.Empty(t, r.text)
	assert.Empty(t, s.call(http.MethodGet, assignmentsPath+"?domain_id="+s.home+"&subject.agency_id="+id, "").list("role_assignments"))
	assert.Equal(t, 404, s.call(http.MethodDelete, agenciesPath+"/"+id, "").status)
	assert.NotEqual(t, id, s.create("ops"), "the same name again is another agency")
}

func TestQuota(t *testing.T) {
	for name, test := range map[string]struct {
		switches cloudsim.Switches
		status   int
	}{"denied": {cloudsim.Switches{}, 403}, "bad input": {cloudsim.Switches{QuotaStatus400: true}, 400}} {
		t.Run(name, func(t *testing.T) {
			w := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
			w.AccountNamed("").Quotas = map[string]int{"agency": 4}
			s := newStage(t, cloudsim.Options{Seed: w, Switches: test.switches})
			s.create("fourth")
			r := s.call(http.MethodPost, agenciesPath, `{"agency":{"name":"fifth","domain_id":"`+s.home+`","trust_domain_name":"partner-co"}}`)
			assert.Equal(t, test.status, r.status)
			r = s.call(http.MethodGet, "/v3.0/OS-QUOTA/domains/"+s.home+"?type=agency", "")
			assert.JSONEq(t, `{"quotas":{"resources":[{"type":"agency","max":5000,"min":10,"quota":4,"used":4}]}}`, r.text)
		})
	}
	count := func(cloud string) int {
		s := newStage(t, cloudsim.Options{Cloud: cloud})
		assert.Equal(t, 400, s.call(http.MethodGet, "/v3.0/OS-QUOTA/domains/"+s.home+"?type=what", "").status)
		assert.Equal(t, 403, s.call(http.MethodGet, "/v3.0/OS-QUOTA/domains/other", "").status)
		resources := s.call(http.MethodGet, "/v3.0/OS-QUOTA/domains/"+s.home, "").object("quotas")["resources"]
		return len(resources.([]any))
	}
	assert.Equal(t, "10 5", fmt.Sprint(count(cloudsim.HuaweiCloud), count(cloudsim.OpenTelekomCloud)))
}

func TestContentType(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	tolerant := newStage(t, cloudsim.Options{Switches: cloudsim.Switches{AnyContentType: true}})
	body := func(name string) string {
		return `{"agency":{"name":"` + name + `","domain_id":"` + s.home + `","trust_domain_name":"partner-co"}}`
	}
	for contentType, status := range map[string]int{
		"application/json;charset=utf8": 201, "application/json": 201, "application/json; charset=UTF-8": 201, "Application/JSON": 201,
		"": 400, "text/plain": 400, "application/x-www-form-urlencoded": 400, "application/json;charset=latin1": 400, "application/json-patch+json": 400,
	} {
		r := s.call(http.MethodPost, agenciesPath, body("a "+contentType), "Content-Type", contentType)
		assert.Equal(t, status, r.status, "%q: %s", contentType, r.text)
		assert.Equal(t, 201, tolerant.call(http.MethodPost, agenciesPath, body("a "+contentType), "Content-Type", contentType).status)
	}
	assert.Equal(t, 200, s.call(http.MethodGet, agenciesPath, "", "Content-Type", "text/plain").status, "without a body it does not matter")
	refused := s.in(north, http.MethodPost, fabricPath, `{}`)
	assert.Equal(t, 200, refused.status, refused.text)
	refused = s.call(http.MethodPost, fabricPath, `{}`, "X-Project-Id", s.project(north), "Content-Type", "text/plain")
	assert.Equal(t, "common.01000001", refused.body["error_code"], "the services are as strict, in their own words")
}
