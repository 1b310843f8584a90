"""Notices over real channels on loopback: sent once, tried three times, quiet at night, dead channels told, no secret anywhere."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import facts, notices
from db.notices import Notice, Sending, Told
from db.records import SHANGHAI
from monitors.notify import Channels, Receiver, _fitted, deliver, hidden, in_quiet, usable
from tests.monitors.channels import a_hook, a_mailbox
from tests.monitors.made import a_unit

NOW = datetime(2026, 11, 25, 0, 5, tzinfo=UTC)  # 08:05 in Shanghai
ITEM = Told("岚水县", "zombie_site", "http://lanshui.example/", "open 2026-11-24")
DEAD = "json://127.0.0.1:1/secret-path-of-nobody"


@pytest.fixture
def db(tmp_path):
    return facts.open_database(tmp_path / "w.db")


def queued(db, receiver="政务公开办", *, at=NOW, body="正文：僵尸网站"):
    with facts.writing(db):
        return notices.save_notice(
            db, Notice(receiver, at.astimezone(SHANGHAI).date(), at, "【网考】晨报", body, (ITEM,))
        )


def run(db, *receivers, minutes=0, **named):
    return deliver(db, receivers, now=lambda: NOW + timedelta(minutes=minutes), **named)


def test_a_notice_is_posted_once(db):
    queued(db)
    with a_hook() as hook:
        office = Receiver("政务公开办", {"群": hook.url})
        (sent,) = run(db, office)
        assert (sent.outcome, sent.channel, sent.number, sent.detail) == ("sent", "群", 1, None)
        assert run(db, office) == []
        assert run(db, office, minutes=600) == []
    assert [(p["title"], p["message"]) for p in hook.posts] == [("【网考】晨报", "正文：僵尸网站")]
    assert notices.told(db, "政务公开办") == {ITEM.key: ITEM.state}
    assert notices.sendings(db, [1])[0].ended_at == NOW


def test_a_mail_goes_to_the_contact_of_a_unit(db):
    queued(db, "岚水县", body="第一行\n第二行：栏目即将超期")
    with a_mailbox() as box:
        channels = Channels(mail=box.url)
        unit = a_unit(contact="王主任 0350-1234567，wang@example.cn；li.si@gov.example.cn")
        (receiver,) = channels.receivers([unit])
        (sent,) = run(db, receiver)
    assert sent.outcome == "sent", sent.detail
    assert {to for tos, _ in box.mails for to in tos} == {"wang@example.cn", "li.si@gov.example.cn"}
    assert "第二行：栏目即将超期" in box.texts()[0]
    assert "\n" in box.texts()[0].strip()


def test_who_is_reached_and_how():
    units = [
        a_unit(name="甲"),
        a_unit(name="乙", contact="0350-1"),
        a_unit(name="丙", contact="a@b.cn"),
        a_unit(name="丁", contact="c@d.cn"),
    ]
    channels = Channels({"公开办": {"群": "json://a"}}, {"丁": {"群": "json://b"}}, "mailto://h?from=x@y.cn")
    found = {r.name: (r.unit, list(r.channels)) for r in channels.receivers(units)}
    assert found == {
        "公开办": (None, ["群"]),
        "甲": ("甲", []),
        "乙": ("乙", []),
        "丙": ("丙", ["邮件"]),
        "丁": ("丁", ["群"]),
    }
    assert "json" not in repr(channels)
    assert "mailto" not in repr(channels.receivers(units))
    assert [r.channels for r in Channels().receivers(units[2:3])] == [{}]


def test_a_failing_channel_is_tried_three_times_with_more_and_more_patience(db):
    queued(db)
    with a_hook(answers=[500, 500, 500]) as hook:
        office = Receiver("政务公开办", {"群": hook.url})
        made = [
            (minutes, [s.outcome for s in run(db, office, minutes=minutes)])
            for minutes in (0, 1, 4, 5, 6, 34, 35, 36, 500)
        ]
    assert [(m, o) for m, o in made if o] == [(0, ["failed"]), (5, ["failed"]), (35, ["failed"])]
    assert len(hook.posts) == 3
    assert notices.told(db, "政务公开办") == {}, "it comes again in the next notice"


def test_a_channel_that_recovers_gets_it(db):
    queued(db)
    with a_hook(answers=[503]) as hook:
        office = Receiver("政务公开办", {"群": hook.url})
        outcomes = [s.outcome for minutes in (0, 5, 40) for s in run(db, office, minutes=minutes)]
    assert outcomes == ["failed", "sent"]


def test_a_dead_channel_does_not_keep_the_other_from_it_and_says_why_without_its_address(db):
    queued(db)
    with a_hook() as hook:
        office = Receiver("政务公开办", {"旧群": DEAD, "群": hook.url})
        dead, well = run(db, office)
        assert [s.channel for s in run(db, office, minutes=5)] == ["旧群"]
    assert (dead.outcome, well.outcome) == ("failed", "sent")
    assert dead.detail
    assert "secret" not in dead.detail
    assert len(hook.posts) == 1
    assert notices.told(db, "政务公开办")


def test_a_mail_server_that_refuses(db):
    queued(db)
    with a_mailbox() as box:
        box.refuses = True
        (sent,) = run(db, Receiver("政务公开办", {"邮件": f"{box.url}&to=a@b.cn"}))
    assert sent.outcome == "failed"
    assert box.mails == []


def test_nothing_is_sent_in_the_quiet_hours_and_everything_after(db):
    queued(db)
    night = (time(20), time(7, 30))
    with a_hook() as hook:
        office = Receiver("政务公开办", {"群": hook.url})
        assert run(db, office, minutes=-60, quiet=night) == []
        assert hook.posts == []
        assert [s.outcome for s in run(db, office, quiet=night)] == ["sent"]


@given(st.times(), st.times(), st.times())
def test_quiet_hours_cover_the_day_with_their_complement(clock, start, end):
    at = datetime.combine(datetime(2026, 11, 25), clock, SHANGHAI)
    if start == end:
        assert not in_quiet(at, (start, end))
    else:
        assert in_quiet(at, (start, end)) != in_quiet(at, (end, start))


def test_one_notice_a_day_and_the_newest_counts(db):
    first = queued(db)
    assert queued(db, body="又一条") is None
    second = queued(db, at=NOW + timedelta(days=1), body="次日")
    assert notices.newest_notices(db) == [second]
    assert first.id != second.id
    with a_hook() as hook:
        office = Receiver("政务公开办", {"群": hook.url})
        assert run(db, office, minutes=1440)
        assert run(db, Receiver("别人", {"群": hook.url}), minutes=1440) == []
    assert [p["message"] for p in hook.posts] == ["次日"]


def test_an_old_notice_is_not_sent_any_more(db):
    queued(db)
    with a_hook() as hook:
        assert run(db, Receiver("政务公开办", {"群": hook.url}), minutes=1441) == []
    assert hook.posts == []


def test_what_a_process_was_killed_over_is_not_sent_twice(db, tmp_path):
    """The receiver has it, the sender is dead before it could write that down."""
    queued(db)
    program = f"""
        import sys
        from datetime import timedelta
        from db import facts
        from monitors.notify import Receiver, deliver
        from tests.monitors.test_notify import NOW
        deliver(facts.open_database({str(tmp_path / "w.db")!r}), [Receiver("政务公开办", {{"群": sys.argv[1]}})], now=lambda: NOW)
    """
    root = Path(__file__).parents[2]
    with a_hook() as hook:
        child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program), hook.url], cwd=root)
        hook.on_post = lambda: os.kill(child.pid, signal.SIGKILL)
        assert child.wait(60) == -signal.SIGKILL
        hook.on_post = lambda: None
        assert len(hook.posts) == 1
        office = Receiver("政务公开办", {"群": hook.url})
        for minutes in (1, 11, 60, 600):
            assert run(db, office, minutes=minutes) == []
        assert len(hook.posts) == 1
        (sending,) = notices.sendings(db, [1])
        assert (sending.outcome, sending.ended_at) == ("unsure", None)
        assert notices.told(db, "政务公开办") == {}, "not lost either: the next notice tells it again"
        queued(db, at=NOW + timedelta(days=1))
        assert [s.outcome for s in run(db, office, minutes=1440)] == ["sent"]


def test_two_processes_do_not_make_the_same_attempt(db):
    queued(db)
    attempt = Sending(1, "群", 1, NOW)
    with facts.writing(db):
        assert notices.begin_sending(db, attempt) is not None
        assert notices.begin_sending(db, attempt) is None
    with a_hook() as hook:
        assert run(db, Receiver("政务公开办", {"群": hook.url})) == []
    assert hook.posts == []


def test_no_secret_is_logged_stored_or_shown(db, caplog):
    queued(db)
    secret = "kEy-0f-tHe-gR0up"
    with caplog.at_level(logging.DEBUG):
        dead = Receiver("政务公开办", {"群": f"json://someone:pa55word@127.0.0.1:1/{secret}?token={secret}"})
        (sent,) = run(db, dead)
    everything = (
        caplog.text + repr(dead) + repr(sent) + "\n".join(map(str, db.execute("SELECT * FROM sending").fetchall()))
    )
    assert secret not in everything
    assert "pa55word" not in everything


@pytest.mark.parametrize(
    ("text", "url", "left"),
    [
        ("error 404 at https://h.example/hook/ABCDEF?key=GHIJKL", "jsons://h.example/hook/ABCDEF?key=GHIJKL", "error 404 at https://h.example/***/***?key=***"),
        ("bad key ROBOTKEY", "wecombot://ROBOTKEY", "bad key ***"),
        ("login someone failed", "mailtos://someone:p%40ss@h.example", "login *** failed"),
        ("p@ssw0rd", "mailtos://u:p%40ssw0rd@h.example", "***"),
        ("connect to h.example:465", "mailtos://u:pass@h.example:465", "connect to h.example:465"),
    ],
)  # fmt: skip
def test_the_parts_of_an_address_are_hidden(text, url, left):
    assert hidden(text, url) == left


@given(st.lists(st.text("网考abc", max_size=40), max_size=60), st.integers(100, 400))
def test_a_message_fits_its_channel(lines, limit):
    body = "\n".join(lines)
    fitted = _fitted(body, limit)
    assert len(fitted.encode()) <= limit
    assert fitted == body or (fitted.endswith("查看）") and body.startswith(fitted.rpartition("\n")[0]))


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("wecombot://KEY", True),
        ("dingtalk://TOKEN", True),
        ("feishu://TOKEN", True),
        ("mailtos://u:p@h.cn", True),
        ("nothing://x", False),
        ("", False),
    ],
)
def test_which_addresses_can_be_used(url, known):
    assert usable(url) is known
