"""A unit contests a finding and a reviewer decides; a person looks again: over real sites on loopback, crawled by real processes."""

from __future__ import annotations

import io
import re
import time
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from db import appeals, facts, findings, lock, reviews
from db.records import Alert, shanghai_day
from desk import web
from desk.night import Nights
from desk.pages.appeals import AGAIN
from schedules import jobs
from schedules.recheck import BROKEN
from schedules.review import Contested, decide, decide_appeal, decide_finding
from tests.conftest import a_site
from tests.crawler.served import served
from tests.desk.web_kit import PEOPLE, Browser, a_live_desk

UNIT = "云阳县"
PDF, PNG = b"%PDF-1.7 made up", b"\x89PNG\r\n\x1a\n" + b"0" * 30


@pytest.fixture
def desk(city):
    """A desk over one night of the small city, whose sites answer still."""
    desk = a_live_desk(city, UNIT)
    yield desk
    desk.rechecks.stop()


@pytest.fixture
def app(desk):
    return web.application(desk.service, desk)


@pytest.fixture
def unit(app):
    return Browser(app).sign_in("unit")


@pytest.fixture
def reviewer(app):
    return Browser(app).sign_in("reviewer")


def last(desk, rule="elder.entry", name=UNIT):
    with closing(desk.open()) as db:
        found = findings.findings_of(db, findings.latest_judging(db).id)
        return next(f for f in found if (f.unit, f.rule) == (name, rule))


def filed(desk, browser, rule="elder.entry", text="适老化入口在首页顶部右侧，请看截图。", files=()):
    """The answer to an appeal filed in the browser, followed."""
    path = f"/appeals/new/{last(desk, rule).id}"
    data = {"csrf": browser.token(path), "text": text}
    answer = browser.client.post(path, data=data, files=[("files", f) for f in files] or None)
    return browser.get(answer.headers["location"]) if answer.status_code == 303 else answer


def ended(desk, id_=1):
    """The recheck when it is over."""
    with closing(desk.open()) as db:
        for _ in range(600):
            one = appeals.recheck_of(db, id_)
            if one is not None and one.over:
                return one
            time.sleep(0.1)
    raise AssertionError("the recheck does not end")


def settled(desk):
    """Wait until nothing is looked at any more."""
    for _ in range(600):
        with closing(desk.open()) as db:
            if not appeals.unended_rechecks(db):
                return
        time.sleep(0.1)


def score(browser, name=UNIT):
    """What the table of scores says of the unit: the night's mark and the reviewed one."""
    row = re.search(rf"<tr>(?:(?!</tr>).)*{name}.*?</tr>", browser.get("/scores").text, re.S)[0]
    cells = [re.sub(r"<[^>]+>|\s", "", c) for c in re.findall(r"<td.*?</td>", row, re.S)]
    return cells[1], cells[2]


# looking again


def test_a_recheck_visits_that_unit_alone_and_answers_in_the_page(desk, app, reviewer):
    finding, other = last(desk), last(desk, "board.guide", "岚水县")
    with closing(desk.open()) as db:
        before = [a for a in reviews.alerts(db) if a.unit != UNIT]
        marks = len(findings.scores_of(db, 1))
    page = reviewer.send(f"/findings/{finding.id}", "现在复查")
    assert PEOPLE["reviewer"] in page.text and "复查前" in page.text and "没有《" not in page.text
    assert "<script" not in page.text and 'http-equiv="refresh"' not in page.text
    one = ended(desk)
    assert (one.state, one.before.id, one.after.verdict, one.after.reason) == (
        "done",
        finding.id,
        "fail",
        finding.reason,
    )
    text = reviewer.get("/rechecks/1?wait=1").text
    assert "已复查" in text and f'href="/findings/{one.after.id}"' in text
    assert "已复查" in reviewer.get(f"/findings/{finding.id}").text
    with closing(desk.open()) as db:
        assert facts.run_of(db, one.run).kind == "only"
        assert [a for a in reviews.alerts(db) if a.unit != UNIT] == before, "what is not visited is not moved"
        assert len(findings.scores_of(db, findings.latest_judging(db).id)) == marks
        carried = next(f for f in desk.nights.last(db).of_unit["岚水县"] if f.rule == other.rule)
        assert carried.carried and (carried.verdict, carried.points) == (other.verdict, other.points)


