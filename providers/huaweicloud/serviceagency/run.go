package serviceagency

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// defaultLag is what production uses. The services answer when the work is done; what lags behind is IAM.
var defaultLag = huaweicloud.Lag{Limit: 30 * time.Second, Poll: 2 * time.Second}

// Remote is what the connected halves of services with authorizations have in common. It is immutable and safe for concurrent
// use.
type Remote struct {
	Conn   *huaweicloud.Connection
	Client *directory.Client
	Lag    huaweicloud.Lag
}

// NewRemote returns what a service behind conn needs. A zero lag means half a minute.
func NewRemote(conn *huaweicloud.Connection, lag huaweicloud.Lag) Remote {
	return Remote{Conn: conn, Client: directory.NewClient(conn), Lag: lag.Or(defaultLag)}
}

// Run is what the calls of one run share: what it has done through the agencies of a service. Reads may still show the time
// before, and whoever takes an authorization away must know all that others have been given a moment ago. It is safe for
// concurrent use. A service that has more to share embeds it.
type Run struct {
	// turn is taken while a write runs: what one removal may take depends on every other write.
	turn chan struct{}
	// skipEnterpriseProjects leaves grants in enterprise projects unread.
	skipEnterpriseProjects bool
	leftOut                []string

	mu       sync.Mutex
	projects map[string]string
	serving  map[part]bool
	revoked  map[directory.Assignment]bool
	// entrusted are the agencies whose trust this run put right.
	entrusted map[string]bool
	// owned is nil until it is known; see [Remote.Owned].
	owned *ownedPlaces
}

// part is what one project has of an agency.
type part struct{ agency, projectID string }

// NewRun begins a run in which nothing has happened yet.
func NewRun(covered providers.Coverage) *Run {
	return &Run{
		turn: make(chan struct{}, 1), skipEnterpriseProjects: covered.LeavesOut(huaweicloud.PartEnterpriseProjects),
		leftOut: directory.LeftUnread(covered), projects: map[string]string{}, serving: map[part]bool{}, revoked: map[directory.Assignment]bool{},
		entrusted: map[string]bool{},
	}
}

// LeftOut are the words of cloud.notRead. Callers do not change them.
func (r *Run) LeftOut() []string { return r.leftOut }

// Project returns the id of the project of that name. One that the account does not have is an error that wraps ErrNotFound, and that
// [AtRoots] marks.
func (r *Run) Project(ctx context.Context, dir *directory.Directory, name string) (id string, err error) {
	r.mu.Lock()
	id = r.projects[name]
	r.mu.Unlock()
	if id != "" {
		return id, nil
	}
	all, err := dir.Projects(ctx)
	if err != nil {
		return "", err
	}
	names := make([]string, 0, len(all.All))
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, project := range all.All {
		if project.Name == name && project.Disabled {
			return "", &noProjectError{Name: name, Disabled: project.ID}
		}
		r.projects[project.Name] = project.ID // ids of projects do not change
		names = append(names, project.Name)
	}
	if id = r.projects[name]; id == "" {
		return "", &noProjectError{Name: name, Hint: plan.DidYouMean(name, names)}
	}
	return id, nil
}

// RegionProject returns the id of a region's project: the one of the same name, which the cloud makes with the region.
func (r *Run) RegionProject(ctx context.Context, dir *directory.Directory, region string) (id string, err error) {
	if id, err = r.Project(ctx, dir, region); err != nil {
		return "", fmt.Errorf("find the project of region %s: %w", region, err)
	}
	return id, nil
}

// InRegion returns [Run.RegionProject] of a region, for [Remote.Write].
func (r *Run) InRegion(region string) func(context.Context, *directory.Directory) (string, error) {
	return func(ctx context.Context, dir *directory.Directory) (string, error) {
		return r.RegionProject(ctx, dir, region)
	}
}

// noProjectError says that the account has no project of that name, which wraps ErrNotFound, or one that is disabled.
type noProjectError struct {
	Name string
	// Hint names projects that look like it; "" where none does.
	Hint string
	// Disabled is the id of a project that is switched off, "" where there is none.
	Disabled string
}

func (e *noProjectError) Error() string {
	if e.Disabled != "" {
		return fmt.Sprintf("the project %q (id %s) is disabled; enable it, or remove the entry", e.Name, e.Disabled)
	}
	if e.Hint != "" {
		return fmt.Sprintf("the account has no project %q; %s", e.Name, e.Hint)
	}
	return fmt.Sprintf("the account has no project %q; check the region and the project in the manifest, or open the region in the cloud's "+
		"console once", e.Name)
}

// Unwrap makes errors.Is find the kind.
func (e *noProjectError) Unwrap() error {
	if e.Disabled != "" {
		return nil
	}
	return providers.ErrNotFound
}

