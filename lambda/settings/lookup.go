package settings

import "slices"

// Server finds a server by its name.
func (s *Settings) Server(name string) (*Server, bool) {
	server, found := s.byName[name]
	return server, found
}

// ForAlarm finds the servers that claim an alarm. In settings that Parse
// returned there is at most one.
func (s *Settings) ForAlarm(name string) []*Server {
	return s.where(func(server *Server) bool { return matchAny(server.Alarms, name) })
}

// ForRule finds the servers that an EventBridge rule, named without its bus,
// asks for.
func (s *Settings) ForRule(name string) []*Server {
	return s.where(func(server *Server) bool { return matchAny(server.Rules, name) })
}

// ForSchedule finds the servers that share a schedule.
func (s *Settings) ForSchedule(name string) []*Server {
	return s.where(func(server *Server) bool {
		return slices.ContainsFunc(server.Schedules, func(schedule Schedule) bool { return schedule.Name == name })
	})
}

// where keeps the document's order. Servers that are not enabled are found too:
// the refusal must name them.
func (s *Settings) where(asked func(*Server) bool) []*Server {
	var servers []*Server
	for i := range s.Servers {
		if asked(&s.Servers[i]) {
			servers = append(servers, &s.Servers[i])
		}
	}
	return servers
}

func matchAny(globs []Glob, name string) bool {
	return slices.ContainsFunc(globs, func(glob Glob) bool { return glob.Match(name) })
}
