"""The desk in a real Chromium: a morning's walk, pictures of every page, axe-core, and a page that tries to get out of its frame."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from db import appeals, facts, reviews
from db.appeals import AppealStep
from db.bodies import digest, pack
from db.records import Evidence
from schedules.recheck import asked_about
from schedules.review import decide
from tests.desk.browser_kit import (
    NARROW,
    NEEDS,
    WIDE,
    axe_finds_nothing,
    axe_script,
    pictured,
    pictures,
    press,
    sign_in,
    signed_in,
)
from tests.desk.web_kit import OWN, a_desk, a_live_desk, listening

pytestmark = NEEDS
PAGES = {
    "today": "/", "alerts": "/alerts", "alert": "/alerts/{alert}", "units": "/units", "unit": "/units/{own}", "scores": "/scores",
    "finding": "/findings/{veto}", "recheck": "/rechecks/{recheck}", "recheck-waiting": "/rechecks/{waiting}", "appeals": "/appeals",
    "appeal": "/appeals/{appeal}", "alert-contested": "/alerts/{contested}", "people": "/people", "password": "/password",
}  # fmt: skip
OF_UNIT = {
    "own-unit": "/units/{own}", "own-alerts": "/alerts", "own-alert": "/alerts/{told}", "own-finding": "/findings/{veto}",
    "own-appeals": "/appeals", "own-appeal": "/appeals/{appeal}", "own-appeal-new": "/appeals/new/{veto}",
}  # fmt: skip
HOSTILE = b"""<html><head><meta http-equiv="refresh" content="0;url=/scores"></head><body onload="parent.location='/people'">
<script>parent.document.title='out'; top.location='/people'; document.title='ran'</script><p>zhengwen</p>
<a href="javascript:parent.location='/people'" id="link">press</a><form action="/sign-out" method="post"><button id="send">send</button></form>
<img src=x onerror="parent.document.title='out'"><iframe srcdoc="<script>top.document.title='out'</script>"></iframe></body></html>"""


@pytest.fixture(scope="module")
def desk(night, tmp_path_factory):
    """A desk with something of everything; what waits is not begun."""
    desk = a_desk(tmp_path_factory.mktemp("desk"), night)
    desk.rechecks.begin = lambda: None
    return desk


@pytest.fixture(scope="module")
def numbers(desk):
    """What stands in the addresses of PAGES and OF_UNIT."""
    now = datetime.now(UTC)
    with closing(desk.open()) as db, facts.writing(db):
        last = desk.nights.last(db)
        mine = [a for a in reviews.alerts(db) if a.unit == OWN]
        told = next(a for a in mine if a.kind == "column_missing")
        decide(db, told.id, "confirm", who="李复核", why="专栏里没有指南")
        decide(db, told.id, "rectify", who="李复核", why="发整改通知", workdays=10)
        lost = {f.rule: f for f in last.of_unit[OWN] if f.verdict == "fail"}
        contested = lost["report.published"]
        made = appeals.file_appeal(
            db, contested, who="大青县网管", text="年报已于1月在市政府门户集中公布，请看附件截图。", at=now
        )
        appeals.attach(db, made.id, [("门户年报截图.png", "png", b"\x89PNG\r\n\x1a\n" + b"0" * 90_000)])
        asked = asked_about(
            contested,
            unit=OWN,
            rule=contested.rule,
            target=contested.target,
            of="appeal",
            subject=made.id,
            who="系统",
            at=now,
        )
        done = appeals.ask_recheck(db, asked)
        appeals.change_recheck(
            db, done.id, state="done", started_at=now, ended_at=now, run=2, after=contested, note="已重新访问并判定"
        )
        appeals.add_step(db, AppealStep(made.id, now, "系统", "rechecked", "已重新访问并判定", recheck=done.id))
        veto = lost["site.home_fresh"]
        desk.rechecks.settle(db)
        waiting = appeals.ask_recheck(
            db, replace(asked, of="finding", subject=veto.id, rule=veto.rule, before=veto, who="李复核")
        )
        return {
            "alert": next(a for a in mine if a.kind == "privacy_leak").id,
            "contested": next(a for a in mine if a.kind == "report_overdue").id,
            "told": told.id, "own": quote(OWN), "veto": veto.id, "recheck": done.id, "waiting": waiting.id, "appeal": made.id,
        }  # fmt: skip


@pytest.fixture(scope="module")
def at(desk):
    with listening(desk) as address:
        yield address


@pytest.mark.parametrize(("role", "pages"), [("administrator", PAGES), ("unit", OF_UNIT)], ids=["office", "unit"])
def test_every_page_is_pictured_at_two_widths_and_none_is_wider_than_the_window(
    chromium, at, numbers, tmp_path, role, pages
):
    """Where WANGKAO_SHOTS names a folder, the pictures are put there to be looked at."""
    folder = pictures(tmp_path)
    page = signed_in(chromium, at, role, java_script_enabled=True)
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        for name, path in pages.items():
            page.goto(at + path.format(**numbers))
            assert page.url == at + path.format(**numbers), name
            pictured(page, folder, name, size)
    if role == "administrator":
        page.emulate_media(media="print")
        page.goto(f"{at}/scores")
        page.screenshot(path=folder / "scores-print.png", full_page=True)
        assert not page.locator("nav").is_visible()
    page.context.close()


@pytest.mark.parametrize("large", [False, True], ids=["标准版", "大字版"])
@pytest.mark.parametrize(("role", "pages"), [("administrator", PAGES), ("unit", OF_UNIT)], ids=["office", "unit"])
def test_axe_finds_nothing_on_any_page(chromium, at, numbers, role, pages, large):
    axe = axe_script()
    page = chromium.new_context(viewport=WIDE, bypass_csp=True).new_page()
    page.goto(f"{at}/sign-in")
    if large:
        press(page, "text=大字版")
        assert page.evaluate("getComputedStyle(document.body).fontSize") == "22px"
    for name, path in {"sign_in": "/sign-in", "problem": "/nowhere", **pages}.items():
        if name in ("today", "own-unit"):
            sign_in(page, at, role)
        page.goto(at + path.format(**numbers))
        assert page.url == at + path.format(**numbers), "looked at the page that is named, not at the sign-in"
        axe_finds_nothing(page, axe, name, frames=False)
    page.context.close()


def waited_for(page, words):
    """Go on pressing for the answer, as a person would, until it says that."""
    for _ in range(10):
        if words in page.locator("main").inner_text():
            return
        press(page, "text=等结果")
    raise AssertionError(f"{words} does not come: {page.locator('main').inner_text()}")


def marks_of(page, at, unit):
    """The cells of the unit's row in the table of scores."""
    page.goto(f"{at}/scores")
    return page.locator(f"tr:has(a:text-is('{unit}')) td").all_inner_texts()[1:3]


