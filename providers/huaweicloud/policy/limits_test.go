package policy_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

func document(text string) policy.Role { return policy.Role{Title: `"r"`, Document: []byte(text)} }

// editing is a role that may create users, with more members in its only statement.
func editing(more string) policy.Role {
	return document(`{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["iam:users:create"]` + more + `}]}`)
}

func TestWhatLimitsNothingLowersNoSeverity(t *testing.T) {
	for _, more := range []string{
		`"Condition":{"StringLike":{"g:UserName":["*"]}}`, `"Condition":{"StringLike":{"g:UserName":"*"}}`,
		`"Condition":{"StringMatch":{"g:UserName":["ops-*","*"]}}`, `"Condition":{"StringMatch":{"g:UserName":["?*"]}}`,
		`"Condition":{"StringStartWith":{"g:UserName":[""]}}`, `"Condition":{"StringEquals":{"g:UserName":[]}}`,
		`"Condition":{"StringEquals":{"g:UserName":["${g:UserName}"]}}`, `"Condition":{"StringEquals":{"g:UserName":[1]}}`,
		`"Condition":{"StringNotEquals":{"g:UserName":[""]}}`, `"Condition":{"StringNotEquals":{"g:UserName":["nobody"]}}`,
		`"Condition":{"StringEqualsIfExists":{"g:UserName":["ops"]}}`, `"Condition":{"BoolIfExists":{"g:MFAPresent":["true"]}}`,
		`"Condition":{"Bool":{"g:MFAPresent":["false"]}}`, `"Condition":{"Bool":{"g:MFAPresent":["true","false"]}}`,
		`"Condition":{"NumericGreaterThanEquals":{"g:MFAAge":["0"]}}`, `"Condition":{"NumberGreaterThanEquals":{"g:MFAAge":["0"]}}`,
		`"Condition":{"DateGreaterThan":{"g:CurrentTime":["1970-01-01T00:00:00Z"]}}`,
		`"Condition":{"DateLessThan":{"g:CurrentTime":["2999-01-01T00:00:00Z"]}}`,
		`"Condition":{"Null":{"g:UserName":["false"]}}`, `"Condition":{"ForAllValues:StringEquals":{"g:UserName":["ops"]}}`,
		`"Condition":{"ForAnyValue:StringEquals":{"g:UserName":["ops"]}}`, `"Condition":{"IpAddress":{"g:SourceIp":["0.0.0.0/0"]}}`,
		`"Condition":{"IpAddress":{"g:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}}`, `"Condition":{}`, `"Condition":null`, `"Condition":[]`,
		`"Condition":"none"`, `"Condition":{"StringEquals":{}}`, `"Condition":{"StringEquals":["g:UserName","ops"]}`,
		`"Condition":{"stringequals":{"g:UserName":["ops"]}}`, `"Condition":{"STRINGEQUALS":{"g:UserName":["ops"]}}`,
		`"Condition":{"Sounds":{"g:UserName":["ops"]}}`, `"Condition":{"StringEquals":{"g:Weather":["rain"]}}`,
		`"Condition":{"StringEquals":{"g:DomainName":["example-co"]}}`, `"Condition":{"StringEquals":{"g:ProjectName":["cn-north-4"]}}`,
		`"Condition":{"StringEquals":{"g:RequestTag/mine":["yes"]}}`, `"condition":{"StringEquals":{"g:UserName":["ops"]}}`,
		`"Condition":{"StringEquals":{"g:UserName":["ops"],"G:USERNAME":["*"]}}`,
		`"Condition":{"StringEquals":{"g:UserName":["ops"]},"STRINGEQUALS":{"g:UserName":["*"]}}`,
		`"Condition":{"StringEquals":{"g:UserName":["ops"]}},"Condition":{}`, `"Condition":{"StringEquals":{"g:UserName":["ops"]}},"condition":null`,
		`"Condition":{"StringStartWith":{"g:UserName":` + pieces("%c") + `}}`, `"Condition":{"StringLike":{"g:UserName":["a"]}}`,

		`"Resource":["*"]`, `"Resource":"*"`, `"Resource":["*:*:*:*:*"]`, `"Resource":["iam:*:*:user:*","iam:*:*:group:*"]`,
		`"Resource":["iam:*:*:user:??????*"]`, `"Resource":["iam:*:*:user:*?*"]`, `"Resource":["iam:*:*:user:????????"]`,
		`"Resource":["iam:cn-north-4:*:user:*","iam:cn-east-3:*:user:*"]`, `"Resource":` + pieces("iam:*:*:user:%c*"),
		`"Resource":` + pieces("iam:*:*:user:*%c"), `"Resource":` + pieces("iam:*:*:user:?%c*"), `"Resource":["iam:*:*:user:*a*"]`,
		`"Resource":["iam:*:*:user:*e*","iam:*:*:user:ops"]`, `"Resource":["iam:*:*:user:${g:UserName}"]`,
		`"Resource":{"uri":["/iam/agencies/*"]}`, `"Resource":{"uri":["/v3/*"]}`, `"Resource":{"uri":["/v3/users/5a1e"]}`,
		`"Resource":{"uri":` + pieces("/iam/agencies/%c*") + `}`, `"Resource":{"uri":["/iam/agencies/5a1e","/iam/agencies/*"]}`,
		`"Resource":{"uri":["/iam/agencies/5a1e"],"URI":["*"]}`, `"Resource":{"uri":["/iam/agencies/5a1e"],"more":1}`,
		`"Resource":{"URI":["/iam/agencies/5a1e"]}`, `"Resource":["/iam/agencies/5a1e"]`, `"Resource":["everything"]`, `"Resource":["iam:*:*"]`,
		`"Resource":[]`, `"Resource":{}`, `"Resource":7`, `"Resource":[["iam:*:*:user:ops"]]`, `"resource":["iam:*:*:user:ops"]`,
		`"Resource":["iam:*:*:user:ops"],"Resource":["*"]`, `"Resource":["iam:*:*:user:ops"],"RESOURCE":null`,
		`"Resource":["iam:*:*:user:ops"],"NotResource":["iam:*:*:user:ops"]`, `"NotResource":["iam:*:*:user:ops"]`, `"notresource":["*"]`,
		`"Sid":"x"`, `"Nonsense":{"a":1}`, `"Principal":{"IAM":["*"]}`,
	} {
		assert.Contains(t, judged(policy.Judge(editing(","+more))), "high edits-identity", more)
		effects, _ := policy.Effects(access.Effect{}, editing(","+more))
		require.NotEmpty(t, effects, more)
		assert.True(t, effects[len(effects)-1].Admin, more)
	}
}

