package opsworkscm_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/local/simulator/opsworkscm"
	"opsworks-maintenance/lambda/local/simulator/simulatortest"
)

func TestService_AddServer(t *testing.T) {
	for name, test := range map[string]struct {
		server opsworkscm.Server
		fault  string
	}{
		"a name alone is enough":           {opsworkscm.Server{Name: "automate-06"}, ""},
		"a Puppet server":                  {opsworkscm.Server{Name: "puppet-01", Engine: "Puppet"}, ""},
		"a name the service would refuse":  {opsworkscm.Server{Name: "6-automate"}, "is no server name"},
		"a name that is too long":          {opsworkscm.Server{Name: strings.Repeat("a", 41)}, "is no server name"},
		"an engine that does not exist":    {opsworkscm.Server{Name: "a", Engine: "Salt"}, "neither ChefAutomate nor Puppet"},
		"a status that does not exist":     {opsworkscm.Server{Name: "a", Status: "FINE"}, "no server status"},
		"a result that does not exist":     {opsworkscm.Server{Name: "a", MaintenanceStatus: "DONE"}, "no maintenance status"},
		"a server that was there already":  {opsworkscm.Server{Name: "taken"}, "exists already"},
		"several faults are told together": {opsworkscm.Server{Name: "?", Status: "FINE"}, "no server name\nno server status"},
	} {
		t.Run(name, func(t *testing.T) {
			service := opsworkscm.New(opsworkscm.Config{})
			if err := service.AddServer(opsworkscm.Server{Name: "taken"}); err != nil {
				t.Fatal(err)
			}
			err := service.AddServer(test.server)
			switch {
			case test.fault == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.fault != "" && (err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "\"?\" is ", ""), test.fault)):
				t.Errorf("got %v, want an error with %q", err, test.fault)
			}
		})
	}
}

func TestService_LifeCycle(t *testing.T) {
	for name, test := range map[string]struct {
		fail           bool
		status, result string
		reason         string
		event          string
	}{
		"a maintenance that succeeds": {status: "HEALTHY", result: "SUCCESS", event: "Maintenance completed successfully"},
		"a maintenance that fails":    {fail: true, status: "UNHEALTHY", result: "FAILED", reason: "sts:AssumeRole", event: "Maintenance failed"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen []string
				service := opsworkscm.New(opsworkscm.Config{
					MaintenanceTime: time.Hour,
					OnTransition: func(c opsworkscm.Transition) {
						seen = append(seen, c.From+">"+c.To+" "+c.MaintenanceStatus)
					},
				})
				defer service.Close()
				add(t, service, opsworkscm.Server{Name: "automate-06", Status: "UNHEALTHY", MaintenanceStatus: "FAILED"})
				must(t, service.FailMaintenance("automate-06", test.fail))

				started := ask(t, service, "StartMaintenance", `{"ServerName":"automate-06"}`)
				started.Status(t, 200)
				started.Has(t, `"Status":"UNDER_MAINTENANCE"`, `"MaintenanceStatus":"FAILED"`)

				time.Sleep(time.Hour - time.Nanosecond)
				ask(t, service, "DescribeServers", `{}`).Has(t, `"Status":"UNDER_MAINTENANCE"`)
				time.Sleep(time.Nanosecond)
				synctest.Wait()

				ask(t, service, "DescribeServers", `{}`).
					Has(t, `"Status":"`+test.status+`"`, `"MaintenanceStatus":"`+test.result+`"`, test.reason)
				events := ask(t, service, "DescribeEvents", `{"ServerName":"automate-06","MaxResults":1}`)
				events.Has(t, `"Message":"`+test.event+`"`)
				want := []string{"UNHEALTHY>UNDER_MAINTENANCE FAILED", "UNDER_MAINTENANCE>" + test.status + " " + test.result}
				if !reflect.DeepEqual(seen, want) {
					t.Errorf("transitions %q, want %q", seen, want)
				}
				if service.Started("automate-06") != 1 {
					t.Errorf("%d maintenances began", service.Started("automate-06"))
				}
			})
		})
	}
}

