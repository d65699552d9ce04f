package simulator

import (
	"net/http"
	"slices"
)

// Kind is a way for a call to go wrong.
type Kind int

// What a struck call meets. The WorkThen kinds carry the operation out first: its caller cannot know.
const (
	Throttle                Kind = iota + 1 // 400 ThrottlingException
	InternalFailure                         // 500 InternalFailure
	Unavailable                             // 503 ServiceUnavailable
	Denied                                  // 400 AccessDeniedException
	Hang                                    // no answer until the client leaves, or Close
	Drop                                    // the connection is closed without an answer
	WorkThenInternalFailure                 // the operation is carried out, then as above
	WorkThenHang
	WorkThenDrop
)

// Fault strikes well-formed calls of an operation. Several faults are asked in the order they were injected; the first that
// strikes is the one that counts.
type Fault struct {
	Operation string // empty: every operation
	Kind      Kind
	Skip      int // so many calls pass first
	Times     int // so many calls are struck; 0: all, until ClearFaults
}

// Inject adds a fault.
func (f *front) Inject(fault Fault) {
	f.guard.Lock()
	defer f.guard.Unlock()
	f.faults = append(f.faults, &fault)
}

// ClearFaults ends all faults. Calls that hang already go on hanging.
func (f *front) ClearFaults() {
	f.guard.Lock()
	defer f.guard.Unlock()
	f.faults = nil
}

// strike says what a call of the operation meets: zero, nothing.
func (f *front) strike(operation string) Kind {
	f.guard.Lock()
	defer f.guard.Unlock()
	for i, fault := range f.faults {
		if fault.Operation != "" && fault.Operation != operation {
			continue
		}
		if fault.Skip > 0 {
			fault.Skip--
			continue
		}
		if fault.Times == 1 {
			f.faults = slices.Delete(f.faults, i, i+1)
		} else if fault.Times > 1 {
			fault.Times--
		}
		return fault.Kind
	}
	return 0
}

func (k Kind) works() bool { return k == 0 || k >= WorkThenInternalFailure }
func (k Kind) hangs() bool { return k == Hang || k == WorkThenHang }
func (k Kind) drops() bool { return k == Drop || k == WorkThenDrop }

// failure is the answer of the kinds that give one: the common errors of AWS services.
func (k Kind) failure() error {
	switch k {
	case Throttle:
		return &apiError{http.StatusBadRequest, "ThrottlingException", "Rate exceeded"}
	case Unavailable:
		return &apiError{http.StatusServiceUnavailable, "ServiceUnavailable",
			"The request has failed due to a temporary failure of the server."}
	case Denied:
		return &apiError{http.StatusBadRequest, "AccessDeniedException", "User is not authorized to perform this operation."}
	default:
		return internalFailure()
	}
}
