package auth

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// Wanted is what the caller wants to work in.
type Wanted struct {
	// Account is whose resources are meant. Where no agency is assumed the credentials are taken to belong to it, as far
	// as they do not say themselves.
	Account plan.Account
	// Assume names an agency of Account to be assumed; "" leaves it to the environment.
	Assume string
	// Getenv looks up environment variables, the home directory among them. Nil reads nothing, no file either.
	Getenv func(name string) string
}

// candidate is what one source holds.
type candidate struct {
	found Found
	// missing are the names of what the source lacks; it is half set when there are any.
	missing []string
}

// search is one run of Find.
type search struct {
	getenv func(string) string
	// account is what credentials belong to that do not say themselves; zero where an agency is assumed.
	account plan.Account
}

// Find returns the credentials of the first complete source, in this order: access keys in the variables of the
// official SDK, HW_*, OS_*; a token in HW_*, OS_*; a user in HW_*, OS_*; the entry of clouds.yaml that OS_CLOUD names;
// the SDK's credentials file; the metadata service of a cloud server (unless AGENCYCTL_METADATA is "off").
//
// A source that is half set before a complete one is found is an error, which names what is missing in the one that
// lacks the least: nobody sets half of it on purpose. All errors wrap [ErrUnusable] and hold names, never values.
func Find(wanted Wanted) (Found, error) {
	if wanted.Getenv == nil {
		return Found{}, nothing()
	}
	s := search{getenv: wanted.Getenv}
	assume, err := s.assumption(wanted)
	if err != nil {
		return Found{}, err
	}
	if assume.Agency == "" {
		s.account = wanted.Account
	}
	found, err := s.first()
	if err != nil {
		return Found{}, err
	}
	if assume.Agency != "" {
		found.Assume = assume
	}
	if found.Assume.Agency == "" {
		found.AccountID = cmp.Or(found.AccountID, wanted.Account.ID)
		found.AccountName = cmp.Or(found.AccountName, wanted.Account.Name)
	}
	return found, found.check()
}

// sources are in the order of precedence.
var sources = []func(search) (*candidate, error){
	func(s search) (*candidate, error) { return s.keys(sdkVariables) },
	func(s search) (*candidate, error) { return s.keys(hwVariables) },
	func(s search) (*candidate, error) { return s.keys(osVariables) },
	func(s search) (*candidate, error) { return s.token(hwVariables) },
	func(s search) (*candidate, error) { return s.token(osVariables) },
	func(s search) (*candidate, error) { return s.user(hwVariables) },
	func(s search) (*candidate, error) { return s.user(osVariables) },
	search.cloudsFile,
	search.profile,
}

// unsupported are variables of ways in that other tools have, and we have not.
var unsupported = []string{"HUAWEICLOUD_SDK_IDP_ID", "HUAWEICLOUD_SDK_ID_TOKEN_FILE", "HW_PROFILE", "HW_SHARED_CONFIG_FILE"}

// first returns what the first complete source holds.
func (s search) first() (Found, error) {
	var nearest *candidate
	for _, source := range sources {
		c, err := source(s)
		switch {
		case err != nil:
			return Found{}, err
		case c == nil:
		case len(c.missing) == 0 && nearest == nil:
			return c.found, nil
		case len(c.missing) > 0 && (nearest == nil || len(c.missing) < len(nearest.missing)):
			nearest = c
		}
		if c != nil && len(c.missing) == 0 {
			break
		}
	}
	if nearest != nil {
		return Found{}, fmt.Errorf("%w: %s is half set; not set: %s (or take away what is set)", ErrUnusable, nearest.found.Source, strings.Join(nearest.missing, ", "))
	}
	if _, name := s.value(unsupported); s.getenv(name) != "" {
		return Found{}, fmt.Errorf("%w: %s is set, which is not supported; set %s, %s (docs/CREDENTIALS.md lists the other ways)",
			ErrUnusable, name, EnvAccessKey, EnvSecretKey)
	}
	return s.instance()
}

// nothing is the error when no source is set at all.
func nothing() error {
	return fmt.Errorf("%w: not set: %s, %s (docs/CREDENTIALS.md lists the other ways)", ErrUnusable, EnvAccessKey, EnvSecretKey)
}

// instance is the last source: the server that this may be.
func (s search) instance() (Found, error) {
	if s.getenv(EnvMetadata) == "off" {
		return Found{}, nothing()
	}
	return Found{Base: Instance{}, Source: "the metadata service of this server"}, nil
}

// check refuses what could not be sent as it is.
func (f Found) check() error {
	for _, id := range []string{f.AccountID, f.Assume.AccountID} {
		if id != "" && !ValidID(id) {
			return fmt.Errorf("%w: the account id for %s is not one: an id is made of letters, digits, hyphens and underscores", ErrUnusable, f.Source)
		}
	}
	if f.Assume.Agency != "" && f.Assume.AccountID == "" && f.Assume.AccountName == "" {
		return fmt.Errorf("%w: an agency is to be assumed, but not whose; set %s or account in the manifest", ErrUnusable, envAssumeDomainName[0])
	}
	return nil
}
