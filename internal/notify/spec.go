package notify

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// KindTopic is the kind of a cloud's topics.
const KindTopic = "smn"

// The environment variables that this package reads have this beginning, the name of a target, and one of these endings.
const (
	variablePrefix = "AGENCYCTL_NOTIFY_"
	variableURL    = "_URL"
	variableSecret = "_SECRET"
)

// IsVariable reports whether an environment variable can be one of a target.
func IsVariable(name string) bool {
	return strings.HasPrefix(name, variablePrefix) && (strings.HasSuffix(name, variableURL) || strings.HasSuffix(name, variableSecret))
}

// Spec names a target as a user does.
type Spec struct {
	// Kind is one of [Kinds].
	Kind string
	// Name is that of the variables with the URL and the secret; "" for a topic.
	Name string
	// Topic is a topic's name in its cloud, and Account the account that it is in, "" where there is only one.
	Topic, Account string
}

// Kinds returns the kinds of targets, in the order in which help names them.
func Kinds() []string { return []string{KindTopic, "feishu", "dingtalk", "wecom", "webhook"} }

// nameForm is the form of names. No two names have the same variable.
var nameForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Parse reads KIND=TARGET. For a topic, TARGET is its name in the cloud, behind ACCOUNT= where that must be said; for all others it is a
// name. No error shows a target that is none: it may be a URL with a token.
func Parse(value string) (Spec, error) {
	kind, target, _ := strings.Cut(value, "=")
	if !slices.Contains(Kinds(), kind) {
		return Spec{}, fmt.Errorf("write KIND=TARGET, where KIND is %s", strings.Join(Kinds(), ", "))
	}
	if strings.Contains(target, "://") {
		named := kind
		if kind == KindTopic {
			named = "webhook"
		}
		return Spec{}, fmt.Errorf("%s: a URL is a secret, and others on this machine can read a command line: give the target a name, "+
			"as in %s=ops, and put the URL into the environment variable %sOPS_URL", kind, named, variablePrefix)
	}
	if kind == KindTopic {
		account, topic, found := strings.Cut(target, "=")
		if !found {
			account, topic = "", target
		}
		if topic == "" || found && account == "" {
			return Spec{}, fmt.Errorf("%s: write %[1]s=TOPIC_URN, or %[1]s=ACCOUNT=TOPIC_URN", kind)
		}
		return Spec{Kind: kind, Topic: topic, Account: account}, nil
	}
	if !nameForm.MatchString(target) || len(target) > 40 {
		return Spec{}, fmt.Errorf("%s: a target is a name of at most 40 small letters, digits and single hyphens, as in %[1]s=ops", kind)
	}
	return Spec{Kind: kind, Name: target}, nil
}

// String gives the spec as [Parse] reads it.
func (s Spec) String() string {
	switch {
	case s.Kind != KindTopic:
		return s.Kind + "=" + s.Name
	case s.Account != "":
		return s.Kind + "=" + s.Account + "=" + s.Topic
	}
	return s.Kind + "=" + s.Topic
}

// variable returns the environment variable that has a part of the target.
func (s Spec) variable(ending string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_")) + ending
}

// url reads the URL. No error of the library is shown: it would quote the URL.
func (s Spec) url(getenv func(string) string) (*url.URL, error) {
	variable := s.variable(variableURL)
	text := strings.TrimSpace(getenv(variable))
	if text == "" {
		return nil, fmt.Errorf("%s: the environment variable %s is not set; put the URL of the target there", s, variable)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		err = errors.New("is not a URL; write https://HOST/PATH")
	case u.User != nil:
		err = errors.New("holds a user name; leave it out, and let the receiver check the signature")
	case u.Fragment != "":
		err = errors.New("has a fragment (#), which is never sent; leave it out")
	case u.Scheme != "https" && !(u.Scheme == "http" && isThisMachine(u.Hostname())):
		err = errors.New("must begin with https:// (http:// is for this machine only)")
	default:
		return u, nil
	}
	return nil, fmt.Errorf("%s: the environment variable %s %w", s, variable, err)
}

// secret reads the key of the signature, "" for none.
func (s Spec) secret(getenv func(string) string) (string, error) {
	variable := s.variable(variableSecret)
	secret := strings.TrimSpace(getenv(variable))
	if secret != "" && !kinds[s.Kind].signs {
		return "", fmt.Errorf("%s: the environment variable %s is set, and messages of this kind have no signature; unset it", s, variable)
	}
	return secret, nil
}

func isThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
