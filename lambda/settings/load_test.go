package settings_test

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// resolved is the resolved form of a document with everything in it.
func resolved(t *testing.T) (settings.Settings, string) {
	t.Helper()
	document, err := os.ReadFile("check/testdata/everything.json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := check.Resolve(document, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := settings.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	return s, string(text)
}

func TestLoad(t *testing.T) {
	want, text := resolved(t)
	got, err := settings.Load([]byte(text))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got.Servers[0].Location.String() != got.Servers[0].Timezone {
		t.Errorf("the zone %s is at %s", got.Servers[0].Timezone, got.Servers[0].Location)
	}
}

// What the function loads is complete and of its version; nothing is guessed.
func TestLoad_IsStrict(t *testing.T) {
	_, text := resolved(t)
	for name, tt := range map[string]struct{ old, new, want string }{
		"an unknown field":            {`"enabled":`, `"enable":true,"enabled":`, `unknown field "enable"`},
		"a field that is missing":     {`"enabled":true,`, ``, "at byte "},
		"a field that is null":        {`"cooldown":0`, `"cooldown":null`, "at byte "},
		"a field that is there twice": {`"cooldown":0`, `"cooldown":1,"cooldown":0`, "at byte "},
		"something that follows":      {`"tag","action"]}`, `"tag","action"]} {}`, "at byte "},
		"half of it":                  {`"alarmTriggers":["tag","action"]}`, `"alarmT`, "not resolved settings: unexpected EOF"},
		"another version":             {`"version":1`, `"version":2`, "the settings have version 2; this function loads version 1"},
		"what people write":           {text, `{"servers": [{"name": "web", "cooldown": "12h"}]}`, "not resolved settings: "},
		"nothing":                     {text, ``, "not resolved settings: EOF"},
		"a name that is none":         {`"name":"automate-06"`, `"name":"-"`, `"-" is not a server's name`},
		"a name twice":                {`"name":"puppet-01"`, `"name":"automate-06"`, `two servers are named "automate-06"`},
		"no backend":                  {`"backend":"ssm"`, `"backend":""`, "server puppet-01 has no backend"},
		"no zone":                     {`"timezone":"Europe/Berlin"`, `"timezone":""`, `server "automate-06" is in no time zone`},
		"a zone that is none":         {`"timezone":"Europe/Berlin"`, `"timezone":"Europe/Nowhere"`, `server "automate-06" is in no time zone`},
		"no tag key":                  {`"tagKey":"role",`, ``, "server puppet-01 has no runbook"},
		"no deadline":                 {`"deadline":14400000000000`, `"deadline":0`, "server puppet-01 has a staleAfter, deadline"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(text, tt.old, tt.new, 1)
			if changed == text {
				t.Fatalf("%s is not in %s", tt.old, text)
			}
			got, err := settings.Load([]byte(changed))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if !reflect.DeepEqual(got, settings.Settings{}) {
				t.Errorf("got settings too: %+v", got)
			}
		})
	}
}
