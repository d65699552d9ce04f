package automation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"opsworks-maintenance/lambda/automation"
	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/maintenance"
)

// TestMain lets more tests run at once than there are processors: they wait for timeouts.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

const (
	chefNode   = "i-0123456789abcdef0"
	puppetNode = "mi-0123456789abcdef0"
	oursNode   = "i-0123456789abcdef1"
	strayNode  = "i-0fedcba9876543210"
	secret     = "secret-7f3a"

	startCall = "StartAutomationExecution"
	listCall  = "DescribeAutomationExecutions"
	getCall   = "GetAutomationExecution"
	nodesCall = "DescribeInstanceInformation"
)

// servers are a server on EC2 whose runbook has parameters, and one on premises whose runbook takes the node by another name.
var servers = map[string]automation.Server{
	"automate-06": {TagKey: "maintenance-server", Runbook: "maintain-chef", Version: "2", UpgradeParameter: "MajorUpgrade",
		PublicParameters: []string{"Region"},
		Parameters:       map[string][]string{"Token": {secret}, "Packages": {"first-package", "second-package"}}},
	"ours-01":   {TagKey: "maintenance-server", Runbook: "ours", TakesRunID: true},
	"puppet-01": {TagKey: "maintenance-server", Runbook: "maintain-puppet", Parameters: map[string][]string{"Nodes": {"{node}"}}},
	"by-arn":    {TagKey: "maintenance-server", Runbook: "arn:aws:ssm:us-east-1:123456789012:document/maintain-chef"},
	"open":      {TagKey: "maintenance-server", Runbook: "maintain-chef", Calendars: []string{"always"}},
	"closed":    {TagKey: "maintenance-server", Runbook: "maintain-chef", Calendars: []string{"always", "frozen"}},
	"forever":   {TagKey: "maintenance-server", Runbook: "maintain-chef", Calendars: []string{"forever"}},
	"broken":    {TagKey: "maintenance-server", Runbook: "maintain-chef", Calendars: []string{"always", "broken"}},
}

// service is the simulator with the nodes and runbooks of the servers, and a client for it.
func service(t *testing.T) (*ssm.Service, *automation.Client) {
	t.Helper()
	sim := newSimulator(t)
	return sim, serve(t, sim, sim.Close)
}

// serviceUnder is service for a client that meets a fault: it gives up soon on a call that hangs.
func serviceUnder(t *testing.T, kind simulator.Kind) (*ssm.Service, *automation.Client) {
	t.Helper()
	sim := newSimulator(t)
	return sim, serveUnder(t, kind, sim, sim.Close)
}

func serveUnder(t *testing.T, kind simulator.Kind, handler http.Handler, release func()) *automation.Client {
	t.Helper()
	endpoint := httptest.NewServer(handler)
	t.Cleanup(endpoint.Close)
	t.Cleanup(release)
	timeout := time.Minute
	if kind == simulator.Hang || kind == simulator.WorkThenHang {
		timeout = 300 * time.Millisecond
	}
	return clientAt(endpoint.URL, time.Now, timeout)
}

// serviceAt is service for a client whose clock is the one given.
func serviceAt(t *testing.T, now func() time.Time) (*ssm.Service, *automation.Client) {
	t.Helper()
	sim := newSimulator(t)
	endpoint := httptest.NewServer(sim)
	t.Cleanup(endpoint.Close)
	t.Cleanup(sim.Close)
	return sim, clientAt(endpoint.URL, now, time.Hour)
}

func newSimulator(t *testing.T) *ssm.Service {
	t.Helper()
	sim := ssm.New(ssm.Config{})
	furnish(t, sim)
	return sim
}

// furnish gives a service the nodes and runbooks of the servers.
func furnish(t *testing.T, sim *ssm.Service) {
	t.Helper()
	addNode(t, sim, ssm.Node{ID: chefNode}, "automate-06")
	addNode(t, sim, ssm.Node{ID: puppetNode, Name: "rack 7"}, "puppet-01")
	addNode(t, sim, ssm.Node{ID: oursNode}, "ours-01")
	parameters := []ssm.RunbookParameter{
		{Name: "InstanceId"}, {Name: "Nodes"}, {Name: "Token"}, {Name: "Packages"}, {Name: "MajorUpgrade", AllowedValues: []string{"yes", "no"}}}
	for _, name := range []string{"maintain-chef", "maintain-chef-2", "maintain-puppet"} {
		if err := sim.AddRunbook(name, 2, parameters, []string{"backup", "patch", "check"}); err != nil {
			t.Fatal(err)
		}
	}
	ours := []ssm.RunbookParameter{{Name: "InstanceId", Required: true}, {Name: "RunId"}}
	do(t, sim.AddRunbookOf("ours", 1, ours, ssm.Always("Backup", "Patch", "Restore")))
}

func addNode(t *testing.T, sim *ssm.Service, node ssm.Node, serverName string) {
	t.Helper()
	node.Tags = map[string]string{"maintenance-server": serverName}
	if err := sim.AddNode(node); err != nil {
		t.Fatal(err)
	}
}

// serve puts a handler behind HTTP; release ends what hangs in it.
func serve(t *testing.T, handler http.Handler, release func()) *automation.Client {
	t.Helper()
	return serveUnder(t, 0, handler, release)
}

func client(url string) *automation.Client { return clientAt(url, time.Now, time.Minute) }

