package iam

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// The keys of an agency's entry that list grants, and the one that says what it makes of the others.
const (
	keyGrants       = "grants"
	keyGrantsAbsent = "grantsAbsent"
	keyGrantsMode   = "grantsMode"
)

// keyServiceMade says, as false, that an agency is the manifest's own although a service publishes its name.
const keyServiceMade = "serviceMade"

// Expand implements [providers.Provider]. A policy comes before agencies, an agency before its grants.
func (p Provider) Expand(m *plan.Manifest) ([]plan.Desired, []plan.Problem) {
	x := expansion{
		known: p, manifest: m, policies: map[string]*plan.Node{}, agencies: make(map[string]*plan.Node, len(m.Sections[sectionAgencies])),
		again:  map[string][]*plan.Node{},
		owners: map[string]plan.Position{}, named: map[string]plan.Position{},
		previous: map[addr.Address]plan.Position{}, none: plan.Attributes{},
		parts: map[directory.Grant]*directory.Grant{},
	}
	for _, entry := range m.Sections[sectionPolicies] {
		name := nameOf(entry)
		if first := x.policies[name]; first != nil && name != "" {
			x.givenTwice(sectionPolicies, first, entry, "keep one of the two, or rename one")
			continue
		}
		x.policies[name] = entry
	}
	for _, entry := range m.Sections["authorizations"] {
		if service := entry.Get("service").String(); x.owners[service].IsZero() {
			x.owners[service] = entry.Position()
		}
		if agency := entry.Get("agency"); agency != nil {
			x.checkNamed(entry, agency)
		}
	}
	for _, entry := range m.Sections[sectionPolicies] {
		if x.policies[nameOf(entry)] == entry {
			x.policy(entry)
		}
	}
	x.checkGuardrails()
	section := m.Sections[sectionAgencies]
	size := len(x.desired)
	for _, entry := range section {
		size += 1 + grantsOf(entry)
	}
	x.desired = slices.Grow(x.desired, size-len(x.desired))
	x.index(section)
	for i, entry := range section {
		switch name := nameOf(entry); {
		case x.agencies[name] != entry: // part of another one
		case len(x.again[name]) > 0:
			x.together(x.again[name])
		default:
			x.agency(entry, section[i:i+1])
		}
	}
	return x.desired, x.problems
}

// grantsOf is about how many grants an entry lists: good for making room, and for nothing else.
func grantsOf(entry *plan.Node) (n int) {
	for _, key := range [...]string{keyGrants, keyGrantsAbsent} {
		for _, pair := range entry.Get(key).Pairs() {
			n += len(pair.Value.Elements())
			for _, place := range pair.Value.Pairs() {
				n += len(place.Value.Elements())
			}
		}
	}
	return n
}

// expansion collects what the entries of a manifest mean.
type expansion struct {
	known    Provider
	manifest *plan.Manifest
	// policies and agencies are the manifest's entries by name, of several of one name the first by place; again are all entries of
	// an agency that has several, by place; owners where a service has an authorizations entry; named where such an entry names its
	// agency.
	policies map[string]*plan.Node
	agencies map[string]*plan.Node
	again    map[string][]*plan.Node
	owners   map[string]plan.Position
	named    map[string]plan.Position
	// previous are where entries say that they had another address, by that address.
	previous map[addr.Address]plan.Position
	// none are the attributes of every grant, and parts what the addresses of grants say: few roles and places stand in many.
	none     plan.Attributes
	parts    map[directory.Grant]*directory.Grant
	desired  []plan.Desired
	problems []plan.Problem
}

func (x *expansion) problem(at plan.Position, summary, hint, format string, arguments ...any) {
	x.problems = append(x.problems, plan.Problem{At: at, Summary: summary, Detail: fmt.Sprintf(format, arguments...), Hint: hint})
}

// warning is a problem that refuses nothing.
func (x *expansion) warning(at plan.Position, summary, hint, format string, arguments ...any) {
	x.problem(at, summary, hint, format, arguments...)
	x.problems[len(x.problems)-1].Warning = true
}

// root reads what agencies and policies have in common.
func (x *expansion) root(entry *plan.Node, address addr.Address) plan.Desired {
	dependsOn, problems := providers.DependsOnOf(entry)
	x.problems = append(x.problems, problems...)
	return plan.Desired{
		Resource:  plan.Resource{Address: address},
		Absent:    providers.IsAbsent(entry),
		DependsOn: dependsOn,
		Source:    entry.Position(),
		Sources:   make(plan.Sources, 0, 4), // as many as are usual
		Notes:     providers.NotesOf(entry),
	}
}

// nameOf is the name of an entry. One that is a number in the manifest is refused by the schema, and others may refer to it.
func nameOf(entry *plan.Node) string {
	if name := entry.Get("name"); name != nil {
		return name.Text
	}
	return ""
}

