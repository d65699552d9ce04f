package simulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/local/simulator"
)

func nodeFilter(key string, values ...string) types.InstanceInformationStringFilter {
	return types.InstanceInformationStringFilter{Key: aws.String(key), Values: values}
}

func TestSSM_DescribeInstanceInformation_Filters(t *testing.T) {
	s := newSSM(t, simulator.SSMConfig{})
	must(t, s.AddNode(simulator.Node{ID: "i-0123456789abcdef1", Tags: map[string]string{"maintenance-server": "automate-06", "role": "spare"}}))
	must(t, s.AddNode(simulator.Node{ID: "i-0123456789abcdef2", PlatformType: "Windows"}))
	s.RemoveNode("i-0123456789abcdef2")
	must(t, s.SetPing(otherID, "ConnectionLost"))
	client := ssmClient(t, s, 1)

	for name, test := range map[string]struct {
		filters []types.InstanceInformationStringFilter
		want    string
	}{
		"none":                     {nil, "f0 f0 f1"},
		"a tag":                    {[]types.InstanceInformationStringFilter{nodeFilter("tag:maintenance-server", "automate-06")}, "f0 f1"},
		"any of a tag's values":    {[]types.InstanceInformationStringFilter{nodeFilter("tag:maintenance-server", "automate-06", "puppet-01")}, "f0 f0 f1"},
		"a tag nobody has":         {[]types.InstanceInformationStringFilter{nodeFilter("tag:colour", "blue")}, ""},
		"tags are case-sensitive":  {[]types.InstanceInformationStringFilter{nodeFilter("tag:maintenance-server", "Automate-06")}, ""},
		"two tags":                 {[]types.InstanceInformationStringFilter{nodeFilter("tag:maintenance-server", "automate-06"), nodeFilter("tag:role", "spare")}, "f1"},
		"a tag key":                {[]types.InstanceInformationStringFilter{nodeFilter("tag-key", "role")}, "f1"},
		"ids":                      {[]types.InstanceInformationStringFilter{nodeFilter("InstanceIds", nodeID)}, "f0"},
		"a stopped node's id":      {[]types.InstanceInformationStringFilter{nodeFilter("InstanceIds", "i-0123456789abcdef2")}, ""},
		"a ping status":            {[]types.InstanceInformationStringFilter{nodeFilter("PingStatus", "ConnectionLost")}, "f0"},
		"two keys":                 {[]types.InstanceInformationStringFilter{nodeFilter("ResourceType", "EC2Instance"), nodeFilter("PingStatus", "Online")}, "f0 f1"},
		"a platform that is there": {[]types.InstanceInformationStringFilter{nodeFilter("PlatformTypes", "Linux")}, "f0 f0 f1"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := client.DescribeInstanceInformation(t.Context(), &ssm.DescribeInstanceInformationInput{Filters: test.filters})
			must(t, err)
			var got []string
			for _, n := range out.InstanceInformationList {
				got = append(got, (*n.InstanceId)[len(*n.InstanceId)-2:])
			}
			if strings.Join(got, " ") != test.want || out.NextToken == nil || *out.NextToken != "" {
				t.Errorf("got %q and token %v, want %q", got, out.NextToken, test.want)
			}
		})
	}
}

