package cloudsim

import (
	"net/http"
)

// quotaType is a kind of thing that an account may have only so many of. The spellings are the vendor's.
type quotaType struct {
	name              string
	least, most, many int
	huaweiOnly        bool
}

func quotaTypes() []quotaType {
	return []quotaType{
		{name: "user", least: 50, most: 1000, many: 50},
		{name: "group", least: 10, most: 300, many: 20},
		{name: "idp", least: 10, most: 300, many: 10},
		{name: "agency", least: 10, most: 5000, many: 50},
		{name: "policy", least: 50, most: 300, many: 200},
		{name: "assigment_group_mp", least: 5, most: 1000, many: 500, huaweiOnly: true},
		{name: "assigment_agency_mp", least: 5, most: 1000, many: 500, huaweiOnly: true},
		{name: "assigment_group_ep", least: 5, most: 5000, many: 1000, huaweiOnly: true},
		{name: "assigment_user_ep", least: 5, most: 5000, many: 1000, huaweiOnly: true},
		{name: "mapping", least: 10, most: 100, many: 50, huaweiOnly: true},
	}
}

func showQuota(x *exchange) (answer, error) {
	if err := x.ownDomain(x.params["domain_id"]); err != nil {
		return answer{}, err
	}
	wanted := x.query.Get("type")
	resources := []map[string]any{}
	for _, t := range quotaTypes() {
		if wanted != "" && wanted != t.name || t.huaweiOnly && !x.huawei() {
			continue
		}
		limit := x.quota(t)
		resources = append(resources, map[string]any{"type": t.name, "min": t.least, "max": max(t.most, limit), "quota": limit, "used": x.used(t.name)})
	}
	if wanted != "" && len(resources) == 0 {
		return answer{}, x.failCode(http.StatusBadRequest, "IAM.0007", "the quota type %q is not known", wanted)
	}
	return answer{http.StatusOK, map[string]any{"quotas": map[string]any{"resources": resources}}}, nil
}

func (x *exchange) quota(t quotaType) int {
	if n, set := x.account.Quotas[t.name]; set {
		return n
	}
	return t.many
}

func (x *exchange) used(name string) int {
	n, now := 0, view{current: true}
	switch name {
	case "agency":
		x.account.agencies.each("", now, func(string, *Agency) { n++ })
	case "policy":
		x.account.policies.each("", now, func(string, *Role) { n++ })
	}
	return n
}

// roomFor refuses what would exceed a quota.
func (x *exchange) roomFor(name string) error {
	for _, t := range quotaTypes() {
		if t.name != name || x.used(name) < x.quota(t) {
			continue
		}
		status := http.StatusForbidden
		if x.switches.QuotaStatus400 {
			status = http.StatusBadRequest
		}
		return x.fail(status, "The quota of %d for %s is exceeded", x.quota(t), name)
	}
	return nil
}
