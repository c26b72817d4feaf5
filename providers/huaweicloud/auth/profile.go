package auth

import (
	"fmt"
	"path/filepath"

	"gopkg.in/ini.v1"
)

// profileSections are the sections of the SDK's credentials file, the one for account-wide services first.
var profileSections = []string{"global", "basic"}

// profile reads the credentials file of the official SDK.
func (s search) profile() (*candidate, error) {
	path, named := s.getenv(EnvCredentialsFile), true
	if path == "" {
		home := s.home()
		if home == "" {
			return nil, nil
		}
		path, named = filepath.Join(home, ".huaweicloud", "credentials"), false
	}
	data, exists, err := readFile(path)
	switch {
	case err != nil:
		return nil, err
	case !exists && named:
		return nil, fmt.Errorf("%w: %s names the file %s, which does not exist", ErrUnusable, EnvCredentialsFile, path)
	case !exists:
		return nil, nil
	}
	file, err := ini.Load(data)
	if err != nil {
		// The library's error quotes the line, which may hold a key.
		return nil, fmt.Errorf("%w: %s is not a credentials file with sections [global] or [basic]", ErrUnusable, path)
	}
	for _, name := range profileSections {
		section, err := file.GetSection(name)
		if err != nil {
			continue
		}
		// Value, not String: the latter would expand %(name)s inside a key.
		read := func(key string) string { return section.Key(key).Value() }
		if read("ak") == "" && read("sk") == "" {
			continue
		}
		c := &candidate{found: Found{Source: fmt.Sprintf("file %s, section [%s]", path, name), AccountID: read("domain_id")}}
		if c.found.AuthURL = read("iam_endpoint"); c.found.AuthURL != "" {
			c.found.AuthURLFrom = fmt.Sprintf("iam_endpoint in section [%s] of %s", name, path)
		}
		keys := Keys{}
		for key, into := range map[string]*Secret{"ak": &keys.Access, "sk": &keys.Secret, "security_token": &keys.SecurityToken} {
			if unprintable(read(key)) {
				return nil, fmt.Errorf("%w: %s of section [%s] of %s holds white space or a control character", ErrUnusable, key, name, path)
			}
			*into = NewSecret(read(key))
		}
		for _, key := range []string{"ak", "sk"} {
			if read(key) == "" {
				c.missing = append(c.missing, fmt.Sprintf("%s in section [%s] of %s", key, name, path))
			}
		}
		c.found.Base = keys
		return c, nil
	}
	return nil, fmt.Errorf("%w: %s holds no ak and sk in a section [global] or [basic]", ErrUnusable, path)
}
