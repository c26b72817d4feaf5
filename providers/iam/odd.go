package iam

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// oddThings are the elements of lists that are not as documented.
type oddThings struct{ agencies, policies, roles, projects, enterprises []huaweicloud.Odd }

// readList reads a list, and returns apart what is as documented and what is not.
func readList[T any](ctx context.Context, read func(context.Context) (directory.Listed[T], error)) ([]T, []huaweicloud.Odd, error) {
	listed, err := read(ctx)
	return listed.All, listed.Odd, err
}

// judgeOdd returns what is not as documented and therefore not read. It is an error where an entry lists such a resource, where a narrow
// reading asks for it, where ownership.include owns it, or where it shows no name by which it could be told from one of these: what cannot
// be read must not pass for absent.
func (o *observed) judgeOdd(covered providers.Coverage, agencies map[string]addr.Address, live []plan.Live) ([]plan.NotRead, error) {
	j := &oddJudge{covered: covered, only: o.only, there: map[addr.Address]bool{}, used: map[string]bool{}}
	for i := range live {
		j.there[live[i].Address] = true
	}
	if o.names == nil {
		for _, odd := range o.odd.agencies {
			j.root(odd, directory.TypeAgency, huaweicloud.PartAgency, agencyAddresses(odd))
		}
	}
	if o.policies {
		for _, odd := range o.odd.policies {
			j.root(odd, directory.TypePolicy, huaweicloud.PartPolicy, policyAddresses(odd))
		}
	}
	for _, odd := range o.odd.roles {
		j.add(oddSubject("role:", odd), odd.String())
	}
	for _, odd := range o.odd.projects {
		if _, told := o.grants.Unread[odd.ID]; !told || odd.ID == "" {
			j.add(oddSubject(huaweicloud.PartProject, odd), odd.String())
		}
	}
	for _, odd := range o.odd.enterprises {
		j.add(oddSubject("enterprise-project:", odd), odd.String())
	}
	for _, odd := range o.grants.Odd {
		ofOdd := slices.ContainsFunc(o.odd.agencies, func(a huaweicloud.Odd) bool { return odd.Of != "" && a.ID == odd.Of })
		j.grant(odd, agencies[odd.Of], ofOdd)
	}
	if o.names == nil && j.err == nil {
		o.warnLeftOut(covered, j)
	}
	return j.notRead, j.err
}

// leftOut returns what stands for an agency or a policy that can be read and that the manifest leaves unread.
func leftOut(covered providers.Coverage, part, name, id string) (odd huaweicloud.Odd, is bool) {
	is = covered.LeavesOut(part+name) || covered.LeavesOut(part+"id:"+id)
	return huaweicloud.Odd{ID: id, Name: name, Fault: directory.ReasonLeftOut}, is
}

// gaps are the addresses of what is not as documented: of agencies with their grants, of the grants of agencies that have such ones, and of
// policies. Where a grant does not show whose it is, those of all agencies that are not listed are gaps: [oddJudge] has found that it hides
// nothing of the others. ByID are the addresses of the agencies.
func (o *observed) gaps(byID map[string]addr.Address, covered providers.Coverage) []addr.Pattern {
	var all []addr.Pattern
	for _, odd := range o.grants.Odd {
		for id, agency := range byID {
			if odd.Of == id || odd.Of == "" && !covered.Has(agency) {
				all = append(all, allGrantsOf(agency))
			}
		}
	}
	for _, odd := range o.odd.agencies {
		for _, agency := range agencyAddresses(odd) {
			all = append(all, addr.Exactly(agency), allGrantsOf(agency))
		}
	}
	for _, odd := range o.odd.policies {
		for _, policy := range policyAddresses(odd) {
			all = append(all, addr.Exactly(policy))
		}
	}
	slices.SortFunc(all, func(x, y addr.Pattern) int { return strings.Compare(x.String(), y.String()) })
	return slices.Compact(all)
}

