package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/machine"
)

// introduce says where everything is and how to use it.
func (s *scenario) introduce(m *machine.Machine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.json {
		s.tell(step{Step: "serve", Text: m.URL})
		return
	}
	_, _ = fmt.Fprintf(s.out, `OpsWorks CM, Systems Manager, SNS, SQS and Lambda are at %[1]s until you press Ctrl-C.

  servers    %[2]s
  function   %[3]s
  topics     %[4]s
  subscriber %[1]s/%[5]s/%[6]s

Any AWS client works that is given the endpoint, the Region %[7]s and some credentials. Three things to try:

  export AWS_REGION=%[7]s AWS_DEFAULT_REGION=%[7]s AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
  echo '{"start":{"serverName":"%[9]s"}}' | aws --endpoint-url %[1]s lambda invoke `+
		`--function-name %[8]s:operators --payload fileb:///dev/stdin /dev/stdout
  aws --endpoint-url %[1]s sqs receive-message --queue-url %[1]s/%[5]s/%[6]s
  aws --endpoint-url %[1]s opsworks-cm describe-servers    # with an AWS CLI from before August 2025

`, m.URL, strings.Join(m.Servers, ", "), machine.FunctionARN, strings.Join(topicARNs(m.Environment), ", "), machine.Account,
		m.Queue, machine.Region, machine.FunctionName, first(m.Servers))
}

// serve wakes the function by its clock until somebody has had enough.
func (s *scenario) serve(ctx context.Context, m *machine.Machine) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(sweepEvery):
		}
		if err := s.sweep(ctx, m); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

func topicARNs(environment []string) []string {
	var arns []string
	for _, variable := range environment {
		if name, arn, _ := strings.Cut(variable, "="); strings.HasSuffix(name, "TOPIC_ARN") {
			arns = append(arns, arn)
		}
	}
	return arns
}

func first(names []string) string {
	if len(names) == 0 {
		return "NAME"
	}
	return names[0]
}
