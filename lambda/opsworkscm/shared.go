package opsworkscm

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm"

	"opsworks-maintenance/lambda/maintenance"
)

// Shared implements maintenance.Backend: one DescribeServers of all servers serves the looks right after it. The API allows 5 requests a
// second, for all operations together (API_Operations).
func (c *Client) Shared() maintenance.Backend {
	l := &list{latest: make(chan reading, 1)}
	l.latest <- reading{}
	return &Client{api: c.api, now: c.now, list: l}
}

// sharedFor is how long a reading serves those who come after it.
const sharedFor = time.Second

// list is the latest reading of all servers. Who has it out of the channel reads anew; the others wait for that, as long as they can.
type list struct{ latest chan reading }

// reading is what one DescribeServers of all servers came to.
type reading struct {
	began, ended time.Time
	servers      map[string][]maintenance.Server
	err          error
}

// serves reports whether a reading is new enough for a look: it went on when the look came, or is a second old at most.
func (r reading) serves(came, now time.Time) bool {
	return came.Before(r.ended) || now.Sub(r.began) <= sharedFor
}

func (l *list) get(ctx context.Context, c *Client) reading {
	came := c.now()
	var latest reading
	select {
	case latest = <-l.latest:
		defer func() { l.latest <- latest }() // also if the reading is broken off: then it is the one before
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		return reading{began: came, err: failure("wait for the list of all servers", err)}
	}
	if latest.serves(came, c.now()) {
		return latest
	}
	now := c.describeAll(ctx)
	if now.err == nil || ctx.Err() == nil { // that one look has run out of time says nothing to the others
		latest = now
	}
	return now
}

// describeAll is DescribeServers without a name, which returns every server of the account in this Region (API_DescribeServers: it does
// not page; the token is followed anyway, should some endpoint do).
func (c *Client) describeAll(ctx context.Context) reading {
	r := reading{began: c.now(), servers: map[string][]maintenance.Server{}}
	pages := opsworkscm.NewDescribeServersPaginator(c.api, &opsworkscm.DescribeServersInput{},
		func(o *opsworkscm.DescribeServersPaginatorOptions) { o.StopOnDuplicateToken = true })
	for pages.HasMorePages() && r.err == nil {
		page, err := pages.NextPage(ctx)
		if err != nil {
			r.err = failure("describe all servers", err)
			break
		}
		for _, s := range page.Servers {
			name := aws.ToString(s.ServerName)
			r.servers[name] = append(r.servers[name], fromAPI(s))
		}
	}
	r.ended = c.now()
	return r
}
