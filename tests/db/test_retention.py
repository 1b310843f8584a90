"""Old bodies go, unless a lost point, an alert, a person's decision or a later night needs them; facts stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from db import facts, findings, retention, reviews
from db.bodies import digest, pack
from db.records import Evidence, Fetch, Finding, Hop, KnownPage, Outcome, Review, Score

OLD = datetime(2025, 9, 1, 14, 10, tzinfo=UTC)
NOW = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
PAGES = ("passed", "failed", "trial", "known", "again", "decided", "alerted", "shot", "other_shot")


def body(name):
    return f"<p>{name}</p>".encode()


def url(name):
    return f"http://a.example/{name}"


def fetched(name, at=OLD, **named):
    said = {"url": url(name), "final_url": url(name), "purpose": "page", "sha256": digest(body(name))} | named
    return Fetch("岚水县", said.pop("url"), said.pop("final_url"), at, Outcome.OK, said.pop("purpose"), 200, **said)


def found(name, verdict="fail", points="0.4", rule="board.guide"):
    evidence = (Evidence(url(name), OLD, 200, digest(body(name))),)
    return Finding(
        "岚水县", "county", url(name), rule, verdict, "dead", None, None, Decimal(points), "x", OLD, evidence
    )


@pytest.fixture
def db():
    opened = facts.open_database(":memory:")
    run = facts.begin_run(opened, at=OLD, kind="night")
    rows = [fetched(n) for n in PAGES if "shot" not in n]
    rows.append(fetched("shot", url=url("failed"), purpose="screenshot"))
    rows.append(fetched("other_shot", url=url("passed"), purpose="screenshot"))
    door = Hop(url("door"), OLD, 200, sha256=digest(body("door")))
    rows[1] = replace(rows[1], trail=(door,))
    rows.append(fetched("door"))
    with facts.writing(opened):
        facts.save_fetches(opened, run.id, rows)
        facts.save_bodies(opened, {digest(body(n)): pack(body(n)) for n in (*PAGES, "door")})
        facts.save_pages(opened, [KnownPage(url("known"), "岚水县", digest(body("known")), OLD, OLD, OLD)])
        made = [
            found("passed", "pass", "0"),
            found("failed"),
            found("trial", points="0"),
            found("capped", points="0", rule="site.stale_columns"),
            found("decided", "unknown", "0"),
        ]
        score = Score("岚水县", "county", Decimal(10), Decimal(3), 1, ("site.stale_columns",), None, 1.0)
        findings.save_judging(
            opened, run=run.id, as_of=OLD, rubric="r", version="0", made_at=OLD, findings=made, scores=[score]
        )
        seen = findings.findings_of(opened, 1)
        decided = next(f for f in seen if f.target == url("decided"))
        reviews.save_review(
            opened, Review("岚水县", decided.target, "dismiss", "张三", OLD, "核实", finding=decided.id, run=1)
        )
        opened.execute(
            "INSERT INTO alert (unit, kind, target, state, run, record) VALUES ('岚水县', 'k', 't', 'open', 1, ?)",
            (f'{{"evidence":[{{"sha256":"{digest(body("alerted"))}"}}]}}',),
        )
        later = facts.begin_run(opened, at=NOW - timedelta(days=1), kind="night")
        facts.save_fetches(opened, later.id, [fetched("again", NOW - timedelta(days=1))])
    return opened


def kept(db):
    return {n for n in (*PAGES, "door") if facts.body(db, digest(body(n))) is not None}


def test_only_what_nothing_cites_is_dropped(db):
    done = retention.retain(db, months=13, now=NOW)
    assert kept(db) == {"failed", "door", "shot", "known", "again", "decided", "alerted"}
    assert (done.runs, done.findings, done.bodies) == (1, 2, 3)
    assert {f.target for f in findings.findings_of(db, 1)} == {url("failed"), url("capped"), url("decided")}
    assert len(facts.fetches(db, "岚水县", run=1)) == 10, "facts stay"
    assert len(findings.scores_of(db, 1)) == 1
    assert "1 次" in done.words


def test_a_second_time_there_is_nothing_to_do(db):
    retention.retain(db, months=13, now=NOW)
    before = kept(db)
    assert retention.retain(db, months=13, now=NOW) == retention.Dropped()
    assert kept(db) == before


def test_a_run_within_the_time_is_left_alone(db):
    assert retention.retain(db, months=15, now=NOW) == retention.Dropped()
    assert kept(db) == {*PAGES, "door"}


def test_what_a_later_night_confirmed_goes_when_that_night_is_old_too(db):
    retention.retain(db, months=13, now=NOW)
    assert "again" in kept(db)
    retention.retain(db, months=13, now=NOW + timedelta(days=420))
    assert "again" not in kept(db)
