package simulation

import (
	"fmt"
	"net/url"

	"opsworks-maintenance/lambda/maintenance"
)

// publish is SNS, a topic by itself (API_Publish): what people and machines are told is what the request says, and the report that it
// was made of.
func (d *deep) publish(c *call, q sent, a *answer) {
	form, _ := url.ParseQuery(string(q.body))
	told := map[string]string{}
	for i := 1; form.Has(fmt.Sprintf("MessageAttributes.entry.%d.Name", i)); i++ {
		entry := fmt.Sprintf("MessageAttributes.entry.%d.", i)
		told[form.Get(entry+"Name")] = form.Get(entry + "Value.StringValue")
	}
	topic, r := maintenance.Topic(q.operation), *q.report
	says := told["outcome"] == string(r.Outcome) && told["reason"] == string(r.Reason)
	d.must("says-what-is-reported", says && told["runId"] == r.RunID && told["server"] == r.ServerName, "%s says %v", topic, told)
	d.topics.messages = append(d.topics.messages, publication{topic, r, c.flight, c.fate.ambiguous()})
	d.watchPublished(c, topic, r)
	fmt.Fprintf(&a.body, `<PublishResponse><PublishResult><MessageId>%s</MessageId></PublishResult></PublishResponse>`, short(c.key))
}
