package cloudsim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// maxStateBytes is the size of the largest state file that is read or written.
const maxStateBytes = 64 << 20

// LoadState reads a world from a state file. A missing file gives an error that is fs.ErrNotExist; unknown keys, a
// foreign format version, dangling ids and more than maxStateBytes are errors too.
func LoadState(path string) (World, error) {
	w, _, err := loadState(path)
	return w, err
}

// loadState also returns the file's identity, by which the server notices a later change of the file.
func loadState(path string) (World, os.FileInfo, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // the opening itself can change a device
		return World{}, nil, fmt.Errorf("simulator state: %s is no regular file", path)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a named pipe would else be waited for
	if err != nil {
		return World{}, nil, fmt.Errorf("simulator state: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return World{}, nil, fmt.Errorf("simulator state: %w", err)
	}
	if !info.Mode().IsRegular() {
		return World{}, nil, fmt.Errorf("simulator state: %s is no regular file", path)
	}
	w, err := decodeWorld(f)
	if err != nil {
		return World{}, nil, fmt.Errorf("simulator state %s: %w", path, err)
	}
	return w, info, nil
}

// decodeWorld reads one world as strictly as LoadState.
func decodeWorld(r io.Reader) (World, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxStateBytes+1))
	if err != nil {
		return World{}, err
	}
	if len(data) > maxStateBytes {
		return World{}, fmt.Errorf("larger than %d bytes", maxStateBytes)
	}
	var head struct{ FormatVersion string }
	if json.NewDecoder(bytes.NewReader(data)).Decode(&head) != nil || head.FormatVersion == "" {
		// The decoder's error quotes keys, and whatever this file is may hold secrets.
		return World{}, errors.New(`not a world: a JSON object with "formatVersion" is wanted; name a file that the simulator has written`)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var w World
	if err := dec.Decode(&w); err != nil {
		return World{}, fmt.Errorf("not a world: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return World{}, errors.New("data after the end of the world")
	}
	if w.FormatVersion != WorldFormat {
		return World{}, fmt.Errorf("format version %q is not %q", w.FormatVersion, WorldFormat)
	}
	if err := w.check(); err != nil {
		return World{}, err
	}
	return w, nil
}

// SaveState writes the world sorted and indented, readable by its owner alone. The file is replaced in one step, by a rename
// within its folder, and is on disk when SaveState returns. It sorts w in place and sets the names in its grants.
func SaveState(path string, w *World) error {
	_, err := saveState(path, w)
	return err
}

func saveState(path string, w *World) (os.FileInfo, error) {
	if err := w.check(); err != nil {
		return nil, fmt.Errorf("simulator state %s: %w", path, err)
	}
	w.normalize()
	data, err := json.MarshalIndent(w, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("simulator state %s: %w", path, err)
	}
	if len(data) >= maxStateBytes {
		return nil, fmt.Errorf("simulator state %s: larger than %d bytes", path, maxStateBytes)
	}
	info, err := replaceFile(path, append(data, '\n'))
	if err != nil {
		return nil, fmt.Errorf("simulator state: %w", err)
	}
	return info, nil
}

// replaceFile replaces the file at path, or leaves it as it was. os.CreateTemp makes the file 0600.
func replaceFile(path string, data []byte) (info os.FileInfo, err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreNotExist(os.Remove(f.Name())))
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		info, err = f.Stat()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return nil, err
	}
	return info, syncDir(dir)
}

func ignoreNotExist(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// syncDir makes the rename durable. On systems that cannot sync a folder it does nothing.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	_ = d.Sync()
	return d.Close()
}