// pieces is a list of what format makes of every letter and digit, as text of JSON.
func pieces(format string) string {
	var all []string
	for _, c := range "abcdefghijklmnopqrstuvwxyz0123456789" {
		all = append(all, fmt.Sprintf(format, c))
	}
	text, _ := json.Marshal(all)
	return string(text)
}

func TestWhatSurelyLimitsLowersASeverity(t *testing.T) {
	for _, more := range []string{
		`"Condition":{"StringEquals":{"g:UserName":["ops"]}}`, `"Condition":{"StringEquals":{"G:username":"ops"}}`,
		`"Condition":{"StringEqualsIgnoreCase":{"g:UserId":["5a1e"]}}`, `"Condition":{"StringMatch":{"g:UserName":["ops-*"]}}`,
		`"Condition":{"StringStartWith":{"g:UserName":["ops-"]}}`, `"Condition":{"StringEndWith":{"g:UserName":["-ops"]}}`,
		`"Condition":{"StringLike":{"g:UserName":["nightly"]}}`, `"Condition":{"Bool":{"g:MFAPresent":["true"]}}`,
		`"Condition":{"Bool":{"g:MFAPresent":"true"},"Sounds":{"g:Weather":["rain"]}}`,
		`"Resource":["iam:*:*:user:ops"]`, `"Resource":"iam:*:*:user:ops-*"`, `"Resource":["iam:*:*:user:a*","iam:*:*:user:*-ops"]`,
		`"Resource":{"uri":["/iam/agencies/5a1e0c77b0f24d0f9a3b6f1c2d3e4f50"]}`, `"Resource":["iam:*:*:user:x"],"Condition":{}`,
	} {
		assert.Equal(t, []string{"medium edits-identity"}, judged(policy.Judge(editing(","+more))), more)
		effects, _ := policy.Effects(access.Effect{}, editing(","+more))
		require.Len(t, effects, 1)
		assert.False(t, effects[0].Admin, more)
	}
	inProject := document(`{"Statement":[{"Effect":"Allow","Action":["ecs:servers:stop"],"Condition":{"StringEquals":{"g:ProjectName":["cn-north-4"]}}}]}`)
	w, _ := policy.WritingOf(inProject)
	assert.True(t, w.Limited)
}

