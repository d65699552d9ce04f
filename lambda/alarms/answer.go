package alarms

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// inAlarm is the StateValue of an alarm that is in ALARM, and calm are the others.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html
const inAlarm = "ALARM"

var calm = []string{"OK", "INSUFFICIENT_DATA"}

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

// read reads an answer. What is not wholly what the protocol says is an error, never an answer without alarms; so is what holds an Error,
// whatever its status.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html
func read(answer *http.Response) (page, error) {
	body, err := io.ReadAll(io.LimitReader(answer.Body, longestAnswer))
	var out struct {
		XMLName xml.Name
		Error   *struct{ Code, Message string }
		Result  *page `xml:"DescribeAlarmsResult"`
	}
	if err == nil {
		err = xml.Unmarshal(body, &out)
	}
	switch {
	case err == nil && out.Error != nil && out.Error.Code != "":
		err = &smithy.GenericAPIError{Code: out.Error.Code, Message: out.Error.Message}
	case answer.StatusCode != http.StatusOK:
		err = fmt.Errorf("CloudWatch answered with status %d", answer.StatusCode)
	case err == nil && out.Error != nil:
		err = errors.New("the answer holds an Error without a Code")
	case err == nil && (out.XMLName.Local != "DescribeAlarmsResponse" || out.Result == nil):
		err = errors.New("the answer has no DescribeAlarmsResult")
	}
	if err != nil {
		return page{}, &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: answer}, Err: err}}
	}
	return *out.Result, nil
}
