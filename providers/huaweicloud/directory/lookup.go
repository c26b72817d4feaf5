package directory

import (
	"errors"
	"fmt"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// LookupProblem returns a failed look-up in a catalogue as a problem of the manifest.
func LookupProblem(at plan.Position, catalogue *plan.Catalogue, err error) plan.Problem {
	problem := plan.Problem{At: at, Detail: err.Error()}
	var unknown *plan.UnknownError
	var ambiguous *plan.AmbiguousError
	switch {
	case errors.As(err, &unknown):
		problem.Summary = "unknown " + unknown.Kind
		problem.Detail = fmt.Sprintf("there is no %s %q in this account", unknown.Kind, unknown.Reference)
		problem.Hint = UnknownHint(catalogue, unknown)
	case errors.As(err, &ambiguous):
		problem.Summary = "ambiguous " + ambiguous.Kind
		var candidates []string
		for i, e := range ambiguous.Candidates {
			candidates = append(candidates, fmt.Sprintf("%s (%s)", ambiguous.Spellings[i], describe(e)))
		}
		problem.Detail = fmt.Sprintf("%q fits %d entries: %s", ambiguous.Reference, len(candidates), strings.Join(candidates, ", "))
		problem.Hint = `write "` + strings.Join(ambiguous.Spellings, `" or "`) + `"`
	}
	return problem
}

// describe tells candidates of one name apart.
func describe(e plan.CatalogueEntry) string {
	parts := []string{}
	if e.Qualifier != "" {
		parts = append(parts, e.Qualifier)
	}
	if e.Type != "" {
		parts = append(parts, "type "+e.Type)
	}
	if e.ID != "" {
		parts = append(parts, "id "+e.ID)
	}
	return strings.Join(parts, ", ")
}

// UnknownHint names what was perhaps meant by a name that the catalogue does not have; may be empty.
func UnknownHint(catalogue *plan.Catalogue, unknown *plan.UnknownError) string {
	near := unknown.Nearest
	if e, ok := catalogue.ByInternalName(KindRole, unknown.Reference.Name); ok && unknown.Kind == KindRole {
		near = []string{e.Name}
	}
	switch len(near) {
	case 0:
		return ""
	case 1:
		return `did you mean "` + near[0] + `"?`
	}
	return `did you mean "` + strings.Join(near[:len(near)-1], `", "`) + `" or "` + near[len(near)-1] + `"?`
}
