"""Every figure of the circular, repeated from the rows of the database by SQL and plain counting of its own."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest

from db import facts, findings, reviews, sheets
from db.bodies import unpack
from db.records import Review
from monitors.figures import FIGURES, figures
from schedules import figures as gathered
from tests.desk import paper_kit

NOW = paper_kit.NIGHTS[-1].replace(day=26)


@pytest.fixture(scope="module")
def db():
    return paper_kit.make()


@pytest.fixture(scope="module")
def made(db):
    return figures(gathered.known(db, paper_kit.YEAR, now=NOW))


def visits(db, year):
    for unit, packed in db.execute(
        "SELECT unit, zstd FROM visit WHERE confirmed = 1 AND substr(finished_at, 1, 4) = ?", (str(year),)
    ):
        yield unit, json.loads(unpack(packed))


def items(db, year):
    """Addresses of rows with a day in the year, by unit: those on the home page and those of every list."""
    seen = defaultdict(set)
    for unit, visit in visits(db, year):
        for column in [{"rows": visit["home_rows"]}, *visit["columns"]]:
            seen[unit] |= {r["url"] for r in column["rows"] if (r["published"] or "").startswith(str(year))}
    return {unit: len(urls) for unit, urls in seen.items()}


def reports(db, year, *rows):
    """The sum of 总计 of these rows of table B, by unit without the portal, of the newest visit that has such a report."""
    found = {}
    for unit, visit in [*visits(db, 2025), *visits(db, 2026)]:
        for report in visit["reports"]:
            if report["year"] == year and unit != "云阳市":
                table = next(t for t in report["body"]["tables"] if t["kind"] == "B")
                found[unit] = sum(int(r["cells"]["总计"]) for r in table["rows"] if r["id"] in rows)
    return found


def interpretations(db, *, unit=None):
    found = {}
    for name, visit in visits(db, 2026):
        if unit in (None, name):
            found |= {
                (name, i["url"]): i["forms"] for i in visit["papers"]["interpretations"] if i["published"][:4] == "2026"
            }
    return found


def units_failing(db, *rules):
    """Units that fail in the last judging by something that failed on another day of the year as well; nobody confirmed any."""
    marks = ", ".join("?" * len(rules))
    sql = (
        f"SELECT count(DISTINCT f.unit) FROM finding f WHERE judging = 4 AND verdict = 'fail' AND rule IN ({marks}) AND EXISTS"
        " (SELECT 1 FROM finding e WHERE e.judging = 3 AND e.verdict = 'fail' AND (e.unit, e.rule, e.target) = (f.unit, f.rule, f.target))"
    )
    assert db.execute("SELECT max(id) FROM judging").fetchone() == (4,)
    return db.execute(sql, rules).fetchone()[0]


def verdicts(db, rule, verdict, group="%"):
    sql = 'SELECT count(*) FROM finding WHERE judging = (SELECT max(id) FROM judging) AND rule = ? AND verdict = ? AND "group" LIKE ?'
    return db.execute(sql, (rule, verdict, group)).fetchone()[0]


def per_cent(part, whole):
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def posts(db, unit="%"):
    """Each post once, whichever source shows it: by its address."""
    sql = "SELECT count(DISTINCT url) FROM post WHERE substr(published, 1, 4) = '2026' AND unit LIKE ?"
    return db.execute(sql, (unit,)).fetchone()[0]


def hand(db, kind):
    sql = "SELECT r.record FROM hand_row r JOIN hand_sheet s ON s.id = r.sheet WHERE s.kind = ? AND s.year = 2026"
    return [json.loads(record) for (record,) in db.execute(sql, (kind,))]


def registered(db, **wanted):
    rows = [json.loads(r) for (r,) in db.execute("SELECT record FROM unit")]
    return sum(all(row[k] == v for k, v in wanted.items()) and row["group"] != "portal" for row in rows)


def received(db, year, *rows):
    now = reports(db, 2026, "B1")
    return sum(n for unit, n in reports(db, year, *rows).items() if unit in now)


def elder(db):
    rows = [json.loads(r) for (r,) in db.execute("SELECT record FROM unit")]
    said = {r["name"] for r in rows if r["retrofit"] is False or r["self_assessment"] is False}
    sql = "SELECT unit FROM finding WHERE judging = (SELECT max(id) FROM judging) AND verdict = 'fail' AND rule IN ('elder.entry', 'elder.works')"
    return len(said | {u for (u,) in db.execute(sql)})


BOARD = ("board.exists", "board.guide", "board.rules", "board.statutory", "board.catalogue", "board.annual_report")
REPORT = tuple(r for r, line in paper_kit.RUBRIC.lines.items() if r.startswith("report.") and line.state == "scored")
REPEATED = {
    "items.total": lambda db: sum(items(db, 2026).values()),
    "items.before": lambda db: sum(items(db, 2025).values()),
    "items.change": lambda db: per_cent(sum(items(db, 2026).values()) - sum(items(db, 2025).values()), sum(items(db, 2025).values())),
    "posts.total": posts,
    "posts.accounts": lambda db: len({(u, a) for u, a in db.execute("SELECT DISTINCT unit, json_extract(record, '$.platform') || account FROM account")}),
    "posts.portal": lambda db: posts(db, "云阳市"),
    "applications.received": lambda db: sum(reports(db, 2026, "B1").values()),
    "applications.granted": lambda db: sum(reports(db, 2026, "B3.1", "B3.2").values()),
    "applications.before": lambda db: None,  # one unit's earlier report was not read: the sums cover other units
    "applications.granted_before": lambda db: None,
    "applications.change": lambda db: None,
    "applications.rate_change": lambda db: None,
    "applications.reports": lambda db: len(reports(db, 2026, "B1")),
    "gazette.counties": lambda db: verdicts(db, "gazette.column", "pass", "county"),
    "gazette.formats": lambda db: verdicts(db, "gazette.formats", "pass"),
    "interpretation.portal": lambda db: len(interpretations(db, unit="云阳市")),
    "interpretation.total": lambda db: len(interpretations(db)),
    "interpretation.rate": lambda db: per_cent(verdicts(db, "interpretation.rate", "pass"), verdicts(db, "interpretation.rate", "pass") + verdicts(db, "interpretation.rate", "fail")),
    "interpretation.diverse": lambda db: per_cent(sum(f != ["text"] for f in interpretations(db).values()), len(interpretations(db))),
    "topics.sites": lambda db: verdicts(db, "topics.columns", "pass"),
    "elder.undone": elder,
    "platform.none": lambda db: units_failing(db, "platform.exists"),
    "site.dead": lambda db: units_failing(db, "site.zombie", "site.available", "site.home_fresh"),
    "site.stale": lambda db: units_failing(db, "site.news_fresh", "site.notice_fresh"),
    "board.missing": lambda db: units_failing(db, *BOARD),
    "media.asleep": lambda db: None,  # no account was judged
    "privacy.units": lambda db: units_failing(db, "site.privacy"),
    "reports.units": lambda db: registered(db, annual_report=True),
    "reports.departments": lambda db: registered(db, annual_report=True, group="department"),
    "reports.counties": lambda db: registered(db, annual_report=True, group="county"),
    "reports.bad": lambda db: units_failing(db, *REPORT),
    "reports.rate": lambda db: per_cent(registered(db, annual_report=True) - units_failing(db, *REPORT), registered(db, annual_report=True)),
    "openness.documents": lambda db: verdicts(db, "document.openness", "fail"),
    "openness.units": lambda db: units_failing(db, "document.openness"),
    "replies.units": lambda db: len({r["unit"] for r in hand(db, "replies") if r["closed"] != "0"}),
    "replies.closed": lambda db: sum(int(r["closed"]) for r in hand(db, "replies")),
    "reconsiderations.total": lambda db: sum(int(r["number"]) for r in hand(db, "reconsiderations")),
    "reconsiderations.unanswered": lambda db: len({r["unit"] for r in hand(db, "reconsiderations") if r["unanswered"] == "yes"}),
    "norms.filed": lambda db: len(hand(db, "norms")),
    "norms.unprinted": lambda db: sum(r["printed"] == "no" for r in hand(db, "norms")),
}  # fmt: skip


def test_every_figure_is_repeated():
    assert list(REPEATED) == list(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_the_figure_again_from_the_rows(db, made, name):
    assert made[name].value == REPEATED[name](db)


def test_the_city_shows_something(made):
    """The repetition means little where everything is 0: most figures of the small city are not."""
    assert sum(bool(f.value) for f in made.values()) >= 25


@pytest.mark.parametrize("name", FIGURES)
def test_parts_add_up_and_sources_are_told(made, name):
    figure = made[name]
    assert figure.source and figure.query and figure.title
    if figure.parts and figure.measure not in ("%",) and name != "openness.documents":
        shown = len(figure.parts) if figure.measure == "家" else sum(v for _, v in figure.parts)
        assert shown == figure.value


def test_an_empty_database_knows_no_figure_but_the_registry():
    db = facts.open_database(":memory:")
    facts.save_registry(db, paper_kit.units(), [])
    empty = figures(gathered.known(db, 2026, now=NOW))
    known = {name for name, f in empty.items() if f.value is not None}
    assert known == {"elder.undone", "reports.units", "reports.departments", "reports.counties", "applications.reports"}
    assert empty["items.total"].text == "〔待填：政府网站主动公开信息〕"


def test_a_year_that_was_watched_late_gives_no_change(db):
    known = gathered.known(db, 2026, now=NOW)
    late = {u: replace(i, watched_from=datetime(2025, 3, 1).date()) for u, i in known.before.items()}
    made = figures(replace(known, before=late))
    assert (made["items.before"].value, made["items.change"].value) == (None, None)
    filled = figures(
        replace(known, before=late, hand={"totals": [{"figure": "items.before", "value": "100", "source": "上年通报"}]})
    )
    assert (filled["items.before"].value, filled["items.before"].source) == (100, "人工填报：上年通报")
    assert filled["items.change"].value == per_cent(known_total(filled) - 100, 100)


def known_total(made):
    return made["items.total"].value


def test_hand_filled_totals_never_overrule_what_was_counted(db):
    known = gathered.known(db, 2026, now=NOW)
    total = figures(known)["items.total"].value
    hand = {**known.hand, "totals": [{"figure": "items.total", "value": "1", "source": "x"}]}
    assert figures(replace(known, hand=hand))["items.total"].value == total


def test_the_newest_sheet_counts():
    db = paper_kit.make()
    with facts.writing(db):
        sheets.save_sheet(db, "replies", 2026, [], who="x", file="y", sha256="", at=NOW)
    made = figures(gathered.known(db, 2026, now=NOW))
    assert made["replies.units"].value is None, "an empty sheet says nothing of replies"
    assert made["norms.filed"].value == 2


def test_what_one_night_alone_saw_is_not_named():
    db = paper_kit.make()
    with facts.writing(db):
        db.execute("DELETE FROM finding WHERE judging < (SELECT max(id) FROM judging)")
    once = figures(gathered.known(db, 2026, now=NOW))
    assert (once["reports.bad"].value, once["board.missing"].value) == (0, 0)
    (bad,) = [f for f in findings.findings_of(db, 4) if (f.unit, f.rule) == ("丙区", "report.published")]
    with facts.writing(db):
        reviews.save_review(db, Review(bad.unit, bad.target, "confirm", "王", NOW, "属实", rule=bad.rule))
    assert figures(gathered.known(db, 2026, now=NOW))["reports.bad"].units == ("丙区",)
