package opsworkscm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

// Look implements maintenance.Backend with DescribeServers.
func (c *Client) Look(ctx context.Context, serverName string) maintenance.Sighting {
	at, server, err := c.read(ctx, serverName)
	return maintenance.Sighting{At: at, Server: server, ServerErr: err}
}

// read reads one server, and says when the reading began.
func (c *Client) read(ctx context.Context, name string) (time.Time, maintenance.Server, error) {
	if c.list == nil {
		return c.readOne(ctx, name)
	}
	ctx, cancel := awscall.HalfRemaining(ctx)
	defer cancel()
	all := c.list.get(ctx, c)
	if all.err != nil {
		return all.began, maintenance.Server{}, all.err
	}
	server, err := onlyServer("find server "+name+" among all", name, all.servers[name])
	return all.began, server, err
}

func (c *Client) readOne(ctx context.Context, name string) (time.Time, maintenance.Server, error) {
	began, op := c.now(), "describe server "+name
	ctx, cancel := awscall.HalfRemaining(ctx)
	defer cancel()
	out, err := c.api.DescribeServers(ctx, &opsworkscm.DescribeServersInput{ServerName: aws.String(name)})
	if err != nil {
		return began, maintenance.Server{}, failure(op, err)
	}
	var servers []maintenance.Server
	for _, s := range out.Servers {
		servers = append(servers, fromAPI(s))
	}
	server, err := onlyServer(op, name, servers)
	return began, server, err
}

// onlyServer is the server asked for, if an answer holds it and no other. Without any it is missing, as with ResourceNotFoundException,
// which API_DescribeServers has for a name it does not know: what that proves, and after how long, is the domain's to say.
func onlyServer(op, name string, servers []maintenance.Server) (maintenance.Server, error) {
	switch {
	case len(servers) == 0:
		return maintenance.Server{}, &maintenance.Error{Op: op, Reason: maintenance.ReasonNotFound,
			Err: errors.New("the response does not have it")}
	case len(servers) > 1 || servers[0].Name != name:
		return maintenance.Server{}, &maintenance.Error{Op: op, Reason: maintenance.ReasonUnexpected,
			Err: fmt.Errorf("the response has %d servers, the first %.40q", len(servers), servers[0].Name)}
	default:
		return servers[0], nil
	}
}
