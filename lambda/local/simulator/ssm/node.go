package ssm

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

// Node is a managed node: an EC2 instance or a machine of one's own with the agent. Everything but the id has a default.
type Node struct {
	ID              string // i-0123456789abcdef0 or, on premises, mi-0123456789abcdef0
	Tags            map[string]string
	PingStatus      string // Online (default), ConnectionLost, Inactive (deprecated by the service)
	Name            string // of on-premises nodes only: what the activation called it
	ComputerName    string
	IPAddress       string
	AgentVersion    string
	PlatformType    string // Linux (default), Windows, MacOS
	PlatformName    string
	PlatformVersion string
}

const (
	pingOnline     = "Online"
	resourceEC2    = "EC2Instance"
	resourceOnPrem = "ManagedInstance"
)

// Values of the service model (PingStatus, PlatformType, ResourceType, InstanceId).
var (
	pingStatuses  = []string{pingOnline, "ConnectionLost", "Inactive"}
	platformTypes = []string{"Linux", "Windows", "MacOS"}
	resourceTypes = []string{resourceEC2, resourceOnPrem}

	nodePattern = regexp.MustCompile(`\A(i-(\w{8}|\w{17})|mi-\w{17})\z`)
)

// node is a managed node with its state.
type node struct {
	Node
	lost    time.Time // when its agent was last heard of; zero: just now
	removed bool
}

// fleet are the managed nodes of the account.
type fleet struct {
	source *simulator.Source

	nodesMu sync.Mutex
	nodes   []*node // in the order they were added, the order DescribeInstanceInformation lists them in (our choice)
}

// AddNode makes a node known. One that was removed may be added again.
func (f *fleet) AddNode(given Node) error {
	added, err := newNode(given)
	if err != nil {
		return fmt.Errorf("add node: %w", err)
	}
	f.nodesMu.Lock()
	defer f.nodesMu.Unlock()
	i := slices.IndexFunc(f.nodes, func(n *node) bool { return n.ID == given.ID })
	switch {
	case i < 0:
		f.nodes = append(f.nodes, added)
	case f.nodes[i].removed:
		f.nodes[i] = added
	default:
		return fmt.Errorf("add node: %q exists already", given.ID)
	}
	return nil
}

func newNode(given Node) (*node, error) {
	var faults []error
	if !nodePattern.MatchString(given.ID) {
		faults = append(faults, fmt.Errorf("%q is no node id", given.ID))
	}
	given.PingStatus = cmp.Or(given.PingStatus, pingOnline)
	given.PlatformType = cmp.Or(given.PlatformType, "Linux")
	given.PlatformName = cmp.Or(given.PlatformName, "Amazon Linux")
	given.PlatformVersion = cmp.Or(given.PlatformVersion, "2023")
	given.AgentVersion = cmp.Or(given.AgentVersion, "3.3.3050.0")
	given.IPAddress = cmp.Or(given.IPAddress, "10.0.0.10")
	given.ComputerName = cmp.Or(given.ComputerName, given.ID+".internal")
	if !slices.Contains(pingStatuses, given.PingStatus) {
		faults = append(faults, fmt.Errorf("no ping status %q", given.PingStatus))
	}
	if !slices.Contains(platformTypes, given.PlatformType) {
		faults = append(faults, fmt.Errorf("no platform type %q", given.PlatformType))
	}
	given.Tags = maps.Clone(given.Tags)
	added := &node{Node: given}
	if given.PingStatus != pingOnline {
		added.lost = time.Now().Add(-time.Hour)
	}
	return added, errors.Join(faults...)
}

// RemoveNode stops a node: it is not listed any more. Executions on it go on.
func (f *fleet) RemoveNode(id string) {
	f.nodesMu.Lock()
	defer f.nodesMu.Unlock()
	if n := f.nodeByID(id); n != nil {
		n.removed = true
	}
}

// SetPing says whether the service hears the node's agent.
func (f *fleet) SetPing(id, status string) error {
	if !slices.Contains(pingStatuses, status) {
		return fmt.Errorf("set ping: no ping status %q", status)
	}
	f.nodesMu.Lock()
	defer f.nodesMu.Unlock()
	n := f.nodeByID(id)
	if n == nil || n.removed {
		return fmt.Errorf("set ping: no such node %q", id)
	}
	n.PingStatus, n.lost = status, time.Time{}
	if status != pingOnline {
		n.lost = time.Now()
	}
	return nil
}

// nodeByID finds removed nodes too. The lock is held.
func (f *fleet) nodeByID(id string) *node {
	for _, n := range f.nodes {
		if n.ID == id {
			return n
		}
	}
	return nil
}

func (n *node) resourceType() string {
	if strings.HasPrefix(n.ID, "mi-") {
		return resourceOnPrem
	}
	return resourceEC2
}

// nodeIn is the first node id among the values of an execution's parameters, by the parameters' names.
func nodeIn(parameters map[string][]string) string {
	for _, name := range sortedKeys(parameters) {
		for _, value := range parameters[name] {
			if nodePattern.MatchString(value) {
				return value
			}
		}
	}
	return ""
}

// sortedKeys is nil for a map without keys.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
