package schema

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/agencyctl/agencyctl/plan"
)

// explainer translates what the validator says about one tree into problems with places. It reads the violated keyword
// from the schema itself rather than from the validator's message. What to write stands in the schema's keyword $comment: strict
// validators refuse keywords that they do not know.
type explainer struct {
	raw      object
	root     *plan.Node
	subject  string
	problems []plan.Problem
	// unknown are the keys of each node that are told as unknown.
	unknown map[*plan.Node][]string
}

// place is what a violation is about.
type place struct {
	node *plan.Node
	// key is the pair that led to node; a zero Pair at the root and inside lists.
	key plan.Pair
	// parent is the nearest key above an item of a list.
	parent string
	isKey  bool
}

// name returns what a message calls the place.
func (e *explainer) name(p place) string {
	switch {
	case p.node == e.root:
		return e.subject
	case p.key.Key != "":
		return p.key.Key
	case p.parent != "":
		return "an item of " + p.parent
	}
	return "an item"
}

// explain tells every violation. Missing keys come last: which keys are unknown must stand first.
func (e *explainer) explain(v *jsonschema.ValidationError) {
	var missing []func()
	for _, leaf := range leaves(v) {
		_, pointer, _ := strings.Cut(leaf.AbsoluteKeywordLocation, "#")
		path := tokens(pointer)
		if len(path) == 0 {
			continue
		}
		p := e.locate(tokens(leaf.InstanceLocation), slices.Contains(path, "propertyNames"))
		keyword := path[len(path)-1]
		owner, _ := e.lookUp(path[:len(path)-1]).(object)
		if keyword == "required" {
			missing = append(missing, func() { e.missingKeys(p, path, owner) })
			continue
		}
		e.violation(p, path, keyword, owner)
	}
	for _, tell := range missing {
		tell()
	}
	if len(e.problems) == 0 {
		e.add(place{node: e.root}, "value not allowed", e.subject+" is not as the schema says",
			"compare it with what agencyctl schema manifest prints")
	}
}

