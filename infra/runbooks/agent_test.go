package runbooks_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/node"
)

// What a step gets from the SSM Agent, and does not get. Each of these was seen on a real agent.

// No HOME, no language, and a Region only by the agent's own name: a JVM dies, and a CLI talks to us-east-1's S3.
func TestStep_GivesItsCommandsWhatTheAgentDoesNot(t *testing.T) {
	eachRunbook(t, func(t *testing.T, s *server, _ string) {
		s.start(nil).is(t, "Success", everyStep...)
		for _, want := range []string{"HOME=/", "LANG=C.UTF-8", "AWS_REGION=eu-central-1", "AWS_DEFAULT_REGION=eu-central-1"} {
			if !strings.Contains("\n"+s.read("env"), "\n"+want) {
				t.Errorf("a command is not given %s:\n%s", want, s.read("env"))
			}
		}
	})
}

// Only the first 2,500 bytes are kept.
func TestStep_SaysItsVerdictFirst(t *testing.T) {
	for name, broken := range map[string]string{"success": "", "failure": "backup-fails"} {
		t.Run(name, func(t *testing.T) {
			eachRunbook(t, func(t *testing.T, s *server, _ string) {
				s.broken = broken
				var units strings.Builder
				for i := range 100 {
					fmt.Fprintf(&units, "pe_databases-activity-of-the-year-%d.timer\n", i)
				}
				s.write(s.lab, "timers", units.String())
				for _, step := range s.start(nil).Steps {
					if first, _, _ := strings.Cut(step.Output, "\n"); step.Name != "Patch" && !strings.HasPrefix(first, step.Name+": ") {
						t.Errorf("%s begins with %q", step.Name, first)
					}
					if len(step.Output) >= 2500 {
						t.Errorf("%s: %d bytes", step.Name, len(step.Output))
					}
				}
			})
		})
	}
}

// SIGKILL goes to the step's process group, and timeout(1) makes a group of its own: what it started survives.
func TestRestore_EndsWhatAKilledStepLeft(t *testing.T) {
	for name, cancel := range map[string]string{"by a user's cancel": "Backup", "by its time limit": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachRunbook(t, func(t *testing.T, s *server, name string) {
				s.broken, s.cancel, s.limits = "slow-backup", cancel, map[string]time.Duration{"Backup": 6 * time.Second}
				e := s.start(nil)
				e.is(t, map[string]string{"Backup": "Cancelled", "": "TimedOut"}[cancel], "PreCheck", "Backup", "Restore")
				e.says(t, "Restore", "the run ended at Backup", "PreCheck: done\nBackup: NOT DONE")
				if name == "chef-automate" {
					e.says(t, "Restore", "the unfinished backup is cancelled")
				}
				pid, err := strconv.Atoi(strings.TrimSpace(s.read("backup-pid")))
				if err != nil {
					t.Fatalf("no backup was at work: %v", err)
				}
				if node.Alive(pid) {
					t.Error("the backup is still at work")
				}
				s.timersAreOn(t)
				if left := s.leftBehind(); left != nil {
					t.Errorf("left behind: %v", left)
				}
				if files, _ := filepath.Glob(filepath.Join(s.root, "var/puppetlabs/backups/*")); len(files) > 0 {
					t.Errorf("half a backup: %v", files)
				}
			})
		})
	}
}

