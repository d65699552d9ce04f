package automation

import "sync"

// parameterCache is what the process knows of executions: the parameters of those it has read.
type parameterCache struct {
	mu    sync.Mutex // never held across a call
	given map[string]parameters
}

// maxRemembered bounds the memory of a function that lives for days.
const maxRemembered = 1000

func (m *parameterCache) get(id string) (parameters, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	given, ok := m.given[id]
	return given, ok
}

func (m *parameterCache) put(id string, given parameters) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.given == nil || len(m.given) >= maxRemembered {
		m.given = map[string]parameters{}
	}
	m.given[id] = given
}
