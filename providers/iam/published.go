package iam

import (
	"slices"
	"strings"
)

// published are names of agencies that cloud services make for themselves, with the service that an authorizations
// entry would name; "" where there is no such entry. The services' own documentation publishes these names, but for those
// that are only likely.
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

// likely are names that no documentation publishes: the likeliest ones. An agency of such a name is treated as service-made
// where that is the careful reading, and where it is not the manifest is believed, with a warning.
var likely = [...]string{
	"FunctionGraphAgencyForRotateGaussDBByCSMSV3", "SecMaster_Agency", "dli_management_agency", "lakeformation_table_service_trust",
}

// serviceMadeName reports whether a cloud service makes an agency of that name as its own, and the service of an
// authorizations entry that owns it, if there is one. Guessed is set where that is only likely.
func serviceMadeName(name string) (owner string, made, guessed bool) {
	guessed = slices.Contains(likely[:], name)
	if owner, made = published[name]; made {
		return owner, true, guessed
	}
	return "", slices.ContainsFunc(publishedPrefixes[:], func(prefix string) bool { return strings.HasPrefix(name, prefix) }), guessed
}
