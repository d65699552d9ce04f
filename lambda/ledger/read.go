package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/maintenance"
)

// Read implements maintenance.Ledger with a consistent BatchGetItem and, if there is an open run, a GetItem. A run that is not there
// though the server names it, or that is over, is given as it is.
func (l *Ledger) Read(ctx context.Context, serverName string) (maintenance.Snapshot, error) {
	op := "read " + serverName
	keys := []string{fleetKey}
	if serverName != "" {
		keys = append(keys, serverKey(serverName))
	}
	items, err := l.batch(ctx, keys)
	if err != nil {
		return maintenance.Snapshot{}, unavailable(op, err)
	}
	server, errServer := recordOf(items[serverKey(serverName)])
	fleet, errFleet := fleetOf(items[fleetKey])
	if err := errors.Join(errServer, errFleet); err != nil {
		return maintenance.Snapshot{}, unavailable(op, err)
	}
	snapshot := maintenance.Snapshot{Server: server, Fleet: fleet}
	if server.OpenRun == "" {
		return snapshot, nil
	}
	snapshot.Open, err = l.Run(ctx, server.OpenRun)
	if err != nil && maintenance.ReasonOf(err) != maintenance.ReasonUnknownRun {
		return maintenance.Snapshot{}, err
	}
	return snapshot, nil
}

// Run implements maintenance.Ledger with a consistent GetItem.
func (l *Ledger) Run(ctx context.Context, id string) (maintenance.Run, error) {
	op := "read run " + id
	i, err := l.get(ctx, runKey(id))
	if err != nil {
		return maintenance.Run{}, unavailable(op, err)
	}
	if len(i) == 0 {
		return maintenance.Run{}, &maintenance.Error{Op: op, Reason: maintenance.ReasonUnknownRun}
	}
	run, err := decode(i)
	if err != nil {
		return maintenance.Run{}, unavailable(op, err)
	}
	return run, nil
}

// Node implements maintenance.Ledger with a consistent GetItem.
func (l *Ledger) Node(ctx context.Context, node string) (string, error) {
	i, err := l.get(ctx, nodeKey(node))
	if err != nil {
		return "", unavailable("read node "+node, err)
	}
	return textOf(i, attrRun), nil
}

// Slots implements maintenance.Ledger with consistent BatchGetItems.
func (l *Ledger) Slots(ctx context.Context, most int) ([]string, error) {
	holders := make([]string, most)
	keys := make([]string, most)
	for i := range keys {
		keys[i] = slotKey(i + 1)
	}
	items, err := l.batch(ctx, keys)
	if err != nil {
		return nil, unavailable("read slots", err)
	}
	for i := range holders {
		holders[i] = textOf(items[keys[i]], attrRun)
	}
	return holders, nil
}

// Servers implements maintenance.Ledger with consistent BatchGetItems.
func (l *Ledger) Servers(ctx context.Context, names []string) (map[string]maintenance.ServerRecord, error) {
	const op = "read servers"
	distinct := slices.Compact(slices.Sorted(slices.Values(names)))
	keys := make([]string, len(distinct))
	for i, name := range distinct {
		keys[i] = serverKey(name)
	}
	items, err := l.batch(ctx, keys)
	if err != nil {
		return nil, unavailable(op, err)
	}
	records := make(map[string]maintenance.ServerRecord, len(distinct))
	for i, name := range distinct {
		record, err := recordOf(items[keys[i]])
		if err != nil {
			return nil, unavailable(op+": "+name, err)
		}
		records[name] = record
	}
	return records, nil
}

func (s *store) get(ctx context.Context, pk string) (item, error) {
	out, err := s.api.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.table, Key: key(pk), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// BatchGetItem takes so many keys (API_BatchGetItem).
const keysPerCall = 100

// batch reads items by their keys.
func (s *store) batch(ctx context.Context, keys []string) (map[string]item, error) {
	items := make(map[string]item, len(keys))
	for some := range slices.Chunk(keys, keysPerCall) {
		var asked []item
		for _, pk := range some {
			asked = append(asked, key(pk))
		}
		if err := s.readAll(ctx, asked, items); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// readAll asks until every item was read. What DynamoDB leaves undone, it wants to be asked for again after a while.
func (s *store) readAll(ctx context.Context, keys []item, into map[string]item) error {
	ask := map[string]types.KeysAndAttributes{s.table: {Keys: keys, ConsistentRead: aws.Bool(true)}}
	for attempt := 1; ; attempt++ {
		out, err := s.api.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: ask})
		if err != nil {
			return err
		}
		for _, i := range out.Responses[s.table] {
			into[textOf(i, AttrPK)] = i
		}
		ask = out.UnprocessedKeys
		if len(ask[s.table].Keys) == 0 {
			return nil
		}
		if attempt == attempts || !s.wait(ctx, attempt) {
			return errors.Join(fmt.Errorf("unprocessed keys remain after %d attempts", attempt), ctx.Err())
		}
	}
}
