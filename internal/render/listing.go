package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// Listing is what a manifest of an account may name.
type Listing struct {
	// Account is the account that was read; that of the manifest where nothing had to be.
	Account plan.Account
	Cloud   plan.Cloud
	plan.Listing
	// NotRead is what of the list was not read.
	NotRead []plan.NotRead
}

// listingJSON is the element of an account in the document of list.
type listingJSON struct {
	Account plan.Account   `json:"account"`
	Cloud   plan.Cloud     `json:"cloud"`
	List    string         `json:"list"`
	Words   []string       `json:"words"`
	Total   int            `json:"total"`
	Items   []plan.Listed  `json:"items"`
	NotRead []plan.NotRead `json:"notRead"`
}

func encodeListing(l *Listing) listingJSON {
	out := listingJSON{l.Account, l.Cloud, l.List, list(l.Words), l.Total, list(slices.Clone(l.Items)), list(l.NotRead)}
	for i := range out.Items {
		item := &out.Items[i]
		if item.Attributes == nil {
			item.Attributes = plan.Attributes{}
		}
		if item.Detail != nil {
			detail := *item.Detail
			detail.Risks, item.Detail = list(detail.Risks), &detail
		}
	}
	return out
}

// detailIndent is how deep stands what is told of one thing alone.
const detailIndent = 6

// maxNameColumn is how far right the second column of a listing begins at most.
const maxNameColumn = 40

// listing writes one line for each thing, with its name as YAML takes it, and below it what is told of it alone.
func (p *page) listing(l *Listing) {
	heading := strings.ReplaceAll(l.List, "-", " ")
	heading = strings.ToUpper(heading[:1]) + heading[1:]
	if l.Account != (plan.Account{}) {
		p.heading(heading+" of", l.Account, l.Cloud, false)
	} else {
		p.put(bold, heading)
		p.put(plain, " on "+l.Cloud.Kind)
	}
	count := fmt.Sprintf(": %d", l.Total)
	if len(l.Words) > 0 {
		count = fmt.Sprintf(": %d of %d", len(l.Items), l.Total)
	}
	p.put(plain, count)
	p.end()
	column := 0
	for i := range l.Items {
		if w := columns(InYAML(l.Items[i].Name)); w <= maxNameColumn {
			column = max(column, w)
		}
	}
	if p.width > 0 {
		column = min(column, p.width/2)
	}
	for i := range l.Items {
		if item := &l.Items[i]; item.Detail == nil && len(l.Items) > 1 {
			p.listed(item, 2+column+2)
		} else {
			p.alone(item)
		}
	}
	if len(l.NotRead) > 0 {
		p.gap()
		p.list(titled{titleNotRead, p.byReason(l.NotRead)})
	}
}

// listed writes one thing among several. What tells it from others begins at a column.
func (p *page) listed(item *plan.Listed, column int) {
	facts := factsOf(item)
	if item.Title != "" && item.Name == (plan.Reference{Qualifier: "id", Name: item.ID}).String() { // the name tells nobody what it is
		facts = append([]string{"title: " + InYAML(item.Title)}, facts...)
	}
	if item.ID != "" && (p.verbose || len(item.Attributes) == 0) {
		facts = append(facts, "id: "+item.ID)
	}
	p.indent(2)
	p.put(bold, InYAML(item.Name))
	p.hang = column
	if len(facts) > 0 {
		p.to(column)
		p.put(plain, strings.Join(facts, " "+dot+" "))
	}
	if item.Description != "" {
		if len(facts) == 0 {
			p.to(column)
		} else {
			p.indent(2)
		}
		p.put(dim, quote(item.Description))
	}
	p.end()
	p.hang = 0
}

// alone writes one thing with all that is known of it.
func (p *page) alone(item *plan.Listed) {
	p.indent(2)
	p.put(bold, InYAML(item.Name))
	if item.Description != "" {
		p.indent(2)
		p.put(dim, quote(item.Description))
	}
	p.end()
	for _, fact := range factsOf(item) {
		p.line(detailIndent, plain, fact)
	}
	for _, more := range []remark{{"title", item.Title}, {"id", item.ID}} {
		if more.text != "" {
			p.line(detailIndent, plain, more.subject+": "+more.text)
		}
	}
	if item.Detail == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(item.Detail.Attributes)) {
		value := item.Detail.Attributes[name]
		document, is := value.AsDocument()
		if !is {
			p.line(detailIndent, plain, name+": "+written(name, value))
			continue
		}
		for _, line := range documentLines(document, ",") {
			p.line(detailIndent, plain, line)
		}
	}
	for _, r := range item.Detail.Risks {
		p.finding(detailIndent, plan.Finding{Rule: r.Rule, Severity: r.Severity, Message: r.Message, Hint: r.Hint}, false, true)
	}
	if len(item.Detail.Risks) == 0 {
		p.line(detailIndent, plain, "no rule finds a risk in it")
	}
}

// factsOf returns what tells a thing from others in words: why nothing can be had with it, and its attributes by name. What does not
// hold is not told.
func factsOf(item *plan.Listed) (facts []string) {
	if item.Unusable != "" {
		facts = append(facts, "unusable: "+item.Unusable)
	}
	for _, name := range slices.Sorted(maps.Keys(item.Attributes)) {
		value := item.Attributes[name]
		members, isSet := value.AsSet()
		is, isBool := value.AsBool()
		switch {
		case isSet && len(members) > 0:
			facts = append(facts, name+": "+texts(members).joined())
		case isBool && is:
			facts = append(facts, name)
		case !isSet && !isBool:
			facts = append(facts, name+": "+written(name, value))
		}
	}
	return facts
}

// InYAML returns a name as it can be put into a manifest, at any place: in quotes where YAML would take it for something else.
func InYAML(name string) string {
	if strings.ContainsAny(name, ",[]{}\"'") || name == "<<" {
		return Clean(quote(name))
	}
	return Clean(scalar(name))
}
