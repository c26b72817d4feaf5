package traces_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// who returns who made a difference, for these traces; "" for not known.
func who(t *testing.T, became providers.Became, a addr.Address, all ...object) (what string, fits int) {
	t.Helper()
	r := &record{pages: []string{page(nil, all...)}}
	found, inquiry := r.ask(t, "", providers.Difference{Address: a, Became: became})
	require.Empty(t, inquiry.Problem)
	if found[0] == nil {
		return "", 0
	}
	return found[0].RequestID, found[0].Fits
}

const batch = `{"role_assignments":[{"agency_id":"` + otherAgent + `","role_id":"` + otherRole + `"},{"agency_id":"` + agencyID +
	`","enterprise_project_id":"0","role_id":"` + roleID + `"}]}`

// What a trace is about can stand in any of its fields, whole or cut off.
func TestOneTraceAgainstOneDifference(t *testing.T) {
	none := object{"resource_id": "", "resource_name": ""}
	with := func(more object) object {
		all := object{}
		for _, o := range []object{none, more} {
			for key, value := range o {
				all[key] = value
			}
		}
		return trace(all)
	}
	grant, agencies := "assignRoleToAgencyOnDomain", "/v3.0/OS-AGENCY/domains/d0a1/agencies/"
	for name, c := range map[string]struct {
		became  providers.Became
		address addr.Address
		trace   object
		fits    bool
	}{
		"an agency by id":                     {providers.Altered, agency, trace(nil), true},
		"by name":                             {providers.Altered, agency, with(object{"resource_name": "ops-backup"}), true},
		"by a part of its name":               {providers.Altered, agency, with(object{"resource_name": "ops-backup-2"}), false},
		"by the request":                      {providers.Altered, agency, with(object{"request": `{"agency":{"name":"ops-backup"}}`}), true},
		"by a request in a text":              {providers.Altered, agency, with(object{"request": `"{\"name\":\"ops-backup\"}"`}), true},
		"by a request that is an object":      {providers.Altered, agency, with(object{"request": object{"agency_id": agencyID}}), true},
		"by a request that is cut off":        {providers.Altered, agency, with(object{"request": `{"agency":{"name":"ops-backup","desc`}), true},
		"by the response":                     {providers.Altered, agency, with(object{"response": `{"agency":{"id":"` + agencyID + `"}}`}), true},
		"by the path":                         {providers.Altered, agency, with(object{"resource_url": "/v3.0/OS-AGENCY/agencies/" + agencyID}), true},
		"the name of whom it trusts":          {providers.Altered, agency, with(object{"request": `{"trust_domain_name":"ops-backup"}`}), false},
		"the name as a description":           {providers.Altered, agency, with(object{"request": `{"description":"ops-backup"}`}), false},
		"another agency":                      {providers.Altered, agency, with(object{"resource_id": otherAgent}), false},
		"an id with more behind it":           {providers.Altered, agency, with(object{"resource_id": agencyID + "0"}), false},
		"an update makes nothing appear":      {providers.Appeared, agency, trace(nil), false},
		"a create does":                       {providers.Appeared, agency, trace(object{"trace_name": "createAgency"}), true},
		"a create of v5 too":                  {providers.Appeared, agency, trace(object{"trace_name": "createAgencyV5"}), true},
		"a create is noticed":                 {providers.Noticed, agency, trace(object{"trace_name": "createAgency"}), true},
		"an update too":                       {providers.Noticed, agency, trace(nil), true},
		"a create alters nothing":             {providers.Altered, agency, trace(object{"trace_name": "createAgency"}), false},
		"an operation of a new name may":      {providers.Altered, agency, trace(object{"trace_name": "renovateAgency"}), true},
		"a delete makes it vanish":            {providers.Vanished, agency, trace(object{"trace_name": "deleteAgency"}), true},
		"a grant alters no agency":            {providers.Altered, agency, grantTrace(nil), false},
		"nor does one of a new name":          {providers.Altered, agency, grantTrace(object{"trace_name": "roleAgencyInherited"}), false},
		"a group of its name":                 {providers.Altered, agency, with(object{"trace_name": "updateGroup", "resource_type": "group", "resource_name": "ops-backup"}), false},
		"in the words of another edition":     {providers.Altered, agency, with(object{"trace_name": "updateUserGroup", "resource_type": "userGroup", "resource_name": "ops-backup"}), false},
		"a user of its name":                  {providers.Altered, agency, with(object{"trace_name": "updateUser", "resource_type": "user", "resource_name": "ops-backup"}), false},
		"a policy of its name":                {providers.Altered, agency, with(object{"trace_name": "updateCustomPolicy", "resource_type": "policy", "resource_name": "ops-backup"}), false},
		"that policy as a role":               {providers.Altered, agency, with(object{"trace_name": "updateRole", "resource_type": "role", "resource_name": "ops-backup"}), false},
		"a group of its name that goes":       {providers.Vanished, agency, with(object{"trace_name": "deleteGroup", "resource_type": "group", "resource_name": "ops-backup"}), false},
		"which takes no grant":                {providers.Vanished, inDomain, with(object{"trace_name": "deleteGroup", "resource_type": "group", "resource_name": "ops-backup"}), false},
		"nor does a policy of its name":       {providers.Vanished, inDomain, with(object{"trace_name": "deleteCustomPolicy", "resource_type": "policy", "resource_name": "ops-backup"}), false},
		"a type that nobody knows":            {providers.Altered, agency, trace(object{"resource_type": "delegation"}), true},
		"no type":                             {providers.Altered, agency, trace(object{"resource_type": nil}), true},
		"an agency of a policy's name":        {providers.Altered, policy, with(object{"resource_name": "backup-read"}), false},
		"a group of a service's agency":       {providers.Altered, service, with(object{"trace_name": "updateGroup", "resource_type": "group", "resource_name": "made_by_csms"}), false},
		"a grant to a group of its name":      {providers.Appeared, inDomain, grantTrace(object{"trace_name": "assignRoleToGroupOnDomain", "resource_type": "roleGroupDomain", "resource_name": "ops-backup"}), false},
		"a create of a policy of its name":    {providers.Appeared, inDomain, with(object{"trace_name": "createCustomPolicy", "resource_type": "policy", "resource_id": roleID, "resource_name": "ops-backup"}), false},
		"a policy by id":                      {providers.Altered, policy, with(object{"trace_name": "updatePolicy", "resource_type": "policy", "resource_id": policyID}), true},
		"a policy by its name":                {providers.Altered, policy, with(object{"resource_type": "role", "request": `{"role":{"display_name":"backup-read"}}`}), true},
		"a grant as guessed":                  {providers.Appeared, inDomain, grantTrace(nil), true},
		"a grant by its path":                 {providers.Appeared, inDomain, with(object{"trace_name": grant, "resource_url": agencies + agencyID + "/roles/" + roleID}), true},
		"a grant that tells no role":          {providers.Appeared, inDomain, with(object{"trace_name": grant, "resource_id": agencyID}), true},
		"a grant of another role":             {providers.Appeared, inDomain, grantTrace(object{"resource_id": otherRole}), false},
		"a grant to another agency":           {providers.Appeared, inDomain, grantTrace(object{"request": `{"agency_id":"` + otherAgent + `"}`}), false},
		"a grant to nobody who is told":       {providers.Appeared, inDomain, grantTrace(object{"request": nil}), false},
		"a grant in another scope":            {providers.Appeared, inProject, grantTrace(nil), false},
		"a revoke makes no grant":             {providers.Appeared, inDomain, grantTrace(object{"trace_name": "unassignRoleToAgencyOnDomain"}), false},
		"a revoke takes it":                   {providers.Vanished, inDomain, grantTrace(object{"trace_name": "unassignRoleToAgencyOnDomain"}), true},
		"a delete of the agency does too":     {providers.Vanished, inDomain, trace(object{"trace_name": "deleteAgency"}), true},
		"a create of the agency grants no":    {providers.Appeared, inDomain, trace(object{"trace_name": "createAgency"}), false},
		"an update of the agency grants no":   {providers.Appeared, inDomain, trace(object{"request": `{"role":"` + roleID + `"}`}), false},
		"a grant that nobody names":           {providers.Appeared, inProjects, grantTrace(object{"trace_name": "newVerb", "resource_type": "inheritedRole"}), true},
		"by a path that inherits":             {providers.Appeared, inProjects, grantTrace(object{"trace_name": "newVerb", "resource_type": "", "resource_url": "/v3.0/OS-INHERIT/domains/d/agencies/" + agencyID + "/roles/" + roleID}), true},
		"which is not one of the domain":      {providers.Appeared, inDomain, grantTrace(object{"trace_name": "newVerb", "resource_type": "", "resource_url": "/v3.0/OS-INHERIT/x"}), false},
		"a grant that nobody names, roleless": {providers.Appeared, inProjects, with(object{"trace_name": "newVerb", "resource_type": "inherited", "resource_id": agencyID}), false},
		"a grant that names no scope":         {providers.Appeared, inProjects, grantTrace(object{"trace_name": "operateAgencyRole", "resource_type": "agency"}), true},
		"nor a verb, and is of a role":        {providers.Appeared, inProjects, grantTrace(object{"trace_name": "bindAgencyRole", "resource_type": "role"}), true},
		"it alters no agency":                 {providers.Altered, agency, grantTrace(object{"trace_name": "operateAgencyRole", "resource_type": "agency"}), false},
		"nor as an update":                    {providers.Altered, agency, grantTrace(object{"trace_name": "updateAgencyRole", "resource_type": "agency"}), false},
		"nor is an agency gone":               {providers.Vanished, agency, grantTrace(object{"trace_name": "deleteRole", "resource_type": "", "resource_name": "ops-backup"}), false},
		"nor with it the grant of a role":     {providers.Vanished, inDomain, grantTrace(object{"trace_name": "deleteAgencyRole", "resource_type": "agency", "resource_id": otherRole}), false},
		"a policy that names an agency":       {providers.Altered, policy, trace(object{"trace_name": "updateCustomPolicy", "resource_type": "policy", "resource_name": "backup-read", "resource_id": "", "request": `{"Resource":{"uri":["/iam/agencies/` + agencyID + `"]}}`}), true},
		"it alters no policy":                 {providers.Altered, policy, grantTrace(object{"trace_name": "bindAgencyRole", "resource_type": "role", "resource_id": policyID}), false},
		"a grant in its project": {
			providers.Appeared, inProject, grantTrace(object{"trace_name": "assignRoleToAgencyOnProject", "request": `{"agency_id":"` + agencyID + `","project_id":"` + projectID + `"}`}), true,
		},
		"in another project": {
			providers.Appeared, inProject, grantTrace(object{"trace_name": "assignRoleToAgencyOnProject", "request": `{"agency_id":"` + agencyID + `","project_id":"` + eastID + `"}`}), false,
		},
		"a 0 is no other place":           {providers.Appeared, inDomain, grantTrace(object{"response": `{"total":0}`, "resource_url": "/v3.0/x"}), true},
		"one of a batch":                  {providers.Appeared, inDomain, with(object{"trace_name": "associateRoles", "request": batch}), true},
		"a grant to a service's agency":   {providers.Altered, service, grantTrace(object{"request": `{"agency_id":"` + serviceID + `"}`}), true},
		"a revoke ends an authorization":  {providers.Vanished, service, grantTrace(object{"trace_name": "unassignRoleToAgencyOnDomain", "request": `{"agency_id":"` + serviceID + `"}`}), true},
		"and makes none":                  {providers.Appeared, service, grantTrace(object{"trace_name": "unassignRoleToAgencyOnDomain", "request": `{"agency_id":"` + serviceID + `"}`}), false},
		"an update of a service's agency": {providers.Altered, service, trace(object{"resource_id": serviceID, "resource_name": ""}), false},
		"nor anything else":               {providers.Altered, service, trace(object{"trace_name": "anything", "resource_id": serviceID, "resource_name": ""}), false},
		"an agency beside it":             {providers.Altered, service, trace(nil), false},
		"a read":                          {providers.Altered, agency, trace(object{"read_only": true}), false},
		"a read in words":                 {providers.Altered, agency, trace(object{"read_only": "true"}), false},
		"no word on reading":              {providers.Altered, agency, trace(object{"read_only": nil}), true},
		"a refused attempt":               {providers.Altered, agency, trace(object{"code": "403", "trace_rating": "warning"}), false},
		"a number as code":                {providers.Altered, agency, trace(object{"code": 204}), true},
		"a bad one":                       {providers.Altered, agency, trace(object{"code": 409}), false},
		"no code":                         {providers.Altered, agency, trace(object{"code": nil}), true},
		"no code, not normal":             {providers.Altered, agency, trace(object{"code": nil, "trace_rating": "incident"}), false},
		"nothing of the sort":             {providers.Altered, agency, trace(object{"code": nil, "trace_rating": nil}), false},
		"time as text":                    {providers.Altered, agency, trace(object{"time": "1930000000000"}), true},
		"no time but that of the record": {
			providers.Altered, agency, trace(object{"time": nil}), true,
		},
		"no time": {providers.Altered, agency, trace(object{"time": nil, "record_time": "soon"}), false},
		"a time before all time": {
			providers.Altered, agency, trace(object{"time": -5, "record_time": 0}), false,
		},
		"nameless":  {providers.Altered, agency, trace(object{"trace_name": nil}), false},
		"list":      {providers.Altered, agency, trace(object{"trace_name": "listAgenciesV5"}), false},
		"get":       {providers.Altered, agency, trace(object{"trace_name": "getAgencyV5"}), false},
		"show":      {providers.Altered, agency, trace(object{"trace_name": "showAgency"}), false},
		"query":     {providers.Altered, agency, trace(object{"trace_name": "queryAgency"}), false},
		"check":     {providers.Altered, agency, trace(object{"trace_name": "checkAgency"}), false},
		"use":       {providers.Altered, agency, trace(object{"trace_name": "switchRole"}), false},
		"use by":    {providers.Altered, agency, trace(object{"trace_name": "createTokenByAssumeRole"}), false},
		"use of v5": {providers.Altered, agency, trace(object{"trace_name": "agencyAssume"}), false},
		"use by it": {providers.Altered, agency, trace(object{"trace_name": "assumeWithServicePrincipal"}), false},
	} {
		found, _ := who(t, c.became, c.address, c.trace)
		assert.Equal(t, c.fits, found != "", name)
	}
}

