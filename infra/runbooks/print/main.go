// Command print writes a runbook's document as JSON: for the console, for make run, and to be read.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"opsworks-maintenance/infra/runbooks"
)

func main() {
	if err := print(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "print: %v\n", err)
		os.Exit(1)
	}
}

func print(args []string) error {
	for _, runbook := range runbooks.All() {
		if len(args) != 1 || runbook.Name != args[0] {
			continue
		}
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(runbook.Document("arn:aws:iam::123456789012:role/runbook"))
	}
	return fmt.Errorf("name one runbook: %v", names())
}

func names() []string {
	var all []string
	for _, runbook := range runbooks.All() {
		all = append(all, runbook.Name)
	}
	return all
}
