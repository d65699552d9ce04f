package check_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

func read(t *testing.T, document string) check.Document {
	t.Helper()
	whole, err := check.Read([]byte(document), time.Time{})
	if err != nil {
		t.Fatalf("Read:\n%v\nof %s", err, document)
	}
	return whole
}

// Left out, all is as CDK and the stack have it; given, the function's settings are the same as without.
func TestRead_Deployment(t *testing.T) {
	if got, want := read(t, withServer("")).Deployment, (check.Deployment{Name: "opsworks-maintenance"}); !reflect.DeepEqual(got, want) {
		t.Errorf("by default %+v, want %+v", got, want)
	}
	document, err := os.ReadFile(filepath.Join("testdata", "everything.json"))
	if err != nil {
		t.Fatal(err)
	}
	whole := read(t, string(document))
	if want := (check.Deployment{
		Name: "night-shift", Memory: 256, LogRetentionDays: 30, RolePath: "/service/maintenance/", TerminationProtection: true,
		Key:     "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
		Subnets: []string{"subnet-0123456789abcdef0", "subnet-01234567"}, SecurityGroups: []string{"sg-0123456789abcdef0"},
		Proxy: "http://proxy.example.com:3128", NoProxy: []string{".amazonaws.com", "10.0.0.0/8"},
	}); !reflect.DeepEqual(whole.Deployment, want) {
		t.Errorf("deployment = %+v\nwant %+v", whole.Deployment, want)
	}
	loaded, err := settings.Encode(whole.Settings)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"night-shift", "proxy", "kms", "subnet", "/service/"} {
		if strings.Contains(string(loaded), secret) {
			t.Errorf("the function is given %s: %s", secret, loaded)
		}
	}
}
