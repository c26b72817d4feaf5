package fabric

import (
	"encoding/json"

	"github.com/agencyctl/agencyctl/plan"
)

// Effects implements [plan.Knowledge]: each policy lets the service do the policy's actions in the region's project. A
// policy that the catalogue does not know gives an unknown effect.
func (Provider) Effects(r plan.Resource, catalogue *plan.Catalogue) []plan.Effect {
	name, ok := regionOf(r.Address)
	if !ok {
		return nil
	}
	var effects []plan.Effect
	for _, policy := range policiesOf(r) {
		effect := plan.Effect{Principal: "service:" + service, Scope: "project:" + name}
		var document policyDocument
		if e, known := policyIn(catalogue, name, policy); known && json.Unmarshal(e.Document, &document) == nil {
			effect.Actions = document.Actions
		}
		effects = append(effects, effect)
	}
	return effects
}
