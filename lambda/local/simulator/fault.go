package simulator

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// Fault is met by well-formed calls of an operation. Several faults are asked in the order they were injected; of those that end a
// call, the first is the one that counts.
type Fault struct {
	Operation string // empty: every operation
	Server    string // the subject of the call, as in Call; empty: any, and each entry of a list
	Kind      Kind
	Skip      int           // so many calls pass first
	Times     int           // so many calls meet it; 0: all, until ClearFaults
	For       time.Duration // how long it is there, from Inject on; 0: until ClearFaults
	Lag       time.Duration // of the kinds that have one

	until time.Time
}

// Injector decides by call what goes wrong. The zero value lets nothing go wrong.
type Injector struct {
	// Decide, if there is one, says what a call meets; zero leaves it to the faults that were injected.
	Decide func(operation string) Kind

	mu     sync.Mutex
	faults []*Fault
}

// Inject adds a fault.
func (i *Injector) Inject(fault Fault) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if fault.For > 0 {
		fault.until = time.Now().Add(fault.For)
	}
	i.faults = append(i.faults, &fault)
}

// ClearFaults ends all faults. Calls that hang already go on hanging.
func (i *Injector) ClearFaults() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults = nil
}

// next says how a call ends: zero, as the service ends it.
func (i *Injector) next(operation, server string) Kind {
	if i.Decide != nil {
		if kind := i.Decide(operation); kind != 0 {
			return kind
		}
	}
	if met := i.met(operation, server, 1, Kind.ends); len(met) > 0 {
		return met[0].Kind
	}
	return 0
}

// Does says what the service itself does wrong in a call that can meet these kinds. An empty server is a list of them.
func (i *Injector) Does(operation, server string, kinds ...Kind) Faults {
	return i.met(operation, server, everyOne, func(k Kind) bool { return slices.Contains(kinds, k) })
}

// Faults are those that one call meets.
type Faults []Fault

// On is the fault of a kind that concerns a server.
func (f Faults) On(server string, kind Kind) (Fault, bool) {
	for _, fault := range f {
		if fault.Kind == kind && (fault.Server == "" || fault.Server == server) {
			return fault, true
		}
	}
	return Fault{}, false
}

// everyOne is no bound for met.
const everyOne = -1

func (i *Injector) met(operation, server string, most int, kind func(Kind) bool) Faults {
	i.mu.Lock()
	defer i.mu.Unlock()
	now, found := time.Now(), Faults(nil)
	i.faults = slices.DeleteFunc(i.faults, func(fault *Fault) bool { return !fault.until.IsZero() && !now.Before(fault.until) })
	for _, fault := range slices.Clone(i.faults) {
		if len(found) == most {
			break
		}
		if !kind(fault.Kind) || fault.Operation != "" && fault.Operation != operation ||
			fault.Server != "" && server != "" && fault.Server != server {
			continue
		}
		if fault.Skip > 0 {
			fault.Skip--
			continue
		}
		found = append(found, *fault)
		if fault.Times == 1 {
			i.faults = slices.DeleteFunc(i.faults, func(other *Fault) bool { return other == fault })
		} else if fault.Times > 1 {
			fault.Times--
		}
	}
	return found
}

// Handler lets the calls of a service meet their faults, in any of the protocols. about says what a request asks for, and of whom; a call
// without a name passes.
func (i *Injector) Handler(service http.Handler, about func(r *http.Request) (operation, server string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := Kind(0)
		if operation, server := about(r); operation != "" {
			kind = i.next(operation, server)
		}
		kind.meet(w, r, service, func(w http.ResponseWriter) { kind.refuse(w, r) }, nil)
	})
}
