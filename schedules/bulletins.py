"""What is a bulletin made of? Gathers a month or a quarter, and the span before it, from what the nights stored."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from sqlite_utils import Database

from db import facts, findings
from db import figures as queries
from db.history import outcomes_of
from db.records import SHANGHAI, Outcome, shanghai_day
from monitors.bulletins import LIVE, Span, before, by_title, figures, months_of
from monitors.reports import bulletin as papers
from monitors.reports.bulletin import Bulletin
from monitors.reports.charts import WIDE, bars
from monitors.rubric import Rubric, load_rubric
from schedules.drawing import png
from schedules.figures import sure
from schedules.review import reviewed_judging

_MOST = 15  # bars of a picture
_BACK = timedelta(days=31)  # how far before the span a fault may have been seen first


def bulletin(
    db: Database,
    span: str,
    *,
    office: str,
    at: datetime | None = None,
    pictures: bool = True,
    chromium: str | None = None,
) -> Bulletin:
    """The bulletin of "2026-10" or "2026Q3", as known now. Raises ValueError, in Chinese, for another form, and RubricError.

    pictures  draw them, where there is a Chromium
    """
    rubric = load_rubric()
    now, then = _span(db, span, rubric), _span(db, before(span), rubric)
    alerts = queries.alert_records(db)
    made = Bulletin(
        now,
        then,
        shanghai_day(at or datetime.now(UTC)),
        office,
        figures(now, then, facts.units(db), facts.accounts(db), alerts),
        alerts,
        rubric,
        _pictures(now, then, rubric, chromium) if pictures else (),
    )
    return made


def docx(made: Bulletin) -> bytes:
    """The bulletin as a Word file."""
    return papers.as_docx(made)


def _span(db: Database, text: str, rubric: Rubric) -> Span:
    first, last, label = months_of(text)
    since, until = _midnight(first), _midnight(last + date.resolution)
    ended = queries.nights_between(db, since=since, until=until)
    stood: dict[int, str] = {}
    came, well, out = set[int](), set[int](), set[int]()
    for step in queries.steps_before(db, until=until):
        was, is_ = step.before in LIVE, step.after in LIVE
        if step.at >= since:
            came |= {step.alert} if is_ and not was else set()
            well |= {step.alert} if was and step.after == "resolved" else set()
            out |= {step.alert} if step.after == "dismissed" else set()
        stood[step.alert] = step.after
    made = Span(
        label,
        first,
        last,
        nights=ended.get("finished", 0),
        opened=frozenset(came),
        resolved=frozenset(n for n in well if stood[n] == "resolved"),
        dismissed=frozenset(n for n in out if stood[n] == "dismissed"),
        standing={n: state for n, state in stood.items() if state in LIVE},
    )
    return _judged(db, made, since, until, rubric)


def _judged(db: Database, span: Span, since: datetime, until: datetime, rubric: Rubric) -> Span:
    """With what the last good night of the span found, where there was one."""
    judging = queries.last_night(db, since=since, until=until)
    if judging is None:
        return span
    night = shanghai_day(judging.as_of)
    found = findings.findings_of(db, judging.id)
    left = reviewed_judging(db, found, facts.units(db), rubric, on=night).findings
    fails = [f for f in left if f.verdict == "fail" and rubric.lines[f.rule].judged and not rubric.lines[f.rule].bonus]
    certain = sure(db, fails, since=since - _BACK, until=until)
    seen = outcomes_of(db, judging.run) if judging.run is not None else {}
    return Span(
        span.label,
        span.first,
        span.last,
        night,
        span.nights,
        tuple(unit for unit, outcome in seen.items() if outcome == Outcome.OK),
        certain,
        [f for f in fails if f not in certain],
        span.opened,
        span.resolved,
        span.dismissed,
        span.standing,
    )


def _pictures(now: Span, then: Span, rubric: Rubric, chromium: str | None) -> list[tuple[str, bytes]]:
    mine, old = by_title(now, rubric), by_title(then, rubric)
    rows = [(t, (len(mine.get(t, ())), len(old.get(t, ())))) for t in dict.fromkeys((*mine, *old))]
    rows = sorted(rows, key=lambda row: row[1], reverse=True)[:_MOST]
    if not rows:
        return []
    title = f"各类问题涉及的单位数（家{f'，前{_MOST}类' if len(rows) == _MOST else ''}）"
    picture = png(*_sized(bars(title, rows, (now.label, then.label))), chromium=chromium)
    return [(f"图1　{title}", picture)] if picture else []


def _sized(drawn: tuple[str, int]) -> tuple[str, int, int]:
    return drawn[0], WIDE, drawn[1]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)
