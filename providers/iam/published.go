package iam

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// unowned are names of agencies that cloud services make for themselves and that no authorizations entry is about. The
// services' own documentation publishes these names, but for those that are only likely.
var unowned = huaweicloud.Published{
	"EG_AGENCY":                        {},
	"EG_DEDICATED_EVENT_STREAM_AGENCY": {},
	"EG_DELEGATE_FG_AGENCY":            {},
	"EG_TARGET_AGENCY":                 {},
	"RDSAccessProjectResource":         {},
	"RGCAdminAgency":                   {},
	"cae_trust":                        {},
	"cce_admin_trust":                  {},
	"css_elb_agency":                   {},
	"css_obs_agency":                   {},
	"css_smn_agency":                   {},
	"css_upgrade_agency":               {},
	"dli_admin_agency":                 {},
	"dli_management_agency":            {Likely: true},
	"modelarts_agency":                 {},
	"premium_waf_svc_trust":            {},
}

// unownedPrefixes begin further such names.
var unownedPrefixes = [...]string{"ServiceLinkedAgency", "ma_agency_"}

// serviceMadeName reports whether a cloud service makes an agency of that name as its own, and the service of an
// authorizations entry that owns it, if there is one. Guessed is set where no documentation publishes the name: an agency of
// it is treated as service-made where that is the careful reading, and where it is not the manifest is believed, with a
// warning.
func (p Provider) serviceMadeName(name string) (owner string, made, guessed bool) {
	for _, published := range []huaweicloud.Published{p.published, unowned} {
		if by, made := published[name]; made {
			return by.Service, true, by.Likely
		}
	}
	return "", slices.ContainsFunc(unownedPrefixes[:], func(prefix string) bool { return strings.HasPrefix(name, prefix) }), false
}
