package simulator

import "time"

// shareUpTo is how much of the execution's time its first steps take together.
func (s *SSM) shareUpTo(e *execution, steps int) time.Duration {
	return time.Duration(float64(s.config.ExecutionTime) * (float64(steps) / float64(len(e.steps))))
}

// arm lets the execution go on after a while, if executions do by themselves. The lock is held.
func (s *SSM) arm(e *execution, after time.Duration) {
	if s.config.ExecutionTime == 0 {
		e.stopTimer()
		e.overdue = false
		return
	}
	s.after(e, after)
}

// after lets the execution go on after a while. The lock is held.
func (s *SSM) after(e *execution, after time.Duration) {
	e.stopTimer()
	e.overdue = false
	if s.ended() {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(after, func() {
		defer s.out.deliver()
		s.mu.Lock()
		defer s.mu.Unlock()
		if e.timer != timer { // it fired while somebody ended or changed this very execution
			return
		}
		e.timer = nil
		if e.overdue = s.hangs(e); !e.overdue {
			s.advance(e)
		}
	})
	e.timer = timer
}

// advance ends the current step and begins the next, or ends the execution. The lock is held.
func (s *SSM) advance(e *execution) {
	if !e.begun && e.status != executionCancelling {
		s.begin(e)
		return
	}
	if e.status == executionCancelling {
		s.endCancelled(e)
		return
	}
	plan, failed := e.plan[e.current], ""
	if message := s.failureOf(e, plan.Name); message != "" {
		failed = "Step " + plan.Name + " failed while its action was carried out. " + message
	}
	how := goOn
	if failed != "" {
		how = plan.OnFailure
		setDefault(&how, abort)
	}
	if failed != "" && (!plan.Optional || how == abort) { // "Abort will fail the automation", API_StepExecution
		setDefault(&e.doom, failed)
	}
	next, goesOn := e.after(how)
	if !goesOn {
		s.endAfter(e, failed)
		return
	}
	e.leave(failed)
	s.enter(e, next, unlimited)
}

// endAfter ends an execution with its current step. The lock is held.
func (s *SSM) endAfter(e *execution, failed string) {
	if e.doom == "" && failed == "" {
		s.finish(e, s.endOf(e), "")
		return
	}
	e.leave(failed)
	status := executionSuccess // the step may fail, unless another has failed
	if e.doom != "" {
		status = executionFailed
	}
	s.finish(e, status, e.doom)
}

// complete brings the execution to its end now. One that is to end with a status that is no end keeps that status. The lock is
// held.
func (s *SSM) complete(e *execution) {
	for e.ended.IsZero() {
		before, begun := e.current, e.begun
		s.advance(e)
		if e.current == before && e.begun == begun {
			break
		}
	}
	e.stopTimer()
}
