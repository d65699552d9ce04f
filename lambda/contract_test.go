package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdkretry "github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	dynamodb "github.com/truora/minidyn/server"

	"opsworks-maintenance/lambda/automation"
	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/opsworkscm"
	"opsworks-maintenance/lambda/settings"
)

// The contract: what a backend must come to, whichever it is. Every case drives the real Handler, Runner and adapter against the
// simulated service over HTTP and the ledger on minidyn, and asserts the same of each backend.
const contractServer = "automate-06"

// subject is a backend as the contract needs it: its settings, and what a test can do to the service behind it.
type subject struct {
	settings string // of the server, beside its name and alarms
	backend  maintenance.Backend
	// What can happen to the server: it does not exist; it is busy for a while, or not any more; somebody else maintains it.
	none, busy, free, byHand func()
	// twice makes the name mean two servers; nil where that cannot be.
	twice func()
	// end ends the maintenance that goes on, gone makes it vanish, for which the run is told to have failed for a reason.
	end        func(well bool)
	gone       func()
	goneReason maintenance.Reason
	// strike makes calls go wrong: those that start, or those that look, the first of which was the decision's own.
	strikeStart func(kind simulator.Kind, times int)
	strikeLooks func(kind simulator.Kind, after int)
	heal        func()
	// starts are how many maintenances the service has really begun for its callers; stops is true if one can be stopped.
	starts func() int
	stops  bool
}

// faults are those that a simulator offers.
type faults interface {
	http.Handler
	Inject(simulator.Fault)
	ClearFaults()
	Close()
}

// striking fills in what is the same for both simulators.
func (s subject) striking(sim faults, start string, looks ...string) subject {
	s.strikeStart = func(kind simulator.Kind, times int) {
		sim.Inject(simulator.Fault{Operation: start, Kind: kind, Times: times})
	}
	s.strikeLooks = func(kind simulator.Kind, after int) {
		for _, look := range looks {
			skip := after
			if look != looks[0] { // which only the search for a lost start uses
				skip = 0
			}
			sim.Inject(simulator.Fault{Operation: look, Kind: kind, Skip: skip})
		}
	}
	s.heal = sim.ClearFaults
	return s
}

var contractBackends = map[string]func(t *testing.T) subject{
	"opsworks-cm": func(t *testing.T) subject {
		sim := simulator.NewOpsWorksCM(simulator.Config{})
		do(t, sim.AddServer(simulator.Server{Name: contractServer, MaintenanceStatus: "FAILED"})) // last week's, which is no end of this run
		empty := simulator.NewOpsWorksCM(simulator.Config{})                                      // the service has no operation that deletes a server here
		var deleted atomic.Bool
		url := serving(t, sim, func(w http.ResponseWriter, r *http.Request) {
			if deleted.Load() {
				empty.ServeHTTP(w, r)
				return
			}
			sim.ServeHTTP(w, r)
		})
		return subject{
			settings: `"backend": "opsworks-cm"`,
			backend:  opsworkscm.New(reaching(url)),
			none:     func() { deleted.Store(true) },
			busy:     func() { do(t, sim.SetStatus(contractServer, "BACKING_UP")) },
			free:     func() { do(t, sim.SetStatus(contractServer, "HEALTHY")) },
			byHand:   func() { do(t, sim.SetStatus(contractServer, "UNDER_MAINTENANCE")) },
			twice:    nil, // the API takes a server by its name, which is unique in an account and Region
			end: func(well bool) {
				do(t, sim.FailMaintenance(contractServer, !well))
				do(t, sim.Complete(contractServer))
			},
			gone:       func() { deleted.Store(true) },
			goneReason: maintenance.ServerGone,
			starts:     func() int { return sim.Started(contractServer) },
		}.striking(sim, "StartMaintenance", "DescribeServers", "DescribeEvents")
	},
	"ssm":                       func(t *testing.T) subject { return systemsManager(t, false) },
	"ssm, which refuses tokens": func(t *testing.T) subject { return systemsManager(t, true) },
}

