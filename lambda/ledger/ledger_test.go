package ledger_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/ledger/ledgertest"
	"opsworks-maintenance/lambda/local/table"
)

const tableName = "runs"

// attributes are an item of the table; none if there is no such item.
func (s *store) attributes(t *testing.T, pk string) map[string]string {
	t.Helper()
	out, err := s.api.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String(tableName), Key: keyed(pk)})
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for name, value := range out.Item {
		switch v := value.(type) {
		case *types.AttributeValueMemberS:
			values[name] = v.Value
		case *types.AttributeValueMemberN:
			values[name] = v.Value
		case *types.AttributeValueMemberBOOL:
			values[name] = fmt.Sprint(v.Value)
		}
	}
	return values
}

// item is some attributes of an item, in one line.
func (s *store) item(t *testing.T, pk string, names ...string) string {
	t.Helper()
	values := s.attributes(t, pk)
	maps.DeleteFunc(values, func(name, _ string) bool { return !slices.Contains(names, name) })
	return strings.TrimPrefix(fmt.Sprint(values), "map")
}

// write changes an item past the ledger, as another edition may.
func (s *store) write(t *testing.T, pk string, attributes map[string]types.AttributeValue) {
	t.Helper()
	in := &dynamodb.UpdateItemInput{TableName: aws.String(tableName), Key: keyed(pk), ExpressionAttributeNames: map[string]string{},
		ExpressionAttributeValues: map[string]types.AttributeValue{}}
	var sets []string
	for name, v := range attributes {
		sets = append(sets, "#"+name+" = :"+name)
		in.ExpressionAttributeNames["#"+name], in.ExpressionAttributeValues[":"+name] = name, v
	}
	in.UpdateExpression = aws.String("SET " + strings.Join(sets, ", "))
	if _, err := s.api.UpdateItem(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

func keyed(pk string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": str(pk)}
}
func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func num(n int64) types.AttributeValue  { return &types.AttributeValueMemberN{Value: fmt.Sprint(n)} }

// open makes a table, and a ledger that keeps its runs there.
func open(t *testing.T) (*store, *ledger.Ledger) {
	t.Helper()
	s := &store{Service: table.New(), seen: map[string]int{}}
	if err := ledger.CreateTable(t.Context(), config(direct{s.Service}), tableName); err != nil {
		t.Fatal(err)
	}
	s.api = dynamodb.NewFromConfig(config(direct{s.Service}))
	return s, ledger.New(config(wire{s}), tableName, tokens())
}

// direct is an aws.HTTPClient that calls a handler.
type direct struct{ http.Handler }

func (d direct) Do(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	d.ServeHTTP(answer, r)
	return answer.Result(), nil
}

// tokens are used once each.
func tokens() func() string {
	var n atomic.Int64
	return func() string { return fmt.Sprintf("token-%d", n.Add(1)) }
}

func config(client aws.HTTPClient) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://dynamodb.test"), HTTPClient: client,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		}),
	}
}

// virtually runs a test on a virtual clock.
func virtually(t *testing.T, name string, test func(t *testing.T, s *store, l *ledger.Ledger)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, l := open(t)
			test(t, s, l)
		})
	})
}

// The runs and changes that the conformance suite is about.
var (
	waiting, claimed, over    = ledgertest.Waiting, ledgertest.Claimed, ledgertest.Over
	create, start, move, free = ledgertest.Create, ledgertest.Start, ledgertest.Move, ledgertest.Free
	wantReason                = ledgertest.WantReason
	now                       = ledgertest.Now
)

func must[T any](t *testing.T) func(T, error) T { return ledgertest.Must[T](t) }
