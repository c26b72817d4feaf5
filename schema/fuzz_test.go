package schema

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// FuzzParse never panics; what it accepts has unique names and means the same when it is read again in its canonical form.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/problems/*.yaml", "../examples/*/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		manifests, _, problems := Parse([]Source{{Name: "a.yaml", Data: text}})
		if len(manifests) == 0 && len(problems) == 0 {
			t.Fatal("neither a manifest nor a problem")
		}
		for _, p := range problems {
			if p.Summary == "" || p.At.File != "a.yaml" {
				t.Fatalf("a problem without words or place: %+v", p)
			}
		}
		for _, m := range manifests {
			for section, entries := range m.Sections {
				seen := map[string]bool{}
				for _, entry := range entries {
					name := entry.Get("name").String()
					if name != "" && seen[name] {
						t.Fatalf("%s lists %q twice", section, name)
					}
					seen[name] = true
				}
			}
		}
		if len(manifests) != 1 || len(problems) > 0 {
			return
		}
		form := canonicalOf(t, text)
		if longKey.Match(form) {
			return // YAML reads no key of more than 1,024 characters in the one-line form
		}
		again, _, problems := Parse([]Source{{Name: "a.yaml", Data: form}})
		if len(problems) > 0 || len(again) != 1 || again[0].Digest != manifests[0].Digest {
			t.Fatalf("the canonical form of an accepted manifest reads differently: %v\n%s", problems, form)
		}
	})
}

var longKey = regexp.MustCompile(`"[^"]{1000}`)

// canonicalOf returns the text whose hash is the digest.
func canonicalOf(t *testing.T, text []byte) []byte {
	documents, _, _ := decode(Source{Name: "a.yaml", Data: text}, newBudget())
	var found problems
	groups := byAccount(documents, &found)
	if len(groups) != 1 {
		t.Fatalf("%d accounts", len(groups))
	}
	m := &merger{schema: compiled(), parts: groups[0], complete: true, problems: &found}
	m.merge()
	var all bytes.Buffer
	m.canonical(&all)
	return all.Bytes()
}
