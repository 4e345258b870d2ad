# `make run` starts the server and `make test` checks everything; both set up what they need. `make help` lists the rest.
.DEFAULT_GOAL := run
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
# Node comes with a Python wheel of the development environment; running Palpate needs none.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm
# Arguments for pytest: make test ARGS="tests/domain -k mastery"
ARGS ?=

.PHONY: help run demo lint format fast test postgres docs messages bench battery screenshots audit sbom lock clean

help:  ## List the targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/run  ## Start the server on an empty database with the course published.
	@$(BIN)/flask --app wsgi serve

demo: .venv/run  ## Start the server with invented people and results.
	@PALPATE_DATA="$${PALPATE_DATA:-instance/demo}" $(BIN)/flask --app wsgi demo fill
	@PALPATE_DATA="$${PALPATE_DATA:-instance/demo}" $(BIN)/flask --app wsgi serve

lint: .venv/node  ## Check style, formatting, types, import contracts, templates, stylesheets and scripts.
	@echo "lint: ruff"; $(BIN)/ruff check .
	@echo "lint: format"; $(BIN)/ruff format --check --quiet . || { echo "Run make format."; exit 1; }
	@echo "lint: types"; $(BIN)/mypy
	@echo "lint: imports"; $(BIN)/lint-imports --no-cache > /dev/null || { $(BIN)/lint-imports --no-cache; exit 1; }
	@echo "lint: templates"; $(BIN)/djlint --quiet --lint templates
	@echo "lint: styles and scripts"; $(NPM) run --silent lint

format: .venv/node  ## Format the code, and fix what can be fixed.
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .
	@$(NPM) run --silent format

fast: .venv/dev  ## Run all tests except those in a browser. ARGS= adds arguments for pytest.
	@$(BIN)/python -m pytest -n auto --dist loadgroup --ignore=tests/browser $(ARGS)

# With ARGS, only those tests, in one process, without lint: for the test at hand.
test: $(if $(ARGS),.venv/dev,lint)  ## Lint and run all tests, browser tests last. ARGS="tests/domain -k mastery" runs only those tests.
	@$(BIN)/python -m pytest $(or $(ARGS),-n auto --dist loadgroup)

# Each process starts a PostgreSQL server of its own. The other tests use no database, or databases that they choose.
postgres: .venv/dev  ## Run the tests of services, pages and chores on PostgreSQL instead of SQLite.
	@$(BIN)/python -m pytest -n auto --dist loadgroup --postgres $(or $(ARGS),tests/services tests/web tests/chores tests/test_access.py)

docs: .venv/dev  ## Write the generated pages of docs/ again.
	@$(BIN)/python -m tools.urls

# German is the first catalogue; "pybabel init -i .venv/messages.pot -d app/translations -l xx" starts another.
messages: .venv/dev  ## Collect the texts of pages into the catalogues of all languages, and compile them.
	@$(BIN)/pybabel --quiet extract -F pyproject.toml -k _l -k lazy_gettext -k lazy_ngettext:1,2 -k gettext_noop --add-location=file --no-wrap --sort-by-file --omit-header -o .venv/messages.pot .
	@$(BIN)/pybabel --quiet update -i .venv/messages.pot -d app/translations --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@$(BIN)/pybabel --quiet compile -d app/translations --statistics

bench: .venv/dev  ## Measure the performance on this machine.
	@$(BIN)/python -m bench

battery: .venv/dev  ## Run the long reliability tests.
	@$(BIN)/python -m battery

screenshots: .venv/dev  ## Take a picture of every page.
	@$(BIN)/python -m tests.browser.screenshots

audit: .venv/dev  ## Look for known vulnerabilities in the libraries.
	@$(BIN)/pip-audit --requirement requirements.txt --require-hashes --disable-pip --strict

sbom: .venv/dev  ## Write a software bill of materials (CycloneDX) to sbom.cdx.json.
	@$(BIN)/python -m tools.sbom > sbom.cdx.json

# Writes the lock files from pyproject.toml. Versions stay as they are unless a range excludes them; to renew some: make lock UPGRADE="-P flask".
UV := .venv/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(UPGRADE)

lock: .venv/lock  ## Write the lock files from pyproject.toml.
	@$(UV) pyproject.toml -o requirements.txt
	@$(UV) pyproject.toml --extra dev -o requirements-dev.txt

.venv/lock: .venv/python
	@$(PYTHON) -m venv $@
	@$@/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit("Palpate needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 run") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/run: .venv/python requirements.txt
	@echo "Installing what Palpate needs into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/dev: .venv/python requirements-dev.txt
	@echo "Installing what Palpate and its tests need into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ .venv/run

.venv/node: .venv/dev package.json package-lock.json
	@echo "Installing the formatters for templates, stylesheets and scripts into node_modules ..."
	@$(NPM) ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

clean:  ## Remove the installed environments.
	rm -rf .venv node_modules
