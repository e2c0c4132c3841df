# Every target does its own set-up: Python 3.11+ and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
WORKERS ?= auto

.PHONY: help demo test check lint serve bench chaos screenshots clean

help:  ## print this list
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):[^#]*## */  make \1\t/' | expand -t 22

$(STAMP): pyproject.toml constraints.txt
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
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: lint  ## the fast subset: no browser, nothing slow
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m 'not slow and not browser'

bench: $(STAMP)  ## reproducible benchmarks against peers, as ratios
	@$(BIN)/python -m bench

chaos: $(STAMP)  ## 200 mailings killed at random moments, on SQLite and PostgreSQL
	@CHAOS_RUNS=200 $(BIN)/python -m pytest tests/actions/test_chaos.py

screenshots: $(STAMP)  ## draw docs/images again from the sample content
	@$(BIN)/python -m tests.screenshots

clean:  ## remove what the other targets made
	rm -rf $(VENV) demo .mypy_cache .ruff_cache .hypothesis build dist
