package table_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/local/table"
)

// call is a request and what its answer has to hold; with - before it, what it must not.
type call struct {
	op, body string
	code     int
	want     []string
}

const schema = `{"TableName":"t","BillingMode":"PAY_PER_REQUEST",
	"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"q","AttributeType":"S"},
		{"AttributeName":"n","AttributeType":"N"}],
	"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],
	"GlobalSecondaryIndexes":[
		{"IndexName":"some","KeySchema":[{"AttributeName":"q","KeyType":"HASH"},{"AttributeName":"n","KeyType":"RANGE"}],
			"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["shown"]}},
		{"IndexName":"all","KeySchema":[{"AttributeName":"q","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}]}`

// put is an item in the index.
func put(pk string, n int) call {
	const item = `{"pk":{"S":%q},"q":{"S":"a"},"n":{"N":"%d"},"shown":{"BOOL":true},"hidden":{"S":"x"}}`
	return call{"PutItem", fmt.Sprintf(`{"TableName":"t","Item":`+item+`}`, pk, n), 200, nil}
}

// updating is an update, with what else the request holds.
func updating(pk, expression, rest string) string {
	return fmt.Sprintf(`{"TableName":"t","Key":{"pk":{"S":%q}},"UpdateExpression":%q%s}`, pk, expression, rest)
}

const one = `,"ExpressionAttributeNames":{"#n":"n"},"ExpressionAttributeValues":{":one":{"N":"1"}}`

// The condition that there is no such item, and the wish to see it otherwise.
const (
	absent = `"ConditionExpression":"attribute_not_exists(pk)"`
	old    = `"ReturnValuesOnConditionCheckFailure":"ALL_OLD"`
)

func getting(pk string) string {
	return fmt.Sprintf(`{"TableName":"t","Key":{"pk":{"S":%q}},"ConsistentRead":true}`, pk)
}

func querying(index, rest string) string {
	return fmt.Sprintf(`{"TableName":"t","IndexName":%q,"KeyConditionExpression":"#q = :a","ExpressionAttributeNames":{"#q":"q"},
		"ExpressionAttributeValues":{":a":{"S":"a"}}%s}`, index, rest)
}

