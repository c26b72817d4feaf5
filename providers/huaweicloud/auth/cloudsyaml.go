package auth

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/agencyctl/agencyctl/plan"
)

// cloudsEntry is an entry of clouds.yaml: its keys with underscores, as OpenStack's tools spell them, and those of its section
// auth.
type cloudsEntry struct {
	top, auth map[string]yaml.Node
	// place names the file and the entry.
	place string
}

// authKeys are the keys of the section auth that are read, the ones that the tools of both clouds add among them.
var authKeys = []string{
	"auth_url", "token", "user_id", "username", "password", "user_domain_id", "user_domain_name", "default_domain_id",
	"default_domain_name", "domain_id", "domain_name", "ak", "sk", "access_key", "secret_key", "security_token",
	"target_agency_name", "target_domain_id", "target_domain_name",
}

// projectKeys are the keys of the section auth that choose a project. They have no effect: tokens are made for the account, and
// for a project where a call needs one.
var projectKeys = []string{
	"project_id", "project_name", "project_domain_id", "project_domain_name", "tenant_id", "tenant_name",
	"target_project_id", "target_project_name",
}

// get returns a key of the section auth, else one beside it. See [scalar].
func (e *cloudsEntry) get(key string) setting {
	s := setting{name: key + " in " + e.place}
	for _, part := range []map[string]yaml.Node{e.auth, e.top} {
		if s.value = scalar(part[key]); s.value != "" {
			break
		}
	}
	return s
}

// credential returns the first of the keys of the section auth that is set; where none is set, the first one.
func (e *cloudsEntry) credential(keys ...string) setting {
	for _, key := range keys {
		if value := scalar(e.auth[key]); value != "" {
			return setting{key + " in " + e.place, value}
		}
	}
	return setting{name: keys[0] + " in " + e.place}
}

// scalar returns a value as it is written, so that a password of digits stays what it is. A list is joined by commas. Lists inside
// lists are not followed: an alias can make one hold itself.
func scalar(node yaml.Node) string {
	if node.Kind == yaml.AliasNode {
		node = *node.Alias
	}
	if node.Kind != yaml.SequenceNode {
		return word(&node)
	}
	var items []string
	for _, item := range node.Content {
		if item.Kind == yaml.AliasNode {
			item = item.Alias
		}
		items = append(items, word(item))
	}
	return strings.Join(items, ",")
}

// word returns a value that is neither a list nor a mapping, "" for none, and "{}" for one of those.
func word(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.ScalarNode && node.Tag != "!!null":
		return node.Value
	case node.Kind == yaml.SequenceNode || node.Kind == yaml.MappingNode:
		return "{}"
	}
	return ""
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
	kind, err := authType(e.get("auth_type"), e.remedy())
	if err != nil {
		return nil, err
	}
	if err := e.checkKeys(); err != nil {
		return nil, err
	}
	id, region := e.credential("domain_id"), e.get("region_name")
	c := &candidate{found: Found{
		Source: e.place, AccountID: id.value, AccountKey: id.name, AccountName: e.credential("domain_name").value,
		ProjectKeys: []string{"project_name"},
		Assume: Assumption{
			Agency:    e.credential("target_agency_name").value,
			AccountID: e.credential("target_domain_id").value, AccountName: e.credential("target_domain_name").value,
			AccountKey: e.credential("target_domain_name").name,
		},
	}}
	switch assume := &c.found.Assume; {
	case assume.Agency == "":
		if kind == kindAgency {
			c.require(e.credential("target_agency_name"))
		}
		if stray := e.credential("target_domain_id", "target_domain_name"); stray.value != "" {
			return nil, fmt.Errorf("%w: %s is set, but no agency to assume; not set: %s",
				ErrNoCredentials, stray.name, e.credential("target_agency_name").name)
		}
		*assume = Assumption{}
	case assume.AccountID == "" && assume.AccountName == "":
		assume.AccountID, assume.AccountName = s.account.ID, s.account.Name
		if assume.AccountID != "" {
			assume.AccountKey = inManifest
		}
		fallthrough
	default:
		s.account = plan.Account{} // it is the agency's account, not that of the credentials
	}
	if region.value != "" {
		c.found.Region, c.found.RegionFrom = region.value, region.name
	}
	if url := e.credential("auth_url"); url.value != "" {
		c.found.AuthURL, c.found.AuthURLFrom = inRegion(url.value, cmp.Or(region.value, s.region)), "auth_url of "+e.place
	}
	s.certificates(e, &c.found)
	return c, s.credentialsOf(e, c, strings.TrimPrefix(kind, kindAgency))
}

