package auth

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"gopkg.in/ini.v1"
	"gopkg.in/yaml.v3"

	"github.com/agencyctl/agencyctl/plan"
)

// maxFileBytes bounds a file with credentials. A longer file holds something else.
const maxFileBytes = 1 << 20

// ReadFile reads a regular file of at most limit bytes, through links too. A file that is not there is fs.ErrNotExist. A named pipe
// is an error at once: reading it could last for ever.
func ReadFile(path string, limit int) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // the opening itself can change a device
		return nil, notRegular(path, info)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	switch info, err := f.Stat(); { // another file may have taken the place of the one looked at
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, notRegular(path, info)
	}
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	if len(data) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, nil
}

func notRegular(path string, info fs.FileInfo) error {
	if info.IsDir() {
		return fmt.Errorf("%s is a directory, not a file", path)
	}
	return fmt.Errorf("%s is a pipe, a socket or a device, not a file", path)
}

// readFile reads a file that may hold credentials; exists is false where there is none.
func readFile(path string) (data []byte, exists bool, err error) {
	data, err = ReadFile(path, maxFileBytes)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("%w: %w", ErrNoCredentials, err)
	}
	return data, true, nil
}

// home returns the home directory of the environment, "" for none.
func (s search) home() string {
	return s.lookUp([]string{"HOME", "USERPROFILE"}).value
}

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
	case err != nil && named:
		return nil, fmt.Errorf("%w (named by %s)", err, EnvCredentialsFile)
	case err != nil:
		return nil, err
	case !exists && named:
		return nil, fmt.Errorf("%w: %s names the file %s, which does not exist", ErrNoCredentials, EnvCredentialsFile, path)
	case !exists:
		return nil, nil
	}
	file, err := ini.Load(data)
	if err != nil {
		// The library's error quotes the line, which may hold a key.
		return nil, fmt.Errorf("%w: %s is not a credentials file with sections [global] or [basic]", ErrNoCredentials, path)
	}
	for _, name := range profileSections {
		section, err := file.GetSection(name)
		if err != nil {
			continue
		}
		place := fmt.Sprintf("section [%s] of %s", name, path)
		// Value, not String: the latter would expand %(name)s inside a key.
		read := func(key string) string { return section.Key(key).Value() }
		access, secret, security := read("ak"), read("sk"), read("security_token")
		if access == "" && secret == "" {
			continue
		}
		c := &candidate{found: Found{Source: fmt.Sprintf("file %s, section [%s]", path, name), AccountID: read("domain_id")}}
		if c.found.AuthURL = read("iam_endpoint"); c.found.AuthURL != "" {
			c.found.AuthURLFrom = "iam_endpoint in " + place
		}
		c.require(setting{"ak in " + place, access}, setting{"sk in " + place, secret})
		c.found.Base = Keys{Access: NewSecret(access), Secret: NewSecret(secret), SecurityToken: NewSecret(security)}
		return c, checkPrintable(
			setting{"ak of " + place, access}, setting{"sk of " + place, secret}, setting{"security_token of " + place, security})
	}
	return nil, fmt.Errorf("%w: %s holds no ak and sk in a section [global] or [basic]", ErrNoCredentials, path)
}

// cloudsEntry is an entry of clouds.yaml, with the keys that the tools of both clouds add to the common ones.
type cloudsEntry struct {
	Profile  string `yaml:"profile"`
	Cloud    string `yaml:"cloud"`
	AuthType string `yaml:"auth_type"`
	Auth     struct {
		AuthURL          string `yaml:"auth_url"`
		Token            string `yaml:"token"`
		UserID           string `yaml:"user_id"`
		Username         string `yaml:"username"`
		Password         string `yaml:"password"`
		UserDomainID     string `yaml:"user_domain_id"`
		UserDomainName   string `yaml:"user_domain_name"`
		DomainID         string `yaml:"domain_id"`
		DomainName       string `yaml:"domain_name"`
		AccessKey        string `yaml:"ak"`
		SecretKey        string `yaml:"sk"`
		AccessKeyLong    string `yaml:"access_key"`
		SecretKeyLong    string `yaml:"secret_key"`
		SecurityToken    string `yaml:"security_token"`
		TargetAgency     string `yaml:"target_agency_name"`
		TargetDomainID   string `yaml:"target_domain_id"`
		TargetDomainName string `yaml:"target_domain_name"`
	} `yaml:"auth"`
}

// cloudsFile reads the entry of clouds.yaml that OS_CLOUD names, with its entry in secure.yaml and its public profile. The
// library's own reader is not used: it reads the process's environment and certificate files, and leaves out access
// keys.
func (s search) cloudsFile() (*candidate, error) {
	name := s.getenv("OS_CLOUD")
	if name == "" {
		return nil, nil
	}
	path, data, err := s.locateClouds()
	if err != nil {
		return nil, err
	}
	e, err := readEntry(path, data, name)
	if err != nil {
		return nil, err
	}
	source := fmt.Sprintf("file %s, entry %q", path, name)
	c := &candidate{found: Found{
		Source: source, AccountID: e.Auth.DomainID, AccountName: e.Auth.DomainName,
		Assume: Assumption{Agency: e.Auth.TargetAgency, AccountID: e.Auth.TargetDomainID, AccountName: e.Auth.TargetDomainName},
	}}
	switch assume := &c.found.Assume; {
	case assume.Agency == "":
		*assume = Assumption{}
	case assume.AccountID == "" && assume.AccountName == "":
		assume.AccountID, assume.AccountName = s.account.ID, s.account.Name
		fallthrough
	default:
		s.account = plan.Account{} // it is the agency's account, not that of the credentials
	}
	if e.Auth.AuthURL != "" {
		c.found.AuthURL, c.found.AuthURLFrom = e.Auth.AuthURL, "auth_url of "+source
	}
	return c, s.credentialsOf(e, c)
}

