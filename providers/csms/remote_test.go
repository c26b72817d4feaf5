package csms_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/csms"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

const (
	rdsAgency   = "FunctionGraphAgencyForRotateRDSByCSMSV3"
	gaussAgency = "FunctionGraphAgencyForRotateGaussDBByCSMSV3"
	bothTypes   = `, "authorizations": [{"service": "csms", "secretTypes": ["RDS-FG", "GaussDB-FG"]}]`
	rdsType     = `, "authorizations": [{"service": "csms", "secretTypes": ["RDS-FG"]}]`
)

// papers is a cloud that answers what a test says, over the account of smallWorld.
type papers struct {
	// flag is the body of a read, post the status and body of each write in turn, the last for all that follow.
	flag  string
	posts []paper
	// agencies are the names of live agencies, trusts whom they trust if not a cloud service; grants the ids of projects.
	agencies []string
	trusts   string
	grants   []string
	// agencyStatus, if set, answers the list of agencies.
	agencyStatus int
	sent         []string
}

type paper struct {
	status int
	body   string
}

func (p *papers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	write := func(v any) { _ = json.NewEncoder(w).Encode(v) }
	switch {
	case r.URL.Path == "/v3/projects":
		write(map[string]any{"projects": []any{map[string]any{"id": cloudtest.ID("cn-north-4"), "name": "cn-north-4"}}})
	case r.URL.Path == "/v3.0/OS-AGENCY/agencies" && p.agencyStatus != 0:
		w.WriteHeader(p.agencyStatus)
	case r.URL.Path == "/v3.0/OS-AGENCY/agencies":
		list := []any{}
		for _, name := range p.agencies {
			trust := "op_svc_cff"
			if name == csms.SharedAgency {
				trust = "op_svc_kms"
			}
			if p.trusts != "" {
				trust = p.trusts
			}
			list = append(list, map[string]any{"id": cloudtest.ID(name), "name": name, "trust_domain_id": cloudtest.ID(trust), "trust_domain_name": trust, "duration": "FOREVER"})
		}
		write(map[string]any{"agencies": list})
	case r.URL.Path == "/v3.0/OS-PERMISSION/role-assignments":
		list := []any{}
		for _, project := range p.grants {
			if r.URL.Query().Get("scope") == "project" {
				list = append(list, map[string]any{"agency": map[string]any{"id": r.URL.Query().Get("subject.agency_id")},
					"role": map[string]any{"id": cloudtest.ID("role")}, "scope": map[string]any{"project": map[string]any{"id": project}}})
			}
		}
		write(map[string]any{"role_assignments": list, "total_num": len(list)})
	case strings.HasSuffix(r.URL.Path, "/roles"):
		list := []any{}
		for _, project := range p.grants {
			if strings.Contains(r.URL.Path, project) {
				list = append(list, map[string]any{"id": cloudtest.ID("role")})
			}
		}
		write(map[string]any{"roles": list})
	case r.Method == http.MethodGet:
		_, _ = io.WriteString(w, p.flag)
	default:
		p.sent = append(p.sent, r.Method+" "+r.URL.Path+" "+r.Header.Get("X-Project-Id")+" "+string(body))
		if len(p.posts) == 0 {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		answer := p.posts[0]
		if len(p.posts) > 1 {
			p.posts = p.posts[1:]
		}
		w.WriteHeader(answer.status)
		_, _ = io.WriteString(w, answer.body)
	}
}

func create(t *testing.T, p *papers, secretType string) error {
	t.Helper()
	_, err := newRemote(t, connectTo(t, p)).Create(context.Background(), providers.Write{After: new(authorization(t, "cn-north-4", secretType))})
	return err
}

func TestAllReadingsOfTheFlag(t *testing.T) {
	for body, want := range map[string]string{
		`{"agency_granted":"true"}`:  "true",
		`{"agency_granted":true}`:    "true",
		`{"agency_granted":"TRUE"}`:  "true",
		`{"agency_granted":"false"}`: "false",
		`{"agency_granted":false}`:   "false",
		`{"agency_granted":"maybe"}`: "does not say whether it is granted",
		`{"agency_granted":null}`:    "does not say whether it is granted",
		`{"agency_granted":1}`:       "does not say whether it is granted",
		`{}`:                         "does not say whether it is granted",
		``:                           "the answer is empty",
		`[`:                          "it is not JSON, or it breaks off",
	} {
		t.Run(body, func(t *testing.T) {
			p := &papers{flag: body, agencies: []string{csms.SharedAgency, rdsAgency, gaussAgency}, grants: []string{cloudtest.ID("cn-north-4")}}
			o, err := newRemote(t, connectTo(t, p)).See(t, cloudtest.Manifest(t, bothTypes))
			if want != "true" && want != "false" {
				require.ErrorContains(t, err, want)
				assert.ErrorContains(t, err, "GaussDB-FG in cn-north-4")
				return
			}
			require.NoError(t, err)
			require.Len(t, o.Resources, 2)
			for _, l := range o.Resources {
				assert.Equal(t, want, l.Attributes["granted"].String())
			}
		})
	}
}

func TestTheAnswerOfTheServiceIsHeldAgainstIAM(t *testing.T) {
	north := []string{cloudtest.ID("cn-north-4")}
	for name, test := range map[string]struct {
		papers     papers
		there      bool
		missing    string
		unreadable []string
	}{
		"yes, and all is there": {papers{flag: `{"agency_granted":"true"}`, agencies: []string{csms.SharedAgency, rdsAgency}, grants: north}, true, "[]", nil},
		"yes, and the shared agency is missing": {
			papers{flag: `{"agency_granted":"true"}`, agencies: []string{rdsAgency}, grants: north}, true, "[agency CSMSAccessFunctionGraph]", nil,
		},
		"yes, and both are missing": {
			papers{flag: `{"agency_granted":"true"}`}, true, "[agency CSMSAccessFunctionGraph, agency FunctionGraphAgencyForRotateRDSByCSMSV3]", nil,
		},
		"yes, and neither has a grant anywhere": {
			papers{flag: `{"agency_granted":"true"}`, agencies: []string{csms.SharedAgency, rdsAgency}}, true,
			"[grants of agency CSMSAccessFunctionGraph, grants of agency FunctionGraphAgencyForRotateRDSByCSMSV3]", nil,
		},
		"yes, but for another region": {
			papers{flag: `{"agency_granted":"true"}`, agencies: []string{csms.SharedAgency, rdsAgency}, grants: []string{cloudtest.ID("elsewhere")}}, false, "", nil,
		},
		"yes, and agencies may not be listed": {papers{flag: `{"agency_granted":"true"}`, agencyStatus: http.StatusForbidden}, true, "(none)", []string{"missing"}},
		"no, and nothing is there":            {papers{flag: `{"agency_granted":"false"}`}, false, "", nil},
		"no, while half of it is there": {
			papers{flag: `{"agency_granted":"false"}`, agencies: []string{rdsAgency}, grants: north}, true, "[agency CSMSAccessFunctionGraph]", nil,
		},
		"no, while the agency serves another region": {
			papers{flag: `{"agency_granted":"false"}`, agencies: []string{csms.SharedAgency, rdsAgency}, grants: []string{cloudtest.ID("elsewhere")}}, false, "", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := cloudtest.Manifest(t, rdsType)
			desired, _ := csms.New().Expand(m)
			o, err := newRemote(t, connectTo(t, &test.papers)).Observe(context.Background(),
				providers.ObserveRequest{Coverage: cloudtest.Cover(t, csms.New(), desired, m), Only: []addr.Address{desired[0].Address}})
			require.NoError(t, err)
			assert.Equal(t, []addr.Pattern{pattern(t, "authorization/csms/cn-north-4/RDS-FG")}, o.Coverage)
			assert.Equal(t, test.papers.agencyStatus != 0, len(o.NotRead) == 1, "what IAM did not tell is named")
			if !test.there {
				assert.Empty(t, o.Resources)
				return
			}
			require.Len(t, o.Resources, 1)
			l := o.Resources[0]
			assert.Equal(t, test.missing, l.Attributes["missing"].String())
			assert.Equal(t, test.unreadable, l.Unreadable)
		})
	}
}

