package auth

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

func TestCameThrough(t *testing.T) {
	own := plan.Account{Name: "example-co", ID: "0001"}
	for name, c := range map[string]struct {
		identity providers.Identity
		want     []string
		known    bool
	}{
		"a permanent key":                    {providers.Identity{Kind: "access key"}, nil, true},
		"a user":                             {providers.Identity{Kind: "user", Principal: "ops-bot"}, nil, true},
		"an assumed agency":                  {providers.Identity{Kind: "access key", Assumed: "example-co/ops"}, []string{"ops"}, true},
		"an assumed agency, temporary keys":  {providers.Identity{Kind: "temporary access key", Assumed: "0001/ops"}, []string{"ops"}, true},
		"temporary keys that do not tell":    {providers.Identity{Kind: "temporary access key"}, nil, false},
		"temporary keys of a user":           {providers.Identity{Kind: "temporary access key", Principal: "iam::0001:user:ops-bot"}, nil, true},
		"temporary keys of an agency":        {providers.Identity{Kind: "temporary access key", Principal: "sts::0001:assumed-agency:ops/a:b"}, []string{"ops"}, true},
		"temporary keys, the agency's URN":   {providers.Identity{Kind: "temporary access key", Principal: "iam::0001:agency:path/to/ops"}, []string{"ops"}, true},
		"an agency of another account":       {providers.Identity{Kind: "temporary access key", Principal: "sts::0002:assumed-agency:ops/s"}, nil, false},
		"from another account's to this one": {providers.Identity{Kind: "temporary access key", Principal: "sts::0002:assumed-agency:runner/s", Assumed: "0001/ops"}, []string{"ops"}, true},
		"one through another":                {providers.Identity{Kind: "token", Principal: "example-co/runner", Assumed: "example-co/ops"}, []string{"ops", "runner"}, true},
		"told twice":                         {providers.Identity{Kind: "token", Principal: "sts::0001:assumed-agency:ops/s", Assumed: "example-co/ops"}, []string{"ops"}, true},
		"a token of an agency":               {providers.Identity{Kind: "token", Principal: "example-co/ops"}, []string{"ops"}, true},
		"a token of another account":         {providers.Identity{Kind: "token", Principal: "other-co/ops"}, nil, true},
		"a token of a user":                  {providers.Identity{Kind: "token", Principal: "ops-bot"}, nil, true},
		"a token that does not tell":         {providers.Identity{Kind: "token"}, nil, false},
		"a URN of a new kind":                {providers.Identity{Kind: "temporary access key", Principal: "sts::0001:something:ops"}, nil, false},
		"a principal that is cut off":        {providers.Identity{Kind: "temporary access key", Principal: "sts::0001"}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			c.identity.Account = own
			got, known := cameThrough(c.identity)
			var names []string
			for _, a := range got {
				assert.Equal(t, "agency", a.Type())
				names = append(names, a.Segments()[0].Text)
			}
			assert.Equal(t, c.want, names)
			assert.Equal(t, c.known, known)
		})
	}
}
