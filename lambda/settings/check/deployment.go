package check

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
)

// Deployment is what the document says of the stack, and not of maintenance. The function never sees it. What is empty or zero is left to
// the stack.
type Deployment struct {
	// Name is the stack, the function, and what the names of all else begin with. It is never empty.
	Name                  string
	Memory                int    // of the function, in MB
	LogRetentionDays      int    // of the log group that the stack makes
	LogGroup              string // one that is there already
	Key                   string // the ARN of a KMS key for the topics
	RolePath              string // of the stack's roles
	Subnets               []string
	SecurityGroups        []string
	Proxy                 string // the URL through which the function reaches AWS
	NoProxy               []string
	TerminationProtection bool
}

// readName reads the name of the deployment. Names of documents begin with it, and Scheduler has a group of its own.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html
func readName(o object) string {
	name, found := o.text("name")
	if !found {
		return settings.DefaultName
	}
	switch {
	case !maintenance.ValidServerName(name):
		o.fault("name", quoted(name)+" cannot name a stack here; write 1 to 40 letters, digits and dashes, a letter first")
	case strings.EqualFold(name, "default") || OwnedByAWS(name):
		o.fault("name", quoted(name)+" is reserved by AWS; write a name that does not begin with aws, amazon or amzn, and is not default")
	default:
		return name
	}
	return settings.DefaultName
}

// retentionDays are those that CloudWatch Logs keeps.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var retentionDays = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// What AWS takes for a name of these kinds.
var (
	logGroupName  = regexp.MustCompile(`^[a-zA-Z0-9_/.#-]{1,512}$`)
	keyARN        = regexp.MustCompile(`^arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$`)
	rolePath      = regexp.MustCompile(`^/([!-.0-~]+/)*$`)
	subnetID      = regexp.MustCompile(`^subnet-[0-9a-f]{8,17}$`)
	securityGroup = regexp.MustCompile(`^sg-[0-9a-f]{8,17}$`)
	noProxyHost   = regexp.MustCompile(`^[a-zA-Z0-9.:/*-]+$`)
)

// readDeployment reads the keys that a company may ask for. Nothing of it is required.
func readDeployment(o object) Deployment {
	d := Deployment{Name: readName(o)}
	v, found := o.find("deployment")
	if !found {
		return d
	}
	in, ok := o.parser.open(v, o.at.member("deployment"), keysOf[deploymentKeys]())
	if !ok {
		return d
	}
	d.Memory = in.countFromOne("memory", 0)
	if in.has("memory") && d.Memory != 0 && (d.Memory < 128 || d.Memory > 10240) {
		in.fault("memory", fmt.Sprintf("%d MB is not possible; Lambda gives 128 to 10240", d.Memory))
	}
	d.LogRetentionDays = in.countFromOne("logRetentionDays", 0)
	if d.LogRetentionDays != 0 && !slices.Contains(retentionDays, d.LogRetentionDays) {
		in.fault("logRetentionDays", fmt.Sprintf("CloudWatch keeps no log for %d days; write one of %s",
			d.LogRetentionDays, numbers(retentionDays)))
	}
	d.LogGroup = in.matching("logGroup", logGroupName, "the name of a log group; write for example /company/maintenance")
	for _, function := range []string{d.Name, settings.PagePrefix + d.Name} {
		if strings.EqualFold(d.LogGroup, settings.LogGroupPrefix+function) {
			in.fault("logGroup", "is the stack's own, which the deploy would take away; name another, that is there already")
		}
	}
	if d.LogGroup != "" && in.has("logRetentionDays") {
		in.fault("logRetentionDays", "goes without logGroup only; the one who makes the log group says how long it keeps")
	}
	d.Key = in.matching("key", keyARN, "the ARN of a KMS key; write arn:aws:kms:<region>:<account>:key/<id>")
	d.RolePath = in.matching("rolePath", rolePath, "the path of a role; write for example /service/, with a slash at both ends")
	d.Subnets = in.allMatching("subnets", subnetID, "the id of a subnet; write subnet- and its digits")
	d.SecurityGroups = in.allMatching("securityGroups", securityGroup, "the id of a security group; write sg- and its digits")
	if in.has("subnets") != in.has("securityGroups") {
		in.parser.fault(in.at, `must have "subnets" and "securityGroups" together, or none of them`)
	}
	d.Proxy = readProxy(in)
	d.NoProxy = in.allMatching("noProxy", noProxyHost, "a host that is reached without the proxy; write its name or address")
	if in.has("noProxy") && !in.has("proxy") {
		in.fault("noProxy", "goes with proxy only; remove it")
	}
	d.TerminationProtection = in.boolean("terminationProtection", false)
	return d
}

func readProxy(o object) string {
	text, found := o.text("proxy")
	if !found {
		return ""
	}
	address, err := url.Parse(text)
	if err != nil || address.Scheme != "http" && address.Scheme != "https" || address.Hostname() == "" {
		o.fault("proxy", quoted(text)+" is not the URL of a proxy; write http://host:port")
		return ""
	}
	if address.User != nil { // it would lie readable in the template
		o.fault("proxy", "must be a URL without user and password; let the proxy know the function by its address")
		return ""
	}
	return text
}

// matching reads a text that has a form; the fault says what it is not, and what to write.
func (o object) matching(key string, form *regexp.Regexp, what string) string {
	text, found := o.text(key)
	if found && !form.MatchString(text) {
		o.fault(key, quoted(text)+" is not "+what)
		return ""
	}
	return text
}

// allMatching reads a list of such texts, which is not empty if it is there.
func (o object) allMatching(key string, form *regexp.Regexp, what string) []string {
	if v, found := o.find(key); found && v.kind == kindList && len(v.parts) == 0 {
		o.fault(key, "lists nothing; leave it out")
	}
	var all []string
	o.texts(key, func(i int, text string) {
		if !form.MatchString(text) {
			o.itemFault(key, i, quoted(text)+" is not "+what)
			return
		}
		all = append(all, text)
	})
	return all
}

func numbers(all []int) string {
	texts := make([]string, len(all))
	for i, n := range all {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ", ")
}
