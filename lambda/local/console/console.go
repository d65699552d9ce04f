// Package console plays the part of the CloudWatch console for one custom widget: a page that calls the page function with the viewer's
// theme, width and forms, cleans what it answers, and runs its cwdb-actions. console.html says on which document each rule rests.
package console

import (
	_ "embed"
	"net/http"
	"strings"
)

//go:embed console.html
var page string

// Handler serves the page, for a function that is named by its ARN and invoked at the same address.
func Handler(functionARN string) http.Handler {
	content := strings.ReplaceAll(page, "FUNCTION_ARN", functionARN)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(content)) // the viewer may have gone
	})
}
