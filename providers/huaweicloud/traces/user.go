package traces

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
)

const (
	viaConsole = "the console"
	// nobodyNamed is who did it where a trace names no user.
	nobodyNamed = "a system action of the cloud"
)

// user is who did something, in any of the shapes that are on record.
type user struct {
	ID        text            `json:"id"`
	Name      text            `json:"name"`
	UserName  text            `json:"user_name"`
	URN       text            `json:"principal_urn"`
	Principal text            `json:"principal_id"`
	Type      text            `json:"type"`
	IsRoot    text            `json:"principal_is_root_user"`
	InvokedBy json.RawMessage `json:"invoked_by"`
}

// userOf decodes a user: an object, or the text of one. Any other text is the name.
func userOf(raw json.RawMessage) (u user) {
	var inner string
	if json.Unmarshal(raw, &inner) == nil && inner != "" {
		if !strings.HasPrefix(strings.TrimSpace(inner), "{") {
			return user{Name: text(inner)}
		}
		raw = json.RawMessage(inner)
	}
	if json.Unmarshal(raw, &u) != nil {
		return user{}
	}
	return u
}

// words says who it is, and through what: "" where the record does not say.
func (u user) words() (who, via string) {
	return u.who(), u.through()
}

func (u user) who() string {
	kind, rest := u.urn()
	path, session := rest, ""
	if i := strings.LastIndex(rest, "/"); i >= 0 {
		path, session = rest[:i], rest[i+1:]
	}
	name := cmp.Or(string(u.UserName), string(u.Name), string(u.ID))
	switch {
	case kind == "assumed-agency" || u.Type == "AssumedAgency":
		_, last, _ := strings.Cut(string(u.Principal), ":")
		who := "agency " + shown(cmp.Or(string(u.Name), path, string(u.ID)))
		if session = cmp.Or(session, last); session != "" {
			who += ", session " + shown(session)
		}
		return who
	case kind == "external-user" || u.Type == "ExternalUser":
		who := "federated user " + shown(cmp.Or(session, name, "of no name"))
		if path != "" {
			who += " of identity provider " + shown(path)
		}
		return who
	case u.IsRoot.isTrue():
		return "the root user " + shown(name)
	case name == "" && rest == "":
		return nobodyNamed
	}
	return "user " + shown(cmp.Or(name, rest))
}

// urn takes a URN apart, as "iam::ACCOUNT:user:NAME".
func (u user) urn() (kind, rest string) {
	parts := strings.SplitN(string(u.URN), ":", 5)
	if len(parts) < 5 {
		return "", ""
	}
	return parts[3], parts[4]
}

func (u user) through() string {
	var services []string
	var one string
	if json.Unmarshal(u.InvokedBy, &services) != nil && json.Unmarshal(u.InvokedBy, &one) == nil && one != "" {
		services = []string{one}
	}
	for _, service := range services {
		if service == "service.console" {
			return viaConsole
		}
	}
	if len(services) > 0 && services[0] != "" {
		return shown(services[0])
	}
	return ""
}

// shown returns a name for a sentence: in quotes where it could read on with the words around it.
func shown(name string) string {
	odd := func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`,;"'\`, r)
	}
	if name == "" || strings.ContainsFunc(name, odd) {
		return strconv.Quote(name)
	}
	return name
}
