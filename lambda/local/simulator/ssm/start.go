package ssm

import (
	"cmp"
	"encoding/json"
	"strings"

	"opsworks-maintenance/lambda/local/simulator"
)

// startInput is a StartAutomationExecution as it is carried out.
type startInput struct {
	runbook    string // name or ARN
	version    *string
	parameters map[string][]string
	tags       map[string]string
	token      string
	mode       string
	byHand     bool
}

// used is what a client token was used for.
type used struct{ input, execution string }

// LimitExecutions sets how many executions may run at once, those begun by hand included. The default is the service's, 100.
func (c *control) LimitExecutions(n int) {
	defer c.clock.Enter()()
	c.limit = n
}

// RefuseReuse decides what the same client token with the same input gets. No document states it: "can't be reused" may mean
// that it is refused (true), the exception's own text that it is not (false, the default: the same execution, and none is
// begun). Callers have to live with both.
func (c *control) RefuseReuse(on bool) {
	defer c.clock.Enter()()
	c.refuseReuse = on
}

// IgnoreTokens makes the service forget every client token, so that the one who sends a start twice starts twice.
func (c *control) IgnoreTokens(on bool) {
	defer c.clock.Enter()()
	c.ignoreTokens = on
}

func (s *Service) startAutomationExecution(in simulator.Members) (any, error) {
	input, err := startIn(in)
	if err != nil {
		return nil, err
	}
	id, err := s.start(input)
	if err != nil {
		return nil, err
	}
	return struct {
		AutomationExecutionID string `json:"AutomationExecutionId"`
	}{id}, nil
}

// notSimulated are members that would make another execution than the one the simulator can begin.
var notSimulated = []string{
	"AlarmConfiguration", "MaxConcurrency", "MaxErrors", "TargetLocations", "TargetLocationsURL", "TargetMaps", "TargetParameterName",
	"Targets",
}

func startIn(in simulator.Members) (startInput, error) {
	read := map[string]*string{}
	for _, name := range []string{"DocumentName", "DocumentVersion", "ClientToken", "Mode"} {
		value, err := in.Text(name)
		if err != nil {
			return startInput{}, err
		}
		read[name] = value
	}
	parameters, err := textListsIn(in, "Parameters")
	if err != nil {
		return startInput{}, err
	}
	tags, err := tagsIn(in)
	if err != nil {
		return startInput{}, err
	}

	var check validation
	check.Given(read["DocumentName"] != nil, "documentName")
	check.Matches(read["DocumentName"], runbookNamePattern, runbookNameRE, "documentName")
	check.Matches(read["DocumentVersion"], runbookVersionPattern, runbookVersionRE, "documentVersion")
	check.Matches(read["ClientToken"], clientTokenPattern, clientTokenRE, "clientToken")
	check.OneOf(read["Mode"], []string{"Auto", "Interactive"}, "mode")
	check.parameters(parameters)
	check.tags(tags)
	for _, name := range notSimulated {
		if raw, has := in[name]; has && string(raw) != "null" {
			check.Add(name + " is not simulated")
		}
	}
	if err := check.Failure(); err != nil {
		return startInput{}, err
	}
	return newStartInput(read, parameters, tags), nil
}

func newStartInput(read map[string]*string, parameters map[string][]string, tags []tag) startInput {
	input := startInput{
		runbook: *read["DocumentName"], version: read["DocumentVersion"], parameters: parameters, tags: map[string]string{},
	}
	if token := read["ClientToken"]; token != nil {
		input.token = *token
	}
	if mode := read["Mode"]; mode != nil {
		input.mode = *mode
	}
	for _, given := range tags {
		input.tags[*given.key] = *given.value
	}
	return input
}

func (s *Service) start(input startInput) (string, error) {
	defer s.clock.Enter()()
	return s.admitStart(input)
}

// admitStart begins an execution, or gives the id of one that its token has begun before. That the token is looked at before everything
// else, and that a start that was refused does not use it up, is our choice. The lock is held.
func (s *Service) admitStart(input startInput) (string, error) {
	token, same := strings.ToLower(input.token), fingerprint(input)
	if before, reused := s.tokens[token]; reused && token != "" && !s.ignoreTokens {
		switch {
		case s.refuseReuse:
			return "", tokenMismatch("The client token was used before.")
		case before.input != same:
			return "", tokenMismatch("The client token was used before with another runbook or other parameters.")
		default:
			return before.execution, nil
		}
	}
	r := s.known(input.runbook)
	if r == nil {
		return "", noRunbook(input.runbook)
	}
	version, err := r.version(input.version)
	if err != nil {
		return "", err
	}
	if err := r.accepts(input.parameters); err != nil {
		return "", err
	}
	if running(s.executions) >= s.limit {
		return "", tooManyExecutions()
	}
	e := &execution{
		runbook: r.name, version: version, parameters: input.parameters, tags: input.tags, token: input.token, mode: input.mode,
		byHand: input.byHand,
	}
	e.mode = cmp.Or(e.mode, "Auto")
	s.enqueue(e, r.steps)
	if token != "" {
		s.tokens[token] = used{input: same, execution: e.id}
	}
	return e.id, nil
}

// fingerprint holds what must be the same when a token is used again: the document and the parameters, as sent.
func fingerprint(input startInput) string {
	text, _ := json.Marshal([]any{input.runbook, input.version, input.parameters}) // strings only, cannot fail
	return string(text)
}

func running(executions []*execution) int {
	n := 0
	for _, e := range executions {
		if e.ended.IsZero() && !e.forgotten {
			n++
		}
	}
	return n
}
