package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/settings"
)

// Page is the page function, a custom widget of the dashboard. It has no alarm: what goes wrong stands on the page, before who looks.
type Page struct {
	constructs.Construct
	Function awslambda.Function
	Role     awsiam.Role
	policy   awsiam.Policy
}

// PageProps is what the page is built from.
type PageProps struct {
	FunctionProps
	Runs *Runs
}

// pageMemory is in MB. The more of it, the more of a CPU: drawing 1,000 servers takes a tenth of a second of a whole one.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
const pageMemory = 1024

// NewPage makes the page function, which may write its log and read the table of runs.
func NewPage(scope constructs.Construct, id string, props *PageProps) *Page {
	p := &Page{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	name := settings.PagePrefix + nameOf(p.Construct)
	p.Role, p.policy = newRole(p.Construct, "What the page "+name+" may do", service("lambda.amazonaws.com", nil))
	group, _ := newLog(p.Construct, name, props.Deployment)
	operators := nameOf(p.Construct) + ":" + settings.OperatorsAlias
	p.Function = awslambda.NewFunction(p.Construct, jsii.String("Function"), &awslambda.FunctionProps{
		FunctionName: jsii.String(name),
		Description:  jsii.String("Shows the fleet on the dashboard; reads the table of runs, and nothing else"),
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
		Architecture: awslambda.Architecture_Custom(jsii.String(props.Architecture), nil),
		Handler:      jsii.String("bootstrap"),
		Code:         props.Code,
		MemorySize:   jsii.Number(pageMemory),
		Environment: &map[string]*string{
			settings.EnvMaxProcs: jsii.String(settings.MaxProcs), settings.EnvRunsTable: props.Runs.Table.TableName(),
			settings.EnvOperators: arnOf(p.Construct, "lambda", "function", operators, awscdk.ArnFormat_COLON_RESOURCE_NAME),
		},
		Timeout: awscdk.Duration_Seconds(jsii.Number(20)),
		Role: awsiam.Role_FromRoleArn(p.Construct, jsii.String("RoleOfFunction"), p.Role.RoleArn(),
			&awsiam.FromRoleArnOptions{Mutable: jsii.Bool(false)}),
		LogGroup: group,
	})
	p.Function.Node().AddDependency(p.policy)
	allow(p.policy, "WritePageLog", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, []*string{group.LogGroupArn()}, nil)
	props.Runs.GrantRead(p.policy)
	join(p.Function, p.policy, name, props.Deployment.Subnets, props.Deployment.SecurityGroups)
	reachThrough(p.Function, props.Deployment.Proxy, props.Deployment.NoProxy)
	return p
}

// widget is the page on a dashboard. It is asked again when the dashboard is refreshed or its size changes; its two weeks on either side of
// now are its own, whatever range the dashboard has.
func (p *Page) widget() awscloudwatch.IWidget {
	return awscloudwatch.NewCustomWidget(&awscloudwatch.CustomWidgetProps{
		Title: jsii.String("Fleet"), FunctionArn: p.Function.FunctionArn(), Width: jsii.Number(24), Height: jsii.Number(14),
		UpdateOnRefresh: jsii.Bool(true), UpdateOnResize: jsii.Bool(true), UpdateOnTimeRangeChange: jsii.Bool(false),
	})
}
