package huaweicloud

import (
	"errors"
	"fmt"
	"strings"

	"github.com/agencyctl/agencyctl/providers"
)

// The environment variables that credentials are read from.
const (
	EnvAccessKey     = "HUAWEICLOUD_SDK_AK"
	EnvSecretKey     = "HUAWEICLOUD_SDK_SK"
	EnvSecurityToken = "HUAWEICLOUD_SDK_SECURITY_TOKEN"
	EnvDomainID      = "HUAWEICLOUD_SDK_DOMAIN_ID"
)

// ErrNoCredentials is wrapped by the error of [Connect] when credentials are missing or malformed.
var ErrNoCredentials = errors.New("no usable credentials")

// credentials are an access key and the account it works in. It has no String method and no exported field, so that it
// cannot be printed by accident.
type credentials struct {
	accessKey     string
	secretKey     string
	securityToken string
	domainID      string
}

// credentialsFrom reads the environment of target. Errors name variables, never values.
func credentialsFrom(target providers.Target) (credentials, error) {
	getenv := target.Getenv
	if getenv == nil {
		getenv = func(string) string { return "" }
	}
	c := credentials{
		accessKey:     getenv(EnvAccessKey),
		secretKey:     getenv(EnvSecretKey),
		securityToken: getenv(EnvSecurityToken),
		domainID:      getenv(EnvDomainID),
	}
	if c.domainID == "" {
		c.domainID = target.Account.ID
	}
	var missing []string
	if c.accessKey == "" {
		missing = append(missing, EnvAccessKey)
	}
	if c.secretKey == "" {
		missing = append(missing, EnvSecretKey)
	}
	if c.domainID == "" {
		missing = append(missing, EnvDomainID+" (or account.id in the manifest)")
	}
	if len(missing) > 0 {
		return credentials{}, fmt.Errorf("%w: not set: %s", ErrNoCredentials, strings.Join(missing, ", "))
	}
	for _, field := range []struct{ name, value string }{
		{EnvAccessKey, c.accessKey}, {EnvSecretKey, c.secretKey}, {EnvSecurityToken, c.securityToken}, {EnvDomainID, c.domainID},
	} {
		if strings.ContainsFunc(field.value, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			return credentials{}, fmt.Errorf("%w: %s holds white space or a control character", ErrNoCredentials, field.name)
		}
	}
	if !ValidID(c.domainID) {
		return credentials{}, fmt.Errorf("%w: %s is not an account id", ErrNoCredentials, EnvDomainID)
	}
	return c, nil
}

// ValidID reports whether id can be an id of the cloud: 1 to 128 letters, digits, hyphens and underscores. Ids come
// from servers and files and become parts of paths, so everything else is refused before it is used.
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
