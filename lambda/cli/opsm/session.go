package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"

	"opsworks-maintenance/lambda/settings"
)

// session is what a command works with.
type session struct {
	options
	screen
	aws aws.Config
}

// connect reads the AWS configuration, as the AWS CLI does. The one who lacks credentials or a Region hears that before anything is asked.
// The local system takes any.
func (s *session) connect(ctx context.Context) error {
	if s.Endpoint != "" {
		local := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		})
		s.aws = aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(s.Endpoint), Credentials: local}
		return nil
	}
	var err error
	s.aws, err = config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(s.Profile), config.WithRegion(s.Region),
		config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) {
			o.TokenProvider = func() (string, error) { return s.mfaCode(ctx) }
		}))
	if err != nil {
		return fmt.Errorf("the AWS configuration cannot be used: %w", err)
	}
	if s.aws.Region == "" {
		return errors.New("no Region is set; give -region NAME, or set AWS_REGION or the profile's region")
	}
	if _, err := s.aws.Credentials.Retrieve(ctx); err != nil {
		return fmt.Errorf("no AWS credentials are at hand; log in (aws sso login, aws configure) or name a profile with -profile: %w", err)
	}
	return nil
}

// mfaCode asks for the code of a profile with mfa_serial, beside the answer.
func (s *session) mfaCode(ctx context.Context) (string, error) {
	_, _ = fmt.Fprint(s.err, "MFA code: ")
	var code string
	answered := make(chan error, 1)
	go func() {
		_, err := fmt.Fscanln(s.in, &code)
		answered <- err
	}()
	select {
	case err := <-answered:
		return code, err
	case <-ctx.Done(): // the answer is not waited for
		return "", ctx.Err()
	}
}

// ask sends an operator's request and decodes the answer, which it returns as it came too.
func (s *session) ask(ctx context.Context, verb string, request, answer any) (json.RawMessage, error) {
	payload, err := json.Marshal(map[string]any{verb: request})
	if err != nil {
		return nil, err
	}
	return s.invoke(ctx, settings.OperatorsAlias, payload, answer)
}

// invoke gives the function a payload, through an alias or, without one, itself. A function that fails is an error.
func (s *session) invoke(ctx context.Context, alias string, payload []byte, answer any) (json.RawMessage, error) {
	input := &lambda.InvokeInput{FunctionName: aws.String(s.function()), Payload: payload}
	if alias != "" {
		input.Qualifier = aws.String(alias)
	}
	out, err := lambda.NewFromConfig(s.aws).Invoke(ctx, input)
	if err != nil {
		return nil, s.explain(err, "lambda:InvokeFunction", strings.TrimSuffix(s.function()+":"+alias, ":"))
	}
	if out.FunctionError != nil {
		var failure struct{ ErrorType, ErrorMessage string }
		_ = json.Unmarshal(out.Payload, &failure) // whatever it is, it is shown
		if failure.ErrorType == "" {
			failure.ErrorMessage = string(out.Payload)
		}
		return nil, fmt.Errorf("the function failed: %s: %s; its log says more", failure.ErrorType, failure.ErrorMessage)
	}
	if err := json.Unmarshal(out.Payload, answer); err != nil {
		return nil, fmt.Errorf("the function's answer cannot be read: %w: %.200s", err, out.Payload)
	}
	return out.Payload, nil
}

// function is the function's name or ARN without the alias, which is added where it belongs.
func (s *session) function() string {
	return strings.TrimSuffix(s.Function, ":"+settings.OperatorsAlias)
}

// functionName is the name alone.
func (s *session) functionName() string {
	name := s.function()
	return name[strings.LastIndexByte(name, ':')+1:]
}

// explain makes one sentence of what AWS answered, that says what to do: for the permission that a call needs, on what it is.
func (s *session) explain(err error, permission, resource string) error {
	var fault smithy.APIError
	var unreached *url.Error
	switch {
	case errors.As(err, &unreached) && s.Endpoint != "":
		return fmt.Errorf(`%s cannot be reached; make run ARGS="-serve 127.0.0.1:4000" starts the local system: %w`, s.Endpoint, unreached.Err)
	case errors.As(err, &unreached):
		return fmt.Errorf("AWS cannot be reached in %s: %w", s.aws.Region, unreached.Err)
	case !errors.As(err, &fault):
		return err
	}
	switch code := fault.ErrorCode(); {
	case code == "ResourceNotFoundException" || strings.HasSuffix(code, "NonExistentQueue") || code == "QueueDoesNotExist":
		return fmt.Errorf("there is no %s in %s; check -function, -region and -profile, or deploy it", resource, s.aws.Region)
	case strings.Contains(code, "AccessDenied") || code == "AuthorizationError":
		return fmt.Errorf("you may not do that; ask your administrator for %s on %s: %s", permission, resource, fault.ErrorMessage())
	case strings.HasPrefix(code, "ExpiredToken") || code == "UnrecognizedClientException" || code == "InvalidClientTokenId":
		return fmt.Errorf("AWS does not accept these credentials; log in again: %s", fault.ErrorMessage())
	default:
		return fmt.Errorf("%s: %s", code, fault.ErrorMessage())
	}
}
