package huaweicloud

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

const serviceSMN = "smn"

// topicName is the form of the name of a topic.
var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

// topic is a topic of Simple Message Notification. Mail, SMS and chats subscribe to it.
type topic struct{ urn, region, project string }

// parseTopic reads a topic's URN. No error shows a text that is none: it may be a URL with a token. None is [providers.ErrInvalid]: that is
// what a service refuses. Source: SMN API reference, "Querying Topics".
func parseTopic(urn string) (topic, error) {
	const form = "urn:smn:REGION:PROJECT_ID:NAME"
	parts := strings.Split(urn, ":")
	if len(parts) != 5 || parts[0] != "urn" || parts[1] != serviceSMN {
		return topic{}, errors.New("this is not the URN of a topic; write " + form + ", as the console of SMN shows it")
	}
	region, project, name := parts[2], parts[3], parts[4]
	if region == "" || !regionName(region) || !ValidID(project) || !topicName.MatchString(name) {
		return topic{}, errors.New("the URN has no region, project or name of the usual form; write " + form)
	}
	return topic{urn, region, project}, nil
}

// TopicCloud reads a topic's URN, and returns the region of the topic and the kind of cloud that lists it; "" where none does.
func TopicCloud(urn string) (plan.Cloud, error) {
	t, err := parseTopic(urn)
	return plan.Cloud{Kind: home(t.region), Region: t.region}, err
}

// Publish sends a message to all who have subscribed to a topic, in the topic's region and project. The caller keeps to the limits: 512
// bytes for the subject, which is one line, and 256 KB for the message. An answer without a clear outcome is repeated, because a message
// that comes twice is better than none. Errors are those of [Connection.Do]. Source: SMN API reference, "Publishing Messages".
func (c *Connection) Publish(ctx context.Context, urn, subject, message string) error {
	t, err := parseTopic(urn)
	if err != nil {
		return err
	}
	operation := "publish to the topic " + urn
	var answer struct {
		MessageID string `json:"message_id"`
	}
	err = c.Do(ctx, Call{
		Service: serviceSMN, Region: t.region, ProjectID: t.project, Operation: operation, Method: http.MethodPost,
		Path:       []string{"v2", t.project, "notifications", "topics", t.urn, "publish"},
		Body:       map[string]string{"subject": subject, "message": message},
		Repeatable: true,
	}, &answer)
	if err == nil && answer.MessageID == "" {
		return &providers.CallError{Operation: operation, Service: serviceSMN, Message: "the answer names no message", Hint: hintUndocumented}
	}
	return err
}

// topicHint returns what to do where a topic refuses a message. The hints for other calls speak of plans and manifests.
func topicHint(status int) string {
	switch status {
	case http.StatusNotFound:
		return "check the URN of the topic, and that the topic is in the region and the project that it names"
	case http.StatusForbidden:
		return "the credentials need smn:topic:publish in the project that the URN names; check the URN too"
	case http.StatusBadRequest:
		return "check the URN of the topic; if it is right, report this with the request id"
	}
	return ""
}
