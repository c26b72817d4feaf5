package cloudsim

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
)

// lateRoleDelay is how long, by the server's clock, the second unpublished role stays hidden from reads. It ends with the next edit
// by hand, as every lag does. A state file holds the role at once, so that the next process shows it.
const lateRoleDelay = 30 * time.Second

// The unpublished roles of an agency, by number. Updates of its service add further ones.
const (
	guessedRole = 0 // in the place of a role that a page speaks of and does not name
	earlyRole   = 1
	lateRole    = 2
)

// unpublishedRole returns a role that a service gives its agency and no page names. Its name is drawn from the seed of the world,
// so that no client can know it. What kind of role it is and where it is granted depends on agency and number alone: four in a
// row are a custom policy and a system policy, in the project and in the account.
func unpublishedRole(seed, agency string, number int) serviceRole {
	kind := int(sha256.Sum256([]byte(agency))[0]) + number
	r := serviceRole{
		display: drawnName(seed, agency, number), scope: ScopeProject, system: kind%2 == 0, late: number == lateRole,
		actions: []string{"ces:metricData:list"},
	}
	if kind%4 < 2 {
		r.scope, r.actions = ScopeDomain, []string{"tms:predefineTags:list"}
	}
	return r
}

// drawnName returns a name of two words that mean nothing.
func drawnName(seed, agency string, number int) string {
	sum := sha256.Sum256([]byte(seed + "\x00" + agency + "\x00" + strconv.Itoa(number)))
	syllable := func(b byte) string { return string("bdfgklmnprstvwyz"[b%16]) + string("aeiou"[b/16%5]) }
	var b strings.Builder
	for i, word := range [][]byte{sum[0:3], sum[3:6]} {
		if i > 0 {
			b.WriteByte(" -_"[sum[6]%3])
		}
		for _, s := range word {
			b.WriteString(syllable(s))
		}
	}
	return b.String()
}

// unpublished returns the roles that the service gives the agency beside those of its pages.
func (x *exchange) unpublished(agency string) []serviceRole {
	if x.state.world.OnlyPublishedRoles {
		return nil
	}
	var roles []serviceRole
	for number := range lateRole + x.state.world.ServiceUpdates[agency] {
		roles = append(roles, unpublishedRole(x.state.world.RoleSeed, agency, number+1))
	}
	return roles
}

// drawn returns the agency with a drawn name for each role whose name is a guess.
func (x *exchange) drawn(spec serviceAgency) serviceAgency {
	if x.state.world.OnlyPublishedRoles {
		return spec
	}
	spec.roles = slices.Clone(spec.roles)
	for i := range spec.roles {
		if spec.roles[i].guessed {
			spec.roles[i].display = drawnName(x.state.world.RoleSeed, spec.name, guessedRole)
		}
	}
	return spec
}

// systemRole returns the role as an entry of the catalogue.
func (r serviceRole) systemRole(now time.Time) Role {
	sum := sha256.Sum256([]byte(r.display))
	return Role{
		ID: demoID("role", r.display), Name: "system_" + hex.EncodeToString(sum[:4]), DisplayName: r.display, Catalog: "BASE",
		Type: r.roleType(), Flag: fineGrained, Policy: r.policy(), Created: now, Updated: now,
	}
}

func (r serviceRole) roleType() string {
	if r.scope == ScopeDomain {
		return "AX"
	}
	return "XA"
}

func (r serviceRole) policy() Policy {
	return Policy{Version: "1.1", Statement: []Statement{{Effect: "Allow", Action: slices.Clone(r.actions)}}}
}
