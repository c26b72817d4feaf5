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
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// TrustID and TrustName say who may act through it: an account, or a cloud service named op_svc_*. Either may be
	// empty; both are for an agency of the newer kind, which has a trust policy instead.
	TrustID   string   `json:"trustId,omitempty"`
	TrustName string   `json:"trustName,omitempty"`
	Lifetime  Lifetime `json:"lifetime,omitzero"`
	// Expires is zero for never. ExpiryUnknown holds the cloud's text where it could not be read.
	Expires       time.Time `json:"expires,omitzero"`
	ExpiryUnknown string    `json:"expiryUnknown,omitempty"`
}

// usable implements [kept].
func (a Agency) usable() bool {
	return huaweicloud.ValidID(a.ID) && ValidName(a.Name) && (a.TrustID == "" || huaweicloud.ValidID(a.TrustID)) &&
		(a.TrustName == "" || ValidName(a.TrustName)) && a.Lifetime.Hours >= 0 && a.Lifetime.Hours <= maxHours
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
	if !ValidName(w.Name) {
		return Agency{}, incomplete(operation, "the agency with id %s has no usable name", w.ID)
	}
	a := Agency{ID: w.ID, Name: w.Name, Description: text(w.Description), TrustID: text(w.TrustID), TrustName: text(w.TrustName)}
	if a.TrustID != "" && !huaweicloud.ValidID(a.TrustID) || a.TrustName != "" && !ValidName(a.TrustName) {
		return Agency{}, incomplete(operation, "the agency with id %s trusts somebody with an unusable id or name", w.ID)
	}
	created, _ := ParseTime(text(w.Created))
	if end := text(w.Expires); end != "" {
		var ok bool
		if a.Expires, ok = ParseTime(end); !ok {
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

// NameKeys implements [huaweicloud.Named].
func (wireAgency) NameKeys() []string { return []string{"name"} }

// idAndName returns the id and the name that a record shows.
func (w wireAgency) idAndName() (id, name string) { return w.ID, w.Name }

// ListAgencies returns all agencies of the account, in the cloud's order. Open Telekom Cloud documents no pages.
func (c *Client) ListAgencies(ctx context.Context) (Listed[Agency], error) {
	l := c.agencies("list agencies", url.Values{"domain_id": {c.domain}})
	if c.conn.Traits().PagedAgencies {
		return asked(ctx, c, "agencies", "", l.inPages)
	}
	return asked(ctx, c, "agencies", "", l.linked)
}

// AgencyNamed returns the agency of exactly that name; found is false when there is none. A refused or missing list is
// an error, not an agency that is not there, and so is an agency that is not as documented and may be the one, where no other is it.
// LeftOut are the words of cloud.notRead.
func (c *Client) AgencyNamed(ctx context.Context, name string, leftOut ...string) (agency Agency, found bool, err error) {
	const operation = "look for an agency by name"
	all, err := c.agencies(operation, url.Values{"domain_id": {c.domain}, "name": {name}}).linked(ctx)
	if err != nil {
		return Agency{}, false, err
	}
	for _, a := range all.All {
		if a.Name == name { // a server may ignore the filter
			return a, true, nil
		}
	}
	return Agency{}, false, all.errIfHidden(operation, leftOut, name)
}

func (c *Client) agencies(operation string, query url.Values) *list[Agency] {
	l := &list[Agency]{
		client: c, operation: operation, path: []string{"v3.0", "OS-AGENCY", "agencies"}, query: query, size: agenciesPerPage,
		id: func(a Agency) string { return a.ID },
	}
	l.page = func(ctx context.Context, path []string, query url.Values) (page[Agency], error) {
		var answer struct {
			Agencies huaweicloud.List[wireAgency] `json:"agencies"`
			Total    count                        `json:"total_number"`
			Links    links                        `json:"links"`
		}
		call := get(operation, query, path...)
		if err := c.conn.Do(ctx, call, &answer); err != nil {
			return page[Agency]{}, err
		}
		items, err := answer.Agencies.Items(call, "agencies")
		return page[Agency]{
			items: readItems(items, wireAgency.idAndName, func(w wireAgency) (Agency, error) { return w.agency(operation) }),
			total: int(answer.Total), next: answer.Links.next(),
		}, err
	}
	return l
}
