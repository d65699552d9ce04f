# opsworks-maintenance. `make` alone lists the targets.

ARCH     ?= arm64
FUZZTIME ?= 20s
SEEDS    ?= 10000
SEED     ?= 1
DEPTH    ?= shallow
ARGS     ?=
BACKEND  ?= ssm
FUNCTION ?=
ENDPOINT ?=
CDK      := npx --yes aws-cdk@2.1148.1

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOBUILD := CGO_ENABLED=0 go build -trimpath -tags lambda.norpc -ldflags "-s -w -X main.version=$(VERSION)"

# first says before a silence of minutes that a build is the first: $(call first,package,its name).
first = go list -f '{{.Stale}}' $(1) | grep -q true && echo 'The first build compiles the AWS $(2), which takes minutes.' || true
sdk   = CGO_ENABLED=0 $(call first,-trimpath github.com/aws/aws-sdk-go-v2/service/dynamodb,SDK)
cdk   = $(call first,github.com/aws/aws-cdk-go/awscdk/v2,CDK)

# node says so where it is missing, before anything else fails for want of it.
node  = command -v node >/dev/null || { echo 'Node is not installed, and the CDK runs on it: install Node 22 or later.' >&2; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help build opsm local run test simulate torture check fuzz bench clean synth release bootstrap deploy destroy redrive e2e real picture status plan start stop close history

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  variables: ARCH=$(ARCH) (or amd64), ARGS="flags for run, bench, deploy or destroy", FUZZTIME=$(FUZZTIME), BACKEND=$(BACKEND) (or opsworks-cm),'
	@echo '             SERVER=name, RUN=id, OVERRIDE=gate[,gate], FUNCTION=name, ENDPOINT=http://127.0.0.1:4000 for the local one (make run ARGS="-serve 127.0.0.1:4000")'

build: opsm ## build the function and its page for Lambda (linux, arm64 or ARCH=amd64), dist/bootstrap and dist/page, and opsm beside them
	@GOOS=linux GOARCH=$(ARCH) $(sdk)
	GOOS=linux GOARCH=$(ARCH) $(GOBUILD) -o dist/bootstrap ./lambda
	@GOOS=linux GOARCH=$(ARCH) $(GOBUILD) -o dist/page ./lambda/page
	@echo "dist/bootstrap: linux/$(ARCH), $$(wc -c < dist/bootstrap) bytes, version $(VERSION); dist/page: $$(wc -c < dist/page) bytes"

opsm: ## build opsm, the operator's command, for this machine: dist/opsm
	@$(GOBUILD) -o dist/opsm ./lambda/cli/opsm

local: ## build the function and its page for this machine: dist/local/bootstrap, dist/local/page
	@$(sdk)
	@$(GOBUILD) -o dist/local/bootstrap ./lambda
	@$(GOBUILD) -o dist/local/page ./lambda/page

run: local ## play the main job on this machine: an alarm, maintenance, a healthy server (BACKEND=opsworks-cm: on OpsWorks CM)
	@go run ./infra/runbooks/print puppet-server >dist/local/puppet-server.json
	@go build -o dist/local/run ./lambda/local
	@dist/local/run -backend $(BACKEND) $(ARGS)

picture: ## draw README's picture, testdata/fleet.png: what make run ARGS="-serve 127.0.0.1:4000 -fleet" shows; needs chromium
	NEED_CHROMIUM=1 PICTURE="$(CURDIR)/testdata/fleet.png" go test -count=1 -v ./lambda/local -run '^TestPage_Picture$$'

test: ## run all tests; those of infra need Node
	@command -v node >/dev/null || printf '%s\n' '' '  Node is not installed: THE TESTS OF THE DEPLOYED STACK (infra) DO NOT RUN.' ''
	@command -v chromium >/dev/null || printf '%s\n' '' '  chromium is not installed: THE PAGE IS NOT TESTED IN A BROWSER.' ''
	@$(cdk)
	go test -count=1 ./...

simulate: ## run the function on virtual time against models of a hostile AWS: SEEDS=n, DEPTH=shallow or deep, SEED=the first
	go test -count=1 -v -timeout 24h ./lambda/simulation -run '^Test$(if $(filter deep,$(DEPTH)),Deep,Shallow)$$' -seeds $(SEEDS) -seed $(SEED)

torture: ## only the tests that kill, flood and cut off the function, with a table of what was done to its calls
	go test -count=1 -v ./lambda/local/torture

check: ## formatting, vet, staticcheck, tidiness, import arrows, what the function links, its size
	@bash .ci/check

fuzz: ## fuzz everything that reads bytes from outside, FUZZTIME each
	go test ./events -run '^$$' -fuzz FuzzDecode -fuzztime $(FUZZTIME)
	go test ./lambda/automation -run '^$$' -fuzz FuzzClient_FollowWithoutValues -fuzztime $(FUZZTIME)
	go test ./lambda/settings/check -run '^$$' -fuzz FuzzResolve -fuzztime $(FUZZTIME)
	go test ./lambda/settings/importing -run '^$$' -fuzz FuzzDocument -fuzztime $(FUZZTIME)
	go test ./lambda/local/simulator/opsworkscm -run '^$$' -fuzz FuzzService -fuzztime $(FUZZTIME)
	go test ./lambda/local/simulator/ssm -run '^$$' -fuzz FuzzService -fuzztime $(FUZZTIME)

bench: local ## compare the function with a bare handler and a floor, without TLS and with it, and show how it grows
	@$(GOBUILD) -o dist/local/barehandler ./testdata/barehandler
	@$(GOBUILD) -o dist/local/floor ./testdata/floor
	@go build -o dist/local/bench ./lambda/local/bench
	@for tls in false true; do \
	dist/local/bench -function dist/local/bootstrap -bare dist/local/barehandler -floor dist/local/floor -tls=$$tls $(ARGS) && echo || exit 1; done
	@go test -count=1 ./lambda/function -run '^TestGrowth$$' -v

synth: build ## write the CloudFormation template to dist/cdk.out; needs Node, no account and no network
	@$(node)
	@$(cdk)
	@go run ./infra

release: build ## write the function's zip and a CloudFormation template for the settings in cdk.json to dist/release; needs Node
	@$(cdk)
	@go run ./infra release

bootstrap: ## prepare the account and Region of your AWS credentials for the CDK, once
	@$(node)
	@go run ./infra/syntax
	$(CDK) bootstrap $(ARGS)

deploy: ## build the function and deploy it with the settings in cdk.json, to the account of your AWS credentials
	@$(node)
	@$(cdk)
	@go run ./infra/syntax
	$(CDK) deploy $(ARGS)

destroy: ## take it away again; the table of runs stays
	@$(node)
	@go run ./infra/syntax
	$(CDK) destroy $(ARGS)

e2e: release local ## deploy to an AWS emulator (moto) and run the function against it; needs Node and moto_server
	E2E=1 go test -count=1 -v -timeout 20m ./infra/e2e

real: ## install a Puppet Server on this machine (Debian 12, as root), run the runbook puppet-server on it, hurt it, lose it and restore it
	REAL=1 go test -count=1 -v -timeout 60m ./infra/runbooks/real

# What operators ask of the function, deployed or local. What was given is taken as it stands and handed on in the environment: neither
# make nor a shell finds anything to expand in a name.
$(foreach name,SERVER RUN OVERRIDE FUNCTION ENDPOINT,$(eval override $(name) := $$(value $(name))))
export SERVER RUN OVERRIDE FUNCTION ENDPOINT
where  := $(if $(value FUNCTION),-function="$$FUNCTION") $(if $(value ENDPOINT),-endpoint="$$ENDPOINT")
server  = $(if $(SERVER),,$(error give SERVER=name))-server="$$SERVER"
run     = $(if $(SERVER)$(RUN),,$(error give SERVER=name or RUN=id))-server="$$SERVER" -run="$$RUN"

redrive: opsm ## send the events in the dead-letter queue to the function again; operators' requests are listed (REQUESTS=delete: deleted)
	@dist/opsm redrive $(where) $(if $(filter delete,$(REQUESTS)),-delete-requests)

status: opsm ## the fleet: open runs and what each waits for, the servers, who has the slots
	@dist/opsm status $(where)

plan: opsm ## what would happen to SERVER, for each kind of trigger; changes nothing
	@dist/opsm plan $(where) $(server)

start: opsm ## start maintenance of SERVER now, or the run RUN that waits; OVERRIDE=window leaves a gate out
	@dist/opsm start $(where) $(run) -override="$$OVERRIDE"

stop: opsm ## cancel what waits, or stop what runs where its backend can: RUN, or the open run of SERVER
	@dist/opsm stop $(where) $(run)

close: opsm ## give up the record of a run past its deadline, or not seen for ten minutes: RUN, or the open run of SERVER
	@dist/opsm close $(where) $(run)

history: opsm ## the latest runs and refusals of SERVER
	@dist/opsm history $(where) $(server)

clean: ## remove what was built
	rm -rf dist

.PHONY: canaries mutate
canaries: ## put known faults back, one at a time: the simulation finds each (ARGS="'0[67]-*'": some of them)
	@go run ./lambda/simulation/mutate -canaries $(ARGS)

mutate: ## break the code N times, drawn by SEED; fails if more than two of the changes go unnoticed
	@go run ./lambda/simulation/mutate -n $(or $(N),40) -seed $(or $(SEED),1)