func pattern(t *testing.T, text string) addr.Pattern {
	p, err := addr.ParsePattern(text)
	require.NoError(t, err)
	return p
}

func TestANameThatIsGuessedIsNotCalledMissing(t *testing.T) {
	p := &papers{flag: `{"agency_granted":"true"}`, agencies: []string{csms.SharedAgency}, grants: []string{cloudtest.ID("cn-north-4")}}
	gauss := cloudtest.Manifest(t, `, "authorizations": [{"service": "csms", "secretTypes": ["GaussDB-FG"], "state": "absent"}]`)
	remote := newRemote(t, connectTo(t, p))
	o, err := remote.See(t, gauss)
	require.NoError(t, err)
	l := o.Resources[0]
	assert.Equal(t, "authorization/csms/cn-north-4/GaussDB-FG", l.Address.String())
	assert.Equal(t, []string{"missing"}, l.Unreadable)
	manual := remote.Manual(&l, nil)
	require.Len(t, manual, 1)
	assert.Empty(t, manual[0].Attribute, "nothing of the removal can be done")
	assert.Contains(t, manual[0].Instruction, "in IAM")

	err = remote.Delete(context.Background(), providers.Write{Before: new(l.Resource)})
	require.ErrorIs(t, err, providers.ErrConflict)
	assert.Empty(t, p.sent)

	p.agencies = append(p.agencies, "RotateTaurus")
	o, err = remote.See(t, cloudtest.Manifest(t,
		`, "authorizations": [{"service": "csms", "secretTypes": ["GaussDB-FG"], "agency": "RotateTaurus", "state": "absent"}]`))
	require.NoError(t, err)
	l = o.Resources[0]
	assert.Empty(t, l.Unreadable)
	assert.Equal(t, "[]", l.Attributes["missing"].String(), "its name can be given")
}