func TestAnOddFormGivesTheMost(t *testing.T) {
	for text, want := range map[string][]string{
		// The case of keywords, and members more than once.
		`{"statement":[{"effect":"allow","action":["*:*:*"]}]}`:                                               {"high administrator-role", "high edits-identity"},
		`{"STATEMENT":[{"EFFECT":"ALLOW","ACTION":"iam:users:create"}]}`:                                      {"high edits-identity"},
		`{"Statement":[{"Effect":"Allow","Action":["iam:users:create"],"action":["ecs:servers:get"]}]}`:       {"high edits-identity"},
		`{"Statement":[{"Effect":"Allow","action":["ecs:servers:get"],"Action":["iam:users:create"]}]}`:       {"high edits-identity"},
		`{"Statement":[{"Effect":"Allow","Action":["iam:users:create"],"Action":["ecs:servers:get"]}]}`:       {"high edits-identity"},
		`{"Statement":[{"Effect":"Deny","effect":"Allow","Action":["iam:users:create"]}]}`:                    {"high edits-identity"},
		`{"Statement":[{"Effect":"Allow","Action":["iam:users:create"]}],"statement":[]}`:                     {"high edits-identity"},
		`{"Statement":[{"Effect":"Allow","Action":["a:b:c"]}],"Statement":[{"Effect":"Allow","Action":"*"}]}`: {"high administrator-role", "high edits-identity"},
		// One statement, one action, blanks, and what nobody understands beside.
		`{"Statement":{"Effect":"Allow","Action":"iam:users:create"}}`:                                   {"high edits-identity"},
		`{"Statement":[{"Effect":"Allow","Action":[" iam:users:create "]}]}`:                             {"high edits-identity"},
		`{"Statement":[{"Effect":"Allow","Action":["iam:users:create",7]}]}`:                             {"high edits-identity", "medium unknown-content"},
		`{"Statement":[{"Effect":"Allow","Action":["iam:users:create",""]}]}`:                            {"high edits-identity", "medium unknown-content"},
		`{"Statement":[{"Effect":"Allow","Action":["iam:users:create"]},{"Effect":"Allow","Action":7}]}`: {"high edits-identity", "medium unknown-content"},
		`{"Statement":[{"Effect":"Allow","Action":["iam:users:create"]},"more"]}`:                        {"high edits-identity", "medium unknown-content"},
		`{"Statement":[{"Action":["iam:users:create"]}]}`:                                                {"high edits-identity", "medium unknown-content"},
		`{"Statement":[{"Effect":"Permit","Action":["iam:users:create"]}]}`:                              {"high edits-identity", "medium unknown-content"},
		`{"Statement":[{"Effect":["Allow"],"Action":["iam:users:create"]}]}`:                             {"high edits-identity", "medium unknown-content"},
		// Everything but.
		`{"Statement":[{"Effect":"Allow","NotAction":["iam:*:*"]}]}`:                                        {"high administrator-role"},
		`{"Statement":[{"Effect":"Allow","NotAction":["obs:*:*"]}]}`:                                        {"high administrator-role", "high edits-identity"},
		`{"Statement":[{"Effect":"Allow","notaction":["iam:*:*"]}]}`:                                        {"high administrator-role", "high edits-identity"},
		`{"Statement":[{"effect":"allow","NOTACTION":"obs:*:*"}]}`:                                          {"high administrator-role", "high edits-identity"},
		`{"Statement":[{"Effect":"Allow","NotAction":["iam:*:*"],"Action":["obs:object:get"]}]}`:            {"high administrator-role", "high edits-identity"},
		`{"Statement":[{"Effect":"Allow","NotAction":["iam:*:*"],"NotAction":["obs:*:*"]}]}`:                {"high administrator-role", "high edits-identity"},
		`{"Statement":[{"Effect":"Allow","NotAction":7}]}`:                                                  {"high administrator-role", "high edits-identity"},
		`{"Statement":[{"Effect":"Allow","NotAction":[]}]}`:                                                 {"high administrator-role", "high edits-identity"},
		`{"Statement":[{"Effect":"Allow","NotAction":["*:*:*"]}]}`:                                          {},
		`{"Statement":[{"Effect":"Allow","NotAction":["obs:*:*"],"Resource":["obs:*:*:bucket:logs"]}]}`:     {"high administrator-role", "high edits-identity"},
		`{"Statement":[{"Effect":"Deny","NotAction":["obs:*:*"]},{"Effect":"Allow","Action":["iam:*:*"]}]}`: {"high edits-identity"},
		// In a language that nobody knows, a limit may be none.
		`{"Version":"9","Statement":[{"Effect":"Allow","Action":"iam:users:create","Resource":["iam:*:*:user:ops"]}]}`:                      {"high edits-identity"},
		`{"Version":1.1,"Statement":[{"Effect":"Allow","Action":"iam:users:create"},{"Effect":"Deny","Action":"iam:*:*"}]}`:                 {"high edits-identity"},
		`{"Version":"1.1","version":"9","Statement":[{"Effect":"Allow","Action":"iam:users:create"},{"Effect":"Deny","Action":"iam:*:*"}]}`: {"high edits-identity"},
		// Services that give way to everything.
		`{"Statement":[{"Effect":"Allow","Action":["IdentityCenter:accountAssignment:create"]}]}`:                       {"high edits-identity"},
		`{"Statement":[{"Effect":"Allow","Action":["identity*:*:*"]}]}`:                                                 {"high edits-identity"},
		`{"Statement":[{"Effect":"Allow","Action":["organizations:delegatedAdministrators:register"]}]}`:                {"high edits-identity"},
		`{"Statement":[{"Effect":"Allow","Action":["org*:*:*"]}]}`:                                                      {"high edits-identity"},
		`{"Statement":[{"Effect":"Allow","Action":["organizations"]},{"Effect":"Deny","Action":["iam:*:*"]}]}`:          {"high edits-identity"},
		`{"Statement":[{"Effect":"Allow","Action":["*:*:create*"]},{"Effect":"Deny","Action":["iam:*:*"]}]}`:            {"high edits-identity"},
		`{"Statement":[{"Effect":"Allow","Action":["organizations::tagResource"]}]}`:                                    {"high edits-identity"},
		`{"Statement":[{"Effect":"Allow","Action":["org*:*:*"]},{"Effect":"Deny","Action":["organizations:*:*"]}]}`:     {},
		`{"Statement":[{"Effect":"Allow","Action":["identitycenter:*:list*","organizations:*:get*","organizer:*:*"]}]}`: {},
	} {
		require.True(t, json.Valid([]byte(text)), text)
		assert.ElementsMatch(t, want, judged(policy.Judge(document(text))), text)
	}
}

