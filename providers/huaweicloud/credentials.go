package huaweicloud

import "github.com/agencyctl/agencyctl/providers/huaweicloud/auth"

// The first environment variables that credentials are looked for in; docs/CREDENTIALS.md lists all.
const (
	EnvAccessKey     = auth.EnvAccessKey
	EnvSecretKey     = auth.EnvSecretKey
	EnvSecurityToken = auth.EnvSecurityToken
	EnvDomainID      = auth.EnvDomainID
)

// ErrNoCredentials is wrapped by the error of [Connect] when credentials are missing, half given or malformed, or when
// it cannot be found out which account they belong to.
var ErrNoCredentials = auth.ErrUnusable

// ValidID reports whether id can be an id of the cloud: 1 to 128 letters, digits, hyphens and underscores. Ids come
// from servers and files and become parts of paths, so everything else is refused before it is used.
func ValidID(id string) bool { return auth.ValidID(id) }
