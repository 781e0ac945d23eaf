# Every target sets up by itself; `make` alone says what there is.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

BIN := .venv/bin
# Isolated: neither this folder nor the environment decides what `import platform` finds.
PYTHON := $(BIN)/python -I
PYTEST := $(PYTHON) -m pytest
# A test file stays on one worker, so what it starts is started once; core goes first. One worker
# more than there are cores: many tests wait for processes.
WORKERS ?= 3
PARALLEL ?= 2
SPREAD := -n $(WORKERS) --dist loadfile --no-loadscope-reorder
ARGS ?=

SETUP := .venv/.setup-done
BROWSER := .venv/.browser-there
STUBS := build/stubs/essc/stubs_digest.txt
# The folders too, so that a file taken away counts as a change.
PROTOS := $(shell find protos third_party \( -name '*.proto' -o -type d \) -not -name '__pycache__')
# The image of the latest released contract, if one is committed.
RELEASED := $(lastword $(shell ls protos/released/*.binpb 2>/dev/null | sort -V))

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STUBS) ## make .venv with everything in it; nothing to do when nothing changed

$(SETUP): pyproject.toml requirements.lock hatch_build.py tools/setup.sh
	@tools/setup.sh
	@touch $@

$(STUBS): $(SETUP) $(PROTOS)
	@$(PYTHON) hatch_build.py

$(BROWSER): $(SETUP) tools/browser.sh
	@tools/browser.sh
	@touch $@

.PHONY: stubs
stubs: $(SETUP) ## generate the Python side of the contract into build/stubs
	@$(PYTHON) hatch_build.py

.PHONY: demo
demo: setup ## start the federation, play its story, stop it
	@$(BIN)/essc demo $(ARGS)

.PHONY: up
up: setup ## start the federation and keep it running until Ctrl-C
	@$(BIN)/essc up $(ARGS)

.PHONY: test
test: setup $(BROWSER) ## every test but soak (ARGS="-k apply" picks some)
	@$(PYTEST) -m "not soak" $(SPREAD) $(ARGS)

.PHONY: test-architecture test-contract test-core test-store test-wire test-parties test-scenarios
test-architecture test-contract test-core test-store test-wire test-parties test-scenarios: test-%: setup
	@$(PYTEST) -m "$* and not soak" $(SPREAD) $(ARGS)

.PHONY: scenarios
scenarios: setup ## run and judge every scenario that ships, into build/scenarios
	@$(BIN)/essc run scenarios/*.yaml --parallel $(PARALLEL) --report build/scenarios $(ARGS)

.PHONY: soak
soak: setup soak-postgresql ## the tests that take minutes
	@$(PYTEST) -m soak $(ARGS)

# What runs on PostgreSQL too: the wire, race and kill suites, with one platform and with three.
SHARED := tests/wire/national_platform tests/parties/test_kill.py tests/parties/test_kill_lives.py \
	tests/parties/test_exit_kill.py tests/parties/test_feed.py tests/parties/test_federation.py

.PHONY: soak-postgresql
soak-postgresql: setup ## the wire, race and kill suites on PostgreSQL, one process and three
	@ESSC_TEST_STORE=postgresql $(PYTEST) -m "not file_store" $(SPREAD) $(SHARED) $(ARGS)
	@ESSC_TEST_STORE=postgresql ESSC_TEST_PLATFORMS=3 \
		$(PYTEST) -m "not file_store" $(SPREAD) $(SHARED) $(ARGS)

.PHONY: cover
cover: setup ## branch coverage of the cores by the core tests: all of it
	@$(PYTEST) -m core -p no:xdist --cov --cov-report=term-missing $(ARGS)

.PHONY: bench
bench: setup ## measure, into build/bench.json
	@$(BIN)/essc bench --json build/bench.json $(ARGS)

.PHONY: check
check: check-format check-lint check-types check-imports check-contract check-docs ## format, lint, types, imports, contract, docs

.PHONY: check-format check-lint check-types check-imports check-contract check-docs
check-format: setup
	@$(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --check .; false; }
check-lint: setup
	@$(BIN)/ruff check --quiet .
check-types: setup
	@$(BIN)/mypy --no-error-summary
check-imports: setup
	@$(BIN)/lint-imports --no-logo > build/imports.txt 2>&1 || { cat build/imports.txt; false; }
check-contract: setup
	@$(BIN)/buf lint
	@$(BIN)/buf format -d --exit-code protos
ifdef RELEASED
	@$(BIN)/buf breaking protos --against $(RELEASED)
else
	@echo "buf breaking: no contract released yet (protos/released/ holds no image), nothing to compare"
endif
	@$(PYTHON) tools/contract_text.py --check
check-docs: setup
	@$(PYTHON) tools/docs.py --check
	@$(PYTHON) tools/status_table --check
	@$(PYTHON) tools/permissions.py --check
	@$(PYTHON) tools/contract_pages.py --check
	@$(PYTHON) tools/scenario_schema.py --check
	@$(PYTHON) tools/reference_pages.py --check

.PHONY: docs
docs: setup ## write what is generated, with fresh examples of every method
	@$(PYTHON) tools/contract_text.py
	@$(PYTHON) tools/status_table
	@$(PYTHON) tools/permissions.py
	@ESSC_WRITE_EXAMPLES=1 $(PYTEST) -q -p no:randomly tests/wire/examples
	@$(PYTHON) tools/contract_pages.py
	@$(PYTHON) tools/docs.py
	@$(PYTHON) tools/scenario_schema.py
	@$(PYTHON) tools/reference_pages.py

.PHONY: format
format: setup ## format Python and protos, and fix what the linter can
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .
	@$(BIN)/buf format -w protos

.PHONY: lock
lock: setup ## resolve requirements.lock again (needs uv)
	@uv pip compile --quiet --upgrade --all-extras --python-version 3.11 \
		--no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements.lock

.PHONY: image
image: setup ## keep the contract's image as released (VERSION=0.1.0)
	@test -n "$(VERSION)" || { echo "say which: make image VERSION=0.1.0"; exit 2; }
	@mkdir -p protos/released
	@$(BIN)/buf build protos --exclude-source-info -o protos/released/$(VERSION).binpb

.PHONY: wheel
wheel: setup ## build the wheel into dist/
	@$(PYTHON) -m hatchling build -t wheel

.PHONY: clean
clean: ## remove everything that was generated or installed
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
