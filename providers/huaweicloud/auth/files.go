package auth

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"gopkg.in/ini.v1"
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
		return nil, fmt.Errorf("%w: %s names the file %s, which does not exist; name one that does", ErrNoCredentials, EnvCredentialsFile, path)
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
		c := &candidate{found: Found{
			Source: fmt.Sprintf("file %s, section [%s]", path, name), AccountID: read("domain_id"), AccountKey: "domain_id in " + place,
		}}
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
