package message

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"opsworks-maintenance/lambda/maintenance"
)

// chatMessage is the custom notification of Amazon Q Developer in chat applications: free text on its topic is dropped
// without a word. https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
type chatMessage struct {
	Version  string       `json:"version"`
	Source   string       `json:"source"`
	ID       string       `json:"id"`
	Content  chatContent  `json:"content"`
	Metadata chatMetadata `json:"metadata"`
}

type chatContent struct {
	TextType    string   `json:"textType"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	NextSteps   []string `json:"nextSteps,omitempty"`
	Keywords    []string `json:"keywords,omitempty"`
}

type chatMetadata struct {
	// ThreadID keeps all messages of a run in one thread.
	ThreadID          string            `json:"threadId,omitempty"`
	Summary           string            `json:"summary"`
	EventType         string            `json:"eventType"`
	RelatedResources  []string          `json:"relatedResources,omitempty"`
	AdditionalContext map[string]string `json:"additionalContext,omitempty"`
}

// inChat are the facts of a text that a chat room gets too.
var inChat = map[string]bool{"Server": true, "Asked by": true, "Because": true, "And by": true, "Time": true, "Accepted": true,
	"May start": true, "Held until": true, "Expires": true, "Deadline": true, "Detail": true, "Execution": true}

// Chat is what a report says in a chat room, as JSON in the chat client's schema: one thread per run. Function is whom its commands call.
func Chat(report maintenance.Report, function Function) (Message, error) {
	v := viewOf(report)
	var description strings.Builder
	_, circumstances := beginning(v, 0)
	for _, f := range append(circumstances, facts(v)...) {
		if f.value != "" && inChat[f.name] {
			fmt.Fprintf(&description, "*%s:* %s\n", f.name, code(f.value))
		}
	}
	out := chatMessage{
		Version: "1.0",
		Source:  "custom",
		ID:      joined([]string{v.RunID, string(v.Outcome), fmt.Sprint(v.At.Unix())}, "."), // the same each time the message comes
		Content: chatContent{
			TextType:    "client-markdown",
			Title:       headline(v),
			Description: strings.TrimRight(description.String(), "\n"),
			NextSteps:   chatSteps(v, function),
			Keywords:    []string{"maintenance", string(v.Outcome)},
		},
		Metadata: chatMetadata{
			ThreadID:          v.RunID,
			Summary:           headline(v),
			EventType:         "maintenance." + string(v.Outcome),
			AdditionalContext: attributes(v),
		},
	}
	maps.Copy(out.Metadata.AdditionalContext, chatButtons(v))
	if v.Server.ARN != "" {
		out.Metadata.RelatedResources = []string{v.Server.ARN}
	}
	body, err := marshal(out)
	return Message{Body: body, Attributes: attributes(v)}, err
}

// chatSteps are what a text says of what happens next; a command stands in a code span, a link does not, so that it can be opened.
func chatSteps(v view, f Function) []string {
	var all []string
	a, page := advise(v), linkOf(v, f)
	commands := a.usable(v)
	for _, text := range []string{a.paragraph(), a.intro(page, commands) + page.after()} {
		if text = strings.TrimSpace(text); text != "" {
			all = append(all, text)
		}
	}
	for _, c := range commands {
		all = append(all, code(c.opsm(v, f)))
	}
	if len(commands) > 0 {
		all = append(all, "Without opsm:\n"+code(commands[0].awsCLI(v, f)))
	}
	return all
}

// chatButtons are the requests that fit below a message at a click, by their verbs, each with the run or the server that it is about. The
// custom actions of the stack show a button where its verb is there. A start that leaves a gate out is typed.
func chatButtons(v view) map[string]string {
	commands := advise(v).commands
	if v.waiting() {
		commands = append(commands, plan)
		if v.Reason != maintenance.ReasonHeld {
			commands = append(commands, hold)
		}
	}
	buttons := map[string]string{}
	for _, c := range commands {
		if c.usable(v) && slices.Contains(ChatButtons(), c.verb) {
			of := c.about(v)
			buttons[c.verb] = of.ServerName + of.RunID // it has one of them
		}
	}
	return buttons
}

// ChatButtons are the verbs of the requests that a chat room can send at a click.
func ChatButtons() []string { return []string{"approve", "stop", "hold", "plan"} }

// code keeps a text from outside from being read as markup: no mention, no link, no bold.
func code(s string) string { return "`" + strings.ReplaceAll(s, "`", "'") + "`" }
