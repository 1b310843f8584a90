"""The desk in a real Chromium: a morning's walk, pictures of every page, axe-core, and a page that tries to get out of its frame."""

from __future__ import annotations

import importlib.util
import os
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from crawler.browser import find_chromium
from db import facts, reviews
from db.bodies import digest, pack
from db.records import Evidence
from tests.desk.web_kit import PASSWORD, PEOPLE, a_desk, listening

playwright = pytest.importorskip("playwright.sync_api", reason="没有安装浏览器组件（extra browser），略过")
CHROMIUM = find_chromium()
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="没有 chromium，略过；可运行 apt-get install chromium fonts-noto-cjk"
)
WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 1024, "height": 768}
PAGES = {
    "today": "/", "alerts": "/alerts", "alert": "/alerts/{alert}", "units": "/units", "unit": "/units/" + quote("大青县"),
    "scores": "/scores", "people": "/people", "password": "/password",
}  # fmt: skip
HOSTILE = b"""<html><head><meta http-equiv="refresh" content="0;url=/scores"></head><body onload="parent.location='/people'">
<script>parent.document.title='out'; top.location='/people'; document.title='ran'</script><p>zhengwen</p>
<a href="javascript:parent.location='/people'" id="link">press</a><form action="/sign-out" method="post"><button id="send">send</button></form>
<img src=x onerror="parent.document.title='out'"><iframe srcdoc="<script>top.document.title='out'</script>"></iframe></body></html>"""


@pytest.fixture(scope="module")
def desk(night, tmp_path_factory):
    return a_desk(tmp_path_factory.mktemp("desk"), night)


@pytest.fixture(scope="module")
def at(desk):
    with listening(desk) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def alert(desk):
    with closing(desk.open()) as db:
        return next(a for a in reviews.alerts(db) if a.kind == "zombie_site" and a.evidence[0].sha256).id


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
    assert page.locator("h1").inner_text().startswith("今日")
    return page


def test_every_page_is_pictured_at_two_widths_and_none_is_wider_than_the_window(chromium, at, alert, tmp_path):
    """Where WANGKAO_SHOTS names a folder, the pictures are put there to be looked at."""
    folder = Path(os.environ.get("WANGKAO_SHOTS") or tmp_path)
    page = signed_in(chromium, at, java_script_enabled=True)
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        for name, path in PAGES.items():
            page.goto(at + path.format(alert=alert))
            assert page.url == at + path.format(alert=alert), name
            shot = page.screenshot(path=folder / f"{name}-{size['width']}.png", full_page=True)
            assert len(shot) > 10_000, name
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], name
    page.emulate_media(media="print")
    page.goto(f"{at}/scores")
    page.screenshot(path=folder / "scores-print.png", full_page=True)
    assert not page.locator("nav").is_visible()
    page.context.close()


@pytest.mark.parametrize("large", [False, True], ids=["标准版", "大字版"])
def test_axe_finds_nothing_on_any_page(chromium, at, alert, large):
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("没有安装 axe-playwright-python（extra browser），略过")
    axe = (Path(found.origin).parent / "axe.min.js").read_text("utf-8")
    page = chromium.new_context(viewport=WIDE, bypass_csp=True).new_page()
    paths = {"sign_in": "/sign-in", "problem": "/nowhere", **PAGES}
    page.goto(f"{at}/sign-in")
    if large:
        press(page, "text=大字版")
        assert page.evaluate("getComputedStyle(document.body).fontSize") == "22px"
    for name, path in paths.items():
        if name == "today":
            sign_in(page, at)
        page.goto(at + path.format(alert=alert))
        assert page.url == at + path.format(alert=alert), "looked at the page that is named, not at the sign-in"
        page.evaluate(axe)
        result = page.evaluate("axe.run(document, {iframes: false})")  # the frame shows another's page
        assert len(result["passes"]) > 8, name
        assert [(v["id"], v["nodes"][0]["html"]) for v in result["violations"]] == [], name
    page.context.close()


def test_a_morning_without_scripts_by_keyboard_and_click(chromium, night, tmp_path):
    desk = a_desk(tmp_path, night)
    with listening(desk) as at:
        page = signed_in(chromium, at, "reviewer", java_script_enabled=False)
        page.keyboard.press("Tab")
        assert page.locator(":focus").inner_text() == "跳到正文"
        press(page, "nav >> text=预警队列")
        page.select_option("#kind", "report_overdue")
        press(page, "text=筛选")
        press(page, "a:has-text('年报未按时公布') >> nth=0")
        frame = page.frame_locator("iframe >> nth=0")
        assert "存档页面" in frame.locator("header").inner_text()
        page.click("summary:has-text('排除')")
        page.fill("#dismiss-why", "年报在市政府门户集中公布")
        press(page, "form:has(#dismiss-why) button")
        assert "已排除" in page.locator("main").inner_text()
        unit = page.locator("h1 a").inner_text()
        press(page, "nav >> text=得分")
        assert page.locator(f"tr:has-text('{unit}') strong").count() == 1, "the reviewed score moved"
        page.context.close()


def test_a_hostile_page_stays_in_its_frame(chromium, night, tmp_path):
    desk = a_desk(tmp_path, night)
    with closing(desk.open()) as db, facts.writing(db):
        facts.save_bodies(db, {digest(HOSTILE): pack(HOSTILE)})
        one = next(a for a in reviews.alerts(db) if a.state == "open")
        evil = Evidence("javascript:alert(1)", datetime.now(UTC), 200, digest(HOSTILE), "zhengwen")
        reviews.save_alerts(db, [replace(one, evidence=(evil,))], run=2, person=True)
    with listening(desk) as at:
        page = signed_in(chromium, at)
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        page.goto(f"{at}/alerts/{one.id}")
        title = page.title()
        page.wait_for_timeout(500)
        assert page.frame_locator("iframe").locator("mark").inner_text() == "zhengwen"
        assert (page.url, page.title(), said) == (f"{at}/alerts/{one.id}", title, [])
        wanted = ("/alerts/", "/static/", "/stored/", "/shots/", "/favicon")
        assert [url for url in asked if not url.removeprefix(at).startswith(wanted)] == []
        page.goto(f"{at}/stored/alert/{one.id}/0")
        page.wait_for_timeout(300)
        assert page.title() == "存档页面"
        assert page.url.endswith("/0")
        page.context.close()
