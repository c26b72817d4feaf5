package directory

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// AgencyFields are what a create or an update sends. A nil field is left out and keeps its value.
type AgencyFields struct {
	Name               string
	TrustID, TrustName *string
	Description        *string
	// Duration is spelled as the cloud wants it: "FOREVER", "ONEDAY", or a number of days.
	Duration *string
}

type wireAgencyFields struct {
	Name        string  `json:"name,omitempty"`
	DomainID    string  `json:"domain_id,omitempty"`
	TrustID     *string `json:"trust_domain_id,omitempty"`
	TrustName   *string `json:"trust_domain_name,omitempty"`
	Description *string `json:"description,omitempty"`
	Duration    *string `json:"duration,omitempty"`
}

// agencyBody is the body of a create or an update.
type agencyBody struct {
	Agency wireAgencyFields `json:"agency"`
}

// CreateAgency sends the create once and returns the new id. It is not repeated after a failure with unknown outcome:
// the caller looks first. An answer without a usable id is such a failure, and wraps ErrUnavailable.
func (c *Client) CreateAgency(ctx context.Context, fields AgencyFields) (id string, err error) {
	const operation = "create an agency"
	var answer struct {
		Agency reference `json:"agency"`
	}
	call := c.write(http.MethodPost, operation, "v3.0", "OS-AGENCY", "agencies")
	call.Repeatable = false
	call.Body = agencyBody{wireAgencyFields{
		Name: fields.Name, DomainID: c.domain, TrustID: fields.TrustID, TrustName: fields.TrustName,
		Description: fields.Description, Duration: fields.Duration,
	}}
	if err := c.conn.Do(ctx, call, &answer); err != nil {
		return "", unknownOutcome(err)
	}
	if !huaweicloud.ValidID(answer.Agency.ID) {
		return "", unknownOutcome(incomplete(operation, "the answer holds no usable id"))
	}
	return answer.Agency.ID, nil
}

// unknownOutcome marks a success that could not be understood: something was created, but we do not know what.
func unknownOutcome(err error) error {
	var failed *providers.CallError
	if errors.As(err, &failed) && failed.Kind == nil && failed.Cause == nil {
		marked := *failed
		marked.Kind = providers.ErrUnavailable
		return &marked
	}
	return err
}

// UpdateAgency sends the fields that are set.
func (c *Client) UpdateAgency(ctx context.Context, id string, fields AgencyFields) error {
	call := c.write(http.MethodPut, "update an agency", "v3.0", "OS-AGENCY", "agencies", id)
	call.Body = agencyBody{wireAgencyFields{
		TrustID: fields.TrustID, TrustName: fields.TrustName, Description: fields.Description, Duration: fields.Duration,
	}}
	return c.conn.Do(ctx, call, nil)
}

// DeleteAgency deletes the agency and with it all its grants. One that is gone already is done.
func (c *Client) DeleteAgency(ctx context.Context, id string) error {
	return gone(c.conn.Do(ctx, c.write(http.MethodDelete, "delete an agency", "v3.0", "OS-AGENCY", "agencies", id), nil))
}

// Grant gives the agency the role. A conflict is no proof that the agency has it: see [Client.HasGrant].
func (c *Client) Grant(ctx context.Context, a Assignment) error {
	call, err := c.grantCall(http.MethodPut, "grant a role", a)
	if err != nil {
		return err
	}
	return c.conn.Do(ctx, call, nil)
}

// HasGrant reads whether the agency has the role, by the calls that read its grants.
func (c *Client) HasGrant(ctx context.Context, a Assignment) (bool, error) {
	grants, err := New(c).ReadGrants(ctx, GrantsRequest{
		Scopes: []Scope{a.Scope}, Each: true,
		Agencies: func(context.Context) ([]Agency, error) { return []Agency{{ID: a.AgencyID}}, nil },
	})
	read := slices.Contains(grants.Read, a.Scope) || slices.ContainsFunc(grants.Projects, func(p Project) bool { return p.ID == a.TargetID })
	if err == nil && !read {
		return false, incomplete("list "+a.Scope.String()+" grants of an agency", "they cannot be read")
	}
	return slices.Contains(grants.Assignments, a), err
}

// Revoke takes the role away. One that the agency does not have is done.
func (c *Client) Revoke(ctx context.Context, a Assignment) error {
	call, err := c.grantCall(http.MethodDelete, "revoke a role", a)
	if err != nil {
		return err
	}
	return gone(c.conn.Do(ctx, call, nil))
}

// MostInBatch is how many grants in enterprise projects one call takes.
const MostInBatch = 250

// GrantAll gives roles in enterprise projects, at most [MostInBatch], by one call. Where it fails, the cloud does not say of which.
func (c *Client) GrantAll(ctx context.Context, all []Assignment) error {
	return c.batch(ctx, http.MethodPut, "grant a role", all)
}

// RevokeAll takes roles in enterprise projects away, at most [MostInBatch], by one call. One that an agency does not have is an error.
func (c *Client) RevokeAll(ctx context.Context, all []Assignment) error {
	return c.batch(ctx, http.MethodDelete, "revoke a role", all)
}

