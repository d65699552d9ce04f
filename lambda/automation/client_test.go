package automation_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"opsworks-maintenance/lambda/automation"
	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
)

const (
	node   = "i-0123456789abcdef0"
	onPrem = "mi-0123456789abcdef0"
	secret = "canary-5f2e9c" // no text may have it
)

// service is the simulator with two nodes, and a client for it that gives up on a call after 300 ms.
func service(t *testing.T) (*simulator.SSM, *automation.Client) {
	t.Helper()
	sim := simulator.NewSSM(simulator.SSMConfig{})
	for id, name := range map[string]string{node: "automate-06", onPrem: "puppet-01"} {
		if err := sim.AddNode(simulator.Node{ID: id, Tags: map[string]string{"maintenance-server": name}}); err != nil {
			t.Fatal(err)
		}
	}
	parameters := []simulator.RunbookParameter{{Name: "InstanceId"}, {Name: "Target"}, {Name: "Mode", AllowedValues: []string{"full", secret}}, {Name: "MajorUpgrade"}}
	for _, name := range []string{"Maintain", "Maintain-more"} {
		if err := sim.AddRunbook(name, 3, parameters, []string{"PreCheck", "Backup", "Restore"}); err != nil {
			t.Fatal(err)
		}
	}
	return sim, client(serve(t, sim), nil)
}

func serve(t *testing.T, sim *simulator.SSM) string {
	t.Helper()
	endpoint := httptest.NewServer(sim)
	t.Cleanup(endpoint.Close)
	t.Cleanup(sim.Close)
	return endpoint.URL
}

func client(url string, change func(map[string]automation.Server)) *automation.Client {
	servers := map[string]automation.Server{
		"automate-06": {TagKey: "maintenance-server", Runbook: "Maintain", Version: "2", Parameters: map[string][]string{"Mode": {secret}}, UpgradeParameter: "MajorUpgrade"},
		"puppet-01":   {TagKey: "maintenance-server", Runbook: "Maintain", Parameters: map[string][]string{"Target": {"{node}"}}},
	}
	if change != nil {
		change(servers)
	}
	return automation.New(aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(url),
		HTTPClient:   awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.ResponseHeaderTimeout = 300 * time.Millisecond }),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		}),
	}, servers)
}

// run is one of automate-06 that was claimed just now.
func run() maintenance.Run {
	return maintenance.Run{ID: "automate-06-20261128T230001-K7M2QX4RTA", ServerName: "automate-06", Node: node, Runbook: "Maintain", Claimed: time.Now()}
}

