package ledger

import (
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// expression is an update of one item, with its condition. It names an attribute a as #a, and the value it gets as :a.
type expression struct {
	sets, removes, adds, conditions []string
	values                          item
}

func (e *expression) value(name string, v types.AttributeValue) {
	if e.values == nil {
		e.values = item{}
	}
	e.values[name] = v
}

func (e *expression) set(attribute string, v types.AttributeValue) {
	e.sets = append(e.sets, "#"+attribute+" = :"+attribute)
	e.value(":"+attribute, v)
}

func (e *expression) setOnce(attribute string, v types.AttributeValue) {
	e.sets = append(e.sets, "#"+attribute+" = if_not_exists(#"+attribute+", :"+attribute+")")
	e.value(":"+attribute, v)
}

func (e *expression) remove(attribute string) { e.removes = append(e.removes, "#"+attribute) }

func (e *expression) addOne(attribute string) {
	e.adds = append(e.adds, "#"+attribute+" :one")
	e.value(":one", number(1))
}

// when adds a condition; all have to hold. The names of its values are not those of attributes that are set.
func (e *expression) when(condition string, values item) {
	e.conditions = append(e.conditions, condition)
	for name, v := range values {
		e.value(name, v)
	}
}

// was is the condition that an attribute has a value, nil for none.
func (e *expression) was(attribute string, v types.AttributeValue) {
	if v == nil {
		e.when("attribute_not_exists(#"+attribute+")", nil)
		return
	}
	e.when("#"+attribute+" = :was_"+attribute, item{":was_" + attribute: v})
}

// update is empty where nothing is updated.
func (e *expression) update() string {
	var clauses []string
	for _, clause := range []struct {
		verb    string
		actions []string
	}{{"SET", e.sets}, {"REMOVE", e.removes}, {"ADD", e.adds}} {
		if len(clause.actions) > 0 {
			clauses = append(clauses, clause.verb+" "+strings.Join(clause.actions, ", "))
		}
	}
	return strings.Join(clauses, " ")
}

// condition is nil for none.
func (e *expression) condition() *string {
	if len(e.conditions) == 0 {
		return nil
	}
	all := "(" + strings.Join(e.conditions, ") AND (") + ")"
	if len(e.conditions) == 1 {
		all = e.conditions[0]
	}
	return &all
}

// names are the attributes that expressions name.
func names(expressions ...string) map[string]string {
	found := map[string]string{}
	for _, expression := range expressions {
		for _, word := range strings.FieldsFunc(expression, func(r rune) bool { return strings.ContainsRune(" ,()=<>", r) }) {
			if name, ok := strings.CutPrefix(word, "#"); ok {
				found[word] = name
			}
		}
	}
	return found
}

func (e *expression) names() map[string]string {
	found := names(e.update())
	if condition := e.condition(); condition != nil {
		maps.Copy(found, names(*condition))
	}
	return found
}