// systemsManager does not say what it makes of a client token that it has seen, so the contract holds whatever it does.
func systemsManager(t *testing.T, refuseTokens bool) subject {
	const node, runbook = "i-0123456789abcdef0", "maintain-chef"
	sim := simulator.NewSSM(simulator.SSMConfig{})
	sim.RefuseReuse(refuseTokens)
	tags := map[string]string{settings.DefaultTagKey: contractServer}
	do(t, sim.AddNode(simulator.Node{ID: node, Tags: tags}))
	do(t, sim.AddRunbook(runbook, 1, []simulator.RunbookParameter{{Name: "InstanceId", Required: true}}, []string{"backup", "patch", "check"}))
	return subject{
		settings: `"backend": "ssm", "runbook": "` + runbook + `"`,
		backend: automation.New(reaching(serving(t, sim, sim.ServeHTTP)),
			map[string]automation.Server{contractServer: {TagKey: settings.DefaultTagKey, Runbook: runbook}}),
		none: func() { sim.RemoveNode(node) },
		busy: func() { do(t, sim.SetPing(node, "ConnectionLost")) },
		free: func() { do(t, sim.SetPing(node, "Online")) },
		byHand: func() {
			_, err := sim.StartByHand(runbook, map[string][]string{"InstanceId": {node}})
			do(t, err)
		},
		twice: func() { do(t, sim.AddNode(simulator.Node{ID: "mi-0123456789abcdef0", Tags: tags})) },
		end: func(well bool) {
			if !well {
				sim.FailStep(node, "patch", "no space left on device")
			}
			do(t, sim.Complete(node))
		},
		gone: func() {
			for _, e := range sim.Executions(node) {
				sim.Forget(e.ID)
			}
		},
		goneReason: maintenance.ExecutionGone,
		starts:     func() int { return sim.Started(node) },
		stops:      true,
	}.striking(sim, "StartAutomationExecution", "DescribeAutomationExecutions")
}

func do(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// serving puts a simulator behind HTTP.
func serving(t *testing.T, sim faults, handler http.HandlerFunc) string {
	endpoint := httptest.NewServer(handler)
	t.Cleanup(endpoint.Close)
	t.Cleanup(sim.Close) // runs first: a server waits for calls that hang
	return endpoint.URL
}

// reaching is a configuration whose calls give up after 300 ms and are repeated without a pause.
func reaching(url string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(url),
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.ResponseHeaderTimeout = 300 * time.Millisecond }),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		}),
		Retryer: func() aws.Retryer {
			return sdkretry.NewStandard(func(o *sdkretry.StandardOptions) {
				o.Backoff = sdkretry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}
}

// rig is the function around a subject, with a clock that can be moved ahead.
type rig struct {
	subject
	t        *testing.T
	handler  *Handler
	notifier *notifier
	ahead    atomic.Int64
	requests atomic.Int64
}

func newRig(t *testing.T, subject subject) *rig {
	t.Helper()
	doc, err := settings.Parse([]byte(`{"servers": [{"name": "` + contractServer + `", "alarms": ["automate-06-*"], "deadline": "4h", ` + subject.settings + `}]}`))
	do(t, err)
	tables := httptest.NewServer(dynamodb.NewServer())
	t.Cleanup(tables.Close)
	config := reaching(tables.URL)
	config.HTTPClient = nil // the ledger is not what is slow here
	do(t, ledger.CreateTable(t.Context(), config, "runs"))
	r := &rig{subject: subject, t: t, notifier: &notifier{}}
	now := func() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }
	server, _ := doc.Server(contractServer)
	r.handler = &Handler{
		Settings: &doc,
		Runner: &maintenance.Runner{
			Policy: policies(&doc), Backends: map[string]maintenance.Backend{string(server.Backend): subject.backend},
			Ledger: ledger.New(config, "runs"), Notifier: r.notifier, Now: now, NewRunID: maintenance.NewRunID,
		},
		Log: slog.New(slog.DiscardHandler), Metrics: io.Discard, Now: now,
	}
	return r
}

// invoke gives what an invocation answered: outcome and reason of each response.
func (r *rig) invoke(payload string) string {
	body, err := r.handler.Invoke(requestContext(r.t, fmt.Sprintf("request-%d", r.requests.Add(1))), []byte(payload))
	if err != nil {
		r.t.Errorf("the event would be delivered again: %v", err)
		return ""
	}
	var several []Response
	if json.Unmarshal(body, &several) != nil {
		several = make([]Response, 1)
		if err := json.Unmarshal(body, &several[0]); err != nil {
			r.t.Errorf("%v: %s", err, body)
		}
	}
	var all []string
	for _, response := range several {
		all = append(all, strings.TrimSpace(string(response.Outcome)+" "+string(response.Reason)))
	}
	return strings.Join(all, ", ")
}

