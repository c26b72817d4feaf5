package auth

import (
	"cmp"
	"fmt"
	"strings"
)

// The environment variables of the official SDK.
const (
	EnvAccessKey       = "HUAWEICLOUD_SDK_AK"
	EnvSecretKey       = "HUAWEICLOUD_SDK_SK"
	EnvSecurityToken   = "HUAWEICLOUD_SDK_SECURITY_TOKEN"
	EnvDomainID        = "HUAWEICLOUD_SDK_DOMAIN_ID"
	EnvCredentialsFile = "HUAWEICLOUD_SDK_CREDENTIALS_FILE"
)

// EnvMetadata set to "off" keeps the metadata service from being asked.
const EnvMetadata = "AGENCYCTL_METADATA"

// variables are the names that one family of tools uses. Of several names for one value the first that is set counts.
type variables struct {
	access, secret, security     []string
	token                        []string
	userID, userName, password   []string
	domainID, domainName         []string
	userDomainID, userDomainName []string
	authURL                      []string
}

var (
	sdkVariables = variables{
		access:   []string{EnvAccessKey},
		secret:   []string{EnvSecretKey},
		security: []string{EnvSecurityToken},
		domainID: []string{EnvDomainID},
	}
	hwVariables = variables{
		access:     []string{"HW_ACCESS_KEY"},
		secret:     []string{"HW_SECRET_KEY"},
		security:   []string{"HW_SECURITY_TOKEN"},
		token:      []string{"HW_AUTH_TOKEN"},
		userID:     []string{"HW_USER_ID"},
		userName:   []string{"HW_USER_NAME"},
		password:   []string{"HW_USER_PASSWORD"},
		domainID:   []string{"HW_DOMAIN_ID"},
		domainName: []string{"HW_DOMAIN_NAME"},
		authURL:    []string{"HW_AUTH_URL"},
	}
	osVariables = variables{
		access:         []string{"OS_ACCESS_KEY", "OS_AK"},
		secret:         []string{"OS_SECRET_KEY", "OS_SK"},
		security:       []string{"OS_SECURITY_TOKEN", "OS_ST"},
		token:          []string{"OS_AUTH_TOKEN", "OS_TOKEN"},
		userID:         []string{"OS_USER_ID"},
		userName:       []string{"OS_USERNAME"},
		password:       []string{"OS_PASSWORD"},
		domainID:       []string{"OS_DOMAIN_ID"},
		domainName:     []string{"OS_DOMAIN_NAME"},
		userDomainID:   []string{"OS_USER_DOMAIN_ID"},
		userDomainName: []string{"OS_USER_DOMAIN_NAME"},
		authURL:        []string{"OS_AUTH_URL"},
	}
)

var (
	envAssumeAgency     = []string{"HW_ASSUME_ROLE_AGENCY_NAME", "OS_AGENCY_NAME"}
	envAssumeDomainName = []string{"HW_ASSUME_ROLE_DOMAIN_NAME", "OS_AGENCY_DOMAIN_NAME"}
	envAssumeDomainID   = []string{"HW_ASSUME_ROLE_DOMAIN_ID"}
)

// value returns the first of the variables that is set, and its name; where none is set, the name to ask for.
func (s search) value(names []string) (value, name string) {
	for _, n := range names {
		if v := s.getenv(n); v != "" {
			return v, n
		}
	}
	if len(names) == 0 {
		return "", ""
	}
	return "", names[0]
}

// secret is value for a text that is sent in a header.
func (s search) secret(names []string) (Secret, string, error) {
	v, name := s.value(names)
	if unprintable(v) {
		return Secret{}, name, fmt.Errorf("%w: %s holds white space or a control character", ErrNoCredentials, name)
	}
	return NewSecret(v), name, nil
}

// claim fills in the account that the credentials are said to belong to.
func (s search) claim(f *Found, v variables) error {
	var name string
	if f.AccountID, name = s.value(v.domainID); f.AccountID != "" && !ValidID(f.AccountID) {
		return fmt.Errorf("%w: %s is not an account id", ErrNoCredentials, name)
	}
	f.AccountName, _ = s.value(v.domainName)
	return nil
}

// authURL fills in the identity service that a token or a password was made for.
func (s search) authURL(f *Found, v variables) {
	url, name := s.value(v.authURL)
	f.AuthURL, f.AuthURLFrom = url, nameIf(url, name)
}