// Half an upgrade is no version.
func TestRestore_LetsAnUpgradeEnd(t *testing.T) {
	s := openSource(t)
	s.broken, s.cancel, s.goesOn = "slow-upgrade", "Upgrade", true
	e := s.start(map[string]string{"ProductVersion": "7.10.1"})
	e.is(t, "Failed", "PreCheck", "Backup", "Patch", "Upgrade", "Restore")
	e.says(t, "Restore", "FAILED: these processes of an earlier step do not end: ", "Let the upgrade end, remove ", "Upgrade: NOT DONE")
	if works, _ := filepath.Glob(filepath.Join(s.root, "var/lib/opsworks-maintenance/*/work.*")); len(works) == 0 {
		t.Error("the folder that the upgrade works in is gone")
	}
	if s.read("agent-off") == "" {
		t.Error("the agent was switched on beside the upgrade")
	}
	for range 100 {
		if _, err := os.Stat(filepath.Join(s.lab, "upgraded")); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Error("the upgrade was ended")
}

// The agent waits for the pipes, not for the shell. That none was held, every execution's nothingIsLeft says.
func TestStep_ProcessLeftBehindHoldsNoPipe(t *testing.T) {
	eachRunbook(t, func(t *testing.T, s *server, _ string) {
		s.broken = "leaves-process"
		s.start(nil).is(t, "Success", everyStep...)
	})
}

// Exit codes 194 and 168 mean something to the agent: no step passes one on.
func TestStep_PassesOnNoExitCode(t *testing.T) {
	eachRunbook(t, func(t *testing.T, s *server, _ string) {
		s.broken = "backup-reboots"
		e := s.start(nil)
		e.is(t, "Failed", "PreCheck", "Backup", "Restore")
		e.says(t, "Backup", "ended with code 194")
		if backup, _ := e.Step("Backup"); backup.Code != 1 {
			t.Errorf("code %d", backup.Code)
		}
	})
}

// In an EXIT trap bash 5.2 calls every line the first.
func TestStep_NamesTheLineThatEndedIt(t *testing.T) {
	eachRunbook(t, func(t *testing.T, s *server, name string) {
		command := map[string]string{"chef-automate": "find", "puppet-enterprise": "date", "puppet-server": "date"}[name]
		s.write(s.bin, command, "#!/bin/sh\ncase \"$*\" in -u\\ +%Y%m%dT*|*sizes*|*type\\ f*) exit 7;; esac\nexec /usr/bin/"+command+" \"$@\"\n")
		e := s.start(nil)
		e.is(t, "Failed", "PreCheck", "Backup", "Restore")
		found := regexp.MustCompile(`line (\d+)[^\n]*ended unexpectedly with code 7`).FindStringSubmatch(e.output["Backup"])
		if found == nil {
			t.Fatalf("it names no line:\n%s", e.output["Backup"])
		}
		n, _ := strconv.Atoi(found[1])
		if script := s.doc.MainSteps[1].Inputs.Parameters["commands"]; n < 1 || n > len(script) || !strings.Contains(script[n-1], command) {
			t.Errorf("line %d is not the one with %s", n, command)
		}
	})
}

// On a full disk a log is empty, and what would be noted is lost.
func TestStep_ReasonSurvivesAFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("NEED_ROOT") == "" {
			t.Skip("only root can mount a small disk")
		}
		t.Fatal("only root can mount a small disk")
	}
	eachRunbook(t, func(t *testing.T, s *server, _ string) {
		s.broken = "fills-disk"
		disk := filepath.Join(s.root, "var/lib/opsworks-maintenance")
		if err := os.MkdirAll(disk, 0o755); err != nil {
			t.Fatal(err)
		}
		run(t, "mount", "-t", "tmpfs", "-o", "size=1m", "none", disk)
		defer run(t, "umount", disk)
		e := s.start(nil)
		e.is(t, "Failed", "PreCheck", "Backup", "Restore")
		e.says(t, "Backup", "Backup: FAILED: ", " is full")
		e.says(t, "Restore", "Backup: FAILED: ", " is full")
		s.timersAreOn(t)
	})
}

// The disk is full already when the run begins: nothing can be written down, and still the reason comes through.
func TestStep_ReasonOfADiskThatWasFull(t *testing.T) {
	eachRunbook(t, func(t *testing.T, s *server, _ string) {
		s.write(s.root, "var/lib/opsworks-maintenance", "no folder can be made where a file is")
		e := s.start(nil)
		e.is(t, "Failed", "PreCheck", "Restore")
		e.says(t, "PreCheck", "cannot be written. Make room on the disk.")
		e.says(t, "Restore", "PreCheck: FAILED: ", "cannot be written. Make room on the disk.")
	})
}

// What follows an error is often advice.
func TestStep_FindsTheLineThatTellsWhy(t *testing.T) {
	eachRunbook(t, func(t *testing.T, s *server, _ string) {
		s.broken = "backup-fails"
		s.start(nil).says(t, "Backup", "ended with code 99: ERROR: ")
	})
}

// A limit outside of what the agent takes is an hour: see checkStep. The function gives RunId itself, so settings cannot.
func TestRunbook_RunID(t *testing.T) {
	eachRunbook(t, func(t *testing.T, s *server, _ string) {
		s.start(map[string]string{"RunId": "run-42"}).is(t, "Success", everyStep...)
		if note := s.offTheBoxNote(t); !strings.Contains(note, "run run-42") {
			t.Errorf("last-run.txt: %q", note)
		}
	})
}

func (s *server) offTheBoxNote(t *testing.T) string {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(s.lab, "s3/vault/automation/*/*/last-run.txt"))
	if len(files) != 1 {
		t.Fatalf("last-run.txt: %v", files)
	}
	note, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(note)
}
