package ledger_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/maintenance"
)

var update = flag.Bool("update", false, "write the golden files anew")

// filled is a run with every field set, so that none can be lost or renamed unseen.
func filled() maintenance.Run {
	var run maintenance.Run
	fill(reflect.ValueOf(&run).Elem(), "")
	run.State, run.Version = maintenance.RunStarting, 0
	return run
}

func fill(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("the " + name + ` "<é>`)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), name)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(now.Add(123 * time.Nanosecond)))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), v.Type().Field(i).Name)
		}
	default:
		panic("fill cannot fill " + v.Type().String())
	}
}

// The names of the attributes are the schema of runs that are kept for 90 days: a rename loses what is in the table.
func TestRun_Golden(t *testing.T) {
	s, l := open(t)
	run := must[maintenance.Run](t)(l.Commit(t.Context(), maintenance.Change{To: filled(), Now: now}))
	stored := s.attributes(t, "run#"+run.ID)
	var got strings.Builder
	for _, name := range slices.Sorted(maps.Keys(stored)) {
		fmt.Fprintf(&got, "%s = %s\n", name, stored[name])
	}
	const golden = "testdata/run.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the item is not that of %s (-update writes it; old items must stay readable):\n%s", golden, got.String())
	}
	if again := must[maintenance.Run](t)(l.Run(t.Context(), run.ID)); !reflect.DeepEqual(again, run) {
		t.Errorf("read %+v\nwritten %+v", again, run)
	}
}

// A later edition's attributes are nothing to this one, which leaves them where they are.
func TestRun_LaterAttributes(t *testing.T) {
	s, l := open(t)
	run := must[maintenance.Run](t)(l.Commit(t.Context(), create(waiting("r1", "automate-06"))))
	s.write(t, "run#r1", map[string]types.AttributeValue{
		"text": str("later"), "list": str("[1]"), "number": num(7), "flag": &types.AttributeValueMemberBOOL{Value: true},
	})
	s.write(t, "server#automate-06", map[string]types.AttributeValue{"later": str("x")})
	const want = "[flag:true list:[1] number:7 text:later]"
	moves := []func() (maintenance.Run, error){
		func() (maintenance.Run, error) { return l.Commit(t.Context(), move(run, claimed(run, 0, ""))) },
		func() (maintenance.Run, error) {
			return l.Take(t.Context(), maintenance.Due{RunID: "r1", Version: run.Version}, now)
		},
		func() (maintenance.Run, error) {
			return l.Commit(t.Context(), maintenance.Change{From: run, To: run, Claim: &maintenance.Claim{}, Now: now})
		},
		func() (maintenance.Run, error) {
			return l.Commit(t.Context(), free(run, over(run, maintenance.OutcomeFailed)))
		},
	}
	for i, do := range moves {
		run = must[maintenance.Run](t)(do())
		if got := s.item(t, "run#r1", "flag", "list", "number", "text"); got != want || run.Version != i+2 {
			t.Errorf("after move %d, at version %d: %s, want %s", i+1, run.Version, got, want)
		}
	}
	if got := s.item(t, "server#automate-06", "later"); got != "[later:x]" {
		t.Errorf("the server: %s", got)
	}
}

// Of a run that is new everything is written, be it zero.
func TestRun_WritesWhatIsNew(t *testing.T) {
	s, l := open(t)
	must[maintenance.Run](t)(l.Commit(t.Context(), maintenance.Change{To: maintenance.Run{ID: "r1"}, Now: now}))
	if got := s.item(t, "run#r1", "edition", "createdMs"); got != "[createdMs:-62135596800000 edition:0]" {
		t.Errorf("got %s", got)
	}
}

// Only what differs is written: what another edition made of the rest stays.
func TestRun_WritesWhatDiffers(t *testing.T) {
	s, l := open(t)
	run := must[maintenance.Run](t)(l.Commit(t.Context(), create(waiting("r1", "automate-06"))))
	s.since()
	to := run
	to.Detail, to.LookAt = "why", time.Time{}
	must[maintenance.Run](t)(l.Commit(t.Context(), move(run, to)))
	body := s.since()[0].body
	const want = `"UpdateExpression":"SET #detail = :detail, #version = :version, #writer = :writer REMOVE #look"`
	if !strings.Contains(body, want) {
		t.Errorf("%s does not hold %s", body, want)
	}
}

