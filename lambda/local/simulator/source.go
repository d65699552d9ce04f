package simulator

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

// Source makes the ids and page tokens of a service.
type Source struct {
	mu     sync.Mutex
	random io.Reader
	key    []byte // signs the page tokens, so that only those handed out are accepted
}

// NewSource makes them from what random gives, which may give the same every time; nil is crypto/rand.
func NewSource(random io.Reader) *Source {
	if random == nil {
		random = rand.Reader
	}
	s := &Source{random: random, key: make([]byte, 32)}
	_, _ = io.ReadFull(random, s.key)
	return s
}

// UUID makes a random (version 4) UUID: request ids and the last part of ARNs have that form.
func (s *Source) UUID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b [16]byte
	_, _ = io.ReadFull(s.random, b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Token names the first item of the next page. It is signed over the scope too (what is listed), so a token of another list, or one
// made up, is not accepted.
func (s *Source) Token(scope string, next int) string {
	position := binary.BigEndian.AppendUint64(nil, uint64(next))
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(scope))
	mac.Write(position)
	return base64.URLEncoding.EncodeToString(mac.Sum(position))
}

// ReadToken is the item that a token of that scope names, false if it was not handed out.
func (s *Source) ReadToken(scope, token string) (int, bool) {
	raw, err := base64.URLEncoding.DecodeString(token)
	if err != nil || len(raw) < 8 {
		return 0, false
	}
	next := int(binary.BigEndian.Uint64(raw))
	return next, hmac.Equal([]byte(token), []byte(s.Token(scope, next)))
}