// checkRead refuses an entry that the manifest leaves unread.
func (x *expansion) checkRead(d plan.Desired, part string) {
	if problem := directory.LeftOut(d.Address.String(), part, d.Source, x.manifest); problem != nil {
		x.problems = append(x.problems, *problem)
	}
}

// set stores a text attribute and where it stands.
func set(d *plan.Desired, attribute string, node *plan.Node, value string) {
	d.Attributes[attribute] = plan.StringValue(value)
	if node != nil {
		d.Sources.Set(attribute, node.At)
	}
}

// agency reads the entry of an agency. Parts are the entries that it is laid together from, or the entry alone; they list the grants.
func (x *expansion) agency(entry *plan.Node, parts []*plan.Node) {
	name := nameOf(entry)
	if name == "" {
		return // the schema has said so
	}
	d := x.root(entry, directory.AgencyAddress(name))
	if len(parts) > 1 {
		x.join(&d, parts)
	}
	x.checkRead(d, huaweicloud.PartAgency+name)
	x.checkPublished(entry, name)
	if said := entry.Get(keyServiceMade); said != nil {
		d.State(plan.Statement{
			Key: keyServiceMade, Value: "false", At: said.At,
			Loosens: "a service makes an agency of that name: what the service grants it, and the entry does not list, is revoked",
		})
	}
	if d.Absent {
		for _, key := range []string{keyGrants, keyGrantsAbsent} {
			if grants := entry.Get(key); len(grants.Pairs()) > 0 {
				x.problem(grants.Position(), "grants of an absent agency", "remove "+key,
					"%s is to be deleted, and its grants go with it", d.Address)
			}
		}
		x.desired = append(x.desired, d)
		x.rename(entry, d)
		return
	}
	d.Attributes = plan.Attributes{}
	if modeOf(entry) == modeAdditive {
		d.Additive = true
		d.Sources.Set(keyGrantsMode, entry.Get(keyGrantsMode).Position())
	}
	if node := entry.Get("description"); node != nil || !d.Additive {
		set(&d, attributeDescription, node, node.String())
		x.checkDescription(node, agencyDoubtful)
	} else {
		keep(&d, attributeDescription, plan.StringValue(""))
	}
	x.duration(&d, entry.Get("duration"))
	trusted := entry.Get("trust")
	if trusted == nil && d.Additive {
		keep(&d, directory.AttributeTrust, plan.Value{})
		x.complete(entry, parts, d)
		return
	}
	t, ok := manifestTrust(trusted)
	if !ok {
		if t.Kind != "" || len(trusted.Pairs()) == 0 && !entry.Misspells("trust") { // else the schema has told the wrong key
			x.problem(cmp.Or(trusted, entry).Position(), "bad trust", "write account: NAME, accountId: ID or service: op_svc_NAME",
				"%s must trust exactly one account or service", d.Address)
		}
		x.complete(entry, parts, d) // others may refer to it
		return
	}
	if t.Kind == directory.TrustAccount {
		x.checkTrusted(trusted.Get(t.Kind), hintService)
		if _, is := directory.ServiceNamed(t.Value); is { // refused: what a guardrail would say of it leads astray
			x.complete(entry, parts, d)
			return
		}
	}
	set(&d, directory.AttributeTrust, trusted, t.String())
	x.complete(entry, parts, d)
}

// complete adds an agency that is wanted, with its grants.
func (x *expansion) complete(entry *plan.Node, parts []*plan.Node, d plan.Desired) {
	x.desired = append(x.desired, d)
	if len(parts) > 1 {
		x.jointGrants(&d, parts)
	} else {
		x.grants(&d, entry, d.Notes)
	}
	x.rename(entry, d)
}

// keep leaves an attribute as it is live. Value is that of an agency that is made, or zero where the entry must say it.
func keep(d *plan.Desired, attribute string, value plan.Value) {
	if d.Kept == nil {
		d.Kept = plan.Attributes{}
	}
	d.Kept[attribute] = value
}

// duration reads how long an agency lasts.
func (x *expansion) duration(d *plan.Desired, node *plan.Node) {
	if node == nil && d.Additive {
		keep(d, attributeDuration, plan.StringValue(forever))
		return
	}
	duration, ok := canonicalDuration(cmp.Or(node.String(), forever))
	if !ok {
		x.problem(node.Position(), "bad duration", fmt.Sprintf("write forever, or days from 1d to %dd", maxDays), "%q is no duration", node)
		duration = forever
	}
	set(d, attributeDuration, node, duration)
}

// manifestTrust reads the trust of an entry; ok is false unless it names exactly one.
func manifestTrust(node *plan.Node) (t directory.Trust, ok bool) {
	for _, kind := range []string{directory.TrustAccount, directory.TrustAccountID, directory.TrustService} {
		if value := node.Get(kind).String(); value != "" {
			if t.Kind != "" {
				return t, false
			}
			t = directory.Trust{Kind: kind, Value: value}
		}
	}
	return t, t.Kind != ""
}

