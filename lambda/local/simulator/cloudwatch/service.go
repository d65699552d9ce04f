// Package cloudwatch stands in for CloudWatch's alarms: it answers SetAlarmState and DescribeAlarms, and hands out the EventBridge event of
// each change of state.
package cloudwatch

import (
	"cmp"
	"fmt"
	"strings"
	"sync"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

// Config says which alarms there are and who hears of them.
type Config struct {
	Region, Account string
	// Exists says whether there is an alarm of that name. It is OK until somebody sets its state.
	Exists func(name string) bool
	// Most is how many alarms an answer has at most; 0 is as many as are asked for.
	Most int
	// OnEvent gets the event of each change of state, at once and in its own goroutine.
	OnEvent func(event []byte)
}

// Service is an http.Handler that speaks the three protocols of CloudWatch. The one who can connect may call.
type Service struct {
	config Config
	source *simulator.Source
	begin  time.Time

	mu     sync.Mutex
	states map[string]State // by alarm, of those that were set
}

// New returns a service whose alarms are all OK.
func New(config Config) *Service {
	return &Service{config: config, source: simulator.NewSource(nil), begin: time.Now(), states: map[string]State{}}
}

// stateValues are the service model's StateValue.
var stateValues = []string{"OK", "ALARM", "INSUFFICIENT_DATA"}

// setAlarmState follows API_SetAlarmState. A state that the alarm has already is no change: nothing is sent. The state stays until it is
// set again, because there is no metric here that would set it right.
func (s *Service) setAlarmState(in map[string]string) *simulator.Error {
	name := in["AlarmName"]
	var check simulator.Validation
	for _, member := range []string{"AlarmName", "StateValue", "StateReason"} {
		check.Given(in[member] != "", strings.ToLower(member[:1])+member[1:])
	}
	if value := in["StateValue"]; value != "" {
		check.OneOf(&value, stateValues, "stateValue")
	}
	if err := check.Failure(); err != nil {
		return &simulator.Error{Status: 400, Code: "ValidationError", Message: err.(*simulator.Error).Message}
	}
	if !s.config.Exists(name) {
		return &simulator.Error{Status: 404, Code: "ResourceNotFound",
			Message: fmt.Sprintf("There is no alarm %q: the alarms of no server in the settings match it.", name)}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	was, set := s.states[name]
	if !set {
		was = State{Value: "OK", Reason: "Nobody has set the alarm's state.", At: s.begin}
	}
	is := State{Value: in["StateValue"], Reason: in["StateReason"], At: time.Now()}
	s.states[name] = is
	if is.Value != was.Value {
		go s.config.OnEvent(Event(Change{Region: s.config.Region, Account: s.config.Account, ID: s.source.UUID(), Alarm: name, Was: was, Is: is}))
	}
	return nil
}

// call carries out one operation. out is nil where its answer has no members.
func (s *Service) call(operation string, in map[string]string) (out *page, failure *simulator.Error) {
	switch operation {
	case "SetAlarmState":
		return nil, s.setAlarmState(in)
	case "DescribeAlarms":
		return s.describeAlarms(in)
	default:
		return nil, &simulator.Error{Status: 400, Code: "InvalidAction",
			Message: fmt.Sprintf("%s is not simulated; SetAlarmState and DescribeAlarms are.", cmp.Or(operation, "No operation"))}
	}
}
