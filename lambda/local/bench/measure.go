package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"opsworks-maintenance/lambda/local/runtimeapi"
)

// warmProcesses is how many processes share a binary's warm events, so that the luck of one process (where its memory came to
// lie, when its collector ran) is not the result.
const warmProcesses = 10

// measure runs the subjects in turns, and returns how many warm events each process served.
func measure(ctx context.Context, aws *services, subjects []*subject, cold, warm int) (int, error) {
	// One start of each is not counted: it reads the binary from the disk, which Lambda does elsewhere and not as we would.
	for _, s := range subjects {
		unmeasured := *s
		if err := unmeasured.coldStart(ctx, aws); err != nil {
			return 0, err
		}
	}
	for i := range cold {
		for _, s := range turn(subjects, i) {
			if err := s.coldStart(ctx, aws); err != nil {
				return 0, err
			}
		}
	}
	perProcess := (warm + warmProcesses - 1) / warmProcesses
	for range warmProcesses {
		if err := warmRound(ctx, aws, subjects, perProcess); err != nil {
			return 0, err
		}
	}
	return perProcess, nil
}

// turn is the order of turn i: A B C, C B A, B C A, A C B, … Each place is each subject's equally often, and so is being before
// or after another.
func turn(subjects []*subject, i int) []*subject {
	first := i / 2 % len(subjects)
	order := slices.Concat(subjects[first:], subjects[:first])
	if i%2 == 1 {
		slices.Reverse(order)
	}
	return order
}

// coldStart measures a process from its start to its first answer, and what it used for that.
func (s *subject) coldStart(ctx context.Context, aws *services) error {
	process := s.process()
	result, err := s.send(ctx, aws, process, true)
	if closeErr := process.Close(); errors.Is(err, errLost) {
		return s.coldStart(ctx, aws)
	} else if err = errors.Join(err, closeErr); err != nil {
		return err
	}
	used, err := s.usage(process)
	if err != nil {
		return err
	}
	s.ready = append(s.ready, milliseconds(result.Init))
	s.answer = append(s.answer, milliseconds(result.Init+result.Duration))
	s.startAsked = append(s.startAsked, milliseconds(result.asked))
	s.startCPU = append(s.startCPU, milliseconds(used.CPU))
	s.startPeak = append(s.startPeak, float64(used.PeakRSS)/1e6)
	return nil
}

// warmRound measures events of one process of each subject. Only a process's first event is left out, it is a cold start and
// measured as one. Nothing else is: a process of this function lives for a few events, and its collections and whatever an
// early event does for the later ones are part of what they cost.
func warmRound(ctx context.Context, aws *services, subjects []*subject, events int) (err error) {
	processes := map[*subject]*runtimeapi.Function{}
	for _, s := range subjects {
		processes[s] = s.process()
		defer func() { _ = processes[s].Close() }() // for the returns below; closing twice is harmless
		if _, err := s.send(ctx, aws, processes[s], true); err != nil && !errors.Is(err, errLost) {
			return err
		}
	}
	for i := range events {
		for _, s := range turn(subjects, i) {
			if err := s.warmEvent(ctx, aws, processes[s]); err != nil {
				return err
			}
		}
	}
	for _, s := range subjects {
		if err := processes[s].Close(); err != nil {
			return err
		}
		used, err := s.usage(processes[s])
		if err != nil {
			return err
		}
		s.processCPU = append(s.processCPU, milliseconds(used.CPU))
		s.processPeak = append(s.processPeak, float64(used.PeakRSS)/1e6)
	}
	return nil
}

func (s *subject) warmEvent(ctx context.Context, aws *services, process *runtimeapi.Function) error {
	result, err := s.send(ctx, aws, process, false)
	if errors.Is(err, errLost) {
		return s.warmEvent(ctx, aws, process)
	}
	if err == nil {
		s.warm, s.warmAsked = append(s.warm, milliseconds(result.Duration)), append(s.warmAsked, milliseconds(result.asked))
	}
	return err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
