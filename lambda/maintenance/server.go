// Package maintenance is the domain: what a server, a cause and an outcome are, when maintenance may start, and the Runner
// that decides and starts it. It knows no AWS client and no JSON; what it needs of the world it declares as interfaces.
package maintenance

// Server is a configuration-management server as its backend describes it at one moment.
type Server struct {
	Name    string
	Backend string
	ARN     string
	// Engine is "ChefAutomate" (older servers: "Chef") or "Puppet".
	Engine        string
	EngineVersion string
	Status        Status
	StatusReason  string
	// MaintenanceStatus is that of the most recent finished run: while a run goes on, it is still the one before.
	MaintenanceStatus MaintenanceStatus
	// Node is the managed node that is the server, Runbook what is run on it, where the backend has such.
	Node    string
	Runbook string
}

// ValidServerName reports whether OpsWorks CM would accept the name: 1 to 40 letters, digits and hyphens, a letter first
// (the ServerName shape of the API model, 2016-11-01: [a-zA-Z][a-zA-Z0-9\-]*).
func ValidServerName(name string) bool {
	if len(name) < 1 || len(name) > 40 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return true
}

// Status is the state of a server.
type Status string

// The states of the OpsWorks CM API model, 2016-11-01 (ServerStatus).
const (
	BackingUp        Status = "BACKING_UP"
	ConnectionLost   Status = "CONNECTION_LOST"
	Creating         Status = "CREATING"
	Deleting         Status = "DELETING"
	Modifying        Status = "MODIFYING"
	Failed           Status = "FAILED"
	Healthy          Status = "HEALTHY"
	Running          Status = "RUNNING"
	Restoring        Status = "RESTORING"
	Setup            Status = "SETUP"
	UnderMaintenance Status = "UNDER_MAINTENANCE"
	Unhealthy        Status = "UNHEALTHY"
	Terminated       Status = "TERMINATED"
)

// Startable reports whether StartMaintenance accepts a server in this state.
func (s Status) Startable() bool { return s == Healthy || s == Unhealthy }

// MaintenanceStatus is how the most recent finished run of maintenance ended.
type MaintenanceStatus string

// The values of the OpsWorks CM API model, 2016-11-01 (MaintenanceStatus).
const (
	MaintenanceSuccess MaintenanceStatus = "SUCCESS"
	MaintenanceFailed  MaintenanceStatus = "FAILED"
)
