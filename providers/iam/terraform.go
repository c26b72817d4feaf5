package iam

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

var _ providers.TerraformReader = Provider{}

// TerraformTypes implements [providers.TerraformReader], for the providers huaweicloud/huaweicloud and opentelekomcloud/opentelekomcloud.
// Types that the first has renamed are among them.
func (Provider) TerraformTypes() map[string]providers.TerraformType {
	agency := providers.TerraformType{Read: terraformHuaweiCloud.agency}
	const v5 = "it belongs to IAM v5, which is not read"
	return map[string]providers.TerraformType{
		"huaweicloud_identity_agency":                            agency,
		"huaweicloud_iam_agency":                                 agency,
		"huaweicloud_iam_agency_v3":                              agency,
		"huaweicloud_identity_role":                              {Read: terraformHuaweiCloud.policy},
		"opentelekomcloud_identity_agency_v3":                    {Read: terraformOpenTelekomCloud.agency},
		"opentelekomcloud_identity_role_v3":                      {Read: terraformOpenTelekomCloud.policy},
		"huaweicloud_identity_trust_agency":                      {Never: v5},
		"huaweicloud_identity_service_agency":                    {Never: v5},
		"huaweicloud_identity_policy":                            {Never: v5},
		"huaweicloud_identityv5_policy":                          {Never: v5},
		"huaweicloud_identity_policy_agency_attach":              {Never: v5},
		"huaweicloud_identityv5_policy_agency_attach":            {Never: v5},
		"huaweicloud_identityv5_agency_batch_policies_associate": {Never: v5},
	}
}

// terraformCloud is how the Terraform provider of a cloud stores agencies and custom policies.
type terraformCloud struct {
	// hours: a number in duration counts hours, and not days.
	hours bool
	// statements: the content of a policy is in blocks, and not a document.
	statements bool
	// unread are the parts whose grants the provider never reads back, in the words of cloud.notRead.
	unread []string
}

// The provider of Huawei Cloud skips the project MOS, which the vendor keeps for itself.
var (
	terraformHuaweiCloud = terraformCloud{
		unread: []string{huaweicloud.PartAllProjects, huaweicloud.PartEnterpriseProjects, huaweicloud.PartProject + "MOS"},
	}
	terraformOpenTelekomCloud = terraformCloud{hours: true, statements: true, unread: []string{huaweicloud.PartEnterpriseProjects}}
)

// terraformObject is what is made of one instance. Attributes that the state says nothing about are left out of the entry.
type terraformObject struct {
	attributes providers.TerraformAttributes
	entry      *plan.Node
	meaning    providers.TerraformMeaning
}

// notCompared says that the state cannot be held against an attribute.
func (o *terraformObject) notCompared(attribute, reason string) {
	o.meaning.NotCompared = append(o.meaning.NotCompared, plan.NotCompared{Address: o.meaning.Root, Attribute: attribute, Reason: reason})
}

// sensitive reports whether Terraform marks one of the attributes as sensitive. Then nothing is said of what stands in it.
func (o *terraformObject) sensitive(attribute string, names ...string) bool {
	is := slices.ContainsFunc(names, func(name string) bool { return slices.Contains(o.attributes.Sensitive, name) })
	if is {
		o.notCompared(attribute, "Terraform marks it as sensitive")
	}
	return is
}

// text returns an attribute that is a text, "" where it is none.
func (o *terraformObject) text(name string) string { return o.attributes.Known.Get(name).String() }

// identify reads id and name. An object without them stands for nothing that can be found.
func (o *terraformObject) identify(nameKey string) error {
	id, name := o.text("id"), o.text(nameKey)
	switch {
	case slices.Contains(o.attributes.Sensitive, "id") || slices.Contains(o.attributes.Sensitive, nameKey):
		return errors.New("its id or its name is marked as sensitive")
	case !huaweicloud.ValidID(id):
		return errors.New("it has no id that the cloud could have given")
	case !isName(name):
		return errors.New("it has no usable name")
	}
	o.meaning.ID, o.meaning.Name = id, name
	add(o.entry, "name", plan.NewText(name))
	return nil
}

