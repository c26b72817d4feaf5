package serviceagency

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

const (
	// kindHold is the kind of catalogue entries that say why nothing may be authorized through an agency. Each has the
	// address of an authorization as its name, and as its type what a person is told. An authorization that is not there yet
	// has no live resource to say it.
	kindHold = "held authorization"
	// bindingHeld carries the instructions to the plan.
	bindingHeld = "held"
)

// Service is how messages name a service and its agencies.
type Service struct {
	// Name is what people know the service by; Agency what an agency of it is, such as "the agency of SecMaster".
	Name, Agency string
}

// Route is an authorization with an agency through which it goes. An agency whose name is not known is "".
type Route struct {
	Authorization addr.Address
	Agency        string
}

// FindHolds returns the observation o, changed in place, with what forbids to authorize: an agency that is there and trusts
// somebody who is no cloud service, because that one would gain what the service asks for, and one that ownership.protect
// holds. The first is a warning as well. Where the credentials may not list agencies, that is told as not read. [Held]
// turns it into bindings.
func FindHolds(
	ctx context.Context, dir *directory.Directory, owned plan.Ownership, service Service, routes []Route, o *providers.Observation,
) (*providers.Observation, error) {
	routes = slices.DeleteFunc(slices.Clone(routes), func(r Route) bool { return r.Agency == "" })
	if len(routes) == 0 {
		return o, nil
	}
	all, err := dir.Agencies(ctx)
	if errors.Is(err, providers.ErrDenied) {
		o.NotRead = append(o.NotRead, plan.NotRead{Subject: "whom the agencies of " + service.Name + " trust", Reason: "the credentials may not list agencies"})
		return o, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find out whom the agencies of %s trust: %w", service.Name, err)
	}
	for _, r := range routes {
		i := slices.IndexFunc(all, func(a directory.Agency) bool { return a.Name == r.Agency })
		if i < 0 {
			continue
		}
		instruction := ""
		held := addr.New("agency", addr.Plain(r.Agency))
		if err := CheckTrust(all[i], service.Agency); err != nil {
			o.Warnings = append(o.Warnings, err.Error())
			instruction = fmt.Sprintf("the agency %s, through which %s would be authorized, trusts %s, which is no cloud service and would gain all that is "+
				"granted: delete or mend the agency in IAM first, and plan again", r.Agency, service.Name, stranger(all[i]))
		} else if owned.Protects(held, held) {
			instruction = fmt.Sprintf("ownership.protect holds agency %s, through which %s is authorized: change that first", r.Agency, service.Name)
		}
		if instruction == "" {
			continue
		}
		address := r.Authorization.String()
		o.Entries = append(o.Entries, plan.CatalogueEntry{
			Kind: kindHold, Name: address, ID: address + " " + r.Agency, Type: instruction,
		})
	}
	slices.Sort(o.Warnings)
	o.Warnings = slices.Compact(o.Warnings)
	return o, nil
}

// Held returns desired with what [FindHolds] found as bindings. The given resources are not changed.
func Held(desired []plan.Desired, catalogue *plan.Catalogue) []plan.Desired {
	result := slices.Clone(desired)
	for i := range result {
		d := &result[i]
		var instructions []string
		for _, e := range catalogue.Named(kindHold, d.Address.String()) {
			instructions = append(instructions, e.Type)
		}
		if len(instructions) == 0 || d.Absent {
			continue
		}
		bindings := map[string]string{bindingHeld: strings.Join(instructions, "; ")}
		maps.Copy(bindings, d.Bindings)
		d.Bindings = bindings
	}
	return result
}

// HeldByHand tells why a create or an update is left to a person, and what to do; nil when it is not.
func HeldByHand(after *plan.Desired) []plan.Manual {
	if after == nil || after.Bindings[bindingHeld] == "" {
		return nil
	}
	return []plan.Manual{{Instruction: after.Bindings[bindingHeld]}}
}
