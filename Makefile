# Needs Python 3.11 or newer, and make. Each target installs what it needs, and nothing else: `make demo`
# what a user runs, `make test` the tools of the tests as well. .ci/checkout/install.py does it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL = @$(PYTHON) .ci/checkout/install.py

.PHONY: help install tools demo test faults lint format bench lock dist test-dist try-dist image try-image \
  release-check clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 15

install: ## Install into .venv what a user runs, from the hashed lock file
	$(INSTALL) runtime

tools: ## Install into .venv what every target needs as well: tests, lint and release
	$(INSTALL) lint

demo: ## Watch the example campaign run, from its YAML to the report
	$(INSTALL) runtime
	@$(BIN)/groundswell demo

test: ## Run the tests
	$(INSTALL) test
	@$(BIN)/python -m pytest

faults: ## Break everything that can break: the whole bar, and a table of figures
	$(INSTALL) test
	@FAULTS=$${FAULTS:-full} PYTHONPATH=tests:tests/faults \
	  $(BIN)/python -m pytest tests/faults tests/stateful -p faults_figures \
	  --timeout=3600 --dist=worksteal

lint: ## Check style and types
	$(INSTALL) lint
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: ## Bring the code into shape
	$(INSTALL) lint
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: ## Measure, and write docs/performance.md; nothing passes or fails
	$(INSTALL) test
	@rm -f .bench/figures.json
	@for one in $$(ls benchmarks/bench_*.py | grep -v support); do \
	  echo "== $$one"; $(BIN)/python $$one || exit 1; done
	@$(BIN)/python benchmarks/performance_page.py

lock: ## Write the locks anew, to the newest versions (needs uv)
	@PYTHONPATH=.ci $(PYTHON) -m checkout.lock --upgrade

dist: ## Build the wheel, the sdist and what goes with them into dist/, from the last commit
	$(INSTALL) release
	@PYTHONPATH=.ci $(BIN)/python -m distribution dist
	@$(BIN)/twine check --strict dist/groundswell-*
	@$(BIN)/check-wheel-contents dist/groundswell-*.whl

release-check: ## Say whether the last commit can be released; nothing is changed
	$(INSTALL) release
	@PYTHONPATH=.ci $(BIN)/python -m distribution.candidate $${TAG:+"$$TAG"}

test-dist: ## Run tests against the wheel of dist/, installed elsewhere (TESTS=FILES: others)
	$(INSTALL) test
	@PYTHONPATH=.ci $(BIN)/python -m trying.installed dist $(or $(TESTS),tests/cli tests/e2e tests/web)

try-dist: ## Install the files of dist/ as people do, without a network (TRY=--all: every way)
	$(INSTALL) test
	@PYTHONPATH=.ci $(BIN)/python -m trying dist $(TRY)

image: ## Build the container image of dist/, with podman (BASE: a Debian 13)
	$(INSTALL) release
	@PYTHONPATH=.ci $(BIN)/python -m image build

try-image: ## Build the image of dist/ from Debian's packages, and try it (needs podman, mmdebstrap)
	$(INSTALL) release
	@PYTHONPATH=.ci $(BIN)/python -m image try

clean: ## Remove what the targets made
	rm -rf $(VENV) dist .bench groundswell-demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
