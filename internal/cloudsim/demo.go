package cloudsim

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// demoBirth is the creation time of everything in a demo world.
var demoBirth = time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)

// DemoWorld returns a small company in a cloud: the account example-co with projects, enterprise projects, a topic for
// notifications and three agencies that nobody manages yet, the account partner-co with an agency that trusts example-co, another
// account, some cloud services, and a catalogue of system roles. Every id is a hash of a name, so two calls return the same world.
// An unknown cloud is kept, and refused by New.
func DemoWorld(cloud string) World {
	w := World{
		FormatVersion: WorldFormat,
		Cloud:         cloud,
		Home:          demoID("account", "example-co"),
		Roles:         demoRoles(),
		Accounts: []Account{
			demoAccount(cloud), demoPartner(cloud), {ID: demoID("account", "audit-partner"), Name: "audit-partner"},
		},
	}
	for _, name := range []string{"apig", "cce", "cff", "dws", "ecs", "evs", "functiongraph", "kms", "lts", "obs", "rds", "smn", "usearch"} {
		w.Services = append(w.Services, demoService(name))
	}
	w.normalize()
	return w
}

// demoID returns an id in a demo world: 32 hex characters that depend on kind and name alone.
func demoID(kind, name string) string {
	sum := sha256.Sum256([]byte("agencyctl demo world/" + kind + "/" + name))
	return hex.EncodeToString(sum[:16])
}

func demoService(name string) Party {
	return Party{ID: demoID("service", "op_svc_"+name), Name: "op_svc_" + name}
}

// demoRegions returns the names of the region projects of every account.
func demoRegions(cloud string) []string {
	if cloud == OpenTelekomCloud {
		return []string{"eu-de", "eu-nl", "MOS"}
	}
	return []string{"cn-north-4", "cn-east-3", "ap-southeast-1", "MOS"}
}

func demoAccount(cloud string) Account {
	a := Account{ID: demoID("account", "example-co"), Name: "example-co", Agencies: demoAgencies()}
	sub := "cn-north-4_data"
	if cloud == OpenTelekomCloud {
		sub = "eu-de_prod"
	}
	for _, name := range demoRegions(cloud) {
		a.Projects = append(a.Projects, Project{ID: demoID("project", name), Name: name})
	}
	a.Projects = append(a.Projects, Project{ID: demoID("project", sub), Name: sub, Parent: a.Projects[0].ID})
	a.Topics = []Topic{{URN: DemoTopic(cloud)}}
	a.EnterpriseProjects = []EnterpriseProject{{ID: "0", Name: "default", Type: "prod", Created: demoBirth}}
	for _, name := range []string{"production", "staging"} {
		id := demoID("enterprise project", name)
		a.EnterpriseProjects = append(a.EnterpriseProjects, EnterpriseProject{ID: dashed(id), Name: name, Type: "prod", Created: demoBirth})
	}
	return a
}

// dashed returns an id of 32 characters in the form of a UUID, as enterprise projects have them.
func dashed(id string) string {
	return id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
}

// DemoPartnerAgency is the agency of the demo world's partner-co that example-co may assume.
const DemoPartnerAgency = "example-operators"

// demoPartner returns an account with an agency that example-co may assume.
func demoPartner(cloud string) Account {
	const name = "partner-co"
	a := Account{ID: demoID("account", name), Name: name}
	for _, region := range demoRegions(cloud) {
		a.Projects = append(a.Projects, Project{ID: demoID("project", name+"/"+region), Name: region})
	}
	a.EnterpriseProjects = []EnterpriseProject{{ID: "0", Name: "default", Type: "prod", Created: demoBirth}}
	a.Agencies = []Agency{{
		ID: demoID("agency", name+"/"+DemoPartnerAgency), Name: DemoPartnerAgency, Created: demoBirth,
		Trust:       Party{ID: demoID("account", "example-co"), Name: "example-co"},
		Description: "example-co keeps the agencies in order",
		Grants:      []Grant{{Scope: ScopeDomain, Role: demoID("role", "Security Administrator")}},
	}}
	return a
}

