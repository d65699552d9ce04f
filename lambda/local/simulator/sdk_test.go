package simulator_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm/types"
	"github.com/aws/smithy-go"

	"opsworks-maintenance/lambda/local/simulator"
)

// simulated is one of the simulators.
type simulated interface {
	http.Handler
	Close()
}

// configuration is that of a real SDK client for the simulator behind a real HTTP server.
func configuration(t *testing.T, service simulated, attempts int) aws.Config {
	t.Helper()
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	t.Cleanup(service.Close) // runs first: a server waits for calls that hang
	return aws.Config{
		BaseEndpoint: aws.String(server.URL),
		Region:       "us-east-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "SECRETEXAMPLE"}, nil
		}),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts = attempts
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}
}

func newClient(t *testing.T, service *simulator.OpsWorksCM, attempts int) *opsworkscm.Client {
	t.Helper()
	return opsworkscm.NewFromConfig(configuration(t, service, attempts))
}

func TestOpsWorksCM_SDK(t *testing.T) {
	service := newService(t)
	client := newClient(t, service, 1)
	ctx := t.Context()
	name := aws.String("automate-06")

	started, err := client.StartMaintenance(ctx, &opsworkscm.StartMaintenanceInput{
		ServerName:       name,
		EngineAttributes: []types.EngineAttribute{{Name: aws.String("CHEF_MAJOR_UPGRADE"), Value: aws.String("true")}},
	})
	must(t, err)
	if started.Server.Status != types.ServerStatusUnderMaintenance {
		t.Errorf("status %s after the start", started.Server.Status)
	}
	must(t, service.Complete("automate-06"))

	servers, err := client.DescribeServers(ctx, &opsworkscm.DescribeServersInput{ServerName: name})
	must(t, err)
	if got := servers.Servers[0]; got.Status != types.ServerStatusHealthy || got.MaintenanceStatus != types.MaintenanceStatusSuccess {
		t.Errorf("after the end: %s, %s", got.Status, got.MaintenanceStatus)
	}

	pages := opsworkscm.NewDescribeEventsPaginator(client, &opsworkscm.DescribeEventsInput{ServerName: name, MaxResults: aws.Int32(1)})
	var messages []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		must(t, err)
		for _, event := range page.ServerEvents {
			if since := time.Since(*event.CreatedAt); since < 0 || since > time.Minute {
				t.Errorf("event of %s", event.CreatedAt)
			}
			messages = append(messages, *event.Message)
		}
	}
	if len(messages) != 2 || messages[0] != "Successfully upgraded to Automate 2." {
		t.Errorf("events %q", messages)
	}

	limits, err := client.DescribeAccountAttributes(ctx, &opsworkscm.DescribeAccountAttributesInput{})
	must(t, err)
	if len(limits.Attributes) != 2 || *limits.Attributes[0].Used != 2 {
		t.Errorf("attributes %+v", limits.Attributes)
	}
}

func TestOpsWorksCM_SDK_TypedErrors(t *testing.T) {
	service := newService(t)
	client := newClient(t, service, 1)
	ctx := t.Context()
	must(t, service.SetStatus("puppet-01", "BACKING_UP"))
	start := func(name string) error {
		_, err := client.StartMaintenance(ctx, &opsworkscm.StartMaintenanceInput{ServerName: aws.String(name)})
		return err
	}

	t.Run("InvalidStateException", func(t *testing.T) { wantType[*types.InvalidStateException](t, start("puppet-01")) })
	t.Run("ResourceNotFoundException", func(t *testing.T) { wantType[*types.ResourceNotFoundException](t, start("automate-99")) })
	t.Run("ValidationException", func(t *testing.T) { wantType[*types.ValidationException](t, start("no name")) })
	t.Run("InvalidNextTokenException", func(t *testing.T) {
		_, err := client.DescribeServers(ctx, &opsworkscm.DescribeServersInput{NextToken: aws.String("x")})
		wantType[*types.InvalidNextTokenException](t, err)
	})
	t.Run("an operation it does not have", func(t *testing.T) {
		_, err := client.DescribeBackups(ctx, &opsworkscm.DescribeBackupsInput{})
		wantCode(t, err, "UnknownOperationException")
	})
}