func describe(t *testing.T, c *automation.Client, name string) maintenance.Server {
	t.Helper()
	server, err := c.Describe(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// fails checks the reason of an error, and that it gives no secret away.
func fails(t *testing.T, err error, reason maintenance.Reason, says string) {
	t.Helper()
	if err == nil || maintenance.ReasonOf(err) != reason || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v, want %s and %q", err, reason, says)
	}
}

func TestClient_Describe(t *testing.T) {
	sim, c := service(t)
	if got := describe(t, c, "automate-06"); got.Node != node || got.Runbook != "Maintain" || got.Status != maintenance.Healthy || got.Backend != "ssm" {
		t.Errorf("got %+v", got)
	}
	if got := describe(t, c, "puppet-01"); got.Node != onPrem {
		t.Errorf("on premises: %+v", got)
	}
	_, err := c.Describe(t.Context(), "mail-01")
	fails(t, err, maintenance.NotFound, "no such server")
	sim.RemoveNode(onPrem)
	_, err = c.Describe(t.Context(), "puppet-01")
	fails(t, err, maintenance.NotFound, "no managed node has the tag maintenance-server=puppet-01, or the node is stopped, or its SSM Agent is silent")
	if err := sim.SetPing(node, "ConnectionLost"); err != nil {
		t.Fatal(err)
	}
	if got := describe(t, c, "automate-06"); got.Status != maintenance.ConnectionLost || !strings.Contains(got.StatusReason, "last answered at") {
		t.Errorf("its connection is lost: %+v", got)
	}
	sim.Inject(simulator.Fault{Operation: "DescribeInstanceInformation", Kind: simulator.Denied})
	_, err = c.Describe(t.Context(), "automate-06")
	fails(t, err, maintenance.Denied, "describe server automate-06")
}

// Several nodes are never guessed from, also when the list has pages.
func TestClient_DescribeAmbiguous(t *testing.T) {
	sim, c := service(t)
	for i := range 12 {
		id := "i-00000000000000" + string(rune('a'+i/10)) + "0" + string(rune('0'+i%10))
		if err := sim.AddNode(simulator.Node{ID: id, Tags: map[string]string{"maintenance-server": "automate-06"}}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.Describe(t.Context(), "automate-06")
	fails(t, err, maintenance.Ambiguous, "13 managed nodes have the tag maintenance-server=automate-06: i-00000000000000a00, ")
}

// A runbook that somebody started by hand counts, if it is this one on this node.
func TestClient_DescribeUnderMaintenance(t *testing.T) {
	sim, c := service(t)
	for _, other := range []struct{ runbook, node string }{{"Maintain", onPrem}, {"Maintain-more", node}} {
		if _, err := sim.StartByHand(other.runbook, map[string][]string{"InstanceId": {other.node}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := describe(t, c, "automate-06"); got.Status != maintenance.Healthy {
		t.Errorf("another's execution: %+v", got)
	}
	id, err := sim.StartByHand("Maintain", map[string][]string{"InstanceId": {node}})
	if err != nil {
		t.Fatal(err)
	}
	for range 11 { // the list has pages
		if _, err := sim.StartByHand("Maintain", map[string][]string{"InstanceId": {onPrem}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := describe(t, c, "automate-06"); got.Status != maintenance.UnderMaintenance || got.StatusReason != "execution "+id {
		t.Errorf("got %+v", got)
	}
	calls := len(sim.Calls())
	describe(t, c, "automate-06")
	if again := len(sim.Calls()) - calls; again > 3 {
		t.Errorf("%d calls: the parameters of executions are asked for again", again)
	}
	if err := sim.Complete(node); err != nil {
		t.Fatal(err)
	}
	if got := describe(t, c, "automate-06"); got.Status != maintenance.Healthy {
		t.Errorf("after it: %+v", got)
	}
}

func TestClient_Start(t *testing.T) {
	sim, c := service(t)
	server, id, err := c.Start(t.Context(), run(), describe(t, c, "automate-06"), []maintenance.EngineAttribute{{Name: "CHEF_MAJOR_UPGRADE", Value: "true"}})
	if err != nil || server.Status != maintenance.UnderMaintenance {
		t.Fatalf("%+v, %v", server, err)
	}
	e := sim.Executions(node)[0]
	if e.ID != id || e.Version != "2" || e.Parameters["InstanceId"][0] != node || e.Parameters["Mode"][0] != secret || e.Parameters["MajorUpgrade"][0] != "yes" {
		t.Errorf("started %+v", e)
	}
	if e.ClientToken != automation.Token(run().ID) {
		t.Errorf("token %s", e.ClientToken)
	}
	if _, _, err := c.Start(t.Context(), maintenance.Run{ID: "puppet-01-1"}, describe(t, c, "puppet-01"), nil); err != nil {
		t.Fatal(err)
	}
	if e := sim.Executions(onPrem)[0]; e.Version != "1" || e.Parameters["Target"][0] != onPrem || e.Parameters["InstanceId"] != nil {
		t.Errorf("started %+v", e)
	}
}

func TestToken(t *testing.T) {
	a, b := automation.Token("a"), automation.Token("b")
	if a == b || a != automation.Token("a") || !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(a) {
		t.Errorf("tokens %s and %s", a, b)
	}
}

func TestClient_StartRefused(t *testing.T) {
	for _, tt := range []struct {
		name       string
		attributes []maintenance.EngineAttribute
		sabotage   func(*simulator.SSM)
		change     func(map[string]automation.Server)
		reason     maintenance.Reason
		says       string
	}{
		{"an attribute nobody knows", []maintenance.EngineAttribute{{Name: "X", Value: secret}}, nil, nil, maintenance.InvalidRequest, "CHEF_MAJOR_UPGRADE is"},
		{"another value", []maintenance.EngineAttribute{{Name: "CHEF_MAJOR_UPGRADE", Value: secret}}, nil, nil, maintenance.InvalidRequest, "must be true"},
		{"no such runbook", nil, nil, func(s map[string]automation.Server) {
			s["automate-06"] = automation.Server{TagKey: "maintenance-server", Runbook: "Gone"}
		},
			maintenance.RunbookUnusable, "AutomationDefinitionNotFoundException"},
		{"no such version", nil, nil, func(s map[string]automation.Server) {
			s["automate-06"] = automation.Server{TagKey: "maintenance-server", Runbook: "Maintain", Version: "9"}
		}, maintenance.RunbookUnusable, "AutomationDefinitionVersionNotFoundException"},
		{"a value that is not allowed", nil, nil, func(s map[string]automation.Server) {
			s["automate-06"] = automation.Server{TagKey: "maintenance-server", Runbook: "Maintain", Parameters: map[string][]string{"Mode": {secret + "-2"}}}
		}, maintenance.RunbookUnusable, "InvalidAutomationExecutionParametersException"},
		{"as many as may be", nil, func(s *simulator.SSM) { s.LimitExecutions(0) }, nil, maintenance.Throttled, "AutomationExecutionLimitExceededException"},
		{"throttled for good", nil, func(s *simulator.SSM) {
			s.Inject(simulator.Fault{Operation: "StartAutomationExecution", Kind: simulator.Throttle})
		}, nil, maintenance.Throttled, "ThrottlingException"},
		{"denied", nil, func(s *simulator.SSM) {
			s.Inject(simulator.Fault{Operation: "StartAutomationExecution", Kind: simulator.Denied})
		}, nil, maintenance.Denied, "start the runbook Maintain on " + node},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sim := simulator.NewSSM(simulator.SSMConfig{})
			url := serve(t, sim)
			if err := sim.AddNode(simulator.Node{ID: node, Tags: map[string]string{"maintenance-server": "automate-06"}}); err != nil {
				t.Fatal(err)
			}
			if err := sim.AddRunbook("Maintain", 3, []simulator.RunbookParameter{{Name: "InstanceId"}, {Name: "Mode", AllowedValues: []string{"full", secret}}, {Name: "MajorUpgrade"}}, []string{"PreCheck"}); err != nil {
				t.Fatal(err)
			}
			c := client(url, tt.change)
			server := describe(t, c, "automate-06")
			if tt.sabotage != nil {
				tt.sabotage(sim)
			}
			_, _, err := c.Start(t.Context(), run(), server, tt.attributes)
			fails(t, err, tt.reason, tt.says)
			if n := sim.Started(node); n != 0 {
				t.Errorf("%d started", n)
			}
		})
	}
}

// Whatever becomes of the answer: at most one execution, found if there is one, and doubt if nobody can tell. Nothing rests on the token.
func TestClient_StartFaults(t *testing.T) {
	for _, refuse := range []bool{false, true} {
		for _, tt := range []struct {
			kind    simulator.Kind
			started int
			reason  maintenance.Reason
		}{
			{simulator.InternalFailure, 0, maintenance.StartUnconfirmed}, {simulator.Hang, 0, maintenance.StartUnconfirmed}, {simulator.Drop, 0, maintenance.StartUnconfirmed},
			{simulator.WorkThenInternalFailure, 1, ""}, {simulator.WorkThenHang, 1, ""}, {simulator.WorkThenDrop, 1, ""},
		} {
			sim, c := service(t)
			sim.RefuseReuse(refuse)
			server := describe(t, c, "automate-06")
			sim.Inject(simulator.Fault{Operation: "StartAutomationExecution", Kind: tt.kind, Times: 1})
			_, id, err := c.Start(t.Context(), run(), server, nil)
			if n := sim.Started(node); n != tt.started {
				t.Errorf("fault %d: %d started, want %d", tt.kind, n, tt.started)
			}
			switch {
			case tt.reason != "":
				fails(t, err, tt.reason, "")
			case err != nil || id != sim.Executions(node)[0].ID:
				t.Errorf("fault %d: %q, %v", tt.kind, id, err)
			}
			if starts := slices.DeleteFunc(sim.Calls(), func(c simulator.Call) bool { return c.Operation != "StartAutomationExecution" }); len(starts) != 1 {
				t.Errorf("fault %d: %d calls that start", tt.kind, len(starts))
			}
		}
	}
}
