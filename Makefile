# The front door: make help. Each target sets up what it needs and is quick when repeated.
export BUILD_JOBS ?= $(shell nproc)
export FUZZ_SECONDS ?= 60
SERVE ?= 1
PREFIX ?= /usr/local

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help build run test test-deep asan tsan fuzz cover check lint format generate bench fresh install clean

help: ## list the targets
	@sed -nE 's/^([a-z -]+):.*## (.*)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  %-10s %s\n' "$$name" "$$text"; done

build: ## the programs, in build/release/bin
	@scripts/setup run
	@scripts/build release

run: build ## set up, build and run the main job on the sample data (SERVE=0: stop after the result)
	@SERVE=$(SERVE) scripts/run

test: ## every test
	@scripts/setup test
	@scripts/build test
	@scripts/test test

test-deep: ## every test, with ten times as many random problems
	@MANDO_NEEDS_SMALL_DISK=1 MANDO_TEST_SCALE=10 MANDO_RANDOM_COUNT=200000 $(MAKE) test

asan tsan: ## every test under AddressSanitizer and UBSan; under ThreadSanitizer
	@scripts/setup lint
	@scripts/build $@
	@scripts/test $@

fuzz: ## each fuzzer for FUZZ_SECONDS=60 on a copy of its corpus
	@scripts/setup lint
	@scripts/build fuzz
	@scripts/fuzz

cover: ## lines and branches that the tests reach, for each folder
	@scripts/setup test
	@scripts/build coverage
	@find build/coverage -name '*.gcda' -delete
	@MANDO_COVERAGE=1 scripts/test coverage
	@scripts/cover build/coverage

check: ## format, layers, headers, lint, banned functions, generated pages, symbols
	@scripts/setup lint
	@scripts/build test
	@scripts/check

lint: ## clang-tidy and cppcheck alone
	@scripts/setup lint
	@scripts/build test
	@scripts/check tidy cppcheck

format: ## let clang-format rewrite the sources
	@scripts/setup lint
	@scripts/check-format --fix

generate: build ## the reference pages of doc/, from the .def files
	@scripts/generate release doc

bench: ## speed beside Clp, Cbc, GLPK, HiGHS, FLToptim, SQLite, PostgreSQL, DuckDB, polars: a table and a plot (ROW="a b": some; PUBLISH=name)
	@scripts/setup bench
	@scripts/build bench
	@bench/run $(ROW) $(if $(PUBLISH),--publish $(PUBLISH))

fresh: ## make run and make test in a bare Debian 12 root (needs root and mmdebstrap)
	@test/fresh/run

install: build ## library, headers and programs into PREFIX=/usr/local
	@cmake --install build/release --prefix "$(PREFIX)"

clean: ## remove build/ (what was fetched stays in .cache)
	@rm -rf build
