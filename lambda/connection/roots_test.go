package connection

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// written is a file with this text.
func written(t *testing.T, name string, text []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestRoots(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	system, named := written(t, "system.pem", certificate), written(t, "named.pem", certificate)
	garbage := written(t, "garbage.pem", []byte("none"))
	for name, c := range map[string]struct {
		bundles      []string
		file, folder string
		trusts       bool // else it is left to Go
	}{
		"the system's bundle":                     {[]string{garbage + "x", system}, "", "", true},
		"the system's and a file that is named":   {[]string{system}, named, "", true},
		"Go's way if a folder is named":           {[]string{system}, named, t.TempDir(), false},
		"Go's way if the named file is not there": {[]string{system}, garbage + "x", "", false},
		"Go's way if the named file holds none":   {[]string{system}, garbage, "", false},
		"Go's way if there is no bundle":          {[]string{garbage, garbage + "x"}, "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			environment := map[string]string{"SSL_CERT_FILE": c.file, "SSL_CERT_DIR": c.folder}
			got := roots(func(name string) string { return environment[name] }, c.bundles)
			if (got != nil) != c.trusts {
				t.Fatalf("got %v", got)
			}
			want := x509.NewCertPool()
			want.AddCert(server.Certificate())
			if c.trusts && !got.Equal(want) {
				t.Error("others are trusted")
			}
		})
	}
}

// The client trusts those roots and no others, for the name that was asked for, and speaks HTTP/1.1.
func TestHTTPClient_Trust(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Proto", r.Proto) }))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	for name, c := range map[string]struct {
		trusted *x509.CertPool
		url     string
		want    string
	}{
		"trusted":      {trusted, server.URL, "HTTP/1.1"},
		"another name": {trusted, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), "localhost"},
		"nobody":       {x509.NewCertPool(), server.URL, "certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := Client(c.trusted, time.Second).Do(request)
			if err != nil {
				if !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v", err)
				}
				return
			}
			_ = response.Body.Close()
			if got := response.Header.Get("Proto"); got != c.want {
				t.Errorf("got %s", got)
			}
		})
	}
}
