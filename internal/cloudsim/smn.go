package cloudsim

import (
	"net/http"
	"strings"
	"unicode/utf8"
)

const (
	// keptMessages is how many messages a topic remembers, the latest ones.
	keptMessages = 20
	// maxSubject and maxMessage are in bytes. Some pages count the subject in characters; bytes are the stricter reading.
	maxSubject = 512
	maxMessage = 256 << 10
	// demoTopic is the topic of the demo world's example-co.
	demoTopic = "platform-alarms"
)

// Topic is a topic of Simple Message Notification. Nobody subscribes to it: its messages stay in the state.
type Topic struct {
	URN string `json:"urn"`
	// Messages are the latest ones, the oldest first.
	Messages []TopicMessage `json:"messages,omitempty"`
}

// TopicMessage is a message that was published.
type TopicMessage struct {
	ID      string `json:"id"`
	Subject string `json:"subject"`
	Message string `json:"message"`
}

// DemoTopic returns the URN of the topic that the demo world of a cloud has in example-co, in the first of its regions.
func DemoTopic(cloud string) string {
	region := demoRegions(cloud)[0]
	return "urn:smn:" + region + ":" + demoID("project", region) + ":" + demoTopic
}

// notificationService is Simple Message Notification, as far as messages are published.
func notificationService() service {
	return service{name: "smn", routes: route{errors: notificationErrors, anyScope: true}.with(
		operation{
			http.MethodPost, "/v2/{project_id}/notifications/topics/{topic_urn}/publish", "PublishMessage", inProject(publishMessage),
		},
	)}
}

// notificationErrors has the one code that a page shows. That of all other refusals is ours.
func notificationErrors(_ Switches, status int) (Shape, string) {
	if status == http.StatusNotFound {
		return ShapeE2, "SMN.0006"
	}
	return ShapeE2, "SMN.0001"
}

// publishMessage keeps a message. A topic is known in its own project alone.
func publishMessage(x *exchange, p *Project) (answer, error) {
	in, err := x.readBody()
	if err != nil {
		return answer{}, err
	}
	subject, _, err := x.text(in, "subject")
	if err != nil {
		return answer{}, err
	}
	message, _, err := x.text(in, "message")
	if err != nil {
		return answer{}, err
	}
	switch {
	case message == "":
		return answer{}, x.fail(http.StatusBadRequest, "The message is empty.")
	case len(subject) > maxSubject, len(message) > maxMessage:
		return answer{}, x.fail(http.StatusBadRequest, "The subject or the message is too long.")
	case !utf8.Valid(x.body):
		return answer{}, x.fail(http.StatusBadRequest, "The message is not encoded in UTF-8.")
	}
	urn := x.params["topic_urn"]
	topic := first(x.account.Topics, func(t *Topic) bool { return t.URN == urn })
	if topic == nil || !strings.HasPrefix(urn, "urn:smn:"+p.Name+":"+p.ID+":") {
		return answer{}, x.fail(http.StatusNotFound, "Topic not found.")
	}
	id, err := x.newID()
	if err != nil {
		return answer{}, err
	}
	topic.Messages = append(topic.Messages, TopicMessage{ID: id, Subject: subject, Message: message})
	topic.Messages = topic.Messages[max(0, len(topic.Messages)-keptMessages):]
	x.changed = true
	return answer{http.StatusOK, map[string]any{"message_id": id, "request_id": id}}, nil
}
