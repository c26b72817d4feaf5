package render

import (
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// Entry explains one word: a rule, an exit code, a kind of error, or a term of the output.
type Entry struct {
	// Word is the word as outputs have it, and Also are other forms that mean the same.
	Word string   `json:"word"`
	Also []string `json:"also"`
	// Group is the heading that the word stands below.
	Group string `json:"group"`
	// Summary is one sentence. Severity is for rules only, and Why for those whose reason is given apart.
	Summary  string `json:"summary"`
	Severity string `json:"severity,omitempty"`
	Meaning  string `json:"meaning"`
	Why      string `json:"why,omitempty"`
	// Do says what to do about it.
	Do string `json:"do"`
	// More is where the documentation has more: a path in the repository, with an anchor.
	More string `json:"more"`
}

var (
	headingForm = regexp.MustCompile("`([^`]+)`")
	linkForm    = regexp.MustCompile(`\[([^\]]+)\]\(([^)]+)\)`)
	emphasis    = regexp.MustCompile(`(^|[\s(])\*+([A-Za-z][A-Za-z ]*)\*+`)
	labelForm   = regexp.MustCompile(`(?:^|\s)(Severity|Why|What to do|More): `)
)

// ParseEntries reads the sections of a document in Markdown whose headings of the third level are words in backquotes: a
// sentence, and paragraphs with the labels Severity, Why, What to do and More. Of a paragraph without a label only the first is
// taken; tables are left out. The file is the path of the document in the repository.
func ParseEntries(file, text string) []Entry {
	var entries []Entry
	group := ""
	for _, section := range strings.Split("\n"+text, "\n#")[1:] {
		heading, body, _ := strings.Cut(section, "\n")
		level := strings.IndexFunc(heading, func(r rune) bool { return r != '#' }) + 1
		names := headingForm.FindAllStringSubmatch(heading, -1)
		if level == 2 {
			group = strings.TrimSpace(heading[1:])
		}
		if level != 3 || len(names) == 0 {
			continue
		}
		e := Entry{Word: names[0][1], Also: []string{}, Group: group, More: file + "#" + anchor(heading[2:])}
		for _, name := range names[1:] {
			e.Also = append(e.Also, name[1])
		}
		e.read(file, strings.Split(body, "\n\n"))
		entries = append(entries, e)
	}
	return entries
}

// read takes the paragraphs of the entry's section.
func (e *Entry) read(file string, paragraphs []string) {
	for _, p := range paragraphs {
		p = strings.Join(strings.Fields(p), " ")
		if p == "" || p[0] == '|' {
			continue
		}
		if e.Summary == "" {
			e.Summary = p
			continue
		}
		if target, is := strings.CutPrefix(p, "More: "); is {
			if link := linkForm.FindStringSubmatch(target); link != nil {
				e.More = path.Join(path.Dir(file), link[2])
			}
			continue
		}
		e.label(emphasis.ReplaceAllString(linkForm.ReplaceAllString(p, "$1"), "$1$2"))
	}
}

// label cuts a paragraph at its labels.
func (e *Entry) label(p string) {
	into := &e.Meaning
	if e.Meaning != "" {
		into = nil
	}
	begin := 0
	take := func(text string) {
		if text = strings.TrimSpace(text); into != nil && *into == "" {
			*into = text
		}
	}
	for _, at := range labelForm.FindAllStringSubmatchIndex(p, -1) {
		take(p[begin:at[0]])
		into = map[string]*string{"Severity": &e.Severity, "Why": &e.Why, "What to do": &e.Do}[p[at[2]:at[3]]]
		begin = at[1]
	}
	take(p[begin:])
}

// anchor is what a heading is called in a link.
func anchor(heading string) string {
	kept := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		case r == ' ':
			return '-'
		}
		return -1
	}, strings.ToLower(strings.TrimSpace(heading)))
	return kept
}

// Names returns the word and its other forms.
func (e *Entry) Names() []string { return append([]string{e.Word}, e.Also...) }

// FindEntries returns the entries of a word, in whatever case and with blanks, hyphens and underscores or without; also in
// brackets, as findings have their rules.
func FindEntries(entries []Entry, word string) []Entry {
	word = wordKey(word)
	return slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool {
		return !slices.ContainsFunc(e.Names(), func(name string) bool {
			name = wordKey(name)
			if end, is := strings.CutPrefix(name, anyWord); is {
				return word != end && strings.HasSuffix(word, end)
			}
			if begin, is := strings.CutSuffix(name, anyWord); is {
				return word != begin && strings.HasPrefix(word, begin)
			}
			return name == word
		})
	})
}

// anyWord stands in a name for what the output has there.
const anyWord = "…"

func wordKey(word string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "_", "", "[", "", "]", "", ":", "").Replace(word))
}

// entryWidth bounds the lines of explanations: longer ones are hard to read, whatever the terminal has room for.
const entryWidth = 80

// WriteEntries writes explanations for people, one below the other.
func WriteEntries(w io.Writer, entries []Entry, o Options) error {
	var b strings.Builder
	for i := range entries {
		e := &entries[i]
		if i > 0 {
			b.WriteByte('\n')
		}
		lines := Wrap(strings.Join(e.Names(), ", ")+" ("+e.Group+")", o.entryWidth())
		for _, part := range []struct{ label, text string }{
			{"", e.Summary}, {"Severity: ", e.Severity}, {"", e.Meaning}, {"Why: ", e.Why}, {"What to do: ", e.Do}, {"More: ", e.More},
		} {
			if part.text == "" {
				continue
			}
			for _, line := range Wrap(part.label+part.text, o.entryWidth()-2) {
				lines = append(lines, "  "+line)
			}
		}
		b.WriteString(strings.Join(lines, "\n") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// ListEntries writes all words with their sentences, each beside its word, or below it on a narrow page, below their groups.
func ListEntries(w io.Writer, entries []Entry, o Options) error {
	longest := 0
	for i := range entries {
		longest = max(longest, columns(entries[i].Word))
	}
	p := newPage(Options{Width: o.Width})
	beside := p.width == 0 || 2*(4+longest) <= p.width
	for i := range entries {
		e := &entries[i]
		if i == 0 || entries[i-1].Group != e.Group {
			p.gap()
			p.line(0, plain, e.Group+":")
		}
		p.indent(2)
		p.put(plain, e.Word)
		if beside {
			p.to(4 + longest)
			p.hang = 2 + longest // behind the blanks of the row
			p.put(plain, e.Summary)
			p.end()
			p.hang = 0
		} else {
			p.end()
			p.line(4, plain, e.Summary)
		}
	}
	return p.send(w)
}

// entriesJSON is the document of explain.
type entriesJSON struct {
	FormatVersion string        `json:"formatVersion"`
	Problems      []problemJSON `json:"problems"`
	Entries       []Entry       `json:"entries"`
}

// WriteEntriesJSON writes explanations for scripts. With a failure, the document says why there are none.
func WriteEntriesJSON(w io.Writer, entries []Entry, failure *Failure, o Options) error {
	report := Report{Failure: failure}
	return writeIndented(w, entriesJSON{
		FormatVersion: plan.FormatVersion, Problems: encodeProblems(&report, o), Entries: append([]Entry{}, entries...),
	})
}

func (o Options) entryWidth() int {
	if o.Width <= 0 {
		return entryWidth
	}
	return min(o.Width, entryWidth)
}
