package main

import (
	"bytes"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// A client that trusts the authority is served over TLS and HTTP/1.1, though asking for HTTP/2 too; one that does not is not.
func TestServices_TLS(t *testing.T) {
	aws, err := startServices(true, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(aws.close)
	root, err := os.ReadFile(aws.authority.file)
	if err != nil {
		t.Fatal(err)
	}
	trusting := x509.NewCertPool()
	trusting.AppendCertsFromPEM(root)
	for name, address := range aws.endpoints {
		if !strings.HasPrefix(address, "https://") {
			t.Errorf("%s is at %s", name, address)
		}
		answer, err := get(address, trusting)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if answer.TLS == nil || answer.ProtoMajor != 1 || answer.TLS.NegotiatedProtocol != "http/1.1" {
			t.Errorf("%s: %s, %+v", name, answer.Proto, answer.TLS)
		}
		if _, err := get(address, x509.NewCertPool()); err == nil {
			t.Errorf("%s: an authority that was not trusted was accepted", name)
		}
	}
	env := environment(aws, "settings.json")
	if !strings.Contains(strings.Join(env, "\n"), "\nSSL_CERT_FILE="+aws.authority.file) {
		t.Errorf("environment %q", env)
	}
	aws.close()
	if _, err := os.Stat(aws.authority.folder); !os.IsNotExist(err) {
		t.Errorf("the folder was left behind: %v", err)
	}
}

func get(address string, roots *x509.CertPool) (*http.Response, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig.RootCAs = roots
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Get(address)
	if err == nil {
		err = answer.Body.Close()
	}
	return answer, err
}

// An event is sent again where an answer was lost on the way, so that it counts once and as any other; a subject whose answers
// are lost again and again is not measured.
func TestSubject_Lost(t *testing.T) {
	for name, c := range map[string]struct {
		operation  string
		every      bool
		lost       int
		wantCounts int
	}{
		"no answer":               {"none", false, 0, 2},
		"one of DescribeServers":  {"DescribeServers", false, 1, 2},
		"one of StartMaintenance": {"StartMaintenance", false, 1, 2},
		"all of StartMaintenance": {"StartMaintenance", true, 6, 0},
	} {
		t.Run(name, func(t *testing.T) {
			aws, err := startServices(false, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(aws.close)
			s := through(t, aws, c.operation, c.every)
			for err == nil && s.events < 2 {
				err = s.coldStart(t.Context(), aws)
			}
			if (err != nil) != c.every {
				t.Errorf("got %v", err)
			}
			if s.lost != c.lost || s.events != c.wantCounts || len(s.answer) != c.wantCounts || s.calls != 3*c.wantCounts {
				t.Errorf("%d lost, %d events, %d starts, %d calls", s.lost, s.events, len(s.answer), s.calls)
			}
		})
	}
}

// through is the bare handler behind a network that loses the answers, or the first answer, of an operation that was carried out.
func through(t *testing.T, aws *services, operation string, every bool) *subject {
	t.Helper()
	armed := true
	network := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !armed || !strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+operation) {
			aws.opsWorksCM(w, r)
			return
		}
		armed = every
		aws.opsWorksCM(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(network.Close)
	env := environment(aws, "settings.json")
	return &subject{
		file: built.bare, env: append(env, "AWS_ENDPOINT_URL_OPSWORKSCM="+network.URL), event: `{"serverName":"` + serverName + `"}`,
		field: "status", value: "UNDER_MAINTENANCE", wanted: bareCalls,
	}
}

// The floor does not sign. The simulator has no other client that may not.
func TestServices_Unsigned(t *testing.T) {
	aws, err := startServices(false, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(aws.close)
	for authorization, want := range map[string]int{
		"": http.StatusOK, "AWS4-HMAC-SHA256 Credential=a/20261123/us-east-1/sns/aws4_request": http.StatusBadRequest,
	} {
		request, err := http.NewRequest(http.MethodPost, aws.endpoints["OPSWORKSCM"], bytes.NewReader([]byte(`{}`)))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-amz-json-1.1")
		request.Header.Set("X-Amz-Target", "OpsWorksCM_V2016_11_01.DescribeServers")
		if authorization != "" {
			request.Header.Set("Authorization", authorization)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%q: %s %s", authorization, answer.Status, body)
		}
	}
}
