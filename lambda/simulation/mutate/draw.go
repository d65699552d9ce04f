package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// houses are the packages that mutations are drawn from.
var houses = []string{"maintenance", "message", "ledger", "automation", "opsworkscm", "notify"}

// mutation is one change of one place.
type mutation struct {
	file, folder string // in the tree
	from, to     int    // bytes of the file
	with         string
	// line is where it is, source that line as it stands, becomes what the change makes of it.
	line            int
	source, becomes string
	change          string // what becomes of the bytes
}

func (m mutation) String() string {
	return fmt.Sprintf("%s:%d: %s -> %s", m.file, m.line, brief(m.source), brief(m.becomes))
}

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
	return drawFrom(places, seed), nil
}

// drawFrom draws one way for each place. What comes first is a hash of the seed and of what stands there, so that a change of the code
// moves what it changes and leaves the order of the others as it was.
func drawFrom(places [][]mutation, seed uint64) []mutation {
	type ticket struct {
		rank uint64
		mutation
	}
	var tickets []ticket
	twins := map[string]uint64{}
	for _, ways := range places {
		name := ways[0].file + " | " + ways[0].source + " | " + ways[0].change
		twins[name]++
		dice := rand.New(rand.NewPCG(seed, hash(name)+twins[name]))
		tickets = append(tickets, ticket{dice.Uint64(), ways[dice.IntN(len(ways))]})
	}
	slices.SortFunc(tickets, func(a, b ticket) int { return cmp.Compare(a.rank, b.rank) })
	var drawn []mutation
	for _, t := range tickets {
		drawn = append(drawn, t.mutation)
	}
	return drawn
}

func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return h.Sum64()
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
			begin, end := 1+bytes.LastIndexByte(source[:m.from], '\n'), m.to+bytes.IndexByte(source[m.to:], '\n')
			m.becomes = oneLine(string(source[begin:m.from]) + m.with + string(source[m.to:end]))
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