func TestADenialThatIsNotSureTakesNothing(t *testing.T) {
	const allow = `{"Effect":"Allow","Action":["iam:users:create"]}`
	for _, denial := range []string{
		`{"effect":"Deny","Action":["iam:*:*"]}`, `{"Effect":"deny","Action":["iam:*:*"]}`, `{"Effect":"DENY","Action":["iam:*:*"]}`,
		`{"Effect":"Deny","action":["iam:*:*"]}`, `{"Effect":"Deny","Action":["iam:*:*"],"action":["iam:*:*"]}`,
		`{"Effect":"Deny","Effect":"Deny","Action":["iam:*:*"]}`, `{"Effect":"Deny","Action":[" iam:*:*"]}`, `{"Effect":"Deny","NotAction":["obs:*:*"]}`,
		`{"Effect":"Deny","Action":["iam:*:*"],"Condition":{"Sounds":{"g:Weather":["rain"]}}}`,
		`{"Effect":"Deny","Action":["iam:*:*"],"Condition":{"StringLike":{"g:UserName":["*"]}}}`, `{"Effect":"Deny","Action":["iam:*:*"],"condition":{}}`,
		`{"Effect":"Deny","Action":["iam:*:*"],"Resource":[]}`, `{"Effect":"Deny","Action":["iam:*:*"],"Resource":["iam:*:*:user:*"]}`,
		`{"Effect":"Deny","Action":["iam:*:*"],"Resource":{"uri":["/iam/agencies/*"]}}`, `{"Effect":"Deny","Action":["iam:*:*"],"NotResource":[]}`,
		`{"Effect":"Deny","Action":["iam:*:*"],"resource":["*"]}`, `{"Effect":"Deny","Action":["iam:*:*"],"Except":1}`,
		`{"Effect":"Deny","Action":["iam:users:delete"]}`, `{"Effect":"Deny","Action":["iam:?sers:*"]}`,
	} {
		assert.Equal(t, []string{"high edits-identity"}, judged(policy.Judge(document(`{"Version":"1.1","Statement":[`+allow+`,`+denial+`]}`))), denial)
		effects, _ := policy.Effects(access.Effect{}, document(`{"Version":"1.1","Statement":[`+denial+`]}`))
		require.Len(t, effects, 1)
		if !strings.Contains(denial, "delete") && !strings.Contains(denial, "sers") {
			assert.NotEmpty(t, effects[0].Limit, "the order of changes must not believe it either: %s", denial)
		}
	}
	for _, denial := range []string{
		`{"Effect":"Deny","Action":["iam:*:*"]}`, `{"Sid":"x","Effect":"Deny","Action":"iam:*:*","Resource":["*"],"Condition":null}`,
		`{"Effect":"Deny","Action":["iam:users:*"],"Resource":"iam:*:*:*:*","Condition":{}}`,
	} {
		assert.Empty(t, policy.Judge(document(`{"Version":"1.1","Statement":[`+allow+`,`+denial+`]}`)), denial)
	}
	beside := judged(policy.Judge(document(`{"Statement":[` + allow + `,{"Effect":"Deny","Action":["iam:*:*",7]}]}`)))
	assert.Contains(t, beside, "high edits-identity", "an action that nobody understands beside")
	assert.NotEmpty(t, policy.Judge(document(`{"Statement":[`+allow+`],"statement":[{"Effect":"Deny","Action":["iam:*:*"]}]}`)), "two lists")
	assert.NotEmpty(t, policy.Judge(document(`{"Statement":{"Effect":"Deny","Action":["iam:*:*"]},"Statement":[`+allow+`]}`)), "no list")
}

