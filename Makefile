# The project's commands. Each one sets up what it needs first, and says what this machine cannot do.
# Set-up: .venv/ holds virtual environments, .build/ the collection where Ansible looks for it, logs and reports.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help detect fix test quick lint format demo demo-flood demo-trace bench fuzz matrix docs pictures changelog build ee release clean run-env test-env bench-env fuzz-env eda-env network-env openstack-env ee-env docs-env release-env place

INVENTORY ?=
LIMIT ?=
APPLY ?=
ARGS ?=
ONLY ?=
PYTHON ?=
MINUTES ?= 10
VERSION ?=
TARGETS ?=
export LAYER2_PYTHON := $(PYTHON)
# By the environment, so that no quote in a path is taken for one of the shell's.
export INVENTORY LIMIT APPLY

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

detect: run-env place ## find duplicate MACs: [INVENTORY=file-or-host-list] [LIMIT=pattern] [ARGS=ansible-playbook's]
	@.venv/run/bin/python tools/run_playbook.py detect $(ARGS)

fix: run-env place ## plan new MACs and show them: as detect; [APPLY=yes] changes hosts and proves it
	@.venv/run/bin/python tools/run_playbook.py fix $(ARGS)

test: test-env place ## run every check and test: [ONLY="unit sanity ..."] picks steps
	@python3 tools/packages.py $(wildcard tests/*/packages.txt) || test $$? -eq 3
	@.venv/test/bin/python tools/run_tests.py $(ONLY)

quick: test-env place ## the checks for the habit of every commit: style, types, unit tests
	@.venv/test/bin/python tools/run_tests.py --quick

lint: test-env place ## the checks that only read the sources
	@.venv/test/bin/python tools/run_tests.py static

format: test-env ## repair what ruff can repair by itself
	@.venv/test/bin/ruff check --fix .

demo: test-env place ## boot the lab, find and cure incident 1 in it, take it down
	@python3 tools/packages.py tests/lab/packages.txt
	@PATH="$(CURDIR)/.venv/test/bin:$$PATH" .venv/test/bin/python -m tests.lab demo

demo-flood: test-env place ## boot the lab, find and cure incident 2 in it, take it down
	@python3 tools/packages.py tests/lab/packages.txt
	@PATH="$(CURDIR)/.venv/test/bin:$$PATH" .venv/test/bin/python -m tests.lab demo-flood

demo-trace: test-env place ## boot the lab, follow packets of incident 1 in it to the twin, take it down
	@python3 tools/packages.py tests/lab/packages.txt
	@PATH="$(CURDIR)/.venv/test/bin:$$PATH" .venv/test/bin/python -m tests.lab demo-trace

bench: bench-env place ## measure against the naive ways, as ratios of one run: [ARGS=tests.bench's]
	@python3 tools/packages.py tests/bench/packages.txt || test $$? -eq 3
	@PATH="$(CURDIR)/.venv/bench/bin:$$PATH" .venv/bench/bin/python -m tests.bench $(ARGS)

fuzz: fuzz-env place ## search for inputs that break a parser: [MINUTES=10] [TARGETS="pcap-file plans"], what is found is in .build/fuzz
	@python3 tools/packages.py tests/fuzz/packages.txt || test $$? -eq 3
	@PYTHONPATH="$(CURDIR)/.build" .venv/fuzz/bin/python -m tests.fuzz --minutes $(MINUTES) $(TARGETS)

matrix: place ## oldest and newest ansible-core, module code under old and new Pythons
	@python3 tools/matrix.py

docs: test-env docs-env place ## render the reference of plugins and roles into docs/reference, and all of docs as a site into .build/site/html
	@.venv/test/bin/python tools/render_docs.py
	@.venv/docs/bin/python tools/docs_site.py

pictures: test-env place ## run the demo, and make the README's pictures of it
	@.venv/test/bin/python tools/pictures.py

changelog: test-env place ## cut a version: fold changelogs/fragments into CHANGELOG, its number into galaxy.yml: VERSION=0.2.0
	@.venv/test/bin/python tools/changelog.py $(VERSION)

build: test-env place ## build the artifact for Galaxy
	@.venv/test/bin/python tools/import_artifact.py --build-only

ee: ee-env place ## make the execution environment with podman and run a playbook in it: [EE=execution-environment-rpm.yml] [ARGS="--base debian"]
	@.venv/ee/bin/python tools/execution_environment.py $(if $(EE),--file $(EE)) $(ARGS)

release: build run-env release-env ## build the artifact twice, and write its digest and bill of materials beside it (docs/release.md)
	@.venv/test/bin/python tools/import_artifact.py --release

clean: ## remove environments, copies and reports
	rm -rf .venv .build .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/output

run-env test-env bench-env fuzz-env eda-env network-env openstack-env ee-env docs-env release-env: %-env:
	@python3 tools/environments.py $*

place:
	@python3 tools/place.py