func TestRegionsThatAreNotMentionedAreNotRead(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	s.remote = cloudtest.Open(t, s.Conn, shortLag, csms.Service()) // alone
	o, err := s.remote.See(t, cloudtest.Manifest(t, ""))
	require.NoError(t, err)
	assert.Equal(t, &providers.Observation{Run: o.Run}, o)
	assert.Empty(t, s.Sim.Calls(), "no call is made for nothing")
	_, err = s.remote.See(t, cloudtest.Manifest(t, rdsType))
	require.NoError(t, err)
	reads := 0
	for _, c := range s.Sim.Calls() {
		if c.Path == "/v1/csms/agencies" {
			reads++
		}
	}
	assert.Equal(t, 2, reads, "one for each known type of the region")
	_, err = s.remote.See(t, cloudtest.Manifest(t, `, "authorizations": [{"service": "csms", "region": "xx-nowhere-1", "secretTypes": ["RDS-FG"]}]`))
	require.ErrorContains(t, err, "xx-nowhere-1")
}

func TestATypeThatIsNotListedIsSeen(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	require.NoError(t, s.create(t, "cn-north-4", "GaussDB-FG"))
	l := s.remote.Only(t, cloudtest.Manifest(t, rdsType))
	assert.Equal(t, "authorization/csms/cn-north-4/GaussDB-FG", l.Address.String())
}

func TestAPartialFailureNamesEveryAgency(t *testing.T) {
	s := newStage(t, cloudsim.Options{Faults: cloudsim.Faults{Agencies: []cloudsim.AgencyFault{{Agency: rdsAgency, Message: "iam: agency quota exceeded", Times: 1}}}})
	err := s.create(t, "cn-north-4", "RDS-FG")
	var failed *providers.CallError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, http.StatusOK, failed.Status)
	assert.ErrorContains(t, err, "1 of 2 agencies could not be made")
	assert.ErrorContains(t, err, csms.SharedAgency+" is there (id ")
	assert.ErrorContains(t, err, rdsAgency+" failed: iam: agency quota exceeded")
	require.NoError(t, s.create(t, "cn-north-4", "RDS-FG"), "once more mends it")
	assert.ElementsMatch(t, []string{csms.SharedAgency, rdsAgency}, s.agencies())
}

