package simulator

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"io"
	"sync"
)

// operation carries out one call that was admitted.
type operation func(members) (any, error)

// front is what the simulated services have in common: the protocol, the faults that can be injected, and the list of calls.
// Its lock is its own, so that it never waits for a service's state.
type front struct {
	targetPrefix, signingName, region string

	// operations are those the simulator has. The others of the service get the protocol's answer for an unknown one.
	operations map[string]operation
	// subject says for Calls whom a request is about, and the names of what it carries. It gets anything, also nil.
	subject func(members) (server string, attributes []string)

	tokenKey []byte // signs the page tokens, so that only those handed out are accepted
	closing  sync.Once
	closed   chan struct{} // ends the calls that hang

	guard  sync.Mutex
	random io.Reader // nil: crypto/rand
	faults []*Fault
	calls  []*Call
}

func newFront(targetPrefix, signingName, region string) front {
	key := make([]byte, 32)
	rand.Read(key) // never returns an error, by its documentation
	return front{
		targetPrefix: targetPrefix, signingName: signingName, region: region,
		tokenKey: key, closed: make(chan struct{}),
	}
}

// drawFrom lets page tokens and ids come from a source that gives the same every time; nil changes nothing.
func (f *front) drawFrom(random io.Reader) {
	if random == nil {
		return
	}
	f.random = random
	_, _ = io.ReadFull(random, f.tokenKey)
}

// uuid is newUUID from the front's own source.
func (f *front) uuid() string {
	if f.random == nil {
		return newUUID()
	}
	f.guard.Lock()
	defer f.guard.Unlock()
	var b [16]byte
	_, _ = io.ReadFull(f.random, b[:])
	return uuid(b)
}

// end releases the calls that hang. It may be called twice.
func (f *front) end() { f.closing.Do(func() { close(f.closed) }) }

func (f *front) ended() bool {
	select {
	case <-f.closed:
		return true
	default:
		return false
	}
}

// makeToken names the first item of the next page. It is signed over the scope too (what is listed), so a token of another
// list, or one made up, is not accepted.
func (f *front) makeToken(scope string, next int) string {
	position := binary.BigEndian.AppendUint64(nil, uint64(next))
	mac := hmac.New(sha256.New, f.tokenKey)
	mac.Write([]byte(scope))
	mac.Write(position)
	return base64.URLEncoding.EncodeToString(mac.Sum(position))
}

func (f *front) readToken(scope, token string) (int, bool) {
	raw, err := base64.URLEncoding.DecodeString(token)
	if err != nil || len(raw) < 8 {
		return 0, false
	}
	next := int(binary.BigEndian.Uint64(raw))
	return next, hmac.Equal([]byte(token), []byte(f.makeToken(scope, next)))
}

// outbox hands out what is to be told, one thing at a time, in the order it was added and outside all locks.
type outbox struct {
	mu         sync.Mutex
	pending    []func()
	delivering bool
}

// add may be called with the service's lock held; whoever does calls deliver after releasing it.
func (o *outbox) add(tell func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pending = append(o.pending, tell)
}

// deliver tells what is pending. Whoever delivers already does it for the others too: that keeps the order, and lets those who
// are told cause further things to tell.
func (o *outbox) deliver() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.delivering {
		return
	}
	o.delivering = true
	for len(o.pending) > 0 {
		next := o.pending[0]
		o.pending = o.pending[1:]
		o.mu.Unlock()
		next()
		o.mu.Lock()
	}
	o.delivering = false
}