var conversations = []struct {
	name  string
	calls []call
}{
	{"an update makes an item, and REMOVE takes an attribute away", []call{
		{"UpdateItem", updating("x", "SET #n = :one ADD c :one", one+`,"ReturnValues":"ALL_NEW"`), 200, []string{
			`"n":{"N":"1"}`, `"c":{"N":"1"}`, `"pk":{"S":"x"}`}},
		{"UpdateItem", updating("x", "ADD c :one REMOVE #n, nothing", one), 200, []string{`{}`}},
		{"GetItem", getting("x"), 200, []string{`"c":{"N":"2"}`, `-"n"`}},
	}},
	{"an index has what has its keys, in the order of numbers", []call{
		put("x", 10), put("y", 9), put("z", 100),
		{"UpdateItem", updating("late", "SET q = :a, n = :one", `,"ExpressionAttributeValues":{":a":{"S":"a"},":one":{"N":"1"}}`), 200, nil},
		{"UpdateItem", updating("z", "REMOVE n", ""), 200, nil},
		{"Query", querying("some", ""), 200, []string{`"Count":3`, `"late"`, `-"z"`, `-hidden`, `"shown":{"BOOL":true}`}},
		{"Query", querying("some", `,"Limit":1`), 200, []string{
			`[{"n":{"N":"1"},"pk":{"S":"late"}`, `"LastEvaluatedKey":{"n":{"N":"1"},"pk":{"S":"late"},"q":{"S":"a"}}`}},
		{"Query", querying("some", `,"Limit":1,"ExclusiveStartKey":{"n":{"N":"1"},"pk":{"S":"late"},"q":{"S":"a"}}`), 200, []string{
			`"pk":{"S":"y"}`}},
		{"Query", querying("some", `,"Limit":1,"ScanIndexForward":false`), 200, []string{`"pk":{"S":"x"}`}},
		{"Query", querying("all", ""), 200, []string{`"Count":4`, `hidden`}},
		{"DeleteItem", getting("x"), 400, []string{"ValidationException", "ConsistentRead"}},
		{"DeleteItem", `{"TableName":"t","Key":{"pk":{"S":"x"}},"ReturnValues":"ALL_OLD"}`, 200, []string{`"hidden"`}},
		{"Query", querying("all", ""), 200, []string{`"Count":3`}},
		{"Query", querying("none", ""), 400, []string{"ValidationException"}},
		{"Query", querying("all", `,"ConsistentRead":true`), 400, []string{"ValidationException"}},
	}},
	{"a key of an index is of its type and not empty", []call{
		{"UpdateItem", updating("x", "SET q = :e", `,"ExpressionAttributeValues":{":e":{"S":""}}`), 400, []string{"ValidationException"}},
		{"UpdateItem", updating("x", "SET q = :e", `,"ExpressionAttributeValues":{":e":{"N":"1"}}`), 400, []string{"ValidationException"}},
		{"GetItem", getting("x"), 200, []string{`{}`}},
		{"GetItem", getting(""), 400, []string{"ValidationException"}},
	}},
	{"a condition that fails changes nothing, and shows the item if it is asked to", []call{
		put("x", 1),
		{"UpdateItem", updating("x", "SET c = :one", ","+absent+","+old+`,"ExpressionAttributeValues":{":one":{"N":"1"}}`),
			400, []string{"ConditionalCheckFailedException", `"hidden"`}},
		{"DeleteItem", `{"TableName":"t","Key":{"pk":{"S":"x"}},` + absent + `}`, 400, []string{
			"ConditionalCheckFailedException", `-"hidden"`}},
		{"GetItem", getting("x"), 200, []string{`-"c"`, `"hidden"`}},
	}},
	{"placeholders are those that are used", []call{
		{"UpdateItem", updating("x", "SET c = :two", one), 400, []string{"ValidationException", ":two"}},
		{"UpdateItem", updating("x", "SET c = :one", one), 400, []string{"ValidationException", "#n"}},
		{"UpdateItem", updating("x", "SET #n = c", one), 400, []string{"ValidationException", ":one"}},
		{"UpdateItem", updating("x", "SET size = :one", `,"ExpressionAttributeValues":{":one":{"N":"1"}}`), 400, []string{"Validation"}},
	}},
	{"a batch reads what there is", []call{
		put("x", 1), put("y", 1),
		{"BatchGetItem", `{"RequestItems":{"t":{"Keys":[{"pk":{"S":"x"}},{"pk":{"S":"z"}},{"pk":{"S":"y"}}],
			"ConsistentRead":true}}}`, 200, []string{`"x"`, `"y"`, `-"z"`, `"UnprocessedKeys":{}`}},
		{"BatchGetItem", `{"RequestItems":{"t":{"Keys":[{"pk":{"S":"x"}},{"pk":{"S":"x"}}]}}}`, 400, []string{"duplicates"}},
		{"BatchGetItem", `{"RequestItems":{"t":{"Keys":[]}}}`, 400, []string{"ValidationException"}},
		{"Scan", `{"TableName":"t"}`, 200, []string{`"Count":2`}},
		{"Scan", `{"TableName":"t","ExclusiveStartKey":{"pk":{"S":"x"}}}`, 200, []string{`"Count":1`}},
	}},
	{"what is not known is refused", []call{
		{"CreateTable", schema, 400, []string{"ResourceInUseException"}},
		{"GetItem", `{"TableName":"u","Key":{"pk":{"S":"x"}}}`, 400, []string{"ResourceNotFoundException"}},
		{"GetItem", `{"TableName":"t","Key":{"pk":{"S":"x"}},"ProjectionExpression":"a"}`, 400, []string{"ValidationException"}},
		{"PutItem", `{"TableName":"t","Item":{"pk":{"S":"x"},"l":{"L":[]}}}`, 400, []string{"ValidationException"}},
		{"DescribeTable", `{"TableName":"t"}`, 400, []string{"UnknownOperationException"}},
	}},
}

func TestService(t *testing.T) {
	for _, tt := range conversations {
		t.Run(tt.name, func(t *testing.T) { made().run(t, tt.calls) })
	}
}

// A transaction is all or nothing, and says of each item what was the matter.
func TestService_Transact(t *testing.T) {
	item := func(kind, body string) string { return fmt.Sprintf(`{%q:{"TableName":"t",%s}}`, kind, body) }
	transaction := func(token string, items ...string) string {
		return fmt.Sprintf(`{"ClientRequestToken":%q,"TransactItems":[%s]}`, token, strings.Join(items, ","))
	}
	add := item("Update", `"Key":{"pk":{"S":"new"}},"UpdateExpression":"ADD c :one","ExpressionAttributeValues":{":one":{"N":"1"}}`)
	noneOf := func(pk string) string {
		return item("Delete", fmt.Sprintf(`"Key":{"pk":{"S":%q}},%s,%s`, pk, absent, old))
	}
	putY := item("Put", `"Item":{"pk":{"S":"y"}},`+absent+","+old)
	t.Run("nothing is done if one condition fails", func(t *testing.T) {
		made().run(t, []call{
			put("x", 1), put("y", 2),
			{"TransactWriteItems", transaction("a", add, noneOf("x"), noneOf("none"),
				item("ConditionCheck", `"Key":{"pk":{"S":"y"}},`+absent), putY), 400, []string{"one item"}},
			{"TransactWriteItems", transaction("b", add, noneOf("x"), noneOf("none"), putY), 400, []string{
				`[{"Code":"None"},{"Code":"ConditionalCheckFailed","Message":"The conditional request failed","Item":{"hidden"`,
				`},{"Code":"None"},{"Code":"ConditionalCheckFailed","Message":"The conditional request failed","Item":{"hidden"`}},
			{"GetItem", getting("new"), 200, []string{`{}`}},
			{"TransactWriteItems", transaction("c", add, item("Delete", `"Key":{"pk":{"S":"x"}}`)), 200, nil},
			{"GetItem", getting("new"), 200, []string{`"c":{"N":"1"}`}},
			{"GetItem", getting("x"), 200, []string{`{}`}},
			{"TransactWriteItems", transaction("d"), 400, []string{"ValidationException"}},
			{"TransactWriteItems", transaction(strings.Repeat("e", 37), add), 400, []string{"ValidationException"}},
		})
	})
	t.Run("a token is known for ten minutes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := made()
			again := call{"TransactWriteItems", transaction("a", add), 200, nil}
			// The same, written otherwise: clients write the members of an object in any order.
			otherwise := call{"TransactWriteItems", fmt.Sprintf(`{"TransactItems":[%s],"ClientRequestToken":"a"}`, add), 200, nil}
			s.run(t, []call{again, again, {"GetItem", getting("new"), 200, []string{`"c":{"N":"1"}`}},
				otherwise, {"GetItem", getting("new"), 200, []string{`"c":{"N":"1"}`}},
				{"TransactWriteItems", transaction("a", add, noneOf("x")), 400, []string{"IdempotentParameterMismatchException"}}})
			time.Sleep(10 * time.Minute)
			s.run(t, []call{again, {"GetItem", getting("new"), 200, []string{`"c":{"N":"2"}`}}})
		})
	})
}

