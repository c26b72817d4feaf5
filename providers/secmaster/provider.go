// Package secmaster knows the authorization of SecMaster, which lets it read what it protects through an agency that it
// makes itself: one for the account, called for one project.
//
// The service adds roles and never takes one away, and what its list of roles means when it is read is not documented.
// So the roles are compared through IAM where the agency is known there, and not at all where it is not; what is too
// much is revoked in IAM.
//
// Start reading at [Provider] for what is known offline, at [remote] for the connected half.
package secmaster

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

const (
	// service is the name by which entries, addresses and endpoints know it.
	service = "secmaster"
	// DefaultAgency is the name that SecMaster's agency most likely has in IAM; the service does not document it.
	DefaultAgency = "SecMaster_Agency"
)

//go:embed authorization.schema.json
var entrySchema []byte

// Provider is what is known of SecMaster without a connection. It is immutable and safe for concurrent use.
type Provider struct{ serviceagency.Provider }

var _ providers.Provider = Provider{}

// New returns the provider.
func New() Provider {
	return Provider{serviceagency.Provider{
		Service: service, Title: "SecMaster", Schema: entrySchema,
		Found: []string{settingRegion, serviceagency.SettingAgency}, Host: huaweicloud.Host{
			Name: service, Title: "SecMaster", APIs: []huaweicloud.API{"GET /v1/*/agency", "POST /v1/*/agency"},
		},
		Agencies: huaweicloud.Published{DefaultAgency: {Service: service, Likely: true}}, Projects: true, Through: through,
	}}
}

// Service returns SecMaster.
func Service() huaweicloud.Service {
	return huaweicloud.Service{
		Provider: New(), Host: New().Host, Agencies: New().Agencies, Simulated: "/v1",
		Connect: func(conn *huaweicloud.Connection, lag huaweicloud.Lag) providers.Remote {
			return &remote{serviceagency.NewRemote(conn, lag), New()}
		},
	}
}

// agencyOf returns the name of the service's agency: the one that the manifest gives, else [DefaultAgency].
func agencyOf(settings plan.Attributes) string {
	return cmp.Or(serviceagency.AgencyOf(settings), DefaultAgency)
}

// Manual implements [plan.Knowledge]. The service cannot take an authorization back, so a removal is done in IAM; where
// the agency is not known there, or must not be touched, it is left to a person. So is everything that goes through an
// agency that ownership.protect holds, or that trusts somebody else.
func (p Provider) Manual(before *plan.Live, after *plan.Desired, view *plan.View) []plan.Manual {
	if after != nil {
		return p.LeftToPerson(before, after, view)
	}
	if !view.Removes(before.Address) {
		return nil
	}
	project, _ := p.PlaceOf(before.Address)
	return p.Removing(view, serviceagency.Words{
		Attribute: roles,
		ByHand: fmt.Sprintf("in IAM, revoke from the agency that trusts SecMaster what only project %s needs, or delete it if no other "+
			"project uses SecMaster", project),
	}, p.removal(view, &before.Resource))
}

// Complete implements [providers.Provider]. The roles of an authorization are those that the service or the entry speaks of; what else
// the agency has is judged as a grant.
func (p Provider) Complete(view *plan.View) providers.Completion {
	c := p.Provider.Complete(view)
	for _, a := range view.Roots(func(a addr.Address) bool { _, own := p.PlaceOf(a); return own }) {
		if live := view.Live(a); live != nil && !view.Wants(a) && p.isGone(live, view) {
			c.Gone = append(c.Gone, a)
		}
	}
	for i := range c.Live {
		l := &c.Live[i]
		names, readable := l.Attributes[roles].AsSet()
		if !readable || !view.Wants(l.Address) {
			continue
		}
		spoken := spokenOf(view, l.Address)
		l.Attributes[roles] = plan.SetValue(slices.DeleteFunc(names, func(name string) bool {
			_, is := spoken[l.Bindings[roleBinding+name]]
			return !is
		})...)
	}
	return c
}

// through returns the agency of an authorization. Its name and whom it trusts are not documented; the service lists its roles, each
// with a scope, and the entry names those that it wants.
func through(view *plan.View, of addr.Address) []serviceagency.Agency {
	if _, ok := New().PlaceOf(of); !ok {
		return nil
	}
	spoken := spokenOf(view, of)
	return []serviceagency.Agency{{
		Name: agencyOf(serviceagency.SettingsOf(view, of)), Likely: []string{"op_svc_secmaster", "op_svc_csb", "op_svc_sa"},
		Explains: func(role plan.CatalogueEntry, scope directory.Scope) bool {
			listed, is := spoken[role.ID]
			return is && (scope == directory.Domain && listed != scopeProject || scope == directory.OneProject && listed != scopeDomain)
		},
	}}
}

// spokenOf returns the ids of the roles that the service lists for a project or that the entry wants, with the scope that is given
// for each; "" where none is.
func spokenOf(view *plan.View, of addr.Address) map[string]string {
	project, _ := New().PlaceOf(of)
	spoken := map[string]string{}
	if d := view.Desired(of); d != nil {
		texts, _ := textsOf(d.Settings)
		wanted, _ := d.Attributes[roles].AsSet()
		for _, name := range wanted {
			spoken[d.Bindings[roleBinding+name]] = texts[name].Scope
		}
	}
	for _, e := range view.Catalogue().Entries() {
		if place, id, _ := strings.Cut(e.ID, "/"); e.Kind == kindListed && place == project && spoken[id] == "" {
			spoken[id] = e.Type
		}
	}
	delete(spoken, "")
	return spoken
}

// isGone reports whether nothing is left of an authorization that nobody wants. The service says only whether its agency exists, for
// the whole account: a project is done when others need the agency and nothing is granted in this one.
func (p Provider) isGone(live *plan.Live, view *plan.View) bool {
	use, found, _ := serviceagency.UseIn(view, agencyOf(live.Settings))
	removal := p.removal(view, &live.Resource)
	return found && use.Stranger == "" &&
		use.Judge(serviceagency.ProjectID(view, removal.Project), len(removal.Staying) > 0) == serviceagency.Nothing
}

// removal is the taking away of the authorization of a project.
func (p Provider) removal(view *plan.View, of *plan.Resource) serviceagency.Removal {
	project, _ := p.PlaceOf(of.Address)
	r := serviceagency.Removal{Agency: agencyOf(of.Settings), Project: project}
	use, _, _ := serviceagency.UseIn(view, r.Agency)
	r.Staying, r.Leaving = p.Sharing(view, of.Address, 1, func([]string) bool { return true }, serviceagency.IsLive,
		func(other *plan.Live) bool {
			name, _ := p.PlaceOf(other.Address)
			return len(use.In(serviceagency.ProjectID(view, name))) > 0
		})
	return r
}

// roleEntries returns the catalogue's entries of roles.
func roleEntries(all []directory.Role) []plan.CatalogueEntry {
	entries := make([]plan.CatalogueEntry, 0, len(all))
	for _, role := range all {
		entries = append(entries, plan.CatalogueEntry{Kind: directory.KindRole, Name: role.DisplayName, ID: role.ID, Qualifier: role.Class()})
	}
	return entries
}
