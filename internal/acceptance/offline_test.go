package acceptance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/plan/saved"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/schema"
)

// BenchmarkOffline measures all work that needs no connection: to validate a manifest, to compare it with a snapshot, and to write the
// plan as JSON, at two sizes to see that time and memory grow as the manifest does. The metric x-yaml is the time of processors as a
// multiple of what the YAML decoder needs to make nodes of the same bytes, and x-yaml-bytes the same of the memory allocated; x-text is
// what the text of the plan takes beside. All run in turns and the fastest turn of each counts, so that a busy machine changes little.
// Memory is the same on every machine: it fails above maxBytes where the account is nearly as the manifest says.
func BenchmarkOffline(b *testing.B) {
	atEachSize(b, func(b *testing.B, w *offline) {
		var ours, text, yardstick spent
		for b.Loop() {
			yardstick.add(func() { decodeNodes(b, w.source.Data) })
			var p *plan.Plan
			ours.add(func() {
				p, _ = w.plan(b)
				encode(b, "json", p)
			})
			text.add(func() { encode(b, "text", p) })
		}
		ours.report(b, "x-yaml", &yardstick)
		if ratio := ours.bytesOf(&yardstick); w.bounded && ratio > maxBytes {
			b.Fatalf("%.2f times the memory of the decoder, at most %.1f are allowed", ratio, maxBytes)
		}
		text.report(b, "x-text", &yardstick)
	})
}

// BenchmarkOfflineSave measures the same for what is saved of a plan. To save is to read back, and to build what was read again.
func BenchmarkOfflineSave(b *testing.B) {
	atEachSize(b, func(b *testing.B, w *offline) {
		p, in := w.plan(b)
		var save, yardstick spent
		for b.Loop() {
			yardstick.add(func() { decodeNodes(b, w.source.Data) })
			save.add(func() {
				_, err := saved.Save(p, in, saved.Program{Services: services.Registry(), Version: "test"})
				require.NoError(b, err)
			})
		}
		save.report(b, "x-yaml", &yardstick)
	})
}

// atEachSize runs a benchmark with a plan of no changes, of few, and with the first plan of an account.
func atEachSize(b *testing.B, run func(*testing.B, *offline)) {
	for _, c := range []struct {
		name string
		// differ makes an account differ from the manifest, and returns in how many changes.
		differ func(*plan.Snapshot) int
	}{
		{"NoChanges", func(*plan.Snapshot) int { return 0 }},
		{"OnePercentChanged", func(s *plan.Snapshot) int { return changeLive(s, 100) }},
		{"AllNew", func(s *plan.Snapshot) int { defer func() { s.Resources = nil }(); return len(s.Resources) }},
	} {
		for _, agencies := range []int{1_000, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", c.name, agencies), func(b *testing.B) {
				w := &offline{source: schema.Source{Name: "large.yaml", Data: largeManifest(agencies)}}
				w.snapshot = snapshotOf(b, w.source)
				w.changes = c.differ(w.snapshot)
				w.bounded = agencies == 10_000 && len(w.snapshot.Resources) > 0
				run(b, w)
			})
		}
	}
}

// maxBytes is how much more than the decoder a plan may allocate.
const maxBytes = 4.0

// offline is a manifest and what is live, and how many changes the plan has. Bounded says that the memory of its plan is.
type offline struct {
	bounded  bool
	source   schema.Source
	snapshot *plan.Snapshot
	changes  int
}

func encode(b *testing.B, format string, p *plan.Plan) {
	report := render.Report{Kind: render.Plan, Accounts: []render.Account{{Account: p.Account, Plan: p}}}
	require.NoError(b, render.Formats()[format](io.Discard, report, render.Options{}))
}

// spent is what the turns of some work have taken: the fastest, and the memory of all.
type spent struct {
	fastest time.Duration
	bytes   uint64
}

func (s *spent) add(work func()) {
	var before, after runtime.MemStats
	runtime.GC() // what others left is not collected in this turn
	runtime.ReadMemStats(&before)
	started := processorTime()
	work()
	if took := processorTime() - started; s.fastest == 0 || took < s.fastest {
		s.fastest = took
	}
	runtime.ReadMemStats(&after)
	s.bytes += after.TotalAlloc - before.TotalAlloc
}

func (s *spent) report(b *testing.B, unit string, yardstick *spent) {
	b.ReportMetric(s.fastest.Seconds()/yardstick.fastest.Seconds(), unit)
	b.ReportMetric(s.bytesOf(yardstick), unit+"-bytes")
}

func (s *spent) bytesOf(yardstick *spent) float64 { return float64(s.bytes) / float64(yardstick.bytes) }

func decodeNodes(b *testing.B, data []byte) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var root yaml.Node
		err := decoder.Decode(&root)
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(b, err)
	}
}

// plan does what a plan does, but for reading live state.
func (w *offline) plan(b *testing.B) (*plan.Plan, plan.Input) {
	manifest, desired := validated(b, w.source)
	in, problems := services.Registry().Input(manifest, desired, w.snapshot)
	require.Empty(b, plan.Fatal(problems))
	p, problems := plan.Build(in)
	require.Empty(b, problems)
	require.Len(b, p.Changes, w.changes)
	return p, in
}