def test_a_fault_that_was_mended_passes_at_once_and_its_alert_resolves(desk, app, reviewer, city):
    finding = last(desk)
    (address,) = re.findall(rf"{UNIT},县市区,(\S+)", (city / "units.csv").read_text("utf-8-sig"))
    port = int(address.rstrip("/").rsplit(":", 1)[1])
    mended = a_site(UNIT, stale=60)
    with served(mended, "127.0.0.33") as site:
        rows = (city / "units.csv").read_text("utf-8-sig").replace(address, site.url)
        (city / "units.csv").write_text(rows, "utf-8-sig")
        assert port
        reviewer.send(f"/findings/{finding.id}", "现在复查")
        one = ended(desk)
    assert (one.before.verdict, one.after.verdict) == ("fail", "pass"), (
        "another address, and the rule of the whole site"
    )
    assert "合格" in reviewer.get("/rechecks/1").text


def test_after_a_recheck_the_morning_is_still_that_of_the_night(desk, app, reviewer, city):
    """News that will be two weeks old in two days is said to be so, and a recheck of another unit takes nothing away from the morning."""
    with served(a_site("岚水县", stale=12), "127.0.0.35") as site:
        rows = re.sub(r"(岚 水 县,县市区,)\S+", rf"\g<1>{site.url}", (city / "units.csv").read_text("utf-8-sig"))
        (city / "units.csv").write_text(rows, "utf-8-sig")
        jobs.run(city / "units.csv", city / "accounts.csv", desk.service.settings.db, delay=0)
    day = shanghai_day(datetime.now(UTC))
    with closing(desk.open()) as db:
        soon = [w for w in desk.nights.last(db).warnings if w.rule == "site.news_fresh"]
    assert [(w.unit, w.last, w.value) for w in soon] == [
        ("岚水县", day + timedelta(days=2), str(day - timedelta(days=12)))
    ]
    text = reviewer.get("/").text
    assert (
        f'<td class="nowrap">{day + timedelta(days=2)}</td><td class="name"><a href="/units/{quote("岚水县")}">' in text
    )
    assert f"{day + timedelta(days=2)} 之后即超期" in reviewer.get(f"/units/{quote('岚水县')}").text
    sites = re.search(r"应看 \d+ 个网站，看到 \d+ 个", text)[0]
    fresh = re.search(r"<small>(\d+) 条，按等级", text)[1]
    marks = reviewer.get(f"/units/{quote(UNIT)}").text.count('<th scope="row">2')
    reviewer.send(f"/findings/{last(desk).id}", "现在复查")
    assert ended(desk).state == "done"
    text = reviewer.get("/").text
    assert sites in text and f"<small>{fresh} 条，按等级" in text
    with closing(desk.open()) as db:
        again = Nights().last(db).warnings
    assert [w for w in again if w.rule == "site.news_fresh"] == soon
    assert reviewer.get(f"/units/{quote(UNIT)}").text.count('<th scope="row">2') == marks, (
        "a recheck is no night of the trend"
    )
    assert "其后有单位复查过" in reviewer.get("/scores").text


def test_while_a_night_runs_nothing_is_visited_and_the_page_says_what_happens_instead(desk, reviewer):
    with lock.alone(desk.service.settings.db, "夜间任务"):
        page = reviewer.send(f"/findings/{last(desk).id}", "现在复查")
        assert ended(desk).state == "night"
        text = reviewer.get("/rechecks/1").text
        assert "夜间任务正在运行，它会访问这个单位" in text and "没有重新访问" in text
    with lock.alone(desk.service.settings.db, "每周清理"):
        reviewer.send(f"/findings/{last(desk).id}", "现在复查")
        assert ended(desk, 2).state == "busy"
        assert "每周清理" in reviewer.get("/rechecks/2").text
    assert page.status_code == 200
    with closing(desk.open()) as db:
        assert facts.latest_run(db).id == 1


