package huaweicloud_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// TestAMessageIsPublishedInTheProjectOfItsTopic on both clouds, signed, in front of the simulator.
func TestAMessageIsPublishedInTheProjectOfItsTopic(t *testing.T) {
	for kind, region := range map[string]string{huaweicloud.HuaweiCloud: "cn-east-3", huaweicloud.OpenTelekomCloud: "eu-nl"} {
		t.Run(kind, func(t *testing.T) {
			sim, err := cloudsim.New(cloudsim.Options{Cloud: kind})
			require.NoError(t, err)
			server := httptest.NewServer(sim)
			defer server.Close()
			home, topicRegion := sim.World().Home, strings.Split(cloudsim.DemoTopic(kind), ":")[2]
			conn, err := huaweicloud.Connect(t.Context(), providers.Target{
				Cloud:     plan.Cloud{Kind: kind, Region: region}, // not the topic's
				Endpoints: map[string]string{"iam": server.URL, "smn": "http://127.0.0.1:1", "smn." + topicRegion: server.URL},
				Getenv: environment(map[string]string{
					auth.EnvAccessKey: cloudsim.DemoAccessKey, auth.EnvSecretKey: cloudsim.DemoSecretKey, auth.EnvDomainID: home,
				}),
			}, huaweicloud.WithRetry(quick()))
			require.NoError(t, err)
			defer conn.Close()

			urn := cloudsim.DemoTopic(kind)
			require.NoError(t, conn.Publish(t.Context(), urn, "one", "<two>\n三"))
			w := sim.World()
			got := w.AccountNamed("").Topics[0].Messages
			require.Len(t, got, 1)
			assert.Equal(t, cloudsim.TopicMessage{ID: got[0].ID, Subject: "one", Message: "<two>\n三"}, got[0])

			err = conn.Publish(t.Context(), urn+"x", "one", "two")
			require.ErrorIs(t, err, providers.ErrNotFound)
			assert.ErrorContains(t, err, "publish to the topic "+urn+"x")
			assert.ErrorContains(t, err, "SMN.0006")
			assert.Equal(t, "check the URN of the topic, and that the topic is in the region and the project that it names", providers.Hint(err))
		})
	}
}

func TestAnAnswerWithoutAMessageIsNoSuccess(t *testing.T) {
	const urn = "urn:smn:cn-north-4:0123456789abcdef0123456789abcdef:alarms"
	for body, want := range map[string]string{
		`{"request_id":"1"}`:                          "names no message",
		`{"code":"SMN.0006","message":"no topic"}`:    "SMN.0006",
		`<html><body>please log in</body></html>`:     "publish to the topic",
		`{"message_id":"","error_code":"","code":""}`: "names no message",
	} {
		conn := connect(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }))
		err := conn.Publish(t.Context(), urn, "s", "m")
		require.ErrorContains(t, err, want, body)
		assert.NotContains(t, providers.Hint(err), "manifest", body)
	}
	calls := 0
	conn := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls++; calls == 1 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		assert.Equal(t, "/v2/0123456789abcdef0123456789abcdef/notifications/topics/urn%3Asmn%3Acn-north-4%3A0123456789abcdef0123456789abcdef%3Aalarms/publish", r.RequestURI)
		assert.Equal(t, "0123456789abcdef0123456789abcdef", r.Header.Get("X-Project-Id"))
		fmt.Fprint(w, `{"message_id":"m","request_id":"r"}`)
	}))
	require.NoError(t, conn.Publish(t.Context(), urn, "s", "m"))
	assert.Equal(t, 2, calls, "a message is sent again where nobody knows what became of it")
}

// TestWhatATopicRefusesHasNothingToDoWithAPlan: a message is no entry of a manifest.
func TestWhatATopicRefusesHasNothingToDoWithAPlan(t *testing.T) {
	const urn = "urn:smn:cn-north-4:0123456789abcdef0123456789abcdef:alarms"
	for status, want := range map[int]string{
		http.StatusBadRequest:      "check the URN of the topic; if it is right, report this with the request id",
		http.StatusForbidden:       "the credentials need smn:topic:publish in the project that the URN names; check the URN too",
		http.StatusNotFound:        "check the URN of the topic, and that the topic is in the region and the project that it names",
		http.StatusTooManyRequests: "the requests that the account has in a second are used up, by this run or by others: run again later, or lower --rate for good",
	} {
		conn := connect(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, `{"code":"SMN.0001","message":"no"}`)
		}))
		assert.Equal(t, want, providers.Hint(conn.Publish(t.Context(), urn, "s", "m")), status)
	}
}

func TestOnlyATopicIsATopic(t *testing.T) {
	for urn, want := range map[string]plan.Cloud{
		"urn:smn:cn-north-4:abc:ops-Alarms_1": {Kind: huaweicloud.HuaweiCloud, Region: "cn-north-4"},
		"urn:smn:eu-de:abc:ops":               {Kind: huaweicloud.OpenTelekomCloud, Region: "eu-de"},
		"urn:smn:xx-new-9:abc:ops":            {Region: "xx-new-9"},
	} {
		got, err := huaweicloud.TopicCloud(urn)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, urn := range []string{
		"", "ops", "urn:smn:cn-north-4:abc", "urn:smn::abc:ops", "urn:obs:cn-north-4:abc:ops", "urn:smn:cn-north-4:abc:ops:more",
		"urn:smn:evil.example/:abc:ops", "urn:smn:cn-north-4:../x:ops", "urn:smn:cn-north-4:abc:a b", "urn:smn:cn-north-4:abc:",
		"urn:smn:cn-north-4:abc:" + strings.Repeat("x", 256), "hooks.example/canary", "urn:smn:hooks.example:canary:canary",
	} {
		_, err := huaweicloud.TopicCloud(urn)
		require.ErrorContains(t, err, "urn:smn:REGION:PROJECT_ID:NAME", urn)
		assert.NotContains(t, err.Error(), "canary", "a slip may be a secret")
		assert.Empty(t, providers.Hint(err), "no manifest and no service has to do with it")
	}
}
