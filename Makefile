# opsworks-maintenance. `make` alone lists the targets.

ARCH     ?= arm64
FUZZTIME ?= 20s
ARGS     ?=

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOBUILD := CGO_ENABLED=0 go build -trimpath -tags lambda.norpc -ldflags "-s -w -X main.version=$(VERSION)"

.DEFAULT_GOAL := help
.PHONY: help build local run test check fuzz bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  variables: ARCH=$(ARCH) (or amd64), ARGS="flags for run or bench", FUZZTIME=$(FUZZTIME)'

build: ## build the function for Lambda (linux, arm64 or ARCH=amd64): dist/bootstrap
	GOOS=linux GOARCH=$(ARCH) $(GOBUILD) -o dist/bootstrap ./lambda
	@echo "dist/bootstrap: linux/$(ARCH), $$(wc -c < dist/bootstrap) bytes, version $(VERSION)"

local: ## build the function for this machine: dist/local/bootstrap
	@$(GOBUILD) -o dist/local/bootstrap ./lambda

run: local ## play the main job on this machine: an alarm, maintenance, a healthy server
	@go run ./lambda/local $(ARGS)

test: ## run all tests, end to end included
	go test -count=1 ./...

check: ## formatting, vet, staticcheck, tidiness, import arrows, what the function links, its size
	@bash .ci/check

fuzz: ## fuzz everything that reads bytes from outside, FUZZTIME each
	go test ./events -run '^$$' -fuzz FuzzDecode -fuzztime $(FUZZTIME)
	go test ./lambda/settings -run '^$$' -fuzz FuzzParse -fuzztime $(FUZZTIME)
	go test ./lambda/local/simulator -run '^$$' -fuzz FuzzOpsWorksCM -fuzztime $(FUZZTIME)

bench: local ## compare the function with a bare handler, and time the decoder
	@$(GOBUILD) -o dist/local/barehandler ./testdata/barehandler
	@go run ./lambda/local/bench -function dist/local/bootstrap -bare dist/local/barehandler $(ARGS)
	@go test ./events ./lambda/settings -run '^$$' -bench . -benchmem

clean: ## remove what was built
	rm -rf dist
