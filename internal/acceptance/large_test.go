//go:build !race

package acceptance

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/export"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

// What large accounts give people to read. Small ones run the same goroutines, so that the race detector learns nothing here.

// grownWorld is the demo account with that many agencies more, as they grow where nobody looks: most for services with roles that read,
// some for other accounts, and some with much power.
func grownWorld(agencies int) cloudsim.World {
	w, random := cloudsim.DemoWorld(cloudsim.HuaweiCloud), rand.New(rand.NewPCG(1, 2))
	home := w.AccountNamed("example-co")
	party := func(name string) cloudsim.Party { return cloudsim.Party{ID: w.AccountNamed(name).ID, Name: name} }
	partner, auditor, roles := party("partner-co"), party("audit-partner"), map[string]string{}
	var reading []string
	for _, r := range w.Roles {
		roles[r.DisplayName] = r.ID
		if strings.Contains(r.DisplayName, "ReadOnly") {
			reading = append(reading, r.ID)
		}
	}
	strong := []string{"Tenant Administrator", "Security Administrator", "Agent Operator", "OBS OperateAccess", "ECS FullAccess", "VPC FullAccess"}
	for i := range agencies {
		id := fmt.Sprintf("%032x", 0xa0000+i)
		a := cloudsim.Agency{ID: id, Name: fmt.Sprintf("team%02d-job-%03d", i%17, i), Created: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}
		switch random.IntN(10) {
		case 0:
			a.Trust = partner
		case 1:
			a.Trust = auditor
		case 2, 3:
			a.Trust = cloudsim.Party{ID: home.ID, Name: home.Name}
		default:
			a.Trust = w.Services[random.IntN(len(w.Services))]
		}
		if random.IntN(3) == 0 {
			a.Hours = 24 * 30
			expires := a.Created.AddDate(0, 0, 30+random.IntN(3000))
			a.Expires = &expires
		}
		for range 1 + random.IntN(4) {
			g := cloudsim.Grant{Scope: cloudsim.ScopeProject, Target: home.Projects[random.IntN(3)].ID, Role: reading[random.IntN(len(reading))]}
			switch random.IntN(12) {
			case 0:
				g.Role = roles[strong[random.IntN(len(strong))]]
			case 1:
				g = cloudsim.Grant{Scope: cloudsim.ScopeAllProjects, Role: roles[strong[random.IntN(len(strong))]]}
			case 2:
				g = cloudsim.Grant{Scope: cloudsim.ScopeDomain, Role: roles[strong[random.IntN(len(strong))]]}
			case 3:
				g = cloudsim.Grant{Scope: cloudsim.ScopeAllProjects, Role: reading[random.IntN(len(reading))]}
			}
			if !slices.Contains(a.Grants, g) {
				a.Grants = append(a.Grants, g)
			}
		}
		home.Agencies = append(home.Agencies, a)
	}
	return w
}

// TestAnAuditOfManyAgenciesCanBeRead: the text is short, whatever the width, its first page has the worst, and no agency with a high finding
// is only counted.
func TestAnAuditOfManyAgenciesCanBeRead(t *testing.T) {
	w := grownWorld(500)
	state := filepath.Join(t.TempDir(), "sim.json")
	require.NoError(t, cloudsim.SaveState(state, &w))
	run := func(width int, args ...string) string {
		env := demoKeys()
		env["COLUMNS"] = fmt.Sprint(width)
		o := runWith(t.Context(), t, env, append([]string{"audit", "--sim=" + state, "--now", "2026-01-01", "-q"}, args...)...)
		require.Zero(t, o.code, o.stderr)
		return o.stdout
	}
	var document struct {
		Accounts []struct {
			Summary  struct{ High, Principals int }
			Findings []struct{ Severity, Address string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(run(100, "-o", "json")), &document))
	account := document.Accounts[0]
	require.Greater(t, account.Summary.High, 100, "else the account is too good to test anything")
	wide := run(0)
	require.Less(t, strings.Count(wide, "\n"), 150)
	require.Less(t, strings.Count(run(100), "\n"), 280, "every third agency has a high finding and is named")
	head := strings.Join(strings.Split(wide, "\n")[:45], "\n")
	assert.Equal(t, 10, strings.Count(head, "\n  agency/"), "the ten worst stand on the first page")
	for _, f := range account.Findings {
		if f.Severity == "high" && strings.HasPrefix(f.Address, "grant/") {
			require.Contains(t, wide, "agency/"+strings.Split(f.Address, "/")[1])
		}
	}
}

// TestALargeExportIsReadable: an account with 500 agencies takes few lines for each, none of them long, and is an empty plan.
func TestALargeExportIsReadable(t *testing.T) {
	w := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
	home := w.AccountNamed(w.Home)
	for i := range 500 {
		g := cloudsim.Agency{
			ID: fmt.Sprintf("%032x", i+1), Name: fmt.Sprintf("team%02d-job-%03d", i%20, i), Description: "copies of system " + strconv.Itoa(i),
			Trust: cloudsim.Party{ID: w.Services[i%len(w.Services)].ID, Name: w.Services[i%len(w.Services)].Name},
		}
		for k := range 5 {
			g.Grants = append(g.Grants, cloudsim.Grant{
				Scope: cloudsim.ScopeProject, Target: home.Projects[k%3].ID, Role: w.Roles[(i+7*k)%len(w.Roles)].ID,
			})
		}
		home.Agencies = append(home.Agencies, g)
	}
	home.Quotas = map[string]int{"agency": 1000}
	_, e, closed := openWorld(t, w)
	defer closed()
	isWhatIsLive(t, e, cloudOf(w))
	file := exportOf(t, e, cloudOf(w))
	text, _ := file.Text()
	lines := strings.Split(string(text), "\n")
	assert.Less(t, len(lines), 500*10)
	for _, line := range lines {
		assert.LessOrEqual(t, len(line), 120)
	}
	files := export.Split(file, export.SplitPrefix)
	assert.Len(t, files, 22)
	var sources []schema.Source
	for _, name := range export.Names(files) {
		part, _ := files[name].Text()
		sources = append(sources, schema.Source{Name: name, Data: part})
	}
	whole, _, problems := schema.Parse([]schema.Source{{Name: "m.yaml", Data: text}})
	require.Empty(t, plan.Fatal(problems))
	parts, _, problems := schema.Parse(sources)
	require.Empty(t, plan.Fatal(problems))
	assert.Equal(t, whole[0].Digest, parts[0].Digest, "several files mean what one means")
}