// alarm is the event of an alarm that entered ALARM just now; each is a new cause.
func (r *rig) alarm() string {
	now := r.handler.Now().UTC()
	return strings.NewReplacer(
		"2026-11-23T22:59:30.989+0000", now.Format("2006-01-02T15:04:05.000-0700"),
		"2026-11-23T22:59:30Z", now.Format(time.RFC3339),
	).Replace(string(sample(r.t, "alarm.json")))
}

// answers invokes the function and wants these outcomes.
func (r *rig) answers(payload, want string) {
	r.t.Helper()
	if got := r.invoke(payload); got != want {
		r.t.Errorf("answered %q, want %q", got, want)
	}
}

// sweeps moves the clock, sweeps and wants these outcomes.
func (r *rig) sweeps(after time.Duration, want string) {
	r.t.Helper()
	r.ahead.Add(int64(after))
	r.answers(`{"sweep": true}`, want)
}

func (r *rig) said() []string {
	r.notifier.mu.Lock()
	defer r.notifier.mu.Unlock()
	said := []string{}
	for _, report := range r.notifier.reports {
		said = append(said, strings.TrimSpace(string(report.Outcome)+" "+string(report.Reason)))
	}
	return said
}

// attempt is longer than an attempt to start may hold its run.
const attempt = 20 * time.Minute