func TestRun_Expires(t *testing.T) {
	owing := over(waiting("r1", "automate-06"), maintenance.OutcomeFailed)
	owing.Queue, owing.DueAt = maintenance.QueueDue, now
	unscheduled := waiting("r1", "automate-06")
	unscheduled.Queue, unscheduled.DueAt = "", time.Time{}
	const after90Days = "[expires:1803682801]"
	for _, tt := range []struct {
		name string
		run  maintenance.Run
		want string
	}{
		{"never while it is open", waiting("r1", "automate-06"), "[]"},
		{"never while it is open, whenever it is looked at", unscheduled, "[]"},
		{"never while it owes a notification", owing, "[]"},
		{"90 days after its creation", over(waiting("r1", "automate-06"), maintenance.OutcomeFailed), after90Days},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, l := open(t)
			run := must[maintenance.Run](t)(l.Commit(t.Context(), maintenance.Change{To: tt.run, Now: now}))
			if got := s.item(t, "run#r1", "expires"); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			again := run
			again.State, again.Queue, again.DueAt = maintenance.RunOver, maintenance.QueueDue, now
			again = must[maintenance.Run](t)(l.Commit(t.Context(), move(run, again)))
			if got := s.item(t, "run#r1", "expires"); got != "[]" {
				t.Errorf("owing again: %s", got)
			}
			last := over(again, maintenance.OutcomeFailed)
			must[maintenance.Run](t)(l.Commit(t.Context(), move(again, last)))
			if got := s.item(t, "run#r1", "expires"); got != after90Days {
				t.Errorf("owing nothing: %s", got)
			}
		})
	}
}

// What is not to be said again for half a year is kept for as long.
func TestRun_ExpiresAfterWhatItStandsUntil(t *testing.T) {
	s, l := open(t)
	run := over(waiting("r1", "automate-06"), maintenance.OutcomeMissed)
	run.StandsUntil = run.Created.AddDate(0, 0, 180)
	must[maintenance.Run](t)(l.Commit(t.Context(), maintenance.Change{To: run, Now: now}))
	if got, want := s.item(t, "run#r1", "expires"), fmt.Sprintf("[expires:%d]", run.Created.AddDate(0, 0, 270).Unix()); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Twenty triggers, the first and the last with all the reason that is kept, and a notification owed for each
// topic: an item that costs little to write.
func TestRun_Size(t *testing.T) {
	s, l := open(t)
	run := claimed(waiting("automate-06-20261128T230001-ABCDEFGHIJ", "automate-06"), 1, "i-0123456789abcdef0")
	run.Triggers = nil
	for i := range 20 {
		reason := strings.Repeat("é", 50)
		if i == 0 || i == 19 {
			reason = strings.Repeat("é", 512)
		}
		run.Triggers = append(run.Triggers, maintenance.Trigger{
			Kind: maintenance.TriggerAlarm, Name: fmt.Sprintf("%-60d", i), Time: now, Reason: reason,
			ID: "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:" + fmt.Sprintf("%-60d", i),
		})
	}
	run.Attempt.Trigger = run.Triggers[0]
	for i := range 3 {
		run.Owed = append(run.Owed, maintenance.Notification{Sequence: i, Outcome: maintenance.OutcomeWaiting, At: now,
			Reason: maintenance.ReasonOutsideWindow, Trigger: &run.Triggers[i],
			Topics: []maintenance.Delivery{{Topic: maintenance.TopicText}, {Topic: maintenance.TopicRecords}}})
	}
	must[maintenance.Run](t)(l.Commit(t.Context(), maintenance.Change{To: run, Now: now}))
	size := 0
	for name, value := range s.attributes(t, "run#"+run.ID) {
		size += len(name) + len(value)
	}
	if size < 10<<10 || size >= 16<<10 {
		t.Errorf("the item has %d bytes", size)
	}
}

// A run has the names of engine attributes and no place for their values.
func TestRun_HoldsNoValues(t *testing.T) {
	if holds(reflect.TypeFor[maintenance.Run](), reflect.TypeFor[maintenance.EngineAttribute]()) {
		t.Error("a run has a field that holds values")
	}
}

func holds(in, what reflect.Type) bool {
	switch in.Kind() {
	case reflect.Slice, reflect.Pointer, reflect.Map, reflect.Array:
		return holds(in.Elem(), what)
	case reflect.Struct:
		for i := range in.NumField() {
			if holds(in.Field(i).Type, what) {
				return true
			}
		}
	}
	return in == what
}

// No field of a run has the name of an attribute that means something else.
func TestRun_Names(t *testing.T) {
	taken := []string{ledger.AttrPK, ledger.AttrCreatedMs, ledger.TTLAttribute, "writer"}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[maintenance.Run]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" || slices.Contains(taken, name) {
			t.Errorf("the field %s has the name %q", f.Name, name)
		}
	}
}
