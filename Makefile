# make demo   the whole thing on a made-up city        make test   all tests        make lint   the linters
# Both bring what they need: an environment in .venv from the hashed lock. Python 3.11 or newer and make are enough.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint lock clean

demo: .venv/demo.stamp
	@$(BIN)/wangkao demo --no-serve

test: .venv/test.stamp
	@$(BIN)/python -m pytest -n 2 --cov --cov-report=term:skip-covered

lint: .venv/test.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# Both environments are one: the test lock holds the runtime lock and more.
.venv/demo.stamp: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更高版本；可用 make PYTHON=python3.11 指定" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "正在准备运行环境（首次约半分钟）……"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

.venv/test.stamp: requirements-dev.lock .venv/demo.stamp
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

lock: .venv/test.stamp
	@$(BIN)/python -m pip install -q pip-tools
	@$(BIN)/python -m piptools compile -q --strip-extras --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-annotate --no-header --allow-unsafe -o requirements.lock --extra build pyproject.toml
	@$(BIN)/python -m piptools compile -q --strip-extras --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-annotate --no-header --allow-unsafe -o requirements-dev.lock --extra build --extra dev pyproject.toml

clean:
	rm -rf .venv
