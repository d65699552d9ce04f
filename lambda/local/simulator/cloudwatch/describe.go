package cloudwatch

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

// page is what DescribeAlarms answers. There are metric alarms only.
type page struct {
	alarms []described
	next   string
}

type described struct {
	name, arn string
	State
}

// Put puts an alarm into a state, without an event.
func (s *Service) Put(name string, state State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states[name] = state
}

// describeAlarms follows API_DescribeAlarms for AlarmNamePrefix, AlarmTypes, StateValue, MaxRecords and NextToken, of the alarms whose
// states were set: the others are OK, and their names are not known here.
func (s *Service) describeAlarms(in map[string]string) (*page, *simulator.Error) {
	most, check := 50, simulator.Validation{}
	if text := in["MaxRecords"]; text != "" {
		n, err := strconv.Atoi(text)
		if most = n; err != nil || n < 1 || n > 100 {
			return nil, &simulator.Error{Status: 400, Code: "ValidationError", Message: "MaxRecords is not from 1 to 100."}
		}
	}
	if value := in["StateValue"]; value != "" {
		check.OneOf(&value, stateValues, "stateValue")
	}
	if err := check.Failure(); err != nil {
		return nil, &simulator.Error{Status: 400, Code: "ValidationError", Message: err.(*simulator.Error).Message}
	}
	if s.config.Most > 0 {
		most = min(most, s.config.Most)
	}
	types := slices.Collect(func(yield func(string) bool) {
		for i := 1; in["AlarmTypes.member."+strconv.Itoa(i)] != ""; i++ {
			if !yield(in["AlarmTypes.member."+strconv.Itoa(i)]) {
				return
			}
		}
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &page{}
	for _, name := range slices.Sorted(maps.Keys(s.states)) {
		state := s.states[name]
		switch {
		case len(types) > 0 && !slices.Contains(types, "MetricAlarm"), !strings.HasPrefix(name, in["AlarmNamePrefix"]), name <= in["NextToken"],
			in["StateValue"] != "" && in["StateValue"] != state.Value:
		case len(out.alarms) == most:
			out.next = out.alarms[most-1].name
			return out, nil
		default:
			arn := "arn:aws:cloudwatch:" + s.config.Region + ":" + s.config.Account + ":alarm:" + name
			out.alarms = append(out.alarms, described{name, arn, state})
		}
	}
	return out, nil
}

// members are an answer's, each in the type of its protocol: moment makes that of a time.
func (p *page) members(moment func(time.Time) any) map[string]any {
	alarms := make([]any, 0, len(p.alarms))
	for _, a := range p.alarms {
		alarms = append(alarms, map[string]any{"AlarmName": a.name, "AlarmArn": a.arn, "StateValue": a.Value, "StateReason": a.Reason,
			"StateUpdatedTimestamp": moment(a.At), "StateTransitionedTimestamp": moment(a.At)})
	}
	out := map[string]any{"MetricAlarms": alarms, "CompositeAlarms": []any{}}
	if p.next != "" {
		out["NextToken"] = p.next
	}
	return out
}
