package ledger_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/maintenance"
)

func ids(runs []maintenance.Run) string {
	var list []string
	for _, run := range runs {
		list = append(list, run.ID)
	}
	return strings.Join(list, " ")
}

// record records a waiting run created some minutes after now.
func record(t *testing.T, l *ledger.Ledger, id, serverName string, minutes int) maintenance.Run {
	t.Helper()
	run := waiting(id, serverName)
	run.Created = now.Add(time.Duration(minutes) * time.Minute)
	return must[maintenance.Run](t)(l.Record(t.Context(), run))
}

func TestLedger_Find(t *testing.T) {
	t.Run("OK: as it was stored", func(t *testing.T) {
		s, l := open(t)
		stored := must[maintenance.Run](t)(l.Claim(t.Context(), filled(), limits()))
		s.since()
		found, err := l.Find(t.Context(), stored.ID)
		if err != nil || !reflect.DeepEqual(found, stored) {
			t.Errorf("got  %+v, %v\nwant %+v", found, err, stored)
		}
		if calls := s.since(); calls != "GetItem" {
			t.Errorf("calls: %s", calls)
		}
	})
	t.Run("ErrNotFound with the SDK's own HTTP client", func(t *testing.T) {
		s, _ := open(t)
		proxied := httptest.NewServer(s)
		defer proxied.Close()
		for _, client := range []aws.HTTPClient{nil, awshttp.NewBuildableClient()} {
			c := config(proxied.URL)
			c.HTTPClient = client
			_, err := ledger.New(c, tableName).Find(t.Context(), "r1")
			wantReason(t, err, maintenance.NotFound)
		}
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		_, l := open(t)
		_, err := l.Find(t.Context(), "r1")
		wantReason(t, err, maintenance.NotFound)
	})
}

func TestLedger_Open(t *testing.T) {
	t.Run("OK: oldest first, without the closed", func(t *testing.T) {
		s, l := open(t)
		record(t, l, "third", "s3", 3)
		record(t, l, "first", "s1", 1)
		done := record(t, l, "done", "s2", 2)
		must[maintenance.Run](t)(l.Save(t.Context(), in(done, maintenance.RunClosed)))
		must[maintenance.Run](t)(l.Record(t.Context(), in(waiting("never", "s4"), maintenance.RunClosed)))
		second := must[maintenance.Run](t)(l.Claim(t.Context(), starting(record(t, l, "second", "s2", 2), "a"), limits()))
		must[maintenance.Run](t)(l.Save(t.Context(), in(second, maintenance.RunRunning)))
		s.since()
		runs, err := l.Open(t.Context())
		if got := ids(runs); err != nil || got != "first second third" {
			t.Errorf("got %s, %v", got, err)
		}
		if calls := s.since(); calls != "Query" {
			t.Errorf("calls: %s", calls)
		}
	})
	t.Run("OK: none", func(t *testing.T) {
		_, l := open(t)
		if runs, err := l.Open(t.Context()); err != nil || len(runs) != 0 {
			t.Errorf("got %v, %v", runs, err)
		}
	})
	t.Run("OK: page after page", func(t *testing.T) {
		s, l := open(t)
		record(t, l, "last", "s2", 2)
		record(t, l, "late", "s1", 1)
		// DynamoDB ends a page after a megabyte, minidyn never.
		item := `{"pk": {"S": "run#%s"}, "record": {"S": "{\"ID\": \"%s\"}"}}`
		s.inject("Query", &fault{status: 200, body: fmt.Sprintf(`{"Items": [`+item+`], "LastEvaluatedKey": {"pk": {"S": "run#late"}, "open": {"S": "1"}, "created": {"N": "1"}}}`, "late", "late")})
		runs, err := l.Open(t.Context())
		if got := ids(runs); err != nil || got != "late last" {
			t.Errorf("got %s, %v", got, err)
		}
		if calls := s.since(); !strings.HasSuffix(calls, "Query,Query") {
			t.Errorf("calls: %s", calls)
		}
	})
	t.Run("ErrLedgerUnavailable for a record that cannot be read, with the runs that can", func(t *testing.T) {
		s, l := open(t)
		record(t, l, "r1", "s1", 1)
		put(t, s, map[string]string{"pk": "run#odd", "open": "1", "record": "{"}, map[string]string{"created": "1"})
		runs, err := l.Open(t.Context())
		wantReason(t, err, maintenance.LedgerUnavailable)
		if got := ids(runs); got != "r1" || !strings.Contains(err.Error(), "run#odd") {
			t.Errorf("got %s, %v", got, err)
		}
		_, err = l.Find(t.Context(), "odd")
		wantReason(t, err, maintenance.LedgerUnavailable)
	})
}

