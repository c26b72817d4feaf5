package iam

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// policy binds the agencies that a desired policy names, and adds the catalogue entry that the policy makes. A new policy cannot take
// the name of a role that the cloud has: then grants of that role would change their address half-way through an apply.
func (r *resolver) policy(d plan.Desired) plan.Desired {
	name := directory.NameOf(d.Address)
	live, taken := r.rolesNamed(name)
	was := name
	if !d.Previously.IsZero() {
		was = directory.NameOf(d.Previously)
		old, _ := r.rolesNamed(was)
		switch {
		case len(live)*len(old) > 0:
			r.problem(d.SourceOf(plan.AttributeName), "both names are there",
				"remove previously; to delete the old one, list it with state: absent",
				"the account has %s and %s, so the one cannot be renamed to the other", d.Previously, d.Address)
			return d
		case len(old) > 0:
			live, r.renamed[was] = old, name
		default:
			was = name
		}
	}
	switch {
	case len(live) > 1:
		r.problem(d.Source, "ambiguous policy", "delete or rename all but one of them by hand",
			"the account has %d custom policies named %q, and nothing tells them apart", len(live), was)
		return d
	case d.Absent:
		r.gone[name] = true
		return d
	case taken && (len(live) == 0 || was != name):
		r.problem(d.Source, "name taken", "choose another name",
			"the cloud has a role named %q, so a policy of that name would make every grant of it ambiguous", name)
		return d
	}
	d = r.nameAgencies(d)
	scope, _ := d.Attributes[attributeScope].AsString()
	entry := plan.CatalogueEntry{
		Kind: directory.KindRole, Name: name, Qualifier: policy.Custom, Type: typeOfScope(scope),
		Document: documentSent(d.Resource, func(agency addr.Address) string {
			if id := d.Bindings[agency.String()]; id != "" {
				return id
			}
			return placeholderID(agency)
		}),
	}
	if len(live) == 1 {
		entry.ID, entry.InternalName = live[0].ID, live[0].InternalName
		document, _ := d.Attributes[attributeStatements].AsDocument()
		if is, err := canonicalPolicy(live[0].Document, r.respell); err == nil && string(is) == document {
			entry.Document = live[0].Document // it stays as it is, in the cloud's own spelling
		}
	}
	r.out.Entries = append(r.out.Entries, entry)
	return d
}

// rolesNamed returns the custom policies of that name, and whether another role has it.
func (r *resolver) rolesNamed(name string) (custom []plan.CatalogueEntry, taken bool) {
	for _, e := range r.catalogue.Named(directory.KindRole, name) {
		if e.Qualifier == policy.Custom {
			custom = append(custom, e)
		} else {
			taken = true
		}
	}
	return custom, taken
}

// respell gives the address of an agency that the catalogue has for its URI.
func (r *resolver) respell(uri string) string {
	if id, is := strings.CutPrefix(uri, agencyURI); is {
		if e, known := r.catalogue.ByID(directory.KindAgency, id); known {
			return directory.AgencyAddress(e.Name).String()
		}
	}
	return uri
}

// nameAgencies brings the statements of a policy into the form of live ones, binds the agencies in it that are there, and makes the
// policy wait for those that are not.
func (r *resolver) nameAgencies(d plan.Desired) plan.Desired {
	document, is := d.Attributes[attributeStatements].AsDocument()
	if !is {
		return d
	}
	at := d.SourceOf(attributeStatements)
	written := document
	if text, differs := d.Settings[settingWritten].AsDocument(); differs {
		written = text
	}
	canonical, err := canonicalPolicy([]byte(document), r.respell)
	sent, sentErr := canonicalPolicy([]byte(written), r.respell)
	if err = errors.Join(err, sentErr); err != nil || string(canonical) != string(sent) {
		// No manifest gives this, but what was saved may.
		r.problem(at, "bad statements", "", "%s: the statements as written are not those that are compared", d.Address)
		return d
	}
	d.Attributes = maps.Clone(d.Attributes)
	if d.Attributes[attributeStatements], err = plan.DocumentValue(canonical); err != nil {
		r.problem(at, "bad statements", "", "%s: %v", d.Address, err)
		return d
	}
	d.DependsOn = slices.DeleteFunc(slices.Clone(d.DependsOn), func(dep plan.Dependency) bool { return dep.Implied })
	d.Bindings = map[string]string{}
	for _, text := range agencyResources(d.Resource) {
		if agency, named := agencyNamed(text); named {
			r.bindAgency(&d, agency)
		}
	}
	return d
}

// bindAgency binds one agency that a policy names.
func (r *resolver) bindAgency(d *plan.Desired, agency addr.Address) {
	name, at := directory.NameOf(agency), d.SourceOf(attributeStatements)
	if place, known := d.Sources.Of(agency.String()); known {
		at = place
	}
	wanted := r.agencies[agency]
	if wanted != nil && !wanted.ReplacedBy.IsZero() {
		r.problem(at, "agency is renamed", "write "+wanted.ReplacedBy.String(), "%s names %s, which is renamed to %s", d.Address, agency,
			wanted.ReplacedBy)
		return
	}
	if wanted != nil && wanted.Absent {
		r.problem(at, "agency is to be deleted", "remove it from the resources of the policy",
			"%s names %s, which %s deletes", d.Address, agency, wanted.Source)
		return
	}
	if found := r.catalogue.Named(directory.KindAgency, name); len(found) == 1 {
		d.Bindings[agency.String()] = found[0].ID
		return
	}
	if wanted != nil {
		d.DependsOn = append(d.DependsOn, plan.Dependency{On: agency, Implied: true})
		return
	}
	hint := "list it under agencies, or write the name of an agency that the account has"
	var unknown *plan.UnknownError
	if _, err := r.catalogue.Lookup(directory.KindAgency, plan.Reference{Name: name}); errors.As(err, &unknown) && len(unknown.Nearest) > 0 {
		hint = plan.DidYouMean(name, unknown.Nearest)
	}
	r.problem(at, "unknown agency", hint, "%s names %s, and neither the account nor the manifest has it", d.Address, agency)
}
