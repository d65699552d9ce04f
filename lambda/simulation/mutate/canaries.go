package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// canary is a known fault, most of them of the first edition, as a patch to the code of today.
type canary struct {
	name, row, depth string
	patch            string // its absolute path
}

var (
	rowLine   = regexp.MustCompile(`(?m)^row: (\d+)$`)
	depthLine = regexp.MustCompile(`(?m)^depth: (shallow|deep)$`)
)

// readCanaries reads the heads of the patches whose names match one of the patterns; all of them without any.
func readCanaries(patterns []string) ([]canary, error) {
	paths, err := filepath.Glob(filepath.Join(patches, "*.patch"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("no patches in %s: run it where go.mod is", patches)
	}
	var all []canary
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		head, _, _ := strings.Cut(string(text), "\ndiff --git ")
		row, depth := rowLine.FindStringSubmatch(head), depthLine.FindStringSubmatch(head)
		if row == nil || depth == nil {
			return nil, fmt.Errorf("%s has no line \"row: <number>\" or \"depth: shallow|deep\" before its change", path)
		}
		absolute, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		c := canary{name: strings.TrimSuffix(filepath.Base(path), ".patch"), row: row[1], depth: depth[1], patch: absolute}
		if matches(patterns, c.name) {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no patch in %s has a name like %q", patches, patterns)
	}
	return all, nil
}

func matches(patterns []string, name string) bool {
	for _, p := range patterns {
		if ok, _ := filepath.Match(p, name); ok {
			return true
		}
	}
	return len(patterns) == 0
}

// runCanaries puts each fault back by itself and prints what finds it. It fails if one does not apply or is not found.
func runCanaries(ctx context.Context, revision string, seeds int, patterns []string) error {
	all, err := readCanaries(patterns)
	if err != nil {
		return err
	}
	t, done, err := copyTree(ctx, revision)
	if err != nil {
		return err
	}
	defer done()
	fmt.Printf("%-4s %-48s %-8s %6s  %-34s %8s\n", "row", "canary", "depth", "seed", "found by", "seconds")
	failed, latest := 0, map[string]int{}
	for _, c := range all {
		f, err := t.try(ctx, c, seeds)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		seed, by := "-", "NOT FOUND"
		switch {
		case err != nil:
			by = strings.ReplaceAll(tail(err.Error(), 160), "\n", " ")
		case f.found:
			seed, by = fmt.Sprint(f.seed), f.by
			latest[c.depth] = max(latest[c.depth], f.seed)
		}
		if err != nil || !f.found {
			failed++
		}
		fmt.Printf("%-4s %-48s %-8s %6s  %-34s %8.1f\n", c.row, c.name, c.depth, seed, by, f.took.Seconds())
	}
	err = t.asItIs(ctx, latest)
	if failed > 0 {
		err = errors.Join(fmt.Errorf("%d of %d canaries were not found", failed, len(all)), err)
	}
	return err
}

// asItIs makes sure that nothing is found by the same seeds where nothing was broken: then a find would say nothing of its canary.
func (t tree) asItIs(ctx context.Context, latest map[string]int) error {
	s, err := t.simulator(ctx)
	if err != nil {
		return err
	}
	for depth, seeds := range latest {
		if f, err := s.run(ctx, depth, seeds); err != nil || f.found {
			return errors.Join(fmt.Errorf("without any canary, the %s depth finds %s at seed %d", depth, f.by, f.seed), err)
		}
	}
	return nil
}

// try applies a patch, looks for its fault, and takes it back.
func (t tree) try(ctx context.Context, c canary, seeds int) (f find, err error) {
	began := time.Now()
	apply := func(how ...string) error {
		_, err := command(ctx, t.dir, "git", append(append([]string{"apply", "-C1", "--recount"}, how...), c.patch)...)
		return err
	}
	if err := apply(); err != nil {
		return f, fmt.Errorf("it does not apply any more: %w", err)
	}
	defer func() {
		if back := apply("-R"); back != nil && err == nil {
			err = back
		}
		f.took = time.Since(began)
	}()
	s, err := t.simulator(ctx)
	if err != nil {
		return f, err
	}
	return s.run(ctx, c.depth, seeds)
}
