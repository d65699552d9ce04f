package simulator

import "slices"

// Kind is a way for a call, or for the service behind it, to go wrong.
type Kind int

// What a call meets. The WorkThen kinds carry the operation out first: its caller cannot know.
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
	NotFound // 404, or 400 in AWS JSON
	Reset    // the connection is reset without an answer; needs a socket
	Drip     // the operation is carried out, and its answer comes byte by byte, without end
	Garble   // it is carried out, and half of its answer comes as if it were the whole
	Mistype  // it is carried out, and a page of a proxy comes in the place of its answer

	// What the service itself does, in well-formed answers. No document of either service promises that a read sees the write before
	// it; the function allows for five minutes at the most, and the CLI's sample of StartMaintenance answers HEALTHY.
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
	NotFound: "not-found", Reset: "reset", Drip: "drip", Garble: "garble", Mistype: "mistype",
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

// Works reports whether the call's work is done: a caller who does not hear so is in doubt.
func (k Kind) Works() bool {
	return k == 0 || k >= WorkThenInternalFailure && k != NotFound && k != Reset
}

// ends reports whether the kind ends a call, and is not what a service does in a well-formed answer.
func (k Kind) ends() bool { return k <= Mistype }
