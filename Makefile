SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup run run-deployed test test-deployed test-quick test-dynamodb-local fuzz lint lint-template format demo bench user public env package deploy destroy admin token redrive settings job pause resume restore restore-finish costs clean clients ffmpeg

PYTHON ?= python3
PORT ?= 8000
DATA_DIR ?= .local
CLIENTS_HOME ?= $(HOME)/.cache/studio-clients
export PORT DATA_DIR CLIENTS_HOME PASSWORD

APP := .venv/.ready
MINISTACK := .venv-ministack/.ready
CHECKS := .venv-checks/.ready
RICECOOKER := $(CLIENTS_HOME)/ricecooker/.ready
KOLIBRI := $(CLIENTS_HOME)/kolibri/.ready
BIN := .venv/bin

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(APP) $(MINISTACK) ## virtual environments of the app and of ministack

run: setup ## the whole application on http://127.0.0.1:PORT, its data in DATA_DIR
	@exec $(BIN)/python -m infra.local

ifeq ($(origin DATA_DIR),file)
run-deployed: DATA_DIR = .local/deployed
endif
run-deployed: setup ## the same as it is deployed: packaged, in ministack by CloudFormation; its data goes at the next start
	@exec $(BIN)/python -m infra.local.deployed

test: setup clients ffmpeg ## all tests; ARGS="-k name" for some
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(or $(ARGS),--rights)

test-deployed: setup clients ffmpeg ## package, deploy to ministack by CloudFormation, and test what is there
	$(BIN)/python -m pytest tests/deployed --durations=3 $(ARGS)

test-quick: $(APP) ## within a minute: domain, models, handlers, api, export, without what tests/support/quick_part.py lists
	$(BIN)/python -m pytest tests/domain tests/schemas tests/models tests/operations tests/identity tests/handlers tests/http tests/export -n 2 --quick $(ARGS)

test-dynamodb-local: $(APP) ## the tests of models, handlers and faults, their tables in DynamoDB Local
	@exec $(BIN)/python -m infra.dynamodb_local \
	  $(BIN)/python -m pytest tests/models tests/operations tests/identity tests/handlers tests/faults -n 2 --dist loadgroup \
	  --hypothesis-profile=unhurried $(ARGS)

fuzz: $(APP) ## N=10000 requests made from the OpenAPI document: no 5xx, every answer as declared
	FUZZ=$(or $(N),10000) $(BIN)/python -m pytest -s tests/http/test_fuzz.py $(ARGS)

lint: $(APP) ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy

lint-template: $(APP) $(CHECKS) ## cfn-lint and checkov on the template that is deployed
	$(BIN)/python -m infra.lint_template

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

env: $(APP) ## the variables of the running stack, for a shell: eval "$(make -s env)", then .venv/bin/chalice local
	@exec $(BIN)/python -m infra.local.running

package: $(APP) ## STAGE=dev: what is deployed, in build/STAGE: functions, template, parameters
	@$(BIN)/python -m infra.package "$(or $(STAGE),dev)"

deploy: $(APP) ## STAGE=prod REGION=eu-central-1 [ADMIN_EMAIL=…] [FORCE=1]: package, and bring it to AWS
	@exec $(BIN)/python -m infra.deploy deploy

destroy: $(APP) ## STAGE=… REGION=… [DATA=delete] [YES=<stage>]: take a stage down; its data stays unless told otherwise
	@exec $(BIN)/python -m infra.deploy destroy

admin: $(APP) ## STAGE=… REGION=… EMAIL=…: a one-time password for an administrator, who may be a new one
	@exec $(BIN)/python -m infra.deploy admin

token: $(APP) ## STAGE=… REGION=… EMAIL=…: a new API token for ricecooker, of a user who may be a new one
	@exec $(BIN)/python -m infra.deploy token

redrive: $(APP) ## STAGE=… REGION=… QUEUE=publish: move the messages of a dead-letter queue back
	@exec $(BIN)/python -m infra.deploy redrive

settings: $(APP) ## STAGE=… REGION=… [SET="Name=value" or ROTATE=1]: list a stage's settings, change one, exchange the front's key
	@exec $(BIN)/python -m infra.deploy settings

job: $(APP) ## STAGE=… REGION=… JOB=rebuild_public_index (or rebuild_search_index): make an index anew
	@exec $(BIN)/python -m infra.deploy job

pause: $(APP) ## STAGE=… REGION=…: stop what writes: the API and the functions of the queues
	@exec $(BIN)/python -m infra.deploy pause

resume: $(APP) ## STAGE=… REGION=…: let them go on
	@exec $(BIN)/python -m infra.deploy resume

restore: $(APP) ## STAGE=… REGION=… TIME=2026-01-31T12:00:00Z TABLES="nodes children": tables as they were, beside those in use
	@exec $(BIN)/python -m infra.deploy restore

restore-finish: $(APP) ## STAGE=… REGION=… TABLES="…": make the tables in use equal to them
	@exec $(BIN)/python -m infra.deploy restore-finish

costs: setup clients ffmpeg ## what uploads, publishes and reads cost in AWS: calls counted here, times list prices
	@exec $(BIN)/python -m benchmarks.costs

clean: ## remove what was built, not the data
	rm -rf .venv .venv-ministack .venv-checks infra/dynamodb_local/node_modules build .pytest_cache .mypy_cache .ruff_cache .hypothesis
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

$(CHECKS): requirements-checks.txt
	$(call venv,.venv-checks,-r requirements-checks.txt)

$(RICECOOKER):
	$(call venv,$(CLIENTS_HOME)/ricecooker,ricecooker==0.8.0)

$(KOLIBRI):
	$(call venv,$(CLIENTS_HOME)/kolibri,kolibri==0.19.5)
