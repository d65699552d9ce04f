package opsworkscm

import (
	"slices"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

// describeServers follows API_DescribeServers: pages are "not currently implemented", so all servers come at once, MaxResults
// is only checked, and no token was ever handed out.
func (s *Service) describeServers(in simulator.Members) (any, error) {
	name, page, err := nameAndPage(in)
	if err != nil {
		return nil, err
	}
	var check validation
	check.serverName(name, optional)
	check.page(page)
	if err := check.Failure(); err != nil {
		return nil, err
	}
	if page.Token != nil {
		return nil, invalidToken()
	}

	defer s.clock.Enter()()
	if name != nil && s.find(*name) == nil {
		return nil, notFound(*name)
	}
	return struct{ Servers []serverShape }{s.seen(name)}, nil
}

// seen are the servers that an answer holds: the one of that name, or all.
func (s *Service) seen(name *string) []serverShape {
	shown, subject, lag := slices.Clone(s.servers), "", simulator.ListLag
	if name != nil {
		shown, subject, lag = []*managed{s.find(*name)}, *name, simulator.ReadLag
	}
	weak := s.Does("DescribeServers", subject, lag, simulator.EmptyAnswer, simulator.PartialAnswer)
	shapes := []serverShape{}
	for i, server := range shown {
		_, empty := weak.On(server.Name, simulator.EmptyAnswer)
		partial, some := weak.On(server.Name, simulator.PartialAnswer)
		if empty || some && (partial.Server != "" || i < (len(shown)+1)/2) {
			continue
		}
		late, _ := weak.On(server.Name, lag)
		shapes = append(shapes, server.asOf(time.Now().Add(-late.Lag)).shape(s.config))
	}
	return shapes
}

// describeAccountAttributes has no input and no errors of its own. The limits are those of the user guide; the API reference
// and the command line's sample name others.
func (s *Service) describeAccountAttributes(simulator.Members) (any, error) {
	type accountAttribute struct {
		Name          string
		Maximum, Used int
	}
	defer s.clock.Enter()()
	return struct{ Attributes []accountAttribute }{[]accountAttribute{
		{Name: "ServerLimit", Maximum: 5, Used: len(s.servers)},
		{Name: "ManualBackupLimit", Maximum: 10, Used: 0},
	}}, nil
}
