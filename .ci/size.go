// Command size fails where a reader gets lost: at a line of Go over 140 characters, and in product code at a function over 60 lines or a
// type over 20 methods. The simulation is no product code: its world is one type. It is run where go.mod is.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxWidth   = 140 // characters; a tab is one
	maxLines   = 60  // of a function, its first and last included
	maxMethods = 20
)

func main() {
	var faults []string
	methods := map[string]int{} // by folder and type
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "dist"):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(source), "\n") {
			if width := utf8.RuneCountInString(line); width > maxWidth {
				faults = append(faults, fmt.Sprintf("%s:%d: the line has %d characters, at most %d may", path, i+1, width, maxWidth))
			}
		}
		if strings.HasSuffix(path, "_test.go") || slices.Contains(strings.Split(path, string(filepath.Separator)), "testdata") {
			return nil
		}
		long, err := functions(path, source, methods)
		faults = append(faults, long...)
		return err
	})
	if err != nil {
		faults = append(faults, err.Error())
	}
	for _, name := range slices.Sorted(maps.Keys(methods)) {
		if n := methods[name]; n > maxMethods {
			faults = append(faults, fmt.Sprintf("%s has %d methods, at most %d may", name, n, maxMethods))
		}
	}
	if len(faults) > 0 {
		fmt.Println(strings.Join(faults, "\n"))
		os.Exit(1)
	}
}

// functions names the functions of a file that are too long, and counts its methods by their types.
func functions(path string, source []byte, methods map[string]int) ([]string, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var long []string
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok {
			continue
		}
		first := set.Position(function.Pos()).Line
		if lines := set.Position(function.End()).Line - first + 1; lines > maxLines {
			long = append(long, fmt.Sprintf("%s:%d: the function %s has %d lines, at most %d may", path, first, function.Name.Name, lines, maxLines))
		}
		if function.Recv != nil && filepath.Dir(path) != filepath.Join("lambda", "simulation") {
			methods[filepath.Dir(path)+": the type "+receiver(function.Recv.List[0].Type)]++
		}
	}
	return long, nil
}

// receiver is the name of a receiver's type.
func receiver(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	default:
		return fmt.Sprintf("%T", e)
	}
}
