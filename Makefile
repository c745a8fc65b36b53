# eksleuth. "make help" lists what can be made.

GO      ?= go
FUZZTIME ?= 30s
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS := -s -w -X github.com/eksleuth/eksleuth/cmd/internal/cli.release=$(VERSION)
TARGETS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
export CGO_ENABLED ?= 0

# The same flags on every machine. A clone that git does not trust or that has
# no commit would fail to build with its revision written into the binary.
export GOFLAGS := -buildvcs=$(shell git rev-parse -q --verify HEAD >/dev/null 2>&1 && echo auto || echo false)

.PHONY: help demo regress test check build cross unit race bench fuzz golden clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: build ## build eksleuth and analyze a sample bundle
	@rm -rf bin/demo
	./bin/eksleuth analyze --home bin/demo testdata/bundles/imds-blocked
	@echo
	@echo "The case is in bin/demo. One finding with its proof:"
	@echo "  ./bin/eksleuth findings --home bin/demo ip-10-0-7-118 --id F-001"

build: ## build bin/eksleuth for this machine
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/eksleuth ./cmd/eksleuth

regress: build ## score the rules by the bundles and excerpts of testdata
	@COLUMNS=80 ./bin/eksleuth regress --all testdata > bin/scoreboard.txt
	@cat bin/scoreboard.txt
	@diff -u testdata/scoreboard.txt bin/scoreboard.txt

test: check unit race cross ## everything CI runs: checks, all tests, race tests, cross builds

unit: ## all tests
	$(GO) test -timeout 30m ./...

race: ## tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -timeout 30m ./index/... ./analyze/... ./parsers/bundle/... ./cmd/...

check: ## formatting, vet, staticcheck, tidy
	@out="$$(gofmt -l cmd index parsers analyze)"; test -z "$$out" || { echo "gofmt would change:"; echo "$$out"; exit 1; }
	$(GO) vet ./...
	$(GO) tool -modfile=tools.mod staticcheck ./...
	$(GO) mod tidy -diff

cross: ## build for every platform
	@set -e; for t in $(TARGETS); do echo "build $$t"; GOOS=$${t%/*} GOARCH=$${t#*/} $(GO) build -o /dev/null ./cmd/eksleuth; done

bench: ## make a 200 MB bundle and measure against gzip -dc
	$(GO) run ./cmd/internal/bench

fuzz: ## run each fuzz target for FUZZTIME (default 30s)
	@set -e; for p in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
			echo "$$p $$f"; $(GO) test -run xxx -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p; \
		done; done

golden: ## rewrite the expected outputs; read the diff before you commit it
	UPDATE_GOLDEN=1 $(GO) test ./...

clean: ## remove what was built
	rm -rf bin dist
