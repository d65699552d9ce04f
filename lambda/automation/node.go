package automation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/maintenance"
)

// node finds the managed node of a server. All pages are read: the service filters after it has cut its list into them. A filter by
// tag cannot be combined with another.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html
func (c *Client) node(ctx context.Context, name string, s Server) (maintenance.Server, error) {
	op := "describe server " + name
	var nodes []types.InstanceInformation
	pages := ssm.NewDescribeInstanceInformationPaginator(c.api, &ssm.DescribeInstanceInformationInput{
		Filters: []types.InstanceInformationStringFilter{{Key: aws.String("tag:" + s.TagKey), Values: []string{name}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return maintenance.Server{}, failure(op, err)
		}
		nodes = append(nodes, page.InstanceInformationList...)
	}
	tag := s.TagKey + "=" + name
	switch len(nodes) {
	case 0:
		return maintenance.Server{}, &maintenance.Error{Op: op, Reason: maintenance.ReasonNotFound,
			Err: fmt.Errorf("no managed node has the tag %s, or the node is stopped, or its SSM Agent is silent", tag)}
	case 1:
		return described(name, s, nodes[0]), nil
	default:
		return maintenance.Server{}, &maintenance.Error{Op: op, Reason: maintenance.ReasonAmbiguous,
			Err: fmt.Errorf("%d managed nodes have the tag %s: %.200s", len(nodes), tag, ids(nodes))}
	}
}

func ids(nodes []types.InstanceInformation) string {
	var ids []string
	for _, node := range nodes {
		ids = append(ids, aws.ToString(node.InstanceId))
	}
	slices.Sort(ids)
	return strings.Join(ids, ", ")
}

// described puts a node into the domain's words. Inactive is what the service once said of a node that had lost its connection.
func described(name string, s Server, node types.InstanceInformation) maintenance.Server {
	server := maintenance.Server{Name: name, Backend: Backend, Node: aws.ToString(node.InstanceId), Runbook: s.Runbook,
		TakesRunID: s.TakesRunID}
	switch node.PingStatus {
	case types.PingStatusOnline:
		server.Status = maintenance.StatusHealthy
	case types.PingStatusConnectionLost, types.PingStatusInactive:
		server.Status = maintenance.StatusConnectionLost
	default:
		server.Status = maintenance.Status(node.PingStatus)
	}
	if node.LastPingDateTime != nil && server.Status != maintenance.StatusHealthy {
		server.StatusReason = "its SSM Agent last answered at " + node.LastPingDateTime.UTC().Format(time.RFC3339)
	}
	return server
}
