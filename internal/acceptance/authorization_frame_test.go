package acceptance

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// told is what the tests read of the JSON of plan, drift and apply.
type told struct {
	Accounts []struct {
		Drifted    bool
		Changes    []toldChange
		Changed    []toldChange
		Missing    []toldChange
		Unexpected []toldChange
		Unmanaged  []string
		Findings   []toldFinding
		NotRead    []struct{ Subject string }
		Results    []struct{ Address, Action, Outcome string }
		Verified   bool
		Unverified []struct{ Address string }
		Besides    []struct {
			Address string
			Grants  []string
		}
	}
}

type toldChange struct {
	Address, Action string
	Attributes      []struct {
		Name          string
		Before, After json.RawMessage
	}
	Manual []struct {
		Attribute, Instruction string
		Values                 []string
	}
}

type toldFinding struct{ Rule, Severity, Address, Attribute, Message string }

// told runs a command that prints JSON and ends with this exit code.
func (f *front) told(t *testing.T, code int, args ...string) told {
	t.Helper()
	o := f.run(t, append(args, "-o", "json")...)
	require.Equal(t, code, o.code, "%s", o)
	var all told
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &all), o.String())
	require.Len(t, all.Accounts, 1)
	return all
}

// edit edits the simulated cloud as somebody in the console does.
func (f *front) edit(t *testing.T, words ...string) {
	t.Helper()
	edit, err := cloudsim.ParseEdit(words)
	require.NoError(t, err)
	require.NoError(t, f.server.Edit("", edit))
}

// writesIn returns the writing calls while do runs.
func (f *front) writesIn(do func()) (writes []string) {
	start := len(f.server.Calls())
	do()
	for _, call := range f.server.Calls()[start:] {
		if call.Write {
			writes = append(writes, call.Method+" "+call.Path)
		}
	}
	return writes
}

// seededWorld is a world without agencies, whose services give their agencies roles that no page names.
func seededWorld(seed string) cloudsim.World {
	w := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
	w.AccountNamed("").Agencies, w.RoleSeed = nil, seed
	return w
}

// file writes a manifest with this text after the account.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.yaml")
	require.NoError(t, os.WriteFile(path, []byte("apiVersion: agencyctl/v1\naccount: {name: example-co}\n"+
		"cloud: {kind: huaweicloud, region: cn-north-4}\n"+text), 0o600))
	return path
}

// paste adds the block that an instruction prints to the entry of the change's service and region, and nothing else. One that is
// there gives way to it.
func paste(t *testing.T, path string, c toldChange) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	segments := strings.Split(c.Address, "/")
	entry := fmt.Sprintf("  - service: %s\n    region: %s\n", segments[1], segments[2])
	for _, m := range c.Manual {
		_, block, printed := strings.Cut("\n"+m.Instruction, "\nagencies:\n")
		if !printed {
			continue
		}
		before, after, found := strings.Cut(string(text), entry)
		require.True(t, found, "no entry of %s in %s", c.Address, text)
		var kept []string
		lines, inBlock, inEntry := strings.SplitAfter(after, "\n"), false, true
		for _, line := range lines {
			inEntry = inEntry && strings.HasPrefix(line, "    ")
			inBlock = inEntry && (strings.HasPrefix(line, "    agencies:") || inBlock && strings.HasPrefix(line, "      "))
			if !inBlock {
				kept = append(kept, line)
			}
		}
		pasted := "    agencies:\n"
		for line := range strings.Lines(block) {
			pasted += "    " + strings.TrimSuffix(line, "\n") + "\n"
		}
		text = []byte(before + entry + pasted + strings.Join(kept, ""))
	}
	require.NoError(t, os.WriteFile(path, text, 0o600))
}

// fourServices has each service with all types whose agencies are told apart.
const fourServices = `authorizations:
  - service: csms
    region: cn-north-4
    secretTypes: [RDS-FG, GaussDB-FG]
  - service: secmaster
    region: cn-north-4
    roles: [RMS ReadOnlyAccess]
  - service: fabric
    region: cn-north-4
    policies: [FABRIC_COMMON_POLICY, FABRIC_LTS_POLICY]
  - service: lakeformation
    region: cn-north-4
    agencyTypes: [ADMIN_TRUST, JOB_TRUST]
`

type serviceAgency struct {
	agency, address, service string
	documented               bool
}

// serviceAgencies are the agencies of [fourServices], each with the authorization that answers for the account, a service that it may
// trust, and whether a page says so.
var serviceAgencies = []serviceAgency{
	{"CSMSAccessFunctionGraph", "authorization/csms/cn-north-4/GaussDB-FG", "op_svc_kms", true},
	{"FunctionGraphAgencyForRotateGaussDBByCSMSV3", "authorization/csms/cn-north-4/GaussDB-FG", "op_svc_cff", false},
	{"FunctionGraphAgencyForRotateRDSByCSMSV3", "authorization/csms/cn-north-4/RDS-FG", "op_svc_functiongraph", false},
	{"SecMaster_Agency", "authorization/secmaster/cn-north-4", "op_svc_secmaster", false},
	{"fabric_admin_trust", "authorization/fabric/cn-north-4", "op_svc_fabric", false},
	{"lakeformation_admin_trust", "authorization/lakeformation/cn-north-4/ADMIN_TRUST", "op_svc_lakeformation", false},
	{"lakeformation_job_trust", "authorization/lakeformation/cn-north-4/JOB_TRUST", "op_svc_lakeformation", false},
}

// trusts returns whom the agency of that name trusts.
func (f *front) trusts(name string) string {
	w := f.server.World()
	account := w.AccountNamed("")
	i := slices.IndexFunc(account.Agencies, func(g cloudsim.Agency) bool { return g.Name == name })
	return account.Agencies[i].Trust.Name
}

// at returns the change at an address.
func at(t *testing.T, changes []toldChange, address string) toldChange {
	t.Helper()
	i := slices.IndexFunc(changes, func(c toldChange) bool { return c.Address == address })
	require.GreaterOrEqual(t, i, 0, "nothing is told at %s: %+v", address, changes)
	return changes[i]
}

// valuesOf returns what of an attribute is left to a person.
func (c toldChange) valuesOf(attribute string) (values []string, instruction string) {
	for _, m := range c.Manual {
		if m.Attribute == attribute {
			values, instruction = append(values, m.Values...), instruction+m.Instruction
		}
	}
	return values, instruction
}

// severities returns those of the findings by a rule at an address.
func severities(findings []toldFinding, rule, address string) (of []string) {
	for _, f := range findings {
		if f.Rule == rule && f.Address == address {
			of = append(of, f.Severity)
		}
	}
	return of
}
