"""A morning from the database to the receivers: the office's digest, the units' warnings, dry run, the printable notice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from db import facts, notices, reviews
from db.records import Content, Outcome, Row
from monitors.notify import Channels
from monitors.reports.notice import as_text
from schedules import jobs
from schedules.notices import brief, rectification, send_due
from schedules.review import decide
from tests.monitors.channels import a_hook, a_mailbox
from tests.monitors.made import AT, SITE, a_unit, a_visit, days_ago, with_column

UNITS = [
    a_unit(contact="王主任 wang@example.cn"),
    a_unit(name="代县", site="http://dai.example/", contact="0350-1234567"),
    a_unit(name="市金融办", group="department", site=""),
]
MORNING = AT + timedelta(days=1, hours=10)  # 08:10 of 26 November in Shanghai
SOON = Row("最新", f"{SITE}news/1", days_ago(11), "row")


@pytest.fixture
def path(tmp_path):
    """Two nights: 岚水县 lacks its guide and its news are eleven days old at first; 代县 does not answer the second night."""
    path = tmp_path / "w.db"
    db = facts.open_database(path)
    facts.save_registry(db, UNITS, [])
    for day in (0, 1):
        a_night(db, day)
    db.close()
    return path


def a_night(db, day, *, dai_down=True):
    run = facts.begin_run(db, at=AT + timedelta(days=day), kind="night")
    for unit in UNITS[:2]:
        visit = a_visit(
            unit=unit.name, url=unit.site, run=run.id, started_at=run.started_at, finished_at=run.started_at
        )
        probes = tuple(replace(p, at=run.started_at + timedelta(seconds=n)) for n, p in enumerate(visit.probes))
        if unit.name == "岚水县":
            visit = with_column(with_column(visit, "guide", content=Content.BLANK), "news", rows=(SOON,))
        elif day and dai_down:
            visit = replace(visit, outcome=Outcome.CHALLENGE, columns=(), board=None, home_rows=())
        facts.save_visit(db, replace(visit, probes=probes), [], {})
    facts.end_run(db, run.id, at=run.started_at, state="finished")
    jobs.judge(db)


def morning(path, channels, days=0, **named):
    return brief(path, channels, now=lambda: MORNING + timedelta(days=days), **named)


def test_a_dry_run_says_what_would_be_sent_and_writes_nothing(path):
    told = morning(path, Channels(), desk="http://desk.example")
    assert [n.receiver for n in told.notices] == ["政务公开办", "岚水县"]
    assert told.sent == ()
    assert told.unreachable == ("岚水县",)
    office, unit = told.notices
    for said in ("法定栏目缺失", "http://desk.example/alerts/", "应看 2 个网站，看到 1 个", "代县（出现人机验证）"):
        assert said in office.body
    for said in ("动态要闻类栏目更新", "最近一次 2026-11-13", "2026-11-27 之后即超期"):
        assert said in unit.body
    assert "法定栏目缺失" not in unit.body, "nobody confirmed it yet"
    assert "即将超期" not in office.body
    assert morning(path, Channels(), desk="http://desk.example") == told
    db = facts.open_database(path)
    assert db["notice"].count == 0


def test_a_morning_reaches_everyone_once(path):
    with a_hook() as hook, a_mailbox() as box:
        channels = Channels({"政务公开办": {"群": hook.url}}, {}, box.url)
        first = morning(path, channels)
        assert [(s.channel, s.outcome) for s in first.sent] == [("群", "sent"), ("邮件", "sent")]
        assert len(hook.posts) == 1
        assert [to for to, _ in box.mails] == [["wang@example.cn"]]
        assert "动态要闻类栏目更新" in box.texts()[0]
        assert morning(path, channels) == replace(first, notices=(), sent=())
        assert morning(path, channels, days=1).notices == (), "nothing new the next morning"
        assert (len(hook.posts), len(box.mails)) == (1, 1)


def test_a_dead_channel_is_tried_again_and_the_next_morning_tells_it(path):
    with a_hook(answers=[500] * 3) as hook:
        channels = Channels({"政务公开办": {"群": hook.url}})
        assert [s.outcome for s in morning(path, channels).sent] == ["failed"]
        for minutes, outcomes in ((1, []), (5, ["failed"]), (40, ["failed"]), (90, [])):
            tried = send_due(path, channels, now=lambda m=minutes: MORNING + timedelta(minutes=m))
            assert [s.outcome for s in tried] == outcomes
        again = morning(path, channels, days=1)
        assert [s.outcome for s in again.sent] == ["sent"]
    assert "法定栏目缺失" in hook.posts[-1]["message"]


def test_in_the_quiet_hours_the_notice_waits(path):
    with a_hook() as hook:
        channels = Channels({"政务公开办": {"群": hook.url}})
        quiet = (datetime(2026, 1, 1, 8).time(), datetime(2026, 1, 1, 9).time())
        made = morning(path, channels, quiet=quiet)
        assert len(made.notices) == 1
        assert made.sent == ()
        assert [s.outcome for s in send_due(path, channels, quiet=quiet, now=lambda: MORNING + timedelta(hours=1))] == [
            "sent"
        ]
    assert len(hook.posts) == 1


def test_a_unit_without_a_channel_is_named(path):
    db = facts.open_database(path)
    facts.save_registry(db, [a_unit(contact="王主任"), *UNITS[1:]], [])
    with a_hook() as hook:
        told = morning(path, Channels({"政务公开办": {"群": hook.url}}))
    assert told.unreachable == ("岚水县",)
    assert [n.receiver for n in told.notices] == ["政务公开办"]
    assert [n.receiver for n in notices.newest_notices(db)] == ["政务公开办"]


def test_what_was_confirmed_goes_to_the_unit_and_onto_paper(path):
    db = facts.open_database(path)
    one = next(a for a in reviews.alerts(db) if a.kind == "column_missing")
    decide(db, one.id, "confirm", who="张三", why="属实", at=MORNING)
    with pytest.raises(ValueError, match="整改中"):
        rectification(db, "岚水县", office="市政府办公室")
    with pytest.raises(ValueError, match="期限"):
        rectification(db, "岚水县", [one.id], office="市政府办公室")
    decide(db, one.id, "rectify", who="张三", why="发通知", workdays=3, at=MORNING)
    paper = rectification(db, "岚水县", office="市政府办公室", at=MORNING)
    assert (paper.due, paper.on, paper.gap) == (date(2026, 12, 1), date(2026, 11, 26), None)
    assert "2026年12月1日前完成整改" in as_text(paper)
    with a_mailbox() as box:
        told = morning(path, Channels(mail=box.url))
    assert "请于 2026-12-01 前完成" in box.texts()[0]
    assert [n.receiver for n in told.notices] == ["岚水县"]
    db.close()


def test_a_day_past_the_calendar_of_holidays_is_said_on_the_paper(path):
    db = facts.open_database(path)
    one = next(a for a in reviews.alerts(db) if a.kind == "column_missing")
    paper = rectification(db, "岚水县", [one.id], office="市政府办公室", due=date(2031, 1, 6))
    assert "2031" in paper.gap


def test_a_recheck_of_one_unit_makes_the_others_no_less_seen(path):
    """After the night somebody asked for 代县 once more; the morning is told as if nobody had."""

    def told():
        return [(n.receiver, n.body) for n in morning(path, Channels({"政务公开办": {}}), dry=True).notices]

    before = told()
    db = facts.open_database(path)
    run = facts.begin_run(db, at=AT + timedelta(days=1, hours=8), kind="only")
    last = facts.last_visit(db, "代县")
    facts.save_visit(db, replace(last, run=run.id, started_at=run.started_at, finished_at=run.started_at), [], {})
    facts.end_run(db, run.id, at=run.started_at, state="finished")
    jobs.judge(db)
    db.close()
    assert "即将" in "".join(body for _, body in before), "a warning is told"
    assert told() == before
