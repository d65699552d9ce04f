package opsworkscm

import (
	"errors"
	"net"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm/types"
	"github.com/aws/smithy-go"

	"opsworks-maintenance/lambda/maintenance"
)

// denied are the codes by which AWS services say that the caller, not the call, is the problem.
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and the AWS JSON protocol's own.
var denied = []string{
	"AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "IncompleteSignatureException",
	"InvalidClientTokenId", "InvalidSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
	"NotAuthorized", "OptInRequired", "SignatureDoesNotMatch", "UnrecognizedClientException",
}

// classify turns an error of the SDK into a reason, by its type or code and never by its text. refused is true where the
// error proves that the operation was not carried out: the service said so, or was never reached.
func classify(err error) (reason maintenance.Reason, refused bool) {
	var notFound *types.ResourceNotFoundException
	var wrongState *types.InvalidStateException
	var invalid *types.ValidationException
	switch {
	case errors.As(err, &notFound):
		return maintenance.NotFound, true
	case errors.As(err, &wrongState):
		return maintenance.WrongState, true
	case errors.As(err, &invalid):
		return maintenance.InvalidRequest, true
	}
	if status := statusCode(err); status >= http.StatusInternalServerError {
		return maintenance.Unavailable, false
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		if _, ok := retry.DefaultThrottleErrorCodes[api.ErrorCode()]; ok {
			return maintenance.Throttled, true
		}
		if slices.Contains(denied, api.ErrorCode()) {
			return maintenance.Denied, true
		}
		return maintenance.Unexpected, statusCode(err) >= http.StatusBadRequest
	}
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return maintenance.Unavailable, true
	}
	if statusCode(err) == http.StatusOK {
		return maintenance.Unexpected, false // an answer that is not what the protocol says
	}
	return maintenance.Unavailable, false
}

// answered reports whether the service gave a complete answer, be it an error.
func answered(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && statusCode(err) != 0
}

// statusCode is the HTTP status of an error, 0 if there was no answer.
func statusCode(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

func failure(op string, err error) error {
	reason, _ := classify(err)
	return &maintenance.Error{Op: op, Reason: reason, Err: err}
}
