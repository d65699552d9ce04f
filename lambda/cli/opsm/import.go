package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	tagging "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"

	"opsworks-maintenance/lambda/settings/importing"
)

// importCommand makes a settings document of what is there already.
type importCommand struct {
	File    string `arg:"" optional:"" help:"The file, or - for standard input."`
	Nodes   bool   `help:"Take the EC2 instances and managed nodes that carry the tag, in place of a file. It needs tag:GetResources."`
	Runbook string `placeholder:"NAME" help:"With -nodes: the runbook that maintains them."`
	TagKey  string `placeholder:"KEY" help:"With -nodes: the key of the tag (default: maintenance-server)."`
}

// Help is shown by kong.
func (importCommand) Help() string {
	return "FILE is a CloudFormation template with AWS::OpsWorksCM::Server, JSON or YAML, or what aws opsworks-cm describe-servers " +
		"printed. The settings document goes to stdout, to lie under maintenance in the context of cdk.json. What is left to fill in, " +
		"and what has no place in it, goes to stderr."
}

// Validate is asked by kong.
func (c importCommand) Validate() error {
	switch {
	case (c.File == "") != c.Nodes:
		return errors.New("give either FILE or -nodes")
	case c.Nodes && c.Runbook == "":
		return errors.New("give -runbook NAME: a node does not say what runs on it")
	case !c.Nodes && (c.Runbook != "" || c.TagKey != ""):
		return errors.New("-runbook and -tag-key go with -nodes")
	}
	return nil
}

// Run is called by kong.
func (c importCommand) Run(ctx context.Context, s *session) error {
	result, err := c.result(ctx, s)
	if err != nil {
		return err
	}
	if err := s.print(strings.TrimRight(string(result.Document), "\n") + "\n"); err != nil {
		return err
	}
	return result.Notes(s.err)
}

func (c importCommand) result(ctx context.Context, s *session) (importing.Result, error) {
	switch {
	case c.Nodes:
		return importing.Tagged(ctx, tagged{s}, c.TagKey, c.Runbook)
	case c.File == "-":
		return importing.Document(s.in)
	}
	file, err := os.Open(c.File)
	if err != nil {
		return importing.Result{}, err
	}
	defer func() { _ = file.Close() }()
	return importing.Document(io.Reader(file))
}

// tagged finds nodes by their tags. Systems Manager itself gives no tags of EC2 instances.
type tagged struct{ *session }

// Tagged implements importing.Nodes.
func (t tagged) Tagged(ctx context.Context, key string) (nodes []importing.Node, err error) {
	pages := tagging.NewGetResourcesPaginator(tagging.NewFromConfig(t.aws), &tagging.GetResourcesInput{
		ResourceTypeFilters: []string{"ec2:instance", "ssm:managed-instance"}, TagFilters: []types.TagFilter{{Key: aws.String(key)}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, t.explain(err, "tag:GetResources", "*")
		}
		for _, resource := range page.ResourceTagMappingList {
			arn := aws.ToString(resource.ResourceARN)
			for _, tag := range resource.Tags {
				if aws.ToString(tag.Key) == key {
					nodes = append(nodes, importing.Node{ID: arn[strings.LastIndexByte(arn, '/')+1:], Server: aws.ToString(tag.Value)})
				}
			}
		}
	}
	return nodes, nil
}