// The latest of several is named, however they come, and an operation counts once.
func TestSeveralFit(t *testing.T) {
	first := trace(object{"trace_id": "1", "request_id": "first", "time": at - 5000})
	last := trace(object{"trace_id": "2", "request_id": "last", "time": at})
	again := trace(object{"trace_id": "3", "request_id": "first", "time": at - 4000})
	for _, all := range [][]object{{first, last, again}, {last, again, first}, {again, first, last}} {
		latest, fits := who(t, providers.Altered, agency, all...)
		assert.Equal(t, "last", latest)
		assert.Equal(t, 2, fits)
	}
	bare := func(id string) object { return trace(object{"trace_id": id, "request_id": nil}) }
	r := &record{pages: []string{page(nil, bare("1"), bare("2"))}}
	found, _ := r.ask(t, "", altered)
	assert.Equal(t, 2, found[0].Fits, "without a request, each trace is an operation")
}

// Who gave the role in another scope did not give it here, even where that record does not tell the scope. Alone, it may be the one.
func TestAGrantThatTellsItsScope(t *testing.T) {
	told := grantTrace(object{"trace_id": "1", "request_id": "told", "time": at - 5000})
	silent := grantTrace(object{"trace_id": "2", "request_id": "silent", "trace_name": "bindAgencyRole", "resource_type": "role"})
	latest, fits := who(t, providers.Appeared, inDomain, told, silent)
	assert.Equal(t, "told", latest)
	assert.Equal(t, 1, fits)
	latest, _ = who(t, providers.Appeared, inDomain, silent)
	assert.Equal(t, "silent", latest)
	latest, _ = who(t, providers.Appeared, inDomain, silent, grantTrace(object{"request": `{"agency_id":"` + otherAgent + `"}`}))
	assert.Empty(t, latest, "the scope is told of grants to others")
	latest, _ = who(t, providers.Appeared, inDomain, silent, grantTrace(object{"resource_type": "roleGroupDomain"}))
	assert.Equal(t, "silent", latest, "those to groups are other operations")
	latest, _ = who(t, providers.Appeared, inProjects, told, silent)
	assert.Equal(t, "silent", latest)
	taken := grantTrace(object{"trace_id": "3", "request_id": "taken", "trace_name": "unassignRoleToAgencyOnDomain", "time": at - 5000})
	latest, fits = who(t, providers.Vanished, inDomain, taken, trace(object{"trace_name": "deleteAgency", "request_id": "gone"}))
	assert.Equal(t, "gone", latest, "a delete of the agency has no scope")
	assert.Equal(t, 2, fits)
}

