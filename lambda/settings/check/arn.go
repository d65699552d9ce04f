package check

import (
	"regexp"
	"strings"
)

// ARN is the name of an AWS resource, in its parts.
type ARN struct{ Partition, Service, Region, Account, Resource string }

// ParseARN tells whether a text has the parts of an ARN, and not what they name.
func ParseARN(text string) (ARN, bool) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return ARN{}, false
	}
	return ARN{Partition: parts[1], Service: parts[2], Region: parts[3], Account: parts[4], Resource: parts[5]}, true
}

// What becomes a resource in an IAM policy is one name or one ARN: a star or a question mark in it would be a wildcard there.
var (
	documentName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,128}$`)
	accountID    = regexp.MustCompile(`^[0-9]{12}$`)
	regionName   = regexp.MustCompile(`^[a-z]{2,5}(-[a-z]+)+-[0-9]{1,2}$`)
	roleName     = regexp.MustCompile(`^role/([\w+=,.@-]+/)*[\w+=,.@-]{1,64}$`)
)

// partitions by how the names of their Regions begin; all other Regions are of the partition aws.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
var partitions = []struct{ regions, partition string }{
	{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"us-iso-", "aws-iso"}, {"us-isob-", "aws-iso-b"}, {"eu-isoe-", "aws-iso-e"},
	{"us-isof-", "aws-iso-f"}, {"eusc-", "aws-eusc"},
}

// PartitionOf is the partition that a Region belongs to.
func PartitionOf(region string) string {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.regions) {
			return p.partition
		}
	}
	return "aws"
}

// OwnedByAWS tells whether a document's name is one that only AWS can give: customers' names do not begin so.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html
func OwnedByAWS(document string) bool {
	name := strings.ToLower(document)
	return strings.HasPrefix(name, "aws") || strings.HasPrefix(name, "amazon") || strings.HasPrefix(name, "amzn")
}

// isDocument tells whether a text is the name or ARN of one document of Systems Manager. In an ARN, the documents of AWS have no account,
// and all others have one.
func isDocument(text string) bool {
	a, isARN := ParseARN(text)
	if !isARN {
		return documentName.MatchString(text)
	}
	name, document := strings.CutPrefix(a.Resource, "document/")
	if !document || a.Service != "ssm" || !regionName.MatchString(a.Region) || a.Partition != PartitionOf(a.Region) {
		return false
	}
	return documentName.MatchString(name) && (OwnedByAWS(name) && a.Account == "" || !OwnedByAWS(name) && accountID.MatchString(a.Account))
}

// isRole tells whether a text is the ARN of one role.
func isRole(text string) bool {
	a, isARN := ParseARN(text)
	return isARN && a.Service == "iam" && a.Region == "" && isPartition(a.Partition) && accountID.MatchString(a.Account) &&
		roleName.MatchString(a.Resource)
}

func isPartition(name string) bool {
	for _, p := range partitions {
		if name == p.partition {
			return true
		}
	}
	return name == "aws"
}
