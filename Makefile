# make demo   the whole thing on a made-up city        make test   all tests        make lint   the linters
# Both bring what they need: an environment in .venv from the hashed lock. Python 3.11 or newer and make are enough.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint lock bundle clean chromium

demo: .venv/demo.stamp
	@$(BIN)/wangkao demo --no-serve

test: .venv/test.stamp chromium
	@$(BIN)/python -m pytest -n 2 --cov --cov-report=term:skip-covered

# Pages that a script makes are tested with a real browser: installed where that can be done, else those tests are skipped.
chromium:
	@if ! command -v chromium >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "正在安装 chromium 和中文字体……"; \
			{ apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk; } >/dev/null 2>&1 || echo "chromium 未能安装，浏览器测试将跳过" >&2; \
		else echo "没有 chromium，浏览器测试将跳过；可运行 apt-get install chromium fonts-noto-cjk" >&2; fi; \
	fi

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

COMPILE := -m piptools compile -q --strip-extras --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-annotate --no-header --allow-unsafe --extra build

lock: .venv/test.stamp
	@$(BIN)/python -m pip install -q pip-tools
	@$(BIN)/python $(COMPILE) -o requirements.lock pyproject.toml
	@$(BIN)/python $(COMPILE) -o requirements-dev.lock --extra dev pyproject.toml
	@$(BIN)/python $(COMPILE) -o requirements-bundle.lock --extra browser --extra cluster -c requirements-dev.lock pyproject.toml

# Everything for an intranet in one file, installed once without a network before it is called done.
bundle: .venv/test.stamp
	@sh deploy/bundle.sh

clean:
	rm -rf .venv dist
