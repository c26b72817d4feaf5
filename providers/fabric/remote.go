package fabric

import (
	"context"
	"fmt"
	"slices"
	"sync"

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

// Remote reads and writes Fabric's authorization in the regions of one account. It is safe for concurrent use and needs no
// closing; the connection belongs to the caller.
//
// Writes run one after the other, because all regions share one agency.
type Remote struct {
	conn     *huaweicloud.Connection
	client   *directory.Client
	projects *serviceagency.Projects
	lag      serviceagency.Lag
	ledger   *serviceagency.Ledger

	mu sync.Mutex
	// asked are the policies that creates through this Remote asked for, by region; see [Remote.visible].
	asked map[string][]string
}

var _ providers.Remote = (*Remote)(nil)

// NewRemote returns the service behind conn.
func NewRemote(conn *huaweicloud.Connection, options ...Option) *Remote {
	client := directory.NewClient(conn)
	r := &Remote{
		conn: conn, client: client, projects: serviceagency.NewProjects(client), lag: serviceagency.DefaultLag(),
		ledger: serviceagency.NewLedger(client), asked: map[string][]string{},
	}
	for _, option := range options {
		option(r)
	}
	return r
}

// site is where the calls of one resource go.
type site struct{ region, project string }

func (r *Remote) site(ctx context.Context, region string) (site, error) {
	project, err := r.projects.Of(ctx, region)
	return site{region, project}, err
}

// write calls do with where the resource lives, when it is its turn.
func (r *Remote) write(ctx context.Context, resource plan.Resource, do func(site) error) error {
	region, ok := regionOf(resource.Address)
	if !ok {
		return fmt.Errorf("%w: %s is no authorization of Fabric", providers.ErrInvalid, resource.Address)
	}
	done, err := r.ledger.Turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	at, err := r.site(ctx, region)
	if err != nil {
		return err
	}
	return do(at)
}

// Address returns the address of the authorization in a region.
func Address(region string) addr.Address {
	return addr.New(typ, addr.Plain(service), addr.Plain(region))
}

// regionOf is the inverse of [Address].
func regionOf(a addr.Address) (region string, ok bool) {
	if a.Type() != typ { // most are not, and the rest costs memory
		return "", false
	}
	segments := a.Segments()
	if len(segments) != 2 || Address(segments[1].Text) != a {
		return "", false
	}
	return segments[1].Text, true
}

// regionsOf returns the regions of addresses, sorted, each once.
func regionsOf(addresses []addr.Address) []string {
	var regions []string
	for _, a := range addresses {
		if region, ok := regionOf(a); ok {
			regions = append(regions, region)
		}
	}
	slices.Sort(regions)
	return slices.Compact(regions)
}

// visible returns the policies of a region that a change made through this Remote is held against. Where the service did
// not tell before the first create which policies it requires, the plan could not name them, and they are not held
// against it until the next full reading.
func (r *Remote) visible(region string, s state) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked, known := r.asked[region]
	if !known {
		return s.enabled
	}
	return slices.DeleteFunc(slices.Clone(s.enabled), func(name string) bool {
		return slices.Contains(s.required, name) && !slices.Contains(asked, name)
	})
}

// ask notes what a change is about to ask for, and forget that a full reading has shown what came of it.
func (r *Remote) ask(region string, names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked[region] = names
}

func (r *Remote) forget(region string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.asked, region)
}
