package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// recorder stands between the function and the emulator, which lets everybody do everything, and notes what AWS would have asked the
// function's policy for: an action on a resource.
type recorder struct {
	*httptest.Server
	mu    sync.Mutex
	needs map[string]bool
}

func (d *deployment) record(t *testing.T) *recorder {
	t.Helper()
	to, err := url.Parse(d.URL)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{needs: map[string]bool{}}
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(to) }}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err == nil {
			err = r.note(request.Header.Get("X-Amz-Target"), body)
		}
		if err != nil {
			t.Errorf("a call that is not understood here: %v: %s", err, body)
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, request)
	}))
	t.Cleanup(r.Close)
	return r
}

// note reads a call of DynamoDB or SNS. A transaction needs what its parts need.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
func (r *recorder) note(target string, body []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	table, operation, ok := strings.Cut(target, ".")
	if !ok {
		form, err := url.ParseQuery(string(body))
		r.needs["sns:"+form.Get("Action")+" "+form.Get("TopicArn")] = true
		return err
	}
	if !strings.HasPrefix(table, "DynamoDB_") {
		return fmt.Errorf("target %s", target)
	}
	var in struct {
		TableName, IndexName string
		RequestItems         map[string]any
		TransactItems        []map[string]struct{ TableName string }
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return err
	}
	need := func(action, resource string) {
		r.needs["dynamodb:"+action+" arn:aws:dynamodb:"+region+":"+account+":table/"+resource] = true
	}
	switch {
	case in.TransactItems != nil:
		actions := map[string]string{"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
		for _, item := range in.TransactItems {
			for kind, part := range item {
				need(actions[kind], part.TableName)
			}
		}
	case in.RequestItems != nil:
		for name := range in.RequestItems {
			need(operation, name)
		}
	case in.IndexName != "":
		need(operation, in.TableName+"/index/"+in.IndexName)
	default:
		need(operation, in.TableName)
	}
	return nil
}

// permitted checks that the deployed policies of the function's role allow all that it did.
func (d *deployment) permitted(t *testing.T, f *function) {
	t.Helper()
	needs := slices.Sorted(maps.Keys(f.calls.needs))
	for _, call := range f.opsworksCM.Calls() {
		need := "opsworks-cm:" + call.Operation + " *" // a look at all servers
		if call.Server != "" {
			need = "opsworks-cm:" + call.Operation + " " + arn(t, "AWS::OpsWorksCM::Server", call.Server+"/some-id")
		}
		if !slices.Contains(needs, need) {
			needs = append(needs, need)
		}
	}
	for _, need := range f.nodes.needs() {
		if !slices.Contains(needs, need) {
			needs = append(needs, need)
		}
	}
	d.allows(t, d.stack.one(t, "AWS::Lambda::Function"), needs)
	if len(needs) < 5 {
		t.Error("that cannot be all")
	}
}

// allows checks that the deployed policies of a function's role allow what it needs.
func (d *deployment) allows(t *testing.T, function *resource, needs []string) {
	t.Helper()
	var allowed []string
	role := nameIn(fmt.Sprint(function.Properties["Role"]))
	for _, policy := range d.stack.of("AWS::IAM::Policy") {
		if !slices.Contains(list(policy.Properties["Roles"]), role) {
			continue
		}
		for _, s := range dig(policy.Properties, "PolicyDocument", "Statement").([]any) {
			for _, action := range list(dig(s, "Action")) {
				for _, on := range list(dig(s, "Resource")) {
					allowed = append(allowed, action+" "+on)
				}
			}
		}
	}
	for _, need := range needs {
		if !slices.ContainsFunc(allowed, func(may string) bool { return matches(may, need) }) {
			t.Errorf("the role of %s does not allow %s", function.Name, need)
		}
	}
	t.Logf("what %s did, and its role has to allow:\n  %s", function.Name, strings.Join(needs, "\n  "))
}

// matches reports whether a text is one that a pattern of IAM means: * is any number of characters, ? is one.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
func matches(pattern, text string) bool {
	form := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("^" + form + "$").MatchString(text)
}

// list is a value that may stand alone or in a list.
func list(value any) []string {
	all, ok := value.([]any)
	if !ok {
		all = []any{value}
	}
	texts := make([]string, len(all))
	for i, item := range all {
		texts[i] = fmt.Sprint(item)
	}
	return texts
}
