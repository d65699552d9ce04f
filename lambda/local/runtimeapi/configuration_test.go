package runtimeapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"opsworks-maintenance/lambda/local/runtimeapi"
)

// GetFunctionConfiguration shows the function's environment, and no other function.
func TestFunction_Configuration(t *testing.T) {
	const arn = "arn:aws:lambda:us-east-1:123456789012:function:opsworks-maintenance"
	f := runtimeapi.New(runtimeapi.Config{FunctionARN: arn, Env: []string{"TOPIC_ARN=arn:a=b", "EMPTY="}})
	defer func() { _ = f.Close() }()
	ask := func(name string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		f.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/2015-03-31/functions/"+name+"/configuration", nil))
		return w
	}
	var got struct {
		FunctionName, FunctionArn string
		Environment               struct{ Variables map[string]string }
	}
	w := ask("opsworks-maintenance")
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	v := got.Environment.Variables
	if w.Code != http.StatusOK || got.FunctionName != "opsworks-maintenance" || got.FunctionArn != arn || len(v) != 2 ||
		v["TOPIC_ARN"] != "arn:a=b" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask("other"); w.Code != http.StatusNotFound {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
