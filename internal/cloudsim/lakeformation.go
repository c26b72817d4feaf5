package cloudsim

import "net/http"

// lakeFormationService is LakeFormation, in version 2 of its interface.
func lakeFormationService() service {
	const agency = "/v2/agency"
	return service{name: "lakeformation", routes: route{
		errors: lakeErrors, anyScope: true, badToken: fabricBadToken(ShapeE3Text),
		examples: map[int]string{http.StatusUnauthorized: unreadableToken, http.StatusForbidden: invalidToken},
	}.with(
		operation{http.MethodGet, agency, "ShowAgency", inRegion(showLakeAgency)},
		operation{http.MethodPost, agency, "CreateAgency", inRegion(createLakeAgency)},
		operation{http.MethodDelete, agency, "DeleteAgency", inRegion(deleteLakeAgency)},
	)}
}

// lakeErrors are Fabric's errors with a second code, and with text where Fabric sends a number.
func lakeErrors(s Switches, status int) (Shape, string) {
	_, code := fabricErrors(s, status)
	if status == http.StatusForbidden {
		return ShapeE3Text, ""
	}
	return ShapeE1sCommon, code
}

// lakeAgency returns the agency of a type. The name for the table service is not documented; it follows the pattern of the
// others. The roles of these two types are not documented at all.
func lakeAgency(agencyType string) (spec serviceAgency, known bool) {
	spec = serviceAgency{trusts: "op_svc_lakeformation", description: "made by LakeFormation"}
	switch agencyType {
	case "ADMIN_TRUST":
		spec.name = "lakeformation_admin_trust"
		spec.roles = []serviceRole{
			{display: "ReadOnlyAccess", scope: ScopeProject},
			{display: "VPCEndpoint Administrator", scope: ScopeProject},
			{
				display: "lakeformation_admin_additional_domain", scope: ScopeDomain,
				actions: []string{"obs:bucket:GetBucketLocation", "obs:bucket:ListBucket"},
			},
		}
	case "JOB_TRUST":
		spec.name = "lakeformation_job_trust"
		spec.roles = []serviceRole{{
			display: "lakeformation_job_trust", scope: ScopeProject, guessed: true,
			actions: []string{"obs:bucket:ListBucket", "obs:object:DeleteObject", "obs:object:GetObject", "obs:object:PutObject"},
		}}
	case "TABLE_SERVICE_TRUST":
		spec.name = "lakeformation_table_service_trust"
		spec.roles = []serviceRole{{
			display: "lakeformation_table_service_trust", scope: ScopeProject, guessed: true,
			actions: []string{"obs:object:GetObject", "obs:object:PutObject"},
		}}
	default:
		return serviceAgency{}, false
	}
	return spec, true
}

func (x *exchange) lakeAgency(agencyType string) (serviceAgency, error) {
	spec, known := lakeAgency(agencyType)
	if !known {
		return serviceAgency{}, x.fail(http.StatusBadRequest, "agency_type is none of ADMIN_TRUST, JOB_TRUST and TABLE_SERVICE_TRUST")
	}
	return x.drawn(spec), nil
}

// lakeBody reads the agency type of a body.
func (x *exchange) lakeBody() (serviceAgency, error) {
	in, err := x.readBody()
	if err != nil {
		return serviceAgency{}, err
	}
	agencyType, _, err := x.text(in, "agency_type")
	if err != nil {
		return serviceAgency{}, err
	}
	return x.lakeAgency(agencyType)
}

// showLakeAgency lists missing actions only where the agency exists.
func showLakeAgency(x *exchange, p *Project) (answer, error) {
	agencyType := x.query.Get("agency_type")
	spec, err := x.lakeAgency(agencyType)
	if err != nil {
		return answer{}, err
	}
	if a, is, err := x.said("lakeformation", p.Name+"/"+agencyType, p.ID, spec.name); is {
		return a, err
	}
	if x.switches.LakeFormationShortAnswer {
		return answer{http.StatusOK, map[string]any{"agency_type": agencyType}}, nil
	}
	g, missing := x.seenAgency(spec), []string{}
	if g != nil {
		missing = append(missing, x.missingActions(g, spec.roles, p.ID)...)
	}
	return answer{http.StatusOK, map[string]any{
		"agency_type": agencyType, "agency_name": spec.name,
		"authorized": g != nil && len(missing) == 0, "missing_action": missing,
	}}, nil
}

func createLakeAgency(x *exchange, p *Project) (answer, error) {
	spec, err := x.lakeBody()
	if err != nil {
		return answer{}, err
	}
	if _, failed, err := x.ensureAgency(spec, p.ID); err != nil {
		return answer{}, err
	} else if failed != nil {
		return answer{}, failed.refusal()
	}
	return answer{status: http.StatusCreated}, nil
}

func deleteLakeAgency(x *exchange, p *Project) (answer, error) {
	spec, err := x.lakeBody()
	if err != nil {
		return answer{}, err
	}
	g := x.account.agencyNamed(spec.name, x.view)
	if g == nil {
		return answer{}, x.fail(http.StatusNotFound, "the agency %s does not exist", spec.name)
	}
	x.withdraw(g, p.ID)
	return answer{status: http.StatusOK}, nil
}