func (s search) keys(v variables) (*candidate, error) {
	access, accessName, err := s.secret(v.access)
	if err != nil {
		return nil, err
	}
	secret, secretName, err := s.secret(v.secret)
	if err != nil {
		return nil, err
	}
	security, securityName, err := s.secret(v.security)
	if err != nil {
		return nil, err
	}
	if access.IsZero() && secret.IsZero() && security.IsZero() {
		return nil, nil
	}
	c := &candidate{}
	used := []string{accessName, secretName}
	if !security.IsZero() {
		used = append(used, securityName)
	}
	if access.IsZero() {
		c.missing = append(c.missing, accessName)
	}
	if secret.IsZero() {
		c.missing = append(c.missing, secretName)
	}
	c.found = Found{Base: Keys{Access: access, Secret: secret, SecurityToken: security}, Source: environment(used)}
	return c, s.claim(&c.found, v)
}

func (s search) token(v variables) (*candidate, error) {
	token, name, err := s.secret(v.token)
	if err != nil || token.IsZero() {
		return nil, err
	}
	c := &candidate{found: Found{Base: Token{token}, Source: environment([]string{name})}}
	s.authURL(&c.found, v)
	return c, s.claim(&c.found, v)
}

func (s search) user(v variables) (*candidate, error) {
	id, idName := s.value(v.userID)
	name, nameName := s.value(v.userName)
	password, passwordName := s.value(v.password)
	if id == "" && name == "" && password == "" {
		return nil, nil
	}
	c := &candidate{}
	if err := s.claim(&c.found, v); err != nil {
		return nil, err
	}
	user := User{ID: id, Name: name, Password: NewSecret(password)}
	user.DomainID, _ = s.value(v.userDomainID)
	user.DomainName, _ = s.value(v.userDomainName)
	s.authURL(&c.found, v)
	used := []string{cmp.Or(nameIf(id, idName), nameName), passwordName}
	c.found.Source = environment(used)
	if id == "" && name == "" {
		c.missing = append(c.missing, nameName)
	}
	if password == "" {
		c.missing = append(c.missing, passwordName)
	}
	s.complete(c, user, strings.Join(append(append([]string{}, v.userDomainName...), v.domainName...), " or "))
	return c, nil
}

// complete works out the user's own account and the account to work in. Each stands in for the other where only one is given.
func (s search) complete(c *candidate, user User, domainName string) {
	f := &c.found
	if f.AccountID == "" && f.AccountName == "" {
		f.AccountID, f.AccountName = user.DomainID, user.DomainName
	}
	if f.AccountID == "" && f.AccountName == "" {
		f.AccountID, f.AccountName = s.account.ID, s.account.Name
	}
	if user.DomainID == "" && user.DomainName == "" {
		user.DomainID, user.DomainName = f.AccountID, f.AccountName
	}
	if user.ID == "" && user.DomainID == "" && user.DomainName == "" {
		c.missing = append(c.missing, domainName)
	}
	f.Base = user
}

// assumption returns the agency to assume: the caller's, else the one of the environment.
func (s search) assumption(wanted Wanted) (Assumption, error) {
	if wanted.Assume != "" && wanted.Account.ID+wanted.Account.Name != "" {
		return Assumption{Agency: wanted.Assume, AccountID: wanted.Account.ID, AccountName: wanted.Account.Name}, nil
	}
	agency, agencyName := s.value(envAssumeAgency)
	a := Assumption{Agency: cmp.Or(wanted.Assume, agency)}
	var name, idName string
	a.AccountName, name = s.value(envAssumeDomainName)
	a.AccountID, idName = s.value(envAssumeDomainID)
	if a.Agency == "" {
		if set := cmp.Or(nameIf(a.AccountName, name), nameIf(a.AccountID, idName)); set != "" {
			return Assumption{}, fmt.Errorf("%w: %s is set, but no agency to assume; not set: %s", ErrNoCredentials, set, agencyName)
		}
		return Assumption{}, nil
	}
	if a.AccountID == "" && a.AccountName == "" {
		a.AccountID, a.AccountName = wanted.Account.ID, wanted.Account.Name
	}
	return a, nil
}

// nameIf returns the name of a variable whose value is set.
func nameIf(value, name string) string {
	if value == "" {
		return ""
	}
	return name
}

func environment(names []string) string { return "environment: " + strings.Join(names, ", ") }
