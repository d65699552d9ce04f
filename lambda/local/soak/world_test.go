package soak

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	minidyn "github.com/truora/minidyn/server"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/settings"
)

const topicARN = "arn:aws:sns:" + machine.Region + ":" + machine.Account + ":maintenance"

// world is what the function calls: both simulators, DynamoDB, and an SNS that counts. Package machine would do, but its SNS signs
// every message and keeps it, which takes longer than the function does.
type world struct {
	t        testing.TB
	opsworks *simulator.OpsWorksCM
	env      []string

	mu     sync.Mutex // of what changes while the function may be calling
	ssm    *simulator.SSM
	tables http.Handler
	said   []string // outcome and reason of each message since it was last taken
	ended  [][]byte // completion events that nobody has delivered yet

	nodes map[string]string // by server
	begun map[string]int    // in the simulators of Systems Manager that are gone
}

func newWorld(t testing.TB, document []byte) *world {
	t.Helper()
	w := &world{t: t, opsworks: simulator.NewOpsWorksCM(simulator.Config{Region: machine.Region, Account: machine.Account}),
		nodes: map[string]string{}, begun: map[string]int{}}
	doc, err := settings.Parse(document)
	must(t, err)
	for i, server := range doc.Servers {
		if server.Backend == settings.BackendSSM {
			w.nodes[server.Name] = fmt.Sprintf("i-%017x", i+1)
			continue
		}
		must(t, w.opsworks.AddServer(simulator.Server{Name: server.Name, MaintenanceStatus: "FAILED"}))
	}
	w.newSSM()
	w.empty(func(string, map[string]types.AttributeValue) bool { return true })
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	t.Cleanup(w.opsworks.Close)
	file := filepath.Join(t.TempDir(), "settings.json")
	must(t, os.WriteFile(file, document, 0o600))
	w.env = []string{
		"AWS_REGION=" + machine.Region, "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_ENDPOINT_URL=" + server.URL,
		"AWS_LAMBDA_FUNCTION_NAME=" + machine.FunctionName, settings.EnvSettingsFile + "=" + file, settings.EnvRunsTable + "=" + machine.TableName,
		settings.EnvMaxProcs + "=" + settings.MaxProcs,
		settings.EnvTopicARN + "=" + topicARN,
	}
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newSSM replaces the simulator, which keeps its executions and looks through all of them at every call. None may be under way.
func (w *world) newSSM() {
	fresh := simulator.NewSSM(simulator.SSMConfig{Region: machine.Region, Account: machine.Account, OnEvent: func(event []byte) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ended = append(w.ended, event)
	}})
	must(w.t, fresh.AddRunbook("Maintain", 1, []simulator.RunbookParameter{{Name: "InstanceId"}}, []string{"Maintain"}))
	for server, node := range w.nodes {
		if w.ssm != nil {
			w.begun[server] += w.ssm.Started(node)
		}
		must(w.t, fresh.AddNode(simulator.Node{ID: node, Tags: map[string]string{settings.DefaultTagKey: server}}))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ssm = fresh
}

// started is how many maintenances really began.
func (w *world) started(server string) int {
	if node, ok := w.nodes[server]; ok {
		return w.begun[server] + w.ssm.Started(node)
	}
	return w.opsworks.Started(server)
}

// complete ends the maintenance of a server.
func (w *world) complete(server string, well bool) {
	if node, ok := w.nodes[server]; ok {
		why := ""
		if !well {
			why = "no space left on device"
		}
		w.ssm.FailStep(node, "Maintain", why)
		must(w.t, w.ssm.Complete(node))
		return
	}
	must(w.t, w.opsworks.FailMaintenance(server, !well))
	must(w.t, w.opsworks.Complete(server))
}

// empty replaces the table by one with only those items that are kept, as TTL would in the course of time: the emulator copies its
// table for every transaction.
func (w *world) empty(keep func(key string, item map[string]types.AttributeValue) bool) {
	w.t.Helper()
	ctx, tables := context.Background(), minidyn.NewServer()
	_, err := api(tables).CreateTable(ctx, ledger.Schema(machine.TableName))
	must(w.t, err)
	if w.tables != nil {
		pages := dynamodb.NewScanPaginator(api(w.tables), &dynamodb.ScanInput{TableName: aws.String(machine.TableName)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			must(w.t, err)
			for _, item := range page.Items {
				if !keep(item["pk"].(*types.AttributeValueMemberS).Value, item) {
					continue
				}
				_, err := api(tables).PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(machine.TableName), Item: item})
				must(w.t, err)
			}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tables = tables
}

// api calls a table in this process, without a network.
func api(tables http.Handler) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: machine.Region, HTTPClient: direct{tables}, BaseEndpoint: aws.String("http://tables"),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		})})
}

type direct struct{ http.Handler }

func (d direct) Do(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	d.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

func (w *world) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	ssm, tables := w.ssm, w.tables
	w.mu.Unlock()
	switch target := r.Header.Get("X-Amz-Target"); {
	case strings.HasPrefix(target, "OpsWorksCM_"):
		w.opsworks.ServeHTTP(out, r)
	case strings.HasPrefix(target, "AmazonSSM."):
		ssm.ServeHTTP(out, r)
	case strings.HasPrefix(target, "DynamoDB_"):
		tables.ServeHTTP(out, r)
	default:
		w.sns(out, r)
	}
}

// sns notes what a message is about by its attributes, which come in the query protocol.
func (w *world) sns(out http.ResponseWriter, r *http.Request) {
	attributes := map[string]string{}
	for i := 1; ; i++ {
		entry := fmt.Sprintf("MessageAttributes.entry.%d.", i)
		name := r.PostFormValue(entry + "Name")
		if name == "" {
			break
		}
		attributes[name] = r.PostFormValue(entry + "Value.StringValue")
	}
	if r.PostFormValue("Action") != "Publish" || r.PostFormValue("TopicArn") != topicARN || attributes["outcome"] == "" {
		http.Error(out, "not a message for "+topicARN, http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	w.said = append(w.said, strings.TrimSpace(attributes["outcome"]+" "+attributes["reason"]))
	w.mu.Unlock()
	out.Header().Set("Content-Type", "text/xml")
	_, _ = fmt.Fprint(out, `<PublishResponse><PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult></PublishResponse>`)
}

// take returns what has been said since it was called last.
func (w *world) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	said := w.said
	w.said = nil
	return said
}
