package main

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// others are the operators that an operator is exchanged for.
var others = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL, token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.LAND: token.LOR, token.LOR: token.LAND, token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL,
	token.INC: token.DEC, token.DEC: token.INC,
}

// waysOf are the ways in which a node can be changed: one operator, constant or condition.
func waysOf(n ast.Node, source []byte, at func(token.Pos) int) []mutation {
	put := func(from, to token.Pos, with string) mutation {
		return mutation{from: at(from), to: at(to), with: with}
	}
	text := func(n ast.Node) string { return string(source[at(n.Pos()):at(n.End())]) }
	not := func(e ast.Expr) mutation { return put(e.Pos(), e.End(), "!("+text(e)+")") }
	switch n := n.(type) {
	case *ast.BinaryExpr:
		if other, ok := others[n.Op]; ok {
			return []mutation{put(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), other.String())}
		}
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			return []mutation{put(n.OpPos, n.OpPos+1, "")}
		}
	case *ast.BasicLit:
		return constants(n, put)
	case *ast.Ident:
		if i := slices.Index([]string{"true", "false"}, n.Name); i >= 0 {
			return []mutation{put(n.Pos(), n.End(), []string{"false", "true"}[i])}
		}
	case *ast.IfStmt:
		return []mutation{not(n.Cond)}
	case *ast.CaseClause:
		return cases(n, not)
	case *ast.IncDecStmt:
		return []mutation{put(n.TokPos, n.End(), others[n.Tok].String()), put(n.Pos(), n.End(), "")}
	case *ast.ExprStmt:
		return []mutation{put(n.Pos(), n.End(), "")}
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return []mutation{put(n.Pos(), n.End(), "")}
		}
	case *ast.BranchStmt:
		return []mutation{put(n.Pos(), n.End(), "")}
	case *ast.ReturnStmt:
		if len(n.Results) == 0 {
			return []mutation{put(n.Pos(), n.End(), "")}
		}
	}
	return nil
}

// constants: one more, one less, twice as much.
func constants(n *ast.BasicLit, put func(from, to token.Pos, with string) mutation) (ways []mutation) {
	value, err := strconv.ParseInt(n.Value, 0, 32)
	if n.Kind != token.INT || err != nil {
		return nil
	}
	for _, other := range []int64{value + 1, value - 1, 2 * value} {
		if other != value {
			ways = append(ways, put(n.Pos(), n.End(), strconv.FormatInt(other, 10)))
		}
	}
	return ways
}

// cases are the conditions of a case; a value in a switch over values does not compile when it is negated.
func cases(n *ast.CaseClause, not func(ast.Expr) mutation) (ways []mutation) {
	for _, e := range n.List {
		ways = append(ways, not(e))
	}
	return ways
}

// brief is a text on one line, not longer than a reader wants.
func brief(s string) string {
	const most = 110
	if s = oneLine(s); len(s) > most {
		return s[:most] + "..."
	}
	return s
}

func oneLine(s string) string {
	if s = strings.Join(strings.Fields(s), " "); s == "" {
		return "nothing"
	}
	return s
}
