SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup run run-deployed test test-deployed test-quick test-dynamodb-local fuzz chaos histories screenshots lint lint-template lock format demo bench bench-scale user public env package deploy destroy admin token deactivate activate export-user delete-user redrive smoke settings job collect restore-file pause resume restore restore-finish costs clean clients ffmpeg chromium

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

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { \
	  count = split($$2, words, " "); line = sprintf("%-20s", $$1); used = 20; \
	  for (at = 1; at <= count; at++) { \
	    if (used + length(words[at]) > 118) { line = line sprintf("\n%-20s", ""); used = 20 } \
	    line = line words[at] " "; used += length(words[at]) + 1 } \
	  print line }' $(MAKEFILE_LIST)

setup: $(APP) $(MINISTACK) ## create the virtual environments of the application and of ministack

run: setup ## run the whole application on http://127.0.0.1:PORT, with its data in DATA_DIR
	@exec $(BIN)/python -m infra.local

ifeq ($(origin DATA_DIR),file)
run-deployed: DATA_DIR = .local/deployed
endif
run-deployed: setup ## run it as deployed: packaged, in ministack, by CloudFormation; the next start deletes its data
	@exec $(BIN)/python -m infra.local.deployed

test: setup clients ffmpeg chromium ## run all tests; ARGS="-k name" selects some
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(or $(ARGS),--rights)

test-deployed: setup clients ffmpeg ## package, deploy to ministack by CloudFormation, and test the deployed stack
	$(BIN)/python -m pytest tests/deployed -v --durations=3 $(ARGS)

QUICK := $(addprefix tests/,domain schemas models operations identity handlers http export content_databases \
  infra/test_resources.py infra/test_rights.py \
  test_structure.py test_declarations.py test_policy_is_asked.py test_jobs.py test_permissions.py)
test-quick: $(APP) ## run the fast tests, in about a minute: not aws, faults, e2e, most of infra, nor the exceptions in tests/support/quick_part.py
	$(BIN)/python -m pytest $(QUICK) -n 2 --quick $(ARGS)

test-dynamodb-local: $(APP) ## run the tests of models, handlers and faults against DynamoDB Local
	@exec $(BIN)/python -m infra.dynamodb_local \
	  $(BIN)/python -m pytest tests/models tests/operations tests/identity tests/handlers tests/faults -n 2 --dist loadgroup \
	  --hypothesis-profile=unhurried $(ARGS)

fuzz: $(APP) ## send N=10000 requests generated from the OpenAPI document, and as many bodies of sync and uploads: no 5xx
	FUZZ=$(or $(N),10000) $(BIN)/python -m pytest -s --timeout 36000 tests/http/test_fuzz.py tests/http/test_fuzz_bodies.py $(ARGS)

chaos: $(APP) ## SEED=1 STEPS=2000: 20 chefs and six editors work while AWS calls fail and processes are killed; then check that everything is whole
	@exec $(BIN)/python -m tests.chaos $(or $(SEED),1) $(or $(STEPS),2000)

histories: $(APP) ## try N=200 random histories of 30 steps, in which the collection must delete nothing that is needed; SEED=1
	HISTORIES=$(or $(N),200) $(BIN)/python -m pytest -q --hypothesis-seed=$(or $(SEED),1) tests/faults/test_collection_machine.py $(ARGS)

screenshots: setup clients ffmpeg chromium ## walk through all pages in a browser and keep a picture of each in docs/images
	SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/e2e/journey $(ARGS)

lint: $(APP) ## run ruff, mypy and bandit, and ask for known vulnerabilities of the locked packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/bandit -q -c pyproject.toml -r app.py chalicelib infra examples
	@$(BIN)/python -m infra.audit

LOCK := $(BIN)/uv pip compile --generate-hashes --no-header -q
lock: $(APP) ## lock what requirements*.in name, with hashes; ARGS="--upgrade-package name" takes a newer version
	for name in requirements requirements-dev requirements-ministack requirements-checks requirements-kolibri; do \
	  $(LOCK) --universal --python-version 3.11 $(ARGS) $$name.in -o $$name.txt; done

