package function

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsworks-maintenance/lambda/automation"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
)

// policies turns a server's settings into what the domain needs to know of them. name is the function's, by whose alarms nothing is
// blocked.
func policies(doc *settings.Settings, name string) func(string) (maintenance.Policy, bool) {
	own := settings.OwnAlarms(name)
	return func(name string) (maintenance.Policy, bool) {
		s, ok := doc.Server(name)
		if !ok {
			return maintenance.Policy{}, false
		}
		policy := maintenance.Policy{
			Backend:         string(s.Backend),
			Enabled:         s.Enabled,
			Window:          s.Opens(),
			StaleAfter:      s.StaleAfter,
			ExpiresAfter:    s.ExpiresAfter,
			Cooldown:        s.Cooldown,
			DailyLimit:      s.DailyLimit,
			Deadline:        s.Deadline,
			Calendars:       len(s.Calendars) > 0,
			KeepWhenCleared: s.KeepWhenCleared,
			Approval:        s.Approval,
			After:           s.After,
			BlockedBy:       blockers(s, own),
		}
		if len(s.Approval) > 0 {
			policy.Work = work(s)
		}
		return policy, true
	}
}

// blockers are the alarms of a server's blockedBy. What begins as another does is not asked for by itself.
func blockers(s *settings.Server, own []string) maintenance.Blockers {
	if len(s.BlockedBy) == 0 {
		return maintenance.Blockers{}
	}
	var prefixes []string
	for _, glob := range slices.Sorted(slices.Values(s.BlockedBy)) {
		prefix, _, _ := strings.Cut(string(glob), "*")
		if !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(prefix, p) }) {
			prefixes = append(prefixes, prefix)
		}
	}
	return maintenance.Blockers{Prefixes: prefixes, Blocks: func(alarm string) bool {
		return !slices.Contains(own, alarm) && slices.ContainsFunc(s.BlockedBy, func(g settings.Glob) bool { return g.Match(alarm) })
	}}
}

// zoneOf is a server's time zone; empty where the settings do not have it.
func zoneOf(doc *settings.Settings, serverName string) string {
	if policy, ok := policies(doc, "")(serverName); ok && policy.Window.Location != nil {
		return policy.Window.Location.String()
	}
	return ""
}

// expiryOf is when the last of a run's triggers expires, by today's settings; zero where they do not have its server.
func expiryOf(doc *settings.Settings, r maintenance.Run) time.Time {
	policy, ok := policies(doc, "")(r.ServerName)
	if !ok {
		return time.Time{}
	}
	return r.Expires(&policy)
}

// nodes are the servers of Systems Manager. A runbook of this project has the name it was deployed by, and takes the run's id.
func nodes(doc *settings.Settings, deployed map[string]string) (map[string]automation.Server, error) {
	nodes := map[string]automation.Server{}
	var faults []error
	if doc == nil {
		return nodes, nil
	}
	for _, s := range doc.Servers {
		if s.Backend != settings.BackendSSM {
			continue
		}
		node := automation.Server{
			TagKey: s.TagKey, Runbook: s.Runbook, Version: s.RunbookVersion, Parameters: s.Parameters,
			PublicParameters: s.PublicParameters,
			Calendars:        s.Calendars,
		}
		if variable, ours := settings.Runbooks()[s.Runbook]; ours {
			node.TakesRunID = true
			if node.Runbook = deployed[s.Runbook]; node.Runbook == "" {
				faults = append(faults, fmt.Errorf("%s is not set; it names the runbook %s of the server %s", variable, s.Runbook,
					s.Name))
			}
		}
		if s.Runbook == settings.RunbookChefAutomate {
			node.UpgradeParameter = "MajorUpgrade"
		}
		nodes[s.Name] = node
	}
	return nodes, errors.Join(faults...)
}

// asDeployed names the runbooks of this project as they were deployed: a deploy with other steps is other work.
func asDeployed(policy func(string) (maintenance.Policy, bool), deployed map[string]string) func(string) (maintenance.Policy, bool) {
	return func(name string) (maintenance.Policy, bool) {
		p, ok := policy(name)
		p.Work.Runbook = cmp.Or(deployed[p.Work.Runbook], p.Work.Runbook)
		return p, ok
	}
}

// work is what an approval of a server's run is for. The values of parameters may be secrets: a digest tells whether they have changed.
func work(s *settings.Server) maintenance.Work {
	w := maintenance.Work{Backend: string(s.Backend), Runbook: s.Runbook, Version: s.RunbookVersion}
	if len(s.Parameters) > 0 {
		parameters, _ := json.Marshal(s.Parameters) // lists of strings always have a form
		sum := sha256.Sum256(parameters)
		w.Parameters = hex.EncodeToString(sum[:])
	}
	return w
}

// followers are, by a server's name, those that follow on its success.
func followers(doc *settings.Settings) map[string][]string {
	all := map[string][]string{}
	for _, s := range doc.Servers {
		if s.After != "" {
			all[s.After] = append(all[s.After], s.Name)
		}
	}
	return all
}

// expected are the servers that must have a successful run at least every so often.
func expected(doc *settings.Settings) map[string]time.Duration {
	every := map[string]time.Duration{}
	for _, s := range doc.Servers {
		if s.ExpectEvery > 0 && s.Enabled {
			every[s.Name] = s.ExpectEvery
		}
	}
	return every
}
