package real_test

import (
	"os/exec"
	"strings"
	"testing"
)

// The whole system on this server: an alarm, the function's binary, a simulated Systems Manager, the real steps, and what people are told.
func (s *server) isTheNodeOfTheWholeSystem(t *testing.T) {
	t.Run("success", func(t *testing.T) {
		story := s.play(t, "true", true)
		for _, text := range []string{"puppet-01 maintenance started", "puppet-01 maintenance succeeded", "Restore Success"} {
			if !strings.Contains(unwrapped(story), text) {
				t.Errorf("the story lacks %q", text)
			}
		}
	})
	t.Run("a failure in HealthCheck", func(t *testing.T) {
		restore := s.code(t, read("/etc/puppet/code/environments/production/manifests/site.pp"))
		defer restore()
		story := s.play(t, `echo 'fail("broken by a deployment")' >/etc/puppet/code/environments/production/manifests/site.pp`, false)
		for _, text := range []string{"puppet-01 maintenance failed",
			"HealthCheck: FAILED: an agent run without changes ended with code 1:", "broken by a deployment"} {
			if !strings.Contains(unwrapped(story), text) {
				t.Errorf("the story lacks %q", text)
			}
		}
	})
}

// unwrapped is what make run prints without its margins and the breaks of long lines.
func unwrapped(story string) string {
	return strings.Join(strings.FieldsFunc(story, func(c rune) bool { return c == ' ' || c == '\n' || c == '|' }), " ") + " "
}

// play make run BACKEND=ssm ARGS="-node local …" and return what it prints.
func (s *server) play(t *testing.T, patch string, succeeds bool) string {
	t.Helper()
	arguments := "-node local -node-bin " + s.bin + " -node-env S3=" + s.s3 + " -node-env S3_REGION=us-east-1 -node-patch '" +
		strings.ReplaceAll(patch, "'", `'\''`) + "'"
	if !succeeds {
		arguments += " -fail"
	}
	cmd := exec.CommandContext(t.Context(), "make", "--no-print-directory", "-C", "../../..", "run", "BACKEND=ssm", "ARGS="+arguments)
	output, err := cmd.CombinedOutput()
	t.Logf("%s", output)
	if err != nil {
		t.Errorf("make run: %v", err)
	}
	return string(output)
}