def test_a_whole_morning_of_reviewer_and_unit_without_scripts(chromium, city):
    """Sign in, read, open the evidence, look again, confirm, dismiss; appeal as the unit; decide; see the score move."""
    unit = "云阳县"
    desk = a_live_desk(city, unit)
    with listening(desk) as at:
        page = signed_in(chromium, at, "reviewer", java_script_enabled=False)
        before = marks_of(page, at, unit)
        press(page, "nav >> text=单位")
        press(page, f"main >> text={unit}")
        press(page, "tr:has-text('适老化') a:has-text('复核')")
        assert "长者" not in page.frame_locator("iframe >> nth=0").locator("main").inner_text()
        finding = page.url
        press(page, "text=现在复查")
        waited_for(page, "已复查")
        assert page.locator("dd:has-text('不合格')").count() >= 2, "as it was, and as it is"
        press(page, "text=看证据")
        assert page.url != finding, "the new judging's finding"

        theirs = signed_in(chromium, at, "unit", java_script_enabled=False)
        assert unit in theirs.locator("h1").inner_text() and {"本单位", "申诉"} <= set(
            theirs.locator("nav a").all_inner_texts()
        )
        press(theirs, "tr:has-text('适老化') a:has-text('申诉')")
        theirs.fill("#text", "入口在首页顶部，样式是图片，请看截图。")
        theirs.set_input_files(
            "#files", {"name": "截图.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + b"0" * 99}
        )
        press(theirs, "text=提交申诉")
        assert "有争议" in theirs.locator("h1").inner_text()

        frozen = marks_of(page, at, unit)
        assert frozen[0] == before[0] and float(frozen[1].split()[0]) > float(before[1]) and "有争议" in frozen[1]
        press(page, "nav >> text=申诉")
        press(page, "td.num a")
        press(page, "section:has(#h-recheck) a")
        waited_for(page, "已复查")
        press(page, "main >> text=返回 >> nth=-1")
        page.click("summary:has-text('申诉成立')")
        page.fill("#upheld-why", "截图可见入口，程序没有认出图片")
        press(page, "form:has(#upheld-why) button")
        assert "申诉成立" in page.locator("h1").inner_text()
        theirs.reload()
        assert "截图可见入口" in theirs.locator("main").inner_text()
        upheld = marks_of(page, at, unit)
        assert float(upheld[1]) == float(frozen[1].split()[0]) and "有争议" not in upheld[1]

        page.goto(f"{at}/units/{quote(unit)}")
        press(page, "tr:has-text('首页更新') a:has-text('复核')")
        page.fill("#confirm-why", "首页确有两个月没有更新")
        press(page, "form:has(#confirm-why) button")
        assert "计入复核后得分" in page.locator("main").inner_text()
        confirmed = marks_of(page, at, unit)
        assert float(confirmed[1]) < float(upheld[1]), "the veto counts now"
        page.goto(f"{at}/units/{quote(unit)}")
        press(page, "tr:has-text('首页更新') a:has-text('复核')")
        page.click("summary:has-text('排除')")
        page.fill("#dismiss-why", "首页动态由图片发布")
        press(page, "form:has(#dismiss-why) button")
        assert float(marks_of(page, at, unit)[1]) > float(upheld[1])
        page.context.close()
        theirs.context.close()


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
        hostile = "<img src=x onerror=alert(2)><script>alert(3)</script>"
        reviews.save_alerts(db, [replace(one, evidence=(evil,), account=hostile)], run=2, person=True)
        against = next(f for f in desk.nights.last(db).findings if f.verdict == "fail")
        filed = appeals.file_appeal(db, against, who=hostile, text=hostile, at=datetime.now(UTC))
        appeals.attach(db, filed.id, [(f"{hostile}.pdf", "pdf", b"%PDF <script>alert(4)</script>")])
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
        for path in (f"/appeals/{filed.id}", "/appeals"):
            page.goto(at + path)
            page.wait_for_timeout(200)
            assert said == [] and "<script>alert(3)</script>" in page.locator("main").inner_text(), (
                "shown as the words that it is"
            )
        with page.expect_download() as got:
            page.goto(f"{at}/appeals/{filed.id}")
            page.click("text=.pdf")
        assert got.value.suggested_filename.endswith(".pdf") and page.url.endswith(f"/appeals/{filed.id}")
        page.goto(f"{at}/stored/alert/{one.id}/0")
        page.wait_for_timeout(300)
        assert page.title() == "存档页面"
        assert page.url.endswith("/0")
        page.context.close()
