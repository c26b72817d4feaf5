package auth

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// ErrNoCredentials is wrapped by the error of [Find] and [New] when credentials are missing, half given or malformed, or
// when nobody says which account they belong to.
var ErrNoCredentials = errors.New("no usable credentials")

// Base are credentials as the user gave them: exactly one of [Keys], [Token], [User] and [Instance].
type Base interface{ base() }

// Keys are an access key with its secret key. Temporary ones have a security token too.
type Keys struct{ Access, Secret, SecurityToken Secret }

// Token is a token that somebody else obtained. How long it lives is not known.
type Token struct{ Value Secret }

// User is a user with a password. ID is enough; a Name needs the account of the user by id or name.
type User struct {
	ID, Name             string
	Password             Secret
	DomainID, DomainName string
}

// Instance means the temporary keys that a cloud server gets for its own agency from the metadata service. Whether this
// machine is such a server is only known once the service is asked.
type Instance struct{}

func (Keys) base()     {}
func (Token) base()    {}
func (User) base()     {}
func (Instance) base() {}

// Assumption is an agency to be assumed with the credentials. The zero value is none.
type Assumption struct {
	Agency string
	// AccountID or AccountName is the account that the agency belongs to.
	AccountID, AccountName string
	// AccountKey names what gives that account, or could.
	AccountKey string
}

// Found is the result of [Find].
type Found struct {
	Base Base
	// Source says where the credentials came from, by names of variables and files, never by values.
	Source string
	// AccountID and AccountName are the account that the credentials belong to, as far as the user claims one.
	AccountID, AccountName string
	// AccountKey names the setting of this source, or the manifest, that gives AccountID; where nothing gives it, the one that could.
	AccountKey string
	// ProjectKeys name the settings of this source with which a token is made for a project.
	ProjectKeys []string
	// Region is the region that the source names, and RegionFrom the setting that does.
	Region, RegionFrom string
	// Authorities is a file of further CAs that the source names, and AuthoritiesFrom the setting that does. Unverified names the
	// setting that asks for certificates not to be verified. All are "" for none.
	Authorities, AuthoritiesFrom, Unverified string
	// AuthURL is the identity service that the credentials were made for, "" where none is given. AuthURLFrom says which
	// variable or file gives it.
	AuthURL, AuthURLFrom string
	Assume               Assumption
}

// KeyVariables are the variables of an access key and its secret key that users of a cloud know best. The zero value means those of
// the official SDK.
type KeyVariables struct{ Access, Secret string }

// Wanted is the input of [Find].
type Wanted struct {
	// Account is the account whose resources are meant. Unless an agency is assumed, credentials are taken to belong to it
	// where they name no account themselves.
	Account plan.Account
	// Region is the one that calls are made in, for addresses that leave it open.
	Region string
	// KeyVariables are named by the error where nothing is set.
	KeyVariables KeyVariables
	// Assume names an agency of Account to be assumed; "" leaves it to the environment.
	Assume string
	// Getenv looks up environment variables, the home directory among them. Nil reads nothing, no file either.
	Getenv func(name string) string
}

// inManifest is how errors call the account's id in the manifest.
const inManifest = "account.id in the manifest"

// Find returns the credentials of the first complete source, in this order: access keys in the variables of the
// official SDK, HW_*, OS_*; a token in HW_*, OS_*; a user in HW_*, OS_*; the entry of clouds.yaml that OS_CLOUD names;
// the SDK's credentials file; the metadata service of a cloud server (unless AGENCYCTL_METADATA is "off").
//
// A source that is half set is an error if it stands before the first complete one: nobody sets half of it on purpose. The
// error names what is missing in the source that lacks the least. All errors wrap [ErrNoCredentials] and hold names, never
// values.
func Find(wanted Wanted) (Found, error) {
	s := search{getenv: wanted.Getenv, region: wanted.Region, keyVariables: wanted.KeyVariables}
	if wanted.Getenv == nil {
		return Found{}, noSource(wanted.KeyVariables)
	}
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
		if found.AccountID == "" && wanted.Account.ID != "" {
			found.AccountID, found.AccountKey = wanted.Account.ID, inManifest
		}
		found.AccountName = cmp.Or(found.AccountName, wanted.Account.Name)
	}
	return found, found.check()
}