func TestPiecesThatMakeUpEverything(t *testing.T) {
	services := strings.Trim(pieces("%c*:*:*"), "[]")
	without := `,{"Effect":"Deny","Action":["iam:*:*","identitycenter:*:*","organizations:*:*","sts:*:*"]}`
	allow := func(actions, more string) policy.Role {
		return document(`{"Statement":[{"Effect":"Allow","Action":[` + actions + `]` + more + `}` + without + `]}`)
	}
	ofOne, limited := `,"Resource":["obs:*:*:bucket:logs"]`, `,"Condition":{"StringEquals":{"g:UserName":["ops"]}}`
	for behaviour, c := range map[string]struct {
		role policy.Role
		want []string
	}{
		"one star":                {allow(`"*"`, ""), []string{"high administrator-role"}},
		"services":                {allow(services, ""), []string{"high administrator-role"}},
		"services by their ends":  {allow(strings.ReplaceAll(services, `*:*:*`, `:*:*`)+","+strings.Trim(pieces("*%c:*:*"), "[]"), ""), []string{"high administrator-role"}},
		"kinds of resources":      {allow(strings.Trim(pieces("*:%c*:*"), "[]"), ""), []string{"high administrator-role"}},
		"operations":              {allow(strings.Trim(pieces("*:*:%c*"), "[]"), ""), []string{"high administrator-role"}},
		"two depths":              {allow(strings.Replace(services, `"a*:*:*"`, strings.Trim(pieces("a%c*:*:*"), "[]")+`,"a:*:*"`, 1), ""), []string{"high administrator-role"}},
		"some users":              {allow(services, limited), []string{"medium administrator-role"}},
		"those of one service":    {allow(services, ofOne), []string{"high administrator-role"}},
		"one service left out":    {allow(strings.Replace(services, `"q*:*:*",`, "", 1), ""), []string{}},
		"operations of a service": {allow(strings.Trim(pieces("ecs:*:%c*"), "[]"), ""), []string{}},
	} {
		assert.Equal(t, c.want, judged(policy.Judge(c.role)), behaviour)
		effects, _ := policy.Effects(access.Effect{}, c.role)
		assert.Equal(t, slices.Contains(c.want, "high administrator-role"), effects[0].Admin, behaviour)
	}
	assert.Contains(t, policy.Judge(allow(services, ""))[0].Message, "0*:*:*, 1*:*:*, 2*:*:* and 33 more")
	assert.Equal(t, []string{"medium wildcard-action"}, judged(policy.JudgeWildcards(allow(strings.Trim(pieces("ecs:*:%c*"), "[]"), ""))))
	assert.Equal(t, []string{"low wildcard-action"}, judged(policy.JudgeWildcards(allow(strings.Trim(pieces("ecs:servers:%c*"), "[]"), ""))))
}

