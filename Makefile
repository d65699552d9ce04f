# opsworks-maintenance. `make` alone lists the targets.

ARCH     ?= arm64
FUZZTIME ?= 20s
SEEDS    ?= 10000
SEED     ?= 1
DEPTH    ?= shallow
ARGS     ?=
BACKEND  ?= ssm
FUNCTION ?= opsworks-maintenance
ENDPOINT ?=
CDK      := npx --yes aws-cdk@2.1148.1

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOBUILD := CGO_ENABLED=0 go build -trimpath -tags lambda.norpc -ldflags "-s -w -X main.version=$(VERSION)"

# first says before a silence of minutes that a build is the first: $(call first,package,its name).
first = go list -f '{{.Stale}}' $(1) | grep -q true && echo 'The first build compiles the AWS $(2), which takes minutes.' || true
sdk   = CGO_ENABLED=0 $(call first,-trimpath github.com/aws/aws-sdk-go-v2/service/dynamodb,SDK)
cdk   = $(call first,github.com/aws/aws-cdk-go/awscdk/v2,CDK)

.DEFAULT_GOAL := help
.PHONY: help build local run test simulate torture check fuzz bench clean synth bootstrap deploy destroy redrive e2e real status plan start stop close approve hold release history

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  variables: ARCH=$(ARCH) (or amd64), ARGS="flags for run, bench, deploy or destroy", FUZZTIME=$(FUZZTIME), BACKEND=$(BACKEND) (or opsworks-cm),'
	@echo '             SERVER=name, RUN=id, OVERRIDE=gate[,gate], FUNCTION=$(FUNCTION), ENDPOINT=http://127.0.0.1:4000 for the local one (make run ARGS="-serve 127.0.0.1:4000")'

build: ## build the function for Lambda (linux, arm64 or ARCH=amd64): dist/bootstrap
	@GOOS=linux GOARCH=$(ARCH) $(sdk)
	GOOS=linux GOARCH=$(ARCH) $(GOBUILD) -o dist/bootstrap ./lambda
	@echo "dist/bootstrap: linux/$(ARCH), $$(wc -c < dist/bootstrap) bytes, version $(VERSION)"

local: ## build the function for this machine: dist/local/bootstrap
	@$(sdk)
	@$(GOBUILD) -o dist/local/bootstrap ./lambda

run: local ## play the main job on this machine: an alarm, maintenance, a healthy server (BACKEND=opsworks-cm: on OpsWorks CM)
	@go run ./infra/runbooks/print puppet-server >dist/local/puppet-server.json
	@go run ./lambda/local -backend $(BACKEND) $(ARGS)

test: ## run all tests; those of infra need Node
	@command -v node >/dev/null || printf '%s\n' '' '  Node is not installed: THE TESTS OF THE DEPLOYED STACK (infra) DO NOT RUN.' ''
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
	@$(cdk)
	@go run ./infra

bootstrap: ## prepare the account and Region of your AWS credentials for the CDK, once
	$(CDK) bootstrap $(ARGS)

deploy: ## build the function and deploy it with the settings in cdk.json, to the account of your AWS credentials
	@$(cdk)
	$(CDK) deploy $(ARGS)

destroy: ## take it away again; the table of runs stays
	$(CDK) destroy $(ARGS)

e2e: build local ## deploy to an AWS emulator (moto) and run the function against it; needs Node and moto_server
	E2E=1 go test -count=1 -v -timeout 20m ./infra/e2e

real: ## install a Puppet Server on this machine (Debian 12, as root), run the runbook puppet-server on it, hurt it, lose it and restore it
	REAL=1 go test -count=1 -v -timeout 60m ./infra/runbooks/real

redrive: ## send the events in the dead-letter queue to the function again
	@bash infra/redrive.sh $(FUNCTION) $(FUNCTION)-dead-letters

# What operators ask of the function, deployed or local, through the alias that takes their requests alone. The answer is printed. A payload
# from a file suits AWS CLI v1 and v2.
define ask
	@d=$$(mktemp -d) && printf '%s' '$(1)' >"$$d/payload" && \
	fault=$$(aws $(if $(ENDPOINT),--endpoint-url $(ENDPOINT)) lambda invoke --function-name $(FUNCTION):operators --payload "fileb://$$d/payload" \
	  --query FunctionError --output text "$$d/answer") && cat "$$d/answer" && echo && [ "$$fault" = None ]; status=$$?; rm -rf "$$d"; exit $$status
endef

# A request names a server, or the run it is about; a message gives the run.
comma  := ,
server  = $(if $(SERVER),"serverName":"$(SERVER)",$(error give SERVER=name))
run     = $(if $(RUN),"runId":"$(RUN)",$(error give SERVER=name or RUN=id))
target  = $(if $(and $(SERVER),$(RUN)),$(server)$(comma)$(run),$(if $(SERVER),$(server),$(run)))
whom    = $(if $(SERVER),$(comma)$(server),$(if $(FLEET),,$(error give SERVER=name or FLEET=yes)))
by      = "by":"$(or $(BY),$(shell id -un))"
gates   = $(subst " ","$(comma)",$(foreach gate,$(subst $(comma), ,$(OVERRIDE)),"$(gate)"))

status: ## the fleet: open runs and what each waits for, the servers, who has the slots
	$(call ask,{"status":{}})

plan: ## what would happen to SERVER, for each kind of trigger; changes nothing
	$(call ask,{"plan":{$(server)}})

start: ## start maintenance of SERVER now, or the run RUN that waits; OVERRIDE=window leaves a gate out
	$(call ask,{"start":{$(target)$(if $(OVERRIDE),$(comma)"override":[$(gates)])}})

stop: ## cancel what waits, or stop what runs where its backend can: RUN, or the open run of SERVER
	$(call ask,{"stop":{$(target)}})

close: ## give up the record of a run that is not followed any more, and free its server: RUN, or the open run of SERVER
	$(call ask,{"close":{$(target)}})

approve: ## let a run start that waits for approval: RUN, or the open run of SERVER; BY=name
	$(call ask,{"approve":{$(by)$(comma)$(target)}})

hold: ## start nothing of SERVER, or with FLEET=yes of any: UNTIL=time (24 hours if left out), REASON=text, BY=name
	$(call ask,{"hold":{$(by)$(whom)$(if $(UNTIL),$(comma)"until":"$(UNTIL)")$(if $(REASON),$(comma)"reason":"$(REASON)")}})

release: ## end the hold of SERVER, or with FLEET=yes that of the fleet; BY=name
	$(call ask,{"release":{$(by)$(whom)}})

history: ## the latest runs and refusals of SERVER
	$(call ask,{"history":{$(server)}})

clean: ## remove what was built
	rm -rf dist

.PHONY: canaries mutate
canaries: ## put the first edition's faults back, one at a time: the simulation finds each (ARGS="'0[67]-*'": some of them)
	@go run ./lambda/simulation/mutate -canaries $(ARGS)

mutate: ## break the code N times, drawn by SEED: the tests or the simulation find all but two
	@go run ./lambda/simulation/mutate -n $(or $(N),40) -seed $(or $(SEED),1)
