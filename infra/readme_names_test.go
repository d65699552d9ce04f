package main

import (
	"slices"
	"testing"

	"opsworks-maintenance/lambda/settings"
)

// Each metric that the function writes has its row, and each variable of the environment that the deployment gives it.
func TestREADME_MetricsAndEnvironment(t *testing.T) {
	var metrics, variables []string
	for _, row := range rows(t, "| metric | what it counts |") {
		metrics = append(metrics, inCode(row[0])...)
	}
	for _, metric := range []string{settings.MetricOutcomes, settings.MetricOpenRuns, settings.MetricOldestDue, settings.MetricSweeps,
		settings.MetricPublishFailures, settings.MetricDropped} {
		if !slices.Contains(metrics, metric) {
			t.Errorf("README.md lacks the metric %s", metric)
		}
	}
	for _, row := range rows(t, "| variable | default | meaning |") {
		variables = append(variables, inCode(row[0])...)
	}
	given := dig(synthesize(t, everything).one(t, "AWS::Lambda::Function").Properties, "Environment", "Variables").(map[string]any)
	for variable := range given {
		if !slices.Contains(variables, variable) {
			t.Errorf("lambda/README.md lacks the variable %s", variable)
		}
	}
}
