package iam

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// A policy about single agencies names them by URIs with their ids. The canonical form has the address of each agency that is known
// in place of its URI, so that a policy can be compared with one about an agency that is not made yet. An agency that nobody knows
// keeps its URI.

const (
	agencyURI    = "/iam/agencies/"
	agencyPrefix = directory.TypeAgency + "/"
)

// agencyNamed returns the address of the agency that a resource of a policy names; is is false for anything else.
func agencyNamed(resource string) (agency addr.Address, is bool) {
	if !strings.HasPrefix(resource, agencyPrefix) {
		return addr.Address{}, false
	}
	agency, err := addr.Parse(resource)
	if err != nil {
		return addr.Address{}, false
	}
	segments := agency.Segments()
	return agency, len(segments) == 1 && segments[0].Qualifier == ""
}

// asWritten leaves URIs as they are.
func asWritten(uri string) string { return uri }

// respellLive returns how URIs of a live policy are spelled where agencies have these names by id. A URI that the cloud gives is
// never taken for an address.
func respellLive(names map[string]string) func(uri string) string {
	return func(uri string) string {
		if id, is := strings.CutPrefix(uri, agencyURI); is && names[id] != "" {
			return directory.AgencyAddress(names[id]).String()
		}
		if rest, is := strings.CutPrefix(uri, agencyPrefix); is {
			return directory.TypeAgency + "%2F" + rest
		}
		return uri
	}
}

// urisOf returns the URIs in the resources of a policy, each once, in the order of the policy; none for a policy that cannot be
// understood.
func urisOf(policy []byte) (uris []string) {
	var document struct {
		Statement []struct{ Resource json.RawMessage }
	}
	if json.Unmarshal(policy, &document) != nil {
		return nil
	}
	for _, statement := range document.Statement {
		var byURI struct {
			URI json.RawMessage `json:"uri"`
		}
		if json.Unmarshal(statement.Resource, &byURI) != nil {
			continue // a list of other resources
		}
		var list []string
		var one string
		if json.Unmarshal(byURI.URI, &one) == nil {
			list = []string{one}
		} else if json.Unmarshal(byURI.URI, &list) != nil {
			continue
		}
		for _, uri := range list {
			if !slices.Contains(uris, uri) {
				uris = append(uris, uri)
			}
		}
	}
	return uris
}

// agenciesNamed returns the ids of the agencies that the resources of a policy name.
func agenciesNamed(policy []byte) (ids []string) {
	for _, uri := range urisOf(policy) {
		if id, is := strings.CutPrefix(uri, agencyURI); is {
			ids = append(ids, id)
		}
	}
	return ids
}

// agencyResources returns the URIs and the addresses of agencies in the canonical document of a policy; none for another resource.
func agencyResources(r plan.Resource) []string {
	document, is := r.Attributes[attributeStatements].AsDocument()
	if !is || r.Address.Type() != directory.TypePolicy || !strings.Contains(document, `"uri":`) {
		return nil
	}
	return slices.DeleteFunc(urisOf([]byte(document)), func(uri string) bool {
		_, named := agencyNamed(uri)
		return !named && !strings.HasPrefix(uri, agencyURI)
	})
}

// documentSent returns the policy as sent: in the author's order, with the URI of each agency for its address.
func documentSent(r plan.Resource, idOf func(agency addr.Address) string) json.RawMessage {
	document, is := r.Settings[settingWritten].AsDocument()
	if !is {
		document, _ = r.Attributes[attributeStatements].AsDocument()
	}
	return wirePolicy(withURIs(document, idOf))
}

// withURIs replaces the addresses of agencies in a document's resources by URIs. All else stays as it is, the order too.
func withURIs(document string, idOf func(agency addr.Address) string) string {
	if !strings.Contains(document, `"`+agencyPrefix) {
		return document
	}
	var policy struct {
		Statement []map[string]json.RawMessage
	}
	if json.Unmarshal([]byte(document), &policy) != nil {
		return document
	}
	statements := make([]json.RawMessage, len(policy.Statement))
	for i, statement := range policy.Statement {
		var err error
		if statements[i], err = writeStatement(statement, func(key string, raw json.RawMessage) ([]byte, error) {
			if key != "Resource" {
				return raw, nil
			}
			return resourceWithURIs(raw, idOf)
		}); err != nil {
			return document
		}
	}
	text, err := encode(map[string]any{"Statement": statements})
	if err != nil {
		return document
	}
	return string(text)
}

func resourceWithURIs(raw json.RawMessage, idOf func(agency addr.Address) string) (json.RawMessage, error) {
	var resource map[string]json.RawMessage
	var uris []string
	if json.Unmarshal(raw, &resource) != nil || json.Unmarshal(resource["uri"], &uris) != nil {
		return raw, nil
	}
	for i, uri := range uris {
		if agency, is := agencyNamed(uri); is {
			uris[i] = agencyURI + idOf(agency)
		}
	}
	var err error
	if resource["uri"], err = encode(uris); err != nil {
		return nil, err
	}
	return encode(resource)
}

// placeholderID stands for the id of an agency whose id does not matter, or is not known yet. It differs from one agency to another,
// has about the length of an id, and holds no wildcard.
func placeholderID(agency addr.Address) string {
	const idLength = 32
	name := url.QueryEscape(directory.NameOf(agency))
	return name + strings.Repeat("-", max(0, idLength-len(name)))
}
