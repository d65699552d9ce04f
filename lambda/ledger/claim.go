package ledger

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// Claim implements maintenance.Ledger in one transaction. If it fails, the run comes back as it was given, with the time it may
// be claimed in Until, where that is known.
func (l *Ledger) Claim(ctx context.Context, run maintenance.Run, limits maintenance.Limits) (maintenance.Run, error) {
	if limits.Now.IsZero() {
		limits.Now = l.Now()
	}
	day := limits.Now.UTC().Format(time.DateOnly)
	claimed := run
	claimed.Slot, claimed.Counted = limits.MaxConcurrent > 0, ""
	if limits.DailyLimit > 0 {
		claimed.Counted = day
	}
	m, err := newMove("claim "+run.ServerName+" for run "+run.ID, run, claimed)
	if err != nil {
		return run, err
	}
	m.claim = true

	// The order is that of the reasons, design.md §6. A stored run has its cause since it was recorded.
	var steps []step
	if run.Version == 0 && run.Key != "" {
		steps = append(steps, l.cause(run, limits.Now))
	}
	steps = append(steps, l.lease(run))
	if limits.Cooldown > 0 {
		steps = append(steps, l.cooldown(run.ServerName, limits))
	}
	if limits.DailyLimit > 0 {
		steps = append(steps, l.day(run.ServerName, day, limits))
	}
	if limits.MaxConcurrent > 0 {
		steps = append(steps, l.slot(limits.MaxConcurrent))
	}
	// The token lets DynamoDB recognise the same claim for ten minutes. It names all the claim says of the run, since another
	// content under one token is an error of its own.
	token := sha256.Sum256([]byte(m.record))
	return l.transact(ctx, m, hex.EncodeToString(token[:16]), append(steps, l.put(m)))
}

// Record implements maintenance.Ledger in one transaction.
func (l *Ledger) Record(ctx context.Context, run maintenance.Run) (maintenance.Run, error) {
	m, err := newMove("record run "+run.ID, run, run)
	if err != nil {
		return run, err
	}
	var steps []step
	if run.Key != "" {
		steps = append(steps, l.cause(run, run.Created))
	}
	return l.transact(ctx, m, rand.Text(), append(steps, l.put(m)))
}

// cause: it is new, or so old that it counts as new. TTL removes it some time later, which is no measure.
func (l *Ledger) cause(run maintenance.Run, now time.Time) step {
	s := l.change(causeKey(run.Key), "SET #run = :run, #expires = :expires", "attribute_not_exists(#pk) OR #expires <= :now",
		item{":run": text(run.ID), ":expires": seconds(now.Add(keepCause)), ":now": seconds(now)})
	s.reason = maintenance.Duplicate
	return s
}

func (l *Ledger) lease(run maintenance.Run) step {
	s := l.change(leaseKey(run.ServerName), "SET #run = :run", "attribute_not_exists(#pk)", item{":run": text(run.ID)})
	s.reason = maintenance.Leased
	return s
}

func (l *Ledger) cooldown(serverName string, limits maintenance.Limits) step {
	s := l.change(serverKey(serverName), "", "attribute_not_exists(#lastEnd) OR #lastEnd <= :latest",
		item{":latest": millis(limits.Now.Add(-limits.Cooldown))})
	s.reason = maintenance.CoolingDown
	s.until = func(ctx context.Context, old item) time.Time {
		if _, ok := old[attrLastEnd]; !ok {
			old, _ = l.get(ctx, serverKey(serverName)) // without it, nobody knows when it ends, which is all that is lost
		}
		if end := timeOf(old, attrLastEnd); !end.IsZero() {
			return end.Add(limits.Cooldown)
		}
		return time.Time{}
	}
	return s
}

func (l *Ledger) day(serverName, day string, limits maintenance.Limits) step {
	s := l.change(dayKey(serverName, day), "SET #expires = :expires ADD #starts :one", "attribute_not_exists(#starts) OR #starts < :limit",
		item{":expires": seconds(limits.Now.Add(keepDay)), ":one": number(1), ":limit": number(limits.DailyLimit)})
	s.reason = maintenance.DailyLimit
	s.until = func(context.Context, item) time.Time {
		y, m, d := limits.Now.UTC().Date()
		return time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC)
	}
	return s
}

func (l *Ledger) slot(most int) step {
	s := l.change(fleetKey, "ADD #running :one", "attribute_not_exists(#running) OR #running < :most",
		item{":one": number(1), ":most": number(most)})
	s.reason = maintenance.FleetBusy
	return s
}
