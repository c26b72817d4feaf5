package acceptance

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/schema"
)

// FuzzValidate checks manifests of any text offline, drafts that the schema refuses included: always an answer, never a
// panic.
func FuzzValidate(f *testing.F) {
	for _, pattern := range []string{"examples/*/*.yaml"} {
		names, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, name := range names {
			text, err := os.ReadFile(name)
			require.NoError(f, err)
			f.Add(text)
		}
	}
	f.Add([]byte("account: {name: a}\nagencies: [{name: [], trust: 1, grants: {projects: [x], domain: {a: b}}, dependsOn: {}}]"))
	f.Add([]byte("account: {name: a}\npolicies: [{name: x, statements: {}}, 3, null]\nauthorizations: [{service: csms}, {service: {}}]"))
	registry := services.Registry()
	f.Fuzz(func(t *testing.T, text []byte) {
		manifests, drafts, _ := schema.Parse([]schema.Source{{Name: "fuzz.yaml", Data: text}})
		for _, m := range append(manifests, drafts...) {
			engine.Validate(registry, m)
		}
	})
}

// TestTheManifestSchemaIsThatOfTheProviders holds the published schema against the fragments of all services.
func TestTheManifestSchemaIsThatOfTheProviders(t *testing.T) {
	const path = "schema/manifest.schema.json"
	var fragments []schema.Fragment
	for _, p := range services.Registry().Providers() {
		for _, f := range p.Fragments() {
			fragments = append(fragments, schema.Fragment{Section: f.Section, Service: f.Service, Definition: f.Definition, Schema: f.Schema})
		}
	}
	composed, err := schema.Compose(schema.Base(), fragments)
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(path, composed, 0o644))
		return
	}
	if !bytes.Equal(composed, schema.Manifest()) {
		t.Errorf("%s is not what the providers' fragments make; run go test ./internal/acceptance -run %s -update", path, t.Name())
	}
}
