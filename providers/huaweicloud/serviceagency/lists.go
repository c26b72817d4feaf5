package serviceagency

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// listServices are the services that a manifest may name in its section of authorizations.
const listServices = "services"

// AttributeNames are the keys of an entry that list what the schema does not know; those that list known values are attributes
// of their own. attributeAgencies are the agencies that the service makes, and attributeRegions those that the vendor publishes it for.
const (
	AttributeNames    = "names"
	attributeAgencies = "makes"
	attributeRegions  = "regions"
)

// Lists implements [providers.Lister].
func (Provider) Lists() []providers.List { return []providers.List{{Name: listServices, Known: true}} }

// List implements [providers.Lister]. A cloud that does not have the service has nothing to list.
func (p Provider) List(_ string, s *plan.Snapshot) []plan.Listed {
	if !p.Host.On(s.Cloud.Kind) {
		return nil
	}
	var entry struct {
		Description string
		Properties  map[string]struct {
			Type  string
			Items struct{ Enum []string }
		}
	}
	if err := json.Unmarshal(p.Schema, &entry); err != nil {
		panic(err) // it is embedded
	}
	item := plan.Listed{Name: p.Service, Title: p.Host.Title, Description: entry.Description, Attributes: plan.Attributes{}}
	var others []string
	for key, property := range entry.Properties {
		switch {
		case len(property.Items.Enum) > 0:
			item.Attributes[key] = plan.SetValue(property.Items.Enum...)
		case property.Type == "array" && key != "dependsOn":
			others = append(others, key)
		}
	}
	for name, names := range map[string][]string{
		AttributeNames: others, attributeAgencies: slices.Collect(maps.Keys(p.Agencies)), attributeRegions: p.Host.Regions,
	} {
		if len(names) > 0 {
			item.Attributes[name] = plan.SetValue(names...)
		}
	}
	return []plan.Listed{item}
}