// demoAgencies returns the agencies of example-co: one that a service made for itself, and two that were made by hand.
func demoAgencies() []Agency {
	agency := func(name string, trust Party, description, scope, role string) Agency {
		return Agency{
			ID: demoID("agency", name), Name: name, Trust: trust, Description: description, Created: demoBirth,
			Grants: []Grant{{Scope: scope, Role: demoID("role", role)}},
		}
	}
	partner := Party{ID: demoID("account", "partner-co"), Name: "partner-co"}
	return []Agency{
		agency("cce_admin_trust", demoService("cce"), "created by the container service", ScopeAllProjects, "Tenant Administrator"),
		agency("legacy-import", partner, "data import of 2024", ScopeDomain, "OBS OperateAccess"),
		agency("monitoring", demoService("ecs"), "", ScopeAllProjects, "CES ReadOnlyAccess"),
	}
}

// demoRole is one line of the demo catalogue.
type demoRole struct {
	display, name, catalog, kind, description string
	// actions are separated by blanks; one that begins with "!" is denied.
	actions string
	// depends are display names, separated by commas; only old-style roles have them.
	depends string
}

// demoCatalogue is a plausible selection of the clouds' roles. Internal names that begin with "system_" belong to policies
// (version 1.1), the others to roles (version 1.0).
var demoCatalogue = []demoRole{
	{"AOM FullAccess", "system_all_1", "AOM", "XA", "all operations on application operations", "aom:*:*", ""},
	{"APIG Administrator", "apig_adm", "APIG", "XA", "all operations on the API gateway", "apig:*:*", "Tenant Guest"},
	{"Agent Operator", "te_agency", "BASE", "AA", "switch to another account", "iam:agencies:assume", ""},
	{"BSS Administrator", "bss_adm", "BSS", "AX", "all operations on bills", "bss:*:*", ""},
	{"BSS ReadonlyAccess", "system_all_2", "BSS", "AX", "read bills", "bss:*:view*", ""},
	{"CBR FullAccess", "system_all_3", "CBR", "XA", "all operations on backups", "cbr:*:*", ""},
	{"CBR ReadOnlyAccess", "system_all_4", "CBR", "XA", "read backups", "cbr:*:get* cbr:*:list*", ""},
	{"CCE Administrator", "cce_adm", "CCE", "XA", "all operations on containers", "cce:*:*", "Tenant Guest,Server Administrator"},
	{"CCE FullAccess", "system_all_5", "CCE", "XA", "all operations on clusters", "cce:*:*", ""},
	{"CCE ReadOnlyAccess", "system_all_6", "CCE", "XA", "read clusters", "cce:*:get cce:*:list", ""},
	{"CES FullAccess", "system_all_7", "CES", "XA", "all operations on monitoring", "ces:*:*", ""},
	{"CES ReadOnlyAccess", "system_all_8", "CES", "XA", "read monitoring", "ces:*:get* ces:*:list*", ""},
	{"CSMS FullAccess", "system_all_9", "CSMS", "XA", "all operations on secrets", "csms:*:*", ""},
	{"CSMS ReadOnlyAccess", "system_all_10", "CSMS", "XA", "read secrets' metadata", "csms:secret:get csms:secret:list*", ""},
	{"CTS Administrator", "cts_adm", "CTS", "AA", "all operations on audit trails", "cts:*:*", "Tenant Guest"},
	{"CTS ReadOnlyAccess", "system_all_11", "CTS", "AA", "read audit trails", "cts:*:get* cts:*:list*", ""},
	{"DEW KeypairReadOnlyAccess", "system_all_12", "DEW", "XA", "read key pairs", "kps:*:get* kps:*:list*", ""},
	{"DNS Administrator", "dns_adm", "DNS", "XA", "all operations on names", "dns:*:*", "Tenant Guest,VPC Administrator"},
	{"DNS ReadOnlyAccess", "system_all_13", "DNS", "XA", "read names", "dns:*:get* dns:*:list*", ""},
	{"ECS CommonOperations", "system_all_14", "ECS", "XA", "start, stop and restart servers",
		"ecs:*:get* ecs:*:list* ecs:*:start ecs:*:stop ecs:*:reboot", ""},
	{"ECS FullAccess", "system_all_15", "ECS", "XA", "all operations on servers", "ecs:*:* evs:*:get evs:*:list evs:volumes:create", ""},
	{"ECS ReadOnlyAccess", "system_all_16", "ECS", "XA", "read servers", "ecs:*:get* ecs:*:list* evs:*:get evs:*:list", ""},
	{"ELB FullAccess", "system_all_17", "ELB", "XA", "all operations on load balancers", "elb:*:*", ""},
	{"ELB ReadOnlyAccess", "system_all_18", "ELB", "XA", "read load balancers", "elb:*:get* elb:*:list*", ""},
	{"EPS FullAccess", "system_all_19", "EPS", "AX", "all operations on enterprise projects", "eps:*:*", ""},
	{"EVS FullAccess", "system_all_20", "EVS", "XA", "all operations on disks", "evs:*:*", ""},
	{"EVS ReadOnlyAccess", "system_all_21", "EVS", "XA", "read disks", "evs:*:get evs:*:list", ""},
	{"FullAccess", "system_all_22", "BASE", "AA", "everything", "*:*:*", ""},
	{"FunctionGraph FullAccess", "system_all_23", "FunctionGraph", "XA", "all operations on functions", "functiongraph:*:*", ""},
	{"FunctionGraph Invoker", "system_all_24", "FunctionGraph", "XA", "call functions", "functiongraph:function:invoke*", ""},
	{"FunctionGraph ReadOnlyAccess", "system_all_25", "FunctionGraph", "XA", "read functions",
		"functiongraph:*:get* functiongraph:*:list*", ""},
	{"Hidden Service Operator", "op_hidden", "BASE", "XX", "for the cloud's own use", "op:*:*", ""},
	{"IAM ReadOnlyAccess", "system_all_26", "IAM", "AX", "read identities", "iam:*:get* iam:*:list* iam:*:check*", ""},
	{"IMS FullAccess", "system_all_27", "IMS", "XA", "all operations on images", "ims:*:*", ""},
	{"IMS ReadOnlyAccess", "system_all_28", "IMS", "XA", "read images", "ims:*:get* ims:*:list*", ""},
	{"KMS Administrator", "kms_adm", "KMS", "XA", "all operations on keys", "kms:*:*", ""},
	{"KMS CMKReadOnlyAccess", "system_all_29", "KMS", "XA", "read keys", "kms:cmk:get* kms:cmk:list*", ""},
	{"LTS FullAccess", "system_all_30", "LTS", "XA", "all operations on logs", "lts:*:*", ""},
	{"LTS ReadOnlyAccess", "system_all_31", "LTS", "XA", "read logs", "lts:*:get* lts:*:list*", ""},
	{"NAT ReadOnlyAccess", "system_all_32", "NAT", "XA", "read gateways", "nat:*:get* nat:*:list*", ""},
	{"OBS Administrator", "system_all_33", "OBS", "AX", "all operations on object storage", "obs:*:*", ""},
	{"OBS OperateAccess", "system_all_34", "OBS", "AX", "read and write objects",
		"obs:bucket:ListBucket obs:bucket:GetBucketLocation obs:object:GetObject obs:object:PutObject obs:object:DeleteObject", ""},
	{"OBS ReadOnlyAccess", "system_all_35", "OBS", "AX", "list buckets",
		"obs:bucket:HeadBucket obs:bucket:ListBucket obs:bucket:GetBucketLocation obs:bucket:ListAllMyBuckets", ""},
	{"RDS FullAccess", "system_all_36", "RDS", "XA", "all operations on databases", "rds:*:*", ""},
	{"RDS ReadOnlyAccess", "system_all_37", "RDS", "XA", "read databases", "rds:*:get* rds:*:list*", ""},
	{"RMS FullAccess", "system_all_39", "RMS", "AX", "all operations on the resource inventory", "rms:*:*", ""},
	{"RMS ReadOnlyAccess", "system_all_40", "RMS", "AX", "read the resource inventory", "rms:*:get* rms:*:list*", ""},
	{"ReadOnlyAccess", "system_all_38", "BASE", "AA", "read everything", "*:*:get* *:*:list* *:*:head*", ""},
	{"SFS Turbo ReadOnlyAccess", "system_all_43", "SFS", "XA", "read file systems", "sfsturbo:*:get* sfsturbo:*:list*", ""},
	{"SMN Administrator", "smn_adm", "SMN", "XA", "all operations on notifications", "smn:*:*", "Tenant Guest"},
	{"SMN ReadOnlyAccess", "system_all_44", "SMN", "XA", "read notifications", "smn:*:get* smn:*:list*", ""},
	{"SWR FullAccess", "system_all_45", "SWR", "XA", "all operations on container images", "swr:*:*", ""},
	{"SecMaster FullAccess", "system_all_41", "SecMaster", "XA", "all operations on security operations", "secmaster:*:*", ""},
	{"SecMaster ReadOnlyAccess", "system_all_42", "SecMaster", "XA", "read security operations", "secmaster:*:get* secmaster:*:list*", ""},
	{"Security Administrator", "secu_admin", "BASE", "AX", "all operations on identities", "iam:*:*", ""},
	{"Server Administrator", "server_adm", "BASE", "XA", "all operations on servers", "ecs:*:* evs:*:* ims:*:*", "Tenant Guest"},
	{"TMS FullAccess", "system_all_46", "TMS", "AX", "all operations on tags", "tms:*:*", ""},
	{"Tenant Administrator", "te_admin", "BASE", "AA", "everything but identities", "*:*:* !iam:*:*", ""},
	{"Tenant Guest", "readonly", "BASE", "AA", "read everything but identities", "*:*:get* *:*:list* !iam:*:*", ""},
	{"VPC Administrator", "vpc_netadm", "VPC", "XA", "all operations on networks", "vpc:*:*", "Tenant Guest"},
	{"VPC FullAccess", "system_all_47", "VPC", "XA", "all operations on networks", "vpc:*:*", ""},
	{"VPC ReadOnlyAccess", "system_all_48", "VPC", "XA", "read networks", "vpc:*:get vpc:*:list", ""},
	{"VPCEndpoint Administrator", "vpcep_adm", "VPCEP", "XA", "all operations on endpoints", "vpcep:*:*", "Tenant Guest,VPC Administrator"},
}

