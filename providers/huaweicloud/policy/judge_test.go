package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// role is a custom role; each text is "Allow" or "Deny" and actions, parted by blanks. "(some)" limits the statement.
func role(statements ...string) policy.Role {
	var parts []string
	for _, text := range statements {
		words := strings.Fields(text)
		more := ""
		if words[1] == "(some)" {
			service, _, _ := strings.Cut(words[2], ":")
			more, words = `,"Resource":["`+service+`:*:*:thing:logs"]`, append(words[:1], words[2:]...)
		}
		parts = append(parts, `{"Effect":"`+words[0]+`","Action":["`+strings.Join(words[1:], `","`)+`"]`+more+`}`)
	}
	return policy.Role{Title: `"r"`, Document: []byte(`{"Version":"1.1","Statement":[` + strings.Join(parts, ",") + `]}`)}
}

// roleOn is a role that allows an action on a resource.
func roleOn(resource, action string) policy.Role {
	return policy.Role{Title: `"r"`, Document: []byte(`{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["` + action +
		`"],"Resource":["` + resource + `"]}]}`)}
}

// on is a role that may create users on some resource.
func on(resource string) policy.Role {
	return policy.Role{Title: `"r"`, Document: []byte(`{"Statement":[{"Effect":"Allow","Action":["iam:users:create"],"Resource":["` + resource + `"]}]}`)}
}

// denying is a role that may create users, and a denial of it with more members.
func denying(more string) policy.Role {
	return policy.Role{Title: `"r"`, Document: []byte(`{"Statement":[{"Effect":"Allow","Action":["iam:users:create"]},{"Effect":"Deny","Action":["iam:users:*"]` + more + `}]}`)}
}

func judged(findings []plan.Finding) []string {
	texts := []string{}
	for _, f := range findings {
		texts = append(texts, f.Severity.String()+" "+f.Rule)
	}
	return texts
}

