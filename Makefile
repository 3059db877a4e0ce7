PYTHON ?= python3
PORT ?= 8765
BIN := .venv/bin
SOURCES := socialclaw_app ui backend providers tests
RUN_STAMP := .venv/installed
STAMP := .venv/installed-for-tests
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

.PHONY: install run test test-deps check format bench chaos fuzz screenshots lock

install: $(STAMP)

# Running needs a part of what testing needs, and a newcomer waits for every megabyte.
$(RUN_STAMP): requirements.lock pyproject.toml
	@echo "Installing the locked dependencies into .venv (a minute or two, once) ..."
	@test -d .venv || $(PYTHON) -m venv .venv
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@
	@echo "Ready: $(BIN)/socialclaw"

$(STAMP): $(RUN_STAMP) requirements-dev.lock
	@echo "Installing what the tests need ..."
	@$(PIP) --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m compileall -q -j 0 .venv/lib socialclaw_app ui backend providers tests || true # tests start many processes
	@touch $@

run: $(RUN_STAMP)
	$(BIN)/socialclaw demo --port $(PORT)

test-deps:
	@tests/deps.sh

# Playwright's blocking interface leaves an event loop running, and async tests after it in the same
# process cannot start theirs. So the browser tests get a process of their own.
# A run that finds no test at all ends with exit code 5, and so fails. A file's tests stay together, because they share
# what they start, and the files come in the order in which they are collected. Browsers keep all cores busy; other
# tests wait now and then, so there is one process more.
CORES := $(shell getconf _NPROCESSORS_ONLN)
PARALLEL := --dist loadfile --no-loadscope-reorder

# Databases and files of tests live in memory where that has room for them: a copy of a database takes a fifth of the time.
ROOM := $(shell [ "$$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $$4 }')" -gt 6000000 ] 2>/dev/null && echo /dev/shm)
ifdef ROOM
test: export TMPDIR := $(ROOM)
endif
test: export PYTHONDONTWRITEBYTECODE := # rewriting the tests' assertions takes longer than collecting them

test: install test-deps
	$(BIN)/python -m pytest -m "not browser" -n $$(($(CORES) + 1)) $(PARALLEL)
	$(BIN)/python -m pytest -m browser -n $(CORES) $(PARALLEL) tests/e2e tests/servers

check: install
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/pyright
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

# `make bench ONLY=pace` runs one part.
bench: install
	$(BIN)/python -m tests.bench $(if $(ONLY),--only $(ONLY))

# Kills processes at places drawn from a seed; `make chaos SEED=7` repeats a run.
chaos: install test-deps
	$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED))

# Ten minutes of requests made from the API's own document; the tests give it one.
fuzz: install
	FUZZ_SECONDS=$(or $(SECONDS),600) $(BIN)/python -m pytest -q tests/api/test_fuzz.py

screenshots: install test-deps
	$(BIN)/python -m tests.screenshots

# Needs uv on the path. The locks name neither an index nor a folder, so any mirror can serve them.
COMPILE := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet

lock:
	$(COMPILE) --all-extras --output-file requirements-dev.lock
	$(COMPILE) --extra postgres --extra build -c requirements-dev.lock --output-file requirements.lock
