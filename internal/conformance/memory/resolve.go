package memory

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// Resolve implements [providers.Provider]: it looks up the scopes and kinds of items, and adds the dependency of an
// item on the doc behind its kind.
func (p Provider) Resolve(desired []plan.Desired, _ *plan.Manifest, catalogue *plan.Catalogue) (providers.Resolution, []plan.Problem) {
	var out providers.Resolution
	var problems []plan.Problem
	for _, d := range desired {
		if d.Address.Type() != typeDoc || d.Absent {
			continue
		}
		entry, problem := docEntry(d, catalogue)
		if problem != nil {
			problems = append(problems, *problem)
			continue
		}
		out.Entries = append(out.Entries, entry)
	}
	after := catalogue.With(out.Entries...)
	for _, d := range desired {
		switch d.Address.Type() {
		case typeBox, typeDoc:
			out.Desired = append(out.Desired, d)
		case typeItem:
			resolved, wrong := resolveItem(d, after)
			problems = append(problems, wrong...)
			if len(wrong) == 0 {
				out.Desired = append(out.Desired, resolved)
			}
		}
	}
	return out, problems
}

// docEntry returns the catalogue entry that a desired doc makes. A doc cannot take the name of a kind that is no doc:
// then the addresses of that kind's items would change their spelling half-way through an apply.
func docEntry(d plan.Desired, catalogue *plan.Catalogue) (plan.CatalogueEntry, *plan.Problem) {
	name := nameOf(d.Address)
	entry := plan.CatalogueEntry{
		Kind: KindKind, Name: name, Qualifier: qualifierCustom, Type: TypeDoc, Document: documentOf(d.Attributes),
	}
	for _, other := range catalogue.Named(KindKind, name) {
		if other.Type != TypeDoc {
			return entry, &plan.Problem{
				At: d.Source, Summary: "name taken", Detail: fmt.Sprintf("a kind named %q exists and is no doc", name), Hint: "choose another name",
			}
		}
		entry.ID = other.ID
	}
	return entry, nil
}

// rules is the JSON document of a kind.
type rules struct {
	Allow []string `json:"allow"`
	Deny  []string `json:"deny"`
}

// documentOf returns the document that a doc's attributes make.
func documentOf(attributes plan.Attributes) json.RawMessage {
	allow, _ := attributes[AttributeAllow].AsSet()
	deny, _ := attributes[AttributeDeny].AsSet()
	text, err := json.Marshal(rules{Allow: append([]string{}, allow...), Deny: append([]string{}, deny...)})
	if err != nil {
		panic(err) // lists of strings always marshal
	}
	return text
}

func resolveItem(d plan.Desired, catalogue *plan.Catalogue) (plan.Desired, []plan.Problem) {
	box, scope, ref, ok := itemParts(d.Address)
	if !ok {
		return d, []plan.Problem{{At: d.Source, Summary: "bad item", Detail: fmt.Sprintf("%s does not name an item", d.Address)}}
	}
	var problems []plan.Problem
	place, err := catalogue.Lookup(KindScope, plan.Reference{Name: scope})
	if err != nil {
		problems = append(problems, lookupProblem(d.Source, err))
	}
	kind, err := catalogue.Lookup(KindKind, ref)
	if err != nil {
		problems = append(problems, lookupProblem(d.Source, err))
	}
	if len(problems) > 0 {
		return d, problems
	}
	d.Address = ItemAddress(box, scope, catalogue.Spell(kind))
	d.Bindings = map[string]string{BindingScope: place.ID}
	if kind.ID != "" {
		d.Bindings[BindingKind] = kind.ID
	}
	if kind.Type == TypeDoc {
		d.DependsOn = append(d.DependsOn[:len(d.DependsOn):len(d.DependsOn)], plan.Dependency{On: DocAddress(kind.Name), Implied: true})
	}
	return d, nil
}

// lookupProblem puts a failed look-up into words for the author.
func lookupProblem(at plan.Position, err error) plan.Problem {
	problem := plan.Problem{At: at, Detail: err.Error()}
	var unknown *plan.UnknownError
	var ambiguous *plan.AmbiguousError
	switch {
	case errors.As(err, &unknown):
		problem.Summary = "unknown " + unknown.Kind
		if len(unknown.Nearest) > 0 {
			problem.Hint = `did you mean "` + strings.Join(unknown.Nearest, `", "`) + `"?`
		}
	case errors.As(err, &ambiguous):
		problem.Summary = "ambiguous " + ambiguous.Kind
		problem.Hint = `write "` + strings.Join(ambiguous.Spellings, `" or "`) + `"`
	}
	return problem
}
