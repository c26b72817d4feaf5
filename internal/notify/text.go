package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of texts, in bytes of their form in JSON, without the quotes. No target documents whether escapes count: so they do.
const (
	maxLine = 300
	// maxSubject is that of a topic's subject, in bytes of the text itself.
	maxSubject = 512
	// maxTopicText keeps far from the 256 KB of a message, which nobody would read.
	maxTopicText = 16 << 10
)

// text returns the message as plain text of at most limit bytes in JSON; limit is at least 2,000. It cuts whole lines, and says how many.
func (m Message) text(limit int) string {
	text, foot := lines([]string{m.Subject}), lines(m.Foot)
	room := limit - sizeOf(text) - sizeOf(append([]string{""}, foot...))
	for i, list := range m.Lists {
		part := list.within(room / (len(m.Lists) - i))
		room -= sizeOf(part)
		text = append(text, part...)
	}
	return strings.Join(append(append(text, ""), foot...), "\n")
}

// within returns a blank line and as much of the list as has room, with a count of the rest; nothing for a list without lines.
func (l List) within(room int) []string {
	all := lines(l.Lines)
	if len(all)+l.More == 0 {
		return nil
	}
	part, kept := []string{""}, len(all)
	room -= sizeOf(part)
	if l.More > 0 || sizeOf(all) > room {
		room -= sizeOf([]string{andMore(len(all) + l.More)})
		for kept = 0; kept < len(all); kept++ {
			if room -= sizeOf(all[kept : kept+1]); room < 0 {
				break
			}
		}
	}
	part = append(part, all[:kept]...)
	if left := len(all) - kept + l.More; left > 0 {
		part = append(part, andMore(left))
	}
	return part
}

func andMore(n int) string { return fmt.Sprintf("and %d more", n) }

// subjectOf returns the subject as one line that a topic takes.
func subjectOf(m Message) string {
	subject := plain(m.Subject)
	if len(subject) <= maxSubject {
		return subject
	}
	return shorten(subject, maxSubject, func(s string) int { return len(s) })
}

// lines makes lines harmless, and not too long.
func lines(texts []string) []string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = plain(text)
		if inJSON(all[i]) > maxLine {
			all[i] = shorten(all[i], maxLine, inJSON)
		}
	}
	return all
}

// shorten cuts a text between two characters, so that with an ellipsis it has at most that size.
func shorten(text string, most int, size func(string) int) string {
	const ellipsis = "..."
	room := most - len(ellipsis)
	for i, r := range text {
		if room -= size(string(r)); room < 0 {
			return text[:i] + ellipsis
		}
	}
	return text
}

// sizeOf is how many bytes lines have in JSON, each with its line end.
func sizeOf(lines []string) (bytes int) {
	for _, line := range lines {
		bytes += inJSON(line) + len(`\n`)
	}
	return bytes
}

// inJSON is how many bytes a text has between the quotes of JSON.
func inJSON(text string) int { return len(encode(text)) - 2 }

// encode returns JSON that escapes no more than it must. All values are ours and can be encoded.
func encode(value any) []byte {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

// plain returns a text in which a chat finds no markup. A Feishu text mentions people by <at ...>, WeCom's Markdown by <@...>; a
// topic's SMS may hold no brackets, and its chats may read Markdown, with links in brackets, and may take @all for a mention; addresses
// with // or www. become links everywhere. What could begin one of these is shown as an escape, as are characters that do not show.
// A bare host.example stays: files, keys and actions have dots too, and nobody could read them.
func plain(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == '/' && strings.HasPrefix(text[i:], "//"), endsWWW(text[:i], r), strings.ContainsRune("<>&[]【】`@＠", r), !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		case r == utf8.RuneError:
			b.WriteString(`\ufffd`)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// endsWWW reports whether a character is the dot of www., in any case, or one of the dots that a browser takes for it.
func endsWWW(before string, r rune) bool {
	return strings.ContainsRune(".。．｡", r) && strings.EqualFold(before[max(0, len(before)-len("www")):], "www")
}
