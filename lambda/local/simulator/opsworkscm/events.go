package opsworkscm

import (
	"fmt"
	"sort"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

// eventsPerPage is the size of a page when the caller names none. The service's own number is not documented.
const eventsPerPage = 100

// event is a ServerEvent. Events are kept oldest first; an event's number is its index plus one.
type event struct {
	at      time.Time
	message string
	logURL  string
}

// startMessage: the upgrade's text is the user guide's. What the service writes when routine maintenance starts is not
// documented: own words.
func startMessage(upgrade bool) string {
	if upgrade {
		return "Upgrading Chef server from Automate 1 to Automate 2"
	}
	return "Maintenance started"
}

// endMessages, oldest first: the successes are texts of the command line's sample (describe-events) and of the user guide's page on
// the upgrade, whose own sample has one line for its end. How a failure reads is not documented: own words.
func endMessages(success, upgrade bool) []string {
	switch {
	case !success:
		return []string{"Maintenance failed"}
	case upgrade:
		return []string{"Successfully upgraded to Automate 2."}
	default:
		return []string{"Updates successfully installed.", "Maintenance completed successfully"}
	}
}

// write adds an event. Its log is named like the one of the CLI's sample, in a bucket whose name cannot be anybody's.
func (m *managed) write(config Config, at time.Time, message string) {
	stamp := at.UTC().Format("20060102150405.000")
	m.events = append(m.events, event{
		at:      at,
		message: message,
		logURL: fmt.Sprintf("https://s3.%s.amazonaws.com/aws-opsworks-cm-%s/%s-%s%s",
			config.Region, m.id, m.Name, stamp[:14], stamp[15:]),
	})
}

// eventShape is the ServerEvent structure on the wire.
type eventShape struct {
	CreatedAt  simulator.Timestamp
	ServerName string
	Message    string
	LogURL     string `json:"LogUrl"`
}

// describeEvents follows API_DescribeEvents: newest first, in pages.
func (s *Service) describeEvents(in simulator.Members) (any, error) {
	name, page, err := nameAndPage(in)
	if err != nil {
		return nil, err
	}
	var check validation
	check.serverName(name, required)
	check.page(page)
	if err := check.Failure(); err != nil {
		return nil, err
	}

	defer s.clock.Enter()()
	server := s.find(*name)
	if server == nil {
		return nil, notFound(*name)
	}
	// A page begins below the last event shown, not at an offset: events written meanwhile shift nothing.
	next := s.shown(server)
	if page.Token != nil {
		var ok bool
		if next, ok = s.source.ReadToken(server.id, *page.Token); !ok {
			return nil, invalidToken()
		}
	}
	size := eventsPerPage
	if page.Size != nil {
		size = *page.Size
	}

	output := struct {
		ServerEvents []eventShape
		NextToken    string `json:",omitempty"`
	}{ServerEvents: []eventShape{}}
	for ; next > 0 && len(output.ServerEvents) < size; next-- {
		e := server.events[next-1]
		output.ServerEvents = append(output.ServerEvents, eventShape{
			CreatedAt: simulator.Timestamp(e.at), ServerName: server.Name, Message: e.message, LogURL: e.logURL,
		})
	}
	if next > 0 {
		output.NextToken = s.source.Token(server.id, next)
	}
	return output, nil
}

// shown says how many of a server's events there are to be seen, oldest first: a lag or a partial answer hides the newest.
func (s *Service) shown(server *managed) int {
	weak := s.Does("DescribeEvents", server.Name, simulator.ReadLag, simulator.EmptyAnswer, simulator.PartialAnswer)
	if _, empty := weak.On(server.Name, simulator.EmptyAnswer); empty {
		return 0
	}
	n := len(server.events)
	if late, lags := weak.On(server.Name, simulator.ReadLag); lags {
		n = sort.Search(n, func(i int) bool { return server.events[i].at.After(time.Now().Add(-late.Lag)) })
	}
	if _, partial := weak.On(server.Name, simulator.PartialAnswer); partial {
		n /= 2
	}
	return n
}