func clientAt(url string, now func() time.Time, timeout time.Duration) *automation.Client {
	return automation.New(configuration(url, awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.ResponseHeaderTimeout = timeout
	})), servers, now)
}

// inMemory is a client that reaches a handler without a socket, so that it can live in virtual time.
func inMemory(handler http.Handler) *automation.Client {
	return automation.New(configuration("http://ssm.invalid", doer{handler}), servers, time.Now)
}

type doer struct{ http.Handler }

func (d doer) Do(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	r.URL.Path = "/"
	d.ServeHTTP(answer, r)
	if err := r.Context().Err(); err != nil {
		return nil, err // as a real one whose caller has left
	}
	return answer.Result(), nil
}

func configuration(url string, client aws.HTTPClient) aws.Config {
	return aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(url),
		Retryer: func() aws.Retryer { // as often as always, without the pauses
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
		HTTPClient: client,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		}),
	}
}

// scripted is a service that answers as a function says: a status and a body, by operation and request. What the simulator would
// never say is said by this one.
func scripted(t *testing.T, answer func(operation string, request map[string]any) (int, string)) *automation.Client {
	t.Helper()
	return serve(t, script(t, answer), func() {})
}

func script(t *testing.T, answer func(operation string, request map[string]any) (int, string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		var request map[string]any
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			t.Errorf("%s: %v", operation, err)
		}
		status, body := answer(operation, request)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// forgetful is a service that has never heard of client tokens.
type forgetful struct{ http.Handler }

func (f forgetful) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var request map[string]any
	if json.Unmarshal(body, &request) == nil {
		delete(request, "ClientToken")
		body, _ = json.Marshal(request)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	f.Handler.ServeHTTP(w, r)
}

// calls are the operations that were called, in order.
func calls(sim *ssm.Service) []string {
	names := []string{}
	for _, call := range sim.Calls() {
		names = append(names, call.Operation)
	}
	return names
}

func times(sim *ssm.Service, operation string) int {
	return len(slices.DeleteFunc(calls(sim), func(name string) bool { return name != operation }))
}

// byHand starts a runbook as somebody else would.
func byHand(t *testing.T, sim *ssm.Service, runbook, node string) ssm.Execution {
	t.Helper()
	return byHandWith(t, sim, runbook, map[string][]string{"InstanceId": {node}})
}

func byHandWith(t *testing.T, sim *ssm.Service, runbook string, parameters map[string][]string) ssm.Execution {
	t.Helper()
	id, err := sim.StartByHand(runbook, parameters)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range sim.Executions("") {
		if e.ID == id {
			return e
		}
	}
	t.Fatalf("no execution %s", id)
	return ssm.Execution{}
}

// mustFail checks an error's reason and words.
func mustFail(t *testing.T, err error, reason maintenance.Reason, words ...string) {
	t.Helper()
	if err == nil || maintenance.ReasonOf(err) != reason {
		t.Errorf("got %v, want %s", err, reason)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q is not in %v", word, err)
		}
	}
}

// claimed is a run of automate-06, claimed now.
func claimed() maintenance.Run { return claimedFor(chef) }

// claimedFor is a run of a server as a look showed it, claimed now.
func claimedFor(server maintenance.Server) maintenance.Run {
	now := time.Now()
	return maintenance.Run{ID: server.Name + "-1", ServerName: server.Name, Backend: "ssm", State: maintenance.RunStarting,
		Attempt: maintenance.Attempt{ID: server.Name + "-a1", Claimed: now, Ends: now.Add(time.Minute), ServerAtDecision: server}}
}

// chef and ours are servers as Look shows them.
var (
	chef = maintenance.Server{Name: "automate-06", Backend: "ssm", Status: maintenance.StatusHealthy, Node: chefNode, Runbook: "maintain-chef"}
	ours = maintenance.Server{Name: "ours-01", Backend: "ssm", Status: maintenance.StatusHealthy, Node: oursNode, Runbook: "ours"}
)

// running is a run of automate-06 that was started.
func running(t *testing.T, c *automation.Client) maintenance.Run { return runningOn(t, c, chef) }

func runningOn(t *testing.T, c *automation.Client, server maintenance.Server) maintenance.Run {
	t.Helper()
	run := claimedFor(server)
	answer := c.Start(t.Context(), run, server, nil)
	if answer.Err != nil || answer.Reference == "" {
		t.Fatalf("started %+v", answer)
	}
	run.Reference = answer.Reference
	return run
}

func jsonOf(v any) string {
	text, _ := json.Marshal(v) // numbers, texts, lists and maps: cannot fail
	return string(text)
}

// do fails the test on an error.
func do(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// one is the only execution of a sighting that could be read.
func one(t *testing.T, s maintenance.Sighting) maintenance.Execution {
	t.Helper()
	if s.ExecutionsErr != nil || len(s.Executions) != 1 {
		t.Fatalf("seen %+v", s)
	}
	return s.Executions[0]
}

// failing is a service whose calls of an operation all go wrong.
func failing(operation string, kind simulator.Kind) func(*testing.T, *ssm.Service) {
	return func(_ *testing.T, sim *ssm.Service) { inject(sim, operation, kind) }
}

func inject(sim *ssm.Service, operation string, kind simulator.Kind) {
	sim.Inject(simulator.Fault{Operation: operation, Kind: kind})
}
