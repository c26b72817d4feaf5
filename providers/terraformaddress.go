package providers

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/agencyctl/agencyctl/plan"
)

// terraformPath is the path of a module, or of a resource in it, in a Terraform state.
type terraformPath []terraformStep

// terraformStep is one part of a path: words such as "module.network", and the key of an instance, as [terraformKey] writes it, or "".
type terraformStep struct{ words, key string }

// String returns the path as Terraform prints it and takes it.
func (p terraformPath) String() string { return p.text(true) }

// config returns the path without keys: where it stands in the configuration. Dependencies are written so.
func (p terraformPath) config() string { return p.text(false) }

func (p terraformPath) text(keys bool) string {
	var b strings.Builder
	for i, step := range p {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(step.words)
		if keys {
			b.WriteString(step.key)
		}
	}
	return b.String()
}

// with returns the path with one more part. The path itself stays as it is.
func (p terraformPath) with(step terraformStep) terraformPath { return append(p[:len(p):len(p)], step) }

// parseTerraformModule reads the path of a module: module.NAME, with ["KEY"] or [NUMBER] behind each where there are several.
func parseTerraformModule(text string) (path terraformPath, ok bool) {
	for text != "" {
		if len(path) > 0 {
			if text, ok = strings.CutPrefix(text, "."); !ok {
				return nil, false
			}
		}
		if text, ok = strings.CutPrefix(text, "module."); !ok {
			return nil, false
		}
		end := strings.IndexAny(text, ".[")
		if end < 0 {
			end = len(text)
		}
		if !isTerraformName(text[:end]) {
			return nil, false
		}
		step := terraformStep{words: "module." + text[:end]}
		text = text[end:]
		if strings.HasPrefix(text, "[") {
			if step.key, text, ok = cutTerraformKey(text[1:]); !ok {
				return nil, false
			}
		}
		path = append(path, step)
	}
	return path, true
}

// cutTerraformKey reads the key that text begins with, up to its closing bracket.
func cutTerraformKey(text string) (key, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		number, rest, found := strings.Cut(text, "]")
		n, err := strconv.ParseUint(number, 10, 31)
		return fmt.Sprintf("[%d]", n), rest, found && err == nil
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			unquoted, ok := unquoteTerraform(text[1:i])
			rest, closed := strings.CutPrefix(text[i+1:], "]")
			return "[" + quoteTerraform(unquoted) + "]", rest, ok && closed
		}
	}
	return "", "", false
}

// terraformKey returns the key of an instance, from the JSON of index_key: "" for none, [NUMBER] of count, ["KEY"] of for_each.
func terraformKey(raw json.RawMessage) (key string, ok bool) {
	if isNull(raw) {
		return "", true
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return "[" + quoteTerraform(text) + "]", true
	}
	n, err := strconv.ParseUint(string(raw), 10, 31)
	return fmt.Sprintf("[%d]", n), err == nil
}

// quoteTerraform quotes a text as Terraform's language does. What no reader sees is escaped, which Terraform reads as the same.
func quoteTerraform(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range text {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case (r == '$' || r == '%') && strings.HasPrefix(text[i+1:], "{"): // it would begin a template
			b.WriteRune(r)
			b.WriteRune(r)
		case plan.Visible(r):
			b.WriteRune(r)
		case r < 1<<16:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// unquoteTerraform is the inverse of quoteTerraform, of a text without the quotes around it. Templates are refused.
func unquoteTerraform(quoted string) (text string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(quoted); i++ {
		rest := quoted[i:]
		switch c := quoted[i]; {
		case strings.HasPrefix(rest, "$${"), strings.HasPrefix(rest, "%%{"):
			b.WriteString(rest[1:3])
			i += 2
		case strings.HasPrefix(rest, "${"), strings.HasPrefix(rest, "%{"):
			return "", false
		case c != '\\':
			b.WriteByte(c)
		default:
			size, escaped := 2, ""
			switch {
			case len(rest) < 2:
				return "", false
			case rest[1] == 'u':
				size = 6
			case rest[1] == 'U':
				size = 10
			default:
				escaped, ok = map[byte]string{'n': "\n", 'r': "\r", 't': "\t", '"': `"`, '\\': `\`}[rest[1]]
				if !ok {
					return "", false
				}
			}
			if size > 2 {
				if len(rest) < size {
					return "", false
				}
				n, err := strconv.ParseUint(rest[2:size], 16, 31)
				if err != nil {
					return "", false
				}
				escaped = string(rune(n))
			}
			b.WriteString(escaped)
			i += size - 1
		}
	}
	return b.String(), true
}

// maxTerraformName bounds the name of a type, a resource or a module; longer ones are no names.
const maxTerraformName = 256

// isTerraformName reports whether text is an identifier of Terraform's language: letters, digits, _ and -, and no digit first.
func isTerraformName(text string) bool {
	if text == "" || len(text) > maxTerraformName {
		return false
	}
	for i, r := range text {
		first := r == '_' || unicode.IsLetter(r)
		if !plan.Visible(r) || !first && (i == 0 || r != '-' && !unicode.IsDigit(r)) {
			return false
		}
	}
	return true
}

// terraformProvider returns the name of the provider behind a resource's provider configuration: the last part of
// provider["HOST/NAMESPACE/NAME"], or NAME of provider.NAME, which Terraform wrote before 0.13. An alias and a module around it do not
// matter. It is "" for any other form.
func terraformProvider(configuration string) string {
	_, address, found := strings.Cut(configuration, `provider["`)
	name, end := "", `"]`
	if !found {
		if _, name, found = strings.Cut(configuration, "provider."); !found {
			return ""
		}
		name, _, _ = strings.Cut(name, ".")
	} else if address, _, found = strings.Cut(address, end); found {
		name = address[strings.LastIndexByte(address, '/')+1:]
	}
	if !isTerraformName(name) {
		return ""
	}
	return name
}

// quoteShell returns a word as a POSIX shell takes it, quoted only where it has to be.
func quoteShell(word string) string {
	plain := func(r rune) bool {
		return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-.", r))
	}
	if strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
