package secmaster

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// kindOffered is the kind of the catalogue's entries for roles that SecMaster offers and that IAM does not list.
const kindOffered = "secmaster role"

// kindListed is the kind of the catalogue's entries for all roles that SecMaster lists: one for each project and role, with the role's
// id as name and the scope as type.
const kindListed = "secmaster listed role"

// Resolve implements [providers.Provider]: roles are looked up by display name, written as the catalogue spells them, and
// tied to their ids.
func (p Provider) Resolve(desired []plan.Desired, m *plan.Manifest, catalogue *plan.Catalogue) (providers.Resolution, []plan.Problem) {
	var out providers.Resolution
	own := providers.Within(desired, p.Prefix())
	problems := p.ResolveStated(own, m, catalogue)
	for _, d := range own {
		written, ok := d.Attributes[roles].AsSet()
		if !ok {
			out.Desired = append(out.Desired, d)
			continue
		}
		texts, err := textsOf(d.Settings)
		if err != nil {
			problems = append(problems, plan.Problem{At: d.Source, Summary: "bad roles",
				Detail: fmt.Sprintf("%s: what it says of roles cannot be read", d.Address)})
			continue
		}
		bindings := map[string]string{}
		for name, id := range d.Bindings {
			if !strings.HasPrefix(name, roleBinding) {
				bindings[name] = id
			}
		}
		renamed := false
		var spelled []string
		at := d.SourceOf(roles)
		for _, text := range written {
			name, id, err := lookup(catalogue, text)
			if err != nil {
				problems = append(problems, directory.LookupProblem(at, catalogue, err))
				continue
			}
			if slices.Contains(spelled, name) {
				problems = append(problems, plan.Problem{
					At: at, Summary: "role given twice", Hint: "remove one of the two",
					Detail: fmt.Sprintf("%q is already given in another spelling", text),
				})
				continue
			}
			if gone := tombstoneOf(desired, catalogue, id); gone != nil {
				problems = append(problems, plan.Problem{
					At: at, Summary: "role of an absent policy", Hint: "remove the role, or keep the policy",
					Detail: fmt.Sprintf("%s lists %q, which %s says is to be deleted", d.Address, text, gone.Source),
				})
				continue
			}
			spelled = append(spelled, name)
			bindings[roleBinding+name] = id
			if full, ok := texts[text]; ok && name != text {
				delete(texts, text)
				texts[name], renamed = full, true
			}
		}
		d.Attributes = maps.Clone(d.Attributes)
		d.Attributes[roles] = plan.SetValue(spelled...)
		d.Bindings = bindings
		if renamed {
			d.Settings = maps.Clone(d.Settings)
			d.Settings[settingTexts] = documentOf(texts)
		}
		out.Desired = append(out.Desired, d)
	}
	return out, problems
}

// tombstoneOf returns the tombstone of the custom policy behind a role, nil where there is none.
func tombstoneOf(desired []plan.Desired, catalogue *plan.Catalogue, id string) *plan.Desired {
	e, known := catalogue.ByID(directory.KindRole, id)
	if !known || e.Qualifier != policy.Custom {
		return nil
	}
	own := directory.PolicyAddress(plan.Reference{Name: e.Name})
	i := slices.IndexFunc(desired, func(d plan.Desired) bool { return d.Absent && d.Address == own })
	if i < 0 {
		return nil
	}
	return &desired[i]
}

// lookup finds the role that text means: its one spelling and its id.
func lookup(catalogue *plan.Catalogue, text string) (spelled, id string, err error) {
	ref := policy.ParseReference(text)
	e, err := catalogue.Lookup(directory.KindRole, ref)
	var unknown *plan.UnknownError
	if errors.As(err, &unknown) {
		offered, missed := catalogue.Lookup(kindOffered, ref)
		if missed != nil {
			return "", "", err
		}
		return catalogue.Spell(offered).String(), offered.ID, nil
	}
	if err != nil {
		return "", "", err
	}
	return catalogue.Spell(e).String(), e.ID, nil
}