func TestAnswersOfSuccessThatAreNone(t *testing.T) {
	for body, want := range map[string]string{
		`{"agencies":[]}`:                    "the answer names no agency",
		`{}`:                                 "the answer names no agency",
		`{"agencies":[{"agency_name":"A"}]}`: "A failed: the answer holds no id",
		`{"agencies":[{"agency_name":"A","agency_id":"1","error_msg":"x\u001b[31m\ny"}]}`:       "A failed: x [31m y",
		`{"agencies":[{"agency_name":"A","agency_id":"1"},{"agency_name":"B","error_msg":{}}]}`: "A is there (id 1); B failed: {}",
		`{"agencies":[{"error_msg":"x"}]}`:                                                      "an agency without a name failed: x",
		`{"agencies":[{"agency_name":"A","error_msg":"` + strings.Repeat("x", 1000) + `"}]}`:    strings.Repeat("x", 300) + "...",
	} {
		t.Run(want, func(t *testing.T) {
			err := create(t, &papers{flag: `{"agency_granted":"false"}`, posts: []paper{{200, body}}}, "RDS-FG")
			require.ErrorContains(t, err, want)
			assert.NotContains(t, err.Error(), strings.Repeat("x", 301))
		})
	}
	ok := `{"agencies":[{"agency_name":"A","agency_id":"1","error_msg":null},{"agency_name":"B","agency_id":"2","error_msg":""}]}`
	assert.NoError(t, create(t, &papers{posts: []paper{{200, ok}}}, "RDS-FG"))
}

func TestWhatExistsAlreadyIsDone(t *testing.T) {
	exists := paper{200, `{"agencies":[{"agency_name":"CSMSAccessFunctionGraph","error_msg":"already exists"},{"agency_name":"` + rdsAgency + `","error_msg":"already exists"}]}`}
	full := papers{flag: `{"agency_granted":"true"}`, posts: []paper{exists}, agencies: []string{csms.SharedAgency, rdsAgency}, grants: []string{cloudtest.ID("cn-north-4")}}
	require.NoError(t, create(t, &full, "RDS-FG"))
	for name, spoil := range map[string]func(*papers){
		"an agency is missing": func(p *papers) { p.agencies = p.agencies[:1] },
		"no grant is there":    func(p *papers) { p.grants = nil },
		"the service says no":  func(p *papers) { p.flag = `{"agency_granted":"false"}` },
	} {
		t.Run(name, func(t *testing.T) {
			p := full
			p.posts, p.sent = []paper{exists}, nil
			spoil(&p)
			require.ErrorContains(t, create(t, &p, "RDS-FG"), "already exists")
			assert.Len(t, p.sent, 1, "a refusal is not repeated")
		})
	}
}

func TestAnUnknownOutcomeIsLookedAt(t *testing.T) {
	done := papers{flag: `{"agency_granted":"true"}`, agencies: []string{csms.SharedAgency, rdsAgency}, grants: []string{cloudtest.ID("cn-north-4")}}
	good := `{"agencies":[{"agency_name":"A","agency_id":"1"}]}`
	for name, test := range map[string]struct {
		papers papers
		posts  []paper
		sent   int
		err    error
	}{
		"it was done":                   {done, []paper{{502, ""}}, 1, nil},
		"a time-out, and it was done":   {done, []paper{{408, ""}}, 1, nil},
		"an answer that is no answer":   {done, []paper{{200, "<html>"}}, 1, nil},
		"it was not done, and then was": {papers{flag: `{"agency_granted":"false"}`}, []paper{{500, ""}, {200, good}}, 2, nil},
		"it is never done":              {papers{flag: `{"agency_granted":"false"}`}, []paper{{500, ""}}, 2, providers.ErrUnavailable},
		"the look fails":                {papers{flag: `no`}, []paper{{500, ""}}, 1, providers.ErrUnavailable},
		"it is refused":                 {papers{flag: `no`}, []paper{{400, `{"error_code":"CSMS.0002","error_msg":"bad"}`}}, 1, providers.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			p := test.papers
			p.posts = test.posts
			err := create(t, &p, "RDS-FG")
			assert.ErrorIs(t, err, test.err)
			assert.Len(t, p.sent, test.sent)
			assert.Equal(t, fmt.Sprintf("POST /v1/csms/agencies %s {\"secret_type\":\"RDS-FG\"}", cloudtest.ID("cn-north-4")), p.sent[0])
		})
	}
}

