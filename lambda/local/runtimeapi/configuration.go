package runtimeapi

import (
	"net/http"
	"strings"
)

// serveConfiguration is GetFunctionConfiguration, for the one who looks up the function's environment: its name, its ARN, its variables.
func (f *Function) serveConfiguration(w http.ResponseWriter, r *http.Request) {
	given, qualifier := r.PathValue("name"), r.URL.Query().Get("Qualifier")
	if _, ok := f.answersTo(given, qualifier); !ok {
		apiFailure(w, http.StatusNotFound, "ResourceNotFoundException", "Function not found: "+strings.TrimSuffix(given+":"+qualifier, ":"))
		return
	}
	variables := map[string]string{}
	for _, variable := range f.config.Env {
		name, value, _ := strings.Cut(variable, "=")
		variables[name] = value
	}
	arn := f.config.FunctionARN
	writeJSON(w, http.StatusOK, map[string]any{
		"FunctionName": arn[strings.LastIndexByte(arn, ':')+1:], "FunctionArn": arn, "Environment": map[string]any{"Variables": variables},
	})
}