func TestService_Complete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := opsworkscm.New(opsworkscm.Config{MaintenanceTime: time.Hour})
		add(t, service, opsworkscm.Server{Name: "automate-06"})

		ask(t, service, "StartMaintenance", `{"ServerName":"automate-06"}`).Status(t, 200)
		must(t, service.Complete("automate-06"))
		ask(t, service, "DescribeServers", `{}`).Has(t, `"Status":"HEALTHY"`)

		// The timer of the run that was completed must not end the next one.
		time.Sleep(30 * time.Minute)
		ask(t, service, "StartMaintenance", `{"ServerName":"automate-06"}`).Status(t, 200)
		time.Sleep(45 * time.Minute)
		ask(t, service, "DescribeServers", `{}`).Has(t, `"Status":"UNDER_MAINTENANCE"`)

		service.Close()
		service.Close()
		time.Sleep(time.Hour)
		ask(t, service, "DescribeServers", `{}`).Has(t, `"Status":"UNDER_MAINTENANCE"`)
		must(t, service.Complete("automate-06"))
		must(t, service.Complete("automate-06")) // nothing to complete
		ask(t, service, "DescribeServers", `{}`).Has(t, `"Status":"HEALTHY"`)
	})
}

func TestService_SetStatus(t *testing.T) {
	service := newService(t)
	for _, status := range []string{
		"BACKING_UP", "CONNECTION_LOST", "CREATING", "DELETING", "MODIFYING", "FAILED", "RUNNING", "RESTORING", "SETUP",
		"UNDER_MAINTENANCE", "TERMINATED",
	} {
		must(t, service.SetStatus("automate-06", status))
		answer := ask(t, service, "StartMaintenance", `{"ServerName":"automate-06"}`)
		answer.Status(t, 400)
		answer.Has(t, `"__type":"InvalidStateException"`, status)
	}
	if service.Started("automate-06") != 0 {
		t.Error("a maintenance began in a state it may not begin in")
	}
	if service.SetStatus("automate-06", "FINE") == nil || service.SetStatus("nobody", "HEALTHY") == nil ||
		service.Complete("nobody") == nil || service.FailMaintenance("nobody", true) == nil {
		t.Error("an unknown status or server was accepted")
	}
}

func TestService_OnTransition(t *testing.T) {
	t.Run("may call the simulator", func(t *testing.T) {
		var service *opsworkscm.Service
		var seen []string
		service = opsworkscm.New(opsworkscm.Config{OnTransition: func(c opsworkscm.Transition) {
			if c.To == "UNDER_MAINTENANCE" {
				must(t, service.Complete(c.Server))
			}
			seen = append(seen, c.To)
		}})
		add(t, service, opsworkscm.Server{Name: "automate-06"})
		ask(t, service, "StartMaintenance", `{"ServerName":"automate-06"}`).Has(t, `"Status":"UNDER_MAINTENANCE"`)
		if want := []string{"UNDER_MAINTENANCE", "HEALTHY"}; !reflect.DeepEqual(seen, want) {
			t.Errorf("transitions %q, want %q", seen, want)
		}
	})
}

func TestService_Calls(t *testing.T) {
	service := newService(t)
	ask(t, service, "StartMaintenance",
		`{"ServerName":"automate-06","EngineAttributes":[{"Name":"CHEF_MAJOR_UPGRADE","Value":"hunter2"}]}`).Status(t, 400)
	ask(t, service, "DescribeServers", `{}`).Status(t, 200)
	ask(t, service, "CreateBackup", `{"ServerName":"automate-06"}`).Status(t, 400)

	calls := service.Calls()
	for i := range calls {
		if calls[i].At.IsZero() {
			t.Errorf("call %d has no time", i)
		}
		calls[i].At = time.Time{}
	}
	want := []simulator.Call{
		{Operation: "StartMaintenance", Server: "automate-06", Attributes: []string{"CHEF_MAJOR_UPGRADE"}, Status: 400},
		{Operation: "DescribeServers", Status: 200},
		{Operation: "CreateBackup", Status: 400},
	}
	if !reflect.DeepEqual(calls, want) {
		t.Errorf("calls %+v\nwant  %+v", calls, want)
	}
}

const authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20240301/us-east-1/opsworks-cm/aws4_request, " +
	"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=00"

// newService has one Chef and one Puppet server whose maintenance lasts until it is completed.
func newService(t *testing.T) *opsworkscm.Service {
	t.Helper()
	service := opsworkscm.New(opsworkscm.Config{})
	t.Cleanup(service.Close)
	add(t, service, opsworkscm.Server{Name: "automate-06"})
	add(t, service, opsworkscm.Server{Name: "puppet-01", Engine: "Puppet"})
	return service
}

func add(t *testing.T, service *opsworkscm.Service, server opsworkscm.Server) {
	t.Helper()
	must(t, service.AddServer(server))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ask sends one well-signed call straight to the handler.
func ask(t *testing.T, service http.Handler, operation, body string) simulatortest.Answer {
	t.Helper()
	return simulatortest.Send(service, http.MethodPost, "/", "OpsWorksCM_V2016_11_01."+operation, authorization, body)
}