func TestOpsWorksCM_Inject(t *testing.T) {
	const anyCode = "" // the connection broke: no code
	for name, test := range map[string]struct {
		kind    simulator.Kind
		code    string
		started int
	}{
		"throttled":                              {simulator.Throttle, "ThrottlingException", 0},
		"an internal failure":                    {simulator.InternalFailure, "InternalFailure", 0},
		"unavailable":                            {simulator.Unavailable, "ServiceUnavailable", 0},
		"denied":                                 {simulator.Denied, "AccessDeniedException", 0},
		"the connection drops":                   {simulator.Drop, anyCode, 0},
		"no answer":                              {simulator.Hang, anyCode, 0},
		"the work is done and the answer lost":   {simulator.WorkThenDrop, anyCode, 1},
		"the work is done and no answer comes":   {simulator.WorkThenHang, anyCode, 1},
		"the work is done and a failure is told": {simulator.WorkThenInternalFailure, "InternalFailure", 1},
	} {
		t.Run(name, func(t *testing.T) {
			service := newService(t)
			client := newClient(t, service, 1)
			service.Inject(simulator.Fault{Operation: "StartMaintenance", Kind: test.kind})
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			if test.kind == simulator.Hang || test.kind == simulator.WorkThenHang {
				cancel()
				ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
			}
			defer cancel()
			_, err := client.StartMaintenance(ctx, &opsworkscm.StartMaintenanceInput{ServerName: aws.String("automate-06")})
			if test.code != anyCode {
				wantCode(t, err, test.code)
			} else if apiErr := smithy.APIError(nil); err == nil || errors.As(err, &apiErr) {
				t.Errorf("got %v, want a broken connection", err)
			}
			if got := service.Started("automate-06"); got != test.started {
				t.Errorf("%d maintenances began, want %d", got, test.started)
			}
			if _, err := client.DescribeServers(t.Context(), &opsworkscm.DescribeServersInput{}); err != nil {
				t.Errorf("another operation was struck too: %v", err)
			}
		})
	}
}

func TestOpsWorksCM_Inject_Counting(t *testing.T) {
	t.Run("skips and hits as many calls as it says", func(t *testing.T) {
		service := newService(t)
		service.Inject(simulator.Fault{Kind: simulator.Throttle, Skip: 1, Times: 2})
		service.Inject(simulator.Fault{Operation: "DescribeEvents", Kind: simulator.Denied, Times: 1})
		for i, want := range []int{200, 400, 400, 200} {
			if got := ask(t, service, "DescribeServers", "{}").Code; got != want {
				t.Errorf("call %d: %d, want %d", i+1, got, want)
			}
		}
		ask(t, service, "DescribeEvents", `{"ServerName":"automate-06"}`).has(t, "AccessDeniedException")
		ask(t, service, "DescribeEvents", `{"ServerName":"automate-06"}`).status(t, 200)
	})
	t.Run("for ever ends when faults are cleared", func(t *testing.T) {
		service := newService(t)
		service.Inject(simulator.Fault{Kind: simulator.Unavailable})
		for range 3 {
			ask(t, service, "DescribeServers", "{}").status(t, 503)
		}
		service.ClearFaults()
		ask(t, service, "DescribeServers", "{}").status(t, 200)
	})
	t.Run("the SDK's own retry meets a maintenance it began itself", func(t *testing.T) {
		service := newService(t)
		client := newClient(t, service, 3)
		service.Inject(simulator.Fault{Kind: simulator.WorkThenDrop, Times: 1})
		_, err := client.StartMaintenance(t.Context(), &opsworkscm.StartMaintenanceInput{ServerName: aws.String("automate-06")})
		wantType[*types.InvalidStateException](t, err)
		if got := service.Started("automate-06"); got != 1 {
			t.Errorf("%d maintenances began", got)
		}
	})
	t.Run("Close releases a call that hangs", func(t *testing.T) {
		service := newService(t)
		client := newClient(t, service, 1)
		service.Inject(simulator.Fault{Kind: simulator.Hang})
		ended := make(chan error, 1)
		go func() {
			_, err := client.DescribeServers(context.WithoutCancel(t.Context()), &opsworkscm.DescribeServersInput{})
			ended <- err
		}()
		for len(service.Calls()) == 0 {
			time.Sleep(time.Millisecond)
		}
		service.Close()
		if err := <-ended; err == nil {
			t.Error("a call that hung was answered")
		}
	})
}

func wantType[E error](t *testing.T, err error) {
	t.Helper()
	var want E
	if !errors.As(err, &want) {
		t.Errorf("got %v, want a %T", err, want)
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var got smithy.APIError
	if !errors.As(err, &got) || got.ErrorCode() != code {
		t.Errorf("got %v, want code %s", err, code)
	}
}
