package machine_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/local/simulator"
)

// A topic fails by itself: the others deliver, and it delivers again once its time is over or it is mended.
func TestMachine_FailTopic(t *testing.T) {
	m := start(t, func(c *machine.Config) {
		c.Settings = []byte(`{"servers": [{"name": "automate-06", "backend": "opsworks-cm"}], "notify": [{"records": true}, {"chat": true}]}`)
	})
	client := sns.NewFromConfig(m.Config(), func(o *sns.Options) {
		o.RetryMaxAttempts, o.HTTPClient = 1, &http.Client{} // the one who keeps no connection meets no fault
	})
	publish := func(topic, text string) error {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		arn := "arn:aws:sns:" + machine.Region + ":" + machine.Account + ":" + topic
		_, err := client.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(arn), Message: aws.String(text)})
		return err
	}
	received := func() string {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		message, _ := m.Receive(ctx)
		return message.Text
	}
	for _, tt := range []struct {
		fault     simulator.Kind
		code      string // empty: no answer
		delivered string
	}{
		{simulator.NotFound, "NotFound", ""},
		{simulator.Denied, "AuthorizationError", ""},
		{simulator.Hang, "", ""},
		{simulator.WorkThenDrop, "", "while it fails"},
	} {
		t.Run(tt.fault.String(), func(t *testing.T) {
			if err := m.FailTopic(machine.TopicText, tt.fault, 0); err != nil {
				t.Fatal(err)
			}
			err := publish(machine.TopicText, "while it fails")
			var api smithy.APIError
			if answered := errors.As(err, &api); err == nil || answered != (tt.code != "") || answered && api.ErrorCode() != tt.code {
				t.Errorf("got %v", err)
			}
			if got := received(); got != tt.delivered {
				t.Errorf("delivered %q", got)
			}
			if err := publish(machine.TopicChat, "another topic"); err != nil || received() != "another topic" {
				t.Errorf("another topic failed too: %v", err)
			}
			m.Faults.ClearFaults()
			if err := m.FailTopic(machine.TopicText, tt.fault, time.Nanosecond); err != nil {
				t.Fatal(err)
			}
			if err := publish(machine.TopicText, "after a while"); err != nil || received() != "after a while" {
				t.Errorf("it goes on failing: %v", err)
			}
		})
	}
	if m.FailTopic("maintenance-fax", simulator.NotFound, 0) == nil {
		t.Error("a topic that is not there fails")
	}
}
