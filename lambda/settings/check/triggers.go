package check

import (
	"slices"

	"opsworks-maintenance/lambda/settings"
)

var alarmTriggers = []string{string(settings.TriggerTag), string(settings.TriggerDimension), string(settings.TriggerAction)}

func readAlarmTriggers(o object) []settings.AlarmTrigger {
	const key = "alarmTriggers"
	var triggers []settings.AlarmTrigger
	o.texts(key, func(i int, text string) {
		if !slices.Contains(alarmTriggers, text) {
			o.itemFault(key, i, unknownName("way for an alarm", text, alarmTriggers))
			return
		}
		triggers = append(triggers, settings.AlarmTrigger(text))
	})
	return triggers
}