lint-template: $(APP) $(CHECKS) ## run cfn-lint and checkov on the template that is deployed
	$(BIN)/python -m infra.lint_template

format: $(APP) ## format the code and fix what ruff can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

demo: setup clients ffmpeg ## upload an example channel, publish it, import it into Kolibri, and list what arrived
	@exec $(BIN)/python -m examples.demo

bench: setup clients ffmpeg ## run the benchmarks: a table, and bench.json; ARGS="public" selects some
	@exec $(BIN)/python -m benchmarks $(ARGS)

bench-scale: setup ## measure channels of 1,000, 10,000 and 100,000 nodes by stage, for docs/scale.md; ARGS="1000 --clients 4" selects sizes
	@exec $(BIN)/python -m benchmarks.scale $(ARGS)

user: $(APP) ## EMAIL=… [ADMIN=1] [PASSWORD=… or ASK=1]: create a user in the running stack; the last line is its token. REVOKE=all (or a token) revokes API tokens, ACTIVE=0 deactivates the user
	@test -n "$(EMAIL)" || { echo "EMAIL is required: make user EMAIL=you@example.org"; exit 1; }
	@exec $(BIN)/python -m infra.local.user "$(EMAIL)" $(if $(ADMIN),--admin) $(if $(ASK),--ask) $(if $(REVOKE),--revoke "$(REVOKE)") $(if $(ACTIVE),--active "$(ACTIVE)")

public: $(APP) ## CHANNEL=… [PUBLIC=0]: make a published channel public, or private again
	@test -n "$(CHANNEL)" || { echo "CHANNEL is required: make public CHANNEL=<id or token>"; exit 1; }
	@exec $(BIN)/python -m infra.local.public "$(CHANNEL)" $(if $(filter 0 no false,$(PUBLIC)),--private)

env: $(APP) ## print the variables of the running stack for a shell: eval "$(make -s env)", then .venv/bin/chalice local
	@exec $(BIN)/python -m infra.local.running

package: $(APP) ## STAGE=dev: build what is deployed, in build/STAGE: functions, template, parameters
	@$(BIN)/python -m infra.package "$(or $(STAGE),dev)"

deploy: $(APP) ## STAGE=prod REGION=eu-central-1 [ADMIN_EMAIL=…] [FORCE=1]: package, and deploy to AWS
	@exec $(BIN)/python -m infra.deploy deploy

destroy: $(APP) ## STAGE=… REGION=… [DATA=delete] [YES=<stage>]: delete a stage; its data is retained unless DATA=delete
	@exec $(BIN)/python -m infra.deploy destroy

admin: $(APP) ## STAGE=… REGION=… EMAIL=…: issue a one-time password to an administrator; creates the user if needed
	@exec $(BIN)/python -m infra.deploy admin

token: $(APP) ## STAGE=… REGION=… EMAIL=…: issue an API token for ricecooker; creates the user if needed. REVOKE=all (or an id, or the token itself) revokes instead
	@exec $(BIN)/python -m infra.deploy token

deactivate: $(APP) ## STAGE=… REGION=… EMAIL=…: deactivate a user; API tokens and sessions are revoked for good
	@exec $(BIN)/python -m infra.deploy deactivate

activate: $(APP) ## STAGE=… REGION=… EMAIL=…: activate a user again, who signs in and gets new API tokens
	@exec $(BIN)/python -m infra.deploy activate

export-user: $(APP) ## EMAIL=… [STAGE=… REGION=…]: write what is stored about a user to a ZIP file; without STAGE, of the running stack
	@exec $(BIN)/python -m $(if $(STAGE),infra.deploy export-user,infra.local.people export "$(EMAIL)")

delete-user: $(APP) ## EMAIL=… [STAGE=… REGION=…] [YES=<address>]: delete a user for good, after showing what goes; without STAGE, of the running stack
	@exec $(BIN)/python -m $(if $(STAGE),infra.deploy delete-user,infra.local.people delete "$(EMAIL)")

redrive: $(APP) ## STAGE=… REGION=… QUEUE=publish: move the messages of a dead-letter queue back
	@exec $(BIN)/python -m infra.deploy redrive