var contract = []struct {
	name   string
	do     func(r *rig)
	said   []string
	starts int
}{
	{"an unknown server is refused, and told once", func(r *rig) {
		r.none()
		r.answers(r.alarm(), "refused not-found")
		r.answers(r.alarm(), "refused not-found")
		r.sweeps(time.Minute, "")
	}, []string{"refused not-found"}, 0},
	{"a name of several servers is refused: nobody guesses", func(r *rig) {
		if r.twice == nil {
			r.t.Skip("a name is one server")
		}
		r.twice()
		r.answers(r.alarm(), "refused ambiguous")
		r.answers(`{"start": {"serverName": "automate-06"}}`, "refused ambiguous")
	}, []string{"refused ambiguous", "refused ambiguous"}, 0},
	{"a busy server is waited for", func(r *rig) {
		r.busy()
		r.answers(r.alarm(), "waiting wrong-state")
		r.sweeps(time.Minute, "waiting wrong-state")
		r.free()
		r.sweeps(time.Minute, "started")
		r.sweeps(time.Minute, "")
	}, []string{"waiting wrong-state", "started"}, 1},
	{"a busy server is refused to a person", func(r *rig) {
		r.busy()
		r.answers(`{"start": {"serverName": "automate-06"}}`, "refused wrong-state")
		r.free()
		r.sweeps(time.Minute, "")
	}, []string{"refused wrong-state"}, 0},
	{"maintenance that somebody else began is not begun again, nor followed", func(r *rig) {
		r.byHand()
		r.answers(r.alarm(), "in-progress")
		r.answers(`{"start": {"serverName": "automate-06"}}`, "in-progress")
		r.end(true)
		r.sweeps(time.Minute, "")
	}, nil, 0},
	{"somebody else begins while a run waits: it need not start any more", func(r *rig) {
		r.busy()
		r.answers(r.alarm(), "waiting wrong-state")
		r.free()
		r.byHand()
		r.sweeps(time.Minute, "in-progress")
		r.end(true)
		r.sweeps(time.Minute, "")
	}, []string{"waiting wrong-state"}, 0},
	{"start and success", func(r *rig) {
		r.answers(r.alarm(), "started")
		r.sweeps(time.Minute, "")
		r.end(true)
		r.sweeps(time.Minute, "succeeded")
		r.sweeps(time.Minute, "")
		r.answers(r.alarm(), "refused cooling-down")
		r.answers(`{"start": {"serverName": "automate-06"}}`, "started") // what the run held is free
	}, []string{"started", "succeeded", "refused cooling-down", "started"}, 2},
	{"start and failure", func(r *rig) {
		r.answers(r.alarm(), "started")
		r.end(false)
		r.sweeps(time.Minute, "failed")
		r.sweeps(time.Minute, "")
	}, []string{"started", "failed"}, 1},
	{"come and gone before anybody looked", func(r *rig) {
		r.answers(r.alarm(), "started")
		r.end(true)
		r.sweeps(5*time.Hour, "succeeded")
	}, []string{"started", "succeeded"}, 1},
	{"overdue, told once, and its real end", func(r *rig) {
		r.answers(r.alarm(), "started")
		r.sweeps(4*time.Hour-time.Minute, "")
		r.sweeps(2*time.Minute, "overdue")
		r.sweeps(time.Hour, "")
		r.end(true)
		r.sweeps(time.Hour, "succeeded")
	}, []string{"started", "overdue", "succeeded"}, 1},
	{"throttled: tried again by the sweep", func(r *rig) {
		r.strikeStart(simulator.Throttle, 0)
		r.answers(r.alarm(), "waiting throttled")
		r.heal()
		r.sweeps(time.Minute, "started")
		r.sweeps(time.Minute, "")
	}, []string{"waiting throttled", "started"}, 1},
	{"throttled at the look: tried again by the sweep", func(r *rig) {
		r.strikeLooks(simulator.Throttle, 0)
		r.answers(r.alarm(), "waiting throttled")
		r.heal()
		r.sweeps(time.Minute, "started")
	}, []string{"waiting throttled", "started"}, 1},
	{"denied: an error, and not tried again", func(r *rig) {
		r.strikeStart(simulator.Denied, 0)
		alarm := r.alarm()
		r.answers(alarm, "error denied")
		r.answers(alarm, "refused duplicate")
		r.heal()
		r.sweeps(attempt, "")
	}, []string{"error denied"}, 0},
	{"denied at the look: an error", func(r *rig) {
		r.strikeLooks(simulator.Denied, 0)
		alarm := r.alarm()
		r.answers(alarm, "error denied")
		r.answers(alarm, "error denied")
	}, []string{"error denied"}, 0},
	{"the answer is lost: one start, told once", func(r *rig) {
		r.strikeStart(simulator.WorkThenDrop, 0)
		lost(r)
	}, []string{"started", "succeeded"}, 1},
	{"the answer hangs: one start, told once", func(r *rig) {
		r.strikeStart(simulator.WorkThenHang, 0)
		lost(r)
	}, []string{"started", "succeeded"}, 1},
	{"the answer is an internal error: one start, told once", func(r *rig) {
		r.strikeStart(simulator.WorkThenInternalFailure, 0)
		lost(r)
	}, []string{"started", "succeeded"}, 1},
	{"the answer is lost and nobody can look: a doubt, until somebody can", func(r *rig) {
		r.strikeStart(simulator.WorkThenDrop, 0)
		r.strikeLooks(simulator.Denied, 1)
		r.answers(r.alarm(), "error start-unconfirmed")
		r.sweeps(time.Second, "")
		r.sweeps(attempt, "error start-unconfirmed")
		r.sweeps(attempt, "error start-unconfirmed")
		r.heal()
		r.sweeps(attempt, "started")
		r.end(true)
		r.sweeps(time.Minute, "succeeded")
	}, []string{"error start-unconfirmed", "started", "succeeded"}, 1},
	{"the answer is lost, nobody can look, and it ends: found all the same", func(r *rig) {
		r.strikeStart(simulator.WorkThenDrop, 0)
		r.strikeLooks(simulator.Denied, 1)
		r.answers(r.alarm(), "error start-unconfirmed")
		r.heal()
		r.end(false)
		r.sweeps(attempt, "started")
		r.sweeps(time.Minute, "failed")
	}, []string{"started", "failed"}, 1},
	{"the request is lost: when the attempt is over, the sweep starts it, once", func(r *rig) {
		r.strikeStart(simulator.Drop, 1)
		unheard(r)
	}, []string{"started", "succeeded"}, 1},
	{"the request hangs: when the attempt is over, the sweep starts it, once", func(r *rig) {
		r.strikeStart(simulator.Hang, 1)
		unheard(r)
	}, []string{"started", "succeeded"}, 1},
	{"an internal error that did nothing: started once in the end", func(r *rig) {
		r.strikeStart(simulator.InternalFailure, 1)
		r.invoke(r.alarm()) // a backend that can tell at once that nothing was started may try again at once
		r.invoke(`{"sweep": true}`)
		r.ahead.Add(int64(attempt))
		r.invoke(`{"sweep": true}`)
	}, []string{"started"}, 1},
	{"the request of a person is lost: not started behind their back", func(r *rig) {
		r.strikeStart(simulator.Drop, 1)
		r.answers(`{"start": {"serverName": "automate-06"}}`, "error start-unconfirmed")
		r.sweeps(attempt, "error unavailable")
		r.sweeps(attempt, "")
	}, []string{"error unavailable"}, 0},
	{"the server is gone when the attempt is over", func(r *rig) {
		r.strikeStart(simulator.Drop, 1)
		r.answers(r.alarm(), "error start-unconfirmed")
		r.none()
		r.sweeps(attempt, "refused not-found")
		r.sweeps(attempt, "")
	}, []string{"refused not-found"}, 0},
	{"never twice for one cause, however often and at the same time it comes", func(r *rig) {
		alarm := r.alarm()
		answers := make([]string, 8)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = r.invoke(alarm) })
		}
		all.Wait()
		started := slices.DeleteFunc(slices.Clone(answers), func(a string) bool { return a == "in-progress" || a == "refused duplicate" })
		if !slices.Equal(started, []string{"started"}) {
			r.t.Errorf("answered %q", answers)
		}
		r.answers(alarm, "in-progress")
		r.end(true)
		r.sweeps(time.Minute, "succeeded")
		r.answers(alarm, "refused duplicate")
	}, []string{"started", "succeeded"}, 1},
	{"gone while it is followed: failed, and the server is free", func(r *rig) {
		r.answers(r.alarm(), "started")
		r.sweeps(time.Minute, "")
		r.gone()
		r.sweeps(time.Minute, "failed "+string(r.goneReason))
		r.sweeps(time.Minute, "")
	}, []string{"started", "failed gone"}, 1},
	{"nobody may look at what runs: it goes on, and is overdue at last", func(r *rig) {
		r.answers(r.alarm(), "started")
		r.strikeLooks(simulator.Denied, 0)
		r.sweeps(time.Minute, "")
		r.heal()
		r.sweeps(5*time.Hour, "overdue")
		r.end(true)
		r.sweeps(time.Minute, "succeeded")
	}, []string{"started", "overdue", "succeeded"}, 1},
}

