package directory

import (
	"context"
	"net/url"
	"slices"

	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// The types of quotas, as the cloud names them.
const (
	QuotaAgencies       = "agency"
	QuotaCustomPolicies = "policy"
)

// Quota is how many things of one type the account may have, and has. Agencies of both kinds count together, those that
// services made included.
type Quota struct {
	Type  string `json:"type"`
	Limit int    `json:"limit"`
	Used  int    `json:"used"`
}

// ListQuotas returns the account's quotas: that of one type, or all of them for "". A type that the answer does not hold,
// or holds without its numbers, is left out.
//
// Source: IAM API reference, "Querying Resource Quotas".
func (c *Client) ListQuotas(ctx context.Context, only string) ([]Quota, error) {
	if c.conn.Recording() == nil {
		return c.listQuotas(ctx, only)
	}
	q := question("quotas", "")
	all, err := huaweicloud.Asked(ctx, c.conn, q, func(ctx context.Context) ([]Quota, error) { return c.listQuotas(ctx, "") })
	if slices.ContainsFunc(all, func(q Quota) bool { return q.Limit < 0 || q.Used < 0 }) {
		return nil, unusable(q)
	}
	return slices.DeleteFunc(all, func(q Quota) bool { return only != "" && q.Type != only }), err
}

func (c *Client) listQuotas(ctx context.Context, only string) ([]Quota, error) {
	const operation = "read quotas"
	query := url.Values{}
	if only != "" {
		query.Set("type", only)
	}
	var answer struct {
		Quotas struct {
			Resources huaweicloud.List[wireQuota] `json:"resources"`
		} `json:"quotas"`
	}
	call := get(operation, query, "v3.0", "OS-QUOTA", "domains", c.domain)
	if err := c.conn.Do(ctx, call, &answer); err != nil {
		return nil, err
	}
	items, err := answer.Quotas.Resources.All(call, "quotas")
	if err != nil {
		return nil, err
	}
	var all []Quota
	for _, w := range items {
		if w.Limit != nil && w.Used != nil && *w.Limit >= 0 && *w.Used >= 0 && (only == "" || w.Type == only) {
			all = append(all, Quota{Type: w.Type, Limit: *w.Limit, Used: *w.Used})
		}
	}
	return all, nil
}

type wireQuota struct {
	Type  string `json:"type"`
	Limit *int   `json:"quota"`
	Used  *int   `json:"used"`
}
