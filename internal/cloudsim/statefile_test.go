package cloudsim_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

func TestStateSurvivesARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	options := cloudsim.Options{State: path, Keys: []cloudsim.Key{{Access: "other-access", Secret: "other-secret"}}}
	s := newStage(t, options)
	id := s.granted("ops")
	require.Equal(t, 201, s.call(http.MethodPost, policiesPath, policyBody("backup", "AX", `["obs:object:GetObject"]`)).status)
	require.Equal(t, 200, s.call(http.MethodPut, agenciesPath+"/"+id, `{"agency":{"duration":20,"description":"a <b> & \u00e9"}}`).status)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	world := s.sim.World()

	s = newStage(t, options)
	assert.Equal(t, world, s.sim.World())
	require.Equal(t, 200, s.call(http.MethodPut, agenciesPath+"/"+id, `{"agency":{"description":"x"}}`).status)
	changed, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.NotEqual(t, string(before), string(changed), "an answered change is in the file")
	require.Equal(t, 200, s.call(http.MethodPut, agenciesPath+"/"+id, `{"agency":{"description":"a <b> & \u00e9"}}`).status)
	again := s.sim.World()
	for i := range again.Accounts {
		again.Accounts[i].Traces = world.Accounts[i].Traces // what was done stays on record
	}
	require.NoError(t, cloudsim.SaveState(path, &again))
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after), "the same state is the same bytes")

	for _, secret := range []string{cloudsim.DemoSecretKey, cloudsim.DemoAccessKey, "other-access", "other-secret"} {
		assert.NotContains(t, string(after), secret)
	}
	assert.Contains(t, string(after), `"roleName": "ReadOnlyAccess"`, "readers see names")
	assert.Contains(t, string(after), `"targetName": "cn-north-4"`)
	if runtime.GOOS != "windows" {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "no temporary file is left")
}

func TestStateIsTakenOverWhenItWasEdited(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	s := newStage(t, cloudsim.Options{State: path})
	w, err := cloudsim.LoadState(path)
	require.NoError(t, err)
	edit, err := cloudsim.ParseEdit([]string{"set", "legacy-import", "trust", "audit-partner"})
	require.NoError(t, err)
	require.NoError(t, w.Edit("", edit))
	require.NoError(t, cloudsim.SaveState(path, &w))
	r := s.call(http.MethodGet, agenciesPath+"?domain_id="+s.home+"&name=legacy-import", "")
	assert.Equal(t, "audit-partner", r.list("agencies")[0]["trust_domain_name"])
	require.NoError(t, os.Remove(path))
	r = s.call(http.MethodGet, agenciesPath+"?domain_id="+s.home, "")
	assert.Equal(t, 500, r.status, "a state that is gone is no empty cloud")
	assert.Contains(t, r.message(), "simulator state")
}

func TestAChangeThatCannotBeSavedIsNotMade(t *testing.T) {
	dir := t.TempDir()
	w := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
	require.NoError(t, cloudsim.SaveState(filepath.Join(dir, "short"), &w))
	// The name is just short enough for a file system, and the temporary file's longer one is not.
	path := filepath.Join(dir, strings.Repeat("s", 250))
	require.NoError(t, os.Rename(filepath.Join(dir, "short"), path))
	s := newStage(t, cloudsim.Options{State: path})
	before := s.sim.World()
	for range 2 {
		r := s.call(http.MethodPost, agenciesPath, `{"agency":{"name":"new","domain_id":"`+s.home+`","trust_domain_name":"partner-co"}}`)
		assert.Equal(t, 500, r.status)
		assert.Contains(t, r.message(), "simulator state")
		require.Error(t, s.sim.Edit("", cloudsim.Edit{Verb: cloudsim.EditDelete, Agency: "monitoring"}))
		assert.Equal(t, before, s.sim.World(), "memory and file agree")
	}
	assert.Equal(t, 200, s.call(http.MethodGet, agenciesPath+"?domain_id="+s.home, "").status)
}

func TestBadStateFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	good := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
	require.NoError(t, cloudsim.SaveState(path, &good))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	text := string(data)
	for name, test := range map[string]struct{ content, message string }{
		"empty":                {"", "not a world"},
		"cut short":            {text[:len(text)/2], "not a world"},
		"more after the end":   {text + "{}", "data after the end"},
		"an unknown key":       {strings.Replace(text, `"home"`, `"homes"`, 1), "unknown field"},
		"a later version":      {strings.Replace(text, `"formatVersion": "1"`, `"formatVersion": "2"`, 1), `format version "2"`},
		"another cloud":        {strings.Replace(text, `"cloud": "huaweicloud"`, `"cloud": "x"`, 1), `cloud "x"`},
		"a home that is not":   {strings.Replace(text, `"home": "`, `"home": "x`, 1), "home account"},
		"a name used twice":    {strings.Replace(text, `"name": "monitoring"`, `"name": "legacy-import"`, 1), `name "legacy-import" is used twice`},
		"a dangling role":      {strings.Replace(text, `"role": "`, `"role": "x`, 1), "no role has the id"},
		"a misleading name":    {strings.Replace(text, `"roleName": "Tenant Administrator"`, `"roleName": "Tenant Guest"`, 1), `is named "Tenant Administrator", not "Tenant Guest"`},
		"an unknown scope":     {strings.Replace(text, `"scope": "domain"`, `"scope": "world"`, 1), `unknown scope "world"`},
		"a target too many":    {strings.Replace(text, `"scope": "domain",`, `"scope": "domain", "target": "x",`, 1), "has no target"},
		"a target that is not": {strings.Replace(text, `"scope": "domain",`, `"scope": "project", "target": "x",`, 1), `no project has the id "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			require.NotEqual(t, text, test.content)
			require.NoError(t, os.WriteFile(path, []byte(test.content), 0o600))
			_, err := cloudsim.LoadState(path)
			require.ErrorContains(t, err, test.message)
			_, err = cloudsim.New(cloudsim.Options{State: path})
			require.ErrorContains(t, err, test.message, "a file that cannot be read is never overwritten")
			kept, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, test.content, string(kept))
		})
	}
	_, err = cloudsim.LoadState(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	_, err = cloudsim.New(cloudsim.Options{State: path, Cloud: cloudsim.OpenTelekomCloud})
	require.ErrorContains(t, err, "not opentelekomcloud")
	_, err = cloudsim.New(cloudsim.Options{Keys: []cloudsim.Key{{Access: "a", Secret: "s", Account: "nobody"}}})
	require.ErrorContains(t, err, "nobody")
	_, err = cloudsim.New(cloudsim.Options{Keys: []cloudsim.Key{{Access: "a"}}})
	require.ErrorContains(t, err, "incomplete")
}

func TestTheSeedIsNotShared(t *testing.T) {
	seed := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
	s := newStage(t, cloudsim.Options{Seed: seed})
	s.granted("ops")
	require.NoError(t, s.sim.Edit("", cloudsim.Edit{Verb: cloudsim.EditRevoke, Agency: "monitoring", Scope: "all-projects", Role: "CES ReadOnlyAccess"}))
	assert.Equal(t, cloudsim.DemoWorld(cloudsim.HuaweiCloud), seed)
}
