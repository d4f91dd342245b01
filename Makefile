# `make demo` and `make test` need Go and, for the tests, what scripts/need
# installs. Everything else is pinned in tools/go.mod.

SHELL := /bin/bash
# Everything is compiled in one way, and therefore once.
export CGO_ENABLED := 0
tool  := go tool -modfile=tools/go.mod

# Databases of tests lie in memory where there is enough of it: on a disk the
# tests mostly wait for it.
memory := $(shell test -w /dev/shm && test $$(df --output=avail -k /dev/shm | tail -1) -gt 6000000 && echo TMPDIR=/dev/shm)

.DEFAULT_GOAL := help
.PHONY: help demo build test lint bench crash fuzz screenshots clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

demo: ## Run everything on this machine and print where
	go run ./cmd/einklang demo

build: ## Build bin/einklang
	go build -trimpath -ldflags "-s -w" -o bin/einklang ./cmd/einklang

# Vetted before, and linked in half the time without a debugger's tables. A
# rarer garbage collector takes memory, of which tests need little, for a fifth
# of the time; what measures memory sets its own.
plain := -vet=off -ldflags '-s -w'
rarely := GOGC=400

test: ## Run all tests, on SQLite and on a real PostgreSQL
	scripts/need postgresql pgbouncer chromium vdirsyncer khard
	go vet ./...
	$(memory) go run ./internal/test/postgrestest/withpostgres env $(rarely) go test -p 2 $(plain) -timeout 20m ./...

lint: ## Check style, districts, formatting and known vulnerabilities
	@unformatted=$$(gofmt -l cmd internal sandbox); \
	if [ -n "$$unformatted" ]; then echo "gofmt is needed:"; echo "$$unformatted"; exit 1; fi
	$(tool) golangci-lint run ./...
	scripts/vulnerabilities

bench: ## Measure, with commits that wait for the disk
	scripts/need postgresql
	go run ./internal/test/postgrestest/withpostgres -durable go test -run '^$$' -bench . -benchmem -p 1 -timeout 30m ./...

crash: ## Kill the program 200 times in the midst of its work, on both databases
	scripts/need postgresql
	EINKLANG_KILLS=50 $(memory) go run ./internal/test/postgrestest/withpostgres go test -count=1 -timeout 15m -v -run 'AfterCrashes|DespiteCrashes' ./cmd/einklang

fuzz: ## Run every fuzz target for ten seconds
	scripts/fuzz 10s

screenshots: ## Write a picture of every page to build/screenshots
	scripts/need chromium
	go test ./internal/test/browsertest -run "TestTheInbox|TestTheFirstRun" -count=1 -timeout 25m -args -screenshots $(CURDIR)/build/screenshots

clean: ## Remove what was built
	rm -rf bin build coverage.out
