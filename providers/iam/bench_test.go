package iam_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/iam"
)

// manyGrants are n agencies with five grants each, of a hundred roles with policies of a common length, and what plan
// needs to compare them with nothing.
func manyGrants(n int) plan.Input {
	var entries []plan.CatalogueEntry
	for i := range 100 {
		entries = append(entries, plan.CatalogueEntry{
			Kind: directory.KindRole, Name: fmt.Sprintf("role %d", i), ID: fmt.Sprintf("r%d", i), Qualifier: "system", Type: "AA",
			Document: json.RawMessage(fmt.Sprintf(`{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["s%d:*:get*","s%d:*:list*","s%d:things:create","s%d:things:delete"]},
				{"Effect":"Deny","Action":["s%d:secrets:get"]}]}`, i, i, i, i, i)),
		})
	}
	in := plan.Input{Manifest: &plan.Manifest{}, Knowledge: iam.Provider{}, Snapshot: &plan.Snapshot{Catalogue: plan.NewCatalogue(entries...)}}
	for _, text := range []string{"agency/**", "grant/**"} {
		pattern, err := addr.ParsePattern(text)
		if err != nil {
			panic(err)
		}
		in.Snapshot.Coverage = append(in.Snapshot.Coverage, pattern)
	}
	for i := range n {
		name := fmt.Sprintf("agency-%05d", i)
		agency := plan.Resource{Address: directory.AgencyAddress(name), Attributes: plan.Attributes{
			"trust": plan.StringValue(fmt.Sprintf("account:partner-%d", i%50)), "duration": plan.StringValue("20d"),
		}}
		in.Desired = append(in.Desired, plan.Desired{Resource: agency})
		in.Snapshot.Resources = append(in.Snapshot.Resources, plan.Live{Resource: agency})
		for k := range 5 {
			grant := plan.Resource{
				Address: addr.New("grant", addr.Plain(name), addr.Plain("domain"), addr.Plain(fmt.Sprintf("role %d", (i*7+k)%100))), Parent: agency.Address,
				Attributes: plan.Attributes{},
			}
			in.Desired = append(in.Desired, plan.Desired{Resource: grant})
			if i > 0 || k > 0 { // one thing to do
				in.Snapshot.Resources = append(in.Snapshot.Resources, plan.Live{Resource: grant})
			}
		}
	}
	return in
}

// BenchmarkBuildAmongManyGrants is what weighing and the privilege delta cost where one of 50,000 grants is new.
func BenchmarkBuildAmongManyGrants(b *testing.B) {
	in := manyGrants(10_000)
	b.ReportAllocs()
	for b.Loop() {
		p, _ := plan.Build(in)
		if p == nil || len(p.Changes) != 1 {
			b.Fatal("not the plan that was wanted")
		}
	}
}
