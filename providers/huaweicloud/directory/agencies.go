package directory

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

const agenciesPerPage = 500

// Agency is one agency as listed.
type Agency struct {
	ID, Name    string
	Description string
	// TrustID and TrustName say who may act through it: an account, or a cloud service named op_svc_*. Either may be
	// empty; both are for an agency of the newer kind, which has a trust policy instead.
	TrustID, TrustName string
	Lifetime           Lifetime
	// Expires is zero for never. ExpiryUnknown holds the cloud's text where it could not be read.
	Expires       time.Time
	ExpiryUnknown string
}

// Trust returns who may act through the agency, as the cloud tells it; told is false where it does not. An account has its id where
// that is told, because several accounts may go by one name.
func (a Agency) Trust() (t Trust, told bool) {
	_, isService := ServiceNamed(a.TrustName)
	switch {
	case isService:
		return Trust{TrustService, a.TrustName}, true
	case a.TrustID != "":
		return Trust{TrustAccountID, a.TrustID}, true
	case a.TrustName != "":
		return Trust{TrustAccount, a.TrustName}, true
	}
	return Trust{}, false
}

type wireAgency struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	TrustID     *string         `json:"trust_domain_id"`
	TrustName   *string         `json:"trust_domain_name"`
	Description *string         `json:"description"`
	Duration    json.RawMessage `json:"duration"`
	Created     *string         `json:"create_time"`
	Expires     *string         `json:"expire_time"`
}

func (w wireAgency) agency(operation string) (Agency, error) {
	if err := checkID(operation, "an agency", w.ID); err != nil {
		return Agency{}, err
	}
	if !validName(w.Name) {
		return Agency{}, incomplete(operation, "the agency with id %s has no usable name", w.ID)
	}
	a := Agency{ID: w.ID, Name: w.Name, Description: text(w.Description), TrustID: text(w.TrustID), TrustName: text(w.TrustName)}
	if a.TrustID != "" && !huaweicloud.ValidID(a.TrustID) || a.TrustName != "" && !validName(a.TrustName) {
		return Agency{}, incomplete(operation, "the agency with id %s trusts somebody with an unusable id or name", w.ID)
	}
	created, _ := parseTime(text(w.Created))
	if end := text(w.Expires); end != "" {
		var ok bool
		if a.Expires, ok = parseTime(end); !ok {
			a.ExpiryUnknown = end
		}
	}
	a.Lifetime = parseLifetime(w.Duration, created, a.Expires)
	return a, nil
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// ListAgencies returns all agencies of the account, in the cloud's order. Open Telekom Cloud documents no pages and is
// asked once. A server that refuses pages is taken at its one answer.
func (c *Client) ListAgencies(ctx context.Context) ([]Agency, error) {
	const operation = "list agencies"
	query := url.Values{"domain_id": {c.domain}}
	if !c.conn.Traits().PagedAgencies {
		return c.agencies(ctx, operation, query)
	}
	pages := huaweicloud.NewPages(get(operation, nil), agenciesPerPage, func(a Agency) string { return a.ID })
	return readPages(query, pages, agenciesPerPage, func(query url.Values) ([]Agency, error) { return c.agencies(ctx, operation, query) })
}

// AgencyNamed returns the agency of exactly that name; found is false when there is none. A refused or missing list is
// an error, not an agency that is not there.
func (c *Client) AgencyNamed(ctx context.Context, name string) (agency Agency, found bool, err error) {
	all, err := c.agencies(ctx, "look for an agency by name", url.Values{"domain_id": {c.domain}, "name": {name}})
	if err != nil {
		return Agency{}, false, err
	}
	for _, a := range all {
		if a.Name == name { // a server may ignore the filter
			return a, true, nil
		}
	}
	return Agency{}, false, nil
}

func (c *Client) agencies(ctx context.Context, operation string, query url.Values) ([]Agency, error) {
	var answer struct {
		Agencies huaweicloud.List[wireAgency] `json:"agencies"`
	}
	call := get(operation, query, "v3.0", "OS-AGENCY", "agencies")
	if err := c.conn.Do(ctx, call, &answer); err != nil {
		return nil, err
	}
	items, err := answer.Agencies.All(call, "agencies")
	if err != nil {
		return nil, err
	}
	all := make([]Agency, 0, len(items))
	for _, w := range items {
		a, err := w.agency(operation)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}
