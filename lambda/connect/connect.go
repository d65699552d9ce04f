// Package connect opens the connections to the services: the first to each while the function starts, for which Lambda is known to lend
// more CPU than for an event, where at 128 MB it gives 7 % of one.
package connect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"
)

// fresh is how long a connection that was opened ahead is taken for open. The other side closes what is not used, later than this.
const fresh = 5 * time.Second

// Dialer opens connections for the transports that use it. The zero value waits as long as the system does.
type Dialer struct {
	// Timeout bounds the opening of a connection, TLS handshake included.
	Timeout time.Duration
	// Proxy is the transports'. What goes through one is not connected to ahead.
	Proxy func(*http.Request) (*url.URL, error)

	once sync.Once
	pool *x509.CertPool

	mu    sync.Mutex
	ahead map[string]connection
}

type connection struct {
	net.Conn
	opened time.Time
}

// Ahead opens a connection to each endpoint at the same time, and returns when all are open or have failed. What fails is not
// reported: the call that needs the connection tries again, and reports its own failure.
func (d *Dialer) Ahead(ctx context.Context, endpoints ...string) {
	var all sync.WaitGroup
	for _, endpoint := range endpoints {
		u, err := url.Parse(endpoint)
		if err == nil && !d.proxied(u) {
			all.Go(func() { d.open(ctx, u) })
		}
	}
	all.Wait()
}

func (d *Dialer) proxied(u *url.URL) bool {
	if d.Proxy == nil {
		return false
	}
	proxy, err := d.Proxy(&http.Request{URL: u})
	return proxy != nil || err != nil
}

func (d *Dialer) open(ctx context.Context, u *url.URL) {
	dial, port := d.plain, "80"
	if u.Scheme == "https" {
		dial, port = d.secure, "443"
	}
	if u.Port() != "" {
		port = u.Port()
	}
	address := net.JoinHostPort(u.Hostname(), port)
	conn, err := dial(ctx, "tcp", address)
	if err != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if other, ok := d.ahead[address]; ok {
		_ = other.Close()
	}
	if d.ahead == nil {
		d.ahead = map[string]connection{}
	}
	d.ahead[address] = connection{conn, time.Now().Round(0)} // by the wall clock: the process may be frozen meanwhile
}

// Use makes a transport take its connections from d.
func (d *Dialer) Use(t *http.Transport) {
	t.Proxy, t.DialContext, t.DialTLSContext = d.Proxy, d.plain, d.secure
}

// take is the connection that was opened ahead, to the first who asks.
func (d *Dialer) take(address string) (net.Conn, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c, ok := d.ahead[address]
	delete(d.ahead, address)
	if ok && time.Since(c.opened) > fresh {
		_ = c.Close()
		return nil, false
	}
	return c.Conn, ok
}

func (d *Dialer) plain(ctx context.Context, network, address string) (net.Conn, error) {
	if conn, ok := d.take(address); ok {
		return conn, nil
	}
	return d.dialer().DialContext(ctx, network, address)
}

// secure speaks HTTP/1.1, as the services do.
func (d *Dialer) secure(ctx context.Context, network, address string) (net.Conn, error) {
	if conn, ok := d.take(address); ok {
		return conn, nil
	}
	d.once.Do(func() { d.pool = roots() })
	dialer := tls.Dialer{NetDialer: d.dialer(), Config: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: d.pool,
		NextProtos: []string{"http/1.1"}}}
	if d.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.Timeout)
		defer cancel()
	}
	return dialer.DialContext(ctx, network, address)
}

func (d *Dialer) dialer() *net.Dialer { return &net.Dialer{Timeout: d.Timeout} }

// bundles are the files that hold all certificates a system trusts, those of Go (crypto/x509, root_linux.go): the first that is there.
var bundles = []string{
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
	"/etc/pki/tls/cacert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
}

// roots are the certificates to trust. Go reads the system's bundle and then every file in the folder it lies in, the bundle among them
// (golang/go#38869): in a cold start over TLS that is most of the work there is. These are those of the bundle, and of SSL_CERT_FILE. nil,
// where there is no bundle or SSL_CERT_DIR names other folders, leaves it to Go.
func roots() *x509.CertPool {
	pool, named := x509.NewCertPool(), os.Getenv("SSL_CERT_FILE")
	if os.Getenv("SSL_CERT_DIR") != "" || named != "" && !appended(pool, named) {
		return nil
	}
	for _, file := range bundles {
		if appended(pool, file) {
			return pool
		}
	}
	return nil
}

func appended(pool *x509.CertPool, file string) bool {
	certificates, err := os.ReadFile(file)
	return err == nil && pool.AppendCertsFromPEM(certificates)
}