// Each item of an index is as it is, or as it was: also one that is not in the index any more, or not yet.
func TestService_Behind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, behind := made(), map[string]time.Duration{}
		s.Behind = func(key string, _ time.Time) time.Duration { return behind[key] }
		s.run(t, []call{put("x", 1), put("gone", 2)})
		time.Sleep(time.Minute)
		s.run(t, []call{put("x", 3), {"DeleteItem", `{"TableName":"t","Key":{"pk":{"S":"gone"}}}`, 200, nil}, put("new", 4)})
		time.Sleep(time.Minute)
		s.run(t, []call{{"Query", querying("some", ""), 200, []string{`"Count":2`, `"n":{"N":"3"}`, `"n":{"N":"4"}`}}})
		for _, key := range []string{"x", "gone", "new"} {
			behind[key] = 90 * time.Second
		}
		s.run(t, []call{{"Query", querying("some", ""), 200, []string{`"Count":2`, `"n":{"N":"1"}`, `"n":{"N":"2"}`}},
			{"GetItem", getting("x"), 200, []string{`"n":{"N":"3"}`}},
			{"GetItem", `{"TableName":"t","Key":{"pk":{"S":"x"}}}`, 200, []string{`"n":{"N":"1"}`}},
			{"BatchGetItem", `{"RequestItems":{"t":{"Keys":[{"pk":{"S":"gone"}},{"pk":{"S":"new"}}]}}}`, 200, []string{`"gone"`, `-"n":{"N":"4"}`}}})
		behind["x"] = 3 * time.Minute
		s.run(t, []call{{"Query", querying("some", ""), 200, []string{`"Count":1`, `"gone"`}}})
		time.Sleep(table.MostBehind)
		s.run(t, []call{{"Query", querying("some", ""), 200, []string{`"Count":2`, `"n":{"N":"3"}`, `-"gone"`}}})
	})
}

func TestService_Changed(t *testing.T) {
	s := made()
	var heard []string
	s.Changed = func(key string, attributes map[string]string) {
		heard = append(heard, key+" "+attributes["n"]+attributes["shown"])
	}
	s.run(t, []call{put("x", 1), {"UpdateItem", updating("x", "SET a = :one", `,"ConditionExpression":"n = :two","ExpressionAttributeValues":
		{":one":{"N":"1"},":two":{"N":"2"}}`), 400, nil}, {"DeleteItem", `{"TableName":"t","Key":{"pk":{"S":"x"}}}`, 200, nil}})
	if want := []string{"x 1true", "x "}; !slices.Equal(heard, want) {
		t.Errorf("it told of %q, want %q", heard, want)
	}
}

type fixture struct{ *table.Service }

func made() fixture {
	s := fixture{table.New()}
	s.answer("CreateTable", schema)
	return s
}

func (s fixture) answer(op, body string) (int, string) {
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+op)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

func (s fixture) run(t *testing.T, calls []call) {
	t.Helper()
	for _, c := range calls {
		code, answer := s.answer(c.op, c.body)
		if code != c.code {
			t.Errorf("%s %s: %d %s, want %d", c.op, c.body, code, answer, c.code)
		}
		for _, want := range c.want {
			want, not := strings.CutPrefix(want, "-")
			if strings.Contains(answer, want) == not || want == "{}" && answer != want {
				t.Errorf("%s %s: %s, want %q: %v", c.op, c.body, answer, want, !not)
			}
		}
	}
}
