package maintenance

import "time"

// initFleetLimit prepares the fleet for its first claim: while nothing has been claimed, no run lacks a slot of the limit that the settings
// have; and once something has been claimed without a limit, that is known.
func (t intake) initFleetLimit(fleet FleetRecord) (FleetRecord, error) {
	if fleet.Wanted != 0 {
		return fleet, nil
	}
	is := fleet
	is.Limit, is.Wanted = t.MaxConcurrent, t.MaxConcurrent
	if t.MaxConcurrent == 0 {
		is.Wanted = Unlimited
	}
	return is, t.Ledger.Limit(t.callCtx, fleet, is)
}

// applyLimit gives slots to the runs that run, where the settings have another concurrency limit than the slots were given for. Until all
// have one, nothing is claimed. It waits until no index hides a run that was claimed before.
func (t sweep) applyLimit(now time.Time) error {
	snapshot, err := t.Ledger.Read(t.callCtx, "")
	if err != nil {
		return err
	}
	fleet := snapshot.Fleet
	wanted := t.MaxConcurrent
	if wanted == 0 {
		wanted = Unlimited
	}
	is := FleetRecord{Hold: fleet.Hold, Wanted: wanted, WantedSince: now}
	switch {
	case fleet.Wanted == 0, wanted == Unlimited && fleet.Wanted == Unlimited, fleet.Limit == t.MaxConcurrent && fleet.Wanted == wanted:
		return nil
	case fleet.Wanted != wanted:
		return t.Ledger.Limit(t.callCtx, fleet, is)
	case now.Before(fleet.WantedSince.Add((lagTicks + 1) * t.tick())):
		return nil
	}
	settled, err := t.giveSlots()
	if err != nil || !settled {
		return err
	}
	is.Limit, is.WantedSince = t.MaxConcurrent, fleet.WantedSince
	return t.Ledger.Limit(t.callCtx, fleet, is)
}

// giveSlots gives every run that runs a slot; false if that is not done yet.
func (t sweep) giveSlots() (bool, error) {
	all, err := whole(t.turn, QueueDue)
	if err != nil {
		return false, err
	}
	settled := true
	for _, d := range all {
		if d.State != RunStarting && d.State != RunRunning || d.Edition > Edition {
			continue
		}
		ok, err := t.giveSlot(d)
		if err != nil {
			return false, err
		}
		settled = settled && ok
	}
	return settled, nil
}

// giveSlot gives a run that runs a slot; false if there is none for it, so that it has to end first.
func (t sweep) giveSlot(d Due) (bool, error) {
	run, err := t.Ledger.Run(t.callCtx, d.RunID)
	switch {
	case ReasonOf(err) == ReasonUnknownRun:
		return true, nil
	case err != nil:
		return false, err
	case run.Edition > Edition, !run.Holds(), run.Slot > 0 && run.Slot <= t.MaxConcurrent:
		return true, nil
	case run.Slot > t.MaxConcurrent:
		return false, nil
	}
	holders, err := t.Ledger.Slots(t.callCtx, t.MaxConcurrent)
	if err != nil {
		return false, err
	}
	to := run
	if to.Slot = freeSlot(holders, run.ID); to.Slot == 0 {
		return false, nil
	}
	_, err = t.Ledger.Commit(t.recordCtx, Change{From: run, To: to, Claim: &Claim{SlotOnly: true}, Now: t.Now()})
	if reason := ReasonOf(err); reason == ReasonMoved || reason == ReasonSlotTaken {
		return false, nil
	}
	return err == nil, err
}
