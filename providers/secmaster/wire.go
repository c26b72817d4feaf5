package secmaster

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

const (
	language = "en-us"
)

// The error codes that say what to do: try again, or mend the permission that is missing.
const (
	codeBusy         = "csb.00180001"
	codeMayNotRead   = "csb.00180004"
	codeMayNotCreate = "csb.00180005"
)

// Where a role holds, as the service writes it. Only the first is documented.
const (
	scopeDomain  = "DOMAIN"
	scopeProject = "PROJECT"
)

// The lengths that the service allows, in characters.
const (
	shortestText         = 2
	longestName          = 256
	longestRoleText      = 1024
	longestReason        = 2048
	maxRoles             = 1000
	reasonWithoutCatalog = "Required by the authorization of SecMaster"
)

// wireRole is a role as read and as sent.
type wireRole struct {
	ID          string `json:"id"`
	DisplayName string `json:"display_name"`
	// RoleText says what the role allows, Reason why the service needs it.
	RoleText string `json:"role_description"`
	Reason   string `json:"description"`
	Scope    string `json:"scope"`
}

type wireMember struct {
	AccountID      string `json:"account_id"`
	OrganizationID string `json:"organization_id"`
}

// flag is a yes or no; a text of the same meaning is tolerated.
type flag struct{ is, known bool }

// UnmarshalJSON implements [json.Unmarshaler].
func (f *flag) UnmarshalJSON(text []byte) error {
	switch strings.ToLower(string(bytes.Trim(text, `"`))) {
	case "true":
		*f = flag{is: true, known: true}
	case "false":
		*f = flag{known: true}
	}
	return nil
}

// place is where the service is called.
type place struct{ project, region string }

func (p place) String() string { return "project " + p.project }

// reading is what the service says of itself.
type reading struct {
	// exists tells whether the agency is there, for the whole account.
	exists bool
	// listed are the roles that it needs, or those that it has: which of the two is not documented, so only their texts
	// are used.
	listed []wireRole
}

// recorded is a reading as a recording has it.
type recorded struct {
	Exists bool           `json:"exists"`
	Listed []recordedRole `json:"listed,omitempty"`
}

type recordedRole struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName,omitempty"`
	RoleText    string `json:"roleText,omitempty"`
	Reason      string `json:"reason,omitempty"`
	Scope       string `json:"scope,omitempty"`
}

func (r *remote) ask(ctx context.Context, p place, projectID string) (reading, error) {
	q := providers.Question{Service: service, About: "authorization", At: p.region + "/" + p.project}
	answer, err := huaweicloud.Asked(ctx, r.Conn, q, func(ctx context.Context) (recorded, error) { return r.show(ctx, p, projectID) })
	if err != nil {
		return reading{}, explain(err)
	}
	said := reading{exists: answer.Exists}
	for _, role := range answer.Listed {
		if huaweicloud.ValidID(role.ID) { // only their texts are used, and only by id
			said.listed = append(said.listed, wireRole(role))
		}
	}
	return said, nil
}

func (r *remote) show(ctx context.Context, p place, projectID string) (recorded, error) {
	operation := "read the secmaster authorization of " + p.String()
	call := huaweicloud.Get(service, operation, nil, "v1", projectID, "agency")
	call.Region, call.ProjectID, call.Language = p.region, projectID, language
	var answer struct {
		Exists flag       `json:"create_agency"`
		Roles  []wireRole `json:"role_descriptions"`
	}
	if err := r.Conn.Do(ctx, call, &answer); err != nil {
		return recorded{}, err
	}
	if !answer.Exists.known {
		return recorded{}, &providers.CallError{Operation: operation, Service: service, Status: http.StatusOK,
			Message: "the answer does not say whether the agency is there"}
	}
	if len(answer.Roles) > maxRoles {
		return recorded{}, &providers.CallError{Operation: operation, Service: service, Status: http.StatusOK,
			Message: fmt.Sprintf("the answer lists more than %d roles", maxRoles)}
	}
	said := recorded{Exists: answer.Exists.is}
	for _, role := range answer.Roles {
		said.Listed = append(said.Listed, recordedRole(role))
	}
	return said, nil
}

// post tells the service to make its agency and to give it these roles. It only adds, and is sent once: the caller looks
// before it sends again.
func (w *writer) post(ctx context.Context, add []wireRole, members []wireMember) error {
	call := huaweicloud.Call{
		Service: service, Region: w.place.region, ProjectID: w.ProjectID, Language: language, Operation: "authorize secmaster for " +
			w.place.String(),
		Method: http.MethodPost, Path: []string{"v1", w.ProjectID, "agency"}, Attempts: w.Attempts,
		Body: struct {
			Organizations []wireMember `json:"organizations,omitempty"`
			Roles         []wireRole   `json:"role_descriptions,omitempty"`
		}{members, add},
	}
	return explain(w.Conn.Do(ctx, call, nil))
}

// roleFrom completes a role from IAM, for one that the service does not list itself.
func roleFrom(role directory.Role) wireRole {
	return wireRole{ID: role.ID, DisplayName: role.DisplayName, RoleText: role.Description, Scope: scopeOf(role.Type)}
}

// complete fills what is mandatory when sent and cuts what is too long.
func (w wireRole) complete() wireRole {
	w.DisplayName = fit(cmp.Or(w.DisplayName, w.ID), w.ID, longestName)
	w.RoleText = fit(w.RoleText, w.DisplayName, longestRoleText)
	w.Reason = fit(w.Reason, reasonWithoutCatalog, longestReason)
	w.Scope = cmp.Or(w.Scope, scopeProject)
	return w
}

// fit returns text, or instead where it is too short, with at most longest characters.
func fit(text, instead string, longest int) string {
	text = strings.TrimSpace(text)
	if len([]rune(text)) < shortestText {
		text = instead
	}
	if characters := []rune(text); len(characters) > longest {
		return string(characters[:longest])
	}
	return text
}

// scopeOf is where a role of an IAM type is granted: account-wide services need it in the account, all others in the
// project, which is the narrower of the two for roles that fit both.
func scopeOf(roleType string) string {
	if roleType == "AX" {
		return scopeDomain
	}
	return scopeProject
}

// explain adds what the caller must be allowed to do.
func explain(err error) error {
	var failed *providers.CallError
	if !errors.As(err, &failed) {
		return err
	}
	switch failed.Code {
	case codeMayNotRead:
		return fmt.Errorf("%w; the credentials lack the IAM action iam:agencies:getAgency, which SecMaster needs to look for its agency", err)
	case codeMayNotCreate:
		return fmt.Errorf("%w; the credentials lack the IAM action iam:agencies:createAgency, which SecMaster needs to make its agency", err)
	}
	return err
}

// isBusy reports whether the service asks to try again later.
func isBusy(err error) bool {
	var failed *providers.CallError
	return errors.As(err, &failed) && failed.Code == codeBusy
}
