# Needs Python 3.11 or newer, and make. Each target does its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: help install demo test faults lint format bench lock dist test-dist try-dist image try-image \
  release-check clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 15

# Wheels only, so that installing runs nobody's code; all that is locked has them for CPython 3.11 to
# 3.13 on Linux, and on macOS with Apple's processor. The lock is whole: nothing is resolved anew, and pip
# says if a package is missing. What a failed installation left is cleared before the next one.
install: $(INSTALLED) ## Install into .venv, from the hashed lock file

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Groundswell needs Python 3.11 or newer; name one: make PYTHON=python3.12'; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m pip check --disable-pip-version-check
	@touch $@

demo: install ## Watch the example campaign run, from its YAML to the report
	@$(BIN)/groundswell demo

test: install ## Run the tests
	@$(BIN)/python -m pytest

faults: install ## Break everything that can break: the whole bar, and a table of figures
	@FAULTS=$${FAULTS:-full} PYTHONPATH=tests:tests/faults \
	  $(BIN)/python -m pytest tests/faults tests/stateful -p faults_figures \
	  --timeout=3600 --dist=worksteal

lint: install ## Check style and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: install ## Bring the code into shape
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: install ## Measure, and write docs/performance.md; nothing passes or fails
	@rm -f .bench/figures.json
	@for one in $$(ls benchmarks/bench_*.py | grep -v support); do \
	  echo "== $$one"; $(BIN)/python $$one || exit 1; done
	@$(BIN)/python benchmarks/performance_page.py

lock: install ## Write requirements.lock anew, to the newest versions (needs uv)
	uv pip compile pyproject.toml --group dev --all-extras --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --upgrade \
	  --quiet --output-file requirements.lock

dist: install ## Build the wheel, the sdist and what goes with them into dist/, from the last commit
	@PYTHONPATH=.ci $(BIN)/python -m distribution dist
	@$(BIN)/twine check --strict dist/groundswell-*
	@$(BIN)/check-wheel-contents dist/groundswell-*.whl

release-check: install ## Say whether the last commit can be released; nothing is changed
	@PYTHONPATH=.ci $(BIN)/python -m distribution.candidate $${TAG:+"$$TAG"}

test-dist: install ## Run tests against the wheel of dist/, installed elsewhere (TESTS=FILES: others)
	@PYTHONPATH=.ci $(BIN)/python -m trying.installed dist $(or $(TESTS),tests/cli tests/e2e tests/web)

try-dist: install ## Install the files of dist/ as people do, without a network (TRY=--all: every way)
	@PYTHONPATH=.ci $(BIN)/python -m trying dist $(TRY)

image: install ## Build the container image of dist/, with podman (BASE: a Debian 13)
	@PYTHONPATH=.ci $(BIN)/python -m image build

try-image: install ## Build the image of dist/ from Debian's packages, and try it (needs podman, mmdebstrap)
	@PYTHONPATH=.ci $(BIN)/python -m image try

clean: ## Remove what the targets made
	rm -rf $(VENV) dist .bench groundswell-demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
