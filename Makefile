# The commands of this project; `make help` lists them.

PYTHON ?= python3
BIN := .venv/bin
DIR ?= .

.DEFAULT_GOAL := help
.PHONY: help run demo native doctor test test-fast test-postgres test-containers soak check format benchmarks clean

help:  ## List the commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-24s %s\n", $$1, $$2 }'

run: .venv/ready  ## Chat about the project in DIR (make run DIR=~/code/shop; default: here)
	@exec $(BIN)/sprintagen "$(DIR)"

demo: .venv/ready  ## The same with a scripted model and a sample repository: no key, no internet
	@exec $(BIN)/sprintagen --demo

native: .venv/ready-native  ## The same in a window of its own
	@exec $(BIN)/sprintagen "$(DIR)" --native

doctor: .venv/ready  ## Check this machine and say what to do about what is missing
	@exec $(BIN)/sprintagen doctor

test: test-fast test-postgres  ## All tests; those with a browser need chromium
	@$(BIN)/python -m pytest -m "(real or browser) and not container"

test-fast: .venv/ready-dev  ## The tests without opencode and without a browser, on every core
	@$(BIN)/python -m pytest -m "not real and not browser and not container" --numprocesses auto --dist loadfile

test-postgres: .venv/ready-dev  ## What uses the database once more, on a real PostgreSQL (skipped where there is none)
	@$(BIN)/python -m pytest tests/db tests/services --postgres -m "not real and not browser" --numprocesses auto --dist loadfile

test-containers: .venv/ready-dev  ## The containers, built and run by a real Docker engine
	@$(BIN)/python -m pytest tests/containers -m container --timeout 1200

soak: .venv/ready-dev  ## Break things at random for MINUTES (10) and see that nothing is lost; SEED=… repeats a run
	@$(BIN)/python -m tests.faults.soak --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED))

check: .venv/ready-dev  ## Lint, format and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: .venv/ready-dev  ## Format the code and mend what the linter can
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

benchmarks: .venv/ready-dev  ## Measure streaming, the start and the proxy on this machine
	@$(BIN)/python -m benchmarks stream && $(BIN)/python -m benchmarks start && $(BIN)/python -m benchmarks proxy

clean:  ## Remove what these commands made here
	@rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sprintagen needs Python 3.11 or newer; this is %s. Name another: make PYTHON=python3.13" % sys.version.split()[0])'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo 'Python cannot make a virtual environment here; on Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }

.venv/ready: .venv/bin/python pyproject.toml constraints.txt
	@echo 'Installing the dependencies into .venv ...' >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e . && touch $@

.venv/ready-dev: .venv/ready
	@echo 'Installing the tools for tests into .venv ...' >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]' && touch $@

.venv/ready-native: .venv/ready
	@echo 'Installing what a native window needs into .venv ...' >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[native]' && touch $@
