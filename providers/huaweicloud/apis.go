package huaweicloud

import "strings"

// API is what the vendor counts calls of: a method and a path, in which * stands for one part that differs from call to call.
type API string

// identityAPIs are those of IAM that are called.
var identityAPIs = []API{
	"POST /v3/auth/tokens",
	"GET /v3/auth/tokens",
	"GET /v3/auth/domains",
	"POST /v3.0/OS-CREDENTIAL/securitytokens",
	"GET /v3.0/OS-AGENCY/agencies",
	"POST /v3.0/OS-AGENCY/agencies",
	"GET /v3.0/OS-AGENCY/agencies/*",
	"PUT /v3.0/OS-AGENCY/agencies/*",
	"DELETE /v3.0/OS-AGENCY/agencies/*",
	"GET /v3.0/OS-AGENCY/domains/*/agencies/*/roles",
	"PUT /v3.0/OS-AGENCY/domains/*/agencies/*/roles/*",
	"DELETE /v3.0/OS-AGENCY/domains/*/agencies/*/roles/*",
	"GET /v3.0/OS-INHERIT/domains/*/agencies/*/roles/inherited_to_projects",
	"PUT /v3.0/OS-INHERIT/domains/*/agencies/*/roles/*/inherited_to_projects",
	"DELETE /v3.0/OS-INHERIT/domains/*/agencies/*/roles/*/inherited_to_projects",
	"GET /v3.0/OS-AGENCY/projects/*/agencies/*/roles",
	"PUT /v3.0/OS-AGENCY/projects/*/agencies/*/roles/*",
	"DELETE /v3.0/OS-AGENCY/projects/*/agencies/*/roles/*",
	"GET /v3.0/OS-PERMISSION/role-assignments",
	"PUT /v3.0/OS-PERMISSION/subjects/agency/scopes/enterprise-project/role-assignments",
	"DELETE /v3.0/OS-PERMISSION/subjects/agency/scopes/enterprise-project/role-assignments",
	"GET /v3/roles",
	"GET /v3/roles/*",
	"GET /v3.0/OS-ROLE/roles",
	"GET /v3.0/OS-ROLE/roles/*",
	"POST /v3.0/OS-ROLE/roles",
	"PATCH /v3.0/OS-ROLE/roles/*",
	"DELETE /v3.0/OS-ROLE/roles/*",
	"GET /v3/projects",
	"GET /v3.0/OS-QUOTA/domains/*",
}

// apiOf returns the API of a call among those of its service. A call that none of them is, such as a link to a further page that a server
// gives, is of an API of its own.
func apiOf(apis []API, method string, path []string) API {
	for _, api := range apis {
		of, pattern, _ := strings.Cut(string(api), " /")
		if of != method {
			continue
		}
		parts := strings.Split(pattern, "/")
		if len(parts) == len(path) && matches(parts, path) {
			return api
		}
	}
	return API(method + " /" + strings.Join(path, "/"))
}

func matches(parts, path []string) bool {
	for i, part := range parts {
		if part != "*" && part != path[i] {
			return false
		}
	}
	return true
}
