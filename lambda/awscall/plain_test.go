package awscall_test

import (
	"errors"
	"net"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

func TestPlain_SaysWhatTheServiceSaid(t *testing.T) {
	operation := func(err error) error {
		return &smithy.OperationError{ServiceID: "SSM", OperationName: "GetAutomationExecution",
			Err: &retry.MaxAttemptsError{Attempt: 3, Err: err}}
	}
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{operation(answered(400, "AccessDeniedException")), "AccessDeniedException: AccessDenied ThrottlingException"},
		{&smithy.GenericAPIError{Code: "TeapotException"}, "TeapotException"},
		{operation(&smithyhttp.RequestSendError{Err: &url.Error{Op: "Post", URL: "https://ssm", Err: refused}}), "dial tcp: connection refused"},
		{errors.New("something else"), "something else"},
	} {
		if got := awscall.Plain(tt.err).Error(); got != tt.want {
			t.Errorf("got  %q\nwant %q", got, tt.want)
		}
		if !errors.Is(awscall.Plain(tt.err), tt.err) {
			t.Errorf("%v is not there to be classified", tt.err)
		}
	}
	if reason, _ := awscall.Classify(awscall.Plain(operation(answered(400, "AccessDeniedException")))); reason != maintenance.ReasonDenied {
		t.Errorf("got %s", reason)
	}
	if awscall.Plain(nil) != nil {
		t.Error("no error is one")
	}
}
