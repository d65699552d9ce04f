package opsworkscm_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/local/simulator/opsworkscm"
	"opsworks-maintenance/lambda/local/simulator/simulatortest"
)

// capture is a request as a stock client sent it, with the signature cut out, and the status that client was given.
type capture struct {
	Request struct {
		Method, Path, Body string
		Headers            map[string]string
	}
	Answer struct{ Status int }
}

// TestService_Replay sends what AWS CLI 2.9, boto3 1.26, the Go SDK and the JavaScript SDK were seen to send.
func TestService_Replay(t *testing.T) {
	files, err := filepath.Glob("../../../../testdata/opsworkscm/*.json")
	must(t, err)
	if len(files) < 16 {
		t.Fatalf("only %d captures: four clients with four operations were captured", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			must(t, err)
			var seen capture
			must(t, json.Unmarshal(raw, &seen))
			_, operation, _ := strings.Cut(seen.Request.Headers["X-Amz-Target"], ".")

			service := opsworkscm.New(opsworkscm.Config{})
			add(t, service, opsworkscm.Server{Name: "automate-06", MaintenanceStatus: "SUCCESS"})
			first := replay(service, seen)
			first.Status(t, seen.Answer.Status)
			first.Has(t, map[string]string{
				"DescribeAccountAttributes": `{"Attributes":[{"Name":"ServerLimit"`,
				"DescribeEvents":            `{"ServerEvents":[{"CreatedAt":`,
				"DescribeServers":           `{"Servers":[{`,
				"StartMaintenance":          `"Status":"UNDER_MAINTENANCE"`,
			}[operation])
			if operation == "StartMaintenance" {
				replay(service, seen).Has(t, "InvalidStateException")
			}
			if operation != "DescribeAccountAttributes" {
				replay(opsworkscm.New(opsworkscm.Config{}), seen).Has(t, "ResourceNotFoundException")
			}
		})
	}
}

func replay(service http.Handler, seen capture) simulatortest.Answer {
	r := httptest.NewRequest(seen.Request.Method, seen.Request.Path, strings.NewReader(seen.Request.Body))
	for name, value := range seen.Request.Headers {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	service.ServeHTTP(w, r)
	return simulatortest.Answer{ResponseRecorder: w}
}
