// Package settings is what the function knows of its servers, of what may start their maintenance and of who is notified. It is resolved:
// defaults are applied, and what people wrote has been checked, by settings/check, before it was deployed. The function only loads it.
package settings

import (
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// Version is that of the resolved form. What is loaded must have it.
const Version = 1

// WildcardRulesOfBus is how many rules with wildcards an event bus takes, of all who use it; the limit cannot be raised.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
const WildcardRulesOfBus = 30

// Settings are resolved settings. Only Load makes them whole: it finds the time zones and the servers by their names. All that decides
// whether maintenance may start must stand in their JSON; names and lists that are empty are left out.
type Settings struct {
	Version       int            `json:"version"`
	Servers       []Server       `json:"servers"`
	Notify        []Subscription `json:"notify,omitzero"`
	MaxConcurrent int            `json:"maxConcurrent"`     // 0: as many runs at the same time as there are servers
	Endpoint      string         `json:"endpoint,omitzero"` // of OpsWorks CM; empty: that of AWS
	// MaxWildcardRules is how many EventBridge rules with wildcards the deployment may make.
	MaxWildcardRules int            `json:"maxWildcardRules,omitzero"`
	AlarmTriggers    []AlarmTrigger `json:"alarmTriggers,omitzero"`

	byName map[string]*Server
}

// Backend says which service maintains a server.
type Backend string

// The two backends.
const (
	BackendOpsWorksCM Backend = "opsworks-cm"
	BackendSSM        Backend = "ssm"
)

// Server is one server with all defaults applied. Durations are in nanoseconds.
type Server struct {
	Name      string     `json:"name"`
	Backend   Backend    `json:"backend"`
	Enabled   bool       `json:"enabled"`
	Alarms    []Glob     `json:"alarms,omitzero"`
	Rules     []Glob     `json:"rules,omitzero"`
	Schedules []Schedule `json:"schedules,omitzero"`
	Timezone  string     `json:"timezone"` // by its IANA name
	Window    Window     `json:"window"`

	Cooldown     time.Duration `json:"cooldown"`
	ExpiresAfter time.Duration `json:"expiresAfter"` // 0: as the window says
	StaleAfter   time.Duration `json:"staleAfter"`
	Deadline     time.Duration `json:"deadline"`
	ExpectEvery  time.Duration `json:"expectEvery,omitzero"` // 0: nothing is expected
	DailyLimit   int           `json:"dailyLimit"`
	// KeepWhenCleared lets a run wait on whose alarm has returned to OK.
	KeepWhenCleared bool `json:"keepWhenCleared"`
	// Approval are the kinds of triggers that an operator has to approve; After is the server whose success triggers this one.
	Approval []maintenance.TriggerKind `json:"approval,omitzero"`
	After    string                    `json:"after,omitzero"`

	// What follows is empty unless the backend is BackendSSM. Runbook is one of Runbooks, or the name or ARN of any other;
	// RunbookVersion is empty for its default version.
	Runbook        string              `json:"runbook,omitzero"`
	RunbookVersion string              `json:"runbookVersion,omitzero"`
	Parameters     map[string][]string `json:"parameters,omitzero"`
	// PublicParameters are those whose values are no secrets; of a runbook of this project, all it takes.
	PublicParameters []string `json:"publicParameters,omitzero"`
	TagKey           string   `json:"tagKey,omitzero"`
	Calendars        []string `json:"calendars"`

	// Location is that of Timezone.
	Location *time.Location `json:"-"`
}

// Schedule is one EventBridge schedule that infra creates. Several servers may
// name the same one; its event then asks for all of them.
type Schedule struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
	// Flexible is 0, or within how much time after the expression's the
	// schedule may ask, in whole minutes.
	Flexible time.Duration `json:"flexible,omitzero"`
}

// Subscription is one receiver of messages: a mailbox, a channel of Slack, the
// chat topic or the topic of records. Exactly one of Email, Slack, Chat and
// Records is set.
type Subscription struct {
	Email string `json:"email,omitzero"`
	// Only limits a mailbox to some outcomes; empty means all that are notified.
	Only    []string `json:"only,omitzero"`
	Chat    bool     `json:"chat,omitzero"`
	Records bool     `json:"records,omitzero"`
	Slack   Slack    `json:"slack,omitzero"`
}

// Slack is a channel by its id and that of its workspace.
type Slack struct {
	Workspace string `json:"workspace"`
	Channel   string `json:"channel"`
}

// AlarmTrigger is a way for alarms to reach the function beside the names in a
// server's alarms. It decides only what reaches the function, which judges an
// alarm the same way however it came.
type AlarmTrigger string

// The alarms that have the tag maintenance-server, those that watch a metric
// with the dimension ServerName, and those that have the function as an action.
const (
	TriggerTag       AlarmTrigger = "tag"
	TriggerDimension AlarmTrigger = "dimension"
	TriggerAction    AlarmTrigger = "action"
)
