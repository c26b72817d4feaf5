package cloudtest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Manifest makes a manifest of Huawei Cloud in [Region]; rest is what follows in the JSON object, from the comma on.
func Manifest(t testing.TB, rest string) *plan.Manifest {
	t.Helper()
	return conformance.Manifest(t, `{"cloud": {"kind": "huaweicloud", "region": "`+Region+`"}`+rest+`}`)
}

// Authorizations makes a manifest of entries of the section of that name, each of them JSON, with one of a service that
// nobody knows after them.
func Authorizations(t testing.TB, entries ...string) *plan.Manifest {
	t.Helper()
	return Manifest(t, `, "authorizations": [`+strings.Join(append(entries, `{"service": "stranger"}`), ", ")+`]`)
}

// List writes texts as a JSON list.
func List(texts ...string) string {
	if len(texts) == 0 {
		return "[]"
	}
	return `["` + strings.Join(texts, `", "`) + `"]`
}

// Address parses an address.
func Address(t testing.TB, text string) addr.Address {
	t.Helper()
	a, err := addr.Parse(text)
	require.NoError(t, err)
	return a
}
