package traces_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryShapeOfUser(t *testing.T) {
	old := object{"id": "0b1f", "name": "night-shift", "domain": object{"id": "d0a1", "name": "example-co"}}
	oldText, err := json.Marshal(old)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		user      any
		who, text string
	}{
		"none":          {nil, "a system action of the cloud", "a system action of the cloud through the console"},
		"empty":         {object{}, "a system action of the cloud", ""},
		"older":         {old, "user night-shift", ""},
		"as text":       {string(oldText), "user night-shift", ""},
		"a plain text":  {"night-shift", "user night-shift", ""},
		"cut off":       {string(oldText[:20]), "a system action of the cloud", ""},
		"a number":      {7, "a system action of the cloud", ""},
		"only an id":    {object{"id": "0b1f"}, "user 0b1f", ""},
		"only a URN":    {object{"principal_urn": "iam::d0a1:user:night-shift"}, "user night-shift", ""},
		"no such URN":   {object{"name": "n", "principal_urn": "night"}, "user n", ""},
		"root":          {object{"name": "example-co", "principal_is_root_user": "true"}, "the root user example-co", ""},
		"root, no text": {object{"name": "example-co", "principal_is_root_user": true}, "the root user example-co", ""},
		"agency": {
			object{"name": "partner-co/ops", "principal_urn": "sts::d0a1:assumed-agency:ops/nightly", "principal_id": "6b2f:nightly", "type": "AssumedAgency"},
			"agency partner-co/ops, session nightly", "",
		},
		"agency, no URN":     {object{"name": "partner-co/ops", "principal_id": "6b2f:nightly", "type": "AssumedAgency"}, "agency partner-co/ops, session nightly", ""},
		"agency, no session": {object{"name": "partner-co/ops", "type": "AssumedAgency"}, "agency partner-co/ops", ""},
		"federated":          {object{"principal_urn": "sts::d0a1:external-user:corp/ada", "type": "ExternalUser"}, "federated user ada of identity provider corp", ""},
		"through a service":  {object{"name": "n", "invoked_by": []string{"service.csms"}}, "user n", "user n through service.csms"},
		"as one text":        {object{"name": "n", "invoked_by": "service.console"}, "user n", "user n through the console"},
		"hostile":            {object{"name": "a through the console\nfrom 1.1.1.1\x1b[0m\u202e"}, `user "a through the console\nfrom 1.1.1.1\x1b[0m\u202e"`, ""},
		"long":               {object{"name": string(make([]byte, 5000))}, "", ""},
	} {
		r := &record{pages: []string{page(nil, trace(object{"user": c.user}))}}
		found, _ := r.ask(t, "", altered)
		require.NotNil(t, found[0], name)
		if c.who != "" {
			assert.Equal(t, c.who, found[0].Who, name)
		}
		if c.text != "" {
			assert.Contains(t, found[0].String(), "by "+c.text, name)
		}
		assert.Less(t, len(found[0].Who), 1300, name)
		assert.NotContains(t, found[0].String(), "\n", name)
	}
}
