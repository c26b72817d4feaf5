package schema

import (
	"embed"
	"strings"
)

const (
	suffix = ".schema.json"
	// base is the skeleton that [Compose] fills; it is a part, and so not published.
	base = "base"
)

//go:embed *.schema.json
var files embed.FS

// Names returns the names of the published JSON Schemas, sorted: "manifest" and one for each output.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the root of an embedded file system can be read
	}
	var names []string
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), suffix); name != base {
			names = append(names, name)
		}
	}
	return names
}

// Published returns the JSON Schema of that name; ok is false when none has it. The caller owns the bytes.
func Published(name string) (text []byte, ok bool) {
	if name == base || strings.ContainsAny(name, `/\`) {
		return nil, false
	}
	text, err := files.ReadFile(name + suffix)
	return text, err == nil
}

// Manifest returns the JSON Schema of manifests, as [Compose] made it. The caller owns the bytes.
func Manifest() []byte {
	text, ok := Published("manifest")
	if !ok {
		panic("schema: manifest.schema.json is not embedded")
	}
	return text
}

// Base returns the skeleton of the manifest's schema, which [Compose] fills. The caller owns the bytes.
func Base() []byte {
	text, err := files.ReadFile(base + suffix)
	if err != nil {
		panic(err) // it is embedded
	}
	return text
}