// credentialsOf picks the credentials of an entry: those that auth_type names, else access keys, a token, a user.
func (s search) credentialsOf(e *cloudsEntry, c *candidate) error {
	access, secret := cmp.Or(e.Auth.AccessKey, e.Auth.AccessKeyLong), cmp.Or(e.Auth.SecretKey, e.Auth.SecretKeyLong)
	of, in := " of "+c.found.Source, " in "+c.found.Source
	err := checkPrintable(setting{"ak" + of, access}, setting{"sk" + of, secret},
		setting{"security_token" + of, e.Auth.SecurityToken}, setting{"token" + of, e.Auth.Token})
	if err != nil {
		return err
	}
	kind := strings.TrimPrefix(string(e.AuthType), "v3")
	switch {
	case kind == "aksk" || kind != "token" && kind != "password" && access+secret != "":
		c.require(setting{"ak" + in, access}, setting{"sk" + in, secret})
		c.found.Base = Keys{Access: NewSecret(access), Secret: NewSecret(secret), SecurityToken: NewSecret(e.Auth.SecurityToken)}
		// Keys sign and are never sent, so they are safe with every address.
		c.found.AuthURL, c.found.AuthURLFrom = "", ""
	case kind == "token" || kind != "password" && e.Auth.Token != "":
		c.require(setting{"token" + in, e.Auth.Token})
		c.found.Base = Token{NewSecret(e.Auth.Token)}
	default:
		c.require(setting{"username" + in, cmp.Or(e.Auth.UserID, e.Auth.Username)}, setting{"password" + in, e.Auth.Password})
		s.complete(c, User{
			ID: e.Auth.UserID, Name: e.Auth.Username, Password: NewSecret(e.Auth.Password),
			DomainID: e.Auth.UserDomainID, DomainName: e.Auth.UserDomainName,
		}, "user_domain_name"+in)
	}
	return nil
}

// locateClouds finds clouds.yaml where OpenStack's tools look for it.
func (s search) locateClouds() (path string, data []byte, err error) {
	if path := s.getenv("OS_CLIENT_CONFIG_FILE"); path != "" {
		data, exists, err := readFile(path)
		switch {
		case err != nil:
			err = fmt.Errorf("%w (named by OS_CLIENT_CONFIG_FILE)", err)
		case !exists:
			err = fmt.Errorf("%w: OS_CLIENT_CONFIG_FILE names the file %s, which does not exist", ErrNoCredentials, path)
		}
		return path, data, err
	}
	folders := []string{"."}
	if config := s.getenv("XDG_CONFIG_HOME"); config != "" {
		folders = append(folders, filepath.Join(config, "openstack"))
	} else if home := s.home(); home != "" {
		folders = append(folders, filepath.Join(home, ".config", "openstack"))
	}
	folders = append(folders, "/etc/openstack")
	for _, folder := range folders {
		path, data, err := beside(filepath.Join(folder, "clouds.yaml"), "clouds")
		if err != nil || data != nil {
			return path, data, err
		}
	}
	return "", nil, fmt.Errorf("%w: OS_CLOUD is set, and there is no clouds.yaml in %s", ErrNoCredentials, strings.Join(folders, ", "))
}

// beside reads the file of that name in the folder of path, with the first ending that exists. data is nil where there is none.
func beside(path, name string) (found string, data []byte, err error) {
	for _, ending := range []string{".yaml", ".yml", ".json"} {
		sibling := filepath.Join(filepath.Dir(path), name+ending)
		data, exists, err := readFile(sibling)
		if err != nil || exists {
			return sibling, data, err
		}
	}
	return "", nil, nil
}

// readEntry merges the entries of the public profile, of clouds.yaml and of secure.yaml; of these a later one wins.
func readEntry(path string, data []byte, name string) (*cloudsEntry, error) {
	e := &cloudsEntry{}
	found, err := overlay(e, path, data, "clouds", name)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("%w: OS_CLOUD names the entry %q, which %s does not hold", ErrNoCredentials, name, path)
	}
	if profile := cmp.Or(e.Profile, e.Cloud); profile != "" {
		publicPath, public, err := beside(path, "clouds-public")
		if err != nil {
			return nil, err
		}
		e = &cloudsEntry{}
		if _, err := overlay(e, publicPath, public, "public-clouds", profile); err != nil {
			return nil, err
		}
		if _, err := overlay(e, path, data, "clouds", name); err != nil {
			return nil, err
		}
	}
	securePath, secure, err := beside(path, "secure")
	if err != nil {
		return nil, err
	}
	_, err = overlay(e, securePath, secure, "clouds", name)
	return e, err
}

// overlay decodes an entry of a file into e. Keys that the entry does not hold stay as they are.
func overlay(e *cloudsEntry, path string, data []byte, section, name string) (found bool, err error) {
	var file map[string]yaml.Node
	var entries map[string]yaml.Node
	if err := yaml.Unmarshal(data, &file); err != nil {
		return false, malformed(path)
	}
	top, found := file[section]
	if !found {
		return false, nil
	}
	if err := top.Decode(&entries); err != nil {
		return false, malformed(path)
	}
	entry, found := entries[name]
	if !found {
		return false, nil
	}
	if err := entry.Decode(e); err != nil {
		return false, malformed(path)
	}
	return true, nil
}

// malformed leaves out the library's error, which quotes values.
func malformed(path string) error {
	return fmt.Errorf("%w: %s is not a file of the form of clouds.yaml", ErrNoCredentials, path)
}
