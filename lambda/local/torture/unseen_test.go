package torture

import (
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/machine"
)

// The process dies right after StartMaintenance was accepted, and the maintenance fails before anybody looks: what the service recorded
// says nothing that is documented, and is not nothing.
func TestTorture_FailedBeforeAnybodyLooked(t *testing.T) {
	t.Parallel()
	r := start(t, backends[0], nil)
	r.fail()
	r.strike(only([]string{r.backend.start}, 0, machine.DeathAfter))
	r.deliver(alarm(t, "ALARM", time.Now()))
	r.complete()
	r.follow()
	if n := r.startsOf(name); n != 1 {
		t.Errorf("%d maintenances began", n)
	}
}
