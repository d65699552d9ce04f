package simulation

import (
	"context"
	"slices"
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// alarms are others' alarms, which may keep servers from being started. Both depths read them late: how long DescribeAlarms takes to show a
// change of state is documented nowhere, and five minutes are taken.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
type alarms struct {
	*world
	troubles map[string][]span // by alarm, when it is in ALARM
}

// blockers are those of a server of a story.
func (s Server) blockers() maintenance.Blockers {
	if s.Blocked == "" {
		return maintenance.Blockers{}
	}
	prefixes := strings.Split(s.Blocked, ",")
	return maintenance.Blockers{Prefixes: prefixes, Blocks: func(alarm string) bool { return !strings.HasSuffix(alarm, "-other") }}
}

// inAlarmAt are the alarms that were in ALARM at a time, and since when.
func (a *alarms) inAlarmAt(at time.Time) map[string]time.Time {
	all := map[string]time.Time{}
	for name, spans := range a.troubles {
		for _, s := range spans {
			if s.covers(at) {
				all[name] = s.from
			}
		}
	}
	return all
}

// InAlarm implements maintenance.Alarms. An answer of which a page is missing is none.
func (a *alarms) InAlarm(ctx context.Context, prefix string) (all []maintenance.Alarm, err error) {
	var no maintenance.Reason
	got := a.call(ctx, "cloudwatch.DescribeAlarms", prefix, func(c *call) {
		if no = a.unanswered(c); no != "" {
			return
		}
		for name, since := range a.inAlarmAt(a.plant.lag(c, "alarms")) {
			if strings.HasPrefix(name, prefix) {
				all = append(all, maintenance.Alarm{Name: name, Since: since.UTC()})
			}
		}
		slices.SortFunc(all, func(a, b maintenance.Alarm) int { return strings.Compare(a.Name, b.Name) })
	})
	switch {
	case got == failBefore:
		no = maintenance.ReasonThrottled
	case got != fine:
		no = maintenance.ReasonUnavailable
	}
	if no != "" {
		return nil, backendError("read the alarms "+prefix+"*", no)
	}
	return all, nil
}

// unanswered is why an answer has no alarms, or not all: a refusal, or a page that says nothing.
func (a *alarms) unanswered(c *call) maintenance.Reason {
	o, _ := a.oddOf(c, "alarms", "refuse", a.knobs.Refuse, func(r *roller) oddity {
		return oddity{what: string(oneOf(r, maintenance.ReasonThrottled, maintenance.ReasonDenied))}
	})
	if _, ok := a.oddOf(c, "alarms", "partial", a.knobs.Partial, happens("partial")); ok && o.what == "" {
		return maintenance.ReasonUnavailable
	}
	return maintenance.Reason(o.what)
}

// watchedAlarms keep what an invocation has read of alarms.
type watchedAlarms struct {
	maintenance.Alarms
	*world
}

// readAlarms is one reading.
type readAlarms struct {
	asked time.Time
	names []string
	err   error
}

func (a watchedAlarms) InAlarm(ctx context.Context, prefix string) ([]maintenance.Alarm, error) {
	asked := a.now()
	all, err := a.Alarms.InAlarm(asking{about: prefix}.in(ctx), prefix)
	read := readAlarms{asked: asked, err: err}
	for _, one := range all {
		read.names = append(read.names, one.Name)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	flightOf(ctx).alarms[prefix] = read
	return all, err
}

// watchBlocked: nothing is claimed by who did not read its blockers in this invocation, or saw one in ALARM, or could have.
func (w *world) watchBlocked(f *flight, to maintenance.Run, b maintenance.Blockers) {
	blocks := func(name string) bool {
		return b.Blocks(name) && slices.ContainsFunc(b.Prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
	}
	first := w.now()
	for _, prefix := range b.Prefixes {
		read, ok := f.alarms[prefix]
		w.must("alarms-are-read-before-the-claim", ok && read.err == nil, "%s is claimed by %s, whose reading of %s* came to %v", to.ID, f.id,
			prefix, read.err)
		w.must("claim-beside-an-alarm-that-was-seen", !slices.ContainsFunc(read.names, blocks), "%s is claimed by %s, which saw %q in ALARM",
			to.ID, f.id, read.names)
		if read.asked.Before(first) {
			first = read.asked
		}
	}
	for name, spans := range w.alarms.troubles {
		for _, s := range spans {
			if !blocks(name) || !s.covers(w.now()) {
				continue
			}
			w.must("claim-beside-an-alarm", s.from.After(first.Add(-longestLate)), "%s is claimed by %s, which read at %s; %s is in ALARM since %s",
				to.ID, f.id, w.plant.offset(first), name, w.plant.offset(s.from))
		}
	}
}
