package awscall

import (
	"errors"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Plain is an error of the SDK in the service's own words, its code and message, or in those of the connection that failed. What the SDK
// says of its own work (operation, tries, status, request id) stands in no message; it is still there to be classified. Nil stays nil.
func Plain(err error) error {
	if err == nil {
		return nil
	}
	return plain{err}
}

type plain struct{ error }

func (p plain) Unwrap() error { return p.error }

func (p plain) Error() string {
	var api smithy.APIError
	if errors.As(p.error, &api) {
		if api.ErrorMessage() == "" {
			return api.ErrorCode()
		}
		return api.ErrorCode() + ": " + api.ErrorMessage()
	}
	return inner(p.error).Error()
}

// inner is what the SDK's own errors are wrapped around.
func inner(err error) error {
	for {
		switch err.(type) {
		case *smithy.OperationError, *retry.MaxAttemptsError, *awshttp.ResponseError, *smithyhttp.ResponseError,
			*smithyhttp.RequestSendError, *url.Error:
		default:
			return err
		}
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
