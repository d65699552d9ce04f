package settings

import "slices"

// AlarmTrigger is a way for alarms to reach the function beside the names in a
// server's alarms. It decides only what reaches the function, which judges an
// alarm the same way however it came.
type AlarmTrigger string

// The alarms that have the tag maintenance-server, those that watch a metric
// with the dimension ServerName, and those that have the function as an action.
const (
	TriggerTag       AlarmTrigger = "tag"
	TriggerDimension AlarmTrigger = "dimension"
	TriggerAction    AlarmTrigger = "action"
)

var alarmTriggers = []string{string(TriggerTag), string(TriggerDimension), string(TriggerAction)}

func (o object) alarmTriggers() []AlarmTrigger {
	const key = "alarmTriggers"
	var triggers []AlarmTrigger
	o.texts(key, func(i int, text string) {
		if !slices.Contains(alarmTriggers, text) {
			o.itemFault(key, i, unknownName("way for an alarm", text, alarmTriggers))
			return
		}
		triggers = append(triggers, AlarmTrigger(text))
	})
	return triggers
}
