# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint docs lock clean

demo: $(VENV)/.installed
	$(BIN)/proofbox demo

test: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .typing/proofbox
	PYTHONPATH=.typing $(BIN)/lint-imports

docs: $(VENV)/.installed
	$(BIN)/python -m proofbox.runners.docs_pages docs
	$(BIN)/python -m proofbox.checks.outlining
	$(BIN)/python -m proofbox.policies.clause_numbers
	$(BIN)/mkdocs build --strict

# Made anew when a dependency changes; names, versions and hashes only.
lock: $(VENV)/.installed
	$(BIN)/python -m pip install uv
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--python-version 3.11 --all-extras pyproject.toml -o requirements.lock

# --no-deps: the lock names all there is, and pip resolves no extra of it anew (pydantic[email]) to a version without a hash.
# compileall once, on all processors: without bytecode every start would pay for it (docs/decisions/0001-packaging.md).
$(VENV)/.installed: requirements.lock pyproject.toml setup.py
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Proofbox needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q -j 0 $(VENV)/lib sandbox >/dev/null 2>&1 || true
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info site .mypy_cache .ruff_cache .pytest_cache .hypothesis
