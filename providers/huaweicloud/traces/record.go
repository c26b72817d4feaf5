package traces

import (
	"cmp"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// Limits of what is looked at of one part of a trace, in bytes and words.
const (
	maxPart  = 64 << 10
	maxWords = 4096
)

// wireTrace is a trace as sent. Any field may be missing, null, or of another type than documented.
type wireTrace struct {
	ID           text            `json:"trace_id"`
	Name         text            `json:"trace_name"`
	Type         text            `json:"trace_type"`
	Rating       text            `json:"trace_rating"`
	Code         text            `json:"code"`
	ReadOnly     text            `json:"read_only"`
	ResourceType text            `json:"resource_type"`
	ResourceID   text            `json:"resource_id"`
	ResourceName text            `json:"resource_name"`
	ResourceURL  text            `json:"resource_url"`
	Request      text            `json:"request"`
	Response     text            `json:"response"`
	RequestID    text            `json:"request_id"`
	Time         text            `json:"time"`
	RecordTime   text            `json:"record_time"`
	SourceIP     text            `json:"source_ip"`
	User         json.RawMessage `json:"user"`
}

// record is an operation that changed something, with what it can be matched by.
type record struct {
	id, name, requestID string
	when                time.Time
	who, via, from      string
	verb                verb
	scope               scope
	kind                kind
	// ids and names are those of the words that are looked for which it has anywhere, and which it has as a name.
	ids, names map[string]bool
	// sets are the texts that an update says to set, by their keys: nil where it does not say.
	sets map[string]string
	// own are the ids by which it tells what it was done to, of an agency or a policy.
	own []string
}

// key is what tells one operation from others: it may be recorded twice.
func (r *record) key() string { return cmp.Or(r.requestID, r.id) }

// decode returns what a trace records, with those of the words that it has; changed is false for one of an operation that changed nothing,
// or that cannot be used.
func (w *wireTrace) decode(words map[string]bool) (r record, changed bool) {
	if w.Name == "" || w.ReadOnly.isTrue() || !w.succeeded() || changesNothing(string(w.Name)) {
		return record{}, false
	}
	r = record{id: string(w.ID), name: string(w.Name), requestID: string(w.RequestID), from: string(w.SourceIP)}
	var ok bool
	if r.when, ok = w.Time.milliseconds(); !ok {
		if r.when, ok = w.RecordTime.milliseconds(); !ok {
			return record{}, false
		}
	}
	r.who, r.via = userOf(w.User).words()
	if r.via == "" {
		r.via = map[text]string{"ConsoleAction": viaConsole, "ApiCall": "the API"}[w.Type]
	}
	r.verb, r.scope, r.kind = verbOf(r.name), scopeOf(string(w.Name+" "+w.ResourceType)), kindOf(string(w.ResourceType))
	if strings.Contains(strings.ToLower(string(w.ResourceURL)), "inherit") {
		r.scope = inAllProjects
	}
	r.ids, r.names = map[string]bool{}, map[string]bool{}
	if words[string(w.ResourceName)] {
		r.names[string(w.ResourceName)] = true
	}
	for _, part := range []text{w.ResourceID, w.ResourceURL, w.Request, w.Response} {
		r.learn(string(part), words)
	}
	r.own, r.sets = w.own(), w.sets()
	return r, true
}

// succeeded reports whether the operation did something. Failed attempts are on record too.
func (w *wireTrace) succeeded() bool {
	if w.Code == "" {
		return w.Rating == "normal"
	}
	n, err := strconv.Atoi(string(w.Code))
	return err == nil && n >= http.StatusOK && n < http.StatusMultipleChoices
}

// word is what can be an id; with points inside, so that the 0 of a version in a path is none. A name in JSON is a pair whose key ends in
// name.
var (
	word      = regexp.MustCompile(`[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*`)
	namedPair = regexp.MustCompile(`"([a-z_]*name)"\s*:\s*("(?:[^"\\]|\\.)*")`)
)

// learn takes ids and names from a part of the record: an id, a path, or JSON, which may be cut off or stand in a text of JSON.
func (r *record) learn(part string, words map[string]bool) {
	part = part[:min(len(part), maxPart)]
	for _, id := range word.FindAllString(part, maxWords) {
		if words[id] {
			r.ids[id] = true
		}
	}
	for _, form := range []string{part, strings.ReplaceAll(part, `\"`, `"`)} {
		for _, pair := range namedPair.FindAllStringSubmatch(form, maxWords) {
			var name string
			isAccount := strings.Contains(pair[1], "domain") || strings.Contains(pair[1], "user")
			if !isAccount && json.Unmarshal([]byte(pair[2]), &name) == nil && words[name] {
				r.names[name] = true
			}
		}
	}
}

// ownID is how the record of an agency or a policy writes its id, in a path or in JSON.
var ownID = regexp.MustCompile(`(?:/(?:agencies|roles)/|"(?:agency_)?id"\s*:\s*")([A-Za-z0-9_-]+)`)

func (w *wireTrace) own() (ids []string) {
	if w.ResourceID != "" {
		ids = []string{string(w.ResourceID)}
	}
	for _, part := range []text{w.ResourceURL, w.Request, w.Response} {
		for _, found := range ownID.FindAllStringSubmatch(string(part[:min(len(part), maxPart)]), maxWords) {
			ids = append(ids, found[1])
		}
	}
	return ids
}

// keysOf are the keys of requests that set an attribute of an agency, by the attribute. Other attributes may be set by any update.
var keysOf = map[string][]string{
	"description":            {"description"},
	"duration":               {"duration", "max_session_duration"},
	directory.AttributeTrust: {"trust_domain_name", "trust_domain_id", "trust_policy"},
}

// sets returns what the request says to set of an agency. A request that is cut off says nothing.
func (w *wireTrace) sets() map[string]string {
	if strings.HasPrefix(strings.ToLower(string(w.Name)), "updatetrustpolicy") {
		return map[string]string{"trust_policy": ""}
	}
	request, inner := []byte(w.Request[:min(len(w.Request), maxPart)]), ""
	if json.Unmarshal(request, &inner) == nil {
		request = []byte(inner)
	}
	var body struct {
		Agency map[string]text `json:"agency"`
	}
	var bare map[string]text
	if json.Unmarshal(request, &bare) != nil || json.Unmarshal(request, &body) != nil {
		return nil
	}
	sets := map[string]string{}
	for _, keys := range keysOf {
		for _, key := range keys {
			for _, from := range []map[string]text{bare, body.Agency} {
				if value, is := from[key]; is {
					sets[key] = string(value)
				}
			}
		}
	}
	if len(sets) == 0 {
		return nil
	}
	return sets
}

// verb is what an operation does, as far as its name says so.
type verb uint8

const (
	anyVerb verb = iota
	creates
	updates
	deletes
	gives
	takes
)

// verbs are the words that names of operations begin with.
var verbs = []struct {
	word string
	verb verb
}{
	{"create", creates}, {"update", updates}, {"modify", updates}, {"change", updates}, {"delete", deletes},
	{"assign", gives}, {"attach", gives}, {"associate", gives}, {"grant", gives}, {"add", gives},
	{"unassign", takes}, {"detach", takes}, {"disassociate", takes}, {"revoke", takes}, {"remove", takes},
}

func verbOf(name string) verb {
	name = strings.ToLower(name)
	for _, v := range verbs {
		if strings.HasPrefix(name, v.word) {
			return v.verb
		}
	}
	return anyVerb
}

// idle are the beginnings of the names of operations that change nothing: reads, and uses of an agency.
var idle = []string{
	"get", "list", "show", "query", "check", "switchrole", "createtoken", "agencyassume", "assume", "login", "logout",
}

func changesNothing(name string) bool {
	name = strings.ToLower(name)
	for _, begin := range idle {
		if strings.HasPrefix(name, begin) {
			return true
		}
	}
	return false
}

// scope is where a role is given or taken, as far as the record says so.
type scope uint8

const (
	anywhere scope = iota
	inDomain
	inProject
	inAllProjects
	inEnterpriseProject
)

// scopeOf reads the names of an operation and of its type of resource.
func scopeOf(names string) scope {
	names = strings.ToLower(names)
	for _, s := range []struct {
		word  string
		scope scope
	}{
		{"enterpriseproject", inEnterpriseProject}, {"allproject", inAllProjects}, {"inherit", inAllProjects}, {"project", inProject},
		{"domain", inDomain},
	} {
		if strings.Contains(names, s.word) {
			return s.scope
		}
	}
	return anywhere
}

// kind is what an operation is done to, as far as the type of resource says so.
type kind uint8

const (
	anyKind kind = iota
	anAgency
	aPolicy
	// stranger is what no difference is about. It may have the name of an agency all the same.
	stranger
)

// strange are the words in the types of strangers. The type of a grant has two words: roleGroupDomain is that of a grant to a group.
var strange = []string{"user", "group", "token", "credential", "accesskey", "mfa", "identityprovider", "mapping", "protocol"}

func kindOf(resourceType string) kind {
	switch t := strings.ToLower(resourceType); {
	case t == "agency":
		return anAgency
	case t == "policy", t == "role":
		return aPolicy
	case strings.Contains(t, "agency"):
		return anyKind
	case t == "project", t == "domain", slices.ContainsFunc(strange, func(word string) bool { return strings.Contains(t, word) }):
		return stranger
	}
	return anyKind
}
