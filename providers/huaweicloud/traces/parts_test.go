package traces_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// by is what somebody did, so many seconds after the first of all.
func by(name string, seconds int, more object) object {
	t := trace(object{
		"trace_id": name, "request_id": name, "time": at + 1000*seconds, "user": object{"name": name, "type": "User"}, "request": nil,
	})
	for key, value := range more {
		t[key] = value
	}
	return t
}

// grantBy is a grant, or a revoke, of a role in the domain.
func grantBy(name string, seconds int, verb, agency, role string) object {
	return by(name, seconds, object{
		"trace_name": verb + "RoleToAgencyOnDomain", "resource_type": "roleAgencyDomain", "resource_id": role, "resource_name": "",
		"request": `{"agency_id":"` + agency + `"}`,
	})
}

// differs is an attribute that has one text and should have another.
func differs(name, live, wanted string) plan.AttributeChange {
	return plan.AttributeChange{Name: name, Before: plan.StringValue(live), After: plan.StringValue(wanted)}
}

// has is an attribute that has a member too many, and lacks is one that has one too few.
func has(name, member string) plan.AttributeChange {
	return plan.AttributeChange{Name: name, Before: plan.SetValue(member), After: plan.SetValue()}
}

func lacks(name, member string) plan.AttributeChange {
	return plan.AttributeChange{Name: name, Before: plan.SetValue(), After: plan.SetValue(member)}
}