func put(t *testing.T, s *store, text, number map[string]string) {
	t.Helper()
	item := map[string]types.AttributeValue{}
	for name, value := range text {
		item[name] = &types.AttributeValueMemberS{Value: value}
	}
	for name, value := range number {
		item[name] = &types.AttributeValueMemberN{Value: value}
	}
	if _, err := s.api.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(tableName), Item: item}); err != nil {
		t.Fatal(err)
	}
}

func TestLedger_History(t *testing.T) {
	_, l := open(t)
	for i := range 7 {
		run := record(t, l, fmt.Sprintf("r%d", i), "automate-06", i)
		must[maintenance.Run](t)(l.Save(t.Context(), in(run, maintenance.RunClosed)))
		record(t, l, fmt.Sprintf("other%d", i), "automate-07", i)
	}
	for _, tt := range []struct {
		server string
		most   int
		want   string
	}{
		{"automate-06", 3, "r6 r5 r4"},
		{"automate-06", 7, "r6 r5 r4 r3 r2 r1 r0"},
		{"automate-06", 1000, "r6 r5 r4 r3 r2 r1 r0"},
		{"automate-06", 0, ""},
		{"automate-6", 5, ""},
	} {
		t.Run(fmt.Sprintf("OK: %d of %s", tt.most, tt.server), func(t *testing.T) {
			runs, err := l.History(t.Context(), tt.server, tt.most)
			if got := ids(runs); err != nil || got != tt.want {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
}

func TestLedger_Servers(t *testing.T) {
	t.Run("OK: all that is kept, by name", func(t *testing.T) {
		s, l := open(t)
		run := must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "automate-06"), maintenance.Limits{DailyLimit: 5, Now: now}))
		must[maintenance.Run](t)(l.Free(t.Context(), closed(run, maintenance.Succeeded, now)))
		must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r2", "automate-06"), maintenance.Limits{DailyLimit: 5, Now: now}))
		if err := l.Notice(t.Context(), "automate-06", now.Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		if err := l.Notice(t.Context(), "automate-06", now); err != nil { // known already
			t.Fatal(err)
		}
		if err := l.MissedTold(t.Context(), "automate-06", now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		s.since()
		records, err := l.Servers(t.Context(), []string{"automate-06", "mail-01", "automate-06"})
		if err != nil || len(records) != 2 || records["mail-01"] != (maintenance.ServerRecord{}) {
			t.Fatalf("got %+v, %v", records, err)
		}
		ms := now.Truncate(time.Millisecond)
		want := maintenance.ServerRecord{Lease: "r2", LastEnd: ms, LastSuccess: ms, WatchedFrom: ms.Add(-time.Hour), MissedTold: ms.Add(time.Hour), StartsToday: 2}
		if records["automate-06"] != want {
			t.Errorf("got %+v, want %+v", records["automate-06"], want)
		}
		if calls := s.since(); calls != "BatchGetItem" {
			t.Errorf("calls: %s", calls)
		}
		l.Now = func() time.Time { return now.Add(time.Hour) }
		if records, err = l.Servers(t.Context(), []string{"automate-06"}); err != nil || records["automate-06"].StartsToday != 0 {
			t.Errorf("the next day: %+v, %v", records, err)
		}
	})
	t.Run("OK: none asks nothing", func(t *testing.T) {
		s, l := open(t)
		if records, err := l.Servers(t.Context(), nil); err != nil || len(records) != 0 || s.since() != "" {
			t.Errorf("got %+v, %v", records, err)
		}
	})
	t.Run("OK: more than one call takes", func(t *testing.T) {
		s, l := open(t)
		var names []string
		for i := range 70 {
			names = append(names, fmt.Sprintf("s%d", i))
		}
		must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "s69"), limits()))
		s.since()
		records, err := l.Servers(t.Context(), names)
		if err != nil || len(records) != 70 || records["s69"].Lease != "r1" {
			t.Errorf("got %d, %+v, %v", len(records), records["s69"], err)
		}
		if calls := s.since(); calls != "BatchGetItem,BatchGetItem,BatchGetItem" {
			t.Errorf("calls: %s", calls)
		}
	})
	undone := &fault{status: 200, body: `{"Responses": {}, "UnprocessedKeys": {"runs": {"ConsistentRead": true, "Keys": [{"pk": {"S": "lease#automate-06"}}]}}}`}
	t.Run("OK: what was left undone is asked for again", func(t *testing.T) {
		s, l := open(t)
		must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "automate-06"), limits()))
		s.inject("BatchGetItem", undone, undone)
		records, err := l.Servers(t.Context(), []string{"automate-06"})
		if err != nil || records["automate-06"].Lease != "r1" {
			t.Errorf("got %+v, %v", records, err)
		}
	})
	t.Run("ErrLedgerUnavailable when it stays undone", func(t *testing.T) {
		s, l := open(t)
		s.always(undone, "BatchGetItem")
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		_, err := l.Servers(ctx, []string{"automate-06"})
		wantReason(t, err, maintenance.LedgerUnavailable)
	})
}

