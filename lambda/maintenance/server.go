// Package maintenance is the domain: what a server, a trigger, a run and an outcome are, when maintenance may start, how its end is
// known, and the one way in which a run moves. It knows no AWS client; what it needs of the world it declares as interfaces.
package maintenance

// Server is a configuration-management server as its backend showed it at one moment.
type Server struct {
	Name    string `json:"name,omitempty"`
	Backend string `json:"backend,omitempty"`
	ARN     string `json:"arn,omitempty"`
	// Engine is "ChefAutomate" (older servers: "Chef") or "Puppet".
	Engine        string `json:"engine,omitempty"`
	EngineVersion string `json:"engineVersion,omitempty"`
	Status        Status `json:"status,omitempty"`
	StatusReason  string `json:"statusReason,omitempty"`
	// MaintenanceStatus is that of the most recent finished maintenance: while one is in progress, it is still the one before.
	MaintenanceStatus MaintenanceStatus `json:"maintenanceStatus,omitempty"`
	// Node is the managed node that is the server, Runbook what is run on it, where the backend has such.
	Node    string `json:"node,omitempty"`
	Runbook string `json:"runbook,omitempty"`
	// TakesRunID: the runbook takes the id of the run that it is started for.
	TakesRunID bool `json:"takesRunId,omitempty"`
}

// TagKey is the tag by which a managed node, and an alarm, says which server it is or is about, unless the settings give nodes another.
const TagKey = "maintenance-server"

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
	StatusBackingUp        Status = "BACKING_UP"
	StatusConnectionLost   Status = "CONNECTION_LOST"
	StatusCreating         Status = "CREATING"
	StatusDeleting         Status = "DELETING"
	StatusModifying        Status = "MODIFYING"
	StatusFailed           Status = "FAILED"
	StatusHealthy          Status = "HEALTHY"
	StatusRunning          Status = "RUNNING"
	StatusRestoring        Status = "RESTORING"
	StatusSetup            Status = "SETUP"
	StatusUnderMaintenance Status = "UNDER_MAINTENANCE"
	StatusUnhealthy        Status = "UNHEALTHY"
	StatusTerminated       Status = "TERMINATED"
)

// Startable reports whether StartMaintenance accepts a server in this state (API_StartMaintenance).
func (s Status) Startable() bool { return s == StatusHealthy || s == StatusUnhealthy }

// Passing reports whether a server leaves the state by itself, so that waiting for another is worth it.
func (s Status) Passing() bool {
	switch s {
	case StatusBackingUp, StatusModifying, StatusRestoring, StatusCreating, StatusSetup, StatusRunning, StatusConnectionLost:
		return true
	default:
		return false
	}
}

// Settled reports whether a state is one that maintenance leaves a server in, not one it passes through.
func (s Status) Settled() bool {
	switch s {
	case StatusHealthy, StatusUnhealthy, StatusFailed, StatusTerminated:
		return true
	default:
		return false
	}
}

// MaintenanceStatus is how the most recent finished maintenance ended.
type MaintenanceStatus string

// The values of the OpsWorks CM API model, 2016-11-01 (MaintenanceStatus).
const (
	MaintenanceSuccess MaintenanceStatus = "SUCCESS"
	MaintenanceFailed  MaintenanceStatus = "FAILED"
)
