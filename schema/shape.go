package schema

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// shape is a JSON Schema made ready to answer one question fast: is this tree valid? It does not say why not; the validator
// does, which is also the judge of what is valid. A shape never accepts what the validator refuses.
//
// Fields are zero where the keyword is missing.
type shape struct {
	types         kindSet
	values        []string // of enum and const
	hasValues     bool
	pattern       func(string) bool
	format        func(any) bool
	minLength     *int64
	maxLength     *int64
	minItems      *int64
	maxItems      *int64
	minProperties *int64
	maxProperties *int64
	minimum       *int64
	maximum       *int64
	unique        bool
	items         *shape
	required      []string
	properties    map[string]*shape
	// closed refuses keys that properties do not name, others is the shape of what stands there.
	closed        bool
	others        *shape
	propertyNames *shape
	all           []*shape // of $ref and allOf
	not           *shape
	condition     *shape
	then          *shape
	otherwise     *shape
}

// annotations are the keywords that say nothing about what is valid.
var annotations = []string{"$schema", "$id", "$defs", "title", "description", "default", "examples", "x-hint"}

// shaper compiles shapes from one schema document.
type shaper struct {
	root object
	// byRef are the shapes of definitions; nil while one is being compiled.
	byRef map[string]*shape
}

// shapeAt compiles the definition that ref ("#/$defs/NAME") names. It is an error when a schema on the way says what a
// shape does not understand; then only the validator can tell.
func (s *shaper) shapeAt(ref string) (*shape, error) {
	if compiled, known := s.byRef[ref]; known {
		if compiled == nil {
			return nil, fmt.Errorf("shape: %s refers to itself", ref)
		}
		return compiled, nil
	}
	name, ok := strings.CutPrefix(ref, "#/$defs/")
	definitions, _ := s.root["$defs"].(object)
	definition, defined := definitions[name]
	if !ok || !defined {
		return nil, fmt.Errorf("shape: %q names no definition", ref)
	}
	s.byRef[ref] = nil
	compiled, err := s.compile(definition)
	if err != nil {
		return nil, err
	}
	s.byRef[ref] = compiled
	return compiled, nil
}

func (s *shaper) compile(schema any) (*shape, error) {
	o, ok := schema.(object)
	if !ok {
		return nil, fmt.Errorf("shape: %T is no schema", schema)
	}
	made := &shape{}
	for keyword, value := range o {
		if slices.Contains(annotations, keyword) {
			continue
		}
		if err := s.keyword(made, keyword, value); err != nil {
			return nil, fmt.Errorf("%s: %w", keyword, err)
		}
	}
	return made, nil
}

// keyword adds what one keyword says to a shape.
func (s *shaper) keyword(made *shape, keyword string, value any) (err error) {
	switch keyword {
	case "$ref":
		var target *shape
		target, err = s.shapeAt(text(value))
		made.all = append(made.all, target)
	case "allOf":
		err = s.each(value, func(part *shape) { made.all = append(made.all, part) })
	case "not":
		made.not, err = s.compile(value)
	case "if":
		made.condition, err = s.compile(value)
	case "then":
		made.then, err = s.compile(value)
	case "else":
		made.otherwise, err = s.compile(value)
	case "items":
		made.items, err = s.compile(value)
	case "propertyNames":
		made.propertyNames, err = s.compile(value)
	case "additionalProperties":
		if allowed, is := value.(bool); is {
			made.closed = !allowed
			return nil
		}
		made.others, err = s.compile(value)
	case "properties":
		err = s.propertiesOf(made, value)
	default:
		return made.limit(keyword, value)
	}
	return err
}

func (s *shaper) each(list any, take func(*shape)) error {
	parts, ok := list.([]any)
	if !ok {
		return fmt.Errorf("shape: %T is no list", list)
	}
	for _, part := range parts {
		compiled, err := s.compile(part)
		if err != nil {
			return err
		}
		take(compiled)
	}
	return nil
}

func (s *shaper) propertiesOf(made *shape, value any) error {
	properties, ok := value.(object)
	if !ok {
		return fmt.Errorf("shape: %T is no object", value)
	}
	made.properties = make(map[string]*shape, len(properties))
	for name, property := range properties {
		compiled, err := s.compile(property)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		made.properties[name] = compiled
	}
	return nil
}

// limit adds a keyword that has no schemas in it.
func (made *shape) limit(keyword string, value any) (err error) {
	switch keyword {
	case "type":
		made.types, err = kindsOf(value)
	case "enum":
		return made.oneOf(value)
	case "const":
		return made.oneOf([]any{value})
	case "pattern":
		made.pattern, err = matcherOf(text(value))
	case "format":
		if made.format = jsonschema.Formats[text(value)]; made.format == nil {
			err = fmt.Errorf("shape: unknown format %v", value)
		}
	case "required":
		made.required, err = textsOf(value)
	case "uniqueItems":
		unique, is := value.(bool)
		if made.unique = unique; !is {
			err = fmt.Errorf("shape: %T is no bool", value)
		}
	case "minLength":
		made.minLength, err = wholeNumber(value)
	case "maxLength":
		made.maxLength, err = wholeNumber(value)
	case "minItems":
		made.minItems, err = wholeNumber(value)
	case "maxItems":
		made.maxItems, err = wholeNumber(value)
	case "minProperties":
		made.minProperties, err = wholeNumber(value)
	case "maxProperties":
		made.maxProperties, err = wholeNumber(value)
	case "minimum":
		made.minimum, err = wholeNumber(value)
	case "maximum":
		made.maximum, err = wholeNumber(value)
	default:
		err = fmt.Errorf("shape: the keyword is not understood")
	}
	return err
}

// oneOf takes enum or const, which may not stand side by side. Only texts are understood.
func (made *shape) oneOf(value any) (err error) {
	if made.hasValues {
		return fmt.Errorf("shape: both enum and const")
	}
	made.hasValues = true
	made.values, err = textsOf(value)
	return err
}

// textsOf returns a list of texts, and an error for anything else.
func textsOf(value any) ([]string, error) {
	list, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("shape: %T is no list", value)
	}
	texts := make([]string, 0, len(list))
	for _, item := range list {
		s, ok := item.(string)
		if !ok {
			return nil, fmt.Errorf("shape: %v is no text", item)
		}
		texts = append(texts, s)
	}
	return texts, nil
}

func wholeNumber(value any) (*int64, error) {
	number, ok := value.(json.Number)
	if !ok {
		return nil, fmt.Errorf("shape: %T is no number", value)
	}
	n, err := number.Int64()
	if err != nil {
		return nil, fmt.Errorf("shape: %w", err)
	}
	return &n, nil
}

// matcherOf returns what tells whether a text fits a pattern.
func matcherOf(pattern string) (func(string) bool, error) {
	if run, ok := runOf(pattern); ok {
		return run.match, nil
	}
	form, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("shape: %w", err)
	}
	return form.MatchString, nil
}
