package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
)

// Go's HTTP clients read these; what Lambda's runtime itself asks is on the same machine, and goes through no proxy.
// https://pkg.go.dev/net/http#ProxyFromEnvironment
const (
	envProxy   = "HTTPS_PROXY"
	envNoProxy = "NO_PROXY"
)

// join has a function run in subnets of the user's. It is Lambda that makes the network interfaces, in the function's name: the
// function's own code is denied it. The policy is that of the function's role.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
func join(f awslambda.Function, policy awsiam.Policy, name string, subnets, securityGroups []string) {
	if len(subnets) == 0 {
		return
	}
	f.Node().DefaultChild().(awslambda.CfnFunction).SetVpcConfig(&awslambda.CfnFunction_VpcConfigProperty{
		SubnetIds: jsii.Strings(subnets...), SecurityGroupIds: jsii.Strings(securityGroups...),
	})
	interfaces, anything := []string{
		"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
		"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
	}, []*string{jsii.String("*")}
	allow(policy, "JoinSubnets", interfaces, anything, nil)
	// By its name: the function waits for this policy.
	function := arnOf(f, "lambda", "function", name, awscdk.ArnFormat_COLON_RESOURCE_NAME)
	deny(policy, "LeaveSubnetsToLambda", interfaces, anything,
		&map[string]any{"ArnEquals": map[string]any{"lambda:SourceFunctionArn": function}})
}

// reachThrough has a function reach AWS through a proxy, but for some hosts.
func reachThrough(f awslambda.Function, proxy string, but []string) {
	if proxy == "" {
		return
	}
	f.AddEnvironment(jsii.String(envProxy), jsii.String(proxy), nil)
	if len(but) > 0 {
		f.AddEnvironment(jsii.String(envNoProxy), jsii.String(strings.Join(but, ",")), nil)
	}
}
