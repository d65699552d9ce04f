package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"opsworks-maintenance/lambda/settings"
)

var alarmTriggers = []string{string(settings.TriggerTag), string(settings.TriggerDimension), string(settings.TriggerAction)}

// readAlarmTriggers reads the ways by which alarms come: texts, and an object with the topics by which they do.
func readAlarmTriggers(o object) (triggers []settings.AlarmTrigger, topics []string) {
	const key = "alarmTriggers"
	text := map[string]int{}
	object := -1
	for i, v := range o.list(key) {
		at := o.at.member(key).item(i)
		switch {
		case v.kind == kindObject && object >= 0:
			o.parser.fault(at, fmt.Sprintf("is a second object; write all topics into that of item %d", object))
		case v.kind == kindObject:
			object = i
			topics = o.parser.topics(v, at)
		case v.kind != kindText:
			o.parser.fault(at, mustBe(`a text in quotes or {"sns": […]}`, v))
		case !slices.Contains(alarmTriggers, v.text):
			o.parser.fault(at, unknownName("way for an alarm", v.text, alarmTriggers))
		default:
			if first, again := text[v.text]; again {
				o.parser.fault(at, sameAs(v.text, first))
				continue
			}
			text[v.text] = i
			triggers = append(triggers, settings.AlarmTrigger(v.text))
		}
	}
	return triggers, topics
}

// A topic's name. SNS delivers no FIFO topic to a function.
// https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html, https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html
var topicName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,256}(\.fifo)?$`)

// topics reads the object of the topics. What it gives are ARNs of one standard topic each, and none is the stack's own.
func (p *parser) topics(v value, at *place) []string {
	const key = "sns"
	o, ok := p.open(v, at, keysOf[topicsKeys]())
	if !ok {
		return nil
	}
	if list, found := o.find(key); !o.has(key) || found && list.kind == kindList && len(list.parts) == 0 {
		o.fault(key, "names no topic; list the ARN of at least one")
	}
	var topics []string
	o.texts(key, func(i int, text string) {
		a, _ := ParseARN(text)
		switch {
		case !isTopic(text):
			o.itemFault(key, i, quoted(text)+" is not the ARN of a topic; write arn:aws:sns:<region>:<account>:<name>")
		case strings.HasSuffix(a.Resource, ".fifo"):
			o.itemFault(key, i, quoted(text)+" is a FIFO topic, which SNS delivers to no function; name a standard topic")
		case slices.Contains(settings.OwnTopics(p.name), a.Resource):
			o.itemFault(key, i, quoted(text)+" has the name of a topic that the stack publishes to: a loop; name the topic that alarms publish to")
		default:
			topics = append(topics, text)
		}
	})
	return topics
}

// isTopic tells whether a text is the ARN of one topic.
func isTopic(text string) bool {
	a, isARN := ParseARN(text)
	return isARN && a.Service == "sns" && regionName.MatchString(a.Region) && a.Partition == PartitionOf(a.Region) &&
		accountID.MatchString(a.Account) && topicName.MatchString(a.Resource)
}