func TestLedger_Tell(t *testing.T) {
	until := now.Add(time.Minute)
	s, l := open(t)
	first := func(want bool, at, until time.Time) {
		t.Helper()
		s.since()
		got, err := l.FirstTo(t.Context(), "refused#automate-06", at, until)
		if err != nil || got != want {
			t.Errorf("at %s: got %v, %v; want %v", at, got, err, want)
		}
		if calls := s.since(); calls != "UpdateItem" {
			t.Errorf("calls: %s", calls)
		}
	}
	first(true, now, until)
	first(false, now, until)
	first(false, until, until) // still being told
	later := until.Add(time.Millisecond)
	first(true, later, later.Add(time.Minute)) // whoever told it died
	if err := l.Told(t.Context(), "refused#automate-06", later); err != nil {
		t.Fatal(err)
	}
	if calls := s.since(); calls != "UpdateItem" {
		t.Errorf("calls: %s", calls)
	}
	first(false, later.Add(time.Hour), later.Add(2*time.Hour))
	expires := later.Add(48 * time.Hour).Truncate(time.Second)
	first(false, expires.Add(-time.Second), expires)
	first(true, expires, expires.Add(time.Minute))
	first(false, expires, expires.Add(time.Minute)) // and it is being told again
	first(true, expires.Add(time.Hour), expires.Add(2*time.Hour))
	if got, err := l.FirstTo(t.Context(), "refused#automate-07", now, until); err != nil || !got {
		t.Errorf("another tell: %v, %v", got, err)
	}
	t.Run("Told without FirstTo is told", func(t *testing.T) {
		_, l := open(t)
		if err := l.Told(t.Context(), "x", now); err != nil {
			t.Fatal(err)
		}
		if got, err := l.FirstTo(t.Context(), "x", now, until); err != nil || got {
			t.Errorf("got %v, %v", got, err)
		}
	})
}