func TestARefusalSaysWhichPermissionsAreNeeded(t *testing.T) {
	err := create(t, &papers{posts: []paper{{403, `{"error_code":"APIGW.0302","error_msg":"no"}`}}}, "RDS-FG")
	require.ErrorIs(t, err, providers.ErrDenied)
	assert.ErrorContains(t, err, "iam:agencies:createAgency")
	assert.ErrorContains(t, err, "iam:permissions:grantRoleToAgencyOnProject")
}

func TestAWriteWithoutAnAnswerIsSentOnceWhileReadsLag(t *testing.T) {
	s := newStage(t, cloudsim.Options{Faults: cloudsim.Faults{
		LaggedReads: 20, Targets: []cloudsim.Fault{{Method: "POST", Path: "/v1/csms/agencies", Times: 1, AfterChange: true, Status: 502}},
	}})
	s.remote = patient(t, s.Conn, huaweicloud.Lag{Limit: time.Minute, Poll: time.Millisecond})
	require.NoError(t, s.create(t, "cn-north-4", "RDS-FG"))
	posts := 0
	for _, c := range s.Sim.Calls() {
		if c.Method == "POST" {
			posts++
		}
	}
	assert.Equal(t, 1, posts)
}

func TestWhereTheBulkReadIsRefusedEveryProjectIsAsked(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	require.NoError(t, s.create(t, "cn-east-3", "RDS-FG"))
	require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{{Path: "/v3.0/OS-PERMISSION/role-assignments", Status: 403}}}))
	o, err := s.remote.See(t, cloudtest.Manifest(t, rdsType))
	require.NoError(t, err)
	assert.Empty(t, o.Resources, "the agencies serve the other region, which the manifest does not mention")
	assert.Empty(t, o.NotRead)
}

func TestTextsOfTheServiceHideSecrets(t *testing.T) {
	err := create(t, &papers{flag: `{"agency_granted":"false"}`, posts: []paper{{200, `{"agencies":[{"agency_name":"A","error_msg":"bad key ` + cloudsim.DemoSecretKey + `"}]}`}}}, "RDS-FG")
	require.ErrorContains(t, err, "A failed: bad key [redacted]")
}

func TestRemovalTouchesNoAgencyOfSomebodyElse(t *testing.T) {
	p := &papers{flag: `{"agency_granted":"true"}`, agencies: []string{csms.SharedAgency, rdsAgency}, trusts: "partner-co", grants: []string{cloudtest.ID("cn-north-4")}}
	remote := newRemote(t, connectTo(t, p))
	err := remote.Delete(context.Background(), providers.Write{Before: new(authorization(t, "cn-north-4", "RDS-FG"))})
	require.ErrorIs(t, err, providers.ErrConflict)
	assert.Empty(t, p.sent)
}

func TestRemovalIsManualWhereItMustNotOrCannotBeDone(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	require.NoError(t, s.create(t, "cn-north-4", "RDS-FG"))
	gone := `, "authorizations": [{"service": "csms", "secretTypes": ["RDS-FG"], "state": "absent"}]`
	manual := func(l plan.Live) []plan.Manual { return s.remote.Manual(&l, nil) }

	assert.Empty(t, manual(s.remote.Only(t, cloudtest.Manifest(t, gone))))
	held := manual(s.remote.Only(t, cloudtest.Manifest(t, `, "ownership": {"protect": ["agency/CSMS*"]}`+gone)))
	require.Len(t, held, 1)
	assert.Empty(t, held[0].Attribute)
	assert.Contains(t, held[0].Instruction, "ownership.protect")

	unread := s.remote.Only(t, huaweicloudManifest(t, gone))
	rest := manual(unread)
	require.Len(t, rest, 2, "one for each agency")
	assert.Equal(t, "granted", rest[0].Attribute, "the grants can be revoked, the agencies stay")
	require.NoError(t, s.remote.Delete(context.Background(), providers.Write{Before: new(unread.Resource)}))
	assert.ElementsMatch(t, []string{csms.SharedAgency, rdsAgency}, s.agencies())
	o, err := s.remote.See(t, cloudtest.Manifest(t, gone))
	require.NoError(t, err)
	assert.Empty(t, o.Resources)
}

