package table

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/truora/minidyn/interpreter"
)

func (s *Service) getItem(body []byte) (any, error) {
	var in struct {
		TableName      string
		Key            item
		ConsistentRead bool
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	key, err := t.keyOf(in.Key)
	if err != nil {
		return nil, err
	}
	if i := s.read(t, key, in.ConsistentRead); i != nil {
		return map[string]item{"Item": i}, nil
	}
	return struct{}{}, nil
}

// read is an item as a read shows it, nil for none: one that is not consistent may be behind as an index is (Developer Guide, Read
// consistency).
func (s *Service) read(t *table, key string, consistent bool) item {
	if s.Behind == nil || consistent {
		return t.items[key]
	}
	return s.shown(t, key)
}

// batchGetItem answers in the order least useful: backwards ("does not return items in any particular order", API_BatchGetItem, whose
// are the limits too).
func (s *Service) batchGetItem(body []byte) (any, error) {
	var in struct {
		RequestItems map[string]struct {
			Keys           []item
			ConsistentRead bool
		}
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	responses, count := map[string][]item{}, 0
	for name, ask := range in.RequestItems {
		t, err := s.table(name)
		if err != nil {
			return nil, err
		}
		seen := map[string]bool{}
		responses[name] = []item{}
		for _, k := range slices.Backward(ask.Keys) {
			key, err := t.keyOf(k)
			if err != nil {
				return nil, err
			}
			if seen[key] {
				return nil, invalid("Provided list of item keys contains duplicates")
			}
			seen[key] = true
			count++
			if i := s.read(t, key, ask.ConsistentRead); i != nil {
				responses[name] = append(responses[name], i)
			}
		}
	}
	if count < 1 || count > 100 {
		return nil, invalid("Too many items requested for the BatchGetItem call, or none")
	}
	return map[string]any{"Responses": responses, "UnprocessedKeys": struct{}{}}, nil
}

func (s *Service) query(body []byte) (any, error) {
	var in struct {
		TableName, IndexName, KeyConditionExpression string
		ExpressionAttributeNames                     map[string]string
		ExpressionAttributeValues, ExclusiveStartKey item
		ScanIndexForward                             *bool
		ConsistentRead                               bool
		Limit                                        int
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	x, ok := t.indexes[in.IndexName]
	if !ok {
		return nil, invalid("The table does not have the specified index: %s", in.IndexName)
	}
	if in.ConsistentRead {
		return nil, invalid("Consistent reads are not supported on global secondary indexes")
	}
	if err := placeholders(in.ExpressionAttributeNames, in.ExpressionAttributeValues, in.KeyConditionExpression); err != nil {
		return nil, err
	}
	asked := hashAsked(x.hash, in.KeyConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues)
	var found []item
	for _, i := range s.indexed(t) {
		if asked != nil && i[x.hash].text() != asked.text() {
			continue
		}
		shown, ok := t.shown(x, i)
		if !ok {
			continue
		}
		met, err := s.matches(interpreter.ExpressionTypeKey, in.KeyConditionExpression, shown,
			in.ExpressionAttributeNames, in.ExpressionAttributeValues)
		if err != nil {
			return nil, err
		}
		if met {
			found = append(found, shown)
		}
	}
	order := func(a, b item) int { return t.order(x, a, b) }
	if in.ScanIndexForward != nil && !*in.ScanIndexForward {
		order = func(a, b item) int { return t.order(x, b, a) }
	}
	slices.SortFunc(found, order)
	if len(in.ExclusiveStartKey) > 0 {
		found = slices.DeleteFunc(found, func(i item) bool { return order(i, in.ExclusiveStartKey) <= 0 })
	}
	keys := []string{t.key, x.hash, x.sort}
	return s.page(found, in.Limit, keys), nil
}

// hashAsked is the value that a key condition wants of the index's partition key, which has to be equal to one (API_Query,
// KeyConditionExpression); nil where it cannot be told at a glance.
func hashAsked(hash, condition string, names map[string]string, values item) *value {
	first, _, _ := strings.Cut(condition, " AND ")
	name, asked, _ := strings.Cut(first, " = ")
	if v, ok := values[asked]; ok && cmp.Or(names[name], name) == hash {
		return &v
	}
	return nil
}

// indexed are the items as an index has them.
func (s *Service) indexed(t *table) iter.Seq2[string, item] {
	if s.Behind == nil {
		return maps.All(t.items)
	}
	return func(yield func(string, item) bool) {
		for _, key := range slices.Sorted(maps.Keys(t.past)) {
			if !yield(key, s.shown(t, key)) {
				return
			}
		}
	}
}

// shown is an item as it was some time ago, if it changed lately.
func (s *Service) shown(t *table, key string) item {
	past := t.past[key]
	if len(past) == 0 {
		return nil
	}
	if latest := past[len(past)-1]; time.Since(latest.from) < MostBehind {
		if behind := s.Behind(key, latest.from); behind > 0 {
			return t.asOf(key, time.Now().Add(-behind))
		}
	}
	return past[len(past)-1].item
}

// order is by the sort key; that of equal ones is nobody's promise.
func (t *table) order(x index, a, b item) int {
	if x.sort != "" {
		if byKey := compare(a[x.sort], b[x.sort]); byKey != 0 {
			return byKey
		}
	}
	return compare(a[t.key], b[t.key])
}

func compare(a, b value) int {
	if a.N != nil && b.N != nil {
		m, _ := strconv.ParseFloat(*a.N, 64)
		n, _ := strconv.ParseFloat(*b.N, 64)
		return cmp.Compare(m, n)
	}
	return cmp.Compare(a.text(), b.text())
}

func (s *Service) scan(body []byte) (any, error) {
	var in struct {
		TableName         string
		ExclusiveStartKey item
		ConsistentRead    bool
		Limit             int
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	var found []item
	for _, key := range slices.Sorted(maps.Keys(t.items)) {
		if key > in.ExclusiveStartKey[t.key].text() {
			found = append(found, t.items[key])
		}
	}
	return s.page(found, in.Limit, []string{t.key}), nil
}

// page cuts off what is not on the first page. A page that is full has a next one, be it empty (API_Query, LastEvaluatedKey).
func (s *Service) page(found []item, limit int, keys []string) map[string]any {
	if s.PageSize > 0 && (limit == 0 || limit > s.PageSize) {
		limit = s.PageSize
	}
	out := map[string]any{}
	if limit > 0 && len(found) >= limit {
		found = found[:limit]
		out["LastEvaluatedKey"] = found[limit-1].project(keys)
	}
	if found == nil {
		found = []item{}
	}
	out["Items"], out["Count"] = found, len(found)
	return out
}
