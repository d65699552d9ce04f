package notify

import (
	"fmt"
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
	ThreadID          string            `json:"threadId"`
	Summary           string            `json:"summary"`
	EventType         string            `json:"eventType"`
	RelatedResources  []string          `json:"relatedResources,omitempty"`
	AdditionalContext map[string]string `json:"additionalContext,omitempty"`
}

func renderChat(r maintenance.Report, function Function) ([]byte, error) {
	var description strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&description, "*%s:* %s\n", name, code(value))
		}
	}
	line("Server", describe(r))
	line("Asked by", asker(r.Request.Cause)+askedAt(r))
	line("Because", r.Request.Cause.Reason)
	line("Time", when(r.At, r.Location))
	line("Started", when(r.Started, r.Location))
	line("May start", when(r.Until, r.Location))
	line("Deadline", when(r.Deadline, r.Location))
	line("Detail", r.Detail)
	line("Execution", r.Reference)

	out := chatMessage{
		Version: "1.0",
		Source:  "custom",
		ID:      r.RunID + "." + string(r.Outcome),
		Content: chatContent{
			TextType:    "client-markdown",
			Title:       summary(r),
			Description: strings.TrimRight(description.String(), "\n"),
			NextSteps:   nextSteps(r, function),
			Keywords:    []string{"maintenance", string(r.Outcome)},
		},
		Metadata: chatMetadata{
			ThreadID:          r.RunID,
			Summary:           summary(r),
			EventType:         "maintenance." + string(r.Outcome),
			AdditionalContext: attributes(r),
		},
	}
	if r.Server.ARN != "" {
		out.Metadata.RelatedResources = []string{r.Server.ARN}
	}
	return marshal(out)
}

// code keeps a text from outside from being read as markup: no mention, no link, no bold.
func code(s string) string { return "`" + strings.ReplaceAll(s, "`", "'") + "`" }