func TestJudge(t *testing.T) {
	for behaviour, c := range map[string]struct {
		role policy.Role
		want []string
	}{
		"everything":                               {role("Allow *:*:*"), []string{"high administrator-role", "high edits-identity"}},
		"everything but identities":                {role("Allow *:*:*", "Deny iam:*:*"), []string{"high administrator-role"}},
		"everything, all denied":                   {role("Allow *:*:*", "Deny *:*:*"), nil},
		"everything on some resources":             {role("Allow (some) *:*:*"), []string{"medium administrator-role", "medium edits-identity"}},
		"everything on those of one service":       {roleOn("obs:*:*:bucket:logs", "*:*:*"), []string{"high administrator-role", "high edits-identity"}},
		"identities on those of another service":   {roleOn("obs:*:*:bucket:logs", "iam:users:create"), []string{"high edits-identity"}},
		"an unlimited statement weighs more":       {role("Allow (some) iam:users:createUser", "Allow iam:users:deleteUser"), []string{"high edits-identity"}},
		"a limited denial denies nothing":          {role("Allow iam:*:*", "Deny (some) iam:*:*"), []string{"high edits-identity"}},
		"reading or changing is editing":           {role("Allow iam:agencies:getOrUpdate"), []string{"high edits-identity"}},
		"reading all is not editing":               {role("Allow *:*:get* *:*:list* iam:*:check*"), nil},
		"a wildcard that could be anything":        {role("Allow iam:*:*List"), []string{"high edits-identity"}},
		"case does not count":                      {role("Allow IAM:Agencies:CREATEAgency"), []string{"high edits-identity"}},
		"assume":                                   {role("Allow iam:agencies:assume"), []string{"high assumes-identity"}},
		"assume by a wildcard":                     {role("Allow iam:*:assum*", "Deny iam:users:*"), []string{"high edits-identity"}},
		"assume, but denied":                       {role("Allow iam:agencies:assume", "Deny iam:agencies:*"), nil},
		"limited editing does not hide assume":     {role("Allow (some) iam:users:createUser", "Allow sts:agencies:assume"), []string{"high assumes-identity", "medium edits-identity"}},
		"another service":                          {role("Allow ecs:*:* obs:iam:put"), nil},
		"no document":                              {policy.Role{Title: "r"}, []string{"medium unknown-content"}},
		"a document of another form":               {policy.Role{Title: "r", Document: []byte(`{"Statement":{"0":{"Effect":"Allow","Actions":["iam:*:*"]}}}`)}, []string{"medium unknown-content"}},
		"a statement of another form":              {policy.Role{Title: "r", Document: []byte(`{"Statement":[{"Effect":"Permit","Action":["a:b:c"]}]}`)}, []string{"medium unknown-content"}},
		"one action as a text":                     {policy.Role{Title: "r", Document: []byte(`{"Statement":[{"Effect":"Allow","Action":"*:*:*"}]}`)}, []string{"high administrator-role", "high edits-identity"}},
		"an administrator by its internal name":    {policy.Role{Title: "r", System: true, Name: "te_admin"}, []string{"high administrator-role"}},
		"an administrator by its display name":     {policy.Role{Title: "r", System: true, DisplayName: "Security Administrator"}, []string{"high administrator-role"}},
		"a namesake of our own is not known by it": {policy.Role{Title: "r", DisplayName: "Tenant Administrator"}, []string{"medium unknown-content"}},
		"an operator by its name":                  {policy.Role{Title: "r", System: true, Name: "te_agency"}, []string{"high assumes-identity"}},
		"all resources of five stars":              {policy.Role{Title: "r", Document: []byte(`{"Statement":[{"Effect":"Allow","Action":["iam:users:create"],"Resource":["iam:*:*:*:*"]}]}`)}, []string{"high edits-identity"}},
		"all agencies by a path":                   {policy.Role{Title: "r", Document: []byte(`{"Statement":[{"Effect":"Allow","Action":["iam:agencies:assume"],"Resource":{"uri":["/iam/agencies/*"]}}]}`)}, []string{"high assumes-identity"}},
		"one agency by a path":                     {policy.Role{Title: "r", Document: []byte(`{"Statement":[{"Effect":"Allow","Action":["iam:agencies:assume"],"Resource":{"uri":["/iam/agencies/5a1e"]}}]}`)}, []string{"medium assumes-identity"}},
		"all agencies by two stars":                {on("iam:*:*:agency:**"), []string{"high edits-identity"}},
		"all agencies but one without a name":      {on("iam:*:*:agency:?*"), []string{"high edits-identity"}},
		"all agencies of all paths":                {on("iam:*:*:agency:*/*"), []string{"high edits-identity"}},
		"some agencies":                            {on("iam:*:*:agency:a*"), []string{"medium edits-identity"}},
		"everything by many stars":                 {role("Allow **:*:***", "Deny iam:*:*"), []string{"high administrator-role"}},
		"everything by many stars, all denied":     {role("Allow **", "Deny *:**:*"), nil},
		"assume by a part of a service":            {role("Allow *ts:agencies:assume"), []string{"high assumes-identity"}},
		"assume by all of a service's part":        {role("Allow st*:*:*"), []string{"high assumes-identity"}},
		"assume by a part, denied":                 {role("Allow st*:*:*", "Deny sts:*:*"), nil},
		"a denial of what is like it":              {role("Allow iam:agencies:createAgency", "Deny ia?:*:*"), []string{"high edits-identity"}},
		"a denial with a letter like it":           {role("Allow iam:tokens:create", "Deny iam:to\\u212aens:*"), []string{"high edits-identity"}},
		"a denial for some resources of a form":    {denying(`,"Resource":["iam:*:*:?*:?*"]`), []string{"high edits-identity"}},
		"a denial for all of one kind":             {denying(`,"Resource":["iam:*:*:agency:*"]`), []string{"high edits-identity"}},
		"a denial for another service":             {denying(`,"Resource":["obs:*:*:*:*"]`), []string{"high edits-identity"}},
		"a denial of unknown form":                 {denying(`,"Resource":{"arn":"x"}`), []string{"high edits-identity"}},
		"a denial with exceptions":                 {denying(`,"NotResource":["*"]`), []string{"high edits-identity"}},
		"a denial under an unknown condition":      {denying(`,"Condition":["x"]`), []string{"high edits-identity"}},
		"a denial for all resources":               {denying(`,"Resource":["iam:*:*:*:*"],"Condition":{}`), nil},
		"under a condition":                        {policy.Role{Title: "r", Document: []byte(`{"Statement":[{"Effect":"Allow","Action":["iam:users:create"],"Condition":{"StringEquals":{"g:UserName":["x"]}}}]}`)}, []string{"medium edits-identity"}},
		"an empty condition is none":               {policy.Role{Title: "r", Document: []byte(`{"Statement":[{"Effect":"Allow","Action":["iam:users:create"],"Condition":{}}]}`)}, []string{"high edits-identity"}},
	} {
		t.Run(behaviour, func(t *testing.T) {
			findings := policy.Judge(c.role)
			assert.ElementsMatch(t, c.want, judged(findings))
			for _, f := range findings {
				assert.NotEmpty(t, f.Hint, f.Rule)
				assert.Contains(t, f.Message, c.role.Title)
			}
		})
	}
}

