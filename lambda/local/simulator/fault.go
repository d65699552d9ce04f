package simulator

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// Kind is a way for a call, or for the service behind it, to go wrong.
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

	// What the service itself does, in well-formed answers. No document of either service promises that a read sees the write before
	// it; the design takes five minutes for the most (section 9), and the CLI's sample of StartMaintenance answers HEALTHY.
	StateLag      // an accepted maintenance begins Lag later; until then the state is what it was
	LateFailure   // it begins Lag later, and fails
	NeverBegins   // it is accepted and never begins
	ReadLag       // what is read by a name is as it was Lag ago
	ListLag       // what is listed is as it was Lag ago
	EmptyAnswer   // a list without entries
	PartialAnswer // a list without the fault's Server or, if it names none, without the first half
)

// kindNames are what -fault of the local command calls them.
var kindNames = [...]string{
	Throttle: "throttle", InternalFailure: "500", Unavailable: "503", Denied: "denied", Hang: "hang", Drop: "drop",
	WorkThenInternalFailure: "work-then-500", WorkThenHang: "work-then-hang", WorkThenDrop: "work-then-drop",
	StateLag: "state-lag", LateFailure: "late-failure", NeverBegins: "never-begins", ReadLag: "read-lag", ListLag: "list-lag",
	EmptyAnswer: "empty-answer", PartialAnswer: "partial-answer",
}

// Kinds lists them all.
func Kinds() []Kind {
	var kinds []Kind
	for k := Throttle; int(k) < len(kindNames); k++ {
		kinds = append(kinds, k)
	}
	return kinds
}

// String is the name that KindNamed finds.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return ""
	}
	return kindNames[k]
}

// KindNamed is the kind of that name, false if there is none.
func KindNamed(name string) (Kind, bool) {
	k := Kind(slices.Index(kindNames[1:], name) + 1)
	return k, k != 0
}

// Fault strikes well-formed calls of an operation. Several faults are asked in the order they were injected; of those that end a
// call, the first that strikes is the one that counts.
type Fault struct {
	Operation string // empty: every operation
	Server    string // the subject of the call, as in Call; empty: any, and each entry of a list
	Kind      Kind
	Skip      int           // so many calls pass first
	Times     int           // so many calls are struck; 0: all, until ClearFaults
	For       time.Duration // how long it is there, from Inject on; 0: until ClearFaults
	Lag       time.Duration // of the kinds that have one

	until time.Time
}

// Injector decides by call what goes wrong. The zero value lets nothing go wrong.
type Injector struct {
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
	struck := i.struck(operation, server, 1, func(k Kind) bool { return k <= WorkThenDrop })
	if len(struck) == 0 {
		return 0
	}
	return struck[0].Kind
}

// Does says what the service itself does wrong in a call that can meet these kinds. An empty server is a list of them.
func (i *Injector) Does(operation, server string, kinds ...Kind) Faults {
	return i.struck(operation, server, everyOne, func(k Kind) bool { return slices.Contains(kinds, k) })
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

// everyOne is no bound for struck.
const everyOne = -1

func (i *Injector) struck(operation, server string, most int, kind func(Kind) bool) Faults {
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

func (k Kind) works() bool { return k == 0 || k >= WorkThenInternalFailure }
func (k Kind) hangs() bool { return k == Hang || k == WorkThenHang }
func (k Kind) drops() bool { return k == Drop || k == WorkThenDrop }

// failure is the answer of the kinds that give one: the common errors of AWS services.
func (k Kind) failure() error {
	switch k {
	case Throttle:
		return &Error{http.StatusBadRequest, "ThrottlingException", "Rate exceeded"}
	case Unavailable:
		return &Error{http.StatusServiceUnavailable, "ServiceUnavailable",
			"The request has failed due to a temporary failure of the server."}
	case Denied:
		return &Error{http.StatusBadRequest, "AccessDeniedException", "User is not authorized to perform this operation."}
	default:
		return internalFailure()
	}
}