// authorizes notes, before the call is sent, that a project is about to be authorized through the agencies of these names.
// What was revoked from them there may come back with it.
func (r *Run) authorizes(projectID string, agencies ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range agencies {
		if name != "" {
			r.serving[part{name, projectID}] = true
		}
	}
	for g := range r.revoked {
		if g.TargetID == projectID || g.TargetID == "" {
			delete(r.revoked, g)
		}
	}
}

// Withdrawn notes that a project no longer has anything of the agency.
func (r *Run) Withdrawn(projectID, agency string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.serving[part{agency, projectID}] = false
}

// HasWithdrawn reports whether this run took the project's part from the agency, or found it gone.
func (r *Run) HasWithdrawn(projectID, agency string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	serves, known := r.serving[part{agency, projectID}]
	return known && !serves
}

// correct adds to what was read of an agency what this run did.
func (r *Run) correct(use Use) Use {
	r.mu.Lock()
	defer r.mu.Unlock()
	use.Grants = slices.DeleteFunc(use.Grants, func(g directory.Assignment) bool { return r.revoked[g] })
	for p, serves := range r.serving {
		if serves && p.agency == use.Name {
			use.Serving = append(use.Serving, p.projectID)
		}
	}
	slices.Sort(use.Serving)
	return use
}

func (r *Run) hasEntrusted(agency string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entrusted[agency] = true
}

func (r *Run) isEntrusted(agency string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.entrusted[agency]
}

func (r *Run) hasRevoked(g directory.Assignment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.revoked[g] = true
}

// Writing is one write while it has its turn.
type Writing struct {
	providers.Write
	Run *Run
	// Client counts the attempts.
	Client *directory.Client
	Lag    huaweicloud.Lag
	// ProjectID is the project of the authorization.
	ProjectID string
}

// Write waits until no other write of the run is under way, finds the project, and calls do. What still waits when the run is
// told to stop gets [context.Canceled].
func (r Remote) Write(
	ctx context.Context, w providers.Write, run *Run, project func(context.Context, *directory.Directory) (string, error),
	do func(*Writing) error,
) error {
	select {
	case <-ctx.Done():
		return providers.ContextError(ctx, ctx.Err())
	case <-w.Stop:
		return context.Canceled
	case run.turn <- struct{}{}:
	}
	defer func() { <-run.turn }()
	select { // both at once: a select chooses either
	case <-w.Stop:
		return context.Canceled
	default:
	}
	if w.View == nil { // a write that rests on nothing but itself
		var wanted []plan.Desired
		if w.After != nil {
			wanted = append(wanted, plan.Desired{Resource: *w.After})
		}
		w.View = plan.NewView(&plan.Snapshot{}, plan.Ownership{}, wanted)
	}
	client := r.Client.Counting(w.Attempts)
	id, err := project(ctx, directory.New(client))
	if err != nil {
		return err
	}
	return do(&Writing{Write: w, Run: run, Client: client, Lag: r.Lag, ProjectID: id})
}

// Authorize sends a write that authorizes the project, once; after an answer that does not tell whether it was made it looks, by
// made. An agency of the service that trusts somebody else is an error that wraps ErrConflict, and then nothing is sent. Agencies are
// the names by which the run remembers what the project has.
func (w *Writing) Authorize(
	ctx context.Context, p Provider, agencies []string, send func(context.Context) error, made func(context.Context) (bool, error),
) error {
	if err := w.checkTrust(ctx, p); err != nil {
		return err
	}
	w.Run.authorizes(w.ProjectID, agencies...)
	return w.Lag.Send(ctx, send, made)
}

// AuthorizeUnseen is [Writing.Authorize] of what cannot be looked at: an answer that does not tell leaves the outcome unknown.
func (w *Writing) AuthorizeUnseen(ctx context.Context, p Provider, agencies []string, send func(context.Context) error) error {
	if err := w.checkTrust(ctx, p); err != nil {
		return err
	}
	w.Run.authorizes(w.ProjectID, agencies...)
	return send(ctx)
}

// AtRoots marks the error of a project that the account does not have, or that is disabled, or of an answer that a snapshot does not hold,
// with the roots that need it. Any other error stays as it is.
func AtRoots(err error, roots []providers.Root, need func(addr.Address) bool) error {
	var missing *noProjectError
	if !errors.As(err, &missing) && !errors.Is(err, providers.ErrNotRecorded) {
		return err
	}
	marked := &providers.RootError{Err: err}
	for _, root := range roots {
		if need(root.Address) {
			marked.Roots = append(marked.Roots, root.Address)
		}
	}
	return marked
}
