package runtimeapi

import (
	"crypto/rand"
	"fmt"
	"time"
)

// newUUID makes a request id in Lambda's form, a random (version 4) UUID.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never returns an error, by its documentation
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// newTrace makes an X-Ray tracing header: version, time, 96 random bits, not sampled.
func newTrace() string {
	var b [12]byte
	rand.Read(b[:])
	return fmt.Sprintf("Root=1-%08x-%x;Sampled=0", time.Now().Unix(), b)
}
