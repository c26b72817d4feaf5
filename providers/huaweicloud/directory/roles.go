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
	ID string `json:"id"`
	// Name is the cloud's internal name, DisplayName what people write. The latter is never empty.
	Name        string `json:"name,omitempty"`
	DisplayName string `json:"displayName"`
	Catalog     string `json:"catalog,omitempty"`
	// Type is AX (account-wide services), XA (projects), AA (both) or XX (hidden).
	Type        string `json:"type,omitempty"`
	Description string `json:"description,omitempty"`
	Custom      bool   `json:"custom,omitempty"`
	// Policy is the policy document as sent by the cloud; nil when there is none.
	Policy json.RawMessage `json:"policy,omitempty"`
	// References is how many grants a custom policy has, to agencies, users and groups; nil where the cloud does not tell.
	References *int `json:"references,omitempty"`
}

// usable implements [kept].
func (r Role) usable() bool {
	return huaweicloud.ValidID(r.ID) && ValidName(r.DisplayName) && (len(r.Policy) == 0 || r.Policy[0] == '{') &&
		(r.References == nil || *r.References >= 0)
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
	if !ValidName(r.DisplayName) {
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

// NameKeys implements [huaweicloud.Named].
func (wireRole) NameKeys() []string { return []string{"display_name", "name"} }

// idAndName returns the id and the name that a record shows.
func (w wireRole) idAndName() (id, name string) { return w.ID, cmp.Or(text(w.DisplayName), w.Name) }

// ListSystemRoles returns the roles and policies of the cloud itself.
func (c *Client) ListSystemRoles(ctx context.Context) (Listed[Role], error) {
	return c.roles(ctx, "roles", "list system roles", false, "v3", "roles")
}

// ListCustomPolicies returns the account's own policies. The list of all roles has them too, without their references.
func (c *Client) ListCustomPolicies(ctx context.Context) (Listed[Role], error) {
	return c.roles(ctx, "policies", "list custom policies", true, "v3.0", "OS-ROLE", "roles")
}

// roles reads one of the lists of roles. Without pages Huawei Cloud cuts them off at 300, so there pages are a must. About is what the
// list is called in a recording.
func (c *Client) roles(ctx context.Context, about, operation string, custom bool, path ...string) (Listed[Role], error) {
	l := list[Role]{client: c, operation: operation, path: path, size: rolesPerPage, id: func(role Role) string { return role.ID }}
	l.page = func(ctx context.Context, path []string, query url.Values) (page[Role], error) {
		var answer struct {
			Roles huaweicloud.List[wireRole] `json:"roles"`
			Total count                      `json:"total_number"`
			Links links                      `json:"links"`
		}
		call := get(operation, query, path...)
		if err := c.conn.Do(ctx, call, &answer); err != nil {
			return page[Role]{}, err
		}
		items, err := answer.Roles.Items(call, "roles")
		return page[Role]{
			items: readItems(items, wireRole.idAndName, func(w wireRole) (Role, error) { return w.role(operation, custom) }),
			total: int(answer.Total), next: answer.Links.next(),
		}, err
	}
	if c.conn.Traits().PagedRoles {
		return asked(ctx, c, about, "", l.inPages)
	}
	return asked(ctx, c, about, "", l.linked)
}

// Role returns one role by id. The error wraps ErrNotFound when there is none.
func (c *Client) Role(ctx context.Context, id string) (Role, error) {
	q := question("role", id)
	role, err := huaweicloud.Asked(ctx, c.conn, q, func(ctx context.Context) (Role, error) { return c.role(ctx, id) })
	if err == nil && (!role.usable() || role.ID != id) {
		return Role{}, unusable(q)
	}
	return role, err
}

func (c *Client) role(ctx context.Context, id string) (Role, error) {
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
