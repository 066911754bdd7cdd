# Otklik. `make` alone explains itself. Needs make and Python 3.11 or later, nothing else.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

STARTED_AT := $(shell date +%s)
export STARTED_AT

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3; do \
	if "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo "$$p"; break; fi; done)
BIN := .venv/bin
PY := $(BIN)/python
LOCAL := $(PY) -m helpdesk.local
# Tests of one run share two cores with the servers they start.
WORKERS ?= 2
took = @echo "make $@: $$(( $$(date +%s) - $(STARTED_AT) )) s"

.PHONY: help setup demo dev test e2e faults slow screens check bench lock messages clean start stop status manage

help: ## this list
	@echo "Otklik, a helpdesk. Targets:"
	@sed -n 's/^\([a-z0-9]*\):.*## /  \1|/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null \
		|| sed -n 's/^\([a-z0-9]*\):.*## /  \1  /p' $(MAKEFILE_LIST)
	@echo
	@echo "First time: make demo. Before a commit: make check test."

# --- set-up: each step leaves a stamp and is skipped while its sources are older ---------------

PYTHON_STAMP := .venv/.otklik
NODE_STAMP := node_modules/.otklik
ASSETS_STAMP := static/vendor/.otklik
MO := locale/ru/LC_MESSAGES/django.mo

$(PYTHON_STAMP): requirements-dev.lock scripts/bootstrap.py
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Installing Python packages …"
	@$(PYTHON) scripts/bootstrap.py
	@touch $@

$(NODE_STAMP): package-lock.json package.json scripts/npm.py | $(PYTHON_STAMP)
	@echo "Installing browser files …"
	@$(PY) scripts/npm.py ci --silent
	@touch $@

$(ASSETS_STAMP): $(NODE_STAMP) scripts/assets.py static/icons.txt
	@$(PY) scripts/assets.py
	@touch $@

$(MO): $(wildcard locale/ru/LC_MESSAGES/django.po) | $(PYTHON_STAMP)
	@$(PY) scripts/messages.py compile

READY := $(PYTHON_STAMP) $(NODE_STAMP) $(ASSETS_STAMP) $(MO)

setup: $(READY) ## install everything into this folder; nothing is started
	$(took)

# --- running ----------------------------------------------------------------------------------

demo: $(READY) ## start everything with a demonstration company; Ctrl-C ends it
	@$(LOCAL) demo
	$(took)

dev: $(READY) ## start everything for development: debug pages, reloading
	@$(LOCAL) dev
	$(took)

start: $(READY) ## start only PostgreSQL and Valkey and leave them running
	@$(LOCAL) start
	$(took)

stop: $(READY) ## end whatever runs in this folder
	@$(LOCAL) stop
	$(took)

status: $(READY) ## what runs, and how much memory it takes
	@$(LOCAL) status
	$(took)

manage: $(READY) ## one of Django's commands:  make manage C="createsuperuser"
	@$(LOCAL) run -- $(PY) manage.py $(C)
	$(took)

# --- proving ----------------------------------------------------------------------------------

test: $(READY) ## the test suite, on its own PostgreSQL and Valkey
	@$(PY) -m pytest -n $(WORKERS) -m "not e2e and not faults and not slow" $(ARGS)
	$(took)

e2e: $(READY) ## the tests in a real browser (Chromium)
	@$(PY) -m pytest -m e2e $(ARGS)
	$(took)

faults: $(READY) ## kill, freeze and restart real processes, planted faults
	@$(PY) -m pytest -m faults $(ARGS)
	$(took)

slow: $(READY) ## tests that compute for minutes: the past tried again and again, the demonstration's loading
	@$(PY) -m pytest -m "slow and not faults" $(ARGS)
	$(took)

check: $(READY) ## lint, types, layers, templates, translations, migrations, deployment
	@$(PY) scripts/check.py $(ARGS)
	$(took)

screens: $(READY) ## take the pictures in docs/screens from a demonstration (Chromium)
	@$(PY) scripts/screens.py $(ARGS)
	$(took)

bench: $(READY) ## measure speed and memory at 10,000 and 100,000 tickets
	@$(PY) -m bench $(ARGS)
	$(took)

# --- keeping ----------------------------------------------------------------------------------

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header pyproject.toml

lock: $(PYTHON_STAMP) ## make the lock files anew (ARGS=--upgrade for newer versions)
	@$(LOCK) --extra local --extra dev --output-file requirements-dev.lock $(ARGS)
	@$(LOCK) --constraints requirements-dev.lock --output-file requirements.lock
	@$(PY) scripts/npm.py install --package-lock-only --silent
	$(took)

messages: $(PYTHON_STAMP) ## bring the translation catalogues up to date with the sources, and compile
	@$(PY) scripts/messages.py extract
	@$(PY) scripts/messages.py compile
	$(took)

clean: ## end what runs and remove everything that was made here, the demonstration's data too
	@if [ -x $(PY) ]; then $(LOCAL) stop; $(LOCAL) remove; fi
	@rm -rf var .venv node_modules static/vendor .hypothesis .import_linter_cache .ruff_cache $(MO)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	$(took)
