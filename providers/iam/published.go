package iam

import (
	"slices"
	"strings"
)

// published are names of agencies that cloud services make for themselves, with the service that an authorizations
// entry would name; "" where there is no such entry. The services' own documentation publishes these names.
var published = map[string]string{
	"CSMSAccessFunctionGraph":                     "csms",
	"FunctionGraphAgencyForRotateRDSByCSMSV3":     "csms",
	"FunctionGraphAgencyForRotateGaussDBByCSMSV3": "csms",
	"SecMaster_Agency":                            "secmaster",
	"fabric_admin_trust":                          "fabric",
	"lakeformation_admin_trust":                   "lakeformation",
	"lakeformation_job_trust":                     "lakeformation",
	"lakeformation_table_service_trust":           "lakeformation",
	"EG_AGENCY":                                   "",
	"EG_DEDICATED_EVENT_STREAM_AGENCY":            "",
	"EG_DELEGATE_FG_AGENCY":                       "",
	"EG_TARGET_AGENCY":                            "",
	"RDSAccessProjectResource":                    "",
	"RGCAdminAgency":                              "",
	"cae_trust":                                   "",
	"cce_admin_trust":                             "",
	"css_elb_agency":                              "",
	"css_obs_agency":                              "",
	"css_smn_agency":                              "",
	"css_upgrade_agency":                          "",
	"dli_admin_agency":                            "",
	"dli_management_agency":                       "",
	"modelarts_agency":                            "",
	"premium_waf_svc_trust":                       "",
}

// publishedPrefixes begin further such names.
var publishedPrefixes = [...]string{"ServiceLinkedAgency", "ma_agency_"}

// serviceMadeName reports whether a cloud service publishes that name as its own, and the service of an authorizations
// entry that owns it, if there is one.
func serviceMadeName(name string) (owner string, made bool) {
	if owner, made = published[name]; made {
		return owner, true
	}
	return "", slices.ContainsFunc(publishedPrefixes[:], func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}
