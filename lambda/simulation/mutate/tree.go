package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// tree is a copy of what is committed, in a folder of its own, so that nothing that is broken in it can stay in the repository.
type tree struct{ dir string }

// copyTree copies a commit. done takes the copy away again.
func copyTree(ctx context.Context, revision string) (t tree, done func(), err error) {
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return tree{}, nil, err
	}
	done = func() { _ = os.RemoveAll(dir) }
	t = tree{filepath.Join(dir, "tree")}
	archive := filepath.Join(dir, "tree.tar")
	_, err = command(ctx, ".", "git", "archive", "--format=tar", "-o", archive, revision)
	if err == nil {
		err = os.Mkdir(t.dir, 0o755)
	}
	if err == nil {
		_, err = command(ctx, t.dir, "tar", "-xf", archive)
	}
	if err != nil {
		done()
	}
	return t, done, err
}

// command runs a command with little claim to the machine; its error has what it printed last.
func command(ctx context.Context, dir, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, "nice", append([]string{"-n", "15", name}, args...)...)
	c.WaitDelay = time.Second // for what a test left behind
	c.Dir = dir
	// The copy is no repository, whatever it lies in: git apply leaves out in silence what is not in its own.
	c.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, tail(out.String(), 400))
	}
	return out.String(), nil
}

func tail(s string, most int) string {
	s = strings.TrimSpace(s)
	return s[max(0, len(s)-most):]
}

// find is what a look for a fault came to.
type find struct {
	found bool
	// seed is the first that finds it, by what it found it: an invariant, or what a test says.
	seed int
	by   string
	took time.Duration
}

// How long the tests of a package may take, and some seeds: a mutation may well never end.
const (
	testLimit = 2 * time.Minute
	someLimit = 5 * time.Minute
)

// test runs a package's own tests.
func (t tree) test(ctx context.Context, folder string) (find, error) {
	began := time.Now()
	out, err := command(ctx, t.dir, "go", "test", "-trimpath", "-vet=off", "-count=1", "-p", "1", "-timeout", testLimit.String(),
		"./"+filepath.ToSlash(folder))
	f := find{found: err != nil, took: time.Since(began), by: "tests"}
	if name := failedTest.FindStringSubmatch(out); name != nil {
		f.by = name[1]
	} else if err != nil && strings.Contains(out, "[build failed]") {
		return f, fmt.Errorf("the tests of %s do not compile: %w", folder, err)
	}
	return f, ctx.Err()
}

var (
	failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)
	violation  = regexp.MustCompile(`seed (\d+): (\S+) at `)
	crash      = regexp.MustCompile(`(?m)^(panic: .*|fatal error: .*)$`)
)

// depths are the tests of the simulation by the names of their depths.
var depths = map[string]string{"shallow": "TestShallow", "deep": "TestDeep"}

// simulator is the simulation, linked with the code as it is in the copy.
type simulator struct {
	tree
	binary string
}

func (t tree) simulator(ctx context.Context) (simulator, error) {
	s := simulator{t, filepath.Join(filepath.Dir(t.dir), "simulation.test")}
	_, err := command(ctx, t.dir, "go", "test", "-trimpath", "-vet=off", "-c", "-o", s.binary, "./"+filepath.ToSlash(simulation))
	return s, err
}

// some is how many seeds are run at a time: a fault that is found early costs few, and no table of so few says that something met nothing.
const some = 100

// run looks for a violation, seed after seed. A crash counts too: it is the last seed's of its batch or one before.
func (s simulator) run(ctx context.Context, depth string, seeds int) (find, error) {
	began := time.Now()
	for first := 1; first <= seeds; first += some {
		out, err := command(ctx, filepath.Join(s.dir, simulation), s.binary, "-test.run", "^"+depths[depth]+"$",
			"-test.timeout", someLimit.String(), "-seeds", strconv.Itoa(min(some, seeds-first+1)), "-seed", strconv.Itoa(first),
			"-shards", "1", "-shrink", "0")
		if ctx.Err() != nil {
			return find{}, ctx.Err()
		}
		if err == nil {
			continue
		}
		f := find{found: true, took: time.Since(began)}
		if v := violation.FindStringSubmatch(out); v != nil {
			f.seed, _ = strconv.Atoi(v[1])
			f.by = v[2]
		} else if c := crash.FindString(out); c != "" {
			f.seed, f.by = first, c[:min(len(c), 60)]
		} else {
			return f, errors.Join(errors.New("the simulation failed and named no violation"), err)
		}
		return f, nil
	}
	return find{took: time.Since(began)}, nil
}
