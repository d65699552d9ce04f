package maintenance

import "context"

// Ask decides on the requests of one event.
func (r *Runner) Ask(ctx context.Context, requests []Request) []Report { panic("stub") }

// Clear takes an alarm that has returned to OK back from the runs of servers that wait.
func (r *Runner) Clear(ctx context.Context, serverNames []string, alarm Trigger) []Report {
	panic("stub")
}

// Refuse records and tells an event that comes to no request.
func (r *Runner) Refuse(ctx context.Context, refusal Refusal) Report { panic("stub") }

// Sweep does what is due.
func (r *Runner) Sweep(ctx context.Context) Swept { panic("stub") }

// Finished looks at once at the run that has a backend's reference: false if none is known.
func (r *Runner) Finished(ctx context.Context, reference string) (Report, bool, error) { panic("stub") }

// Stop, Close, Plan, Status, History: design.md, section 4.
func (r *Runner) Stop(ctx context.Context, o Operator) Report                       { panic("stub") }
func (r *Runner) Close(ctx context.Context, o Operator) Report                      { panic("stub") }
func (r *Runner) Plan(ctx context.Context, serverName string) Plan                  { panic("stub") }
func (r *Runner) Status(ctx context.Context) Fleet                                  { panic("stub") }
func (r *Runner) History(ctx context.Context, name string, most int) ([]Run, error) { panic("stub") }
