package function_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/function"
)

func TestNew(t *testing.T) {
	path := function.ResolvedFile(t, "../../testdata/settings.json")
	good := map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_LAMBDA_FUNCTION_NAME": "maintenance-eu",
		"TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:maintenance", "SETTINGS_FILE": path, "RUNS_TABLE": "runs",
	}
	wired := func(change map[string]string) (*function.Handler, error) {
		handler, err := function.New(func(name string) string {
			if value, ok := change[name]; ok {
				return value
			}
			return good[name]
		}, slog.New(slog.DiscardHandler), &bytes.Buffer{})
		return handler, err
	}
	handler, err := wired(nil)
	if err != nil {
		t.Fatal(err)
	}
	if handler.Name != "maintenance-eu" || len(handler.Settings.Servers) == 0 || handler.Runner == nil {
		t.Errorf("got %+v", handler)
	}
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(`{"servers": [{"name": "-", "backend": "opsworks-cm"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change map[string]string
		want   []string
	}{
		{"ErrTable", map[string]string{"RUNS_TABLE": ""}, []string{"RUNS_TABLE"}},
		{"ErrTopic", map[string]string{"TOPIC_ARN": ""}, []string{"TOPIC_ARN"}},
		{"ErrNoSettings", map[string]string{"SETTINGS_FILE": path + "x"}, []string{"read settings", "no such file"}},
		{"ErrNoSettings beside the binary", map[string]string{"SETTINGS_FILE": ""}, []string{"settings.json: no such file"}},
		{"ErrBrokenSettings", map[string]string{"SETTINGS_FILE": broken}, []string{"read settings " + broken, "version 0"}},
		{"ErrRunbook", map[string]string{"SETTINGS_FILE": function.ResolvedFile(t, "../../testdata/settings-ssm.json")},
			[]string{"CHEF_AUTOMATE_RUNBOOK is not set"}},
		{"ErrAWS", map[string]string{"AWS_REGION": "", "AWS_ACCESS_KEY_ID": ""}, []string{"AWS_REGION is not set",
			"AWS_ACCESS_KEY_ID is not set"}},
		{"ErrEverything at once", map[string]string{"TOPIC_ARN": "x", "SETTINGS_FILE": broken, "AWS_REGION": ""},
			[]string{"TOPIC_ARN", "version 0", "AWS_REGION"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := wired(tt.change)
			if !errors.As(err, new(*function.InitError)) {
				t.Fatalf("got %v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in %v", want, err)
				}
			}
		})
	}
}
