package simulation

import (
	"bufio"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Story is everything that makes a run of the simulation: a seed alone makes one (scenario.go), and a story written down makes the same
// run again. What it does not name takes its usual course, by a hash of the seed and its own name.
type Story struct {
	Seed uint64
	// Deep: it happens to the real adapters, else to models of them. A call has another name there.
	Deep bool
	// Hours is how long it lives. Until Calm anything may break, then the faults stop.
	Hours, Calm time.Duration
	Limit       int
	Topics      []string
	Servers     []Server
	Knobs       Knobs
	Lines       []Line
	// Explicit: the faults are those of Odds, and no others. Else Knobs say how likely each is.
	Explicit bool
	Odds     []Odd
	// Broke is the invariant that it broke.
	Broke string

	named map[key]oddity
}

// Server is a server of a story.
type Server struct {
	Name, Backend, Node string
	// Own: its runbook takes the run's id. It has no meaning for opsworks-cm.
	Own bool
	// From and Until are the minutes of the day at which its window opens and closes; both 0 is no window.
	From, Until        int
	Expires            time.Duration
	Cooldown, Deadline time.Duration
	Stale              time.Duration
	Daily              int
	Keep               bool
	Approval           string
	After              string
	// Expect is how often a run of it has to succeed; 0 is never.
	Expect time.Duration
	// Blocked is how the names of the alarms begin that block it, with commas between; but those that end in -other.
	Blocked string
}

// Line is something that happens in the world at a time: what is sent to the function, what operators do, what breaks.
type Line struct {
	At   time.Duration
	ID   string
	Verb string
	Args []string
}

// Odd is a choice that did not take the usual, by its name.
type Odd struct {
	Name, What string
	Long       time.Duration
}

func (l Line) arg(name string) string {
	for _, a := range l.Args {
		if value, ok := strings.CutPrefix(a, name+"="); ok {
			return value
		}
	}
	return ""
}

func (l Line) list(name string) []string {
	if value := l.arg(name); value != "" {
		return strings.Split(value, ",")
	}
	return nil
}

func (l Line) long(name string) time.Duration {
	d, _ := time.ParseDuration(l.arg(name))
	return d
}

func (l Line) number(name string) int {
	n, _ := strconv.Atoi(l.arg(name))
	return n
}

func (l Line) String() string {
	return strings.TrimSpace(fmt.Sprintf("at %s %s %s %s", l.At, l.ID, l.Verb, strings.Join(l.Args, " ")))
}

func (o Odd) String() string { return fmt.Sprintf("odd %s = %s %s", o.Name, o.What, o.Long) }

func (s Server) String() string {
	return fmt.Sprintf("server %s backend=%s node=%s own=%t from=%d until=%d expires=%s cooldown=%s "+
		"deadline=%s stale=%s daily=%d keep=%t approval=%s after=%s blocked=%s expect=%s",
		s.Name, s.Backend, s.Node, s.Own, s.From, s.Until, s.Expires, s.Cooldown, s.Deadline, s.Stale, s.Daily, s.Keep, s.Approval, s.After,
		s.Blocked, s.Expect)
}

// String is the story as Parse reads it.
func (s Story) String() string {
	var b strings.Builder
	if s.Broke != "" {
		fmt.Fprintf(&b, "broke %s\n", s.Broke)
	}
	fmt.Fprintf(&b, "seed %d\nhours %s\ncalm %s\nlimit %d\ntopics %s\n", s.Seed, s.Hours, s.Calm, s.Limit, strings.Join(s.Topics, ","))
	if s.Deep {
		fmt.Fprintln(&b, "deep")
	}
	for _, server := range s.Servers {
		fmt.Fprintln(&b, server)
	}
	if !s.Explicit {
		for name, p := range s.Knobs.all() {
			if *p != 0 {
				fmt.Fprintf(&b, "knob %s %g\n", name, *p)
			}
		}
	}
	for _, l := range s.Lines {
		fmt.Fprintln(&b, l)
	}
	if s.Explicit {
		fmt.Fprintln(&b, "explicit")
	}
	for _, o := range s.Odds {
		fmt.Fprintln(&b, o)
	}
	return b.String()
}

// Parse reads a story. A line that begins with # is a remark.
func Parse(text string) (Story, error) {
	var s Story
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := s.read(words); err != nil {
			return s, fmt.Errorf("line %d, %q: %w", n, lines.Text(), err)
		}
	}
	return s, lines.Err()
}

func (s *Story) read(words []string) (err error) {
	word := ""
	if len(words) > 1 {
		word = words[1]
	}
	switch words[0] {
	case "broke":
		s.Broke = word
	case "explicit":
		s.Explicit = true
	case "deep":
		s.Deep = true
	case "seed":
		s.Seed, err = strconv.ParseUint(word, 10, 64)
	case "hours":
		s.Hours, err = time.ParseDuration(word)
	case "calm":
		s.Calm, err = time.ParseDuration(word)
	case "limit":
		s.Limit, err = strconv.Atoi(word)
	case "topics":
		s.Topics = strings.Split(word, ",")
	case "server":
		s.Servers = append(s.Servers, readServer(Line{ID: word, Args: words[2:]}))
	case "knob":
		err = s.Knobs.set(word, words[len(words)-1])
	case "at":
		err = s.readLine(words)
	case "odd":
		err = s.readOdd(words)
	default:
		err = fmt.Errorf("no such word")
	}
	return err
}

func readServer(l Line) Server {
	return Server{Name: l.ID, Backend: l.arg("backend"), Node: l.arg("node"), Own: l.arg("own") == "true", From: l.number("from"),
		Until: l.number("until"), Expires: l.long("expires"), Cooldown: l.long("cooldown"), Deadline: l.long("deadline"), Stale: l.long("stale"),
		Daily: l.number("daily"), Keep: l.arg("keep") == "true", Approval: l.arg("approval"),
		After: l.arg("after"), Blocked: l.arg("blocked"), Expect: l.long("expect")}
}

func (s *Story) readLine(words []string) error {
	if len(words) < 4 {
		return fmt.Errorf("it lacks a time, a name or a verb")
	}
	at, err := time.ParseDuration(words[1])
	s.Lines = append(s.Lines, Line{at, words[2], words[3], words[4:]})
	return err
}

func (s *Story) readOdd(words []string) error {
	i := slices.Index(words, "=")
	if i < 0 || len(words) != i+3 {
		return fmt.Errorf("it is not NAME = WHAT HOW-LONG")
	}
	long, err := time.ParseDuration(words[i+2])
	s.Odds = append(s.Odds, Odd{strings.Join(words[1:i], " "), words[i+1], long})
	return err
}

// index makes the story's choices found by their names.
func (s *Story) index() {
	s.named = make(map[key]oddity, len(s.Odds))
	for _, o := range s.Odds {
		s.named[named(strings.Fields(o.Name)...)] = oddity{o.What, o.Long}
	}
}
