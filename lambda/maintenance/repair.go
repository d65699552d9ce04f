package maintenance

// repair puts right a run whose attempt to start it is over without a word: the function died, or the answer was lost. It goes by
// evidence and not by the present state alone, and one turn at a time.
func (t *turn) repair(run Run, backend Backend) []Report {
	held, err := t.Ledger.Save(t.work, t.hold(run.to(RunStarting)))
	if err != nil {
		return t.quiet(run, err)
	}
	run = held
	if run.Accepted { // it could not be told, that is all
		return []Report{t.tellStart(run, Server{Name: run.ServerName, Backend: run.Backend, Status: UnderMaintenance})}
	}
	found, err := backend.Find(t.work, run)
	switch {
	case err != nil && ReasonOf(err) == NotFound:
		return []Report{t.free(run, Verdict{Answer: Refuse, Reason: NotFound}, Server{}, err.Error())}
	case err != nil:
		return t.unclear(run, found.Server, err.Error())
	case found.Finding == Began:
		run.Reference = found.Reference
		return t.adopt(run, found.Server)
	case found.Finding == NothingStarted:
		return t.restart(run, found.Server)
	default:
		return t.unclear(run, found.Server, found.Detail)
	}
}

// adopt takes over a start that happened and was not recorded.
func (t *turn) adopt(run Run, server Server) []Report {
	run.Accepted, run.Began, run.Started = true, true, run.Claimed
	run.Deadline = run.Started.Add(run.Allowance)
	return []Report{t.tellStart(run, server)}
}

// restart goes on with a run of which it is certain that nothing was started, unless its patience has ended meanwhile. What a person
// asked for is not started behind their back, and what needs engine attributes nobody has any more cannot be.
func (t *turn) restart(run Run, server Server) []Report {
	const detail = "the attempt to start it ended without an answer, and the backend has recorded nothing since"
	if run.Cause.Kind == CauseManual || len(run.Attributes) > 0 {
		return []Report{t.free(run, Verdict{Answer: Refuse, Reason: Unavailable}, server, detail)}
	}
	run.Reason, run.Detail = Unavailable, detail
	waiting, err := t.Ledger.Free(t.work, run.to(RunWaiting))
	if err != nil {
		return t.quiet(run, err)
	}
	return t.retry(waiting)
}

// unclear leaves a run as it is, because nobody can tell whether it started. People are told once; the next sweep looks again.
func (t *turn) unclear(run Run, server Server, detail string) []Report {
	r := newReport(run, Errored, StartUnconfirmed, t.Now()).seen(server)
	r.Detail = detail
	if run.UnconfirmedTold {
		r.Untold = true
		return []Report{r}
	}
	if r = t.say(r); r.PublishErr == nil {
		run.UnconfirmedTold = true
		_, r.LedgerErr = t.Ledger.Save(t.tell, t.letGo(run.to(RunStarting)))
	}
	return []Report{r}
}
