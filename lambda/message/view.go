package message

import (
	"fmt"
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// view is a report that was tidied, as messages see it: which of its facts an outcome says anything about, in the server's zone, and
// what is said of its reason.
type view struct {
	maintenance.Report
	zone *time.Location
	said words
}

func viewOf(report maintenance.Report) view {
	v := view{Report: tidy(report), zone: time.UTC}
	v.said = reasons[v.Reason]
	if zone, err := time.LoadLocation(report.Zone); err == nil {
		v.zone = zone
	}
	return v
}

// ssm reports whether the server is one of Systems Manager.
func (v view) ssm() bool { return v.Server.Backend == "ssm" }

// state is a server's state in its backend's own words: those of OpsWorks CM are not said of a managed node.
func (v view) state(s maintenance.Status) string {
	if !v.ssm() {
		return string(s)
	}
	switch s {
	case maintenance.StatusHealthy:
		return "agent online"
	case "":
		return ""
	default:
		return strings.ToLower(strings.ReplaceAll(string(s), "_", " "))
	}
}

// condition is the server's state, in a subject.
func (v view) condition() string {
	if v.ssm() {
		return v.state(v.Server.Status)
	}
	return after("server is ", v.state(v.Server.Status))
}

// local is a text from outside with its times on the reader's clock.
func (v view) local(text string) string {
	words := strings.Split(text, " ")
	for i, word := range words {
		bare := strings.TrimRight(word, ".,;:")
		if t, err := time.Parse(time.RFC3339, bare); err == nil {
			words[i] = v.when(t) + word[len(bare):]
		}
	}
	return strings.Join(words, " ")
}

// detail is what was recorded, where it says more than the figures and the server's state, which are said already.
func (v view) detail() string {
	oneAlarm := len(v.Figures.Alarms) > 0 && v.Figures.Most == 1
	switch {
	case v.Detail == string(v.Server.Status), v.said.figured && (v.Figures.Limit > 0 || len(v.Figures.Holders) > 0 || oneAlarm):
		return ""
	default:
		return v.local(v.Detail)
	}
}

// accepted reports whether the backend has said yes to a start.
func (v view) accepted() bool { return !v.Started.IsZero() || v.Reference != "" }

// followed reports whether what is said is about a run that was claimed and may go on: an attempt that failed for certain has fallen
// back, or is over without having been accepted.
func (v view) followed() bool {
	switch v.State {
	case maintenance.RunStarting, maintenance.RunRunning:
		return true
	case maintenance.RunWaiting:
		return false
	default:
		return v.accepted()
	}
}

// attempt is which try to start a message is about; the first needs no word.
func (v view) attempt() string {
	switch {
	case v.Attempt < 2:
		return ""
	case v.Attempt == 2:
		return "second attempt"
	case v.Attempt == 3:
		return "third attempt"
	default:
		return fmt.Sprintf("attempt %d", v.Attempt)
	}
}

func (v view) late() bool { return v.Late > maintenance.LateAfter }

func (v view) waiting() bool { return v.Outcome == maintenance.OutcomeWaiting }

func (v view) waitsSince() time.Time {
	if !v.waiting() {
		return time.Time{}
	}
	return v.Since
}

// mayStart is when what is in the way is out of it. A run that expires before starts never.
func (v view) mayStart() time.Time {
	switch v.Outcome {
	case maintenance.OutcomeWaiting, maintenance.OutcomeJoined, maintenance.OutcomeRefused, maintenance.OutcomeError:
		if v.Stop || !v.Expires.IsZero() && v.Until.After(v.Expires) {
			return time.Time{}
		}
		return v.Until
	default:
		return time.Time{}
	}
}

func (v view) heldUntil() time.Time {
	if v.Outcome != maintenance.OutcomeHeld {
		return time.Time{}
	}
	return v.Until
}

func (v view) expires() time.Time {
	switch v.Outcome {
	case maintenance.OutcomeWaiting, maintenance.OutcomeJoined, maintenance.OutcomeMissed:
		return v.Expires
	default:
		return time.Time{}
	}
}

func (v view) deadline() time.Time {
	switch v.Outcome {
	case maintenance.OutcomeStarted, maintenance.OutcomeInProgress, maintenance.OutcomeOverdue:
		return v.Deadline
	default:
		return time.Time{}
	}
}

// when writes a time by the clock of the server's place; the year only where it is another than the message's.
func (v view) when(t time.Time) string {
	switch local := t.In(v.zone); {
	case t.IsZero():
		return ""
	case local.Year() != v.At.In(v.zone).Year():
		return local.Format("Mon 2 Jan 2006 15:04 MST")
	default:
		return local.Format("Mon 2 Jan 15:04 MST")
	}
}

// maintenance is what is spoken of.
func (v view) maintenance() string { return "Maintenance" + after(" of ", v.ServerName) }

// took is how long a run went on, from its being accepted; empty where it never was.
func (v view) took() string {
	if v.Started.IsZero() || v.At.Sub(v.Started) < time.Second {
		return ""
	}
	return spanOver(v.At.Sub(v.Started))
}

// spanOver is a span of time that there is; empty for none.
func spanOver(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return span(d)
}

// span writes how long something took: to the minute, in days from two on.
func span(d time.Duration) string {
	switch minutes := int(d.Round(time.Minute) / time.Minute); {
	case d < time.Minute:
		return d.Round(time.Second).String()
	case minutes < 60:
		return fmt.Sprintf("%dm", minutes)
	case minutes >= 48*60:
		return fmt.Sprintf("%d days", minutes/(24*60))
	case minutes%60 == 0:
		return fmt.Sprintf("%dh", minutes/60)
	default:
		return fmt.Sprintf("%dh%dm", minutes/60, minutes%60)
	}
}
