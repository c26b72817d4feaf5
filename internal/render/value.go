package render

import (
	"regexp"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// attributeTrust is the attribute that says who may act as a resource: "account:NAME" for what a manifest writes as {account: NAME}.
const attributeTrust = "trust"

// written returns a value of an attribute on one line, as a manifest writes it.
func written(attribute string, v plan.Value) string {
	if text, ok := v.AsString(); ok {
		kind, name, is := strings.Cut(text, ":")
		if attribute == attributeTrust && is {
			return "{" + kind + ": " + inFlow(name) + "}"
		}
		return scalar(text)
	}
	if members, ok := v.AsSet(); ok {
		return "[" + texts(members).joined() + "]"
	}
	return v.String()
}

// scalar returns a text as YAML writes it on a line of its own: in quotes where it is not what it seems, or no plain text of YAML.
func scalar(text string) string {
	if text == "" || title(text) != text || strings.HasSuffix(text, ":") || strings.Contains(text, ": ") || strings.Contains(text, " #") ||
		strings.ContainsAny(text[:1], "!&*-?|>%@`\"'#,[]{}:=~+×") || !isText(text) {
		return quote(text)
	}
	return text
}

// inFlow returns a text as one of several in a row: in quotes also where it holds what separates them. A star at the beginning, which YAML
// would have in quotes, is left as it is.
func inFlow(text string) string {
	if strings.ContainsAny(text, ",[]{}\"") {
		return quote(text)
	}
	if name := strings.TrimLeft(text, "*"); name != text && (name == "" || name[0] == ':') {
		return text
	}
	return scalar(text)
}

// notText are the plain texts that YAML takes for something else. Of those that begin with a digit, only durations are surely texts.
var (
	notText  = regexp.MustCompile(`^(?i:true|false|yes|no|on|off|y|n|null|\.inf|\.nan)$|^[0-9.]`)
	duration = regexp.MustCompile(`^[0-9]+[dh]$`)
)

// isText reports whether YAML takes a plain text for a text.
func isText(text string) bool { return !notText.MatchString(text) || duration.MatchString(text) }
