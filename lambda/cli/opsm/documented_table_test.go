package main

// scene is what a command finds, how it has to end, and what of its answer is promised, as a regular expression.
type scene struct {
	finds string // a key of stages
	exit  int
	says  string
}

// The answers begin so in a pipe, and hold this where the AWS CLI prints them.
const (
	started   = `(?m)(^|"outcome":")started\b`
	cancelled = `(?m)(^|"outcome":")cancelled\b`
	closed    = `(?m)^failed\tclosed-by-hand|"reason":"closed-by-hand"`
	stopping  = `(?m)^in-progress\tstopping|"reason":"stopping"`
	manual    = `(?m)^trigger\tmanual\tstarted|"trigger":"manual","outcome":"started"`
	held      = `^held\t`
	released  = `(?m)(^|"outcome":")released\b`
)

var (
	stops = []scene{{"waiting", 0, cancelled}, {"running", 0, stopping}}
	byAWS = ` | aws lambda invoke --function-name opsworks-maintenance:operators --payload fileb:///dev/stdin /dev/stdout`
)

// played are the commands that the local system can answer, by what general makes of them.
var played = map[string][]scene{
	`aws cloudwatch set-alarm-state --alarm-name NAME-disk --state-value ALARM --state-reason "trying the maintenance function"`: {
		{"idle", 0, `^$`}},
	"make":             {{"idle", 0, `(?m)^  make status `}},
	"make status":      {{"idle", 0, `(?m)^server\tpuppet-01\tidle`}},
	"opsm status":      {{"waiting", 0, `(?m)^server\tpuppet-01\twaiting\t[^\t]+\toutside-window`}},
	"opsm help json":   {{"idle", 0, `^What opsm prints with -json\.`}},
	"make opsm":        {{"idle", 0, `^$`}},
	"opsm release":     {{"idle", 64, `give either -server NAME or -fleet`}},
	"make redrive":     {{"letters", 0, `\thandled\t(.*\n)*.*\tnot-sent\t`}},
	"opsm redrive":     {{"letters", 0, `\thandled\t(.*\n)*.*\tnot-sent\t`}},
	"make stop RUN=ID": stops, "make stop SERVER=NAME": stops, "opsm stop -run ID": stops,
	"make close RUN=ID": {{"late", 0, closed}}, "opsm close -run ID": {{"late", 0, closed}},
	"make plan SERVER=NAME": {{"idle", 0, manual}}, "opsm plan -server NAME": {{"idle", 0, manual}},
	"make start SERVER=NAME": {{"idle", 0, started}}, "opsm start -server NAME": {{"idle", 0, started}},
	"make start RUN=ID":                                  {{"throttled", 0, started}},
	"make history SERVER=NAME":                           {{"running", 0, `^puppet-01-\S+\trunning\t\tmanual\t`}},
	"opsm history -server NAME":                          {{"waiting", 0, `^puppet-01-\S+\twaiting\toutside-window\tschedule\tweekly\t`}},
	"opsm start -run ID -override window":                {{"waiting", 0, started}},
	"opsm start -run ID -override calendar":              {{"calendar", 0, started}},
	"opsm start -server NAME -override window":           {{"closed", 0, started}},
	"opsm start -server NAME -override calendar":         {{"calendar", 0, started}},
	"REQUESTS=delete make redrive":                       {{"letters", 0, `\thandled\t(.*\n)*.*\tdeleted\t`}},
	"opsm approve -run ID":                               {{"waiting", 1, `^refused\tnot-asked\t`}, {"approval", 0, started}},
	"opsm hold -server NAME -for 8h -reason TEXT":        {{"idle", 0, held}},
	"opsm hold -server NAME":                             {{"idle", 0, held}},
	"opsm hold -fleet -for 8h -reason 'licence renewal'": {{"idle", 0, held}},
	"opsm release -server NAME":                          {{"idle", 1, `^refused\thold-unchanged\t`}, {"held", 0, released}},
	"opsm release -fleet":                                {{"fleet", 0, released}},
	"opsm release -server NAME -until TIME":              {{"held", 0, released}, {"idle", 1, `^refused\thold-unchanged\t`}},
	"opsm release -fleet -until TIME":                    {{"fleet", 0, released}},
	"opsm hold -fleet -until TIME":                       {{"idle", 0, held}},

	`echo '{"plan":{"serverName":"NAME"}}'` + byAWS:                   {{"idle", 0, manual}},
	`echo '{"stop":{"runId":"ID"}}'` + byAWS:                          stops,
	`echo '{"close":{"runId":"ID"}}'` + byAWS:                         {{"late", 0, closed}},
	`echo '{"approve":{"runId":"ID"}}'` + byAWS:                       {{"approval", 0, started}},
	`echo '{"release":{"serverName":"NAME","until":"TIME"}}'` + byAWS: {{"held", 0, released}},
	`echo '{"release":{"until":"TIME"}}'` + byAWS:                     {{"fleet", 0, released}},
	`echo '{"start":{"runId":"ID","override":["window"]}}'` + byAWS:   {{"waiting", 0, started}},
	`echo '{"start":{"runId":"ID","override":["calendar"]}}'` + byAWS: {{"calendar", 0, started}},

	`echo '{"start":{"serverName":"NAME","override":["calendar"]}}'` + byAWS: {{"calendar", 0, started}},
}

const (
	stories = "lambda/local's tests play its stories"
	minutes = "it takes minutes; .ci/run has it"
	account = "it needs an AWS account"
	network = "it asks a package registry or a repository"
	restore = "make real runs these very lines"
	filled  = "it wants the name of a bucket; make e2e deploys a release so"
	named   = "a sentence names it, without its options"
)

// notPlayed are the beginnings of all other commands, with the reason.
var notPlayed = map[string]string{
	"make run": stories, "make build": "make check builds the function", "make synth": minutes, "make test": "it runs this test",
	"make check": minutes, "make fuzz": minutes, "make bench": minutes, "make torture": minutes, "make simulate": minutes,
	"make canaries": "it takes an hour", "make mutate": "it takes an hour", "make e2e": minutes,
	"make picture":   "it needs chromium; the tests of lambda/local look at the page",
	"make real":      "it needs root, and leaves a Puppet Server on the machine",
	"make bootstrap": account, "make deploy": account, "make destroy": account, "aws dynamodb delete-table": named,
	"make release": minutes, "aws cloudformation": filled, "aws s3 cp dist/release/": filled, "make plan FUNCTION=<name>": named,
	"opsm import": "testdata/import.txtar plays it", "aws opsworks-cm describe-servers": named,
	"aws ec2 create-tags": account, "aws ssm add-tags-to-resource": account,
	"aws ssm get-document": named,
	"go test":              "it is one of the tests", "go get -u": "it must not be typed",
	"vi cdk.json": "it is an editor", "git checkout": network,
	"git clone": network, "pip install": network, "npx aws-cdk@2.1148.1 diff": account,
	`cd "$(mktemp -d)"`: restore, "for file in": restore, `aws s3 cp "$KEYS/keys.tgz"`: restore, "sha256sum --check": restore,
	"systemctl stop": restore, "tar -C /": restore, "for ini in": restore, "password=$(sed": restore, "runuser -u postgres": restore,
	"systemctl start": restore, "puppet agent": restore,
}
