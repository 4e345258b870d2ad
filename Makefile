# Two commands do all the set-up: `make run` and `make test`.
.DEFAULT_GOAL := run
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run demo test bench battery screenshots audit clean

run: .venv/run
	@$(BIN)/flask --app wsgi serve

demo: .venv/run
	@PALPATE_DATA="$${PALPATE_DATA:-instance/demo}" $(BIN)/flask --app wsgi demo fill
	@PALPATE_DATA="$${PALPATE_DATA:-instance/demo}" $(BIN)/flask --app wsgi serve

test: .venv/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache > /dev/null || { $(BIN)/lint-imports --no-cache; exit 1; }
	@$(BIN)/djlint --quiet --lint templates
	@$(BIN)/python -m pytest -n auto --dist loadgroup

bench: .venv/dev
	@$(BIN)/python -m bench

battery: .venv/dev
	@$(BIN)/python -m battery

screenshots: .venv/dev
	@$(BIN)/python -m tests.browser.screenshots

audit: .venv/dev
	@$(BIN)/pip-audit --requirement requirements.txt --require-hashes --disable-pip

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

clean:
	rm -rf .venv
