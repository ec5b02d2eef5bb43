SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup run test test-quick fuzz lint format demo bench user public clean clients ffmpeg

PYTHON ?= python3
PORT ?= 8000
DATA_DIR ?= .local
CLIENTS_HOME ?= $(HOME)/.cache/studio-clients
export PORT DATA_DIR CLIENTS_HOME PASSWORD

QUICK := --hypothesis-profile=quick --ignore-glob='*_machine.py' \
  $(patsubst %,--ignore=tests/handlers/test_%.py,bad_bodies credentials methods session_routes)
APP := .venv/.ready
MINISTACK := .venv-ministack/.ready
RICECOOKER := $(CLIENTS_HOME)/ricecooker/.ready
KOLIBRI := $(CLIENTS_HOME)/kolibri/.ready
BIN := .venv/bin

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(APP) $(MINISTACK) ## virtual environments of the app and of ministack

run: setup ## the whole application on http://127.0.0.1:PORT, its data in DATA_DIR
	@exec $(BIN)/python -m infra.local

test: setup clients ffmpeg ## all tests; ARGS="-k name" for some
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

test-quick: $(APP) ## the tests that need no stack, but for those that ask every route or play at length
	$(BIN)/python -m pytest tests/domain tests/models tests/handlers tests/api tests/export -n 2 $(QUICK) $(ARGS)

fuzz: $(APP) ## N=10000 requests made from the OpenAPI document: no 5xx, every answer as declared
	FUZZ=$(or $(N),10000) $(BIN)/python -m pytest -s tests/api/test_fuzz.py $(ARGS)

lint: $(APP) ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy

format: $(APP) ## let ruff put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

demo: setup clients ffmpeg ## example chef -> publish -> Kolibri, with what arrived
	@exec $(BIN)/python -m examples.demo

bench: setup clients ffmpeg ## measure; table and bench.json; ARGS="public" for some
	@exec $(BIN)/python -m benchmarks $(ARGS)

user: $(APP) ## EMAIL=… [ADMIN=1] [PASSWORD=… or ASK=1]: a user in the running stack; its token is the last line
	@test -n "$(EMAIL)" || { echo "Say whom: make user EMAIL=you@example.org"; exit 1; }
	@exec $(BIN)/python -m infra.local.user "$(EMAIL)" $(if $(ADMIN),--admin) $(if $(ASK),--ask)

public: $(APP) ## CHANNEL=… [PUBLIC=0]: put a published channel on the public lists, or take it off
	@test -n "$(CHANNEL)" || { echo "Say which: make public CHANNEL=<id or token>"; exit 1; }
	@exec $(BIN)/python -m infra.local.public "$(CHANNEL)" $(if $(filter 0 no false,$(PUBLIC)),--private)

clean: ## remove what was built, not the data
	rm -rf .venv .venv-ministack build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# ---- what the commands need ----

clients: $(RICECOOKER) $(KOLIBRI)

ffmpeg:
	@if command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing ffmpeg"; apt-get update -qq && apt-get install -y -qq ffmpeg >/dev/null; \
	else echo "ffmpeg is missing: ricecooker needs it; install it with your package manager"; exit 1; fi

# $(call venv,FOLDER,WHAT PIP INSTALLS)
define venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Python 3.11 or newer is needed; say which with PYTHON=/path/to/python3"; exit 1; }
	@echo "installing $(1)"
	@$(PYTHON) -m venv $(1) >/dev/null || { echo "$(PYTHON) cannot make virtual environments; install its venv"; exit 1; }
	@$(1)/bin/pip install -q --disable-pip-version-check $(2)
	@echo '*' > $(1)/.gitignore
	@touch $(1)/.ready
endef

$(APP): requirements.txt requirements-dev.txt
	$(call venv,.venv,-r requirements-dev.txt)

$(MINISTACK): requirements-ministack.txt
	$(call venv,.venv-ministack,-r requirements-ministack.txt)

$(RICECOOKER):
	$(call venv,$(CLIENTS_HOME)/ricecooker,ricecooker==0.8.0)

$(KOLIBRI):
	$(call venv,$(CLIENTS_HOME)/kolibri,kolibri==0.19.5)