func TestJudgeWildcardsTellsTheWidest(t *testing.T) {
	for action, want := range map[string][]string{
		"*": {"medium wildcard-action"}, "*:*:get*": {"medium wildcard-action"}, "ec*:servers:get": {"medium wildcard-action"},
		"ecs:*:*": {"medium wildcard-action"}, "ecs": {"medium wildcard-action"}, "ecs:servers:*": {"low wildcard-action"},
		"ecs:*:get*": {}, "ecs:servers:start": {}, "sts::tagSession": {},
	} {
		assert.Equal(t, want, judged(policy.JudgeWildcards(role("Allow "+action))), action)
		assert.Empty(t, policy.JudgeWildcards(role("Deny "+action)), "a denial of %s", action)
	}
	both := policy.JudgeWildcards(role("Allow ecs:servers:* obs:*:*"))
	require.Len(t, both, 1)
	assert.Contains(t, both[0].Message, "obs:*:*")
}

func TestEffects(t *testing.T) {
	base := access.Effect{Principal: "agency/a", Scope: "domain"}
	with := func(deny, admin bool, actions ...string) access.Effect {
		e := base
		e.Deny, e.Admin, e.Actions = deny, admin, actions
		return e
	}
	for behaviour, c := range map[string]struct {
		role    policy.Role
		want    []access.Effect
		assumes bool
		limited []int
	}{
		"everything but identities":               {role("Allow *:*:*", "Deny iam:*:*"), []access.Effect{with(false, true, "*:*:*"), with(true, false, "iam:*:*")}, false, nil},
		"a limited denial is told with its limit": {role("Allow a:b:d a:b:c", "Deny (some) a:b:c"), []access.Effect{with(false, false, "a:b:c", "a:b:d"), with(true, false, "a:b:c")}, false, []int{1}},
		"editing identities is everything":        {role("Allow iam:users:createUser"), []access.Effect{with(false, true, "iam:users:createUser")}, false, nil},
		"editing some is not":                     {role("Allow (some) iam:users:createUser"), []access.Effect{with(false, false, "iam:users:createUser")}, false, []int{0}},
		"assume":                                  {role("Allow iam:agencies:assume"), []access.Effect{with(false, false, "iam:agencies:assume")}, true, nil},
		"assume one":                              {role("Allow (some) iam:agencies:assume"), []access.Effect{with(false, false, "iam:agencies:assume")}, false, []int{0}},
		"an operator by its name":                 {policy.Role{System: true, DisplayName: "Agent Operator"}, []access.Effect{base}, true, nil},
		"not known":                               {policy.Role{Document: []byte("no")}, []access.Effect{base}, false, nil},
		"known by its name, whatever it may be":   {policy.Role{System: true, Name: "te_admin"}, []access.Effect{with(false, true)}, false, nil},
	} {
		t.Run(behaviour, func(t *testing.T) {
			effects, assumes := policy.Effects(base, c.role)
			for i := range effects {
				assert.Equal(t, effects[i].Limit != "", slices.Contains(c.limited, i), "limit of effect %d", i)
				effects[i].Limit = ""
			}
			assert.Equal(t, c.want, effects)
			assert.Equal(t, c.assumes, assumes)
		})
	}
}

func TestTheSameLimitHasTheSameText(t *testing.T) {
	limit := func(more string) string {
		effects, _ := policy.Effects(access.Effect{}, policy.Role{Document: []byte(`{"Statement":[{"Effect":"Allow","Action":"a:b:c"` + more + `}]}`)})
		require.Len(t, effects, 1)
		return effects[0].Limit
	}
	for _, none := range []string{"", `,"Resource":["*"]`, `,"Resource":"*:*:*:*:*"`, `,"Resource":["a:b:c:d:e","a:*:*:*:*"]`, `,"Condition":{}`, `,"Condition":null`} {
		assert.Empty(t, limit(none), none)
	}
	one := limit(`,"Resource":["obs:*:*:bucket:x","obs:*:*:bucket:y"],"Condition":{"StringEquals":{"g:UserName":["p","q"]},"Bool":{"g:MFAPresent":["true"]}}`)
	assert.NotEmpty(t, one)
	assert.Equal(t, one, limit(`, "Condition": {"Bool":{"g:MFAPresent":["true"]}, "StringEquals":{"g:UserName":["q","p"]}}, "Resource":["obs:*:*:bucket:y","obs:*:*:bucket:x"]`))
	seen := map[string]string{one: "both"}
	for _, more := range []string{
		`,"Resource":["obs:*:*:bucket:x"]`, `,"Resource":["obs:*:*:bucket:y"]`, `,"Condition":{"StringEquals":{"g:UserName":["p"]}}`,
		`,"Condition":{"StringEquals":{"g:UserName":["q"]}}`, `,"Resource":7`, `,"Resource":{"uri":7}`, `,"Condition":[1]`, `,"Resource":"obs:*:*:bucket:*"`, `,"Resource":{"uri":["/iam/agencies/*"]}`,
		`,"NotResource":["a:*:*:b:c"]`, `,"NotAction":["x:y:z"]`, `,"resource":["obs:*:*:bucket:x"]`, `,"Condition":{"Unknown":{"g:UserName":"p"}}`,
	} {
		got := limit(more)
		assert.NotEmpty(t, got, more)
		assert.Empty(t, seen[got], "%s is another limit", more)
		seen[got] = more
	}
}

