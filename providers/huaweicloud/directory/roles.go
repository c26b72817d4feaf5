package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

const rolesPerPage = 300

// Role is a system role or policy, or a custom policy of the account.
type Role struct {
	ID string
	// Name is the cloud's internal name, DisplayName what people write. The latter is never empty.
	Name, DisplayName string
	Catalog           string
	// Type is AX (account-wide services), XA (projects), AA (both) or XX (hidden).
	Type        string
	Description string
	Custom      bool
	// Policy is the policy document as sent by the cloud; nil when there is none.
	Policy json.RawMessage
	// References is how many grants a custom policy has, to agencies, users and groups; nil where the cloud does not tell.
	References *int
}

// Class is the qualifier of the role's catalogue entry: [policy.System] or [policy.Custom].
func (r Role) Class() string {
	if r.Custom {
		return policy.Custom
	}
	return policy.System
}

type wireRole struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	DisplayName *string         `json:"display_name"`
	Catalog     *string         `json:"catalog"`
	Type        *string         `json:"type"`
	Description *string         `json:"description"`
	DomainID    *string         `json:"domain_id"`
	Policy      json.RawMessage `json:"policy"`
	References  json.RawMessage `json:"references"`
}

func (w wireRole) role(operation string, custom bool) (Role, error) {
	if err := checkID(operation, "a role", w.ID); err != nil {
		return Role{}, err
	}
	r := Role{
		ID: w.ID, Name: w.Name, DisplayName: cmp.Or(text(w.DisplayName), w.Name, w.ID), Catalog: text(w.Catalog),
		Type: text(w.Type), Description: text(w.Description), Custom: custom,
	}
	if !validName(r.DisplayName) {
		return Role{}, incomplete(operation, "the role with id %s has no usable name", w.ID)
	}
	if len(w.Policy) > 0 && w.Policy[0] == '{' {
		r.Policy = w.Policy
	}
	if n, err := strconv.Atoi(strings.Trim(string(w.References), `"`)); err == nil && n >= 0 {
		r.References = &n
	}
	return r, nil
}

// ListSystemRoles returns the roles and policies of the cloud itself.
func (c *Client) ListSystemRoles(ctx context.Context) ([]Role, error) {
	r := roleReader{client: c, path: []string{"v3", "roles"}, operation: "list system roles"}
	return r.list(ctx, url.Values{})
}

// ListCustomPolicies returns the account's own policies. The list of all roles has them too, without their references.
func (c *Client) ListCustomPolicies(ctx context.Context) ([]Role, error) {
	r := roleReader{
		client: c, path: []string{"v3.0", "OS-ROLE", "roles"}, operation: "list custom policies", custom: true,
	}
	return r.list(ctx, url.Values{})
}

// list pages through roles. Without pages Huawei Cloud cuts the list off at 300, so there pages are a must.
func (r *roleReader) list(ctx context.Context, query url.Values) ([]Role, error) {
	if !r.client.conn.Traits().PagedRoles {
		return r.follow(ctx, query)
	}
	pages := r.pages()
	for {
		got, err := r.page(ctx, r.path, paged(query, pages.Read()+1, rolesPerPage))
		if pages.Read() == 0 && refusesPaging(err) {
			return r.unpaged(ctx, query)
		}
		if err != nil {
			return nil, err
		}
		if last, err := pages.Add(got.roles, got.total); last || err != nil {
			return pages.All(), err
		}
	}
}

// roleReader reads one of the lists of roles.
type roleReader struct {
	client    *Client
	path      []string
	operation string
	custom    bool
}

// rolePage is one page; next links the one after it, where there are links.
type rolePage struct {
	roles []Role
	total int
	next  string
}

func (r *roleReader) pages() *huaweicloud.Pages[Role] {
	return huaweicloud.NewPages(get(r.operation, nil), rolesPerPage, func(role Role) string { return role.ID })
}

func (r *roleReader) page(ctx context.Context, path []string, query url.Values) (rolePage, error) {
	var answer struct {
		Roles huaweicloud.List[wireRole] `json:"roles"`
		Total count                      `json:"total_number"`
		Links struct {
			Next *string `json:"next"`
		} `json:"links"`
	}
	call := get(r.operation, query, path...)
	if err := r.client.conn.Do(ctx, call, &answer); err != nil {
		return rolePage{}, err
	}
	items, err := answer.Roles.All(call, "roles")
	if err != nil {
		return rolePage{}, err
	}
	p := rolePage{total: int(answer.Total), next: text(answer.Links.Next)}
	for _, w := range items {
		role, err := w.role(r.operation, r.custom)
		if err != nil {
			return rolePage{}, err
		}
		p.roles = append(p.roles, role)
	}
	return p, nil
}

// unpaged reads a server that refuses pages, and fails where the answer looks cut off.
func (r *roleReader) unpaged(ctx context.Context, query url.Values) ([]Role, error) {
	got, err := r.page(ctx, r.path, query)
	if err != nil {
		return nil, err
	}
	if n := len(got.roles); n == rolesPerPage || got.total > n {
		return nil, incomplete(r.operation, "the cloud refuses pages and its answer of %d looks cut off", n)
	}
	return got.roles, nil
}

// follow reads a list that links its pages.
func (r *roleReader) follow(ctx context.Context, query url.Values) ([]Role, error) {
	path, pages := r.path, r.pages()
	for {
		got, err := r.page(ctx, path, query)
		if err != nil {
			return nil, err
		}
		if err := pages.AddLinked(got.roles, got.total, got.next != ""); err != nil {
			return nil, err
		}
		if got.next == "" {
			return pages.All(), nil
		}
		if path, query, err = r.client.conn.Next(huaweicloud.ServiceIAM, got.next); err != nil {
			return nil, incomplete(r.operation, "%v", err)
		}
	}
}

// Role returns one role by id. The error wraps ErrNotFound when there is none.
func (c *Client) Role(ctx context.Context, id string) (Role, error) {
	const operation = "read a role"
	var answer struct {
		Role *wireRole `json:"role"`
	}
	if err := c.conn.Do(ctx, get(operation, nil, "v3", "roles", id), &answer); err != nil {
		return Role{}, err
	}
	if answer.Role == nil || answer.Role.ID != id {
		return Role{}, incomplete(operation, "the answer is about something else")
	}
	return answer.Role.role(operation, text(answer.Role.DomainID) != "")
}