smoke: $(APP) ## STAGE=… REGION=… (or URL=http://127.0.0.1:8000): check a running application after a deploy; only reads
	@exec $(BIN)/python -m infra.smoke

settings: $(APP) ## STAGE=… REGION=… [SET="Name=value" or ROTATE=1]: list a stage's settings, change one, rotate the origin secret and the API key
	@exec $(BIN)/python -m infra.deploy settings

job: $(APP) ## STAGE=… REGION=… JOB=rebuild_public_index (or rebuild_search_index, note_files): rebuild an index; JOB=recount_storage: recount what is used. Without STAGE: of the running stack
	@exec $(BIN)/python -m $(if $(STAGE),infra.deploy job,infra.local.job "$(JOB)")

collect: $(APP) ## [DRY=1] [STAGE=… REGION=…]: delete stored files that nothing has used for long, as the schedule does; DRY=1 only lists them, and why. Without STAGE: of the running stack
	@exec $(BIN)/python -m $(if $(STAGE),infra.deploy collect,infra.local.files collect)

restore-file: $(APP) ## NAME=<md5>.<extension> [STAGE=… REGION=…]: bring a stored file back that was deleted in the last 35 days
	@exec $(BIN)/python -m $(if $(STAGE),infra.deploy restore-file,infra.local.files restore-file "$(NAME)")

pause: $(APP) ## STAGE=… REGION=…: stop all writes: the API and the functions of the queues
	@exec $(BIN)/python -m infra.deploy pause

resume: $(APP) ## STAGE=… REGION=…: start them again
	@exec $(BIN)/python -m infra.deploy resume

restore: $(APP) ## STAGE=… REGION=… TIME=2026-01-31T12:00:00Z TABLES="nodes children": restore tables to that time, beside those in use
	@exec $(BIN)/python -m infra.deploy restore

restore-finish: $(APP) ## STAGE=… REGION=… TABLES="…": make the tables in use equal to the restored ones
	@exec $(BIN)/python -m infra.deploy restore-finish

costs: setup clients ffmpeg ## estimate what uploads, publishes and reads cost in AWS: calls counted locally, times list prices
	@exec $(BIN)/python -m benchmarks.costs

clean: ## remove everything built, but not the data
	rm -rf .venv .venv-ministack .venv-checks infra/dynamodb_local/node_modules build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# ---- prerequisites ----

clients: $(RICECOOKER) $(KOLIBRI) ## install the real ricecooker and Kolibri into CLIENTS_HOME

ffmpeg: ## install ffmpeg, which ricecooker requires; as root
	@if command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing ffmpeg"; apt-get update -qq && apt-get install -y -qq ffmpeg >/dev/null; \
	else echo "ricecooker requires ffmpeg: install it with your package manager"; exit 1; fi

chromium: ## install Chromium, for tests in a browser; as root
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing Chromium"; apt-get update -qq && apt-get install -y -qq chromium >/dev/null; \
	else echo "The tests require Chromium: install it with your package manager"; exit 1; fi

# $(call venv,FOLDER,WHAT PIP INSTALLS)
define venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Python 3.11 or newer is required: set PYTHON=/path/to/python3"; exit 1; }
	@echo "installing $(1)"
	@$(PYTHON) -m venv $(1) >/dev/null || { echo "$(PYTHON) cannot create virtual environments: install its venv module"; exit 1; }
	@$(1)/bin/pip install -q --disable-pip-version-check --require-hashes $(2)
	@echo '*' > $(1)/.gitignore
	@touch $(1)/.ready
endef

$(APP): requirements.txt requirements-dev.txt
	$(call venv,.venv,-r requirements-dev.txt)

$(MINISTACK): requirements-ministack.txt
	$(call venv,.venv-ministack,-r requirements-ministack.txt)

$(CHECKS): requirements-checks.txt
	$(call venv,.venv-checks,-r requirements-checks.txt)

$(RICECOOKER): requirements-ricecooker.txt
	$(call venv,$(CLIENTS_HOME)/ricecooker,--no-deps -r requirements-ricecooker.txt)

$(KOLIBRI): requirements-kolibri.txt
	$(call venv,$(CLIENTS_HOME)/kolibri,-r requirements-kolibri.txt)