func demoRoles() []Role {
	catalogs := map[string]string{}
	for _, d := range demoCatalogue {
		catalogs[d.display] = d.catalog
	}
	roles := make([]Role, 0, len(demoCatalogue))
	for _, d := range demoCatalogue {
		role := Role{
			ID: demoID("role", d.display), Name: d.name, DisplayName: d.display, Catalog: d.catalog, Type: d.kind,
			Description: d.description, Created: demoBirth, Updated: demoBirth,
			Policy: Policy{Version: "1.0", Statement: demoStatements(d.actions)},
		}
		if strings.HasPrefix(d.name, "system_") {
			role.Policy.Version, role.Flag = "1.1", fineGrained
		}
		for _, depend := range strings.FieldsFunc(d.depends, func(r rune) bool { return r == ',' }) {
			role.Policy.Depends = append(role.Policy.Depends, Depend{Catalog: catalogs[depend], DisplayName: depend})
		}
		roles = append(roles, role)
	}
	return roles
}

// demoStatements returns a statement for the allowed actions, and one for the denied ones if there are any.
func demoStatements(actions string) []Statement {
	allow, deny := Statement{Effect: "Allow"}, Statement{Effect: "Deny"}
	for _, action := range strings.Fields(actions) {
		if denied, is := strings.CutPrefix(action, "!"); is {
			deny.Action = append(deny.Action, denied)
		} else {
			allow.Action = append(allow.Action, action)
		}
	}
	if deny.Action == nil {
		return []Statement{allow}
	}
	return []Statement{allow, deny}
}
