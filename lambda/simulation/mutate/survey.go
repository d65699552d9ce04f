package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// survey draws mutations and says of each what finds it.
func survey(ctx context.Context, revision string, n, most int, seed uint64, seeds int) error {
	t, done, err := copyTree(ctx, revision)
	if err != nil {
		return err
	}
	defer done()
	known, err := readArgued(argued)
	if err != nil {
		return err
	}
	drawn, err := t.draw(seed)
	if err != nil {
		return err
	}
	if err := t.sound(ctx); err != nil {
		return err
	}
	fmt.Printf("%d places; %d mutations by the seed %d\n", len(drawn), n, seed)
	var survived []mutation
	for judged := 0; judged < n && len(drawn) > 0; drawn = drawn[1:] {
		m := drawn[0]
		if why, ok := known[m.key()]; ok {
			fmt.Printf("     changes nothing  %s (%s)\n", m, why)
			continue
		}
		f, err := t.judge(ctx, m, seeds)
		if errors.Is(err, errNoMutation) {
			continue
		}
		if err != nil {
			return err
		}
		judged++
		fmt.Printf("%3d  %s  [%s, %.0f s]\n", judged, m, f.text(), f.took.Seconds())
		if !f.found {
			survived = append(survived, m)
		}
	}
	fmt.Printf("%d of %d found\n", n-len(survived), n)
	for _, m := range survived {
		fmt.Printf("survived: %s\n          %s\n", m, m.key())
	}
	if len(survived) > most {
		return fmt.Errorf("%d survived, and %d may", len(survived), most)
	}
	return nil
}

func (f find) text() string {
	switch {
	case !f.found:
		return "SURVIVED"
	case f.seed > 0:
		return fmt.Sprintf("found by seed %d: %s", f.seed, f.by)
	default:
		return "found by " + f.by
	}
}

// sound: where the tests fail without a mutation, they would find every one.
func (t tree) sound(ctx context.Context) error {
	for _, house := range houses {
		folder := filepath.Join("lambda", house)
		if f, err := t.test(ctx, folder); err != nil || f.found {
			return errors.Join(fmt.Errorf("the tests of %s fail as they are (%s)", folder, f.by), err)
		}
	}
	return nil
}

// errNoMutation is a change that does not compile.
var errNoMutation = errors.New("it does not compile")

// judge makes a mutation, looks for it, and takes it back.
func (t tree) judge(ctx context.Context, m mutation, seeds int) (find, error) {
	path := filepath.Join(t.dir, filepath.FromSlash(m.file))
	source, err := os.ReadFile(path)
	if err != nil {
		return find{}, err
	}
	if err := os.WriteFile(path, slices.Concat(source[:m.from], []byte(m.with), source[m.to:]), 0o644); err != nil {
		return find{}, err
	}
	defer func() { _ = os.WriteFile(path, source, 0o644) }()
	if _, err := command(ctx, t.dir, "go", "build", "-trimpath", "./"+filepath.ToSlash(m.folder)); err != nil {
		return find{}, errors.Join(errNoMutation, ctx.Err())
	}
	f, err := t.test(ctx, m.folder)
	if err != nil || f.found {
		return f, err
	}
	return t.simulate(ctx, m, f, seeds)
}

// simulate asks the simulation of a mutation that its own tests let pass: of the domain the shallow depth, which is the faster; of an
// adapter the deep one, which alone has it.
func (t tree) simulate(ctx context.Context, m mutation, f find, seeds int) (find, error) {
	s, err := t.simulator(ctx)
	if err != nil {
		return f, err
	}
	depth := "deep"
	if filepath.Base(m.folder) == "maintenance" {
		depth = "shallow"
	} else {
		seeds = max(seeds/deepShare, 1)
	}
	by, err := s.run(ctx, depth, seeds)
	by.took += f.took
	return by, err
}

// deepShare: a deep seed takes as long as some ten shallow ones.
const deepShare = 10

// key names a mutation by what it changes and not by where that stands, so that it is known again after lines were added above it.
func (m mutation) key() string { return m.file + " | " + m.source + " | " + m.becomes }

// readArgued reads the mutations that change nothing, each on a line, with the argument on the line below it, indented.
func readArgued(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	known, last := map[string]string{}, ""
	for lines := bufio.NewScanner(file); lines.Scan(); {
		switch line := lines.Text(); {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "\t"):
			known[last] = strings.TrimSpace(known[last] + " " + strings.TrimSpace(line))
		default:
			last = line
			known[last] = ""
		}
	}
	for key, why := range known {
		if why == "" {
			return nil, fmt.Errorf("%s: no argument below: %s", path, key)
		}
	}
	return known, nil
}
