package auth

import (
	"cmp"
	"fmt"
	"slices"
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
	// prefix begins the names of the family.
	prefix                       string
	access, secret, security     []string
	token                        []string
	userID, userName, password   []string
	domainID, domainName         []string
	userDomainID, userDomainName []string
	authURL                      []string
	region                       []string
	// project are those with which the family's tools make a token for a project.
	project []string
}

var (
	sdkVariables = variables{
		prefix:   "HUAWEICLOUD_SDK_",
		access:   []string{EnvAccessKey},
		secret:   []string{EnvSecretKey},
		security: []string{EnvSecurityToken},
		domainID: []string{EnvDomainID},
	}
	hwVariables = variables{
		prefix:     "HW_",
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
		region:     []string{"HW_REGION_NAME"},
		project:    []string{"HW_PROJECT_NAME"},
	}
	osVariables = variables{
		prefix:         "OS_",
		access:         []string{"OS_ACCESS_KEY", "OS_AK"},
		secret:         []string{"OS_SECRET_KEY", "OS_SK"},
		security:       []string{"OS_SECURITY_TOKEN", "OS_ST"},
		token:          []string{"OS_AUTH_TOKEN", "OS_TOKEN"},
		userID:         []string{"OS_USER_ID"},
		userName:       []string{"OS_USERNAME"},
		password:       []string{"OS_PASSWORD"},
		domainID:       []string{"OS_DOMAIN_ID"},
		domainName:     []string{"OS_DOMAIN_NAME"},
		userDomainID:   []string{"OS_USER_DOMAIN_ID", "OS_DEFAULT_DOMAIN_ID"},
		userDomainName: []string{"OS_USER_DOMAIN_NAME", "OS_DEFAULT_DOMAIN_NAME", "OS_DEFAULT_DOMAIN"},
		authURL:        []string{"OS_AUTH_URL"},
		region:         []string{"OS_REGION_NAME", "OS_REGION"},
		project:        []string{"OS_PROJECT_NAME", "OS_TENANT_NAME"},
	}
)

var (
	envAssumeAgency     = []string{"HW_ASSUME_ROLE_AGENCY_NAME", "OS_AGENCY_NAME"}
	envAssumeDomainName = []string{"HW_ASSUME_ROLE_DOMAIN_NAME", "OS_AGENCY_DOMAIN_NAME"}
	envAssumeDomainID   = []string{"HW_ASSUME_ROLE_DOMAIN_ID"}
)

// setting is an environment variable with its value, "" where it is not set.
type setting struct{ name, value string }

// lookUp returns the first of the variables that is set; where none is set, the first one.
func (s search) lookUp(names []string) setting {
	for _, name := range names {
		if value := s.getenv(name); value != "" {
			return setting{name, value}
		}
	}
	if len(names) == 0 {
		return setting{}
	}
	return setting{name: names[0]}
}

// checkPrintable refuses white space and control characters, which no key and no token holds.
func checkPrintable(settings ...setting) error {
	for _, s := range settings {
		if strings.ContainsFunc(s.value, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			return fmt.Errorf("%w: %s holds white space or a control character", ErrNoCredentials, s.name)
		}
	}
	return nil
}

// fromEnvironment returns a candidate that needs all of the settings.
func fromEnvironment(settings ...setting) *candidate {
	var names []string
	for _, s := range settings {
		names = append(names, s.name)
	}
	c := &candidate{found: Found{Source: "environment: " + strings.Join(names, ", ")}}
	c.require(settings...)
	return c
}

// claim fills in the account that the credentials are said to belong to.
func (s search) claim(f *Found, v variables) error {
	id := s.lookUp(v.domainID)
	if id.value != "" && !ValidID(id.value) {
		return fmt.Errorf("%w: %s is not an account id", ErrNoCredentials, id.name)
	}
	f.AccountID, f.AccountName, f.AccountKey = id.value, s.lookUp(v.domainName).value, id.name
	f.ProjectKeys = v.project
	if region := s.lookUp(v.region); region.value != "" {
		f.Region, f.RegionFrom = region.value, region.name
	}
	return nil
}

// family returns the settings of a family by their keys in clouds.yaml.
func (s search) family(v variables) settings {
	return func(key string) setting { return s.lookUp([]string{v.prefix + strings.ToUpper(key)}) }
}

// chosen returns the kind of credentials that OS_AUTH_TYPE chooses of a family, "" where nothing chooses. It refuses settings of the
// family that are not supported.
func (s search) chosen(v variables) (kind string, err error) {
	if v.prefix == sdkVariables.prefix {
		return "", nil
	}
	if err := checkConnection(s.family(v)); err != nil || v.prefix != osVariables.prefix {
		return "", err
	}
	for _, key := range []string{"target_agency_name", "target_domain_id", "target_domain_name"} {
		if set := s.family(v)(key); set.value != "" {
			return "", fmt.Errorf("%w: %s is set, which is not supported; set OS_AGENCY_NAME and OS_AGENCY_DOMAIN_NAME", ErrNoCredentials, set.name)
		}
	}
	kind, err = s.authType()
	return strings.TrimPrefix(kind, kindAgency), err
}

// authType returns what OS_AUTH_TYPE chooses. It is an error where that is an agency and none is named.
func (s search) authType() (kind string, err error) {
	kind, err = authType(s.family(osVariables)("auth_type"), osVariables.remedy())
	if kind == kindAgency && s.getenv("OS_AGENCY_NAME") == "" {
		return "", fmt.Errorf("%w: OS_AUTH_TYPE is %s, and not set: OS_AGENCY_NAME", ErrNoCredentials, kind)
	}
	return kind, err
}