// leaves returns the violations that have no cause.
func leaves(v *jsonschema.ValidationError) (all []*jsonschema.ValidationError) {
	if len(v.Causes) == 0 {
		return []*jsonschema.ValidationError{v}
	}
	for _, cause := range v.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

// violation tells one violation of another keyword than required.
func (e *explainer) violation(p place, path []string, keyword string, owner object) {
	limit := owner[keyword]
	if keyword == "type" && len(path) > 1 && path[len(path)-2] == "else" {
		around, _ := e.lookUp(path[:len(path)-2]).(object)
		condition, _ := around["if"].(object) // of two types, each has a schema of its own
		limit = []any{limit, condition["type"]}
	}
	e.problem(p, keyword, limit, owner)
}

// missingKeys tells which of the required keys are missing and not written as a key that is told as unknown. What a key is for stands in
// the nearest schema around the keyword that describes it: a condition requires keys without describing them.
func (e *explainer) missingKeys(p place, path []string, owner object) {
	for _, key := range stringsOf(owner["required"]) {
		if p.node.Has(key) || slices.ContainsFunc(e.unknown[p.node], func(unknown string) bool { return plan.Misspells(unknown, key) }) {
			continue
		}
		var property object
		for end := len(path) - 1; end >= 0 && property == nil; end-- {
			around, _ := e.lookUp(path[:end]).(object)
			properties, _ := around["properties"].(object)
			property, _ = properties[key].(object)
		}
		hint := first(text(property["$comment"]), "add "+key+": "+lowerFirst(text(property["description"])))
		e.add(p, "key missing", fmt.Sprintf("%s has no key %q", e.name(p), key), hint)
	}
}

// problem writes the problem for a violated keyword of the schema owner, whose value is limit.
func (e *explainer) problem(p place, keyword string, limit any, owner object) {
	name := e.name(p)
	hint, description := text(owner["$comment"]), lowerFirst(text(owner["description"]))
	switch keyword {
	case "type":
		e.wrongType(p, limit, text(owner["pattern"]), hint)
	case "const":
		if _, is := limit.(bool); is {
			e.add(p, "value not allowed", fmt.Sprintf("%s cannot be %s", name, quoteNode(p)), hint)
			return
		}
		e.notAllowedValue(p, owner, hint)
	case "enum":
		e.notAllowedValue(p, owner, hint)
	case "additionalProperties":
		e.unknownKeys(p, owner)
	case "minLength":
		e.add(p, "text too short", fmt.Sprintf("%s: %s has %s and needs at least %v", name, quoteNode(p),
			plan.Counted(utf8.RuneCountInString(textOf(p)), "character"), limit), first(hint, description))
	case "maxLength":
		e.add(p, "text too long", fmt.Sprintf("%s: %s has %s and may have at most %v", name, quoteNode(p),
			plan.Counted(utf8.RuneCountInString(textOf(p)), "character"), limit), first(hint, description))
	case "minItems":
		e.add(p, "list too short", fmt.Sprintf("%s has %s and needs at least %v", name, plan.Counted(len(p.node.Elements()), "item"), limit),
			first(hint, description))
	case "maxItems":
		e.add(p, "list too long", fmt.Sprintf("%s has %s and may have at most %v", name, plan.Counted(len(p.node.Elements()), "item"), limit),
			first(hint, description))
	case "uniqueItems":
		e.repeatedItems(p, name)
	case "minProperties", "maxProperties":
		e.add(p, "wrong number of keys", fmt.Sprintf("%s has %s", name, plan.Counted(len(p.node.Pairs()), "key")), first(hint, description))
	case "minimum", "maximum":
		e.add(p, "number out of range", fmt.Sprintf("%s: %s is too %s", name, quoteNode(p),
			map[string]string{"minimum": "small", "maximum": "large"}[keyword]), first(hint, description))
	case "not":
		if refused, _ := limit.(object); len(refused) > 0 {
			e.add(p, "value not allowed", fmt.Sprintf("%s: %s: %s", name, quoteNode(p), text(refused["description"])), text(refused["$comment"]))
			return
		}
		e.add(p, "key not allowed here", fmt.Sprintf("%s: %s", name, description), hint)
	default: // pattern and format, and keywords that no fragment uses yet
		if hint == "" {
			hint = "what fits: " + description
		}
		e.add(p, "value not allowed", fmt.Sprintf("%s: %s does not fit", name, quoteNode(p)), hint)
	}
}

func (e *explainer) add(p place, summary, detail, hint string) {
	at := p.node.Position()
	if p.isKey {
		at = p.key.KeyAt
	}
	e.problems = append(e.problems, plan.Problem{At: at, Summary: summary, Detail: detail, Hint: hint})
}

func (e *explainer) wrongType(p place, limit any, pattern, hint string) {
	name := e.name(p)
	wanted, words := wordsFor(limit)
	if p.node.Kind == plan.Null {
		e.add(p, "empty value", fmt.Sprintf("%s has no value; %s is wanted", name, words[0]), "remove the key, or "+words[1])
		return
	}
	if wanted == "array" && e.noList(p, name) {
		return
	}
	write := words[1]
	switch p.node.Kind {
	case plan.Int, plan.Float, plan.Bool:
		if wanted == "string" && fits(pattern, scalarText(p.node)) {
			write = "put it in quotes: " + strconv.Quote(scalarText(p.node))
		}
	case plan.Text:
		switch wanted {
		case "boolean":
			switch strings.ToLower(p.node.Text) {
			case "yes", "y", "on":
				write = "write true"
			case "no", "n", "off":
				write = "write false"
			case "true", "false":
				write = "write it without quotes"
			}
		case "array":
			write = "write a list: [" + short(p.node.Text) + "]"
		case "integer", "number":
			if decimal.MatchString(p.node.Text) {
				write = "write the number without quotes"
			}
		}
	}
	if hint != "" && write == words[1] {
		write = hint
	}
	e.add(p, "wrong type", fmt.Sprintf("%s: %s is wanted, and %s is written", name, words[0], describe(p.node)), write)
}

// fits reports whether a text is of the form that the schema asks for; any form, where it asks for none.
func fits(pattern, s string) bool {
	form, err := regexp.Compile(pattern)
	return err == nil && form.MatchString(s)
}

func (e *explainer) notAllowedValue(p place, owner object, hint string) {
	allowed := stringsOf(owner["enum"])
	if value, ok := owner["const"].(string); ok {
		allowed = []string{value}
	}
	if p.node.Kind == plan.Null {
		e.add(p, "empty value", e.name(p)+" has no value", "write one of: "+strings.Join(allowed, ", "))
		return
	}
	list := first(hint, "write one of: "+strings.Join(allowed, ", "))
	if near := plan.DidYouMean(p.node.String(), allowed); near != "" && len(allowed) > 1 {
		list = near + " " + list
	}
	e.add(p, "value not allowed", fmt.Sprintf("%s: %s is none of the values that are allowed", e.name(p), quoteNode(p)), list)
}

func (e *explainer) unknownKeys(p place, owner object) {
	known, _ := owner["properties"].(object)
	all := slices.Sorted(maps.Keys(known))
	free := slices.DeleteFunc(slices.Clone(all), p.node.Has)
	for _, pair := range p.node.Pairs() {
		if _, ok := known[pair.Key]; ok {
			continue
		}
		if e.unknown == nil {
			e.unknown = map[*plan.Node][]string{}
		}
		e.unknown[p.node] = append(e.unknown[p.node], pair.Key)
		hint := first(withoutBlank(pair.Key, all), plan.DidYouMean(pair.Key, free),
			plan.DidYouMean(pair.Key, all), "keys that are known here: "+strings.Join(all, ", "))
		e.problems = append(e.problems, plan.Problem{
			At: pair.KeyAt, Summary: "unknown key", Detail: fmt.Sprintf("%s knows no key %s", e.name(p), short(pair.Key)), Hint: hint,
		})
	}
}

// withoutBlank says what to write for a key that goes on behind its colon.
func withoutBlank(key string, known []string) string {
	if name, value, cut := strings.Cut(key, ":"); cut && slices.Contains(known, name) {
		return "write a blank behind the colon: " + shortPlain(name+": "+value)
	}
	return ""
}

func (e *explainer) repeatedItems(p place, name string) {
	seen := map[string]plan.Position{}
	for _, item := range p.node.Elements() {
		meaning := string(item.AppendJSON(nil))
		if at, twice := seen[meaning]; twice {
			e.problems = append(e.problems, plan.Problem{
				At: item.At, Summary: "item given twice", Detail: fmt.Sprintf("%s: %s stands here and at %s", name, describe(item), at),
				Hint: "keep one of the two",
			})
			continue
		}
		seen[meaning] = item.At
	}
}

// locate follows the path of a violation into the tree.
func (e *explainer) locate(path []string, isKey bool) place {
	p := place{node: e.root, isKey: isKey}
	for _, token := range path {
		switch p.node.Kind {
		case plan.Map:
			for _, pair := range p.node.Entries {
				if pair.Key == token {
					p.node, p.key = pair.Value, pair
					p.parent = pair.Key
					break
				}
			}
		case plan.List:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(p.node.Items) {
				return p
			}
			p.node, p.key = p.node.Items[i], plan.Pair{}
		default:
			return p
		}
	}
	return p
}

// lookUp follows a path into the schema.
func (e *explainer) lookUp(path []string) any {
	var at any = e.raw
	for _, token := range path {
		switch v := at.(type) {
		case object:
			at = v[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			at = v[i]
		default:
			return nil
		}
	}
	return at
}

// tokens splits a JSON pointer as the validator writes it.
func tokens(pointer string) []string {
	pointer = strings.TrimPrefix(pointer, "/")
	if pointer == "" {
		return nil
	}
	parts := strings.Split(pointer, "/")
	for i, part := range parts {
		if unescaped, err := url.PathUnescape(part); err == nil {
			part = unescaped
		}
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
	}
	return parts
}
