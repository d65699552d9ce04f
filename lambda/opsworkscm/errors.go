package opsworkscm

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/opsworkscm/types"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

// classify is a awscall.Classifier. An exception of the model counts as one only in an answer that refuses: not with a status of 500.
func classify(err error) (reason maintenance.Reason, refused bool) {
	reason, refused = awscall.Classify(err)
	if !refused {
		return reason, refused
	}
	var notFound *types.ResourceNotFoundException
	var wrongState *types.InvalidStateException
	var invalid *types.ValidationException
	switch {
	case errors.As(err, &notFound):
		return maintenance.ReasonNotFound, true
	case errors.As(err, &wrongState):
		return maintenance.ReasonWrongState, true
	case errors.As(err, &invalid):
		return maintenance.ReasonInvalidRequest, true
	}
	return reason, refused
}

func failure(op string, err error) error {
	reason, _ := classify(err)
	return &maintenance.Error{Op: op, Reason: reason, Err: awscall.Plain(err)}
}