func TestTheOrderOfStatementsMeansNothing(t *testing.T) {
	statements := []string{"Allow (some) iam:a:put", "Allow iam:c:put vpc:*:*", "Allow iam:b:put ecs:*:*", "Allow (some) iam:z:*", "Deny (some) *:*:*"}
	want, wild := policy.Judge(role(statements...)), policy.JudgeWildcards(role(statements...))
	assert.Contains(t, want[0].Message, ": iam:b:put")
	assert.Contains(t, wild[0].Message, ": ecs:*:*")
	for i := range statements {
		turned := role(slices.Concat(statements[i:], statements[:i])...)
		assert.Equal(t, want, policy.Judge(turned))
		assert.Equal(t, wild, policy.JudgeWildcards(turned))
	}
}

func TestWritingOf(t *testing.T) {
	for behaviour, c := range map[string]struct {
		role policy.Role
		want policy.Writing
	}{
		"what reads":  {role("Allow ecs:*:get* ecs:servers:list", "Deny ecs:*:*"), policy.Writing{}},
		"what writes": {role("Allow ecs:*:get* ecs:servers:start"), policy.Writing{Actions: []string{"ecs:servers:start"}}},
		"what reads by its first word": {
			role("Allow iam:agencies:listAgencies obs:bucket:GetBucketAcl obs:bucket:HeadBucket a:x:get*Order a:x:getOrders a:x:get**"), policy.Writing{},
		},
		"what only begins with the letters of a read verb": {
			role("Allow a:x:getaway a:x:checkout a:x:counter* a:x:GETAWAY a:x:list_it"),
			policy.Writing{Actions: []string{"a:x:GETAWAY", "a:x:checkout", "a:x:counter*", "a:x:getaway", "a:x:list_it"}},
		},
		"what reads and writes": {
			role("Allow iam:agencies:getOrUpdate a:x:listAndDelete a:x:GetOr* a:x:getOrderOrUpdate"),
			policy.Writing{Actions: []string{"a:x:GetOr*", "a:x:getOrderOrUpdate", "a:x:listAndDelete", "iam:agencies:getOrUpdate"}},
		},
		"what is denied again":        {role("Allow ecs:*:get* ecs:servers:start", "Deny ecs:servers:*"), policy.Writing{}},
		"everything but what is read": {role("Allow *:*:*", "Deny iam:*:*"), policy.Writing{Actions: []string{"*:*:*"}}},
		"each once, and sorted":       {role("Allow b:x:put a:x:put", "Allow c:x:put b:x:put"), policy.Writing{Actions: []string{"a:x:put", "b:x:put", "c:x:put"}}},
		"on some things only":         {role("Allow (some) b:x:put", "Allow b:x:get"), policy.Writing{Actions: []string{"b:x:put"}, Limited: true}},
		"on some things, and on all":  {role("Allow (some) b:x:put", "Allow a:x:put"), policy.Writing{Actions: []string{"a:x:put", "b:x:put"}}},
	} {
		w, known := policy.WritingOf(c.role)
		assert.True(t, known, behaviour)
		assert.Equal(t, c.want, w, behaviour)
	}
	_, known := policy.WritingOf(policy.Role{})
	assert.False(t, known, "what is not known may write")
}

func FuzzJudge(f *testing.F) {
	for _, r := range []policy.Role{role("Allow *:*:*", "Deny (some) iam:*:*"), role("Allow a"), {Document: []byte(`{"Statement":[{"Effect":"Allow","Action":"","Resource":{"uri":[]}}]}`)}} {
		f.Add(r.Document)
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		r := policy.Role{Title: "r", Document: document}
		findings := policy.Judge(r)
		if _, err := policy.Parse(document); err != nil {
			require.Contains(t, judged(findings), "medium unknown-content", "never silence")
			effects, _ := policy.Effects(access.Effect{}, r)
			require.Contains(t, effects, access.Effect{}, "not known is not nothing")
		}
		policy.JudgeWildcards(r)
	})
}
