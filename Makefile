PYTHON ?= python3
PORT ?= 8765
BIN := .venv/bin
SOURCES := socialclaw_app ui backend providers tests
STAMP := .venv/installed

.PHONY: install run test test-deps check format bench chaos screenshots lock

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@echo "Installing the locked dependencies into .venv ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@echo "Installing socialclaw itself ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
	@echo "Ready: $(BIN)/socialclaw"

run: install
	$(BIN)/socialclaw demo --port $(PORT)

test-deps:
	@tests/deps.sh

# Playwright's blocking interface leaves an event loop running, and async tests after it in the same
# process cannot start theirs. So the browser tests get a process of their own.
# A run that finds no test at all ends with exit code 5, and so fails.
test: install test-deps
	$(BIN)/python -m pytest -m "not browser"
	$(BIN)/python -m pytest -m browser

check: install
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/pyright
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

bench: install
	$(BIN)/python -m tests.bench

# Kills processes at places drawn from a seed; `make chaos SEED=7` repeats a run.
chaos: install test-deps
	$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED))

screenshots: install test-deps
	$(BIN)/python -m tests.screenshots

# Needs uv on the path. The lock names neither an index nor a folder, so any mirror can serve it.
lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --all-extras --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet --output-file requirements.lock