// inRegion fills the region into an address, in both spellings of OpenStack's tools.
func inRegion(address, region string) string {
	return strings.NewReplacer("%(region_name)s", region, "{region_name}", region).Replace(address)
}

// certificates reads which CAs the entry trusts.
func (s search) certificates(e *cloudsEntry, f *Found) {
	if file := e.get("cacert"); file.value != "" {
		if rest, below := strings.CutPrefix(file.value, "~/"); below && s.home() != "" {
			file.value = filepath.Join(s.home(), rest)
		}
		f.Authorities, f.AuthoritiesFrom = file.value, file.name
	}
	if verify := e.get("verify"); isFalse(verify.value) {
		f.Unverified = verify.name
	}
	if insecure := e.get("insecure"); insecure.value != "" && !isFalse(insecure.value) {
		f.Unverified = insecure.name
	}
}

// isFalse reports whether a text is one of YAML's or OpenStack's words for false.
func isFalse(text string) bool {
	return slices.Contains([]string{"false", "no", "off", "0", "n", "f"}, strings.ToLower(text))
}

// credentialsOf picks the credentials of an entry: those of the kind, "" for access keys, else a token, else a user.
func (s search) credentialsOf(e *cloudsEntry, c *candidate, kind string) error {
	access, secret, security, token := e.credential("ak", "access_key"), e.credential("sk", "secret_key"),
		e.credential("security_token"), e.credential("token")
	if err := checkPrintable(access, secret, security, token); err != nil {
		return err
	}
	switch {
	case kind == kindKeys || kind == "" && access.value+secret.value != "":
		c.require(access, secret)
		c.found.Base = Keys{Access: NewSecret(access.value), Secret: NewSecret(secret.value), SecurityToken: NewSecret(security.value)}
		// Keys sign and are never sent, so they are safe with every address.
		c.found.AuthURL, c.found.AuthURLFrom = "", ""
	case kind == kindToken || kind == "" && token.value != "":
		c.require(token)
		c.found.Base = Token{NewSecret(token.value)}
	default:
		if err := checkPasswordAlone(e.get, e.remedy()); err != nil {
			return err
		}
		if passcode := s.family(osVariables)("passcode"); passcode.value != "" { // Terraform reads it beside OS_CLOUD
			return noSecondFactor(passcode, e.remedy())
		}
		id, name, password := e.credential("user_id"), e.credential("username"), e.credential("password")
		c.require(setting{name.name, cmp.Or(id.value, name.value)}, password)
		domainName := e.credential("user_domain_name", "default_domain_name")
		domainID := e.credential("user_domain_id", "default_domain_id")
		s.complete(c, User{
			ID: id.value, Name: name.value, Password: NewSecret(password.value), DomainID: domainID.value, DomainName: domainName.value,
		}, domainID.name, domainName.name)
	}
	return nil
}

// remedy says what works in place of what is not supported.
func (e *cloudsEntry) remedy() string {
	return "use a token that was made beforehand (token), or an access key (ak, sk)"
}

