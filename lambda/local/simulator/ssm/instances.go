package ssm

import (
	"slices"
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

// nodesPerPage is the documented default of DescribeInstanceInformation.
const nodesPerPage = 10

// nodeShape is the InstanceInformation structure on the wire, without what the simulator knows nothing of (associations, roles,
// activations).
type nodeShape struct {
	InstanceID       string `json:"InstanceId"`
	PingStatus       string
	LastPingDateTime simulator.Timestamp
	AgentVersion     string
	IsLatestVersion  bool
	PlatformType     string
	PlatformName     string
	PlatformVersion  string
	ResourceType     string
	IPAddress        string
	ComputerName     string
	Name             string `json:",omitempty"`
}

func (n *node) shape() nodeShape {
	ping := n.lost
	if ping.IsZero() {
		ping = time.Now()
	}
	shape := nodeShape{
		InstanceID: n.ID, PingStatus: n.PingStatus, LastPingDateTime: simulator.Timestamp(ping), AgentVersion: n.AgentVersion,
		PlatformType: n.PlatformType, PlatformName: n.PlatformName, PlatformVersion: n.PlatformVersion,
		ResourceType: n.resourceType(), IPAddress: n.IPAddress, ComputerName: n.ComputerName,
	}
	if shape.ResourceType == resourceOnPrem { // an EC2 instance's name is a tag, which this operation does not return
		shape.Name = n.Name
	}
	return shape
}

// describeInstanceInformation follows API_DescribeInstanceInformation: stopped nodes are not listed. NextToken is the empty
// string on the last page, as that page says.
func (f *fleet) describeInstanceInformation(in simulator.Members) (any, error) {
	input, err := listIn(in, "DescribeInstanceInformation")
	if err != nil {
		return nil, err
	}
	var check validation
	check.list(input, 5, 100)
	if err := check.Failure(); err != nil {
		return nil, err
	}
	if _, legacy := in["InstanceInformationFilterList"]; legacy {
		return nil, simulator.Invalid("InstanceInformationFilterList is deprecated and not simulated. Use Filters.")
	}

	f.nodesMu.Lock()
	defer f.nodesMu.Unlock()
	if err := f.checkNodeFilters(input.filters); err != nil {
		return nil, err
	}
	next, size, err := pageOf(f.source, input, 0, nodesPerPage)
	if err != nil {
		return nil, err
	}
	output := struct {
		InstanceInformationList []nodeShape
		NextToken               string
	}{InstanceInformationList: []nodeShape{}}
	for ; next < len(f.nodes); next++ {
		if n := f.nodes[next]; !n.removed && n.passes(input.filters) {
			if len(output.InstanceInformationList) == size {
				output.NextToken = f.source.Token(input.scope, next)
				break
			}
			output.InstanceInformationList = append(output.InstanceInformationList, n.shape())
		}
	}
	return output, nil
}

// checkNodeFilters: that tags do not go with other keys is documented, that the exception is InvalidFilterKey is our choice.
// Tags may be combined with tags; that all of them must then hold is our choice too. The lock is held.
func (f *fleet) checkNodeFilters(filters []filter) error {
	tags := 0
	for _, given := range filters {
		if isTagKey(*given.key) {
			tags++
			continue
		}
		if err := f.checkNodeFilter(*given.key, given.values); err != nil {
			return err
		}
	}
	if tags > 0 && tags < len(filters) {
		return badFilterKey("Tag filters cannot be combined with other filters.")
	}
	return nil
}

func isTagKey(key string) bool {
	return key == "tag-key" || strings.HasPrefix(key, "tag:") && len(key) > len("tag:")
}

// checkNodeFilter refuses the service's other keys, of whose values the simulator knows nothing, as if they did not exist.
func (f *fleet) checkNodeFilter(key string, values []string) error {
	enums := map[string][]string{"PingStatus": pingStatuses, "PlatformTypes": platformTypes, "ResourceType": resourceTypes}
	for _, value := range values {
		switch {
		case key == "InstanceIds":
			// "If you specify a node ID that isn't valid or a node that you don't own, you receive an error."
			if f.nodeByID(value) == nil {
				return badNodeID(value)
			}
		case enums[key] == nil:
			return badFilterKey("No filter key " + key + ".")
		case !slices.Contains(enums[key], value):
			return badNodeFilterValue("No value " + value + " for the filter key " + key + ".")
		}
	}
	return nil
}

// passes: every filter must hold, by any of its values.
func (n *node) passes(filters []filter) bool {
	for _, given := range filters {
		var own []string
		switch key := *given.key; key {
		case "tag-key":
			own = sortedKeys(n.Tags)
		case "InstanceIds":
			own = []string{n.ID}
		case "PingStatus":
			own = []string{n.PingStatus}
		case "PlatformTypes":
			own = []string{n.PlatformType}
		case "ResourceType":
			own = []string{n.resourceType()}
		default:
			if value, has := n.Tags[strings.TrimPrefix(key, "tag:")]; has {
				own = []string{value}
			}
		}
		if !slices.ContainsFunc(own, func(value string) bool { return slices.Contains(given.values, value) }) {
			return false
		}
	}
	return true
}
