"""The desk in a real Chromium: what its browser tests share. A module that uses it sets `pytestmark = NEEDS`."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from crawler.browser import find_chromium
from tests.desk.web_kit import PASSWORD, PEOPLE

CHROMIUM = find_chromium()
NEEDS = pytest.mark.skipif(
    CHROMIUM is None, reason="没有 chromium，略过；可运行 apt-get install chromium fonts-noto-cjk"
)
WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 1024, "height": 768}


def press(page, what):
    """Press it and wait until the page that follows is whole: a look before that sees it without its style."""
    with page.expect_navigation(wait_until="load"):
        page.click(what)


def sign_in(page, at, role="administrator"):
    page.goto(f"{at}/sign-in")
    page.fill("#name", PEOPLE[role])
    page.fill("#password", PASSWORD)
    press(page, "button.main")


def signed_in(browser, at, role="administrator", **given):
    page = browser.new_context(viewport=WIDE, **given).new_page()
    sign_in(page, at, role)
    assert page.locator("h1").inner_text().startswith("今日" if role != "unit" else "")
    return page


def pictures(tmp_path) -> Path:
    """Where pictures go: the folder that WANGKAO_SHOTS names, to be looked at, else one of the test."""
    folder = Path(os.environ.get("WANGKAO_SHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def pictured(page, folder, name, size):
    """Take the picture of a page that is not empty and no wider than the window."""
    shot = page.screenshot(path=folder / f"{name}-{size['width']}.png", full_page=True)
    assert len(shot) > 10_000, name
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], name


def axe_script() -> str:
    """axe-core; skips the test where it is not installed."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("没有安装 axe-playwright-python（extra browser），略过")
    return (Path(found.origin).parent / "axe.min.js").read_text("utf-8")


def axe_finds_nothing(page, axe, name, *, frames=True):
    """Nothing on the page, nor in its frames unless these show another's page."""
    page.evaluate(axe)
    result = page.evaluate("frames => axe.run(document, {iframes: frames})", frames)
    assert len(result["passes"]) > 8, name
    assert [(v["id"], v["nodes"][0]["html"]) for v in result["violations"]] == [], name
