package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// Encode writes settings as Load reads them.
func Encode(s Settings) ([]byte, error) { return json.Marshal(s) }

// Read loads the resolved settings of a file, by default settings.json beside the binary.
func Read(file string) (*Settings, error) {
	if file == "" {
		binary, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find settings: %w", err)
		}
		file = filepath.Join(filepath.Dir(binary), "settings.json")
	}
	document, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	s, err := Load(document)
	if err != nil {
		return nil, fmt.Errorf("read settings %s: %w", file, err)
	}
	return &s, nil
}

// Load reads resolved settings. It is strict and guesses nothing: what it takes is byte for byte what Encode writes, so a field that is
// unknown, missing or there twice is an error, and so is a value without which nothing can be decided of a server.
func Load(document []byte) (Settings, error) {
	var s Settings
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return Settings{}, fmt.Errorf("not resolved settings: %w", err)
	}
	if s.Version != Version {
		return Settings{}, fmt.Errorf("the settings have version %d; this function loads version %d", s.Version, Version)
	}
	if written, err := Encode(s); err != nil || !bytes.Equal(written, document) {
		return Settings{}, errors.Join(err, difference(document, written))
	}
	if err := s.index(); err != nil {
		return Settings{}, err
	}
	return s, nil
}

func difference(got, want []byte) error {
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	return fmt.Errorf("at byte %d the settings have %.40q, where %.40q must stand", at, got[at:], want[at:])
}

// index finds the zones and the servers by their names, each zone once.
func (s *Settings) index() error {
	var faults []error
	zones := map[string]*time.Location{}
	s.byName = make(map[string]*Server, len(s.Servers))
	for i := range s.Servers {
		server := &s.Servers[i]
		if s.byName[server.Name] != nil {
			faults = append(faults, fmt.Errorf("two servers are named %.80q", server.Name))
		}
		s.byName[server.Name] = server
		faults = append(faults, server.fault())
		zone, known := zones[server.Timezone]
		if !known {
			var err error
			if zone, err = time.LoadLocation(server.Timezone); err != nil || server.Timezone == "" {
				faults = append(faults, fmt.Errorf("server %.80q is in no time zone: %.80q", server.Name, server.Timezone))
			}
			zones[server.Timezone] = zone
		}
		server.Location = zone
	}
	return errors.Join(faults...)
}

// fault says which value a server lacks without which nothing can be decided of it.
func (s *Server) fault() error {
	switch {
	case !maintenance.ValidServerName(s.Name):
		return fmt.Errorf("%.80q is not a server's name", s.Name)
	case s.Backend != BackendOpsWorksCM && s.Backend != BackendSSM:
		return fmt.Errorf("server %s has no backend: %.80q", s.Name, s.Backend)
	case s.Backend == BackendSSM && (s.Runbook == "" || s.TagKey == ""):
		return fmt.Errorf("server %s has no runbook or no tagKey", s.Name)
	case s.StaleAfter <= 0 || s.Deadline <= 0 || s.DailyLimit <= 0 || s.Cooldown < 0 || s.ExpiresAfter < 0 || s.ExpectEvery < 0:
		return fmt.Errorf("server %s has a staleAfter, deadline, dailyLimit, cooldown, expiresAfter or expectEvery that is out of range", s.Name)
	}
	return nil
}