// isName reports whether a text of a state can be a name in the cloud.
func isName(text string) bool {
	return directory.ValidName(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// description reads the attribute of that name.
func (o *terraformObject) description() {
	if !o.sensitive(attributeDescription, attributeDescription) {
		add(o.entry, attributeDescription, plan.NewText(o.text(attributeDescription)))
	}
}

// agency reads an agency. The entry is additive: it lists what the state knows, and leaves the rest as it is live.
func (c terraformCloud) agency(attributes providers.TerraformAttributes) (providers.TerraformMeaning, error) {
	o := terraformObject{attributes: attributes, entry: mapNode()}
	if err := o.identify("name"); err != nil {
		return o.meaning, err
	}
	o.meaning.Root, o.meaning.Section = directory.AgencyAddress(o.meaning.Name), sectionAgencies
	o.trust()
	o.description()
	o.duration(c.hours)
	add(o.entry, keyGrantsMode, plan.NewText(modeAdditive))
	if !o.sensitive(keyGrants, "project_role", "domain_roles", "all_resources_roles", "enterprise_project_roles") {
		o.grants(c)
	}
	o.meaning.Entry = o.entry
	return o.meaning, nil
}

// trust reads who may act through an agency. The provider reads a service into one attribute and an account into another, and forgets to
// empty the one that it does not set.
func (o *terraformObject) trust() {
	if o.sensitive(directory.AttributeTrust, "delegated_domain_name", "delegated_service_name") {
		return
	}
	account, service := o.text("delegated_domain_name"), o.text("delegated_service_name")
	switch {
	case account != "" && service != "" && account != service:
		o.notCompared(directory.AttributeTrust, "the state has an account and a service, and only one can be true")
		return
	case !isName(cmp.Or(service, account)):
		o.notCompared(directory.AttributeTrust, "the state names nobody")
		return
	}
	trust := directory.Trust{Kind: directory.TrustAccount, Value: cmp.Or(service, account)}
	if name, is := directory.ServiceNamed(trust.Value); is {
		trust = directory.Trust{Kind: directory.TrustService, Value: name}
	}
	node := mapNode()
	add(node, trust.Kind, plan.NewText(trust.Value))
	add(o.entry, directory.AttributeTrust, node)
}

// duration reads how long an agency lasts. Both providers have stored days, hours, and words for what they did not understand: the span
// from creation to end decides where it is whole days.
func (o *terraformObject) duration(inHours bool) {
	if o.sensitive(attributeDuration, attributeDuration, "create_time", "expire_time") {
		return
	}
	duration := terraformDuration(o.attributes.Known.Get(attributeDuration), o.text("create_time"), o.text("expire_time"), inHours)
	if duration == "" {
		o.notCompared(attributeDuration, "the state has it in a form that is not understood")
		return
	}
	add(o.entry, attributeDuration, plan.NewText(duration))
}

// terraformDuration returns a duration as a manifest writes it, "" where it is not known.
func terraformDuration(stored *plan.Node, created, expires string, inHours bool) string {
	from, known := directory.ParseTime(created)
	to, ends := directory.ParseTime(expires)
	const day = 24 * time.Hour
	if span := to.Sub(from).Round(time.Second); known && ends && span > 0 && span%day == 0 {
		return canonicalDays(int(span / day))
	}
	text := stored.String()
	switch {
	case stored == nil || stored.Kind == plan.Null || stored.Kind == plan.Text:
	case stored.Kind == plan.Int:
		text = stored.Text
	default:
		return ""
	}
	switch strings.ToUpper(text) {
	case "", "FOREVER":
		if expires != "" {
			return ""
		}
		return forever
	case "ONEDAY":
		return canonicalDays(1)
	}
	n, err := strconv.Atoi(text)
	if err != nil || inHours && n%24 != 0 {
		return ""
	}
	if inHours {
		n /= 24
	}
	return canonicalDays(n)
}

// canonicalDays returns days as a manifest writes them, "" where it cannot.
func canonicalDays(days int) string {
	if canonical, ok := canonicalDuration(strconv.Itoa(days) + "d"); ok {
		return canonical
	}
	return ""
}

// grants reads what an agency is granted.
func (o *terraformObject) grants(c terraformCloud) {
	roles := map[directory.Place]map[string]bool{}
	understood := o.rolesIn(roles, directory.Place{Scope: directory.Domain}, o.attributes.Known.Get("domain_roles"))
	understood = o.rolesIn(roles, directory.Place{Scope: directory.AllProjects}, o.attributes.Known.Get("all_resources_roles")) && understood
	unread, allProjects := c.unread, slices.Contains(c.unread, huaweicloud.PartAllProjects)
	for _, block := range o.attributes.Known.Get("project_role").Elements() {
		place := directory.Place{Scope: directory.OneProject, Name: block.Get("project").String()}
		if block.Has("all_projects") {
			allProjects = true
		}
		if block.Get("all_projects").IsTrue() {
			place = directory.Place{Scope: directory.AllProjects}
		}
		understood = o.rolesIn(roles, place, block.Get("roles")) && understood
	}
	for _, block := range o.attributes.Known.Get("enterprise_project_roles").Elements() {
		place := directory.Place{Scope: directory.EnterpriseProject, Name: block.Get("enterprise_project").String()}
		understood = o.rolesIn(roles, place, block.Get("roles")) && understood
	}
	if !understood {
		o.notCompared(keyGrants, "the state has a role or a place without a usable name")
	}
	lists := map[directory.Place][]string{}
	for place, names := range roles {
		lists[place] = slices.Sorted(maps.Keys(names))
	}
	if node := grantLists(lists); node != nil {
		add(o.entry, keyGrants, node)
	}
	if !allProjects { // an older version of the provider knew no such grants
		unread = append([]string{huaweicloud.PartAllProjects}, unread...)
	}
	for _, part := range unread {
		o.meaning.NotRead = append(o.meaning.NotRead, plan.NotRead{
			Subject: part, Reason: "Terraform's provider does not read these grants back", Addresses: grantsIn(part),
		})
	}
}

// rolesIn adds the names of roles in a place. It is false where one is left out that cannot be said.
func (o *terraformObject) rolesIn(roles map[directory.Place]map[string]bool, place directory.Place, names *plan.Node) (understood bool) {
	if names == nil || names.Kind == plan.Null {
		return true
	}
	if names.Kind != plan.List || place.Kind() != "" && !isName(place.Name) {
		return false
	}
	understood = true
	for _, name := range names.Items {
		if !isName(name.String()) {
			understood = false
			continue
		}
		if roles[place] == nil {
			roles[place] = map[string]bool{}
		}
		roles[place][terraformRole(name.String())] = true
	}
	return understood
}

// terraformRole returns how a manifest writes the role of a display name. Only a custom policy can be named like a qualified role.
func terraformRole(name string) string {
	if policy.ParseReference(name).Qualifier == "" {
		return name
	}
	return plan.Reference{Qualifier: policy.Custom, Name: name}.String()
}
