# Two commands need nothing but Python >= 3.11 and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export DROPZONE_HOME ?= $(CURDIR)/data
export DAGSTER_HOME ?= $(DROPZONE_HOME)/dagster
# Bytecode makes every start of Dagster seconds faster; some machines switch it off.
unexport PYTHONDONTWRITEBYTECODE
export UV_COMPILE_BYTECODE := 1
SEED ?= 1
FAULTS ?= 100000
KILLS ?= 200
UV := $(shell command -v uv 2>/dev/null)

PEERS := duckdb polars pandas dlt floe spark

.DEFAULT_GOAL := help
.PHONY: help demo up test check full long chaos services servers ui docs lint-contracts bench bench-quick env clean

help:  ## What can be made.
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

demo: $(VENV)/.demo  ## Ingest two weeks of real flights and some dirty files, and show what came of them.
	@$(BIN)/dropzone demo

up: $(VENV)/.demo  ## Start the Dagster UI (http://localhost:3000, or: make up PORT=3001) and the daemon that watches the dropzone.
	@$(BIN)/dropzone up $(if $(findstring command,$(origin PORT)),--port $(PORT))

test: $(VENV)/.test  ## Run the tests.
	$(BIN)/python -m pytest

check: $(VENV)/.check  ## Lint, format, types, and who imports whom.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(if $(CI),,$(BIN)/python -m pytest -n 0 tests/test_floors.py)

full: $(VENV)/.test  ## The tests with real processes: `up`, kills, a power cut, the wheel.
	$(BIN)/python -m pytest -m 'full and not long'

long: $(VENV)/.test  ## What a release passes as well, half an hour: a year of flights, kills at every point.
	$(BIN)/python -m pytest -m long

chaos: $(VENV)/.test  ## Faults at every place where the platform meets the outside, and kills (SEED=1 FAULTS=100000 KILLS=200).
	$(BIN)/python -m tests.chaos --matrix
	$(BIN)/python -m tests.chaos --seed $(SEED) --faults $(FAULTS) --kills $(KILLS)

services: $(VENV)/.services $(VENV)/.azurite  ## The tests against real S3, Azure, GCS, SFTP, FTP servers and PostgreSQL (Linux, npm, root).
	$(BIN)/python -m pytest --dist loadfile -m 's3 or azure or gcs or remote or postgres'

servers: $(VENV)/.services $(VENV)/.azurite  ## Start a server of every kind, each with a file, and a home that watches them all.
	@$(BIN)/python -m tests.servers


ui: $(VENV)/.ui  ## The smoke test of the UI in Chromium.
	$(BIN)/python -m pytest -n 0 -m ui

lint-contracts: $(VENV)/.datacontract  ## Every shipped contract passes the linter of the standard's own tool.
	@for file in data/contracts/*.odcs.yaml; do $(VENV)/datacontract/bin/datacontract lint $$file || exit 1; done

docs: $(VENV)/.docs  ## The documentation as a site in .site/, every link checked.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

bench: $(VENV)/.bench $(PEERS:%=bench-%)  ## Ours and its peers on every workload at full size, an hour or two; writes docs/benchmarks.md.
	$(BIN)/python -m benchmarks --sizes full --rounds 3
	$(BIN)/python benchmarks/ledger.py

bench-quick: $(VENV)/.bench $(PEERS:%=bench-%)  ## The same on small data, once.
	$(BIN)/python -m benchmarks --sizes quick --rounds 1

# A peer that cannot be installed is left out, and the table says so.
bench-%: | $(VENV)/bin/python
	@$(MAKE) --no-print-directory $(VENV)/.bench-$* || echo "$* could not be installed and is left out."

# DAGSTER_MODULE_NAME would reach every command of Dagster's, also those that `dagster dev` starts and gives a workspace.
ASSETS := MATERIALIZE LIST
env:  ## Print what a shell needs for dagster's own commands: eval "$$(make env)".
	@echo 'unset DAGSTER_MODULE_NAME; export DROPZONE_HOME="$(DROPZONE_HOME)" DAGSTER_HOME="$(DAGSTER_HOME)" $(ASSETS:%=DAGSTER_CLI_ASSET_%_MODULE_NAME=dropzone_assets.definitions) PATH="$(CURDIR)/$(BIN):$$PATH"'

clean:  ## Remove the environment and everything the platform made; contracts and sources stay.
	rm -rf $(VENV) .site data/raw data/lake data/failed data/dropzone data/dagster data/logs data/.up data/servers data/.spill .bench data/*.duckdb* data/*.sqlite* data/.ingest.lock

# Each stamp installs the package with the extras of its purpose.
$(VENV)/.demo: EXTRAS := demo
$(VENV)/.test: EXTRAS := demo,test
$(VENV)/.check: EXTRAS := demo,test,check
$(VENV)/.services: EXTRAS := demo,test,servers,postgres
$(VENV)/.ui: EXTRAS := demo,test,ui-test
$(VENV)/.docs: EXTRAS := demo,test,docs
$(VENV)/.bench: EXTRAS := demo,test
$(VENV)/.demo $(VENV)/.test $(VENV)/.check $(VENV)/.services $(VENV)/.ui $(VENV)/.docs $(VENV)/.bench: pyproject.toml | $(VENV)/bin/python
ifdef UV
	$(UV) pip install --quiet --python $(BIN)/python -e '.[$(EXTRAS)]'
else
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$(EXTRAS)]'
endif
	@touch $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python >= 3.11 is needed, $(PYTHON) is older: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@echo "Setting up $(VENV) (about a minute, once) ..."
ifdef UV
	$(UV) venv --quiet --python "$$(command -v $(PYTHON))" $(VENV)
else
	$(PYTHON) -m venv $(VENV)
endif

$(VENV)/.azurite: | $(VENV)/bin/python
	npm install --silent --no-fund --no-audit --prefix $(VENV)/node azurite@3.35.0
	@touch $@

$(VENV)/.bench-%: benchmarks/requirements/%.txt | $(VENV)/bin/python
ifdef UV
	$(UV) venv --quiet --clear --python "$$(command -v $(PYTHON))" $(VENV)/bench-$*
	$(UV) pip install --quiet --python $(VENV)/bench-$*/bin/python -r $<
else
	$(PYTHON) -m venv --clear $(VENV)/bench-$*
	$(VENV)/bench-$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
endif
	@touch $@

# datacontract-cli pins other versions than we do, so it lives on its own.
$(VENV)/.datacontract: | $(VENV)/bin/python
	$(PYTHON) -m venv $(VENV)/datacontract
	$(VENV)/datacontract/bin/python -m pip install --quiet --disable-pip-version-check 'datacontract-cli>=1.2,<2'
	@touch $@
