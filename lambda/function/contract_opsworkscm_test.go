package function_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

func onOpsWorks(t *testing.T, name string, do func(r *harness)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newHarness(t, opsWorks(t), "")
			do(r)
			r.recordsAreWhole()
			r.keepsSecrets()
		})
	})
}

func TestContract_OpsWorksCM(t *testing.T) {
	weak := func(kind simulator.Kind, lag time.Duration) simulator.Fault {
		return simulator.Fault{Operation: "StartMaintenance", Kind: kind, Lag: lag}
	}
	onOpsWorks(t, "the server is gone when the attempt is over: nothing says whether it began, so it must not begin again", func(r *harness) {
		r.faultStart(simulator.Drop, 1)
		r.event(r.rings(), "error start-unconfirmed")
		r.none()
		r.passes(50 * time.Minute)
		r.notified("error start-unconfirmed", "failed server-gone")
	})
	onOpsWorks(t, "accepted and never begun: that is what is notified, in the product", func(r *harness) {
		r.cm.Inject(weak(simulator.NeverBegins, 0))
		r.event(r.rings(), "started")
		r.passes(15 * time.Minute)
		r.notified("started")
		r.passes(5 * time.Minute)
		r.notified("started", "failed never-began")
	})
	onOpsWorks(t, "it begins later than it was accepted, and fails: it is not said to have succeeded", func(r *harness) {
		r.cm.Inject(weak(simulator.LateFailure, 4*time.Minute))
		r.event(r.rings(), "started")
		r.passes(3 * time.Minute)
		if began := r.open().Began; !began.IsZero() {
			r.t.Errorf("it is said to have begun at %s", began)
		}
		r.passes(4 * time.Minute)
		r.end(false)
		r.passes(10 * time.Minute)
		r.notified("started", "failed")
	})
	onOpsWorks(t, "a reading from before the end is no end", func(r *harness) {
		r.event(r.rings(), "started")
		r.passes(2 * time.Minute)
		r.cm.Inject(simulator.Fault{Operation: "DescribeServers", Kind: simulator.ListLag, Lag: 5 * time.Minute}) // what a sweep reads
		r.passes(10 * time.Minute)
		r.notified("started")
		r.heal()
		r.end(true)
		r.passes(10 * time.Minute)
		r.notified("started", "succeeded")
	})
	onOpsWorks(t, "the record of a start has the Server that was answered, without values of attributes", func(r *harness) {
		r.event(r.rings(), "started")
		records := r.mail.on(recordsTopic)
		if len(records) != 1 {
			r.t.Fatalf("%d records", len(records))
		}
		for _, want := range []string{"CHEF_STARTER_KIT", "CloudFormationStackArn", "PreferredBackupWindow", "SubnetIds", "ServiceRoleArn"} {
			if !strings.Contains(records[0].body, want) {
				r.t.Errorf("the record lacks %s: %s", want, records[0].body)
			}
		}
	})
	onOpsWorks(t, "the value of an engine attribute is nowhere, whatever comes of it", func(r *harness) {
		attributes := `[{"name": "CHEF_MAJOR_UPGRADE", "value": "` + r.secret + `"}]`
		r.operator(`{"start": {"serverName": "`+contractServer+`", "engineAttributes": `+attributes+`}}`, "refused invalid-request")
		r.passes(2 * time.Minute)
		r.notified("refused invalid-request")
	})
}
