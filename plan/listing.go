package plan

import (
	"cmp"
	"slices"
	"strings"
)

// Listed is something that a manifest may name.
type Listed struct {
	// Name is the text by which a manifest means it and nothing else.
	Name string `json:"name"`
	// ID is the cloud's, "" where there is none.
	ID string `json:"id,omitempty"`
	// Title is another name by which people or the cloud know it.
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	// Unusable says why nothing can be had with it, "" where something can.
	Unusable string `json:"unusable,omitempty"`
	// Attributes are what somebody needs to choose among several.
	Attributes Attributes `json:"attributes"`
	// Detail is what somebody needs to judge it alone. It is nil where there is no more to say, and where several were found.
	Detail *Detail `json:"detail,omitempty"`
}

// Detail is what a thing holds, and how wide that is.
type Detail struct {
	Attributes Attributes `json:"attributes"`
	// Risks are what the rules say of it wherever it is given, sorted by rule.
	Risks []Risk `json:"risks"`
}

// Risk is a finding that is not about a resource yet.
type Risk struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Message  string   `json:"message"`
	Hint     string   `json:"hint,omitempty"`
}

// RisksOf returns what findings say, without what they are about.
func RisksOf(findings []Finding) []Risk {
	risks := make([]Risk, len(findings))
	for i := range findings {
		f := &findings[i]
		risks[i] = Risk{Rule: f.Rule, Severity: f.Severity, Message: f.Message, Hint: f.Hint}
	}
	return risks
}

// Listing is what a manifest may name of one kind, or those among it that were looked for.
type Listing struct {
	// List is the kind, as somebody asks for it.
	List string
	// Words are those that were looked for; none means all.
	Words []string
	// Total is how many there are, whether they were looked for or not.
	Total int
	// Items are sorted by name.
	Items []Listed
}

// Search returns those of a listing of all that have every word in their name, title or description, in any case of letters. The id
// is a word of its own. Only what is found alone, or is named by the words as a whole, keeps its Detail. The listing stays as it is.
func (l Listing) Search(words []string) Listing {
	found := Listing{List: l.List, Words: words, Total: l.Total}
	whole := strings.Join(words, " ")
	named := func(i *Listed) bool { return len(words) > 0 && (i.Name == whole || i.ID == whole) }
	for i := range l.Items {
		if item := &l.Items[i]; named(item) || item.has(words) {
			found.Items = append(found.Items, *item)
		}
	}
	for i := range found.Items {
		if item := &found.Items[i]; len(found.Items) > 1 && !named(item) {
			item.Detail = nil
		}
	}
	return found
}

// has reports whether every word is somewhere in what people read of it.
func (i *Listed) has(words []string) bool {
	text := strings.ToLower(i.Name + "\n" + i.Title + "\n" + i.Description)
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, strings.ToLower(word)) })
}

// DidYouMean returns a hint with the names and titles that look like the words, or else with single words of them; "" for none.
func (l Listing) DidYouMean(words []string) string {
	var names, single []string
	for i := range l.Items {
		for _, name := range []string{l.Items[i].Name, l.Items[i].Title} {
			if name != "" {
				names, single = append(names, name), append(single, strings.Fields(name)...)
			}
		}
	}
	return cmp.Or(DidYouMean(strings.Join(words, " "), names), DidYouMean(strings.Join(words, " "), single))
}