func TestSSM_DescribeInstanceInformation_Errors(t *testing.T) {
	client := ssmClient(t, newSSM(t, simulator.SSMConfig{}), 1)
	ask := func(in *ssm.DescribeInstanceInformationInput) error {
		_, err := client.DescribeInstanceInformation(t.Context(), in)
		return err
	}
	filters := func(list ...types.InstanceInformationStringFilter) *ssm.DescribeInstanceInformationInput {
		return &ssm.DescribeInstanceInformationInput{Filters: list}
	}
	wantType[*types.InvalidFilterKey](t, ask(filters(nodeFilter("tag:a", "b"), nodeFilter("PingStatus", "Online"))))
	wantType[*types.InvalidFilterKey](t, ask(filters(nodeFilter("Colour", "b"))))
	wantType[*types.InvalidFilterKey](t, ask(filters(nodeFilter("tag:", "b"))))
	wantType[*types.InvalidInstanceInformationFilterValue](t, ask(filters(nodeFilter("PingStatus", "Fine"))))
	wantType[*types.InvalidInstanceId](t, ask(filters(nodeFilter("InstanceIds", "i-0123456789abcdeff"))))
	wantType[*types.InvalidNextToken](t, ask(&ssm.DescribeInstanceInformationInput{NextToken: aws.String("x")}))
	wantCode(t, ask(&ssm.DescribeInstanceInformationInput{MaxResults: aws.Int32(4)}), "ValidationException")
	wantCode(t, ask(&ssm.DescribeInstanceInformationInput{MaxResults: aws.Int32(51)}), "ValidationException")
	wantCode(t, ask(filters(nodeFilter("tag:a", []string{}...))), "ValidationException")
	wantCode(t, ask(&ssm.DescribeInstanceInformationInput{InstanceInformationFilterList: []types.InstanceInformationFilter{
		{Key: "PingStatus", ValueSet: []string{"Online"}}}}), "ValidationException")
}

func TestSSM_DescribeInstanceInformation_Pages(t *testing.T) {
	s := simulator.NewSSM(simulator.SSMConfig{})
	var want []string
	for i := range 23 {
		id := fmt.Sprintf("i-%017d", i)
		must(t, s.AddNode(simulator.Node{ID: id, Tags: map[string]string{"a": "b"}}))
		want = append(want, id)
	}
	s.RemoveNode(want[10])
	want = slices.Delete(want, 10, 11)
	client := ssmClient(t, s, 1)
	in := &ssm.DescribeInstanceInformationInput{Filters: []types.InstanceInformationStringFilter{nodeFilter("tag:a", "b")}}

	first, err := client.DescribeInstanceInformation(t.Context(), in)
	must(t, err)
	if len(first.InstanceInformationList) != 10 || *first.NextToken == "" {
		t.Fatalf("a first page of %d, token %q", len(first.InstanceInformationList), *first.NextToken)
	}
	_, err = client.DescribeInstanceInformation(t.Context(), &ssm.DescribeInstanceInformationInput{NextToken: first.NextToken})
	wantType[*types.InvalidNextToken](t, err) // of another list

	in.MaxResults = aws.Int32(5)
	var got, sizes []string
	for pages := ssm.NewDescribeInstanceInformationPaginator(client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		sizes = append(sizes, fmt.Sprint(len(page.InstanceInformationList)))
		for _, n := range page.InstanceInformationList {
			got = append(got, *n.InstanceId)
		}
	}
	if !slices.Equal(got, want) || strings.Join(sizes, " ") != "5 5 5 5 2" {
		t.Errorf("pages of %s: %q", sizes, got)
	}
}

func TestSSM_AddNode(t *testing.T) {
	s := newSSM(t, simulator.SSMConfig{})
	for _, bad := range []simulator.Node{
		{}, {ID: "automate-06"}, {ID: nodeID}, {ID: "i-0123456789abcdef9", PingStatus: "Fine"}, {ID: "i-0123456789abcdef9", PlatformType: "Amiga"},
	} {
		if s.AddNode(bad) == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
	if s.SetPing(nodeID, "Fine") == nil || s.SetPing("i-0123456789abcdef9", "Online") == nil {
		t.Error("an unknown status or node was accepted")
	}
	s.RemoveNode(nodeID)
	s.RemoveNode("nobody")
	if s.SetPing(nodeID, "Online") == nil {
		t.Error("a node that is stopped was heard")
	}
	must(t, s.AddNode(simulator.Node{ID: nodeID, PingStatus: "ConnectionLost"}))
	askSSM(t, s, "DescribeInstanceInformation", `{"Filters":[{"Key":"InstanceIds","Values":["`+nodeID+`"]}]}`).
		has(t, `"PingStatus":"ConnectionLost"`)
}
