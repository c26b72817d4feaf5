package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/schema"
)

// FromTerraform returns the manifest of what a Terraform state keeps, as it is live: the state only says which roots these are. Comments
// tell in what the two differ, and at the foot stand the commands by which Terraform forgets what the manifest takes over. Of the options
// only Now counts.
func FromTerraform(
	registry *providers.Registry, snapshot *plan.Snapshot, state *providers.TerraformState, o Options,
) (*schema.File, error) {
	x := newExporter(registry, snapshot, Options{Now: o.Now})
	account := &plan.Manifest{Account: snapshot.Account, Cloud: snapshot.Cloud}
	differences, problems := registry.CompareTerraform(state, account, snapshot)
	var now map[addr.Address]addr.Address
	x.only, now = takenOver(state, differences)
	if err := x.write(); err != nil {
		return nil, err
	}
	for _, d := range differences {
		x.remark(x.at[d.Address], terraformText(d))
	}
	for _, p := range problems {
		x.remark(0, fmt.Sprintf("%s: %s: %s", p.At.File, p.Summary, p.Detail))
	}
	for _, r := range state.Resources {
		switch {
		case r.Twin != "":
			x.remark(x.at[r.Root], fmt.Sprintf("%s is the same as %s in Terraform's state", r.Address, r.Twin))
		case r.Tainted:
			x.remark(x.at[r.Root], r.Address+" is tainted: Terraform would destroy it and make it anew. Untaint it, and export again")
		}
		if len(r.UsedBy) > 0 && x.at[r.Root] > 0 {
			x.remark(x.at[r.Root], fmt.Sprintf("%s is used in Terraform by %s", r.Address, enumerate(r.UsedBy)))
		}
	}
	for _, l := range state.Left {
		x.remark(0, fmt.Sprintf("%s stays with Terraform: %s", l.Address, l.Reason))
	}
	for _, c := range state.Others {
		x.remark(0, fmt.Sprintf("of other types, and not looked at: %d × %s", c.Count, c.Type))
	}
	kept := map[addr.Address]bool{} // by Terraform, for something else of the same address
	for _, r := range state.Resources {
		kept[r.Root] = kept[r.Root] || r.Tainted ||
			slices.ContainsFunc(state.Left, func(l providers.TerraformLeft) bool { return l.Address == r.Address })
	}
	taken := func(root addr.Address) bool { return !kept[root] && (x.at[root] > 0 || x.at[now[root]] > 0) }
	if commands := state.Commands(taken); len(commands) > 0 {
		const forget = "Once a plan of this file is empty, let Terraform forget what it takes over. Nothing in the cloud changes:"
		x.file.Foot = append([]string{forget}, commands...)
	}
	return x.file, nil
}

// takenOver are the live roots that a state keeps, and what those are now that are renamed. What has the name of one and another id is
// another thing.
func takenOver(
	state *providers.TerraformState, differences []providers.TerraformDifference,
) (only map[addr.Address]bool, now map[addr.Address]addr.Address) {
	only, now = map[addr.Address]bool{}, map[addr.Address]addr.Address{}
	for _, r := range state.Resources {
		only[r.Root] = true
	}
	for _, d := range differences {
		switch d.Kind {
		case providers.TerraformOther:
			delete(only, d.Address)
		case providers.TerraformRenamed:
			delete(only, d.Address)
			text, _ := d.Live.AsString()
			if a, err := addr.Parse(text); err == nil {
				only[a], now[d.Address] = true, a
			}
		}
	}
	return only, now
}

// terraformText says in what live state differs from what a Terraform state says.
func terraformText(d providers.TerraformDifference) string {
	switch d.Kind {
	case providers.TerraformGone:
		return fmt.Sprintf("%s is gone: %s is not live", d.Terraform, d.Address)
	case providers.TerraformOther:
		return fmt.Sprintf("%s is another one than the live %s, which has another id: it is not taken over", d.Terraform, d.Address)
	case providers.TerraformRenamed:
		return fmt.Sprintf("%s was %s, and is %s now", d.Terraform, d.Address, orNothing(d.Live))
	case providers.TerraformUnread:
		return fmt.Sprintf("%s cannot be compared: %s was not read", d.Terraform, d.Address)
	case providers.TerraformChanged:
		return fmt.Sprintf("%s is %s live, and %s in Terraform's state", d.Attribute, orNothing(d.Live), orNothing(d.State))
	case providers.TerraformMissing:
		return fmt.Sprintf("%s is in Terraform's state, and not live", d.Address)
	case providers.TerraformUnknown:
		return fmt.Sprintf("%s is live, and not in Terraform's state", d.Address)
	case providers.TerraformNotStored:
		return fmt.Sprintf("%s is live, and Terraform never looks there", d.Address)
	}
	panic("export: unknown kind of difference")
}

func enumerate(texts []string) string {
	const most = 3
	if len(texts) > most {
		return fmt.Sprintf("%s, and %d more", enumerate(texts[:most]), len(texts)-most)
	}
	return strings.Join(texts, ", ")
}

func orNothing(v plan.Value) string {
	if v.IsZero() {
		return "nothing"
	}
	return v.String()
}
