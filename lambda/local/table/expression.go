package table

import (
	"cmp"
	"errors"
	"strings"

	"github.com/truora/minidyn/interpreter"
	"github.com/truora/minidyn/interpreter/language"
	"github.com/truora/minidyn/types"
)

// expressions are those that were parsed before: callers send the same ones again and again, with other values.
type expressions map[string]language.Node

const mostExpressions = 10_000

// parsed is an expression's tree.
func (e expressions) parsed(expression string, parse func(*language.Lexer) (language.Node, []string)) (language.Node, error) {
	if tree, ok := e[expression]; ok {
		return tree, nil
	}
	tree, faults := parse(language.NewLexer(expression))
	if len(faults) > 0 {
		return nil, errors.New(strings.Join(faults, "; "))
	}
	if len(e) >= mostExpressions {
		clear(e)
	}
	e[expression] = tree
	return tree, nil
}

func parseCondition(l *language.Lexer) (language.Node, []string) {
	p := language.NewParser(l)
	tree := p.ParseConditionalExpression()
	if faults := p.Errors(); len(faults) > 0 || tree.Expression == nil {
		return nil, append(faults, "no condition")
	}
	return tree, nil
}

func parseUpdate(l *language.Lexer) (language.Node, []string) {
	p := language.NewUpdateParser(l)
	return p.ParseUpdateExpression(), p.Errors()
}

// environment has the attributes that an expression names: those that have names of their own, and the others by their placeholders.
func environment(i item, names map[string]string, values item) (*language.Environment, error) {
	env := language.NewEnvironment()
	env.Aliases = names
	attributes := i.minidyns()
	if err := env.AddAttributes(attributes); err != nil {
		return nil, err
	}
	return env, env.AddAttributes(values.minidyns())
}

// matches evaluates a condition.
func (s *Service) matches(kind interpreter.ExpressionType, expression string, i item, names map[string]string, values item) (bool, error) {
	tree, err := s.expressions.parsed(expression, parseCondition)
	if err == nil {
		err = interpreter.ValidateExpressionAttributeNamesDeclared(string(kind), expression, names)
	}
	if err != nil {
		return false, invalid("%v", err)
	}
	env, err := environment(i, names, values)
	if err != nil {
		return false, invalid("%v", err)
	}
	result := language.Eval(tree, env)
	if result.Type() == language.ObjectTypeError {
		return false, invalid("%s", result.Inspect())
	}
	return result == language.TRUE, nil
}

// updated is the item after the update; one that was not there begins with its key.
func (s *Service) updated(w write, old, key item) (item, error) {
	from := old
	if from == nil {
		from = key
	}
	if w.UpdateExpression == "" {
		return from.clone(), nil
	}
	tree, err := s.expressions.parsed(w.UpdateExpression, parseUpdate)
	if err != nil {
		return nil, invalid("%v", err)
	}
	env, err := environment(from, w.ExpressionAttributeNames, w.ExpressionAttributeValues)
	if err != nil {
		return nil, invalid("%v", err)
	}
	if result := language.EvalUpdate(tree, env); result.Type() == language.ObjectTypeError {
		return nil, invalid("%s", result.Inspect())
	}
	given := make(map[string]bool, len(w.ExpressionAttributeValues))
	for name := range w.ExpressionAttributeValues {
		given[name] = true
	}
	after := map[string]*types.Item{}
	env.Apply(after, w.ExpressionAttributeNames, given)
	out := fromMinidyn(after)
	for _, name := range removed(w.UpdateExpression) {
		delete(out, cmp.Or(w.ExpressionAttributeNames[name], name))
	}
	return out, nil
}
