package opsworkscm

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

// Server is what a caller of AddServer says about a server. Everything but the name has a default.
type Server struct {
	Name             string
	Engine           string // ChefAutomate (default) or Puppet
	EngineModel      string // Single, Monolithic
	EngineVersion    string // 2, 2019
	EngineAttributes []EngineAttribute
	Status           string // HEALTHY
	StatusReason     string
	CreatedAt        time.Time // ninety days ago

	// MaintenanceStatus is the result of a run a week ago, SUCCESS or FAILED, with its event: callers have to tell such an old
	// result from that of a new run. Empty: the server had none yet.
	MaintenanceStatus string
}

// EngineAttribute is a pair that DescribeServers shows, such as CHEF_MAJOR_UPGRADE_AVAILABLE. Values are secrets as a rule.
type EngineAttribute struct{ Name, Value string }

// The status values that have a meaning here. serverStatuses has all that the service knows (ServerStatus).
const (
	statusHealthy          = "HEALTHY"
	statusUnhealthy        = "UNHEALTHY"
	statusUnderMaintenance = "UNDER_MAINTENANCE"

	maintenanceSuccess = "SUCCESS"
	maintenanceFailed  = "FAILED"

	engineChef   = "ChefAutomate"
	enginePuppet = "Puppet"
)

var serverStatuses = []string{
	"BACKING_UP", "CONNECTION_LOST", "CREATING", "DELETING", "MODIFYING", "FAILED", statusHealthy, "RUNNING", "RESTORING", "SETUP",
	statusUnderMaintenance, statusUnhealthy, "TERMINATED",
}

// managed is a server with its state.
type managed struct {
	Server
	id     string // the unique last part of its ARN
	events []event
	past   []past // what it was and is, oldest first

	fails    bool
	accepted int
	started  int
	run      *run // the maintenance that StartMaintenance began, while it lasts
}

// run is one maintenance. Its address tells it from the next.
type run struct {
	upgrade bool
	fails   bool
	silent  bool // it leaves no events
}

// past is what a server was from a time on.
type past struct {
	from time.Time
	Server
}

// pastKept is more than any lag.
const pastKept = time.Hour

// remember notes what the server is from now on.
func (m *managed) remember(now time.Time) {
	m.past = append(m.past, past{from: now, Server: m.Server})
	for len(m.past) > 1 && now.Sub(m.past[1].from) > pastKept {
		m.past = m.past[1:]
	}
}

// asOf is the server as it was at a time or, before it was there, as it was first.
func (m *managed) asOf(at time.Time) *managed {
	seen := *m
	seen.Server = m.past[0].Server
	for _, was := range m.past {
		if !was.from.After(at) {
			seen.Server = was.Server
		}
	}
	return &seen
}

func newManaged(config Config, given Server, id string) (*managed, error) {
	var faults []error
	if !serverNamePattern.MatchString(given.Name) || len(given.Name) > serverNameMax {
		faults = append(faults, fmt.Errorf("%q is no server name", given.Name))
	}
	model, version := "Single", "2"
	switch given.Engine {
	case "", engineChef:
		given.Engine = engineChef
	case enginePuppet:
		model, version = "Monolithic", "2019"
	default:
		faults = append(faults, fmt.Errorf("engine %q is neither %s nor %s", given.Engine, engineChef, enginePuppet))
	}
	given.EngineModel = cmp.Or(given.EngineModel, model)
	given.EngineVersion = cmp.Or(given.EngineVersion, version)
	given.Status = cmp.Or(given.Status, statusHealthy)
	if !slices.Contains(serverStatuses, given.Status) {
		faults = append(faults, fmt.Errorf("no server status %q", given.Status))
	}
	if !slices.Contains([]string{"", maintenanceSuccess, maintenanceFailed}, given.MaintenanceStatus) {
		faults = append(faults, fmt.Errorf("no maintenance status %q", given.MaintenanceStatus))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}

	now := time.Now()
	if given.CreatedAt.IsZero() {
		given.CreatedAt = now.AddDate(0, 0, -90)
	}
	given.EngineAttributes = slices.Clone(given.EngineAttributes)
	added := &managed{Server: given, id: id}
	added.remember(now)
	if given.MaintenanceStatus != "" {
		for _, message := range endMessages(given.MaintenanceStatus == maintenanceSuccess, false) {
			added.write(config, now.AddDate(0, 0, -7), message)
		}
	}
	return added, nil
}

// serverShape is the Server structure on the wire. The service's secrets are the caller's own EngineAttributes.
type serverShape struct {
	AssociatePublicIPAddress   bool `json:"AssociatePublicIpAddress"`
	BackupRetentionCount       int
	ServerName                 string
	CreatedAt                  simulator.Timestamp
	CloudFormationStackArn     string
	DisableAutomatedBackup     bool
	Endpoint                   string
	Engine                     string
	EngineModel                string
	EngineAttributes           []EngineAttribute
	EngineVersion              string
	InstanceProfileArn         string
	InstanceType               string
	MaintenanceStatus          string `json:",omitempty"`
	PreferredMaintenanceWindow string
	PreferredBackupWindow      string
	SecurityGroupIds           []string
	ServiceRoleArn             string
	Status                     string
	StatusReason               string `json:",omitempty"`
	SubnetIds                  []string
	ServerArn                  string
}

// shape describes the server in the forms of the user guide's and the API reference's samples.
func (m *managed) shape(config Config) serverShape {
	short := strings.ReplaceAll(m.id, "-", "")[:16]
	region, account := config.Region, config.Account
	attributes := m.EngineAttributes
	if attributes == nil {
		attributes = []EngineAttribute{}
	}
	return serverShape{
		AssociatePublicIPAddress: true,
		BackupRetentionCount:     10,
		ServerName:               m.Name,
		CreatedAt:                simulator.Timestamp(m.CreatedAt),
		CloudFormationStackArn: fmt.Sprintf("arn:aws:cloudformation:%s:%s:stack/aws-opsworks-cm-instance-%s-%d/%s",
			region, account, m.Name, m.CreatedAt.UnixMilli(), m.id),
		Endpoint:                   fmt.Sprintf("%s-%s.%s.opsworks-cm.io", m.Name, short, region),
		Engine:                     m.Engine,
		EngineModel:                m.EngineModel,
		EngineAttributes:           attributes,
		EngineVersion:              m.EngineVersion,
		InstanceProfileArn:         fmt.Sprintf("arn:aws:iam::%s:instance-profile/aws-opsworks-cm-ec2-role", account),
		InstanceType:               "m5.large",
		MaintenanceStatus:          m.MaintenanceStatus,
		PreferredMaintenanceWindow: "Fri:18:00",
		PreferredBackupWindow:      "02:00",
		SecurityGroupIds:           []string{"sg-0" + short},
		ServiceRoleArn:             fmt.Sprintf("arn:aws:iam::%s:role/service-role/aws-opsworks-cm-service-role", account),
		Status:                     m.Status,
		StatusReason:               m.StatusReason,
		SubnetIds:                  []string{"subnet-0" + short},
		ServerArn:                  fmt.Sprintf("arn:aws:opsworks-cm:%s:%s:server/%s/%s", region, account, m.Name, m.id),
	}
}