// search is one run of Find.
type search struct {
	getenv func(string) string
	// account is the account of credentials that name none themselves; zero where an agency is assumed.
	account plan.Account
	// region and keyVariables are those of Wanted.
	region       string
	keyVariables KeyVariables
}

// candidate is the content of one source.
type candidate struct {
	found Found
	// missing are the names of what the source lacks; it is half set when there are any.
	missing []string
}

// require adds the settings without a value to missing.
func (c *candidate) require(settings ...setting) {
	for _, s := range settings {
		if s.value == "" {
			c.missing = append(c.missing, s.name)
		}
	}
}

// sources are in the order of precedence. Each returns nil where nothing of it is set.
var sources = []func(search) (*candidate, error){
	func(s search) (*candidate, error) { return s.keys(sdkVariables) },
	func(s search) (*candidate, error) { return s.keys(hwVariables) },
	func(s search) (*candidate, error) { return s.keys(osVariables) },
	func(s search) (*candidate, error) { return s.token(hwVariables) },
	func(s search) (*candidate, error) { return s.token(osVariables) },
	func(s search) (*candidate, error) { return s.user(hwVariables) },
	func(s search) (*candidate, error) { return s.user(osVariables) },
	search.cloudsFile,
	search.chosenInVain,
	search.profile,
}

// unsupported are variables of other tools for sources that we do not have.
var unsupported = []string{"HUAWEICLOUD_SDK_IDP_ID", "HUAWEICLOUD_SDK_ID_TOKEN_FILE", "HW_PROFILE", "HW_SHARED_CONFIG_FILE"}

// first returns the credentials of the first complete source.
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
		return Found{}, fmt.Errorf("%w: %s is half set; set %s too, or unset the rest",
			ErrNoCredentials, nearest.found.Source, strings.Join(nearest.missing, ", "))
	}
	if set := s.lookUp(unsupported); set.value != "" {
		v := sdkVariables
		if strings.HasPrefix(set.name, hwVariables.prefix) {
			v = hwVariables
		}
		return Found{}, fmt.Errorf("%w: %s is set, which is not supported; set %s, %s (docs/CREDENTIALS.md lists the other ways)",
			ErrNoCredentials, set.name, v.access[0], v.secret[0])
	}
	return s.instance()
}

// noSource is the error when no source is set at all.
func noSource(names KeyVariables) error {
	return fmt.Errorf("%w: not set: %s, %s (docs/CREDENTIALS.md lists the other ways)",
		ErrNoCredentials, cmp.Or(names.Access, EnvAccessKey), cmp.Or(names.Secret, EnvSecretKey))
}

// instance is the last source: this machine may be a cloud server.
func (s search) instance() (Found, error) {
	switch value := s.getenv(EnvMetadata); value {
	case "":
	case "off":
		return Found{}, noSource(s.keyVariables)
	default:
		return Found{}, fmt.Errorf("%w: %s is %q: write off, or do not set it", ErrNoCredentials, EnvMetadata, value)
	}
	return Found{Base: Instance{}, Source: "the metadata service of this server", AccountKey: inManifest}, nil
}

// check refuses ids and assumptions that could not be sent.
func (f Found) check() error {
	for _, id := range []setting{{f.AccountKey, f.AccountID}, {"the account of the agency to assume", f.Assume.AccountID}} {
		if id.value != "" && !ValidID(id.value) {
			return fmt.Errorf("%w: %s is not an account id: an id is made of letters, digits, hyphens and underscores",
				ErrNoCredentials, id.name)
		}
	}
	if f.Assume.Agency != "" && f.Assume.AccountID == "" && f.Assume.AccountName == "" {
		return fmt.Errorf("%w: an agency is to be assumed, but its account is not given; set %s or account in the manifest",
			ErrNoCredentials, f.Assume.AccountKey)
	}
	return nil
}

// ValidID reports whether id can be an id of the cloud: 1 to 128 letters, digits, hyphens and underscores.
func ValidID(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}
