package cloudsim

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// The types of secrets that CSMS rotates.
const (
	secretsOfRDS     = "RDS-FG"
	secretsOfGaussDB = "GaussDB-FG"
	gaussDBAgency    = "FunctionGraphAgencyForRotateGaussDBByCSMSV3"
)

// secretService is CSMS, which answers on the host of the key management service. It has no delete and no list.
func secretService() service {
	const agencies = "/v1/csms/agencies"
	return service{name: "kms", routes: route{errors: secretErrors, anyScope: true}.with(
		operation{http.MethodGet, agencies, "ShowAgency", inRegion(showSecretAgency)},
		operation{http.MethodPost, agencies, "CreateAgency", inRegion(createSecretAgency)},
	)}
}

// secretErrors returns the published codes. Those of 403, 500 and statuses that no page names only have the right form.
func secretErrors(_ Switches, status int) (Shape, string) {
	codes := map[int]string{
		http.StatusBadRequest: "CSMS.0002", http.StatusUnauthorized: signatureError, http.StatusForbidden: "CSMS.0007",
		http.StatusNotFound: "CSMS.0005", http.StatusInternalServerError: "CSMS.0001",
	}
	code := codes[status]
	if code == "" && gatewayCodes[status] == "" {
		code = fmt.Sprintf("CSMS.%04d", status)
	}
	return ShapeB, code
}

// secretAgencies returns the agencies that a type of secret needs: one that all types share, and one of its own. The own name of
// GaussDB-FG follows the pattern of RDS-FG: neither that nor the name of its policy is documented. Nor is the name by which an
// agency trusts FunctionGraph.
func secretAgencies(secretType string) []serviceAgency {
	rotate := []string{
		"csms:secret:createVersion", "csms:secret:get", "csms:secret:getStage", "csms:secret:getVersion", "csms:secret:listVersion",
		"csms:secret:updateStage", "kms:cmk:createDataKey", "kms:cmk:decryptDataKey", "rds:password:update",
		"vpc:ports:create", "vpc:ports:delete", "vpc:ports:get", "vpc:subnets:get", "vpc:vpcs:get",
	}
	own := "FunctionGraphAgencyForRotateRDSByCSMSV3"
	if secretType == secretsOfGaussDB {
		own, rotate = gaussDBAgency, append(rotate, "gaussdb:password:update")
	}
	agency := func(name, trusts string, actions ...string) serviceAgency {
		return serviceAgency{
			name: name, trusts: trusts, description: "made by the secret management service",
			roles: []serviceRole{{display: name, scope: ScopeProject, actions: actions, guessed: name == gaussDBAgency}},
		}
	}
	return []serviceAgency{
		agency("CSMSAccessFunctionGraph", "op_svc_kms", "functiongraph:function:invoke"),
		agency(own, "op_svc_cff", rotate...),
	}
}

func (x *exchange) secretType(value string) ([]serviceAgency, error) {
	if value != secretsOfRDS && value != secretsOfGaussDB {
		return nil, x.fail(http.StatusBadRequest, "secret_type is neither %s nor %s", secretsOfRDS, secretsOfGaussDB)
	}
	specs := secretAgencies(value)
	for i := range specs {
		specs[i] = x.drawn(specs[i])
	}
	return specs, nil
}

// showSecretAgency answers with one text for all agencies of a type of secret.
func showSecretAgency(x *exchange, p *Project) (answer, error) {
	specs, err := x.secretType(x.query.Get("secret_type"))
	if err != nil {
		return answer{}, err
	}
	if a, is, err := x.said("csms", p.Name+"/"+x.query.Get("secret_type"), p.ID, specs[0].name, specs[1].name); is {
		return a, err
	}
	projects := []Project{*p}
	if x.switches.CSMSGrantedPerAccount {
		projects = x.account.Projects
	}
	granted := slices.ContainsFunc(projects, func(p Project) bool {
		return !slices.ContainsFunc(specs, func(spec serviceAgency) bool { return !x.authorizes(spec, p.ID) })
	})
	return answer{http.StatusOK, map[string]any{"agency_granted": strconv.FormatBool(granted)}}, nil
}

// createSecretAgency answers with the outcome of each agency, always with 200.
func createSecretAgency(x *exchange, p *Project) (answer, error) {
	in, err := x.readBody()
	if err != nil {
		return answer{}, &refusal{status: http.StatusBadRequest, code: "CSMS.0004", message: "the body is not a JSON object"}
	}
	value, _, err := x.text(in, "secret_type")
	if err != nil {
		return answer{}, err
	}
	specs, err := x.secretType(value)
	if err != nil {
		return answer{}, err
	}
	agencies := []map[string]any{}
	for _, spec := range specs {
		item := map[string]any{"agency_name": spec.name}
		agencies = append(agencies, item)
		if x.switches.CSMSRepeatFails && x.authorizes(spec, p.ID) {
			item["error_msg"] = "already exists"
			continue
		}
		g, failed, err := x.ensureAgency(spec, p.ID)
		switch {
		case err != nil:
			return answer{}, err
		case failed != nil:
			item["error_msg"] = failed.message
		default:
			item["agency_id"] = g.ID
		}
	}
	return answer{http.StatusOK, map[string]any{"agencies": agencies}}, nil
}