// TestAPolicyThatIsTooHardIsTakenForEverything has patterns whose search would last for hours. They match most words, and not "b".
func TestAPolicyThatIsTooHardIsTakenForEverything(t *testing.T) {
	var actions []string
	for x := 'a'; x <= 'z'; x++ {
		for y := 'a'; y <= 'z'; y++ {
			actions = append(actions, fmt.Sprintf("*%c*%c*:*:*", x, y))
		}
		if x != 'b' {
			actions = append(actions, fmt.Sprintf("%c:*:*", x))
		}
	}
	text, err := json.Marshal(actions)
	require.NoError(t, err)
	hard := document(`{"Statement":[{"Effect":"Allow","Action":` + string(text) + `},{"Effect":"Deny","Action":["iam:*:*"]}]}`)
	assert.Contains(t, judged(policy.Judge(hard)), "high administrator-role")
}

func TestARoleIsJudgedWithWhatItNeeds(t *testing.T) {
	entry := func(name, qualifier, document string) plan.CatalogueEntry {
		return plan.CatalogueEntry{Kind: directory.KindRole, Name: name, ID: "id-" + name + qualifier, Qualifier: qualifier, Document: []byte(document)}
	}
	const reads = `"Statement":[{"Effect":"Allow","Action":["ecs:*:get*"]}]`
	catalogue := plan.NewCatalogue(
		entry("Upper", policy.System, `{"Version":"1.0",`+reads+`,"Depends":[{"catalog":"BASE","display_name":"Lower"}]}`),
		entry("Lower", policy.System, `{"Version":"1.0",`+reads+`,"depends":[{"Display_Name":"Upper"},{"display_name":"Keys"}]}`),
		entry("Keys", policy.System, `{"Version":"1.0","Statement":[{"Effect":"Allow","Action":["iam:users:create"]}]}`),
		entry("Keys", policy.Custom, `{`+reads+`}`),
		entry("Named", policy.System, `{"Version":"1.0",`+reads+`,"Depends":[{"display_name":"Tenant Administrator"}]}`),
		entry("Guest", policy.System, `{"Version":"1.0",`+reads+`}`),
		entry("Harmless", policy.System, `{"Version":"1.0",`+reads+`,"Depends":[{"display_name":"Guest"},{"display_name":"Harmless"}]}`),
	)
	for name, want := range map[string][]string{
		"Upper": {"high edits-identity"}, "Named": {"high administrator-role"}, "Harmless": {}, "Guest": {},
	} {
		e, err := catalogue.Lookup(directory.KindRole, plan.Reference{Name: name})
		require.NoError(t, err)
		r := policy.RoleOf(`"`+name+`"`, e, catalogue)
		found := policy.Judge(r)
		assert.Equal(t, want, judged(found), name)
		for _, f := range found {
			assert.Contains(t, f.Message, `which "`+name+`" needs beside it`)
		}
		w, _ := policy.WritingOf(r)
		assert.Equal(t, name == "Upper", len(w.Actions) > 0, name)
		effects, _ := policy.Effects(access.Effect{}, r)
		assert.Len(t, effects, 1, "the cloud does not grant it along")
		assert.Equal(t, name == "Guest", policy.AllowsOnly(r, []string{"ecs:*:get*"}))
	}
}

