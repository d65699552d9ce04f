package alarms

import "strings"

// suffixes are the partitions' domains, by how the names of their Regions begin; all other Regions are of the first, as those of GovCloud.
// https://github.com/aws/aws-sdk-go-v2/blob/v1.48.0/internal/endpoints/awsrulesfn/partitions.json
var suffixes = []struct{ regions, domain string }{
	{"cn-", "amazonaws.com.cn"}, {"eusc-", "amazonaws.eu"}, {"us-iso-", "c2s.ic.gov"}, {"us-isob-", "sc2s.sgov.gov"},
	{"eu-isoe-", "cloud.adc-e.uk"}, {"us-isof-", "csp.hci.ic.gov"},
}

// Endpoint is where CloudWatch is in a Region.
// https://docs.aws.amazon.com/general/latest/gr/cw_region.html
func Endpoint(region string) string {
	domain := "amazonaws.com"
	for _, s := range suffixes {
		if strings.HasPrefix(region, s.regions) {
			domain = s.domain
		}
	}
	return "https://monitoring." + region + "." + domain
}