// validated reads the one manifest of a source.
func validated(b *testing.B, source schema.Source) (*plan.Manifest, []plan.Desired) {
	manifests, _, problems := schema.Parse([]schema.Source{source})
	require.Empty(b, problems)
	require.Len(b, manifests, 1)
	desired, problems := engine.Validate(services.Registry(), manifests[0])
	require.Empty(b, problems)
	return manifests[0], desired
}

// largeManifest is a manifest of n agencies with five grants each, in every scope that all accounts have.
func largeManifest(n int) []byte {
	var b strings.Builder
	b.WriteString(`apiVersion: agencyctl/v1
account: {name: example-co}
cloud: {kind: huaweicloud, region: cn-north-4}
ownership:
  include: ["ops-*"]
guardrails:
  forbiddenRoles: [Security Administrator]
  maxDuration: 90d
agencies:
`)
	for i := range n {
		fmt.Fprintf(&b, `  - name: ops-%05d
    trust: {account: partner-%d}
    description: nightly copies of system %d
    duration: %dd
    owner: platform team
    grants:
      domain: [OBS ReadOnlyAccess]
      allProjects:
        - Tenant Guest
      projects:
        cn-north-4:
          - ECS ReadOnlyAccess
          - backup-read
        cn-east-%d: [VPC ReadOnlyAccess]
`, i, i%97, i, 1+i%90, i%5)
	}
	return []byte(b.String())
}

// snapshotOf is live state exactly as the source wants it, in an account with what a real one has to look names up in.
func snapshotOf(b *testing.B, source schema.Source) *plan.Snapshot {
	own := plan.Account{Name: "example-co", ID: "own"}
	snapshot := &plan.Snapshot{Account: own, Catalogue: plan.NewCatalogue(largeCatalogue(own)...)}
	for _, text := range []string{"agency/**", "grant/**", "policy/**"} {
		pattern, err := addr.ParsePattern(text)
		require.NoError(b, err)
		snapshot.Coverage = append(snapshot.Coverage, pattern)
	}
	manifest, desired := validated(b, source)
	snapshot.Cloud = manifest.Cloud
	resolution, problems := services.Registry().Resolve(desired, manifest, snapshot.Catalogue)
	require.Empty(b, plan.Fatal(problems))
	for i, d := range resolution.Desired {
		live := plan.Live{Resource: d.Resource}
		if d.Parent.IsZero() {
			live.ID = fmt.Sprintf("id-%d", i)
		}
		live.Attributes, live.Bindings = maps.Clone(d.Attributes), maps.Clone(d.Bindings)
		snapshot.Resources = append(snapshot.Resources, live)
	}
	slices.SortFunc(snapshot.Resources, func(x, y plan.Live) int { return addr.Compare(x.Address, y.Address) })
	return snapshot
}

func largeCatalogue(own plan.Account) []plan.CatalogueEntry {
	entries := []plan.CatalogueEntry{{Kind: directory.KindAccount, Name: own.Name, ID: own.ID, Own: true}}
	for i := range 97 {
		entries = append(entries, plan.CatalogueEntry{Kind: directory.KindAccount, Name: fmt.Sprintf("partner-%d", i), ID: fmt.Sprintf("p%d", i)})
	}
	for _, name := range []string{"cn-north-4", "cn-east-0", "cn-east-1", "cn-east-2", "cn-east-3", "cn-east-4"} {
		entries = append(entries, plan.CatalogueEntry{Kind: directory.KindProject, Name: name, ID: "id-" + name})
	}
	roles := map[string]string{
		"OBS ReadOnlyAccess": `"obs:*:get*","obs:*:list*","obs:*:head*"`, "Tenant Guest": `"ecs:*:get*","vpc:*:get*","rds:*:get*","evs:*:list*"`,
		"ECS ReadOnlyAccess": `"ecs:*:get*","ecs:*:list*"`, "VPC ReadOnlyAccess": `"vpc:*:get*","vpc:*:list*"`, "backup-read": `"obs:object:GetObject"`,
	}
	for i := range 300 {
		roles[fmt.Sprintf("Service%d FullAccess", i)] = fmt.Sprintf(`"s%d:*:*"`, i)
	}
	for name, actions := range roles {
		qualifier := "system"
		if name == "backup-read" {
			qualifier = "custom"
		}
		entries = append(entries, plan.CatalogueEntry{
			Kind: directory.KindRole, Name: name, ID: "id-" + name, Qualifier: qualifier, Type: "AA", InternalName: name,
			Document: json.RawMessage(`{"Version":"1.1","Statement":[{"Effect":"Allow","Action":[` + actions + `]}]}`),
		})
	}
	return entries
}

// changeLive gives one of every so many agencies another description and takes a grant from it, and returns how many
// changes that makes.
func changeLive(s *plan.Snapshot, every int) (changes int) {
	gone := map[addr.Address]bool{}
	agencies := 0
	for i := range s.Resources {
		l := &s.Resources[i]
		if !l.Parent.IsZero() {
			continue
		}
		if agencies++; agencies%every == 0 {
			l.Attributes["description"] = plan.StringValue("changed by hand")
			gone[l.Address] = true
			changes += 2
		}
	}
	s.Resources = slices.DeleteFunc(s.Resources, func(l plan.Live) bool {
		first := gone[l.Parent]
		delete(gone, l.Parent)
		return first
	})
	return changes
}
