package importing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"opsworks-maintenance/lambda/maintenance"
)

// Node is a managed node of Systems Manager and the value of its tag, which is the name of the server that it is.
type Node struct {
	ID, Server string
}

// Nodes finds the managed nodes that carry a tag, whatever its value.
type Nodes interface {
	Tagged(ctx context.Context, key string) ([]Node, error)
}

// Tagged makes a server of each managed node that carries the tag, maintenance-server if key is empty. Which product runs on them Systems
// Manager does not know: runbook says it for all of them.
func Tagged(ctx context.Context, nodes Nodes, key, runbook string) (Result, error) {
	if runbook == "" {
		return Result{}, errors.New("a node does not say what runs on it; name the runbook that maintains it")
	}
	found, err := nodes.Tagged(ctx, cmp.Or(key, maintenance.TagKey))
	if err != nil {
		return Result{}, fmt.Errorf("find the nodes with the tag %s: %w", cmp.Or(key, maintenance.TagKey), err)
	}
	if len(found) == 0 {
		return Result{}, fmt.Errorf("no managed node has the tag %s", cmp.Or(key, maintenance.TagKey))
	}
	slices.SortFunc(found, func(a, b Node) int { return cmp.Or(cmp.Compare(a.Server, b.Server), cmp.Compare(a.ID, b.ID)) })
	var d draft
	for _, node := range found {
		s, ok := d.open(node.Server, node.ID)
		if !ok {
			continue
		}
		s.Runbook, s.TagKey = runbook, key
		d.fill("window, schedules", "when maintenance may start, and when it does; without them an alarm or a person starts it, at any time")
		d.fillRest(s)
	}
	return d.result()
}
