package opsworkscm

import "opsworks-maintenance/lambda/local/simulator"

// The exceptions of the service model. Their real texts are not documented: own words.

func notFound(name string) error {
	return simulator.Refused("ResourceNotFoundException", "Server "+name+" does not exist, or access was denied.")
}

func invalidState(name, status string) error {
	return simulator.Refused("InvalidStateException",
		"Server "+name+" is in state "+status+". Maintenance can be started in the states HEALTHY and UNHEALTHY only.")
}

func invalidToken() error {
	return simulator.Refused("InvalidNextTokenException", "The next token is not valid.")
}