// remedy says what works in place of what is not supported.
func (v variables) remedy() string {
	return fmt.Sprintf("use a token that was made beforehand (%s), or an access key (%s, %s)", v.token[0], v.access[0], v.secret[0])
}

// chosenInVain is the source of a run where OS_AUTH_TYPE chooses credentials and none of that kind are set, or where only those of
// another way to get a token are: nothing else is used in their place.
func (s search) chosenInVain() (*candidate, error) {
	v := osVariables
	choice := s.family(v)("auth_type")
	kind, err := s.authType()
	if err == nil {
		err = checkOtherWays(s.family(v), v.remedy())
	}
	if err != nil || choice.value == "" {
		return nil, err
	}
	c := &candidate{found: Found{Source: "environment: " + choice.name}}
	switch kind {
	case kindToken:
		c.require(s.lookUp(v.token))
	case kindPassword:
		c.require(s.lookUp(v.userName), s.lookUp(v.password))
	default:
		c.require(s.lookUp(v.access), s.lookUp(v.secret))
	}
	return c, nil
}

// authURL fills in the identity service that a token or a password was made for.
func (s search) authURL(f *Found, v variables) {
	if url := s.lookUp(v.authURL); url.value != "" {
		f.AuthURL, f.AuthURLFrom = url.value, url.name
	}
}

func (s search) keys(v variables) (*candidate, error) {
	access, secret, security := s.lookUp(v.access), s.lookUp(v.secret), s.lookUp(v.security)
	if err := checkPrintable(access, secret, security); err != nil || access.value+secret.value+security.value == "" {
		return nil, err
	}
	if kind, err := s.chosen(v); err != nil || kind != "" && kind != kindKeys {
		return nil, err
	}
	c := fromEnvironment(access, secret)
	if security.value != "" {
		c.found.Source += ", " + security.name
	}
	c.found.Base = Keys{Access: NewSecret(access.value), Secret: NewSecret(secret.value), SecurityToken: NewSecret(security.value)}
	return c, s.claim(&c.found, v)
}

func (s search) token(v variables) (*candidate, error) {
	token := s.lookUp(v.token)
	if err := checkPrintable(token); err != nil || token.value == "" {
		return nil, err
	}
	if kind, err := s.chosen(v); err != nil || kind != "" && kind != kindToken {
		return nil, err
	}
	c := fromEnvironment(token)
	c.found.Base = Token{NewSecret(token.value)}
	s.authURL(&c.found, v)
	return c, s.claim(&c.found, v)
}

func (s search) user(v variables) (*candidate, error) {
	login, password := s.lookUp(v.userID), s.lookUp(v.password)
	user := User{
		ID: login.value, Name: s.lookUp(v.userName).value, Password: NewSecret(password.value),
		DomainID: s.lookUp(v.userDomainID).value, DomainName: s.lookUp(v.userDomainName).value,
	}
	if user.ID == "" {
		login = s.lookUp(v.userName)
	}
	if login.value+password.value == "" {
		return nil, nil
	}
	kind, err := s.chosen(v)
	if err != nil || kind != "" && kind != kindPassword {
		return nil, err
	}
	if v.prefix == osVariables.prefix {
		if err := checkPasswordAlone(s.family(v), v.remedy()); err != nil {
			return nil, err
		}
	}
	c := fromEnvironment(login, password)
	s.authURL(&c.found, v)
	err = s.claim(&c.found, v)
	domainNames := slices.Concat(v.userDomainName[:min(1, len(v.userDomainName))], v.domainName)
	s.complete(c, user, s.lookUp(v.userDomainID).name, strings.Join(domainNames, " or "))
	return c, err
}

// complete works out the user's own account and the account to work in. Each stands in for the other where only one is given.
// domainID and domainName are the names of what gives the user's account.
func (s search) complete(c *candidate, user User, domainID, domainName string) {
	f := &c.found
	if f.AccountID == "" && f.AccountName == "" {
		f.AccountID, f.AccountName = user.DomainID, user.DomainName
		if f.AccountID != "" {
			f.AccountKey = domainID
		}
	}
	if f.AccountID == "" && f.AccountName == "" {
		f.AccountID, f.AccountName = s.account.ID, s.account.Name
		if f.AccountID != "" {
			f.AccountKey = inManifest
		}
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
	agency, name, id := s.lookUp(envAssumeAgency), s.lookUp(envAssumeDomainName), s.lookUp(envAssumeDomainID)
	a := Assumption{
		Agency: cmp.Or(wanted.Assume, agency.value), AccountID: id.value, AccountName: name.value,
		AccountKey: like(agency, envAssumeDomainName),
	}
	if a.Agency == "" {
		for _, account := range []setting{name, id} {
			if account.value != "" {
				return Assumption{}, fmt.Errorf("%w: %s is set, but no agency to assume; not set: %s",
					ErrNoCredentials, account.name, like(account, envAssumeAgency))
			}
		}
		return Assumption{}, nil
	}
	if wanted.Assume != "" {
		a.AccountKey = "the account of the agency (--assume ACCOUNT=AGENCY)"
	}
	if a.AccountID == "" && a.AccountName == "" {
		a.AccountID, a.AccountName = wanted.Account.ID, wanted.Account.Name
		if a.AccountID != "" {
			a.AccountKey = inManifest
		}
	} else if a.AccountID != "" {
		a.AccountKey = id.name
	}
	return a, nil
}

// like returns that of the names which is of the same family as a setting that is in use.
func like(used setting, names []string) string {
	family, _, _ := strings.Cut(used.name, "_")
	for _, name := range names {
		if strings.HasPrefix(name, family+"_") {
			return name
		}
	}
	return names[0]
}
