# The one entry point. `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The C libraries, and what finds them.
PACKAGES := librocksdb-dev libssl-dev libsqlite3-dev pkg-config
BIN := .build/release
# One configuration for everything: tests run what is shipped, and no dependency is compiled twice.
SWIFT_BUILD := swift build -c release
# A test that hangs must end the run, not hold it for ever.
SWIFT_TEST := timeout -k 10 900 swift test -c release --skip-build --disable-testable-imports

# Overridable on the command line.
TOPOLOGY ?= topology/local.yaml
DIR ?= ../shared/conformance/etcd-raft
SCENARIOS := Tests/RaftTests/scenarios
BENCH ?= crypto
SEEDS ?= 2000
FIRST ?= 1
FILTER ?=
SECONDS ?= 60
DECODER ?=
SET ?= short
STORY ?=
RUNS ?= 1
REPORT ?= chaos-report
LAYERS ?=

# Test targets that start programs. They run apart: the runner's watch over exit tests takes the first dead child of any kind
# for its own and waits for ever behind one that is not.
SPAWNING := ^(TopologyTests|IntegrationTests|ChaosTests)\.
# Test targets that hold real connections to deadlines: one after another, so that they do not starve each other.
TIMED := ^(KubernetesDoorTests|PeeringTests|UnaryGRPCTests|FrontDoorsTests|AdversaryTests|AuditTests)\.

.PHONY: help deps deps-protos deps-chaos build test demo up down status conformance sim mutants fuzz bench chaos check fmt lint
.PHONY: protos tidy clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

deps: ## install the Debian packages that are missing
	@$(call install,$(PACKAGES))

deps-protos:
	@$(call install,protobuf-compiler)

# The measure for failover.
deps-chaos:
	@$(call install,etcd-server)

build: deps ## build all programs
	$(SWIFT_BUILD)

# Without --disable-testable-imports every dependency is compiled again.
test: deps ## build and run all tests (FILTER=regular-expression for some)
	$(SWIFT_BUILD) --build-tests
ifdef FILTER
	$(SWIFT_TEST) --filter '$(FILTER)'
else
	$(SWIFT_TEST) --skip '$(SPAWNING)' --skip '$(TIMED)'
	$(SWIFT_TEST) --no-parallel --filter '$(TIMED)'
	$(SWIFT_TEST) --filter '$(SPAWNING)'
endif

demo: build ## a six-region federation that loses a region and nothing else
	$(BIN)/claviger demo

up: build ## start the local federation
	$(BIN)/claviger local up --topology $(TOPOLOGY)

down: ## stop the local federation
	$(BIN)/claviger local down

status: ## show the local federation
	$(BIN)/claviger local status --topology $(TOPOLOGY)

conformance: build ## replay etcd/raft's scenario files from DIR, and our own
	$(BIN)/claviger-sim conformance --dir $(DIR) --dir $(SCENARIOS)

# What was built: programs do not know it by themselves.
COMMIT := git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown

# Each seed runs in two processes at a time, whose traces must be equal: what hangs on a hash's seed or an address shows.
sim: build ## simulate SEEDS federations under faults, each in two processes
	@dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; failed=0; \
	run="$(BIN)/claviger-sim run --seeds $(SEEDS) --first $(FIRST) --verbose --commit $$($(COMMIT))"; \
	$$run > "$$dir/a" & other=$$!; \
	$$run > "$$dir/b" || failed=1; \
	wait $$other || failed=1; \
	grep -vE '^[0-9]+  [0-9a-f]{32}  ' "$$dir/a"; \
	for part in a b; do grep -E '^[0-9]+  [0-9a-f]{32}  ' "$$dir/$$part" > "$$dir/$$part.traces"; done; \
	if ! diff "$$dir/a.traces" "$$dir/b.traces"; then echo "two processes ran a seed differently"; exit 1; fi; \
	echo "every trace is the same in two processes"; \
	exit $$failed

# libFuzzer without its main, and what makes code tell it where it went. The frontend alone is told, since the driver would
# link libFuzzer's main too.
FUZZ_RUNTIME = $(firstword $(shell find $(dir $(shell readlink -f $$(command -v swiftc)))../lib/clang \
	-name 'libclang_rt.fuzzer_no_main-$(shell uname -m).a'))
