"""One judged night for all tests of the desk's pages."""

from pathlib import Path

import pytest

from tests.desk import browser_kit, web_kit


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of `web_kit.make_night`; each test works on a copy."""
    return web_kit.make_night(tmp_path_factory.mktemp("night"))


@pytest.fixture(scope="module")
def chromium():
    """A Chromium without pages."""
    playwright = pytest.importorskip("playwright.sync_api", reason="没有安装浏览器组件（extra browser），略过")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(browser_kit.CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()
