package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// redriveAnswer is what is printed as JSON.
type redriveAnswer struct {
	Letters []letter `json:"letters"`
}

// letter is a dead letter and what became of it.
type letter struct {
	ID     string    `json:"id"`
	Result string    `json:"result"`
	Sent   time.Time `json:"sent,omitzero"`
	// Request is the form of an operator's request, About the server and run that it names.
	Request string `json:"request,omitempty"`
	About   string `json:"about,omitempty"`
	// Answer is the function's, or why it failed.
	Answer string `json:"answer,omitempty"`
}

// sent is when a message came into the queue.
func sent(m types.Message) time.Time {
	milliseconds, err := strconv.ParseInt(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(milliseconds).UTC()
}

// requests are the fields by which the function knows an operator's request. The dead letters of Lambda, of EventBridge and of Scheduler
// are the payload as it was sent, with nothing around it; what comes by SNS is never a request.
var requests = []string{"start", "serverName", "stop", "close", "approve", "hold", "release", "plan", "history", "status"}

// request is the field that makes an event an operator's request; empty for any other. It reads as far as the event is JSON.
func request(event string) string {
	decoder := json.NewDecoder(strings.NewReader(event))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return ""
	}
	for {
		name, _ := decoder.Token()
		field, ok := name.(string)
		if !ok {
			return ""
		}
		if slices.Contains(requests, field) {
			return field
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return ""
		}
	}
}

// sentAgain is a dead letter as the function takes it: as it lies there but for what SNS could not deliver, which is the notification alone
// and not the event that SNS makes of it for a function. No document says so; what has not its fields is sent as it is.
// https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
func sentAgain(letter string) []byte {
	var notification struct{ Type, TopicArn, Message *string }
	err := json.Unmarshal([]byte(letter), &notification)
	if err != nil || notification.Type == nil || notification.TopicArn == nil || notification.Message == nil {
		return []byte(letter)
	}
	return []byte(`{"Records":[{"EventSource":"aws:sns","EventVersion":"1.0","Sns":` + letter + `}]}`)
}

var subjects = regexp.MustCompile(`"(serverName|runId)"\s*:\s*"([A-Za-z0-9-]*)"`)

// subject is the server and the run that a request is about. The rest of it may hold secrets: the values of engine attributes.
func subject(event string) string {
	var all []string
	for _, match := range subjects.FindAllStringSubmatch(event, -1) {
		all = append(all, match[1]+":"+match[2])
	}
	return strings.Join(all, " ")
}
