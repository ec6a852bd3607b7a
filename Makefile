# Two commands for newcomers: `make run` and `make test`. Both set up what they need.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && echo $$p && break; done)
BIN := .venv/bin
export OPENBLAS_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test check docs lock clean

run: .venv/ready-to-run
	$(BIN)/gigaplan run meta-compute

test: .venv/ready-to-test
	$(BIN)/pytest -n 2 --dist loadfile

# what continuous integration checks besides the tests
check: .venv/ready-to-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@! grep -nE 'https?://|file:' requirements/*.txt || { echo 'a lock names a host'; exit 1; }

docs: .venv/ready-to-test
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

# the locks: the run's own, and that of development, which agrees with it
lock: .venv/bin/python
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --quiet --upgrade \
	  --group build pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --quiet --upgrade \
	  --group build --group dev --group docs --all-extras -c requirements/run.txt \
	  pyproject.toml -o requirements/dev.txt

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo 'gigaplan needs Python 3.11 or newer on the PATH.'; exit 1; }
	$(PYTHON) -m venv .venv

.venv/ready-to-run: requirements/run.txt pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --require-hashes -r requirements/run.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/ready-to-test: requirements/dev.txt pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@ .venv/ready-to-run

clean:
	rm -rf .venv docs/_build .mypy_cache .ruff_cache .pytest_cache
