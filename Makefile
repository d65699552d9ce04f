# opsworks-maintenance. `make` alone lists the targets.

ARCH     ?= arm64
FUZZTIME ?= 20s
EVENTS   ?= 100000
ARGS     ?=
BACKEND  ?= opsworks-cm
FUNCTION ?= opsworks-maintenance
ENDPOINT ?=
CDK      := npx --yes aws-cdk@2.1148.1

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOBUILD := CGO_ENABLED=0 go build -trimpath -tags lambda.norpc -ldflags "-s -w -X main.version=$(VERSION)"

.DEFAULT_GOAL := help
.PHONY: help build local run test torture soak check fuzz bench clean synth deploy destroy redrive e2e real start plan history stop close

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  variables: ARCH=$(ARCH) (or amd64), ARGS="flags for run, bench, deploy or destroy", FUZZTIME=$(FUZZTIME), SERVER=name, RUN=id, BACKEND=$(BACKEND) (or ssm),'
	@echo '             FUNCTION=$(FUNCTION), ENDPOINT=http://127.0.0.1:4000 for the local one (make run ARGS="-serve 127.0.0.1:4000")'

build: ## build the function for Lambda (linux, arm64 or ARCH=amd64): dist/bootstrap
	GOOS=linux GOARCH=$(ARCH) $(GOBUILD) -o dist/bootstrap ./lambda
	@echo "dist/bootstrap: linux/$(ARCH), $$(wc -c < dist/bootstrap) bytes, version $(VERSION)"

local: ## build the function for this machine: dist/local/bootstrap
	@$(GOBUILD) -o dist/local/bootstrap ./lambda

run: local ## play the main job on this machine: an alarm, maintenance, a healthy server (BACKEND=ssm: on Systems Manager)
	@go run ./infra/runbooks/print puppet-server >dist/local/puppet-server.json
	@go run ./lambda/local -backend $(BACKEND) $(ARGS)

test: ## run all tests; those of infra need Node
	@command -v node >/dev/null || printf '%s\n' '' '  Node is not installed: THE TESTS OF THE DEPLOYED STACK (infra) DO NOT RUN.' ''
	go test -count=1 ./...

torture: ## only the tests that kill, flood and cut off the function, with a table of what was done to its calls
	go test -count=1 -v ./lambda/local/torture

soak: ## send 100,000 mixed events through one process of the function (EVENTS=n; Linux)
	go test -count=1 -v -timeout 30m ./lambda/local/soak -events $(EVENTS)

check: ## formatting, vet, staticcheck, tidiness, import arrows, what the function links, its size
	@bash .ci/check

fuzz: ## fuzz everything that reads bytes from outside, FUZZTIME each
	go test ./events -run '^$$' -fuzz FuzzDecode -fuzztime $(FUZZTIME)
	go test ./lambda/settings -run '^$$' -fuzz FuzzParse -fuzztime $(FUZZTIME)
	go test ./lambda/local/simulator -run '^$$' -fuzz FuzzOpsWorksCM -fuzztime $(FUZZTIME)
	go test ./lambda/local/simulator -run '^$$' -fuzz FuzzSSM -fuzztime $(FUZZTIME)

bench: local ## compare the function with a bare handler and a floor, without TLS and with it, and show how it grows
	@$(GOBUILD) -o dist/local/barehandler ./testdata/barehandler
	@$(GOBUILD) -o dist/local/floor ./testdata/floor
	@go build -o dist/local/bench ./lambda/local/bench
	@for tls in false true; do \
	dist/local/bench -function dist/local/bootstrap -bare dist/local/barehandler -floor dist/local/floor -tls=$$tls $(ARGS) && echo || exit 1; done
	@go test -count=1 ./lambda -run '^TestGrowth$$' -v

synth: build ## write the CloudFormation template to dist/cdk.out; needs Node, no account and no network
	@go run ./infra

deploy: ## build the function and deploy it with the settings in cdk.json, to the account of your AWS credentials
	$(CDK) deploy $(ARGS)

destroy: ## take it away again; the table of runs stays
	$(CDK) destroy $(ARGS)

e2e: build local ## deploy to an AWS emulator (moto) and run the function against it; needs Node and moto_server
	E2E=1 go test -count=1 -v -timeout 20m ./infra/e2e

real: ## install a Puppet Server on this machine (Debian 12, as root), run the runbook puppet-server on it, hurt it, lose it and restore it
	REAL=1 go test -count=1 -v -timeout 60m ./infra/runbooks/real

redrive: ## send the events in the dead-letter queue to the function again
	@bash infra/redrive.sh $(FUNCTION) $(FUNCTION)-dead-letters

# What people ask of the function, deployed or local. The answer is printed. A payload from a file suits every AWS CLI.
define ask
	@d=$$(mktemp -d) && printf '%s' '$(1)' >"$$d/payload" && \
	aws $(if $(ENDPOINT),--endpoint-url $(ENDPOINT)) lambda invoke --function-name $(FUNCTION) --payload "fileb://$$d/payload" "$$d/answer" >/dev/null && \
	cat "$$d/answer" && echo; status=$$?; rm -rf "$$d"; exit $$status
endef

start: ## start maintenance of SERVER now, if every gate lets it pass
	$(call ask,{"start":{"serverName":"$(SERVER)"}})

plan: ## what would happen to SERVER, and why; changes nothing
	$(call ask,{"plan":{"serverName":"$(SERVER)"}})

history: ## the latest runs of SERVER
	$(call ask,{"history":{"serverName":"$(SERVER)"}})

stop: ## stop the maintenance of SERVER, where its backend can
	$(call ask,{"stop":{"serverName":"$(SERVER)"}})

close: ## close the run RUN, which will not end by itself, and free its server
	$(call ask,{"close":{"runId":"$(RUN)"}})

clean: ## remove what was built
	rm -rf dist
