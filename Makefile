# SPDX-License-Identifier: Apache-2.0

GOLANGCI_LINT_VERSION := v2.15.0
CRANE_VERSION := v0.22.1
FUZZTIME ?= 10s
FUZZ ?= .
BIN := $(CURDIR)/bin

.PHONY: help test race lint fuzz bench golden tools

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

test: ## run all tests
	go test ./...

race: ## run all tests in random order under the race detector
	go test -race -shuffle=on ./...

lint: $(BIN)/golangci-lint ## run go vet and golangci-lint
	go vet ./...
	$(BIN)/golangci-lint run ./...

fuzz: ## fuzz each parser and builder for ten seconds; the EC2 client makes some slow to build
	@for p in $$(grep -rlE '^func Fuzz' --include='*_test.go' $(FUZZ) | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -rhoE '^func Fuzz[A-Za-z0-9]+' $$p --include='*_test.go' | sed 's/func //' | sort -u); do \
	    echo "$$p $$f"; go test ./$$p -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) || exit 1; \
	  done; done

bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

golden: ## rewrite the golden files; read the diff
	go test ./... -update

tools: $(BIN)/golangci-lint $(BIN)/crane ## install the tools that CI uses

$(BIN)/golangci-lint:
	GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)

$(BIN)/crane:
	GOBIN=$(BIN) go install github.com/google/go-containerregistry/cmd/crane@$(CRANE_VERSION)