def test_one_unit_at_a_time_and_no_more_than_five_wait(desk, monkeypatch):
    from db.appeals import Recheck
    from monitors.alerts import NotAllowed
    from schedules.recheck import Rechecks

    visited, at = [], datetime.now(UTC)
    monkeypatch.setattr(Rechecks, "begin", lambda self: None)
    with closing(desk.open()) as db:
        for n in range(5):
            desk.rechecks.ask(db, Recheck(f"单位{n}", at, "甲", "finding", n, "elder.entry", "x"))
        again = desk.rechecks.ask(db, Recheck("单位0", at, "乙", "finding", 0, "elder.entry", "x"))
        assert (again.id, again.who) == (1, "甲"), "what is asked for twice is done once"
        desk.rechecks.ask(db, Recheck("单位0", at, "乙", "alert", 7, "elder.entry", "x"))
        with pytest.raises(NotAllowed, match="5 个单位"):
            desk.rechecks.ask(db, Recheck("单位9", at, "乙", "finding", 9, "elder.entry", "x"))
    monkeypatch.undo()
    monkeypatch.setattr(Rechecks, "_run", lambda self, unit: (visited.append(unit), (1, "坏了"))[1])
    desk.rechecks.begin()
    settled(desk)
    assert visited == [f"单位{n}" for n in range(5)], "both who asked about one unit are answered by one visit"
    with closing(desk.open()) as db:
        assert {appeals.recheck_of(db, n).note for n in range(1, 7)} == {"复查没有完成：坏了"}


def test_what_an_ended_process_left_is_said_to_be_broken_off(desk, app, reviewer):
    from db.appeals import Recheck

    with closing(desk.open()) as db, facts.writing(db):
        appeals.ask_recheck(db, Recheck(UNIT, datetime.now(UTC), "甲", "finding", last(desk).id, "elder.entry", "x"))
    assert BROKEN in reviewer.get("/rechecks/1").text


def test_a_registry_that_cannot_be_read_is_said(desk, reviewer, city):
    (city / "units.csv").unlink()
    reviewer.send(f"/findings/{last(desk).id}", "现在复查")
    one = ended(desk)
    assert one.state == "failed" and "units.csv" in one.note


def test_a_recheck_is_no_second_night_of_one_day_and_judging_again_changes_nothing(desk, reviewer):
    with closing(desk.open()) as db:
        states = {a.id: (a.state, a.days) for a in reviews.alerts(db)}
    reviewer.send(f"/findings/{last(desk).id}", "现在复查")
    assert ended(desk).state == "done"
    with closing(desk.open()) as db:
        after = {a.id: (a.state, a.days) for a in reviews.alerts(db)}
        day = shanghai_day(facts.run_of(db, 1).started_at)
        if shanghai_day(facts.latest_run(db).started_at) == day:
            assert after == states
        jobs.judge(db)
        assert {a.id: (a.state, a.days) for a in reviews.alerts(db)} == after


# appeals


def test_an_appeal_from_filing_to_the_score_that_follows(desk, app, unit, reviewer, city):
    before = score(reviewer)
    page = filed(desk, unit, files=[("说明.pdf", PDF, "text/html"), ("../../截 图.PNG", PNG, "image/png")])
    assert "申诉已提交" in page.text and "有争议" in page.text
    frozen = score(reviewer)
    assert frozen[0] == before[0], "the night's score stays"
    assert float(re.sub("有争议.*", "", frozen[1])) > float(before[1]) and "有争议1项" in frozen[1]
    assert ended(desk).state == "done"
    text = reviewer.get("/appeals/1").text
    assert "复查 1" in text and "还没有到" in text and "适老化入口在首页顶部" in text
    assert "待决定的申诉 1 件" in reviewer.get("/").text
    file = reviewer.get("/appeals/1/files/1")
    assert file.content == PNG and file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"] == (
        f"attachment; filename=\"appeal-1-2.png\"; filename*=UTF-8''{quote('截 图.png')}"
    )
    assert "sandbox" in file.headers["content-security-policy"]
    jobs.run(city / "units.csv", city / "accounts.csv", desk.service.settings.db, delay=0)
    text = reviewer.get("/appeals/1").text
    assert "还没有到" not in text and "下一夜核查" in text
    assert score(reviewer) == frozen, "still frozen, on another night's number"
    answer = reviewer.send("/appeals/1", "申诉不成立", why=" ")
    assert answer.status_code == 422 and "理由" in answer.text
    page = reviewer.send("/appeals/1", "申诉成立", why="入口在顶部，程序没有认出", verdict="pass")
    assert "申诉成立" in page.text
    assert score(reviewer) == (before[0], frozen[1].removesuffix("有争议1项")), "what was frozen is gone for good"
    with closing(desk.open()) as db:
        assert [s.action for s in appeals.steps(db, 1)] == ["filed", "rechecked", "upheld"]
        (review,) = reviews.reviews(db)
        assert (review.action, review.rule, review.verdict) == ("dismiss", "elder.entry", "pass")
        assert len(reviews.cases(db)) == 1
    assert "入口在顶部" in unit.get("/appeals/1").text
    assert PEOPLE["reviewer"] not in unit.get("/appeals/1").text, "a unit sees the office, not its people"


