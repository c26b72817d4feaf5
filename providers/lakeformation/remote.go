package lakeformation

import (
	"context"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// Option changes how a Remote works.
type Option func(*Remote)

// WithLag replaces [serviceagency.DefaultLag].
func WithLag(lag serviceagency.Lag) Option { return func(r *Remote) { r.lag = lag } }

// Remote reads and writes LakeFormation's authorization in the regions of one account. It is safe for concurrent use and
// needs no closing; the connection belongs to the caller.
//
// Writes run one after the other, because the regions share the agencies.
type Remote struct {
	conn     *huaweicloud.Connection
	client   *directory.Client
	projects *serviceagency.Projects
	lag      serviceagency.Lag
	ledger   *serviceagency.Ledger
}

var _ providers.Remote = (*Remote)(nil)

// NewRemote returns the service behind conn.
func NewRemote(conn *huaweicloud.Connection, options ...Option) *Remote {
	client := directory.NewClient(conn)
	r := &Remote{
		conn: conn, client: client, projects: serviceagency.NewProjects(client), lag: serviceagency.DefaultLag(), ledger: serviceagency.NewLedger(client),
	}
	for _, option := range options {
		option(r)
	}
	return r
}

// agencyTypes are the types of agency that the service has, with the names of their agencies as far as these are
// published.
var agencyTypes = []struct{ name, agency string }{
	{"ADMIN_TRUST", "lakeformation_admin_trust"},
	{"JOB_TRUST", "lakeformation_job_trust"},
	{"TABLE_SERVICE_TRUST", ""},
}

// publishedName returns the name of a type's agency, "" where it is not published, and whether there is such a type.
func publishedName(agencyType string) (name string, known bool) {
	for _, t := range agencyTypes {
		if t.name == agencyType {
			return t.agency, true
		}
	}
	return "", false
}

// site is what the calls for one resource are about.
type site struct{ region, project, agencyType string }

func (s site) address() addr.Address { return Address(s.region, s.agencyType) }

func (r *Remote) site(ctx context.Context, a addr.Address) (site, error) {
	region, agencyType, ok := parts(a)
	if !ok {
		return site{}, fmt.Errorf("%w: %s is no authorization of LakeFormation", providers.ErrInvalid, a)
	}
	project, err := r.projects.Of(ctx, region)
	return site{region, project, agencyType}, err
}

// write calls do with what the resource is about, when it is its turn.
func (r *Remote) write(ctx context.Context, resource plan.Resource, do func(site) error) error {
	done, err := r.ledger.Turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	at, err := r.site(ctx, resource.Address)
	if err != nil {
		return err
	}
	return do(at)
}

// Address returns the address of the authorization of one type of agency in a region.
func Address(region, agencyType string) addr.Address {
	return addr.New(typ, addr.Plain(service), addr.Plain(region), addr.Plain(agencyType))
}

// parts is the inverse of [Address]; ok is false for a type that the service does not have.
func parts(a addr.Address) (region, agencyType string, ok bool) {
	if a.Type() != typ { // most are not, and the rest costs memory
		return "", "", false
	}
	segments := a.Segments()
	if len(segments) != 3 {
		return "", "", false
	}
	region, agencyType = segments[1].Text, segments[2].Text
	_, known := publishedName(agencyType)
	return region, agencyType, known && Address(region, agencyType) == a
}

// everyType returns the addresses of all types in the regions of the given addresses; sorted, each once.
func everyType(addresses []addr.Address) []addr.Address {
	var all []addr.Address
	for _, a := range addresses {
		region, _, ok := parts(a)
		if !ok {
			continue
		}
		for _, t := range agencyTypes {
			all = append(all, Address(region, t.name))
		}
	}
	slices.SortFunc(all, addr.Compare)
	return slices.Compact(all)
}