// TestPowerIsShownWithALimitThatMayBeNone compares what a principal may do by one document and by another.
func TestPowerIsShownWithALimitThatMayBeNone(t *testing.T) {
	graph := func(statements string) *access.Graph {
		effects, _ := policy.Effects(access.Effect{Principal: "account:p", Scope: "domain"}, document(`{"Version":"1.1","Statement":[`+statements+`]}`))
		g := access.NewGraph(0)
		g.Add(directory.AgencyAddress("a"), addr.Address{}, effects)
		return g.Finish()
	}
	shown := func(powers []access.Power) (texts []string) {
		for _, p := range powers {
			text := strings.Join(p.Actions, " ")
			switch {
			case p.LimitUnsure:
				text += " unsure"
			case p.Limited:
				text += " limited"
			}
			if len(p.Except) > 0 {
				text += " but " + strings.Join(p.Except, " ")
			}
			texts = append(texts, text)
		}
		return texts
	}
	allow := func(more string) string { return `{"Effect":"Allow","Action":["a:b:c"]` + more + `}` }
	const deny, odd = `{"Effect":"Deny","Action":["a:b:c"]}`, `,"Condition":{"Sounds":{"g:Weather":["rain"]}}`
	const some, more = `,"Resource":["a:*:*:b:logs"]`, `,"Resource":["a:*:*:b:*"]`
	for behaviour, c := range map[string]struct {
		before, after string
		gained, lost  []string
	}{
		"an odd condition is shown":         {deny, allow(odd), []string{"a:b:c unsure"}, nil},
		"a limit is shown":                  {deny, allow(some), []string{"a:b:c limited"}, nil},
		"an odd condition goes":             {allow(odd), allow(""), []string{"a:b:c"}, nil},
		"an odd condition takes nothing":    {allow(""), allow(odd), nil, nil},
		"a limit takes":                     {allow(""), allow(some), nil, []string{"a:b:c"}},
		"nearly all to all":                 {allow(more), allow(""), []string{"a:b:c"}, nil},
		"all to nearly all":                 {allow(""), allow(more), nil, nil},
		"a limit to nearly all":             {allow(some), allow(more), []string{"a:b:c unsure"}, nil},
		"a limit that is sure to one not":   {allow(some), allow(some + `,"NotResource":["x"]`), []string{"a:b:c unsure"}, nil},
		"a sure limit, to be read twice":    {allow(some), allow(some) + `],"statement":[`, []string{"a:b:c unsure"}, nil},
		"a denial":                          {allow(""), allow("") + "," + deny, nil, []string{"a:b:c"}},
		"a denial under an odd condition":   {allow(""), allow("") + `,{"Effect":"Deny","Action":["a:b:c"]` + odd + `}`, nil, nil},
		"the same odd condition on both":    {allow(odd), allow(odd) + `,{"Effect":"Deny","Action":["a:b:c"]` + odd + `}`, nil, nil},
		"a denial of everything but":        {allow(""), allow("") + `,{"Effect":"Deny","NotAction":["x:y:z"]}`, nil, nil},
		"a denial that is spelt otherwise":  {allow(""), allow("") + `,{"effect":"Deny","Action":["a:b:c"]}`, nil, nil},
		"everything but something":          {deny, `{"Effect":"Allow","NotAction":["a:b:c"]}`, []string{"*:*:* unsure"}, nil},
		"everything but something else":     {`{"Effect":"Allow","NotAction":["x:y:z"]}`, `{"Effect":"Allow","NotAction":["a:b:c"]}`, []string{"*:*:* unsure"}, nil},
		"everything but something, to less": {`{"Effect":"Allow","NotAction":["x:y:z"]}`, allow(""), []string{"a:b:c"}, []string{"*:*:* unsure"}},
		"what goes":                         {allow(odd), deny, nil, []string{"a:b:c unsure"}},
	} {
		d, _, _ := access.Compare(graph(c.before), graph(c.after), map[string]bool{"account:p": true})
		var gained, lost []string
		for _, p := range d.Principals {
			gained, lost = shown(p.Gained), shown(p.Lost)
		}
		assert.Equal(t, c.gained, gained, behaviour)
		assert.Equal(t, c.lost, lost, behaviour)
	}
}
