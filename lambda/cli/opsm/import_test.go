package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The nodes are found page by page, each by the last part of its ARN.
func TestImport_Nodes(t *testing.T) {
	var asked []string
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, r.Header.Get("X-Amz-Target")+" "+string(body))
		if strings.Contains(string(body), `"PaginationToken":"more"`) {
			_, _ = io.WriteString(w, `{"ResourceTagMappingList": [
				{"ResourceARN": "arn:aws:ssm:us-east-1:123456789012:managed-instance/mi-0123456789abcdef0",
				"Tags": [{"Key": "Name", "Value": "x"}, {"Key": "server", "Value": "puppet-02"}]}]}`)
			return
		}
		_, _ = io.WriteString(w, `{"PaginationToken": "more", "ResourceTagMappingList": [
			{"ResourceARN": "arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0", "Tags": [{"Key": "server", "Value": "puppet-01"}]}]}`)
	}))
	defer service.Close()
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"import", "-nodes", "-runbook", "puppet-server", "-tag-key", "server", "-endpoint", service.URL},
		screen{out: &out, err: &errs})
	for _, want := range []string{`"puppet-01"`, `"puppet-02"`, `"puppet-server"`, `"server"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the document lacks %s:\n%s", want, &out)
		}
	}
	if code != 0 || !strings.Contains(errs.String(), "BackupTo") {
		t.Errorf("exit code %d, %s", code, &errs)
	}
	if len(asked) != 2 || !strings.Contains(asked[0], `"Key":"server"`) || !strings.Contains(asked[0], "GetResources") {
		t.Errorf("asked %q", asked)
	}
}
