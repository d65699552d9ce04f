package alarms

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// inAlarm is the StateValue of an alarm that is in ALARM.
const inAlarm = "ALARM"

// page is a DescribeAlarmsResult, as far as it matters here.
type page struct {
	Metric    []alarm `xml:"MetricAlarms>member"`
	Composite []alarm `xml:"CompositeAlarms>member"`
	NextToken string
}

// alarm is a MetricAlarm or a CompositeAlarm.
type alarm struct {
	Name         string `xml:"AlarmName"`
	State        string `xml:"StateValue"`
	Transitioned string `xml:"StateTransitionedTimestamp"` // when StateValue changed
	Updated      string `xml:"StateUpdatedTimestamp"`      // when that, or its reason, was set
}

// since is since when the alarm has been in its state, zero if the answer does not say.
func (a alarm) since() time.Time {
	for _, text := range []string{a.Transitioned, a.Updated} {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// longestAnswer is far more than a hundred alarms take.
const longestAnswer = 8 << 20

// read reads an answer. What is not wholly what the protocol says is an error, never an answer without alarms.
func read(answer *http.Response) (page, error) {
	body, err := io.ReadAll(io.LimitReader(answer.Body, longestAnswer))
	if err == nil && answer.StatusCode != http.StatusOK {
		var said struct {
			XMLName xml.Name `xml:"ErrorResponse"`
			Code    string   `xml:"Error>Code"`
			Message string   `xml:"Error>Message"`
		}
		if err = xml.Unmarshal(body, &said); err == nil && said.Code != "" {
			err = &smithy.GenericAPIError{Code: said.Code, Message: said.Message}
		} else {
			err = fmt.Errorf("CloudWatch answered with status %d", answer.StatusCode)
		}
	}
	var out struct {
		XMLName xml.Name `xml:"DescribeAlarmsResponse"`
		Result  *page    `xml:"DescribeAlarmsResult"`
	}
	if err == nil {
		if err = xml.Unmarshal(body, &out); err == nil && out.Result == nil {
			err = fmt.Errorf("the answer has no DescribeAlarmsResult")
		}
	}
	if err != nil {
		return page{}, &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: answer}, Err: err}}
	}
	return *out.Result, nil
}
