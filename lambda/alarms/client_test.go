package alarms_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"opsworks-maintenance/lambda/alarms"
	"opsworks-maintenance/lambda/local/simulator/cloudwatch"
	"opsworks-maintenance/lambda/maintenance"
)

var since = time.Date(2026, 11, 28, 22, 40, 0, 123e6, time.UTC)

// client asks a server that answers so, and keeps what it is asked.
func client(t *testing.T, answer http.HandlerFunc) (c *alarms.Client, asked *[]url.Values) {
	t.Helper()
	asked = &[]url.Values{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, err := url.ParseQuery(string(body))
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/" || form.Get("Action") != "DescribeAlarms" ||
			form.Get("Version") != "2010-08-01" ||
			!strings.Contains(r.Header.Get("Authorization"), "Credential=AKID/20261128/eu-west-1/monitoring/aws4_request") {
			t.Errorf("%s %s %s: %s", r.Method, r.URL, r.Header, body)
		}
		*asked = append(*asked, form)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return alarms.New(config(awshttp.NewBuildableClient(), server.URL), func() time.Time { return since }), asked
}

func config(client aws.HTTPClient, endpoint string) aws.Config {
	return aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String(endpoint), HTTPClient: client,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: "token"}, nil
		})}
}

// The simulator follows API_DescribeAlarms; the SDK's own client reads its answers too (lambda/local/simulator/cloudwatch).
func TestClient_InAlarm(t *testing.T) {
	service := cloudwatch.New(cloudwatch.Config{Region: "eu-west-1", Account: "123456789012", Most: 2})
	for name, value := range map[string]string{"db-1": "ALARM", "db-2 <full> & \"hot\"": "ALARM", "db-3": "OK", "db-4": "INSUFFICIENT_DATA",
		"db-5": "ALARM", "lag": "ALARM"} {
		service.Put(name, cloudwatch.State{Value: value, Reason: "a try", At: since})
	}
	c, asked := client(t, service.ServeHTTP)
	for prefix, want := range map[string][]string{"db-": {"db-1", "db-2 <full> & \"hot\"", "db-5"}, "lag": {"lag"}, "mail": nil,
		"": {"db-1", "db-2 <full> & \"hot\"", "db-5", "lag"}} {
		*asked = nil
		got, err := c.InAlarm(t.Context(), prefix)
		var names []string
		for _, a := range got {
			names = append(names, a.Name)
			if !a.Since.Equal(since) {
				t.Errorf("%s is in ALARM since %s", a.Name, a.Since)
			}
		}
		if err != nil || !slices.Equal(names, want) {
			t.Errorf("%s*: %q, %v", prefix, names, err)
		}
		if pages := max(1, (len(want)+1)/2); len(*asked) != pages || (*asked)[0].Has("AlarmNamePrefix") != (prefix != "") {
			t.Errorf("%s*: asked %v", prefix, *asked)
		}
	}
}

// The answer of API_DescribeAlarms's own example has fields that do not matter here; a composite alarm stands in a list of its own.
const answered = `<DescribeAlarmsResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><DescribeAlarmsResult>
<MetricAlarms><member><AlarmName>db-1</AlarmName><StateValue>ALARM</StateValue><ComparisonOperator>GreaterThanThreshold</ComparisonOperator>
<Dimensions><member><Name>AlarmName</Name><Value>x</Value></member></Dimensions>
<StateUpdatedTimestamp>2026-11-28T22:41:00.123Z</StateUpdatedTimestamp></member></MetricAlarms>
<CompositeAlarms><member><AlarmName>db-all</AlarmName><StateValue>ALARM</StateValue>
<StateTransitionedTimestamp>2026-11-28T22:40:00.123Z</StateTransitionedTimestamp>
<StateUpdatedTimestamp>2026-11-28T22:50:00Z</StateUpdatedTimestamp></member></CompositeAlarms>%s
</DescribeAlarmsResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DescribeAlarmsResponse>`

func TestClient_InAlarm_KindsAndTimes(t *testing.T) {
	c, _ := client(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintf(w, answered, "") })
	got, err := c.InAlarm(t.Context(), "db-")
	want := []maintenance.Alarm{{Name: "db-1", Since: since.Add(time.Minute)}, {Name: "db-all", Since: since}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}

