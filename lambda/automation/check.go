package automation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

// The codes by which DescribeDocument says that there is nothing to start. GetCalendarState has the first too, of a calendar, which is
// why classify knows neither.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeDocument.html#API_DescribeDocument_Errors
const (
	codeNoDocument = "InvalidDocument"
	codeNoVersion  = "InvalidDocumentVersion"
)

var (
	_ maintenance.Checker = (*Client)(nil)
	_ maintenance.Checker = (*shared)(nil)
)

// Check implements maintenance.Checker with DescribeDocument: whether the runbook is there, in the version that the settings name, and
// declares every parameter that a start would give. Nothing against it does not prove that a start will be accepted: which values a
// parameter allows is not in the answer (API_DocumentParameter).
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeDocument.html
func (c *Client) Check(ctx context.Context, name string) error {
	s, ok := c.servers[name]
	if !ok {
		return &maintenance.Error{Op: "check the runbook of " + name, Reason: maintenance.ReasonNotFound,
			Err: errors.New("the settings have no such server of Systems Manager")}
	}
	op := "check the runbook " + s.Runbook
	unusable := func(err error) error {
		return &maintenance.Error{Op: op, Reason: maintenance.ReasonRunbookUnusable, Err: awscall.Plain(err)}
	}
	ctx, cancel := awscall.HalfRemaining(ctx)
	defer cancel()
	in := &ssm.DescribeDocumentInput{Name: aws.String(s.Runbook)}
	if s.Version != "" {
		in.DocumentVersion = aws.String(s.Version)
	}
	out, err := c.api.DescribeDocument(ctx, in)
	switch code := awscall.Code(err); {
	case code == codeNoDocument, code == codeNoVersion:
		return unusable(err)
	case err != nil:
		return failure(op, err)
	case out.Document == nil:
		return failure(op, errors.New("the response has no document"))
	}
	if fault := s.unusableBecause(out.Document); fault != "" {
		return unusable(errors.New(fault))
	}
	return nil
}

// unusableBecause is what speaks against a document as the server's runbook, in words that name parameters and never their values.
func (s Server) unusableBecause(d *types.DocumentDescription) string {
	if d.DocumentType != types.DocumentTypeAutomation {
		return fmt.Sprintf("it is a document of the type %.40q, and only one of the type %q can be started",
			d.DocumentType, types.DocumentTypeAutomation)
	}
	if d.Status != types.DocumentStatusActive {
		fault := fmt.Sprintf("its status is %.40q, not %q", d.Status, types.DocumentStatusActive)
		if why := oneLine(aws.ToString(d.StatusInformation), nil); why != "" {
			fault += ": " + why
		}
		return fault
	}
	given, _ := s.parameters(maintenance.Run{}, "", nil) // whose names are those of any run on any node; attributes alone make it fail
	for _, declared := range d.Parameters {
		delete(given, aws.ToString(declared.Name))
	}
	if len(given) == 0 {
		return ""
	}
	return "it has no parameter " + cut(strings.Join(slices.Sorted(maps.Keys(given)), ", ")) + ", and a start would give it"
}