// allGrantsOf returns the pattern of an agency's grants, or that of all grants where its name is too long for one.
func allGrantsOf(agency addr.Address) addr.Pattern {
	pattern, err := addr.ParsePattern(directory.TypeGrant + "/" + addr.Plain(directory.NameOf(agency)).String() + "/**")
	if err != nil {
		pattern, _ = addr.ParsePattern(directory.TypeGrant + "/*/**")
	}
	return pattern
}

// warnLeftOut warns of agencies and policies that the manifest leaves unread and that are not there.
func (o *observed) warnLeftOut(covered providers.Coverage, j *oddJudge) {
	for _, part := range covered.NotRead {
		root := strings.HasPrefix(part, huaweicloud.PartAgency) || strings.HasPrefix(part, huaweicloud.PartPolicy)
		if root && !j.used[part] {
			o.warnings = append(o.warnings, fmt.Sprintf("%s: leaves nothing out: cloud.notRead: %s: it is not there",
				covered.NotReadAt[part], part))
		}
	}
}

// oddSubject names a thing as cloud.notRead does, as far as it shows a name or an id.
func oddSubject(part string, odd huaweicloud.Odd) string {
	if odd.Name == "" && odd.ID == "" {
		return "one " + strings.TrimSuffix(part, ":") + " without name and id"
	}
	return huaweicloud.PartOf(part, odd.Name, odd.ID)
}

// oddJudge collects what is not read, and the first error.
type oddJudge struct {
	covered providers.Coverage
	// only are the roots that a narrow reading asks for.
	only    []addr.Address
	there   map[addr.Address]bool
	notRead []plan.NotRead
	// used are the words that leave something out.
	used map[string]bool
	err  error
}

// leavesOut reports whether the manifest leaves a thing unread, by its name or by its id.
func (j *oddJudge) leavesOut(part string, odd huaweicloud.Odd) bool {
	left := false
	for _, name := range []string{odd.Name, "id:" + odd.ID} {
		if name != "" && name != "id:" && j.covered.LeavesOut(part+name) {
			j.used[part+name], left = true, true
		}
	}
	return left
}

func (j *oddJudge) add(subject, reason string) {
	j.notRead = append(j.notRead, plan.NotRead{Subject: subject, Reason: reason})
}

func (j *oddJudge) fail(roots []addr.Address, format string, arguments ...any) {
	if j.err == nil {
		j.err = &providers.RootError{Roots: roots, Err: fmt.Errorf(format, arguments...)}
	}
}

// wants reports whether a root must not pass for absent, and why, as in "ROOT is listed, and".
func (j *oddJudge) wants(root addr.Address) (why string, wanted bool) {
	if j.covered.Has(root) {
		return " is listed, and", true
	}
	return "", slices.Contains(j.only, root)
}

// owns reports whether a root must be as documented because the manifest owns it, and mayOwn whether one of a type may be such a root.
func (j *oddJudge) owns(root addr.Address) bool {
	return !j.covered.Lenient && j.covered.Owned.Owns(root)
}

func (j *oddJudge) mayOwn(kind string) bool {
	return !j.covered.Lenient && providers.MayOwn(j.covered.Owned, kind)
}

// absent returns the roots of a type that must not pass for absent and are not there.
func (j *oddJudge) absent(kind string) (roots []addr.Address) {
	for _, root := range j.covered.Within(kind) {
		roots = append(roots, root.Address)
	}
	roots = append(roots, j.only...)
	return slices.DeleteFunc(roots, func(root addr.Address) bool { return root.Type() != kind || j.there[root] })
}