// What is not wholly an answer is none, and says why.
func TestClient_InAlarm_Failures(t *testing.T) {
	const state = "<StateValue>ALARM</StateValue>"
	whole := fmt.Sprintf(answered, "")
	empty := func(beside string) string {
		return "<DescribeAlarmsResponse><DescribeAlarmsResult/>" + beside + "</DescribeAlarmsResponse>"
	}
	refusal := func(code string) string {
		return "<ErrorResponse><Error><Type>Sender</Type><Code>" + code + "</Code><Message>no</Message></Error></ErrorResponse>"
	}
	for name, tt := range map[string]struct {
		status int
		body   string
		reason maintenance.Reason
		calls  int
	}{
		"throttled":                     {400, refusal("Throttling"), maintenance.ReasonThrottled, 3},
		"denied":                        {403, refusal("AccessDenied"), maintenance.ReasonDenied, 1},
		"a request that cannot be":      {400, refusal("ValidationError"), maintenance.ReasonUnexpected, 1},
		"an internal error":             {500, refusal("InternalServiceFault"), maintenance.ReasonUnavailable, 3},
		"a proxy's page":                {502, "<html>bad gateway", maintenance.ReasonUnavailable, 3},
		"nothing":                       {200, "", maintenance.ReasonUnavailable, 3},
		"half an answer":                {200, whole[:len(whole)/2], maintenance.ReasonUnavailable, 3},
		"another operation's":           {200, strings.ReplaceAll(whole, "DescribeAlarms", "ListMetrics"), maintenance.ReasonUnavailable, 3},
		"an answer without a result":    {200, "<DescribeAlarmsResponse/>", maintenance.ReasonUnavailable, 3},
		"an alarm without a name":       {200, strings.ReplaceAll(whole, "<AlarmName>db-1</AlarmName>", ""), maintenance.ReasonUnavailable, 1},
		"an alarm without a state":      {200, strings.Replace(whole, state, "", 1), maintenance.ReasonUnavailable, 1},
		"an alarm whose state is empty": {200, strings.Replace(whole, "ALARM<", "<", 1), maintenance.ReasonUnavailable, 1},
		"an alarm in an unknown state":  {200, strings.Replace(whole, "ALARM<", "Alarm<", 1), maintenance.ReasonUnavailable, 1},
		"denied, with status 200":       {200, refusal("AccessDenied"), maintenance.ReasonDenied, 1},
		"throttled, with status 200":    {200, refusal("Throttling"), maintenance.ReasonThrottled, 3},
		"an error beside a result":      {200, empty("<Error><Code>AccessDenied</Code></Error>"), maintenance.ReasonDenied, 1},
		"an error without a code":       {200, empty("<Error/>"), maintenance.ReasonUnavailable, 3},
		"a result in an error's place":  {200, strings.ReplaceAll(whole, "sResponse", "sError"), maintenance.ReasonUnavailable, 3},
		"a page that follows on itself": {200, fmt.Sprintf(answered, "<NextToken>t</NextToken>"), maintenance.ReasonUnavailable, 2},
	} {
		t.Run(name, func(t *testing.T) {
			c, asked := client(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			})
			got, err := c.InAlarm(t.Context(), "db-")
			if maintenance.ReasonOf(err) != tt.reason || got != nil || len(*asked) != tt.calls {
				t.Fatalf("got %v, %v after %d calls", got, err, len(*asked))
			}
			if !strings.HasPrefix(err.Error(), "read the alarms db-*: ") {
				t.Error(err)
			}
		})
	}
}

// An alarm of any state that there is can be in an answer; only those in ALARM count, with white space around it or not.
func TestClient_InAlarm_States(t *testing.T) {
	for text, want := range map[string]int{"ALARM": 2, "\n  ALARM\n": 2, "OK": 1, " OK ": 1, "INSUFFICIENT_DATA": 1} {
		c, _ := client(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Replace(fmt.Sprintf(answered, ""), ">ALARM<", ">"+text+"<", 1))
		})
		if got, err := c.InAlarm(t.Context(), "db-"); err != nil || len(got) != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

// Pages that lead back to one that was read are no answer, however long the way round is.
func TestClient_InAlarm_PagesInACircle(t *testing.T) {
	for _, round := range []int{1, 2, 7} {
		pages := 0
		c, asked := client(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, answered, fmt.Sprintf("<NextToken>t%d</NextToken>", pages%round))
			pages++
		})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		got, err := c.InAlarm(ctx, "db-")
		cancel()
		if maintenance.ReasonOf(err) != maintenance.ReasonUnavailable || got != nil || len(*asked) != round+1 {
			t.Errorf("round %d pages: %v, %v after %d calls", round, got, err, len(*asked))
		}
	}
}

// never does not answer.
type never struct{}

func (never) Do(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: r.Context().Err()}
}

// Half of the time is left, for what else there is to do.
func TestClient_InAlarm_Leaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		begin := time.Now()
		_, err := alarms.New(config(never{}, "http://service.invalid"), time.Now).InAlarm(ctx, "db-")
		if took := time.Since(begin); maintenance.ReasonOf(err) != maintenance.ReasonUnavailable || took != 5*time.Second {
			t.Errorf("after %s: %v", took, err)
		}
	})
}
