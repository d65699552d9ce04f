// Package importing makes a settings document of what people have: a CloudFormation template with OpsWorks CM servers, what OpsWorks CM
// said of them, or the managed nodes that carry the tag. The document has no fault; what it cannot know or keep is listed beside it.
package importing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// Result is what was made of a source.
type Result struct {
	// Document is the settings document, to lie under maintenance in the context of cdk.json. check.Resolve takes it.
	Document []byte
	// ToFill are keys that the document lacks and what belongs there, each with its path.
	ToFill []string
	// Left is what was not carried over, server by server, and why. It never has a value of EngineAttributes or a private key.
	Left []string
}

// Notes writes what a person has to know beside the document, for standard error: nothing where there is nothing to say.
func (r Result) Notes(w io.Writer) error {
	var b bytes.Buffer
	for _, list := range []struct {
		title string
		notes []string
	}{{"Fill in:", r.ToFill}, {"Not carried over:", r.Left}} {
		if len(list.notes) == 0 {
			continue
		}
		b.WriteString(list.title + "\n")
		for _, note := range list.notes {
			b.WriteString("  " + note + "\n")
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Document reads a CloudFormation template (JSON or YAML, also as get-template prints it) or the output of describe-servers.
func Document(source io.Reader) (Result, error) {
	tree, err := read(source)
	if err != nil {
		return Result{}, err
	}
	servers, err := serversOf(tree)
	if err != nil {
		return Result{}, err
	}
	var d draft
	for _, s := range servers {
		d.add(s)
	}
	return d.result()
}

// The document as it is written; its keys are those that settings/check reads.
type document struct {
	Servers []server `json:"servers"`
}

type server struct {
	Name      string     `json:"name"`
	Backend   string     `json:"backend"`
	Runbook   string     `json:"runbook"`
	TagKey    string     `json:"tagKey,omitzero"`
	Schedules []schedule `json:"schedules,omitempty"`
	Window    string     `json:"window,omitzero"`
}

type schedule struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
}

// draft is a document in the making.
type draft struct {
	document
	toFill, left []string
}

// open begins a server. It says no to a name that is none, or that there is already.
func (d *draft) open(name, from string) (*server, bool) {
	if !maintenance.ValidServerName(name) {
		d.leave(from, "left out", fmt.Sprintf("%.60q is not a server's name: 1 to 40 letters, digits and dashes, a letter first", name))
		return nil, false
	}
	for _, other := range d.Servers {
		if other.Name == name {
			d.leave(from, "left out", "there is a "+name+" already")
			return nil, false
		}
	}
	d.Servers = append(d.Servers, server{Name: name, Backend: string(settings.BackendSSM)})
	return &d.Servers[len(d.Servers)-1], true
}

func (d *draft) leave(server, what, why string) {
	d.left = append(d.left, fmt.Sprintf("%s: %s: %s", server, what, why))
}

// fill names a key of the server that was opened last.
func (d *draft) fill(key, what string) {
	d.toFill = append(d.toFill, fmt.Sprintf("servers[%d].%s: %s", len(d.Servers)-1, key, what))
}

// fillRest names what no source has. Of the runbooks of this project none begins without a place for the backup.
func (d *draft) fillRest(s *server) {
	if _, ours := settings.Runbooks()[s.Runbook]; ours {
		d.fill("parameters", `{"BackupTo": ["s3://BUCKET/PREFIX"]}, where the backup goes; without it the runbook changes nothing`)
	}
	d.fill("alarms", "names of those that may start it; without them none does")
}

func (d *draft) result() (Result, error) {
	if len(d.Servers) == 0 {
		return Result{}, errors.Join(append([]error{errors.New("no server can be imported")}, asErrors(d.left)...)...)
	}
	d.toFill = append(d.toFill, `notify: [{"email": "name@example.com"}], or nobody is notified`)
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(d.document); err != nil {
		return Result{}, fmt.Errorf("write the document: %w", err)
	}
	if _, err := check.Resolve(b.Bytes(), time.Time{}); err != nil {
		return Result{}, fmt.Errorf("the document that was made has faults:\n%w", err)
	}
	return Result{Document: b.Bytes(), ToFill: d.toFill, Left: d.left}, nil
}

func asErrors(texts []string) []error {
	faults := make([]error, len(texts))
	for i, text := range texts {
		faults[i] = errors.New(text)
	}
	return faults
}