// normalize sorts the world and sets the names in its grants, as in the state file.
func (w *World) normalize() {
	w.FormatVersion = WorldFormat
	slices.SortFunc(w.Accounts, func(a, b Account) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	slices.SortFunc(w.Services, func(a, b Party) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	slices.SortFunc(w.Roles, compareRoles)
	for i := range w.Accounts {
		a := &w.Accounts[i]
		names := w.names(a)
		slices.SortFunc(a.Projects, func(a, b Project) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
		slices.SortFunc(a.EnterpriseProjects, func(a, b EnterpriseProject) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
		})
		slices.SortFunc(a.Policies, compareRoles)
		slices.SortFunc(a.Agencies, func(a, b Agency) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
		for j := range a.Agencies {
			grants := a.Agencies[j].Grants
			for k := range grants {
				grants[k].RoleName = names.roles[grants[k].Role]
				grants[k].TargetName = names.target(grants[k])
			}
			slices.SortFunc(grants, func(a, b Grant) int {
				return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.TargetName, b.TargetName), cmp.Compare(a.Target, b.Target),
					cmp.Compare(a.RoleName, b.RoleName), cmp.Compare(a.Role, b.Role))
			})
		}
	}
}

func compareRoles(a, b Role) int {
	return cmp.Or(cmp.Compare(a.DisplayName, b.DisplayName), cmp.Compare(a.ID, b.ID))
}

// nameTable maps the ids that a grant may use to names.
type nameTable struct {
	roles, projects, enterpriseProjects map[string]string
}

func (w *World) names(a *Account) nameTable {
	t := nameTable{roles: map[string]string{}, projects: map[string]string{}, enterpriseProjects: map[string]string{}}
	for _, r := range w.Roles {
		t.roles[r.ID] = r.DisplayName
	}
	for _, r := range a.Policies {
		t.roles[r.ID] = r.DisplayName
	}
	for _, p := range a.Projects {
		t.projects[p.ID] = p.Name
	}
	for _, p := range a.EnterpriseProjects {
		t.enterpriseProjects[p.ID] = p.Name
	}
	for _, known := range []map[string]string{t.roles, t.projects, t.enterpriseProjects} {
		for _, id := range w.Lost {
			if _, is := known[id]; !is {
				known[id] = ""
			}
		}
	}
	return t
}

func (t nameTable) target(g Grant) string {
	switch g.Scope {
	case ScopeProject:
		return t.projects[g.Target]
	case ScopeEnterpriseProject:
		return t.enterpriseProjects[g.Target]
	}
	return ""
}

// check reports all inconsistencies of the world that the server could not work with.
func (w *World) check() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if w.Cloud != HuaweiCloud && w.Cloud != OpenTelekomCloud {
		problem("cloud %q is neither %s nor %s", w.Cloud, HuaweiCloud, OpenTelekomCloud)
	}
	if a := w.AccountNamed(w.Home); a == nil || a.ID != w.Home {
		problem("home account %q is not among the accounts", w.Home)
	}
	parties, roles := newRegister("account or service"), newRegister("role")
	for _, a := range w.Accounts {
		parties.add(problem, a.ID, a.Name)
	}
	for _, s := range w.Services {
		parties.add(problem, s.ID, s.Name)
	}
	for _, r := range w.Roles {
		roles.add(problem, r.ID, "")
	}
	for i := range w.Accounts {
		w.checkAccount(&w.Accounts[i], maps.Clone(roles.ids), problem)
		if len(problems) > 20 {
			break
		}
	}
	return errors.Join(problems...)
}

func (w *World) checkAccount(a *Account, roleIDs map[string]bool, problem func(string, ...any)) {
	roles := register{kind: "role of " + a.Name, ids: roleIDs, names: map[string]bool{}}
	for _, r := range a.Policies {
		roles.add(problem, r.ID, "")
	}
	projects, eps := newRegister("project of "+a.Name), newRegister("enterprise project of "+a.Name)
	agencies := newRegister("agency of " + a.Name)
	for _, p := range a.Projects {
		projects.add(problem, p.ID, p.Name)
	}
	for _, p := range a.EnterpriseProjects {
		eps.add(problem, p.ID, p.Name)
	}
	names := w.names(a)
	for _, g := range a.Agencies {
		agencies.add(problem, g.ID, g.Name)
		seen := map[Grant]bool{}
		for _, grant := range g.Grants {
			key := Grant{Scope: grant.Scope, Target: grant.Target, Role: grant.Role}
			if seen[key] {
				problem("agency %s: the role %s is granted twice in %s", g.Name, grant.Role, grant.Scope)
			}
			seen[key] = true
			if err := checkGrant(grant, names); err != nil {
				problem("agency %s: %w", g.Name, err)
			}
		}
	}
}

func checkGrant(g Grant, names nameTable) error {
	roleName, known := names.roles[g.Role]
	if !known {
		return fmt.Errorf("no role has the id %q", g.Role)
	}
	if g.RoleName != "" && g.RoleName != roleName {
		return fmt.Errorf("the role %s is named %q, not %q", g.Role, roleName, g.RoleName)
	}
	targets := map[string]map[string]string{ScopeProject: names.projects, ScopeEnterpriseProject: names.enterpriseProjects}[g.Scope]
	switch {
	case targets == nil && g.Scope != ScopeDomain && g.Scope != ScopeAllProjects:
		return fmt.Errorf("unknown scope %q", g.Scope)
	case targets == nil && g.Target != "":
		return fmt.Errorf("scope %s has no target, got %q", g.Scope, g.Target)
	case targets == nil:
		return nil
	}
	name, known := targets[g.Target]
	if !known {
		return fmt.Errorf("no %s has the id %q", g.Scope, g.Target)
	}
	if g.TargetName != "" && g.TargetName != name {
		return fmt.Errorf("the %s %s is named %q, not %q", g.Scope, g.Target, name, g.TargetName)
	}
	return nil
}

// register finds ids and names that are empty or used twice.
type register struct {
	kind       string
	ids, names map[string]bool
}

func newRegister(kind string) register {
	return register{kind: kind, ids: map[string]bool{}, names: map[string]bool{}}
}

// add adds an id, and a name unless it is "".
func (r register) add(problem func(string, ...any), id, name string) {
	if id == "" {
		problem("%s %q has no id", r.kind, name)
	} else if r.ids[id] {
		problem("%s id %q is used twice", r.kind, id)
	}
	r.ids[id] = true
	if name != "" && r.names[name] {
		problem("%s name %q is used twice", r.kind, name)
	}
	r.names[name] = true
}
