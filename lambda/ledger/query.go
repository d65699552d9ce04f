package ledger

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"opsworks-maintenance/lambda/maintenance"
)

// Due implements maintenance.Ledger with a Query of the index of due runs.
func (l *Ledger) Due(ctx context.Context, queue maintenance.Queue, until time.Time, most int) ([]maintenance.Due, error) {
	items, err := l.query(ctx, "list what is due", most, &dynamodb.QueryInput{
		IndexName: aws.String(IndexDue), KeyConditionExpression: aws.String("#queue = :queue AND #next <= :until"),
		ExpressionAttributeValues: item{":queue": text(string(queue)), ":until": millis(until)},
	})
	var due []maintenance.Due
	for _, i := range items {
		due = append(due, maintenance.Due{
			RunID: runIDOf(i), Version: int(numberOf(i, attrVersion)), Edition: int(numberOf(i, attrEdition)),
			DueAt: millisOf(i, AttrNext), LookAt: momentOf(i, attrLook),
			State: maintenance.RunState(textOf(i, attrState)), Backend: textOf(i, attrBackend),
		})
	}
	return due, err
}

// ByReference implements maintenance.Ledger with a Query of the index of references.
func (l *Ledger) ByReference(ctx context.Context, reference string) (string, error) {
	if reference == "" {
		return "", nil // no index has an empty key
	}
	items, err := l.query(ctx, "find the run of "+reference, 1, &dynamodb.QueryInput{
		IndexName: aws.String(IndexReference), KeyConditionExpression: aws.String("#reference = :reference"),
		ExpressionAttributeValues: item{":reference": text(reference)},
	})
	if err != nil || len(items) == 0 {
		return "", err
	}
	return runIDOf(items[0]), nil
}

func runIDOf(i item) string { return strings.TrimPrefix(textOf(i, AttrPK), runPrefix) }

// History implements maintenance.Ledger with a Query of the index of a server's runs. A run that cannot be read is an error beside
// those that can.
func (l *Ledger) History(ctx context.Context, serverName string, most int) ([]maintenance.Run, error) {
	if most <= 0 || serverName == "" {
		return nil, nil
	}
	op := "list runs of " + serverName
	items, err := l.query(ctx, op, most, &dynamodb.QueryInput{
		IndexName: aws.String(IndexServer), KeyConditionExpression: aws.String("#server = :server"),
		ExpressionAttributeValues: item{":server": text(serverName)}, ScanIndexForward: aws.Bool(false),
	})
	var runs []maintenance.Run
	var faults []error
	for _, i := range items {
		run, err := decode(i)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		runs = append(runs, run)
	}
	if err == nil && len(faults) > 0 {
		err = unavailable(op, errors.Join(faults...))
	}
	return runs, err
}

// query reads page after page, at most so many items; 0 is all.
func (s *store) query(ctx context.Context, op string, most int, in *dynamodb.QueryInput) ([]item, error) {
	in.TableName, in.ExpressionAttributeNames = &s.table, names(*in.KeyConditionExpression)
	if most > 0 {
		in.Limit = aws.Int32(int32(min(most, math.MaxInt32)))
	}
	var items []item
	for pages := dynamodb.NewQueryPaginator(s.api, in); pages.HasMorePages() && (most == 0 || len(items) < most); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return items, unavailable(op, err)
		}
		items = append(items, page.Items...)
	}
	if most > 0 && len(items) > most {
		items = items[:most]
	}
	return items, nil
}
