package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// envelope holds the fields that tell payloads apart: those of an EventBridge event
// (https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html) and those of a CloudWatch alarm's
// Lambda action, which has no detail-type.
type envelope struct {
	Source     string          `json:"source"`
	DetailType string          `json:"detail-type"`
	Account    string          `json:"account"`
	Region     string          `json:"region"`
	Time       string          `json:"time"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`

	AlarmARN  string          `json:"alarmArn"`
	AccountID string          `json:"accountId"`
	AlarmData json.RawMessage `json:"alarmData"`
}

// kind is what an EventBridge event is recognised by.
type kind struct{ source, detailType string }

// known lists the EventBridge events the function understands; an event more is a line here and a function.
var known = map[kind]func(envelope) (Event, error){
	{"aws.cloudwatch", "CloudWatch Alarm State Change"}:                alarmStateChange,
	{"aws.cloudwatch", "CloudWatch Alarm Contributor State Change"}:    alarmStateChange,
	{"aws.cloudwatch", "CloudWatch Alarm Configuration Change"}:        alarmConfigurationChange,
	{"aws.events", "Scheduled Event"}:                                  scheduledRule,
	{"aws.scheduler", "Scheduled Event"}:                               schedulerNotification,
	{"aws.ssm", "EC2 Automation Execution Status-change Notification"}: runFinished,
}

// forms lists the payloads of our own, each by the field it is recognised by, in the order they are looked for.
var forms = []struct {
	field  string
	decode func(form) (Event, error)
}{
	{"start", startForm},
	{"serverName", form.start},
	{"schedule", scheduleForm},
	{"alarm", alarmForm},
	{"stop", stopForm},
	{"close", closeForm},
	{"approve", approveForm},
	{"hold", holdForm},
	{"release", releaseForm},
	{"plan", planForm},
	{"history", historyForm},
	{"status", statusForm},
	{"sweep", sweepForm},
}

// Decode reads the payload of one invocation. The error is always an *InvalidError: malformed JSON, or a payload that claims
// to be a known one and is not. Whatever is valid JSON and unknown is Ignored, so that it is counted and never retried.
func Decode(payload []byte) (Event, error) {
	var fields map[string]json.RawMessage
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(payload, &fields); {
	case len(bytes.TrimSpace(payload)) == 0:
		return nil, &InvalidError{Form: "JSON", Source: "JSON", Problem: "the payload is empty"}
	case errors.As(err, &syntax):
		return nil, &InvalidError{Form: "JSON", Source: "JSON", Problem: fmt.Sprintf("not valid JSON at byte %d", syntax.Offset)}
	case err != nil:
		return unknown("JSON that is not an object"), nil
	}
	if _, ok := fields["source"]; ok {
		return decodeService(fields, payload)
	}
	if _, ok := fields["Records"]; ok {
		return decodeRecords(payload)
	}
	for _, f := range forms {
		if _, ok := fields[f.field]; ok {
			return decodeForm(f.field, f.decode, fields, payload)
		}
	}
	return unknown("an object with " + fieldNames(fields)), nil
}

// decodeForm reads a payload of our own.
func decodeForm(name string, decode func(form) (Event, error), fields map[string]json.RawMessage, payload []byte) (Event, error) {
	f := form{name: name, fields: fields}
	var event Event
	var err error
	if twice := repeated(payload); twice != "" {
		err = f.invalid("the field %s is given twice", quote(twice))
	} else {
		event, err = decode(f)
	}
	var invalid *InvalidError
	if errors.As(err, &invalid) {
		invalid.Source = f.source()
		return nil, invalid
	}
	return event, nil
}

// decodeService reads what an AWS service sent: an EventBridge event or an alarm's Lambda action. AWS adds fields to both
// at will, so those not known are passed over.
func decodeService(fields map[string]json.RawMessage, payload []byte) (Event, error) {
	var id struct {
		source, detailType string
	}
	if json.Unmarshal(fields["source"], &id.source) != nil {
		return unknown("an event whose source is not a string"), nil
	}
	detailType, isEvent := fields["detail-type"]
	if isEvent && json.Unmarshal(detailType, &id.detailType) != nil {
		return unknown("an event whose detail-type is not a string"), nil
	}
	_, hasARN := fields["alarmArn"]
	_, hasData := fields["alarmData"]

	decode, form := known[kind{id.source, id.detailType}], id.detailType
	if id.source == "aws.cloudwatch" && !isEvent && hasARN && hasData {
		decode, form = alarmAction, "alarm action"
	}
	if decode == nil {
		return unknown(fmt.Sprintf("source %s, detail-type %s", quote(id.source), quote(id.detailType))), nil
	}
	invalid := func(err error) error {
		return &InvalidError{Form: form, Source: sender(id.source, form, fields), Problem: problem(err)}
	}
	var e envelope
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, invalid(err)
	}
	event, err := decode(e)
	if err != nil {
		return nil, invalid(err)
	}
	return event, nil
}

