package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"slices"
	"strings"
)

// What surely limits a statement is listed here, and nothing else lowers a severity: an operator, a key or a form that is not listed may
// hold for everything.

// limitsResources reports whether a Resource member surely names less than all resources of each action. What the cloud makes of a resource
// of another service than the action's is not documented.
func limitsResources(raw json.RawMessage, actions []string) bool {
	of := func(service string) bool {
		return !slices.ContainsFunc(actions, func(action string) bool {
			prefix, _, _ := strings.Cut(action, ":")
			return !strings.EqualFold(prefix, service)
		})
	}
	if list, ok := texts(raw); ok {
		paths := make([]string, len(list))
		for i, resource := range list {
			fields := strings.SplitN(resource, ":", 5) // service, region, account, type and path
			if len(fields) < 5 || !of(fields[0]) {
				return false
			}
			paths[i] = fields[4]
		}
		return fewOf(paths)
	}
	members, _ := membersOf(raw)
	values, sure := named(members, "uri")
	if !sure || len(members) != 1 || len(values) != 1 {
		return false
	}
	list, ok := texts(values[0])
	return ok && of("iam") && !slices.ContainsFunc(list, func(uri string) bool {
		id, is := strings.CutPrefix(uri, "/iam/agencies/")
		return !is || id == "" || strings.ContainsAny(id, "*?/${}")
	})
}

// fewOf reports whether patterns, together, surely match few texts. A pattern with a wildcard counts by its longest run of other
// characters: as ids are hexadecimal, one character picks a sixteenth at best, and lists such as "a*", "b*", ... add up. Where both ends
// are open, a short run stands in nearly every text. In "${...}" the cloud may put anything.
func fewOf(patterns []string) bool {
	share := 0.0
	for _, pattern := range patterns {
		switch run := longestRun(pattern); {
		case run == 0 || strings.Contains(pattern, "${"):
			return false
		case !strings.ContainsAny(pattern, "*?"):
		case run < 3 && !anchored(pattern):
			return false
		default:
			share += math.Pow(16, -float64(run))
		}
	}
	return share < 0.5
}

// longestRun is the length of the longest part of a pattern between wildcards, separators not counted.
func longestRun(pattern string) (longest int) {
	for part := range strings.FieldsFuncSeq(pattern, func(r rune) bool { return strings.ContainsRune("*?:/", r) }) {
		longest = max(longest, len(part))
	}
	return longest
}

// anchored reports whether a pattern begins or ends with a character that is no wildcard.
func anchored(pattern string) bool {
	return !strings.ContainsAny(pattern[:1], "*?") || !strings.ContainsAny(pattern[len(pattern)-1:], "*?")
}

// asPattern are the operators that surely fail where the key has no listed value or is missing, and what a value means as a pattern.
// The page of StringLike says that the value may stand anywhere in the text.
var asPattern = map[string]func(value string) string{
	"StringEquals":           func(value string) string { return value },
	"StringEqualsIgnoreCase": func(value string) string { return value },
	"StringMatch":            func(value string) string { return value },
	"StringLike":             func(value string) string { return "*" + value + "*" },
	"StringStartWith":        func(value string) string { return value + "*" },
	"StringEndWith":          func(value string) string { return "*" + value },
}

// limitsCondition reports whether a condition surely limits who may act or, with inProject, surely limits where: all of its members
// must hold, so one that surely limits is enough. What everybody fulfils in the account (g:DomainName), or whoever waits long enough
// (g:CurrentTime), is no limit. Nor is g:ProjectName for a service without projects: a caller chooses the project that it signs in to.
//
// API: "Policy Syntax" (global condition keys; several conditions must all be met; keys have no case).
func limitsCondition(raw json.RawMessage) (limits, inProject bool) {
	operators, _ := membersOf(raw)
	for _, operator := range operators {
		tests, _ := membersOf(operator.value)
		if count(operators, operator.name) != 1 {
			continue
		}
		for _, test := range tests {
			values, ok := texts(test.value)
			if !ok || count(tests, test.name) != 1 {
				continue
			}
			switch key := strings.ToLower(test.name); key {
			case "g:userid", "g:username":
				limits = limits || fewUnder(operator.name, values)
			case "g:projectname":
				inProject = inProject || fewUnder(operator.name, values)
			case "g:mfapresent":
				limits = limits || operator.name == "Bool" && slices.Equal(values, []string{"true"})
			}
		}
	}
	return limits, inProject
}

// fewUnder reports whether few texts pass an operator with these values.
func fewUnder(operator string, values []string) bool {
	meaning, known := asPattern[operator]
	if !known {
		return false
	}
	patterns := make([]string, len(values))
	for i, value := range values {
		patterns[i] = meaning(value)
	}
	return fewOf(patterns)
}

// coversAll reports whether a Resource member surely names every resource of the actions: "*", five stars, or all of the actions' only
// service.
func coversAll(actions []string, raw json.RawMessage) bool {
	list, ok := texts(raw)
	return ok && slices.ContainsFunc(list, func(resource string) bool {
		fields := strings.Split(plain(resource), ":")
		for _, field := range fields[1:] {
			if field != "*" {
				return false
			}
		}
		service := fields[0]
		other := func(action string) bool { return split(action)[0] != service }
		return service == "*" || len(fields) == 5 && !slices.ContainsFunc(actions, other)
	})
}

// heldBy returns the members of a statement that may limit it, understood or not; what surely limits nothing is left out.
func heldBy(members []member, actions []string) map[string][]any {
	held := map[string][]any{}
	for _, m := range members {
		switch {
		case slices.ContainsFunc([]string{"Effect", "Action", "Sid"}, func(name string) bool { return strings.EqualFold(m.name, name) }):
		case isNull(m.value):
		case m.name == "Resource" && coversAll(actions, m.value):
		case m.name == "Condition" && isEmpty(m.value):
		default:
			held[m.name] = append(held[m.name], canonical(m.value))
		}
	}
	return held
}

// digestOf returns [Statement.Limit] for what a statement is held by.
func digestOf(held map[string][]any) string {
	if len(held) == 0 {
		return ""
	}
	text, err := json.Marshal(held)
	if err != nil {
		panic(err) // values from JSON can be written as JSON
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
