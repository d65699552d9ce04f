package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
)

// notifiedOutcomes are all but those that no message carries.
func notifiedOutcomes() []string {
	var notified []string
	for _, outcome := range maintenance.Outcomes() {
		if outcome != maintenance.OutcomeIgnored {
			notified = append(notified, string(outcome))
		}
	}
	return notified
}

func readSubscriptions(o object, key string, servers []settings.Server) []settings.Subscription {
	var subscriptions []settings.Subscription
	seen := map[string]int{}
	for i, v := range o.list(key) {
		if v.kind == kindText && isEmail(v.text) {
			o.itemFault(key, i, `is an address alone; write {"email": `+quoted(v.text)+"}")
			continue
		}
		at := o.at.member(key).item(i)
		fields, ok := o.parser.open(v, at, keysOf[subscriptionKeys]())
		if !ok {
			continue
		}
		subscription, receiver := readSubscription(fields, servers)
		subscriptions = append(subscriptions, subscription)
		if receiver == "" {
			continue
		}
		if first, again := seen[receiver]; again {
			o.itemFault(key, i, "goes to the same receiver as "+o.at.member(key).item(first).String()+"; keep one")
			continue
		}
		seen[receiver] = i
	}
	return subscriptions
}

// readSubscription also returns what makes the receiver the same as another's.
func readSubscription(o object, servers []settings.Server) (subscription settings.Subscription, receiver string) {
	given := 0
	for _, key := range []string{"email", "slack", "chat", "records"} {
		if o.has(key) {
			given++
		}
	}
	if given != 1 {
		o.parser.fault(o.at, `must have exactly one of "email", "slack", "chat": true and "records": true`)
	}
	if slack, ok := readSlack(o, "slack"); ok {
		subscription.Slack, receiver = slack, "slack "+slack.Workspace+" "+slack.Channel
	}
	if email, ok := o.text("email"); ok {
		if isEmail(email) {
			// Most mail servers ignore case, and nobody wants each message twice.
			subscription.Email, receiver = email, "email "+strings.ToLower(email)
		} else {
			o.fault("email", emailProblem(email))
		}
	}
	for _, key := range []string{"chat", "records"} {
		if o.boolean(key, false) {
			receiver = key
		} else if v, _ := o.find(key); v.kind == kindBoolean {
			o.fault(key, "can only be true; leave the entry out instead")
		}
	}
	subscription.Chat, subscription.Records = receiver == "chat", receiver == "records"
	subscription.Only, subscription.Servers = readOnly(o), readServersOf(o, servers)
	if n := (len(subscription.Only) + 1) * (len(subscription.Servers) + 1); n > filterCombinations {
		o.fault("servers", fmt.Sprintf("gives the filter of this mailbox, with only, %d combinations of values; it may have %d: name fewer",
			n, filterCombinations))
	}
	return subscription, receiver
}

// filterCombinations is how many a subscription's filter may have over all its attributes, each of whose values counts, and none of them.
// https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
const filterCombinations = 150

func readServersOf(o object, known []settings.Server) []string {
	const key = "servers"
	v, found := o.find(key)
	if !found {
		return nil
	}
	if !o.has("email") {
		o.fault(key, "goes with email only; the others get everything")
	}
	if v.kind == kindList && len(v.parts) == 0 {
		o.fault(key, "lists no server; leave it out to get everything")
	}
	var names, servers []string
	for _, server := range known {
		names = append(names, server.Name)
	}
	o.texts(key, func(i int, name string) {
		if !slices.Contains(names, name) {
			o.itemFault(key, i, unknownName("server", name, names))
		}
		servers = append(servers, name)
	})
	return servers
}

func readOnly(o object) []string {
	v, found := o.find("only")
	if !found {
		return nil
	}
	if !o.has("email") {
		o.fault("only", "goes with email only; the others get everything")
	}
	if v.kind == kindList && len(v.parts) == 0 {
		o.fault("only", "lists no outcome; leave it out to get everything")
	}
	var only []string
	notified := notifiedOutcomes()
	o.texts("only", func(i int, outcome string) {
		switch {
		case outcome == string(maintenance.OutcomeIgnored):
			o.itemFault("only", i, quoted(outcome)+" is never notified; remove it")
		case !slices.Contains(notified, outcome):
			o.itemFault("only", i, unknownName("outcome", outcome, notified))
		default:
			only = append(only, outcome)
		}
	})
	return only
}

// emailProblem offers the address where it is dressed as a link or with a name, and asks for one entry each where it is several.
func emailProblem(text string) string {
	bare := text
	if _, within, found := strings.Cut(bare, "<"); found {
		bare, _, _ = strings.Cut(within, ">")
	}
	if len(bare) > len(mailto) && strings.EqualFold(bare[:len(mailto)], mailto) {
		bare, _, _ = strings.Cut(bare[len(mailto):], "?")
	}
	switch {
	case isEmail(bare):
		return quoted(text) + " is more than an e-mail address; write " + quoted(bare)
	case len(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",; ", r) })) > 1 && strings.Count(text, "@") > 1:
		return quoted(text) + " is more than one e-mail address; give each an entry of its own"
	}
	return quoted(text) + " is not an e-mail address; write name@example.com"
}

const mailto = "mailto:"

// isEmail is deliberately coarse: SNS sends a confirmation to the address, and
// that is the real test.
func isEmail(text string) bool {
	name, domain, found := strings.Cut(text, "@")
	if !found || name == "" || domain == "" || strings.ContainsAny(domain, "@,;<>") || strings.ContainsAny(name, ":<>") {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	})
}

var slackWorkspace, slackChannel = regexp.MustCompile(`^[TE][0-9A-Z]{1,254}$`), regexp.MustCompile(`^[CG][0-9A-Z]{1,254}$`)

// readSlack reads a channel of Slack. Amazon Q Developer knows both by their ids, and finds nothing by a name.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-chatbot-slackchannelconfiguration.html
func readSlack(o object, key string) (settings.Slack, bool) {
	v, found := o.find(key)
	if !found {
		return settings.Slack{}, false
	}
	fields, ok := o.parser.open(v, o.at.member(key), keysOf[slackKeys]())
	if !ok {
		return settings.Slack{}, false
	}
	workspace, right := fields.requiredText("workspace", "write the workspace's id, T and more, as the console of Amazon Q Developer shows it")
	if right && !slackWorkspace.MatchString(workspace) {
		fields.fault("workspace", quoted(workspace)+" is not a workspace's id, T and more capital letters and digits")
		right = false
	}
	channel, given := fields.requiredText("channel", "write the channel's id, C and more: the end of its link")
	if given && !slackChannel.MatchString(channel) {
		fields.fault("channel", quoted(channel)+" is not a channel's id, C or G and more capital letters and digits; its link ends in it")
		given = false
	}
	return settings.Slack{Workspace: workspace, Channel: channel}, right && given
}
