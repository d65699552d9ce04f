package opsworkscm

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/opsworkscm/types"

	"opsworks-maintenance/lambda/call"
	"opsworks-maintenance/lambda/maintenance"
)

// classify is a call.Classifier.
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
	return call.Classify(err)
}

func failure(op string, err error) error {
	reason, _ := classify(err)
	return &maintenance.Error{Op: op, Reason: reason, Err: err}
}