def test_a_rejected_appeal_confirms_and_is_not_taken_again_for_a_while(desk, app, unit, reviewer):
    before = score(reviewer)
    filed(desk, unit)
    ended(desk)
    assert "有异议" not in unit.get(f"/findings/{last(desk).id}").text
    reviewer.send("/appeals/1", "申诉不成立", why="首页没有入口，见存档")
    assert score(reviewer) == before
    again = filed(desk, unit)
    assert again.status_code == 422 and f"{AGAIN.days} 天内不再受理" in again.text
    with closing(desk.open()) as db:
        assert [r.action for r in reviews.reviews(db)] == ["confirm"]
    assert (
        "已经了结"
        in reviewer.post("/appeals/1/decide", page="/password", outcome="upheld", why="再想", expires="2027-01-01").text
    )


def test_a_unit_withdraws_and_nobody_else(desk, app, unit, reviewer):
    before = score(reviewer)
    filed(desk, unit)
    ended(desk)
    assert score(reviewer) != before
    assert reviewer.post("/appeals/1/withdraw", page="/password").status_code == 403
    assert "已撤回" in unit.send("/appeals/1", "撤回申诉", why="已自行整改").text
    assert score(reviewer) == before
    assert "已有第" not in filed(desk, unit).text


def test_the_alert_holds_its_state_while_the_appeal_is_open(desk, app, unit, reviewer):
    finding, at = replace(last(desk), rule="site.available"), datetime.now(UTC)
    made = Alert(UNIT, finding.target, "site_unavailable", "high", "open", at, at, "timeout", rule="site.available")
    with closing(desk.open()) as db, facts.writing(db):
        db.execute(
            "UPDATE finding SET rule = 'site.available' WHERE id = ?", (finding.id,)
        )  # as if the site had been down
        reviews.save_alerts(db, [made], run=1)
        (one,) = [a for a in reviews.alerts(db) if a.kind == "site_unavailable"]
        appeals.file_appeal(db, finding, who="网管", text="网站一直可以访问。", at=at)
    with closing(desk.open()) as db:
        for act in ("confirm", "acknowledge", "dismiss"):
            with pytest.raises(Contested, match="申诉"):
                decide(db, one.id, act, who="李", why="属实")
        assert [a for a in reviews.alerts(db) if a.id == one.id] == [one]
    page = reviewer.get(f"/alerts/{one.id}").text
    assert "单位正在申诉" in page and "第 1 号申诉：提出申诉" in page
    answer = reviewer.post("/alerts/acknowledge", page="/alerts", id=[str(one.id)], why="阅")
    assert "请在申诉中作出决定" in reviewer.get(answer.headers["location"]).text
    reviewer.send("/appeals/1", "申诉不成立", why="三次探测都打不开")
    with closing(desk.open()) as db:
        (after,) = [a for a in reviews.alerts(db) if a.id == one.id]
        assert (after.state, after.moved_by) == ("confirmed", PEOPLE["reviewer"]), (
            "the decision is the alert's next step"
        )


def test_what_is_contested_is_decided_in_the_appeal_alone(desk, unit):
    filed(desk, unit)
    ended(desk)
    with closing(desk.open()) as db, pytest.raises(Contested):
        decide_finding(db, last(desk).id, "confirm", who="李", why="属实")


def test_what_passes_meanwhile_is_decided_about_what_was_contested(desk, unit, reviewer, city):
    finding = last(desk)
    filed(desk, unit)
    ended(desk)
    with served(a_site(UNIT, stale=60), "127.0.0.34") as site:
        rows = re.sub(rf"({UNIT},县市区,)\S+", rf"\g<1>{site.url}", (city / "units.csv").read_text("utf-8-sig"))
        (city / "units.csv").write_text(rows, "utf-8-sig")
        jobs.run(city / "units.csv", city / "accounts.csv", desk.service.settings.db, delay=0)
    with closing(desk.open()) as db:
        decided = decide_appeal(
            db, 1, True, who="李", why="当时就有", expires=shanghai_day(datetime.now(UTC)) + timedelta(days=9)
        )
        assert (decided.state, reviews.reviews(db)[-1].finding) == ("upheld", finding.id)


