package check_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// fleet is a document of many servers as they would be generated: alarms by
// name, by prefix and by suffix, a window and a schedule that all share.
func fleet(servers int) []byte {
	var document strings.Builder
	document.WriteString(`{"servers": [`)
	for i := range servers {
		if i > 0 {
			document.WriteByte(',')
		}
		name := fmt.Sprintf("automate-%04d", i)
		fmt.Fprintf(&document, `{"name": %q, "backend": "ssm", "runbook": "Maintain", "timezone": "Europe/Berlin",
			"alarms": ["backup of %[2]s is old", "%[2]s", "health %[2]s", "version %[2]s", "%[2]s-*", "node/%[2]s/*",
			           "cpu-*-%[2]s", "disk-*-%[2]s", "memory-*-of-*-%[2]s"],
			"schedules": [{"name": "weekly", "expression": "cron(0 23 ? * SAT *)", "flexible": "1h"}],
			"window": {"days": ["Sat", "Sun"], "start": "22:00", "end": "04:00"}}`, name, name)
	}
	document.WriteString(`]}`)
	return []byte(document.String())
}

func BenchmarkResolve(b *testing.B) {
	for _, servers := range []int{1, 10, 100, 1000} {
		document := fleet(servers)
		b.Run(fmt.Sprintf("servers=%d", servers), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(document)))
			for b.Loop() {
				if _, err := check.Resolve(document, time.Time{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What a cold start pays.
func BenchmarkLoad(b *testing.B) {
	for _, servers := range []int{1, 10, 100, 1000} {
		resolved, err := check.Resolve(fleet(servers), time.Time{})
		if err != nil {
			b.Fatal(err)
		}
		document, err := settings.Encode(resolved)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("servers=%d", servers), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(document)))
			for b.Loop() {
				if _, err := settings.Load(document); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The worst for the overlap check: everything overlaps with everything.
func BenchmarkResolve_Overlaps(b *testing.B) {
	document := []byte(strings.ReplaceAll(string(fleet(1000)), "cpu-*-", "automate-*"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := check.Resolve(document, time.Time{}); err == nil {
			b.Fatal("no overlap was found")
		}
	}
}

func BenchmarkSettings_ForAlarm(b *testing.B) {
	parsed, err := check.Resolve(fleet(1000), time.Time{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if len(parsed.ForAlarm("disk-root-automate-0999")) != 1 {
			b.Fatal("not found")
		}
	}
}
