// Package main says where cdk.json stops being JSON: line, column, and what to write instead. The CDK CLI reads the file before it runs the
// app and says only that it is none.
package main

import (
	"fmt"
	"os"

	"opsworks-maintenance/lambda/settings/check"
)

func main() {
	const file = "cdk.json"
	text, err := os.ReadFile(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if problem := check.SyntaxProblem(text); problem != "" {
		fmt.Fprintln(os.Stderr, file+": "+problem)
		os.Exit(1)
	}
}
