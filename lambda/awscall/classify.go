// Package awscall is what calls of AWS services have in common: how much of an invocation's time they may take, and what it means when
// they fail.
package awscall

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"opsworks-maintenance/lambda/maintenance"
)

// Classifier turns an error of the SDK into a reason. refused is true where the error proves that the operation was not carried
// out: the service said so, or was never reached.
type Classifier func(err error) (reason maintenance.Reason, refused bool)

// RetryRefused makes the SDK repeat a call by itself only after errors that prove that nothing was started.
func RetryRefused(classify Classifier) aws.Retryer {
	return retry.NewStandard(func(s *retry.StandardOptions) {
		s.MaxBackoff = time.Second
		s.Retryables = []retry.IsErrorRetryable{retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
			reason, refused := classify(err)
			return aws.BoolTernary(refused && reason.Retryable())
		})}
	})
}

// denied are the codes by which AWS services say that the caller, not the call, is the problem.
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and the AWS JSON protocol's own.
var denied = []string{
	"AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "IncompleteSignatureException",
	"InvalidClientTokenId", "InvalidSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
	"NotAuthorized", "OptInRequired", "SignatureDoesNotMatch", "UnrecognizedClientException",
}

// Classify is the Classifier of the errors that all services share. It goes by type and code, never by text.
func Classify(err error) (reason maintenance.Reason, refused bool) {
	if statusCode(err) >= http.StatusInternalServerError {
		return maintenance.ReasonUnavailable, false
	}
	if code := Code(err); code != "" {
		if _, ok := retry.DefaultThrottleErrorCodes[code]; ok {
			return maintenance.ReasonThrottled, true
		}
		if slices.Contains(denied, code) {
			return maintenance.ReasonDenied, true
		}
		return maintenance.ReasonUnexpected, statusCode(err) >= http.StatusBadRequest
	}
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return maintenance.ReasonUnavailable, true
	}
	return maintenance.ReasonUnavailable, false // also where an answer came, but not whole, or not what the protocol says
}

// Code is the code of a service's error, empty if err is none. The SDK has a type for an error only where the operation's model
// lists it, and not in all of its versions; the code is there always.
func Code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// statusCode is the HTTP status of an error, 0 if there was no answer.
func statusCode(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}
