package schema_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/agencyctl/agencyctl/schema"
)

// largeManifest returns a manifest with the given number of agencies, each with five grants.
func largeManifest(agencies int) []byte {
	var b strings.Builder
	b.WriteString("apiVersion: agencyctl/v1\naccount: {name: example-co}\ncloud: {kind: huaweicloud, region: cn-north-4}\nagencies:\n")
	for i := range agencies {
		fmt.Fprintf(&b, `  - name: ops-%05d
    trust: {account: partner-%d}
    description: nightly copies of system %d
    duration: %dd
    owner: platform team
    grants:
      domain: [OBS ReadOnlyAccess]
      allProjects:
        - Tenant Guest
      projects:
        cn-north-4:
          - ECS ReadOnlyAccess
          - backup-read
        cn-east-%d: [VPC ReadOnlyAccess]
`, i, i%97, i, 1+i%90, i%5)
	}
	return []byte(b.String())
}

const benchmarkAgencies = 10_000

func BenchmarkParse(b *testing.B) {
	data := largeManifest(benchmarkAgencies)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		_, _, problems := schema.Parse([]schema.Source{{Name: "large.yaml", Data: data}})
		require.Empty(b, problems)
	}
}

// BenchmarkYAMLNodes is the yardstick of BenchmarkParse.
func BenchmarkYAMLNodes(b *testing.B) {
	data := largeManifest(benchmarkAgencies)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		decoder := yaml.NewDecoder(bytes.NewReader(data))
		for {
			var root yaml.Node
			err := decoder.Decode(&root)
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(b, err)
		}
	}
}
