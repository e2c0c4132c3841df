# Every target does its own set-up: Python 3.11+ and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
# Without compiled files each command compiles the product again, which takes longer than most of them run.
unexport PYTHONDONTWRITEBYTECODE
# One more than there are cores: tests wait for servers, browsers and clocks a third of their time.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
# The slowest cases are printed at the end, so that one that has grown slow is seen.
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --durations=10 --durations-min=1

RELEASE := $(VENV)/.release
OTHERS ?= 3.12 3.13

.PHONY: help demo test check format versions lint serve bench chaos coverage screenshots audit dist release clean

help:  ## print this list
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):[^#]*## */  make \1\t/' | expand -t 22

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = "%d.%d" % sys.version_info[:2]; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or later is needed, this one is " + v + ": make PYTHON=python3.11 ...")'
	@echo "Installing into $(VENV), once: half a minute, more on a slow line."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(STAMP)  ## the whole main job on sample content, in a scratch workspace: compose, check, render, send
	@$(BIN)/newsletter demo --dir demo

serve: $(STAMP)  ## the public pages and the Studio on http://localhost:8025
	@test -f .env || $(BIN)/newsletter init .
	@$(BIN)/newsletter serve

lint: $(STAMP)  ## ruff, mypy --strict, import floors
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports --no-cache

test: lint  ## everything: lint, then all tests (SQLite, PostgreSQL, browser)
	@$(PYTEST)

check: lint  ## the fast lane: every subject, on SQLite, without browsers, servers and killed processes
	@HYPOTHESIS_PROFILE=quick $(PYTEST) -q -m 'not slow and not browser' -k 'not postgresql'

format: $(STAMP)  ## format the code and fix what ruff can fix by itself
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

versions:  ## the same on the other versions of Python that are supported, each in a venv of its own
	@for version in $(OTHERS); do \
	  echo "Python $$version"; $(MAKE) --no-print-directory PYTHON=python$$version VENV=.venv-$$version check || exit 1; \
	done

bench: $(STAMP)  ## reproducible benchmarks against peers, as ratios
	@$(BIN)/python -m bench

chaos: $(STAMP)  ## 200 mailings killed at random moments on both databases, over workers, power cuts, refusals, snapshots
	@CHAOS_RUNS=200 $(BIN)/python -m pytest tests/actions/sending/test_chaos.py tests/actions/sending/test_power_cut.py \
		tests/actions/sending/test_our_fault.py tests/actions/sending/test_departures.py tests/jobs/test_workers.py

coverage: lint  ## all tests with the branches they take; the uncovered lines stand in htmlcov/
	@rm -f .coverage .coverage.*
	@$(BIN)/python -m coverage run -m pytest -n $(WORKERS) --dist loadgroup
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage html --quiet
	@$(BIN)/python -m coverage report --skip-covered --sort cover

screenshots: $(STAMP)  ## draw all of docs/images again, which the tests compare with what the product shows
	@$(BIN)/python -m tests.screenshots

$(RELEASE): $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,release]'
	@touch $@

audit: $(RELEASE)  ## known vulnerabilities of what is pinned (AUDIT=--if-reachable: only say so without a network)
	@$(BIN)/python -m scripts.audit $(AUDIT)

dist: $(RELEASE)  ## wheel, source archive and bill of materials in dist/, built twice and compared
	@$(BIN)/python -m scripts.dist

release: $(RELEASE)  ## VERSION=1.2.3: check, test, audit, build, tag; pushes nothing
	@$(BIN)/python -m scripts.release $(VERSION)

clean:  ## remove what the other targets made
	rm -rf $(VENV) .venv-* demo htmlcov .coverage .mypy_cache .ruff_cache .hypothesis build dist
