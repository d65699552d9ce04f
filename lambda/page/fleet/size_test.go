package fleet_test

import "testing"

// 1,000 servers, each with all that a row can have, come to less than 1 MB.
func TestFleet_ThousandServersAreUnderOneMegabyte(t *testing.T) {
	s, l := thousand(t)
	const most = 1_000_000
	if n := len(answer(t, s, l, console(1200, "light", ""))); n > most {
		t.Errorf("%d bytes, at most %d", n, most)
	} else {
		t.Logf("%d bytes", n)
	}
}

func BenchmarkFleet_ThousandServers(b *testing.B) {
	s, l := thousand(b)
	for b.Loop() {
		answer(b, s, l, console(1200, "light", ""))
	}
}
