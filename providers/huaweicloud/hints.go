package huaweicloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/providers"
)

// encodedMessage is an encoded message that is shown: cut off or with a part redacted, it could not be decoded.
var encodedMessage = regexp.MustCompile(`^[A-Za-z0-9+/_=-]{1,1000}$`)

const hintPlace = "allow this call, or look what answers it: a gateway or a proxy may have a rule for its address"

// errPlace is the cause of a 401 for a read by credentials that the cloud has accepted in the same account.
var errPlace = errors.New("other calls with the same credentials are accepted")

// RefusesPlace reports whether an error is a refusal by 401 that is about what was read, and not about the credentials.
func RefusesPlace(err error) bool { return errors.Is(err, errPlace) }

// explain adds what the call and the rest of the body say to a failure that [advise] has seen. The vendor's own advice comes first.
func (c *Connection) explain(e *providers.CallError, call Call, body []byte) {
	if hint := c.hintOf(e, call); hint != "" {
		e.Hint = hint
	}
	advice, encoded := adviceIn(body)
	parts := []string{c.redactor.line(advice), e.Hint}
	if encoded = c.redactor.redact(encoded); encodedMessage.MatchString(encoded) {
		parts = append(parts, "an administrator reads why by decode-authorization-message of IAM, from "+encoded)
	}
	e.Hint = strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), "; ")
}

// hintOf returns the hint for a failure of which the kind of call says more than status and code; "" for none.
func (c *Connection) hintOf(e *providers.CallError, call Call) string {
	switch {
	case e.Status >= 500 && e.Message == htmlPage:
		return "the gateway before the service fails, or a proxy answers in its place: run again, and if it stays so, check the endpoint " +
			"and HTTPS_PROXY"
	case e.Message == htmlPage:
		return hintNotTheService // whatever the status: the service itself never sends a page
	case e.Status == http.StatusNotFound && e.Hint == "" && slices.Equal(call.Path, []string{"v3", "auth", "domains"}):
		return "every account has this list, so another service answers: check cloud.kind, the region and the endpoint"
	case e.Status == http.StatusForbidden && e.Code == codeDeniedByPolicy:
		return "an identity policy or a policy of the organization does not allow the call: have it allowed there"
	case e.Status == http.StatusForbidden && e.Service == ServiceIAM && inProject(call) && e.Hint != hintToken:
		return "look first whether the project is disabled: what is in it can then be neither read nor changed; else the credentials lack " +
			"the permission there"
	case e.Service == serviceSMN && e.Hint == "":
		return topicHint(e.Status)
	case e.Status == http.StatusConflict && c.deletesAgency(call):
		return "something holds the agency: where identity policies (v5) are attached to it, detach them in the console of IAM, and run again"
	case e.Status == http.StatusBadRequest && call.reads() && e.Hint == "":
		return "the service refuses the question, which no manifest can change: check the region and the endpoint, and report it with " +
			"the request id"
	}
	return ""
}

// inProject reports whether a call of IAM is about what is in one project.
func inProject(call Call) bool {
	i := slices.Index(call.Path, "projects")
	return call.ProjectID != "" || i >= 0 && i+1 < len(call.Path)
}

// deletesAgency reports whether a call deletes an agency in a cloud whose agencies can have identity policies.
func (c *Connection) deletesAgency(call Call) bool {
	n := len(call.Path)
	isAgency := call.Service == ServiceIAM && n >= 2 && call.Path[n-2] == "agencies"
	return c.cloud.Kind == HuaweiCloud && call.Method == http.MethodDelete && isAgency
}

// adviceIn returns what the body of a failure says of what to do, and the encoded message that says why access is denied. Both are "" in
// most bodies.
func adviceIn(body []byte) (advice, encoded string) {
	var outer map[string]json.RawMessage
	if json.Unmarshal(bytes.TrimSpace(body), &outer) != nil {
		return "", ""
	}
	return firstText(outer, "solution_msg", "error_suggestion"), firstText(outer, "encoded_authorization_message")
}
