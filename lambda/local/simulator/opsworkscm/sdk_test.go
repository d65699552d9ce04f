package opsworkscm_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/opsworkscm"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm/types"
	"github.com/aws/smithy-go"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/local/simulator/opsworkscm"
	"opsworks-maintenance/lambda/local/simulator/simulatortest"
)

func newClient(t *testing.T, service *opsworkscm.Service, attempts int) *sdk.Client {
	t.Helper()
	return sdk.NewFromConfig(simulatortest.Config(t, service, attempts))
}

func TestService_SDK(t *testing.T) {
	service := newService(t)
	client := newClient(t, service, 1)
	ctx := t.Context()
	name := aws.String("automate-06")

	started, err := client.StartMaintenance(ctx, &sdk.StartMaintenanceInput{
		ServerName:       name,
		EngineAttributes: []types.EngineAttribute{{Name: aws.String("CHEF_MAJOR_UPGRADE"), Value: aws.String("true")}},
	})
	must(t, err)
	if started.Server.Status != types.ServerStatusUnderMaintenance {
		t.Errorf("status %s after the start", started.Server.Status)
	}
	must(t, service.Complete("automate-06"))

	servers, err := client.DescribeServers(ctx, &sdk.DescribeServersInput{ServerName: name})
	must(t, err)
	if got := servers.Servers[0]; got.Status != types.ServerStatusHealthy || got.MaintenanceStatus != types.MaintenanceStatusSuccess {
		t.Errorf("after the end: %s, %s", got.Status, got.MaintenanceStatus)
	}

	pages := sdk.NewDescribeEventsPaginator(client, &sdk.DescribeEventsInput{ServerName: name, MaxResults: aws.Int32(1)})
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

	limits, err := client.DescribeAccountAttributes(ctx, &sdk.DescribeAccountAttributesInput{})
	must(t, err)
	if len(limits.Attributes) != 2 || *limits.Attributes[0].Used != 2 {
		t.Errorf("attributes %+v", limits.Attributes)
	}
}

func TestService_SDK_TypedErrors(t *testing.T) {
	service := newService(t)
	client := newClient(t, service, 1)
	ctx := t.Context()
	must(t, service.SetStatus("puppet-01", "BACKING_UP"))
	start := func(name string) error {
		_, err := client.StartMaintenance(ctx, &sdk.StartMaintenanceInput{ServerName: aws.String(name)})
		return err
	}

	t.Run("InvalidStateException", func(t *testing.T) { simulatortest.WantType[*types.InvalidStateException](t, start("puppet-01")) })
	t.Run("ResourceNotFoundException", func(t *testing.T) {
		simulatortest.WantType[*types.ResourceNotFoundException](t, start("automate-99"))
	})
	t.Run("ValidationException", func(t *testing.T) { simulatortest.WantType[*types.ValidationException](t, start("no name")) })
	t.Run("InvalidNextTokenException", func(t *testing.T) {
		_, err := client.DescribeServers(ctx, &sdk.DescribeServersInput{NextToken: aws.String("x")})
		simulatortest.WantType[*types.InvalidNextTokenException](t, err)
	})
	t.Run("an operation it does not have", func(t *testing.T) {
		_, err := client.DescribeBackups(ctx, &sdk.DescribeBackupsInput{})
		simulatortest.WantCode(t, err, "UnknownOperationException")
	})
}

func TestService_Inject(t *testing.T) {
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
			_, err := client.StartMaintenance(ctx, &sdk.StartMaintenanceInput{ServerName: aws.String("automate-06")})
			if test.code != anyCode {
				simulatortest.WantCode(t, err, test.code)
			} else if apiErr := smithy.APIError(nil); err == nil || errors.As(err, &apiErr) {
				t.Errorf("got %v, want a broken connection", err)
			}
			if got := service.Started("automate-06"); got != test.started {
				t.Errorf("%d maintenances began, want %d", got, test.started)
			}
			if _, err := client.DescribeServers(t.Context(), &sdk.DescribeServersInput{}); err != nil {
				t.Errorf("another operation met the fault too: %v", err)
			}
		})
	}
}

func TestService_Inject_Counting(t *testing.T) {
	t.Run("skips and hits as many calls as it says", func(t *testing.T) {
		service := newService(t)
		service.Inject(simulator.Fault{Kind: simulator.Throttle, Skip: 1, Times: 2})
		service.Inject(simulator.Fault{Operation: "DescribeEvents", Kind: simulator.Denied, Times: 1})
		for i, want := range []int{200, 400, 400, 200} {
			if got := ask(t, service, "DescribeServers", "{}").Code; got != want {
				t.Errorf("call %d: %d, want %d", i+1, got, want)
			}
		}
		ask(t, service, "DescribeEvents", `{"ServerName":"automate-06"}`).Has(t, "AccessDeniedException")
		ask(t, service, "DescribeEvents", `{"ServerName":"automate-06"}`).Status(t, 200)
	})
	t.Run("for ever ends when faults are cleared", func(t *testing.T) {
		service := newService(t)
		service.Inject(simulator.Fault{Kind: simulator.Unavailable})
		for range 3 {
			ask(t, service, "DescribeServers", "{}").Status(t, 503)
		}
		service.ClearFaults()
		ask(t, service, "DescribeServers", "{}").Status(t, 200)
	})
	t.Run("the SDK's own retry meets a maintenance it began itself", func(t *testing.T) {
		service := newService(t)
		client := newClient(t, service, 3)
		service.Inject(simulator.Fault{Kind: simulator.WorkThenDrop, Times: 1})
		_, err := client.StartMaintenance(t.Context(), &sdk.StartMaintenanceInput{ServerName: aws.String("automate-06")})
		simulatortest.WantType[*types.InvalidStateException](t, err)
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
			_, err := client.DescribeServers(context.WithoutCancel(t.Context()), &sdk.DescribeServersInput{})
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
