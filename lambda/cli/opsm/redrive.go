package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// redriveCommand sends dead letters again, one by one, and deletes those that the function handled. SQS's own StartMessageMoveTask
// takes no queue that Lambda feeds.
type redriveCommand struct {
	Queue          string `placeholder:"NAME" help:"The dead-letter queue (default: the function's name and -dead-letters)."`
	DeleteRequests bool   `help:"Delete operators' requests, which are never sent, in place of leaving them."`
}

// Help is shown by kong.
func (redriveCommand) Help() string {
	return "Operators' requests are listed and never sent: what was asked for days ago may do harm today. What fails stays, and can be " +
		"taken again in 15 minutes; the exit code is 2 then.\n\n" +
		"In a pipe: message, result (handled, failed, not-sent, deleted), when it was sent, request, what it is about, answer"
}

// redrive is one pass over the queue.
type redrive struct {
	*session
	queue  *sqs.Client
	url    *string
	delete bool
	// letters are those that were taken, kept the receipts of requests that stay.
	letters []letter
	kept    []*string
}

// Run is called by kong.
func (c redriveCommand) Run(ctx context.Context, s *session) error {
	r := redrive{session: s, queue: sqs.NewFromConfig(s.aws), delete: c.DeleteRequests, letters: []letter{}}
	if c.Queue == "" {
		c.Queue = s.functionName() + "-dead-letters"
	}
	out, err := r.queue.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(c.Queue)})
	if err != nil {
		return s.explain(err, "sqs:GetQueueUrl", c.Queue)
	}
	r.url = out.QueueUrl
	err = r.all(ctx)
	r.showAgain(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	return r.sum()
}

// fault explains what the queue answered.
func (r *redrive) fault(err error) error {
	return r.explain(err, "sqs:ReceiveMessage, sqs:DeleteMessage and sqs:ChangeMessageVisibility", aws.ToString(r.url))
}

// all takes one message after the other until there is none, or one comes back.
func (r *redrive) all(ctx context.Context) error {
	for {
		out, err := r.queue.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: r.url, MaxNumberOfMessages: 1, WaitTimeSeconds: 1,
			VisibilityTimeout:           900, // what fails comes back by itself
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameSentTimestamp},
		})
		if err != nil {
			return r.fault(err)
		}
		if len(out.Messages) == 0 {
			return nil
		}
		id := aws.ToString(out.Messages[0].MessageId)
		if slices.ContainsFunc(r.letters, func(l letter) bool { return l.ID == id }) {
			r.note("opsm: %s is back after 15 minutes; the rest is for another run", id)
			return nil
		}
		l, err := r.one(ctx, out.Messages[0])
		if err != nil {
			return err
		}
		r.letters = append(r.letters, l)
		if err := r.show(l); err != nil {
			return fmt.Errorf("print the answer: %w", err)
		}
	}
}

// one sends a message to the function, unless it is an operator's request, and deletes what is done with.
func (r *redrive) one(ctx context.Context, m types.Message) (letter, error) {
	body := aws.ToString(m.Body)
	l := letter{ID: aws.ToString(m.MessageId), Sent: sent(m), Result: "handled", Request: request(body)}
	switch {
	case l.Request != "" && r.delete:
		l.Result, l.About = "deleted", subject(body)
	case l.Request != "":
		l.Result, l.About = "not-sent", subject(body)
		r.kept = append(r.kept, m.ReceiptHandle)
		return l, nil
	default:
		var any json.RawMessage
		answer, err := r.invoke(ctx, "", sentAgain(body), &any)
		if err != nil {
			l.Result, l.Answer = "failed", err.Error()
			return l, ctx.Err()
		}
		l.Answer = string(answer)
	}
	if _, err := r.queue.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: r.url, ReceiptHandle: m.ReceiptHandle}); err != nil {
		return l, r.fault(err)
	}
	return l, nil
}

// showAgain puts requests that stay back in sight at once: who asks again sees the same list. If that fails, they come back later.
func (r *redrive) showAgain(ctx context.Context) {
	for _, receipt := range r.kept {
		_, _ = r.queue.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: r.url, ReceiptHandle: receipt})
	}
}

func (r *redrive) show(l letter) error {
	switch {
	case r.JSON:
		return nil // all together at the end
	case r.width > 0:
		text := l.ID + " " + l.Result + after(": ", l.Answer)
		if l.Request != "" {
			text += ": an operator's request, sent " + ago(r.now(), l.Sent) + ": " + l.Request + after(" ", l.About)
		}
		return r.print(wrap(clean(text), r.width-2, 2) + "\n")
	default:
		return r.row(l.ID, l.Result, l.Sent, l.Request, l.About, l.Answer)
	}
}

// sum says how many letters came to what.
func (r *redrive) sum() error {
	if r.JSON {
		all, err := json.Marshal(redriveAnswer{r.letters})
		if err != nil {
			return err
		}
		if err := r.json(all); err != nil {
			return err
		}
	}
	count := map[string]int{}
	for _, l := range r.letters {
		count[l.Result]++
	}
	r.note("%d handled, %d failed", count["handled"], count["failed"])
	if n := count["not-sent"] + count["deleted"]; n > 0 && r.delete {
		r.note("%d operators' requests were not sent, and are deleted", n)
	} else if n > 0 {
		r.note("%d operators' requests were not sent, and stay: ask again if it is still wanted; -delete-requests deletes them", n)
	}
	if count["failed"] > 0 {
		r.note("what failed can be taken again in 15 minutes")
		return failed
	}
	return nil
}
