package csms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// flag is a yes or no that the service documents as a text.
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

// ask returns what the service says: whether the type is authorized in the region's project.
func (r *remote) ask(ctx context.Context, t target, projectID string) (bool, error) {
	q := providers.Question{Service: service, About: "authorization", At: t.region + "/" + t.secretType}
	return huaweicloud.Asked(ctx, r.Conn, q, func(ctx context.Context) (bool, error) { return r.show(ctx, t, projectID) })
}

func (r *remote) show(ctx context.Context, t target, projectID string) (bool, error) {
	operation := "read the csms authorization of " + t.String()
	call := huaweicloud.Get(endpoint, operation, url.Values{"secret_type": {t.secretType}}, "v1", "csms", "agencies")
	call.Region, call.ProjectID = t.region, projectID
	var answer struct {
		Granted flag `json:"agency_granted"`
	}
	if err := r.Conn.Do(ctx, call, &answer); err != nil {
		return false, err
	}
	if !answer.Granted.known {
		return false, &providers.CallError{Operation: operation, Service: endpoint, Status: http.StatusOK,
			Message: "the answer does not say whether it is granted"}
	}
	return answer.Granted.is, nil
}

// outcome is what the service says of one agency that it was to make. Problem is empty for success.
type outcome struct{ name, id, problem string }

func (o outcome) String() string {
	if o.problem != "" {
		return fmt.Sprintf("%s failed: %s", o.name, o.problem)
	}
	return fmt.Sprintf("%s is there (id %s)", o.name, o.id)
}

// post tells the service to authorize itself. It is sent once: what a repetition does is not documented.
func (w *writer) post(ctx context.Context) ([]outcome, error) {
	call := huaweicloud.Call{
		Service: endpoint, Region: w.target.region, ProjectID: w.ProjectID, Operation: "authorize csms for " + w.target.String(),
		Method: http.MethodPost,
		Path:   []string{"v1", "csms", "agencies"}, Attempts: w.Attempts,
		Body: struct {
			SecretType string `json:"secret_type"`
		}{w.target.secretType},
	}
	var answer struct {
		Agencies []struct {
			Name  string          `json:"agency_name"`
			ID    string          `json:"agency_id"`
			Error json.RawMessage `json:"error_msg"`
		} `json:"agencies"`
	}
	if err := w.Conn.Do(ctx, call, &answer); err != nil {
		return nil, explain(err)
	}
	outcomes := make([]outcome, 0, len(answer.Agencies))
	for _, a := range answer.Agencies {
		o := outcome{name: w.Conn.Redact(a.Name), id: w.Conn.Redact(a.ID), problem: w.Conn.Redact(problemOf(a.Error))}
		if o.name == "" {
			o.name = "an agency without a name"
		}
		if o.problem == "" && o.id == "" {
			o.problem = "the answer holds no id"
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, nil
}

// problemOf reads an error_msg: missing, null and "" mean none, and anything else than a text is shown as it is.
func problemOf(raw json.RawMessage) string {
	var text *string
	switch {
	case len(raw) == 0:
		return ""
	case json.Unmarshal(raw, &text) != nil:
		return string(raw)
	case text == nil:
		return ""
	}
	return *text
}

// explain adds what the caller must be allowed to do: the service makes its agencies with the caller's own rights.
func explain(err error) error {
	if !errors.Is(err, providers.ErrDenied) {
		return err
	}
	return fmt.Errorf("%w; CSMS makes its agencies with the caller's rights, so these must include the IAM actions "+
		"iam:agencies:listAgencies, "+
		"iam:agencies:createAgency, iam:roles:listRoles, iam:roles:createRole, iam:permissions:checkRoleForAgencyOnProject and "+
		"iam:permissions:grantRoleToAgencyOnProject", err)
}
