package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"opsworks-maintenance/lambda/local/simulator/opsworkscm"
	"opsworks-maintenance/lambda/settings"
)

// The names of the one server, the one topic and the one table of the measurement.
const (
	serverName = "automate-06"
	topicARN   = "arn:aws:sns:us-east-1:123456789012:maintenance"
	tableName  = "maintenance-runs"
)

// calls counts calls by "service operation".
type calls map[string]int

// services is what the binaries call: the OpsWorks CM simulator, SNS and, for the function's ledger, DynamoDB. The local machine's
// SNS (package machine) would do, but it signs every message with RSA and keeps it for a subscriber: milliseconds on the same cores
// as what is measured, and more with every event. Here SNS is an acknowledgement, and DynamoDB little more. As on AWS each service has
// an address, and so connections, of its own, and speaks HTTP/1.1 only.
type services struct {
	simulator *opsworkscm.Service
	endpoints map[string]string // URL by the suffix of AWS_ENDPOINT_URL_
	servers   []*http.Server
	authority *authority // nil: without TLS
	ledger    *ledger

	mu   sync.Mutex
	made made
}

// made is what an event has called, when it asked for the maintenance, and how many calls that took.
type made struct {
	calls calls
	asked time.Time
	until int
}

func startServices(overTLS bool, limit int) (*services, error) {
	s := &services{simulator: opsworkscm.New(opsworkscm.Config{}), endpoints: map[string]string{}, ledger: newLedger(limit),
		made: made{calls: calls{}}}
	if err := s.start(overTLS); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *services) start(overTLS bool) (err error) {
	scheme := "http"
	if overTLS {
		scheme = "https"
		if s.authority, err = newAuthority(); err != nil {
			return err
		}
	}
	if err := s.simulator.AddServer(opsworkscm.Server{Name: serverName, MaintenanceStatus: "SUCCESS"}); err != nil {
		return err
	}
	for name, handler := range map[string]http.HandlerFunc{"OPSWORKSCM": s.opsWorksCM, "SNS": s.sns, "DYNAMODB": s.dynamoDB} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		s.endpoints[name] = scheme + "://" + listener.Addr().String()
		if overTLS {
			listener = tls.NewListener(listener, s.authority.server)
		}
		server := &http.Server{Handler: handler}
		s.servers = append(s.servers, server)
		go func() { _ = server.Serve(listener) }() // returns when close closes it
	}
	return nil
}

func (s *services) close() {
	s.simulator.Close()
	for _, server := range s.servers {
		_ = server.Close()
	}
	if s.authority != nil {
		s.authority.close()
	}
}

// environment is what Lambda and the deployment give a function. There is no HOME: neither finds files of this machine's user.
func environment(s *services, file string) []string {
	env := []string{
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_SESSION_TOKEN=local",
		"AWS_LAMBDA_FUNCTION_NAME=opsworks-maintenance", settings.EnvTopicARN + "=" + topicARN, settings.EnvSettingsFile + "=" + file,
		settings.EnvRunsTable + "=" + tableName,
	}
	for name, url := range s.endpoints {
		env = append(env, "AWS_ENDPOINT_URL_"+name+"="+url)
	}
	if s.authority != nil {
		env = append(env, "SSL_CERT_FILE="+s.authority.file)
	}
	return env
}

// take returns the calls since it was called last.
func (s *services) take() made {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.made
	s.made = made{calls: calls{}}
	return taken
}

// count is before the answer is sent, so that the one who has the answer finds the call counted.
func (s *services) count(call string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made.calls[call]++
	if s.made.asked.IsZero() {
		s.made.until++
		if call == startCall {
			s.made.asked = time.Now()
		}
	}
}

const startCall = "OpsWorksCM StartMaintenance"

// unsigned is who the floor is taken for: it does not sign, and the simulator wants to know for which service a request was signed.
const unsigned = "AWS4-HMAC-SHA256 Credential=floor/20261123/us-east-1/opsworks-cm/aws4_request"

func (s *services) opsWorksCM(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	s.count("OpsWorksCM " + operation)
	if r.Header.Get("Authorization") == "" {
		r.Header.Set("Authorization", unsigned)
	}
	s.simulator.ServeHTTP(w, r)
}

func (s *services) dynamoDB(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	s.count("DynamoDB " + operation)
	s.ledger.serve(operation, w, r)
}

// sns takes any message for the topic. The answer is the one of the API reference's sample.
func (s *services) sns(w http.ResponseWriter, r *http.Request) {
	s.count("SNS " + r.PostFormValue("Action"))
	if r.PostFormValue("Action") != "Publish" || r.PostFormValue("TopicArn") != topicARN || r.PostFormValue("Message") == "" {
		http.Error(w, "not a message for "+topicARN, http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	_, _ = fmt.Fprint(w, `<PublishResponse xmlns="https://sns.amazonaws.com/doc/2010-03-31/">`+
		`<PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult>`+
		`<ResponseMetadata><RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId></ResponseMetadata></PublishResponse>`)
}