type wireEnterpriseGrant struct {
	AgencyID            string `json:"agency_id"`
	EnterpriseProjectID string `json:"enterprise_project_id"`
	RoleID              string `json:"role_id"`
}

func (c *Client) grantCall(method, operation string, a Assignment) (huaweicloud.Call, error) {
	operation += " in scope " + a.Scope.String()
	for _, id := range []string{a.AgencyID, a.RoleID} {
		if !huaweicloud.ValidID(id) {
			return huaweicloud.Call{}, incomplete(operation, "an id is missing or unusable: %.40q", id)
		}
	}
	switch a.Scope {
	case Domain:
		return c.write(method, operation, "v3.0", "OS-AGENCY", "domains", c.domain, "agencies", a.AgencyID, "roles", a.RoleID), nil
	case AllProjects:
		return c.write(method, operation, "v3.0", "OS-INHERIT", "domains", c.domain, "agencies", a.AgencyID, "roles", a.RoleID,
			"inherited_to_projects"), nil
	}
	if !huaweicloud.ValidID(a.TargetID) {
		return huaweicloud.Call{}, incomplete(operation, "the id of the project is missing or unusable: %.40q", a.TargetID)
	}
	if a.Scope == OneProject {
		return c.write(method, operation, "v3.0", "OS-AGENCY", "projects", a.TargetID, "agencies", a.AgencyID, "roles", a.RoleID), nil
	}
	call := c.write(method, operation, "v3.0", "OS-PERMISSION", "subjects", "agency", "scopes", "enterprise-project", "role-assignments")
	call.Body = enterpriseGrants{{a.AgencyID, a.TargetID, a.RoleID}}.body()
	return call, nil
}

type enterpriseGrants []wireEnterpriseGrant

func (all enterpriseGrants) body() map[string]enterpriseGrants {
	return map[string]enterpriseGrants{"role_assignments": all}
}

// batch sends the call of a grant in an enterprise project for several.
func (c *Client) batch(ctx context.Context, method, operation string, all []Assignment) error {
	var call huaweicloud.Call
	var grants enterpriseGrants
	for _, a := range all {
		var err error
		if call, err = c.grantCall(method, operation, a); err != nil {
			return err
		}
		grants = append(grants, wireEnterpriseGrant{a.AgencyID, a.TargetID, a.RoleID})
	}
	call.Body = grants.body()
	return c.conn.Do(ctx, call, nil)
}

// PolicyFields are a custom policy as sent, always in full.
type PolicyFields struct {
	DisplayName string
	// Type is AX or XA.
	Type        string
	Description string
	// Document is the policy with Version and Statement.
	Document json.RawMessage
}

type policyBody struct {
	Role struct {
		DisplayName string          `json:"display_name"`
		Type        string          `json:"type"`
		Description string          `json:"description"`
		Policy      json.RawMessage `json:"policy"`
	} `json:"role"`
}

func (f PolicyFields) body() policyBody {
	var b policyBody
	b.Role.DisplayName, b.Role.Type, b.Role.Description, b.Role.Policy = f.DisplayName, f.Type, f.Description, f.Document
	return b
}

// CreatePolicy sends the create once; see [Client.CreateAgency] for failures.
func (c *Client) CreatePolicy(ctx context.Context, fields PolicyFields) (id string, err error) {
	const operation = "create a custom policy"
	var answer struct {
		Role reference `json:"role"`
	}
	call := c.write(http.MethodPost, operation, "v3.0", "OS-ROLE", "roles")
	call.Body, call.Repeatable = fields.body(), false
	if err := c.conn.Do(ctx, call, &answer); err != nil {
		return "", unknownOutcome(err)
	}
	if !huaweicloud.ValidID(answer.Role.ID) {
		return "", unknownOutcome(incomplete(operation, "the answer holds no usable id"))
	}
	return answer.Role.ID, nil
}

// UpdatePolicy replaces the policy in full, so the PATCH may be repeated.
func (c *Client) UpdatePolicy(ctx context.Context, id string, fields PolicyFields) error {
	call := c.write(http.MethodPatch, "update a custom policy", "v3.0", "OS-ROLE", "roles", id)
	call.Body = fields.body()
	return c.conn.Do(ctx, call, nil)
}

// DeletePolicy deletes the policy. One that is gone already is done.
func (c *Client) DeletePolicy(ctx context.Context, id string) error {
	return gone(c.conn.Do(ctx, c.write(http.MethodDelete, "delete a custom policy", "v3.0", "OS-ROLE", "roles", id), nil))
}

// write is a call that changes something, and may be repeated.
func (c *Client) write(method, operation string, path ...string) huaweicloud.Call {
	return huaweicloud.Call{
		Service: huaweicloud.ServiceIAM, Operation: operation, Method: method, Path: path, Repeatable: true, Attempts: c.attempts,
	}
}

// gone takes "not found" for done when it is the service that says so.
func gone(err error) error {
	if huaweicloud.IsAbsent(err) {
		return nil
	}
	return err
}
