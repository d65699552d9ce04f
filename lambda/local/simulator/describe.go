package simulator

import (
	"slices"
	"time"
)

// describeServers follows API_DescribeServers: pages are "not currently implemented", so all servers come at once, MaxResults
// is only checked, and no token was ever handed out.
func (s *OpsWorksCM) describeServers(in members) (any, error) {
	name, page, err := in.nameAndPage()
	if err != nil {
		return nil, err
	}
	var check validation
	check.serverName(name, optional)
	check.page(page)
	if err := check.failure(); err != nil {
		return nil, err
	}
	if page.token != nil {
		return nil, invalidToken()
	}

	defer s.out.deliver()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	if name != nil && s.find(*name) == nil {
		return nil, notFound(*name)
	}
	return struct{ Servers []serverShape }{s.seen(name)}, nil
}

// seen are the servers that an answer holds: the one of that name, or all.
func (s *OpsWorksCM) seen(name *string) []serverShape {
	shown, subject, lag := slices.Clone(s.servers), "", ListLag
	if name != nil {
		shown, subject, lag = []*managed{s.find(*name)}, *name, ReadLag
	}
	weak := s.does("DescribeServers", subject, lag, EmptyAnswer, PartialAnswer)
	shapes := []serverShape{}
	for i, server := range shown {
		_, empty := weak.on(server.Name, EmptyAnswer)
		partial, some := weak.on(server.Name, PartialAnswer)
		if empty || some && (partial.Server != "" || i < (len(shown)+1)/2) {
			continue
		}
		late, _ := weak.on(server.Name, lag)
		shapes = append(shapes, server.asOf(time.Now().Add(-late.Lag)).shape(s.config))
	}
	return shapes
}

// describeAccountAttributes has no input and no errors of its own. The limits are those of the user guide; the API reference
// and the command line's sample name others.
func (s *OpsWorksCM) describeAccountAttributes(members) (any, error) {
	type accountAttribute struct {
		Name          string
		Maximum, Used int
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return struct{ Attributes []accountAttribute }{[]accountAttribute{
		{Name: "ServerLimit", Maximum: 5, Used: len(s.servers)},
		{Name: "ManualBackupLimit", Maximum: 10, Used: 0},
	}}, nil
}
