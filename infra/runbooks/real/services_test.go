package real_test

import (
	"testing"
)

// What stops services, in an order that starts each as seldom as can be.
func (s *server) losesServices(t *testing.T) {
	t.Run("the server is down", func(t *testing.T) {
		control(t, "stop", "puppetserver")
		e := s.maintain(t, attempt{})
		ends(t, e, "Failed", refused, "PreCheck", "not healthy: Puppet Server: curl: (7) Failed to connect")
		control(t, "start", "puppetserver")
	})
	t.Run("the database is down", func(t *testing.T) {
		control(t, "stop", "postgresql@15-main")
		e := s.maintain(t, attempt{})
		ends(t, e, "Failed", refused, "PreCheck", "not healthy: PuppetDB: ")
		control(t, "start", "postgresql@15-main")
		untilPuppetDB(t)
	})
	t.Run("the database goes down before the dump", func(t *testing.T) {
		e := s.maintain(t, attempt{during: func(step string) {
			if step == "Backup" {
				control(t, "stop", "postgresql@15-main")
			}
		}})
		ends(t, e, "Failed", inBackup, "Backup", "pg_dump ended with code 1: pg_dump: error: connection to server")
		control(t, "start", "postgresql@15-main")
		untilPuppetDB(t)
	})
	t.Run("PuppetDB does not come up after the patch", func(t *testing.T) {
		e := s.maintain(t, attempt{given: map[string]string{"StartTimeoutSeconds": "16"},
			patch: func() error { control(t, "stop", "puppetdb"); return nil }})
		ends(t, e, "Failed", everyStep, "HealthCheck", "HealthCheck: FAILED: not healthy after 16 seconds: PuppetDB: curl: ")
		control(t, "start", "puppetdb")
	})
}

// untilPuppetDB has found its database again.
func untilPuppetDB(t *testing.T) {
	t.Helper()
	shell(t, `until [ "$(curl -s http://127.0.0.1:8080/status/v1/simple)" = running ]; do sleep 1; done`)
}
