package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
)

// invocation turns an event into requests: which servers is it about? Each event comes to requests, to reports, or to both,
// never to nothing. It is a pure function of its fields.
type invocation struct {
	Settings *settings.Settings
	// Self is the account and Region of the function.
	Self      events.Origin
	RequestID string
	Now       time.Time
	NewRunID  func(name string, at time.Time) string
}

func (in invocation) resolve(event events.Event) ([]maintenance.Request, []maintenance.Report) {
	switch event := event.(type) {
	case events.Alarm:
		return in.alarm(event)
	case events.Schedule:
		return in.schedule(event)
	case events.Start:
		return in.start(event)
	case events.Ignored:
		return nil, []maintenance.Report{in.ignored(maintenance.Reason(event.Reason), event.What)}
	default: // the others are no requests for maintenance, and handled before
		return nil, []maintenance.Report{in.ignored(maintenance.Unexpected, eventName(event)+" is not handled")}
	}
}

func (in invocation) alarm(a events.Alarm) ([]maintenance.Request, []maintenance.Report) {
	cause := maintenance.Cause{Kind: maintenance.CauseAlarm, Name: a.Name, Time: a.At, Reason: a.Reason, ID: a.ARN}
	if a.Contributor != "" {
		cause.ID += "#" + a.Contributor
	}
	if a.Origin != in.Self {
		return nil, in.refuse(cause, "", maintenance.ForeignEvent, in.foreign(a.Origin))
	}
	if strings.HasPrefix(a.Name, settings.OwnAlarmPrefix) {
		return nil, []maintenance.Report{in.ignored(maintenance.OwnAlarm, fmt.Sprintf("%q is an alarm about this function", a.Name))}
	}
	// Whoever says something must say the same.
	var said []string
	var names []string
	say := func(who, name string) {
		said = append(said, fmt.Sprintf("%s says %.80q", who, name))
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, server := range in.Settings.ForAlarm(a.Name) {
		say("the settings", server.Name)
	}
	if a.Tagged != "" {
		say("the alarm's tag "+events.TagKey, a.Tagged)
	}
	for _, name := range a.Dimensions {
		say("the dimension "+events.DimensionName, name)
	}
	switch len(names) {
	case 0:
		return nil, in.refuse(cause, "", maintenance.NoServer, fmt.Sprintf("neither the settings nor a tag or dimension of the alarm %.255q names a server", a.Name))
	case 1:
		return in.requests(maintenance.Request{Cause: cause}, maintenance.InvalidEvent, names)
	default:
		return nil, in.refuse(cause, "", maintenance.Ambiguous, strings.Join(said, ", "))
	}
}

func (in invocation) schedule(s events.Schedule) ([]maintenance.Request, []maintenance.Report) {
	cause := maintenance.Cause{Kind: maintenance.CauseSchedule, Name: s.Name, Time: s.At, ID: s.ARN}
	ours := s.ARN == ""
	if ours {
		cause.ID = s.Name
	} else if s.Origin != in.Self {
		return nil, in.refuse(cause, "", maintenance.ForeignEvent, in.foreign(s.Origin))
	}
	known := in.Settings.ForSchedule(s.Name)
	if s.Rule {
		known = nil
	}
	if !ours {
		known = append(slices.Clone(known), in.Settings.ForRule(s.Name)...)
	}
	var names []string
	named := map[string]bool{} // a schedule may be that of a thousand servers
	for _, server := range known {
		if !named[server.Name] {
			names, named[server.Name] = append(names, server.Name), true
		}
	}
	if !ours {
		if len(names) == 0 {
			return nil, in.refuse(cause, "", maintenance.NoServer, fmt.Sprintf("no server in the settings has the rule or schedule %.80q", s.Name))
		}
		return in.requests(maintenance.Request{Cause: cause}, maintenance.InvalidEvent, names)
	}

	// A schedule of our own brings the names. Where the settings know it, they must agree on each.
	var agreed []string
	var reports []maintenance.Report
	all := strings.Join(names, ", ")
	for _, name := range s.ServerNames {
		if len(names) > 0 && !named[name] {
			reports = append(reports, in.refuse(cause, name, maintenance.Ambiguous,
				fmt.Sprintf("the event says %.80q, the settings have the schedule %q for %.400s", name, s.Name, all))...)
			continue
		}
		agreed = append(agreed, name)
	}
	requests, invalid := in.requests(maintenance.Request{Cause: cause}, maintenance.InvalidRequest, agreed)
	return requests, append(reports, invalid...)
}

func (in invocation) start(s events.Start) ([]maintenance.Request, []maintenance.Report) {
	request := maintenance.Request{
		Cause:     maintenance.Cause{Kind: maintenance.CauseManual, Time: in.Now, ID: s.Key},
		Overrides: s.Override,
	}
	if s.Key == "" {
		request.Cause.ID = in.RequestID
	}
	for _, a := range s.EngineAttributes {
		request.EngineAttributes = append(request.EngineAttributes, maintenance.EngineAttribute(a))
	}
	return in.requests(request, maintenance.InvalidRequest, []string{s.ServerName})
}

// requests makes the request for each name; what is no server's name is refused for the reason given.
func (in invocation) requests(request maintenance.Request, invalid maintenance.Reason, names []string) ([]maintenance.Request, []maintenance.Report) {
	var requests []maintenance.Request
	var reports []maintenance.Report
	for _, name := range names {
		if !maintenance.ValidServerName(name) {
			reports = append(reports, in.refuse(request.Cause, "", invalid,
				fmt.Sprintf("%.80q is not a server name: 1 to 40 letters, digits and hyphens, a letter first", name))...)
			continue
		}
		request.ServerName = name
		requests = append(requests, request)
	}
	return requests, reports
}

// malformed is the report on a payload that could not be decoded.
func (in invocation) malformed(err error) maintenance.Report {
	reason := maintenance.InvalidEvent
	var invalid *events.InvalidError
	if errors.As(err, &invalid) && invalid.Ours {
		reason = maintenance.InvalidRequest
	}
	return in.refuse(maintenance.Cause{}, "", reason, err.Error())[0]
}

func (in invocation) foreign(o events.Origin) string {
	return fmt.Sprintf("the event is of account %.40q in Region %.40q, the function of account %q in %q", o.Account, o.Region, in.Self.Account, in.Self.Region)
}

func (in invocation) refuse(cause maintenance.Cause, serverName string, reason maintenance.Reason, detail string) []maintenance.Report {
	if !maintenance.ValidServerName(serverName) {
		serverName = ""
	}
	return []maintenance.Report{{
		Outcome: maintenance.Refused, Reason: reason, Detail: detail, At: in.Now, RunID: in.NewRunID("event", in.Now),
		Request: maintenance.Request{ServerName: serverName, Cause: cause},
	}}
}

func (in invocation) ignored(reason maintenance.Reason, what string) maintenance.Report {
	return maintenance.Report{Outcome: maintenance.Ignored, Reason: reason, Detail: what, At: in.Now}
}