// sender says what sent an event that cannot be read, as far as the parts of it can: which alarm, rule or execution it is about, so
// that what two of them send counts apart.
func sender(source, form string, fields map[string]json.RawMessage) string {
	var arn string
	var resources []string
	if json.Unmarshal(fields["resources"], &resources) == nil && len(resources) > 0 {
		arn = resources[0]
	} else if json.Unmarshal(fields["alarmArn"], &arn) != nil {
		arn = ""
	}
	if arn == "" {
		return source + ", " + form
	}
	return source + ", " + form + ", " + short(arn)
}

// repeated names a field that an object in the document has twice; encoding/json takes the last without a word. The document
// is known to be valid.
func repeated(document []byte) string {
	decoder := json.NewDecoder(bytes.NewReader(document))
	var objects []map[string]bool // the open objects' fields; nil for an array
	key := false                  // the next string is a field's name
	for {
		token, err := decoder.Token()
		if err != nil {
			return ""
		}
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{':
				objects, key = append(objects, map[string]bool{}), true
				continue
			case '[':
				objects = append(objects, nil)
			default:
				objects = objects[:len(objects)-1]
			}
		case string:
			if top := objects[len(objects)-1]; key {
				if top[token] {
					return token
				}
				top[token], key = true, false
				continue
			}
		}
		// A value has ended, or an array begun: in an object a name comes next.
		key = len(objects) > 0 && objects[len(objects)-1] != nil
	}
}

func unknown(what string) Ignored { return Ignored{Reason: UnknownEvent, What: what} }

// origin checks that an ARN belongs to the account and Region the event says it is from, and returns its last part.
func (e envelope) origin(arn, service string) (Origin, string, error) {
	origin, resource, err := parseARN(arn, service)
	account := e.Account
	if account == "" {
		account = e.AccountID
	}
	if err == nil && origin != (Origin{Account: account, Region: e.Region}) {
		err = fmt.Errorf("%s is not of account %s and Region %s, which the event names", quote(arn), quote(account), quote(e.Region))
	}
	return origin, resource, err
}

// parseARN gives the account, the Region and the last part of the ARN of a service's resource.
func parseARN(arn, service string) (Origin, string, error) {
	parts := strings.SplitN(arn, ":", 6) // arn:partition:service:region:account:resource
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != service || slices.Contains(parts, "") {
		return Origin{}, "", fmt.Errorf("%s is not the ARN of a resource of %s", quote(arn), service)
	}
	return Origin{Account: parts[4], Region: parts[3]}, parts[5], nil
}

// resource is the ARN of what the event is about.
func (e envelope) resource() (string, error) {
	if len(e.Resources) == 0 {
		return "", errors.New("resources is empty")
	}
	return e.Resources[0], nil
}

// parseTime reads the formats AWS uses: EventBridge's 2019-10-02T17:04:40Z, and CloudWatch's 2019-10-02T17:04:40.989+0000,
// whose offset has no colon and is not RFC 3339; and Alertmanager's, which its templates write as Go does: a zone without a name has its
// offset twice (https://pkg.go.dev/time#Time.String). A layout takes a fraction of a second that it does not show.
func parseTime(field, value string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02 15:04:05 -0700 MST",
		"2006-01-02 15:04:05 -0700 -0700"} {
		if t, err := time.Parse(layout, value); err == nil && writable(t) {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%s %s is not a time", field, quote(value))
}

// writable reports whether a time, in UTC, can be written down again: JSON has years of four digits.
func writable(t time.Time) bool { return t.UTC().Year() >= 1970 && t.UTC().Year() <= 9999 }

// problem phrases an error of this package or of encoding/json without repeating a value: it may be an engine attribute's.
func problem(err error) string {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		kind, _, _ := strings.Cut(wrongType.Value, " ")
		return fmt.Sprintf("%s is a %s where a %s is expected", wrongType.Field, kind, wrongType.Type)
	}
	return err.Error()
}

// quote makes a text from outside safe and short enough for a log or a message.
func quote(s string) string { return strconv.Quote(short(s)) }

func short(s string) string {
	const most = 120
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func fieldNames(fields map[string]json.RawMessage) string {
	if len(fields) == 0 {
		return "no fields"
	}
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, quote(name))
	}
	sort.Strings(names)
	if len(names) > 5 {
		names = append(names[:5], "…")
	}
	return "fields " + strings.Join(names, ", ")
}
