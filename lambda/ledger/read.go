package ledger

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/maintenance"
)

// Find implements maintenance.Ledger with a consistent GetItem.
func (l *Ledger) Find(ctx context.Context, id string) (maintenance.Run, error) {
	op := "find run " + id
	i, err := l.get(ctx, runKey(id))
	if err != nil {
		return maintenance.Run{}, unavailable(op, err)
	}
	if len(i) == 0 {
		return maintenance.Run{}, &maintenance.Error{Op: op, Reason: maintenance.NotFound}
	}
	run, err := decode(i)
	if err != nil {
		return maintenance.Run{}, unavailable(op, err)
	}
	return run, nil
}

func (l *Ledger) get(ctx context.Context, pk string) (item, error) {
	out, err := l.api.GetItem(ctx, &dynamodb.GetItemInput{TableName: &l.table, Key: key(pk), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// Open implements maintenance.Ledger with a query of the index of runs that are not closed. An index lags behind: a run in it
// may have moved on, which its next move finds out, and one just written may be missing until the next sweep. A record that
// cannot be read is an error beside the runs that can.
func (l *Ledger) Open(ctx context.Context) ([]maintenance.Run, error) {
	return l.query(ctx, "list open runs", 0, &dynamodb.QueryInput{
		IndexName: aws.String(IndexOpen), KeyConditionExpression: aws.String("#open = :open"),
		ExpressionAttributeValues: item{":open": text("1")},
	})
}

// History implements maintenance.Ledger with a query of the index of a server's runs.
func (l *Ledger) History(ctx context.Context, serverName string, most int) ([]maintenance.Run, error) {
	if most <= 0 {
		return nil, nil
	}
	return l.query(ctx, "list runs of "+serverName, most, &dynamodb.QueryInput{
		IndexName: aws.String(IndexServer), KeyConditionExpression: aws.String("#server = :server"),
		ExpressionAttributeValues: item{":server": text(serverName)},
		ScanIndexForward:          aws.Bool(false), Limit: aws.Int32(int32(min(most, 100))),
	})
}

// query reads page after page, at most so many runs; 0 is all.
func (l *Ledger) query(ctx context.Context, op string, most int, in *dynamodb.QueryInput) ([]maintenance.Run, error) {
	in.TableName, in.ExpressionAttributeNames = &l.table, names(*in.KeyConditionExpression)
	var runs []maintenance.Run
	var faults []error
	for pages := dynamodb.NewQueryPaginator(l.api, in); pages.HasMorePages() && (most == 0 || len(runs) < most); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return runs, unavailable(op, errors.Join(append(faults, err)...))
		}
		for _, i := range page.Items {
			run, err := decode(i)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			runs = append(runs, run)
		}
	}
	if most > 0 && len(runs) > most {
		runs = runs[:most]
	}
	if len(faults) > 0 {
		return runs, unavailable(op, errors.Join(faults...))
	}
	return runs, nil
}

// BatchGetItem takes 100 keys, and what is kept of a server is in three items.
const serversPerCall = 100 / 3

// Servers implements maintenance.Ledger with consistent BatchGetItems.
func (l *Ledger) Servers(ctx context.Context, serverNames []string) (map[string]maintenance.ServerRecord, error) {
	today := l.Now().UTC().Format(time.DateOnly)
	distinct := slices.Compact(slices.Sorted(slices.Values(serverNames)))
	records := make(map[string]maintenance.ServerRecord, len(distinct))
	for some := range slices.Chunk(distinct, serversPerCall) {
		var keys []item
		for _, name := range some {
			keys = append(keys, key(serverKey(name)), key(leaseKey(name)), key(dayKey(name, today)))
		}
		items, err := l.batch(ctx, keys)
		if err != nil {
			return nil, unavailable("read servers", err)
		}
		for _, name := range some {
			server := items[serverKey(name)]
			records[name] = maintenance.ServerRecord{
				Lease:       textOf(items[leaseKey(name)], attrRun),
				LastEnd:     timeOf(server, attrLastEnd),
				LastSuccess: timeOf(server, attrLastSuccess),
				WatchedFrom: timeOf(server, attrWatchedFrom),
				MissedTold:  timeOf(server, attrMissedTold),
				StartsToday: int(numberOf(items[dayKey(name, today)], attrStarts)),
			}
		}
	}
	return records, nil
}

// batch reads items by their keys. What DynamoDB leaves undone, it wants to be asked again after a while.
func (l *Ledger) batch(ctx context.Context, keys []item) (map[string]item, error) {
	items := map[string]item{}
	ask := map[string]types.KeysAndAttributes{l.table: {Keys: keys, ConsistentRead: aws.Bool(true)}}
	for attempt := 1; ; attempt++ {
		out, err := l.api.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: ask})
		if err != nil {
			return nil, err
		}
		for _, i := range out.Responses[l.table] {
			items[textOf(i, attrKey)] = i
		}
		switch ask = out.UnprocessedKeys; {
		case len(ask[l.table].Keys) == 0:
			return items, nil
		case attempt == attempts:
			return nil, errors.New("some items were never read: the table has no capacity")
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Duration(attempt) * 50 * time.Millisecond):
		}
	}
}