// Nobody is named for what he cannot have done, however late he came.
func TestWhoIsNamedByWhatDiffers(t *testing.T) {
	const tenantGuest = "grant/made_by_csms/domain/Tenant Guest"
	ofService := func(more object) object {
		all := object{"resource_id": serviceID, "resource_name": "made_by_csms"}
		for key, value := range more {
			all[key] = value
		}
		return all
	}
	told := func(request string) object { return object{"request": request} }
	description, duration := differs("description", "by hand", "nightly"), differs("duration", "1d", "forever")
	trust := plan.AttributeChange{Name: "trust", Before: plan.SetValue("made_by_csms: account eve"), After: plan.SetValue("made_by_csms: service op_svc_kms")}
	changed := func(a addr.Address, attributes ...plan.AttributeChange) providers.Difference {
		return providers.Difference{Address: a, Became: providers.Altered, Attributes: attributes}
	}
	for name, c := range map[string]struct {
		difference providers.Difference
		who        string
		fits       int
		all        []object
	}{
		"a grant to a service's agency": {changed(service, has("accountGrants", tenantGuest)), "user mallory", 1, []object{
			grantBy("mallory", 1, "assign", serviceID, roleID), by("alice", 2, ofService(nil)), grantBy("bob", 3, "assign", serviceID, otherRole),
		}},
		"nobody who gave another one": {changed(service, has("accountGrants", tenantGuest)), "", 0, []object{
			grantBy("bob", 3, "assign", serviceID, otherRole), grantBy("carl", 4, "unassign", serviceID, roleID),
		}},
		"a grant that it lacks": {changed(service, lacks("grants", tenantGuest)), "user carl", 1, []object{
			grantBy("bob", 3, "assign", serviceID, roleID), grantBy("carl", 4, "unassign", serviceID, roleID),
		}},
		"a policy that it lacks": {changed(service, lacks("policies", "Tenant Guest")), "user carl", 1, []object{
			grantBy("bob", 2, "assign", serviceID, roleID), grantBy("carl", 4, "unassign", serviceID, roleID), grantBy("dora", 5, "unassign", serviceID, otherRole),
		}},
		"whom it trusts": {changed(service, trust), "user eve", 1, []object{
			by("eve", 1, ofService(told(`{"agency":{"trust_domain_name":"eve"}}`))), by("bob", 2, ofService(told(`{"agency":{"description":"x"}}`))),
			grantBy("mallory", 3, "assign", serviceID, roleID), by("carl", 0, ofService(told(`{"agency":{"trust_domain_name":"op_svc_kms"}}`))),
		}},
		"whom an agency trusts": {changed(agency, differs("trust", "account:eve", "account:pat")), "user eve", 1, []object{
			by("eve", 1, told(`{"agency":{"trust_domain_name":"Eve"}}`)), by("bob", 2, told(`{"agency":{"trust_domain_name":"pat"}}`)),
		}},
		"whom it trusts has no name": {changed(agency, differs("trust", "accountId:e1b2", "account:pat")), "user eve", 1, []object{
			by("eve", 1, told(`{"agency":{"trust_domain_name":"eve"}}`)),
		}},
		"a grant and whom it trusts": {changed(service, has("accountGrants", tenantGuest), trust), "user mallory and user eve", 2, []object{
			by("eve", 1, ofService(told(`{"agency":{"trust_domain_name":"eve"}}`))), grantBy("mallory", 3, "assign", serviceID, roleID),
		}},
		"a grant, and one of two for the rest": {changed(service, trust, has("accountGrants", tenantGuest)), "user mallory and one of user bob, user alice", 3, []object{
			by("alice", 1, ofService(nil)), by("bob", 2, ofService(nil)), grantBy("mallory", 3, "assign", serviceID, roleID),
		}},
		"a grant, and somebody for the rest": {changed(service, has("accountGrants", tenantGuest), trust), "user mallory and somebody not known", 1, []object{
			grantBy("mallory", 3, "assign", serviceID, roleID),
		}},
		"a missing authorization was not ended by whom its agency trusts": {
			providers.Difference{Address: service, Became: providers.Vanished, Attributes: []plan.AttributeChange{lacks("trust", "made_by_csms: service op_svc_kms")}}, "", 0,
			[]object{by("alice", 2, ofService(nil))},
		},
		"two who may have changed either": {changed(agency, description, duration), "one of user bob, user alice", 2, []object{
			by("alice", 1, nil), by("bob", 2, nil),
		}},
		"one who did it twice": {changed(agency, description), "user bob", 2, []object{by("bob", 2, nil), by("bob", 3, object{"request_id": "again"})}},
		"two who tell what they set": {changed(agency, description, duration), "user alice and user bob", 2, []object{
			by("alice", 1, told(`{"agency":{"description":"by hand"}}`)), by("bob", 2, told(`{"agency":{"duration":"ONEDAY"}}`)),
		}},
		"one who tells, and somebody": {changed(agency, description, duration), "user alice and somebody not known", 1, []object{
			by("alice", 1, told(`{"agency":{"description":"by hand"}}`)),
		}},
		"nobody who set another text": {changed(agency, description), "user alice", 1, []object{
			by("alice", 1, nil), by("apply", 0, told(`"{\"agency\":{\"description\":\"nightly\"}}"`)),
		}},
		"a request that is cut off tells nothing": {changed(agency, description), "user alice", 1, []object{
			by("alice", 1, told(`{"agency":{"duration":"ONEDAY","descr`)),
		}},
		"a trust policy has no description": {changed(agency, description), "", 0, []object{by("alice", 1, object{"trace_name": "updateTrustPolicyV5"})}},
		"many people": {changed(agency, description), "one of user 5, user 4, user 3, 2 more", 5, []object{
			by("1", 1, nil), by("2", 2, nil), by("3", 3, nil), by("4", 4, nil), by("5", 5, nil),
		}},
		"not who gave what was taken since": {providers.Difference{Address: inDomain, Became: providers.Appeared}, "user dora", 1, []object{
			grantBy("bob", 1, "assign", agencyID, roleID), grantBy("carl", 2, "unassign", agencyID, roleID), grantBy("dora", 3, "assign", agencyID, roleID),
		}},
		"of one moment, as the list has it": {providers.Difference{Address: inDomain, Became: providers.Appeared}, "user dora", 1, []object{
			grantBy("dora", 1, "assign", agencyID, roleID), grantBy("carl", 1, "unassign", agencyID, roleID), grantBy("bob", 1, "assign", agencyID, roleID),
		}},
		"blanks at the end of a description": {changed(agency, description), "user alice", 1, []object{
			by("alice", 1, told(`{"agency":{"description":"by hand "}}`)),
		}},
		"a revoke of nobody knows what took nothing for sure": {providers.Difference{Address: inDomain, Became: providers.Appeared}, "user bob", 1, []object{
			grantBy("bob", 1, "assign", agencyID, roleID), grantBy("carl", 2, "unassign", agencyID, ""),
		}},
		"not who changed what was deleted since": {changed(agency), "user dora", 1, []object{
			by("bob", 1, nil), by("carl", 2, object{"trace_name": "deleteAgency"}), by("dora", 3, object{"trace_name": "createAgency"}),
		}},
		"who made it worse": {
			providers.Difference{Address: agency, Became: providers.Appeared, Added: []addr.Address{inDomain}}, "user late-shift", 1,
			[]object{by("night-shift", 1, object{"trace_name": "createAgency"}), grantBy("late-shift", 2, "assign", agencyID, roleID)},
		},
		"who made it worse is too long ago": {
			providers.Difference{Address: agency, Became: providers.Appeared, Added: []addr.Address{inDomain}}, "", 0,
			[]object{by("night-shift", 1, object{"trace_name": "createAgency"})},
		},
	} {
		r := &record{pages: []string{page(nil, c.all...)}}
		found, inquiry := r.ask(t, "", c.difference)
		require.Empty(t, inquiry.Problem, name)
		if c.who == "" {
			assert.Nil(t, found[0], name)
			continue
		}
		if assert.NotNil(t, found[0], name) {
			assert.Equal(t, c.who, found[0].Who, name)
			assert.Equal(t, c.fits, found[0].Fits, name)
		}
	}
}
