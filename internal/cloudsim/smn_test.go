package cloudsim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

func TestATopicKeepsItsLatestMessages(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	urn := cloudsim.DemoTopic(cloudsim.HuaweiCloud)
	publish := func(project, urn, body string) result {
		return s.call(http.MethodPost, "/v2/"+project+"/notifications/topics/"+urn+"/publish", body)
	}
	north := s.project("cn-north-4")
	for i := range 30 {
		r := publish(north, urn, fmt.Sprintf(`{"subject":"s","message":"m%d"}`, i))
		require.Equal(t, http.StatusOK, r.status, r.text)
	}
	w := s.sim.World()
	topic := w.AccountNamed("").Topics[0]
	require.Len(t, topic.Messages, 20)
	assert.Equal(t, "m10", topic.Messages[0].Message)
	assert.Equal(t, "m29", topic.Messages[19].Message)

	for name, test := range map[string]struct {
		project, urn, body string
		status             int
		message            string
	}{
		"another topic":        {north, urn + "x", `{"message":"m"}`, http.StatusNotFound, "Topic not found."},
		"another project":      {s.project("cn-east-3"), urn, `{"message":"m"}`, http.StatusNotFound, "Topic not found."},
		"an unknown project":   {"0123456789abcdef0123456789abcdef", urn, `{"message":"m"}`, http.StatusForbidden, ""},
		"no message":           {north, urn, `{"subject":"s"}`, http.StatusBadRequest, "The message is empty."},
		"no JSON":              {north, urn, `m`, http.StatusBadRequest, ""},
		"a long subject":       {north, urn, `{"message":"m","subject":"` + strings.Repeat("三", 171) + `"}`, http.StatusBadRequest, "The subject or the message is too long."},
		"a long message":       {north, urn, `{"message":"` + strings.Repeat("m", 256<<10+1) + `"}`, http.StatusBadRequest, "The subject or the message is too long."},
		"the longest of both":  {north, urn, `{"message":"` + strings.Repeat("m", 256<<10) + `","subject":"` + strings.Repeat("s", 512) + `"}`, http.StatusOK, ""},
		"what is not in UTF-8": {north, urn, "{\"message\":\"\xff\"}", http.StatusBadRequest, "The message is not encoded in UTF-8."},
	} {
		t.Run(name, func(t *testing.T) {
			r := publish(test.project, test.urn, test.body)
			assert.Equal(t, test.status, r.status)
			if test.message != "" {
				assert.Contains(t, r.text, `"message":"`+test.message)
			}
		})
	}
}
