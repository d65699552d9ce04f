package events

import "slices"

// alarmMetric is one of an alarm's metrics, or an expression over them. The account is that of the metric, where it is not the
// alarm's own (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html). No published payload
// has a Region; one that has it is read the same way.
type alarmMetric struct {
	AccountID  string `json:"accountId"`
	Region     string `json:"region"`
	MetricStat struct {
		Metric struct {
			Dimensions map[string]string `json:"dimensions"`
		} `json:"metric"`
	} `json:"metricStat"`
}

// accountAttribute is the attribute by which a Metrics Insights query over several accounts tells their time series apart.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
const accountAttribute = "AWS.AccountId"

// dimensions gathers what the alarm's metrics and its contributor say the server is. A server of another account or Region may
// have the name of one here, so a metric from elsewhere names none; the second list says where from.
func dimensions(d alarmDetail, home Origin) (names, elsewhere []string) {
	add := func(values map[string]string, foreign string) {
		switch name, ok := values[DimensionName]; {
		case !ok:
		case foreign != "" && !slices.Contains(elsewhere, foreign):
			elsewhere = append(elsewhere, foreign)
		case foreign == "" && !slices.Contains(names, name):
			names = append(names, name)
		}
	}
	contributor := foreign(d.Contributor.Attributes[accountAttribute], "", home)
	for _, m := range d.Configuration.Metrics {
		from := foreign(m.AccountID, m.Region, home)
		add(m.MetricStat.Metric.Dimensions, from)
		if from != "" {
			contributor = from // an alarm with contributors watches one query
		}
	}
	add(d.Contributor.Attributes, contributor)
	return names, elsewhere
}

// foreign says whose a metric is; empty for one of the alarm's own account and Region.
func foreign(account, region string, home Origin) string {
	switch {
	case account != "" && account != home.Account:
		return "account " + quote(account)
	case region != "" && region != home.Region:
		return "Region " + quote(region)
	default:
		return ""
	}
}