FUZZ_FLAGS = --scratch-path .build/fuzz --product claviger-fuzz --sanitize=address \
	-Xswiftc -Xfrontend -Xswiftc -sanitize=fuzzer \
	-Xlinker --whole-archive -Xlinker $(FUZZ_RUNTIME) -Xlinker --no-whole-archive -Xlinker -lstdc++ -Xlinker -lm

fuzz: deps ## try every decoder with bytes that nobody wrote for SECONDS each (DECODER=names for some)
	$(SWIFT_BUILD) $(FUZZ_FLAGS)
	ASAN_OPTIONS=detect_leaks=0 .build/fuzz/release/claviger-fuzz check
	ASAN_OPTIONS=detect_leaks=0 .build/fuzz/release/claviger-fuzz run --seconds $(SECONDS) $(DECODER)

mutants: build ## put known mistakes into a copy of the sources and see which checks notice them (LAYERS=names for some)
	$(BIN)/claviger-sim mutants --etcd $(DIR) $(if $(LAYERS),--layers $(LAYERS))

bench: build ## measure BENCH (crypto, writes, failover, killloop, hostile)
	$(BIN)/claviger-bench $(BENCH) --output json

chaos: build deps-chaos ## play SET (short, full) of the scenarios RUNS times each (STORY=names for some), and write REPORT
	$(BIN)/claviger-chaos run $(if $(STORY),$(STORY),--set $(SET)) --runs $(RUNS) --report $(REPORT) --commit $$($(COMMIT))

check: lint protos tidy ## formatting, generated code and the rules of the tree
	@changed=$$(git status --porcelain -- 'Sources/*/Generated'); \
	if [ -n "$$changed" ]; then \
		echo "generated code is not what the protos give:"; echo "$$changed"; git --no-pager diff -- 'Sources/*/Generated'; exit 1; \
	fi
	@echo "check: all good"

# Every Swift file that people wrote.
WRITTEN = find Sources Tests -name '*.swift' -not -name '*.pb.swift' -not -path '*/Generated/*' -print0

fmt: ## format all Swift files
	$(WRITTEN) | xargs -0 swift format format --parallel --in-place
	swift format format --in-place Package.swift

lint: ## complain about what fmt and the linter would not leave
	$(WRITTEN) | xargs -0 swift format lint --strict --parallel
	swift format lint --strict Package.swift

tidy: deps
	$(SWIFT_BUILD) --build-tests
	$(SWIFT_TEST) --filter TidyTests

protos: deps-protos ## generate Sources/*/Generated from Sources/*/Protos
	@protos=$$(find Sources -path '*/Protos/*.proto' | sort); \
	if [ -z "$$protos" ]; then echo "protos: none"; exit 0; fi; \
	echo "$(SWIFT_BUILD) --product protoc-gen-swift"; \
	$(SWIFT_BUILD) --product protoc-gen-swift; \
	for folder in $$(dirname $$protos | sort -u); do \
		out=$$(dirname $$folder)/Generated; \
		mkdir -p $$out; \
		find $$out -name '*.pb.swift' -delete; \
		echo "protoc $$folder -> $$out"; \
		find $$folder -name '*.proto' | sort | sed "s|^$$folder/||" | xargs protoc \
			--plugin=protoc-gen-swift=$(BIN)/protoc-gen-swift --proto_path=$$folder --swift_out=$$out \
			--swift_opt=Visibility=Package --swift_opt=UseAccessLevelOnImports=true --swift_opt=FileNaming=FullPath; \
	done

clean: ## remove everything that was built
	swift package clean

# Installs Debian packages, with sudo where that is needed; silent and quick when nothing is missing.
define install
missing=; \
if ! command -v dpkg-query >/dev/null; then \
	echo "deps: this is no Debian; make sure that these are installed: $(1)"; exit 0; \
fi; \
for package in $(1); do \
	dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
done; \
if [ -n "$$missing" ]; then \
	as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	echo "deps: installing$$missing"; \
	$$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q; \
	$$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing; \
fi
endef