// checkKeys refuses keys that change who we are or how we connect and that are not supported.
func (e *cloudsEntry) checkKeys() error {
	if err := checkConnection(e.get); err != nil {
		return err
	}
	for _, key := range authKeys {
		if scalar(e.top[key]) != "" {
			return fmt.Errorf("%w: %s in %s has no effect there; write it below auth", ErrNoCredentials, key, e.place)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(e.auth)) {
		if !slices.Contains(authKeys, key) && !slices.Contains(projectKeys, key) && scalar(e.auth[key]) != "" &&
			!slices.Contains(oneFactorKeys, key) {
			return fmt.Errorf("%w: %s below auth in %s is not supported; remove it, or %s", ErrNoCredentials, key, e.place, e.remedy())
		}
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
			err = fmt.Errorf("%w: OS_CLIENT_CONFIG_FILE names the file %s, which does not exist; name one that does", ErrNoCredentials, path)
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

// vendorProfiles are the addresses of the public profiles that OpenStack's SDK brings along for our clouds.
var vendorProfiles = map[string]string{
	"otc":       "https://iam.%(region_name)s.otc.t-systems.com/v3",
	"otc-swiss": "https://iam-pub.eu-ch2.sc.otc.t-systems.com/v3",
}

// readEntry merges the entries of the public profile, of clouds.yaml and of secure.yaml; of these a later one wins.
func readEntry(path string, data []byte, name string) (*cloudsEntry, error) {
	securePath, secure, err := beside(path, "secure")
	if err != nil {
		return nil, err
	}
	place := fmt.Sprintf("file %s, entry %q", path, name)
	own := func(e *cloudsEntry) error {
		found, err := e.overlay(path, data, "clouds", name)
		if err == nil && !found {
			err = fmt.Errorf("%w: OS_CLOUD names the entry %q, which %s does not hold", ErrNoCredentials, name, path)
		}
		if err == nil {
			_, err = e.overlay(securePath, secure, "clouds", name)
		}
		return err
	}
	e := newEntry(place)
	if err := own(e); err != nil {
		return nil, err
	}
	profile := e.get("profile")
	if profile.value == "" {
		profile = e.get("cloud")
	}
	if profile.value == "" {
		return e, nil
	}
	e = newEntry(place)
	publicPath, public, err := beside(path, "clouds-public")
	if err != nil {
		return nil, err
	}
	found, err := e.overlay(publicPath, public, "public-clouds", profile.value)
	if err != nil {
		return nil, err
	}
	if address, known := vendorProfiles[profile.value]; !found && known {
		e.auth["auth_url"] = yaml.Node{Kind: yaml.ScalarNode, Value: address}
	} else if !found {
		return nil, fmt.Errorf("%w: %s names a vendor profile that is neither in clouds-public.yaml beside it nor one of %s",
			ErrNoCredentials, profile.name, strings.Join(slices.Sorted(maps.Keys(vendorProfiles)), ", "))
	}
	return e, own(e)
}

func newEntry(place string) *cloudsEntry {
	return &cloudsEntry{top: map[string]yaml.Node{}, auth: map[string]yaml.Node{}, place: place}
}

// overlay reads an entry of a file over e. Keys that the entry does not hold stay as they are.
func (e *cloudsEntry) overlay(path string, data []byte, section, name string) (found bool, err error) {
	var file, entries, top, auth map[string]yaml.Node
	if err := yaml.Unmarshal(data, &file); err != nil {
		return false, malformed(path)
	}
	outer, found := file[section]
	if !found {
		return false, nil
	}
	if err := outer.Decode(&entries); err != nil {
		return false, malformed(path)
	}
	entry, found := entries[name]
	if !found {
		return false, nil
	}
	if err := entry.Decode(&top); err != nil {
		return false, malformed(path)
	}
	if section, given := top["auth"]; given {
		if err := section.Decode(&auth); err != nil {
			return false, malformed(path)
		}
	}
	delete(top, "auth")
	for key, node := range top {
		e.top[underscored(key)] = node
	}
	for key, node := range auth {
		kind := node.Kind
		if kind == yaml.AliasNode {
			kind = node.Alias.Kind
		}
		if kind == yaml.MappingNode || kind == yaml.SequenceNode && !slices.Contains(oneFactorKeys, underscored(key)) {
			return false, malformed(path)
		}
		e.auth[underscored(key)] = node
	}
	return true, nil
}

// underscored returns a key as OpenStack's tools read it: user-id is user_id.
func underscored(key string) string { return strings.ReplaceAll(key, "-", "_") }

// malformed leaves out the library's error, which quotes values.
func malformed(path string) error {
	return fmt.Errorf("%w: %s is not a file of the form of clouds.yaml", ErrNoCredentials, path)
}
