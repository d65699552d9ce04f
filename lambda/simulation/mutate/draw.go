package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// houses are the packages that mutations are drawn from.
var houses = []string{"maintenance", "message", "ledger", "automation", "opsworkscm", "notify"}

// mutation is one change of one place.
type mutation struct {
	file, folder string // in the tree
	from, to     int    // bytes of the file
	with         string
	// line is where it is, source that line as it stands, change what becomes of it, in words.
	line           int
	source, change string
}

func (m mutation) String() string { return fmt.Sprintf("%s:%d: %s", m.file, m.line, m.change) }

// draw lists one mutation for each place where there can be one, in an order that the seed draws.
func (t tree) draw(seed uint64) ([]mutation, error) {
	var places [][]mutation
	for _, house := range houses {
		folder := filepath.Join("lambda", house)
		files, err := filepath.Glob(filepath.Join(t.dir, folder, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, path := range files { // Glob sorts
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			more, err := placesOf(path, folder)
			if err != nil {
				return nil, err
			}
			places = append(places, more...)
		}
	}
	dice := rand.New(rand.NewPCG(seed, 0))
	dice.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	var drawn []mutation
	for _, ways := range places {
		drawn = append(drawn, ways[dice.IntN(len(ways))])
	}
	return drawn, nil
}

// placesOf finds the places of a file, each with the ways in which it can be changed.
func placesOf(path, folder string) ([][]mutation, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(source), "\n")
	var places [][]mutation
	walk(file, func(n ast.Node) {
		ways := waysOf(n, source, func(p token.Pos) int { return set.Position(p).Offset })
		for i := range ways {
			m := &ways[i]
			m.file, m.folder = filepath.ToSlash(filepath.Join(folder, filepath.Base(path))), folder
			m.line = 1 + strings.Count(string(source[:m.from]), "\n")
			m.source = strings.TrimSpace(lines[m.line-1])
			m.change = fmt.Sprintf("%s -> %s", brief(string(source[m.from:m.to])), brief(m.with))
		}
		if len(ways) > 0 {
			places = append(places, ways)
		}
	})
	return places, nil
}

// walk visits what a file does. Declarations of constants count, for their values; types and imports do not.
func walk(file *ast.File, visit func(ast.Node)) {
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok != token.CONST && g.Tok != token.VAR {
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool {
			if n != nil {
				visit(n)
			}
			return true
		})
	}
}

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
	const most = 90
	s = strings.Join(strings.Fields(s), " ")
	if s == "" {
		return "nothing"
	}
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