// huaweicloudManifest leaves enterprise projects alone.
func huaweicloudManifest(t testing.TB, rest string) *plan.Manifest {
	m := cloudtest.Manifest(t, rest)
	m.NotRead = []string{huaweicloud.PartEnterpriseProjects}
	return m
}

func TestARegionHasItsOwnAddress(t *testing.T) {
	p := &papers{flag: `{"agency_granted":"false"}`}
	server := httptest.NewServer(p)
	defer server.Close()
	environment := map[string]string{auth.EnvAccessKey: "AKAKAKAKAK", auth.EnvSecretKey: "SK", auth.EnvDomainID: cloudtest.ID("example-co")}
	conn, err := huaweicloud.Connect(t.Context(), providers.Target{
		Cloud:     plan.Cloud{Kind: huaweicloud.HuaweiCloud, Region: "cn-east-3"},
		Endpoints: map[string]string{"iam": server.URL, "kms.cn-north-4": server.URL, "kms": "http://127.0.0.1:1"}, Rate: -1,
		Getenv: func(name string) string { return environment[name] },
	}, huaweicloud.WithRetry(huaweicloud.Retry{MaxAttempts: 1, AttemptTimeout: huaweicloud.DefaultRetry().AttemptTimeout}), huaweicloud.WithServices(huaweicloud.Services{csms.Service()}))
	require.NoError(t, err)
	defer conn.Close()
	_, err = cloudtest.Open(t, conn, huaweicloud.Lag{}, csms.Service()).See(t, cloudtest.Manifest(t, rdsType))
	require.NoError(t, err)
}

func TestEffectsAreWhatTheAgenciesMayDo(t *testing.T) {
	effects := csms.New().Effects(nil)(authorization(t, "cn-north-4", "RDS-FG"))
	require.Len(t, effects, 1)
	assert.Equal(t, "service:csms", effects[0].Principal)
	assert.Equal(t, "project:cn-north-4", effects[0].Scope)
	assert.Contains(t, effects[0].Actions, "rds:password:update")
	assert.Contains(t, effects[0].Actions, "functiongraph:function:invoke")
	assert.True(t, slices.IsSorted(effects[0].Actions))
	gauss := csms.New().Effects(nil)(authorization(t, "cn-north-4", "GaussDB-FG"))
	assert.Nil(t, gauss[0].Actions, "what is not documented may be anything")
	half := authorization(t, "cn-north-4", "RDS-FG")
	half.Attributes["granted"] = plan.BoolValue(false)
	assert.Empty(t, csms.New().Effects(nil)(half))
}

func TestTheCallsSendTheDocumentedContentType(t *testing.T) {
	sim, err := cloudsim.New(cloudsim.Options{Seed: smallWorld()})
	require.NoError(t, err)
	types := map[string]string{}
	conn := cloudtest.Connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		types[r.Method+" "+r.URL.Path] = r.Header.Get("Content-Type")
		sim.ServeHTTP(w, r)
	}), smallWorld(), huaweicloud.WithServices(huaweicloud.Services{csms.Service()}))
	_, err = newRemote(t, conn).Create(t.Context(), providers.Write{After: new(authorization(t, "cn-north-4", csms.RDS))})
	require.NoError(t, err)
	assert.Equal(t, "application/json;charset=UTF-8", types["POST /v1/csms/agencies"])
	assert.Equal(t, "application/json;charset=utf8", types["GET /v3.0/OS-AGENCY/agencies"])
}
