// Package runbooks holds Systems Manager Automation runbooks that do for a self-managed server what OpsWorks CM's maintenance did:
// checks, a backup off the box, patches of the operating system, a product upgrade only if asked for, and a look at the result.
package runbooks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Runbook is an SSM Automation document for one product.
type Runbook struct {
	Name  string // also the folder of its shell steps
	title string
	extra []parameter // besides those all have
}

// All runbooks there are.
func All() []Runbook {
	return []Runbook{
		{Name: "chef-automate", title: "Chef Automate"},
		{Name: "puppet-enterprise", title: "Puppet Enterprise (primary server)", extra: []parameter{installerSource, installerSHA256}},
		{Name: "puppet-server", title: "Puppet Server (or OpenVox Server)", extra: []parameter{databaseVersion}},
	}
}

// Document is the content as SSM takes it, to be written as JSON. The role is the ARN of the one it runs as.
func (r Runbook) Document(role string) map[string]any {
	parameters := map[string]any{}
	for _, p := range r.parameters() {
		parameters[p.name] = p.schema()
	}
	return map[string]any{
		"schemaVersion": "0.3",
		"description": "Maintains a self-managed " + r.title + " server: " +
			"checks, backup off the box, patches, upgrade if asked for, health check.",
		"assumeRole": role,
		"parameters": parameters,
		"mainSteps":  r.steps(),
		// One step's output only (User Guide, "aws:runCommand": output is supported for one such action at a time). Restore's says how
		// far the run came, and it is the step that runs in any case.
		"outputs": []string{"Restore.Output"},
	}
}

// Hash names the content apart from the role. A document in CloudFormation has no version, so that a changed content needs a new name.
func (r Runbook) Hash() string {
	content, err := json.Marshal(r.Document(""))
	if err != nil {
		panic("runbook " + r.Name + ": " + err.Error()) // only strings, numbers, maps and slices of these: cannot happen
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:4])
}
