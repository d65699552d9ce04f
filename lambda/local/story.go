package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/local/simulator/cloudwatch"
	"opsworks-maintenance/lambda/settings"
)

// occasion is something the function is given: a sample's file, which has a name, or what fits the settings.
type occasion struct {
	file    string
	payload []byte
}

// deliveries is how often the first occasion comes, as at-least-once delivery may bring it.
const deliveries = 3

// story reads the events that were asked for. Without any, and nobody else to send some, it is what the settings wait for: something that
// asks for their first server, three times, and for the next one, which may have to wait for its turn.
func story(o options, document settings.Settings, now time.Time) ([]occasion, error) {
	var all []occasion
	for _, file := range o.events {
		payload, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read event: %w", err)
		}
		all = append(all, occasion{filepath.Base(file), payload})
	}
	if len(all) == 0 && o.fleet {
		return fleetStory(document, now), nil
	}
	if len(all) > 0 || o.serve != "" {
		return all, nil
	}
	servers := slices.DeleteFunc(slices.Clone(document.Servers), func(server settings.Server) bool { return !server.Enabled })
	if len(servers) == 0 {
		servers = document.Servers // each is refused, which is a story too
	}
	first := asks(document, servers[0], now)
	all = slices.Repeat([]occasion{{payload: first}}, deliveries)
	if len(servers) > 1 {
		if next := asks(document, servers[1], now); !bytes.Equal(next, first) {
			all = append(all, occasion{payload: next})
		}
	}
	return all, nil
}

// fleetStory holds the last server, and has alarms ask for those before it that have some, but for one that stays as it is.
func fleetStory(document settings.Settings, now time.Time) []occasion {
	var all []occasion
	for _, server := range document.Servers[:max(len(document.Servers)-2, 0)] {
		if len(server.Alarms) > 0 && server.Enabled {
			all = append(all, occasion{payload: asks(document, server, now)})
		}
	}
	if n := len(document.Servers); n > 0 {
		all = append(all, occasion{payload: encode(map[string]any{"hold": map[string]any{"serverName": document.Servers[n-1].Name,
			"reason": "its disk is being replaced", "by": "night shift"}})})
	}
	return all
}

// asks is an event that asks for a server: an alarm that its settings match, else a schedule or a rule of theirs, else an operator.
func asks(document settings.Settings, server settings.Server, now time.Time) []byte {
	switch {
	case len(server.Alarms) > 0:
		const crossed, not = "Threshold Crossed: 3 datapoints [0.0, 0.0, 0.0] were less than the threshold (1.0).",
			"Threshold Crossed: no datapoints were less than the threshold (1.0)."
		return cloudwatch.Event(cloudwatch.Change{Region: machine.Region, Account: machine.Account, ID: "5b1a9e52-6cf4-7d2a-90c7-2f9a4b2f3c11",
			Alarm: fitting(server.Alarms[0]), Was: cloudwatch.State{Value: "OK", Reason: not, At: now.AddDate(0, 0, -7)},
			Is: cloudwatch.State{Value: "ALARM", Reason: crossed, At: now}})
	case len(server.Schedules) > 0:
		name := server.Schedules[0].Name
		var names []string
		for _, other := range document.Servers {
			if slices.ContainsFunc(other.Schedules, func(s settings.Schedule) bool { return s.Name == name }) {
				names = append(names, other.Name)
			}
		}
		return encode(map[string]any{"schedule": map[string]any{"name": name, "time": now.UTC().Format(time.RFC3339)}, "serverNames": names})
	case len(server.Rules) > 0:
		return encode(map[string]any{"version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event",
			"source": "aws.events", "account": machine.Account, "time": now.UTC().Format(time.RFC3339), "region": machine.Region,
			"resources": []string{"arn:aws:events:" + machine.Region + ":" + machine.Account + ":rule/" + fitting(server.Rules[0])},
			"detail":    map[string]any{}})
	default:
		return encode(map[string]any{"start": map[string]any{"serverName": server.Name}})
	}
}

// fitting is a name that a glob matches.
func fitting(glob settings.Glob) string { return strings.ReplaceAll(string(glob), "*", "health") }

func encode(value any) []byte {
	text, _ := json.Marshal(value) // maps, lists and texts cannot fail
	return text
}

// contextKey is where cdk.json has the settings.
const contextKey = "maintenance"

// readSettings reads a settings document: a file of its own, or that of a cdk.json.
func readSettings(file string) ([]byte, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	var app struct{ Context map[string]json.RawMessage }
	if json.Unmarshal(content, &app) == nil && app.Context[contextKey] != nil {
		return app.Context[contextKey], nil
	}
	return content, nil
}
