package connect

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// service is a server that counts the connections made to it, and trusted as the environment says.
type service struct {
	*httptest.Server
	connections atomic.Int32
}

func start(t *testing.T, secure bool) *service {
	s := &service{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Proto)) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	if secure {
		s.EnableHTTP2 = true
		s.StartTLS()
		file := filepath.Join(t.TempDir(), "roots.pem")
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("SSL_CERT_FILE", file)
		t.Setenv("SSL_CERT_DIR", "")
		before := bundles
		bundles = []string{file} // where the machine has none, too
		t.Cleanup(func() { bundles = before })
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

func client(t *testing.T, d *Dialer) *http.Client {
	transport := &http.Transport{ForceAttemptHTTP2: true}
	d.Use(transport)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func get(t *testing.T, c *http.Client, endpoint string) string {
	t.Helper()
	response, err := c.Get(endpoint)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	var body [20]byte
	n, _ := response.Body.Read(body[:])
	return string(body[:n])
}

func TestDialer_Ahead(t *testing.T) {
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			s := start(t, secure)
			for what, c := range map[string]struct {
				change func(*Dialer)
				want   int32
			}{
				"the first call finds the connection": {func(*Dialer) {}, 1},
				"an old one is not used": {func(d *Dialer) {
					for address, c := range d.ahead {
						c.opened = c.opened.Add(-fresh - time.Second)
						d.ahead[address] = c
					}
				}, 2},
				"each is used by one": {func(d *Dialer) { get(t, client(t, d), s.URL) }, 2},
			} {
				t.Run(what, func(t *testing.T) {
					d := &Dialer{Timeout: 5 * time.Second}
					before := s.connections.Load()
					d.Ahead(t.Context(), s.URL)
					if len(d.ahead) != 1 {
						t.Fatalf("%d connections are open", len(d.ahead))
					}
					c.change(d)
					if got := get(t, client(t, d), s.URL); got != "HTTP/1.1" {
						t.Errorf("got %s", got)
					}
					if n := s.connections.Load() - before; n != c.want {
						t.Errorf("%d connections were made, want %d", n, c.want)
					}
				})
			}
		})
	}
}

// What cannot be opened ahead costs no more than the time there is, and the call tells why.
func TestDialer_AheadFails(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent := "https://" + listener.Addr().String() // accepts, and shakes no hands
	s := start(t, false)
	closed := httptest.NewServer(nil)
	closed.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	d := &Dialer{Timeout: 100 * time.Millisecond}
	d.Ahead(ctx, silent, closed.URL, "http://\x7f", s.URL)
	if len(d.ahead) != 1 {
		t.Errorf("open: %v", d.ahead)
	}
	for endpoint, want := range map[string]string{s.URL: "HTTP/1.1", closed.URL: "connection refused", silent: "deadline exceeded"} {
		if got := get(t, client(t, d), endpoint); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", endpoint, got, want)
		}
	}
	_ = listener.Close()
}

func TestDialer_Proxy(t *testing.T) {
	s := start(t, false)
	d := &Dialer{Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(s.URL) }}
	d.Ahead(t.Context(), "http://service.invalid")
	if len(d.ahead) != 0 {
		t.Errorf("open: %v", d.ahead)
	}
	if got := get(t, client(t, d), "http://service.invalid"); got != "HTTP/1.1" {
		t.Errorf("got %s", got)
	}
}

func TestDialer_Trust(t *testing.T) {
	s := start(t, true)
	trusted, system := os.Getenv("SSL_CERT_FILE"), filepath.Join(t.TempDir(), "system.pem")
	copied, err := os.ReadFile(otherRoot(t))
	if err == nil {
		err = os.WriteFile(system, copied, 0o600)
	}
	garbage := filepath.Join(t.TempDir(), "garbage.pem")
	if err = errors.Join(err, os.WriteFile(garbage, []byte("no certificate"), 0o600)); err != nil {
		t.Fatal(err)
	}
	before := bundles
	t.Cleanup(func() { bundles = before })
	for name, c := range map[string]struct {
		bundles      []string
		file, folder string
		want         []string // files; none: Go's own way
	}{
		"the system's bundle":                     {[]string{system + "x", system, trusted}, "", "", []string{system}},
		"the system's and a file that is named":   {[]string{system}, trusted, "", []string{system, trusted}},
		"Go's way if a folder is named":           {[]string{system}, trusted, t.TempDir(), nil},
		"Go's way if the named file is not there": {[]string{system}, garbage + "x", "", nil},
		"Go's way if the named file holds none":   {[]string{system}, garbage, "", nil},
		"Go's way if there is no bundle":          {[]string{garbage, garbage + "x"}, "", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			bundles = c.bundles
			t.Setenv("SSL_CERT_FILE", c.file)
			t.Setenv("SSL_CERT_DIR", c.folder)
			var want *x509.CertPool
			for _, file := range c.want {
				if want == nil {
					want = x509.NewCertPool()
				}
				if !appended(want, file) {
					t.Fatal(file)
				}
			}
			if got := roots(); (got == nil) != (want == nil) || got != nil && !got.Equal(want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
	bundles = []string{system}
	t.Run("nobody else", func(t *testing.T) {
		t.Setenv("SSL_CERT_FILE", "")
		if roots() == nil {
			t.Fatal("the other authority is not read")
		}
		if got := get(t, client(t, &Dialer{}), s.URL); !strings.Contains(got, "certificate") {
			t.Errorf("got %s", got)
		}
	})
	t.Run("only for the name that was asked for", func(t *testing.T) {
		d := &Dialer{}
		if _, err := d.secure(t.Context(), "tcp", strings.Replace(s.Listener.Addr().String(), "127.0.0.1", "localhost", 1)); err == nil ||
			!strings.Contains(err.Error(), "localhost") {
			t.Errorf("got %v", err)
		}
	})
}

// otherRoot is the file of an authority that has certified nobody here.
func otherRoot(t *testing.T) string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "another"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "other.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
