package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"opsworks-maintenance/lambda/local/runtimeapi"
	"opsworks-maintenance/lambda/settings"
)

func pageMust(t *testing.T, d *deployment, r *resource) {
	is(t, r, "customWidget-"+stackName, "FunctionName")
	is(t, r, "provided.al2023", "Runtime")
	is(t, r, "bootstrap", "Handler")
	is(t, r, []any{"arm64"}, "Architectures")
	is(t, r, nil, "DeadLetterConfig")
	is(t, r, "/aws/lambda/customWidget-"+stackName, "LoggingConfig", "LogGroup")
	is(t, r, map[string]any{
		settings.EnvMaxProcs: settings.MaxProcs, settings.EnvRunsTable: d.stack.one(t, "AWS::DynamoDB::Table").Name,
		settings.EnvOperators: arn(t, r.Type, stackName) + ":" + settings.OperatorsAlias,
	}, "Environment", "Variables")
	d.roleMust(t, r, "lambda.amazonaws.com", "Role")
	if got := d.stack.Outputs["PageFunction"]; got != r.Name {
		t.Errorf("output PageFunction is %s, want %s", got, r.Name)
	}
}

// look has the deployed page, with exactly the environment that was deployed, show what came of the maintenance of a server, to a payload
// of the console's; then a button of it asks the function.
func (d *deployment) look(t *testing.T, f *function, name string) {
	calls := d.record(t)
	page := d.startPage(t, calls.URL)
	shown := func(parameters string) string {
		result, err := page.Invoke(t.Context(), widgetPayload(parameters))
		if err != nil || result.Error != nil {
			t.Fatalf("the page failed: %v, %v", err, result.Error)
		}
		var html string
		if err := json.Unmarshal(result.Payload, &html); err != nil {
			t.Fatalf("the page answered %s: %v", result.Payload, err)
		}
		return html
	}
	fleet, server := shown(""), shown(fmt.Sprintf(`"server": %q, `, name))
	alias := arn(t, "AWS::Lambda::Function", stackName) + ":" + settings.OperatorsAlias
	plans := fmt.Sprintf(`{"plan":{"serverName":%q}}`, name)
	for _, want := range []string{">" + name + "</a>", "● succeeded", "endpoint='" + alias + "'", plans} {
		if !strings.Contains(fleet, want) {
			t.Errorf("the fleet has no %s: %s", want, fleet)
		}
	}
	for _, want := range []string{"Maintenance of " + name + " has succeeded.", "<b>cancelled</b>", "<form>"} {
		if !strings.Contains(server, want) {
			t.Errorf("the history has no %s: %s", want, server)
		}
	}
	t.Logf("the page shows %s in %d bytes, its history in %d", name, len(fleet), len(server))

	plan, err := f.InvokeAlias(t.Context(), settings.OperatorsAlias, widgetPayload(fmt.Sprintf(`"plan": {"serverName": %q}, `, name)))
	if err != nil || plan.Error != nil || !strings.HasPrefix(string(plan.Payload), `"\u003cp\u003e\u003cb\u003e`+name) {
		t.Errorf("to a button the function answered %s, %v", plan.Payload, err)
	}
	needs := slices.Sorted(maps.Keys(calls.needs))
	d.allows(t, d.stack.page(t), needs)
	if len(needs) != 3 && len(needs) != 4 {
		t.Errorf("the page needs %v", needs)
	}
}

// widgetPayload is what the console sends, with a widget's or a button's parameters before.
func widgetPayload(parameters string) []byte {
	return fmt.Appendf(nil, `{%s"widgetContext": {"dashboardName": %q, "widgetId": "widget-16", "accountId": %q, "locale": "en",
		"timezone": {"label": "UTC", "offsetISO": "+00:00", "offsetInMinutes": 0}, "period": 300, "isAutoPeriod": true,
		"timeRange": {"mode": "relative", "start": 1627236199729, "end": 1627322599729, "relativeStart": 86400012}, "theme": "light",
		"linkCharts": true, "title": "Fleet", "forms": {"all": {}}, "params": {}, "width": 588, "height": 369}}`, parameters, stackName, account)
}

// startPage lays out the page's code as Lambda does, with the binary for this machine in place of the one for Lambda's.
func (d *deployment) startPage(t *testing.T, endpoint string) *runtimeapi.Function {
	t.Helper()
	task := t.TempDir()
	binary, err := os.ReadFile(filepath.Join(root, "dist/local/page"))
	if err != nil {
		t.Fatalf("%v: make local builds it", err)
	}
	for file, content := range map[string][]byte{"bootstrap": binary, "settings.json": d.unzip(t, d.stack.page(t))["settings.json"].content} {
		if err := os.WriteFile(filepath.Join(task, file), content, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	deployed, err := d.lambda.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{
		FunctionName: aws.String(d.stack.Outputs["PageFunction"]),
	})
	if err != nil {
		t.Fatal(err)
	}
	environment := []string{
		"AWS_REGION=" + region, "AWS_ACCESS_KEY_ID=emulator", "AWS_SECRET_ACCESS_KEY=emulator", "AWS_SESSION_TOKEN=emulator",
		"AWS_LAMBDA_FUNCTION_NAME=" + *deployed.FunctionName, "LAMBDA_TASK_ROOT=" + task, "_HANDLER=" + *deployed.Handler,
		"AWS_ENDPOINT_URL=" + endpoint,
	}
	for name, value := range deployed.Environment.Variables {
		environment = append(environment, name+"="+value)
	}
	var log bytes.Buffer
	page := runtimeapi.New(runtimeapi.Config{
		Binary: filepath.Join(task, "bootstrap"), Env: environment, FunctionARN: *deployed.FunctionArn,
		Timeout: time.Duration(*deployed.Timeout) * time.Second, Output: &log,
	})
	t.Cleanup(func() {
		_ = page.Close()
		if t.Failed() {
			t.Logf("what the page wrote:\n%s", log.String())
		}
	})
	return page
}
