package ssm_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/local/simulator/simulatortest"
	"opsworks-maintenance/lambda/local/simulator/ssm"
)

func nodeFilter(key string, values ...string) types.InstanceInformationStringFilter {
	return types.InstanceInformationStringFilter{Key: aws.String(key), Values: values}
}

func TestService_DescribeInstanceInformation_Filters(t *testing.T) {
	s := newService(t, ssm.Config{})
	must(t, s.AddNode(ssm.Node{ID: "i-0123456789abcdef1", Tags: map[string]string{"maintenance-server": "automate-06", "role": "spare"}}))
	must(t, s.AddNode(ssm.Node{ID: "i-0123456789abcdef2", PlatformType: "Windows"}))
	s.RemoveNode("i-0123456789abcdef2")
	must(t, s.SetPing(otherID, "ConnectionLost"))
	client := newClient(t, s, 1)

	for name, test := range map[string]struct {
		filters []types.InstanceInformationStringFilter
		want    string
	}{
		"none":  {nil, "f0 f0 f1"},
		"a tag": {[]types.InstanceInformationStringFilter{nodeFilter("tag:maintenance-server", "automate-06")}, "f0 f1"},
		"any of a tag's values": {[]types.InstanceInformationStringFilter{nodeFilter("tag:maintenance-server", "automate-06", "puppet-01")},
			"f0 f0 f1"},
		"a tag nobody has":        {[]types.InstanceInformationStringFilter{nodeFilter("tag:colour", "blue")}, ""},
		"tags are case-sensitive": {[]types.InstanceInformationStringFilter{nodeFilter("tag:maintenance-server", "Automate-06")}, ""},
		"two tags": {[]types.InstanceInformationStringFilter{nodeFilter("tag:maintenance-server", "automate-06"),
			nodeFilter("tag:role", "spare")}, "f1"},
		"a tag key":           {[]types.InstanceInformationStringFilter{nodeFilter("tag-key", "role")}, "f1"},
		"ids":                 {[]types.InstanceInformationStringFilter{nodeFilter("InstanceIds", nodeID)}, "f0"},
		"a stopped node's id": {[]types.InstanceInformationStringFilter{nodeFilter("InstanceIds", "i-0123456789abcdef2")}, ""},
		"a ping status":       {[]types.InstanceInformationStringFilter{nodeFilter("PingStatus", "ConnectionLost")}, "f0"},
		"two keys": {[]types.InstanceInformationStringFilter{nodeFilter("ResourceType", "EC2Instance"), nodeFilter("PingStatus",
			"Online")}, "f0 f1"},
		"a platform that is there": {[]types.InstanceInformationStringFilter{nodeFilter("PlatformTypes", "Linux")}, "f0 f0 f1"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := client.DescribeInstanceInformation(t.Context(), &sdk.DescribeInstanceInformationInput{Filters: test.filters})
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

func TestService_DescribeInstanceInformation_Errors(t *testing.T) {
	client := newClient(t, newService(t, ssm.Config{}), 1)
	ask := func(in *sdk.DescribeInstanceInformationInput) error {
		_, err := client.DescribeInstanceInformation(t.Context(), in)
		return err
	}
	filters := func(list ...types.InstanceInformationStringFilter) *sdk.DescribeInstanceInformationInput {
		return &sdk.DescribeInstanceInformationInput{Filters: list}
	}
	simulatortest.WantType[*types.InvalidFilterKey](t, ask(filters(nodeFilter("tag:a", "b"), nodeFilter("PingStatus", "Online"))))
	simulatortest.WantType[*types.InvalidFilterKey](t, ask(filters(nodeFilter("Colour", "b"))))
	simulatortest.WantType[*types.InvalidFilterKey](t, ask(filters(nodeFilter("tag:", "b"))))
	simulatortest.WantType[*types.InvalidInstanceInformationFilterValue](t, ask(filters(nodeFilter("PingStatus", "Fine"))))
	simulatortest.WantType[*types.InvalidInstanceId](t, ask(filters(nodeFilter("InstanceIds", "i-0123456789abcdeff"))))
	simulatortest.WantType[*types.InvalidNextToken](t, ask(&sdk.DescribeInstanceInformationInput{NextToken: aws.String("x")}))
	simulatortest.WantCode(t, ask(&sdk.DescribeInstanceInformationInput{MaxResults: aws.Int32(4)}), "ValidationException")
	simulatortest.WantCode(t, ask(&sdk.DescribeInstanceInformationInput{MaxResults: aws.Int32(51)}), "ValidationException")
	simulatortest.WantCode(t, ask(filters(nodeFilter("tag:a", []string{}...))), "ValidationException")
	simulatortest.WantCode(t, ask(&sdk.DescribeInstanceInformationInput{InstanceInformationFilterList: []types.InstanceInformationFilter{
		{Key: "PingStatus", ValueSet: []string{"Online"}}}}), "ValidationException")
}

func TestService_DescribeInstanceInformation_Pages(t *testing.T) {
	s := ssm.New(ssm.Config{})
	var want []string
	for i := range 23 {
		id := fmt.Sprintf("i-%017d", i)
		must(t, s.AddNode(ssm.Node{ID: id, Tags: map[string]string{"a": "b"}}))
		want = append(want, id)
	}
	s.RemoveNode(want[10])
	want = slices.Delete(want, 10, 11)
	client := newClient(t, s, 1)
	in := &sdk.DescribeInstanceInformationInput{Filters: []types.InstanceInformationStringFilter{nodeFilter("tag:a", "b")}}

	first, err := client.DescribeInstanceInformation(t.Context(), in)
	must(t, err)
	if len(first.InstanceInformationList) != 10 || *first.NextToken == "" {
		t.Fatalf("a first page of %d, token %q", len(first.InstanceInformationList), *first.NextToken)
	}
	_, err = client.DescribeInstanceInformation(t.Context(), &sdk.DescribeInstanceInformationInput{NextToken: first.NextToken})
	simulatortest.WantType[*types.InvalidNextToken](t, err) // of another list

	in.MaxResults = aws.Int32(5)
	var got, sizes []string
	for pages := sdk.NewDescribeInstanceInformationPaginator(client, in); pages.HasMorePages(); {
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

func TestService_AddNode(t *testing.T) {
	s := newService(t, ssm.Config{})
	for _, bad := range []ssm.Node{
		{}, {ID: "automate-06"}, {ID: nodeID}, {ID: "i-0123456789abcdef9", PingStatus: "Fine"}, {ID: "i-0123456789abcdef9",
			PlatformType: "Amiga"},
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
	must(t, s.AddNode(ssm.Node{ID: nodeID, PingStatus: "ConnectionLost"}))
	post(t, s, "DescribeInstanceInformation", `{"Filters":[{"Key":"InstanceIds","Values":["`+nodeID+`"]}]}`).
		Has(t, `"PingStatus":"ConnectionLost"`)
}