// root judges an agency or a custom policy, which has one of the addresses, as far as it shows its name.
func (j *oddJudge) root(odd huaweicloud.Odd, kind, part string, addresses []addr.Address) {
	subject := oddSubject(part, odd)
	leftOut := j.leavesOut(part, odd)
	hint := "have it repaired"
	if odd.Name != "" || odd.ID != "" {
		hint += ", or leave it unread by cloud.notRead: [" + subject + "]"
	}
	for _, root := range addresses {
		switch why, wanted := j.wants(root); {
		case wanted && odd.Fault == directory.ReasonLeftOut:
			j.fail([]addr.Address{root}, "%s%s cannot be compared: %s; remove the word, or the entry", root, why, odd)
			return
		case wanted:
			j.fail([]addr.Address{root}, "%s%s is not as documented in the cloud's answer: %s; have it repaired", root, why, odd)
			return
		case j.owns(root) && !leftOut:
			j.fail(nil, "ownership.include covers %s, which is not as documented in the cloud's answer: %s; %s", root, odd, hint)
			return
		}
	}
	if odd.Name == "" && !leftOut {
		switch absent := j.absent(kind); {
		case len(absent) > 0:
			why, _ := j.wants(absent[0])
			j.fail(absent, "%s%s is not found, and one %s in the cloud's answer shows no name, so that it may be it: %s; %s",
				absent[0], why, kind, odd, hint)
			return
		case j.mayOwn(kind):
			j.fail(nil, "one %s in the cloud's answer shows no name, and ownership.include may cover it: %s; %s", kind, odd, hint)
			return
		}
	}
	if leftOut {
		j.add(subject, directory.ReasonLeftOut)
		return
	}
	j.add(subject, odd.String())
}

// agencyAddresses and policyAddresses are the addresses that what is not as documented may have.
func agencyAddresses(odd huaweicloud.Odd) []addr.Address {
	if odd.Name == "" {
		return nil
	}
	return []addr.Address{directory.AgencyAddress(odd.Name)}
}

func policyAddresses(odd huaweicloud.Odd) (all []addr.Address) {
	if odd.Name != "" {
		all = append(all, directory.PolicyAddress(plan.Reference{Name: odd.Name}))
	}
	if odd.ID != "" {
		all = append(all, directory.PolicyAddress(plan.Reference{Qualifier: "id", Name: odd.ID}))
	}
	return all
}

// grant judges a grant. Agency is the zero address where the grant does not show whose it is. A grant of an agency that is not as
// documented is not told apart.
func (j *oddJudge) grant(odd huaweicloud.Odd, agency addr.Address, ofOdd bool) {
	if ofOdd {
		return
	}
	if agency.IsZero() {
		if odd.Of == "" {
			j.nameless(odd)
		}
		j.add("grants of an unknown agency", odd.String())
		return
	}
	subject := huaweicloud.PartAgency + directory.NameOf(agency)
	switch leftOut := j.leavesOut(huaweicloud.PartAgency, huaweicloud.Odd{Name: directory.NameOf(agency)}); {
	case j.covered.Has(agency):
		j.fail([]addr.Address{agency}, "%s is listed, and one of its grants is not as documented in the cloud's answer: %s; have it repaired",
			agency, odd)
	case j.owns(agency) && !leftOut:
		j.fail(nil, "ownership.include covers %s, and one of its grants is not as documented in the cloud's answer: %s; "+
			"have it repaired, or leave it unread by cloud.notRead: [%s]", agency, odd, subject)
	default:
		j.add(subject, "one of its grants: "+odd.String())
	}
}

// nameless judges a grant that does not show whose it is. An agency that is listed exactly, or owned, must not keep it unseen.
func (j *oddJudge) nameless(odd huaweicloud.Odd) {
	var exact []addr.Address
	for _, root := range j.covered.Within(directory.TypeAgency) {
		if !root.Additive {
			exact = append(exact, root.Address)
		}
	}
	switch {
	case len(exact) > 0:
		j.fail(exact, "%s is listed, and one grant in the cloud's answer shows no agency, so that it may be its own: %s; have it repaired",
			exact[0], odd)
	case j.mayOwn(directory.TypeAgency):
		j.fail(nil, "one grant in the cloud's answer shows no agency, and ownership.include may cover it: %s; have it repaired", odd)
	}
}