@pytest.mark.parametrize(
    ("text", "files", "words"),
    [
        ("太短", (), "10 到"),
        ("x" * 3001, (), "10 到"),
        ("请看附件里的截图。。", [("a.html", b"<script>alert(1)</script>", "text/html")], "不是可以接收的类型"),
        ("请看附件里的截图。。", [("a.pdf", b"MZ\x90\0", "application/pdf")], "不是可以接收的类型"),
        ("请看附件里的截图。。", [("a.png", b"", "image/png")], "空的"),
        ("请看附件里的截图。。", [("a.pdf", b"%PDF" + b"0" * 5_000_001, "application/pdf")], "超过 5 MB"),
        (
            "请看附件里的截图。。",
            [(f"{n}.pdf", b"%PDF" + b"0" * 4_000_000, "x") for n in range(3)] + [("4.png", PNG + b"0" * 900_000, "x")],
            "合计超过",
        ),
    ],
)
def test_what_is_not_taken_leaves_nothing_behind(desk, unit, text, files, words):
    answer = filed(desk, unit, text=text, files=files)
    assert answer.status_code in (413, 422) and words in answer.text
    with closing(desk.open()) as db:
        assert (appeals.appeals(db), db.execute("SELECT count(*) FROM attachment_body").fetchone()[0]) == ([], 0)


def test_too_many_files_and_too_large_a_form_are_refused(desk, app, unit):
    assert filed(desk, unit, files=[(f"{n}.pdf", PDF, "x") for n in range(6)]).status_code == 400
    path = f"/appeals/new/{last(desk).id}"
    big = [("files", ("a.pdf", b"%PDF" + b"0" * 2_000_000, "x"))]
    assert Browser(app).client.post(path, files=big).status_code == 413, "files come from those who have signed in"
    assert unit.client.post("/password", files=big).status_code == 413
    assert unit.client.post(path, files=[("files", ("a.pdf", b"%PDF" + b"0" * 14_000_000, "x"))]).status_code == 413


def test_appeals_and_their_files_are_only_ever_added(desk, unit):
    import sqlite3

    filed(desk, unit, files=[("a.pdf", PDF, "x")])
    with closing(desk.open()) as db:
        for table in ("appeal", "appeal_step", "attachment", "attachment_body"):
            for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET rowid = 9"):
                with pytest.raises(sqlite3.IntegrityError, match="only added"):
                    db.execute(statement)


def test_only_what_costs_the_unit_something_is_contested(desk, app, unit):
    with closing(desk.open()) as db:
        mine = desk.nights.last(db).of_unit[UNIT]
        passed = next(f for f in mine if f.verdict == "pass")
        other = next(f for f in desk.nights.last(db).of_unit["岚水县"])
        free = [f for f in mine if f.verdict == "fail" and not desk.nights.last(db).scored(f.rule)]
    for finding in (passed, other, *free[:1]):
        assert unit.client.get(f"/appeals/new/{finding.id}").status_code == 404


def test_names_of_files_are_harmless():
    from desk.attach import kind_of, safe_name

    assert safe_name("..\\..\\windows\\x.exe", "pdf") == "x.pdf"
    assert safe_name('a\r\nSet-Cookie: b".html', "png") == "aSet-Cookie b.png"
    assert safe_name("", "pdf") == safe_name("....", "pdf") == "附件.pdf"
    assert len(safe_name("长" * 500, "pdf")) < 100

    def archive(*names):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as made:
            for name in names:
                made.writestr(name, "x")
        return held.getvalue()

    types = "[Content_Types].xml"
    assert kind_of(archive(types, "word/document.xml")) == "docx"
    assert kind_of(archive(types, "xl/workbook.xml")) == "xlsx"
    assert kind_of(archive(types, "word/document.xml", "word/vbaProject.bin")) is None, "macros"
    assert kind_of(archive("a.exe")) is None and kind_of(b"PK\x03\x04 broken") is None
    assert kind_of(b"\xd0\xcf\x11\xe0" + b"0" * 100) is None, "old documents may hold macros"
    assert kind_of(b"<html>") is None and kind_of(b"") is None