// checkNamed refuses an authorization through an agency that is another service's.
func (x *expansion) checkNamed(entry, agency *plan.Node) {
	name := agency.String()
	if owner, made, _ := x.known.serviceMadeName(name); made && owner != entry.Get("service").String() {
		x.problem(agency.Position(), "agency of another service", "remove the key, or write the name of the service's own agency",
			"%q is an agency that another cloud service makes", name)
	}
	if x.named[name].IsZero() {
		x.named[name] = agency.Position()
	}
}

// checkPublished refuses to manage an agency that a cloud service manages.
func (x *expansion) checkPublished(entry *plan.Node, name string) {
	at := entry.Get("name").Position()
	if place := x.named[name]; !place.IsZero() {
		x.problem(at, "agency of a service", "remove it here, and let the authorizations entry manage it",
			"%q belongs to the authorizations entry that names it at %s", name, place)
		return
	}
	owner, made, guessed := x.known.serviceMadeName(name)
	said := entry.Get(keyServiceMade)
	if said.IsTrue() {
		x.problem(said.At, "serviceMade is true", "write false, or remove the key", "%q cannot be said to be a service's own", name)
		return
	}
	if !made {
		if said != nil {
			x.warning(said.At, "serviceMade without effect", "remove it", "no service is known to make an agency named %q", name)
		}
		return
	}
	report := x.problem
	if guessed {
		report = x.warning
	}
	if place := x.owners[owner]; owner != "" && !place.IsZero() {
		x.problem(at, "agency of a service", "remove it here, and let the authorizations entry manage it",
			"%q belongs to the service %s, whose authorizations entry at %s owns it", name, owner, place)
		return
	}
	mode := entry.Get(keyGrantsMode) // one that the schema has refused may be meant for additive
	if said == nil && !providers.IsAbsent(entry) && (mode == nil || mode.String() == modeExact) {
		report(at, "agency of a service", "add grantsMode: additive, so that grants which the service adds later are left alone, or "+
			"serviceMade: false where no service made it",
			"%q is an agency that a cloud service makes and changes itself", name)
	}
}

// grants adds the grants that an entry of an agency lists: those that are wanted, and those that must be absent.
func (x *expansion) grants(agency *plan.Desired, entry *plan.Node, notes *plan.Notes) {
	x.listed(agency, entry.Get(keyGrants), notes, false)
	x.listed(agency, entry.Get(keyGrantsAbsent), notes, true)
}

func (x *expansion) listed(agency *plan.Desired, grants *plan.Node, notes *plan.Notes, absent bool) {
	x.problems = append(x.problems, directory.CheckListed(agency.Address, grants, x.manifest)...)
	name := directory.NameOf(agency.Address)
	var sources plan.Sources // the grants of one place share it: nobody changes it
	for listed := range directory.ListedGrants(grants) {
		if at, known := sources.Of(attributeScope); !known || at != listed.PlaceAt {
			sources = plan.Sources{{Attribute: attributeScope, At: listed.PlaceAt}}
		}
		parts := x.parts[listed.Grant]
		if parts == nil {
			grant := listed.Grant
			parts = &grant
			x.parts[grant] = parts
		}
		var needs []plan.Dependency
		role := parts.Role
		if made, ours := x.policies[role.Name]; ours && !absent && (role.Qualifier == "" || role.Qualifier == policy.Custom) {
			if providers.IsAbsent(made) {
				x.problem(listed.At, "grant of an absent policy", "remove the grant, or keep the policy",
					"%s grants %q, which %s says is to be deleted", agency.Address, role, made.Position())
				continue
			}
			needs = []plan.Dependency{{On: directory.PolicyAddress(plan.Reference{Name: role.Name}), Implied: true}}
		}
		x.desired = append(x.desired, plan.Desired{})
		d := &x.desired[len(x.desired)-1] // filled in place: it is large, and there are many
		d.Address, d.Parent, d.Attributes, d.Parts = parts.Address(name), agency.Address, x.none, parts
		d.Absent, d.DependsOn, d.Notes, d.Source, d.Sources = absent, needs, notes, listed.At, sources
	}
}

// agencyDoubtful are the characters that clients say the description of an agency cannot have. No page of the cloud says so.
const agencyDoubtful = `@#$%^&*<>\`

// checkDescription warns of characters that the cloud may refuse, or give back in another form: nobody documents it.
func (x *expansion) checkDescription(node *plan.Node, doubtful string) {
	text := node.String()
	if !strings.ContainsAny(text, doubtful) && !strings.ContainsFunc(text, unicode.IsControl) {
		return // as nearly all: this is the faster question
	}
	i := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune(doubtful, r) })
	r, _ := utf8.DecodeRuneInString(text[i:])
	x.warning(node.Position(), "description may be refused", "write one line of plain text, if the cloud refuses it",
		"it holds %q, and it is not documented whether the cloud takes that", r)
}
