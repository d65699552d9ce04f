package function

// What New builds the function from, for tests that hand in clock, ids and transport.
var (
	Policies = policies
	Nodes    = nodes
)