// Somebody who deletes an agency and makes it anew has altered it, and lost its grants.
func TestAnAgencyThatIsMadeAnew(t *testing.T) {
	made := func(requestID, name string, when int) object {
		return trace(object{"trace_id": requestID, "request_id": requestID, "trace_name": name, "resource_id": "", "time": when})
	}
	deleted, anew := made("gone", "deleteAgency", at-2000), made("anew", "createAgency", at-1000)
	latest, fits := who(t, providers.Altered, agency, anew, deleted, made("long ago", "createAgency", at-9000))
	assert.Equal(t, "anew", latest)
	assert.Equal(t, 1, fits)
	latest, _ = who(t, providers.Vanished, inDomain, anew, deleted)
	assert.Equal(t, "gone", latest)
}

// A delete may tell the id alone. What is gone has no other id than the one that its name had on record.
func TestADeleteThatTellsTheIDAlone(t *testing.T) {
	const id = "1ad2e0aafd2e5b91a5b94d9b9e1b0d3c"
	made := trace(object{"trace_name": "createAgency", "request_id": "made", "resource_id": id, "time": at - 9000})
	gone := trace(object{"trace_name": "deleteAgency", "request_id": "gone", "resource_id": id, "resource_name": ""})
	with := func(t object, more object) object {
		t = maps.Clone(t)
		maps.Copy(t, more)
		return t
	}
	policyMade := with(made, object{"trace_name": "createCustomPolicy", "resource_type": "policy", "resource_name": "backup-read"})
	for name, c := range map[string]struct {
		became     providers.Became
		address    addr.Address
		made, gone object
		fits       bool
	}{
		"as it was made":            {providers.Vanished, agency, made, gone, true},
		"or updated":                {providers.Vanished, agency, with(made, object{"trace_name": "updateAgency"}), gone, true},
		"by the answer":             {providers.Vanished, agency, with(made, object{"resource_id": "", "response": `{"agency":{"id":"` + id + `"}}`}), gone, true},
		"by its path":               {providers.Vanished, agency, made, with(gone, object{"resource_id": "", "resource_url": "/v3.0/OS-AGENCY/agencies/" + id}), true},
		"by its parameters":         {providers.Vanished, agency, made, with(gone, object{"resource_id": "", "request": `{"agency_id":"` + id + `"}`}), true},
		"its grants too":            {providers.Vanished, inDomain, made, gone, true},
		"a policy":                  {providers.Vanished, policy, policyMade, with(gone, object{"trace_name": "deleteCustomPolicy", "resource_type": "policy"}), true},
		"another id":                {providers.Vanished, agency, made, with(gone, object{"resource_id": otherAgent}), false},
		"the id of another name":    {providers.Vanished, agency, with(made, object{"resource_name": "other"}), gone, false},
		"the id of a group":         {providers.Vanished, agency, with(made, object{"resource_type": "group"}), gone, false},
		"of nobody knows what":      {providers.Vanished, agency, with(made, object{"resource_type": "delegation"}), gone, false},
		"another kind of its id":    {providers.Vanished, agency, made, with(gone, object{"resource_type": "policy"}), false},
		"a role that it was given":  {providers.Vanished, agency, with(made, object{"trace_name": "operateAgencyRole"}), gone, false},
		"or that it was updated by": {providers.Vanished, agency, with(made, object{"trace_name": "updateAgencyRole", "request": `{"role_id":"` + roleID + `"}`}), gone, false},
		"an update by that id":      {providers.Altered, agency, made, with(gone, object{"trace_name": "updateAgency"}), false},
	} {
		latest, _ := who(t, c.became, c.address, c.gone, c.made)
		assert.Equal(t, c.fits, latest == "gone", name)
	}
}
