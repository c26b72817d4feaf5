package cloudsim_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

func TestCustomPoliciesComeBackInAnotherSpelling(t *testing.T) {
	sent := `{"Version":"1.1","Statement":[` +
		`{"Effect":"Allow","Action":["a:b:c","a:b:d"],"Resource":["a:*:*:x:1","a:*:*:x:2"],"Condition":{"Bool":{"g:MFAPresent":true,"k":[1,"2"]}}},` +
		`{"Effect":"Deny","Action":["a:b:e"],"Resource":{"uri":["/iam/agencies/1","/iam/agencies/2"]}}]}`
	respelled := `{"Version":"1.1","Statement":[` +
		`{"Effect":"Deny","Action":["a:b:e"],"Resource":{"uri":["/iam/agencies/2","/iam/agencies/1"]}},` +
		`{"Effect":"Allow","Action":["a:b:d","a:b:c"],"Resource":["a:*:*:x:2","a:*:*:x:1"],"Condition":{"Bool":{"g:MFAPresent":["true"],"k":["2","1"]}}}]}`
	for want, switches := range map[string]cloudsim.Switches{respelled: {}, sent: {PoliciesAsSent: true}} {
		s := newStage(t, cloudsim.Options{Switches: switches})
		made := s.call(http.MethodPost, policiesPath, `{"role":{"display_name":"p","type":"AX","description":"d","policy":`+sent+`}}`)
		require.Equal(t, 201, made.status, made.text)
		id := made.object("role")["id"].(string)
		for _, answer := range []result{made, s.call(http.MethodGet, policiesPath+"/"+id, ""), s.call(http.MethodGet, policiesPath+"/"+id, "")} {
			got, err := json.Marshal(answer.object("role")["policy"])
			require.NoError(t, err)
			assert.JSONEq(t, want, string(got))
		}
	}
}