// lost: it has started, though nobody was told.
func lost(r *rig) {
	alarm := r.alarm()
	r.answers(alarm, "started")
	r.answers(alarm, "in-progress")
	r.heal()
	r.sweeps(attempt, "")
	r.end(true)
	r.sweeps(time.Minute, "succeeded")
}

// unheard: nothing has started, and at first nobody can tell.
func unheard(r *rig) {
	alarm := r.alarm()
	r.answers(alarm, "error start-unconfirmed")
	r.answers(alarm, "refused duplicate")
	r.sweeps(time.Minute, "")
	if n := r.starts(); n != 0 {
		r.t.Errorf("%d starts while the attempt may go on", n)
	}
	r.sweeps(attempt, "started")
	r.sweeps(attempt, "")
	r.end(true)
	r.sweeps(time.Minute, "succeeded")
}

func TestContract(t *testing.T) {
	for name, backend := range contractBackends {
		for _, tt := range contract {
			t.Run(name+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, backend(t))
				tt.do(r)
				want := slices.Clone(tt.said)
				for i := range want {
					want[i] = strings.Replace(want[i], "failed gone", "failed "+string(r.goneReason), 1)
				}
				if said := r.said(); !slices.Equal(said, want) {
					t.Errorf("said %q, want %q", said, want)
				}
				if n := r.starts(); n != tt.starts {
					t.Errorf("%d starts, want %d", n, tt.starts)
				}
			})
		}
	}
}

// What can be stopped is stopped, and its end is told as any other; what cannot be says so, and goes on.
func TestContract_Stop(t *testing.T) {
	for name, backend := range contractBackends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, backend(t))
			const stop = `{"stop": {"serverName": "automate-06"}}`
			refusal, while, end := "refused unsupported", "refused unsupported", "succeeded"
			want := []string{refusal, "started", while, end, refusal}
			if r.stops {
				refusal, while, end = "refused not-running", "in-progress stopping", "failed"
				want = []string{refusal, "started", end, refusal} // that it is being stopped is an answer, and no news
			}
			r.answers(stop, refusal)
			r.answers(r.alarm(), "started")
			r.answers(stop, while)
			r.sweeps(time.Minute, "")
			r.end(true)
			r.sweeps(time.Minute, end)
			r.answers(stop, refusal)
			if said := r.said(); !slices.Equal(said, want) || r.starts() != 1 {
				t.Errorf("said %q, want %q; %d starts", said, want, r.starts())
			}
		})
	}
}
