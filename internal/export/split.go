package export

import (
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/schema"
)

// The ways to split a manifest into several files.
const (
	// SplitPrefix puts agencies together whose names begin alike, up to the first "-", "_" or ".".
	SplitPrefix = "prefix"
	// SplitService puts agencies together that trust the same service, and those that trust accounts.
	SplitService = "service"
)

// Splits returns the ways to split, sorted.
func Splits() []string { return []string{SplitPrefix, SplitService} }

// Split returns the files that mean together what the file means, by name. Entries keep their order. By is one of [Splits].
func Split(file *schema.File, by string) map[string]*schema.File {
	const first = "account.yaml"
	files := map[string]*schema.File{}
	account := *file
	account.Sections = nil
	files[first] = &account
	groups := groupsOf(file, by)
	for _, section := range file.Sections {
		for _, e := range section.Entries {
			name := section.Name + ".yaml"
			if section.Name == sectionAgencies {
				if group := groups(e); group != "" {
					name = section.Name + "-" + group + ".yaml"
				}
			}
			if files[name] == nil {
				files[name] = &schema.File{Account: file.Account, Sections: []schema.FileSection{{Name: section.Name}}}
			}
			entries := &files[name].Sections[0].Entries
			*entries = append(*entries, e)
		}
	}
	return files
}

const sectionAgencies = "agencies"

// groupsOf returns what tells the group of an agency's entry; "" for none. A group of one is none.
func groupsOf(file *schema.File, by string) func(schema.FileEntry) string {
	group := func(e schema.FileEntry) string {
		if by == SplitService {
			if service := e.Node.Get("trust").Get("service").String(); service != "" {
				return fileWord(strings.TrimPrefix(service, "op_svc_"))
			}
			return "accounts"
		}
		name := e.Node.Get("name").String()
		if i := strings.IndexAny(name, "-_."); i > 0 {
			return fileWord(name[:i])
		}
		return ""
	}
	members := map[string]int{}
	for _, s := range file.Sections {
		for _, e := range s.Entries {
			if s.Name == sectionAgencies && e.Node != nil {
				members[group(e)]++
			}
		}
	}
	return func(e schema.FileEntry) string {
		if e.Node == nil {
			return ""
		}
		if g := group(e); by == SplitService || members[g] > 1 {
			return g
		}
		return ""
	}
}

// fileWord returns a word as it may stand in the name of a file everywhere; "" for one that cannot.
func fileWord(word string) string {
	word = strings.ToLower(word)
	if strings.ContainsFunc(word, func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9') }) {
		return ""
	}
	return word
}

// Names returns the names of files, sorted.
func Names(files map[string]*schema.File) []string { return slices.Sorted(maps.Keys(files)) }
