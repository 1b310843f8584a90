"""Can older and disabled people use the site? (适老化、无障碍)"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from db.records import ElderWalk, Evidence, Floating, Outcome, Row, SiteVisit, TextSize, Unit, usual_px
from monitors.rule import Verdict, failed, passed, rule, unknown

_LARGER = 1.1  # times the size of the text before, from which it counts as enlarged
_ENOUGH = 100  # characters without which a page is none to read: a notice of an error is large, too
_BAR = 2  # reading controls that make a bar
_WIDE = 820  # pixels from which a box that keeps its place is a bar of the page: six tenths of the window
_SHOWN = 10  # boxes and rules that a finding names


@rule("elder.entry")
def entry(visit: SiteVisit) -> Verdict:
    """The home page has an age-friendly or accessible entry (长者模式, 无障碍 and the like).

    Why: 28号 and 48号 二（一） wanted all sites done by the end of 2022. A link or button with such words, a picture with such
    an alt text, or a known tool's script counts.

    Known problems: a head that a script writes leaves the absence unproven: unknown.
    """
    found = visit.elder
    if found.found:
        return passed(found.evidence or visit.home, value={"how": found.found, "words": found.words})
    if found.unseen:
        return unknown(
            "reader_error" if found.unseen == "reader_error" else Outcome.NEEDS_RENDER, visit.home, value=found.unseen
        )
    return failed("missing", visit.home)


@rule("elder.works")
def works(visit: SiteVisit) -> Verdict:
    """The entry leads somewhere: the linked version answers, or the script of the tool does.

    Why: 48号 二（一） asks for done work, not for a button.

    Known problems: without a browser a script that answers is taken to work; a foreign script that cannot be had is unknown.
    Where neither tells, a browser that saw type grow or a reading bar open when it pressed the entry does.
    """
    found = visit.elder
    value = {"url": found.url, "script": found.script}
    if found.works:
        return passed(found.evidence, value=value)
    if found.works is False:
        return failed(found.why or "dead", found.evidence or visit.home, value=value)
    if found.walk is not None and _has_effect(found.walk):
        return passed(found.walk.evidence, value=value | {"pressed": found.walk.pressed})
    if not found.found and not found.unseen:
        return unknown("missing", visit.home)
    return unknown(found.why or str(Outcome.NEEDS_RENDER), found.evidence or visit.home, value=value)


# What a browser saw; hints, on trial.


@rule("elder.function")
def function(
    visit: SiteVisit, *, size: float, small: float, contrast: float, large_contrast: float, faint: float
) -> Verdict:
    """The switch does what it is for: type grows to the size the norm asks for, is clear, and stays so after a click.

    size            CSS pixels from which text is large enough
    small           share of the characters that may be smaller
    contrast        of smaller text with its ground, large_contrast: of text from `size` up
    faint           share of the characters that may be below it

    Why: the norm of 2021 for age-friendly sites (适老-5, 适老-8): large type, contrast, without help of the browser.

    Known problems: the numbers are recalled, not compared with the official text. Only text in the main document is measured,
    text on pictures has no contrast. A tool whose script stands on another host is not loaded: unknown. The walk is made once a
    week: between, what it saw may pass, and is else unknown.
    """
    walk = visit.elder.walk
    if walk is None or not walk.pressed or not walk.after:
        return _not_walked(visit)
    little = [t for t in walk.after if t.px < size]
    dim = [t for t in walk.after if (t.contrast or 21) < (contrast if t.px < size else large_contrast)]
    shares = {"small": _share(walk.after, little), "faint": _share(walk.after, dim)}
    lost = usual_px(walk.kept) < min(size, usual_px(walk.after) / _LARGER)
    value = {
        "pressed": walk.pressed,
        "px": [usual_px(walk.before), usual_px(walk.after), usual_px(walk.kept)],
        "examples": [t.words for t in (*little, *dim)][:_SHOWN],
    } | {name: round(share, 2) for name, share in shares.items()}
    if not _has_effect(walk) and walk.url is None and usual_px(walk.after) < size:
        return _unless_doubtful("no_effect", visit, walk, value)
    short = {
        "size": shares["small"] > small,
        "contrast": shares["faint"] > faint,
        "click": bool(walk.kept) and lost and not walk.inner_unseen,
    }
    if any(short.values()):
        return _unless_doubtful(f"falls_short:{','.join(k for k, v in short.items() if v)}", visit, walk, value)
    if not walk.kept or lost:
        return unknown(walk.inner_unseen or str(Outcome.NEEDS_RENDER), walk.evidence, value=value)
    return passed(walk.evidence, value=value)


@rule("elder.no_ads")
def no_ads(visit: SiteVisit) -> Verdict:
    """No advertising and no pop-up in the age-friendly version.

    Why: the norm of 2021 (适老-3) forbids advertising, plug-ins for it, and pop-ups in it. A box that wanders, one that opens
    over the middle of the page, a picture with a link that asks to be closed, or a host of advertisers.

    Known problems: what a box is for is told by its words: a notice that floats is named here too, and a person decides. Pictures
    of other hosts are not loaded.
    """
    walk = visit.elder.walk
    if walk is None or not walk.pressed or not walk.after:
        return _not_walked(visit)
    boxes = [box for box in walk.floating if _advertises(box)]
    hosts = [host for host in walk.hosts if any(host == ad or host.endswith(f".{ad}") for ad in _words()["ads"])]
    kinds = list(dict.fromkeys([*(box.kind for box in boxes), *("host" for _ in hosts[:1])]))
    said = [f"{box.kind} {box.words} {box.host or ''} {box.box}" for box in boxes] + hosts
    if not _has_effect(walk) and walk.url is None:
        return unknown("no_effect", walk.evidence, value=said[:_SHOWN])
    if kinds:
        cited = walk.evidence and replace(walk.evidence, excerpt="；".join(said)[:200])
        return _unless_doubtful(
            f"advert:{','.join(kinds)}", visit, replace(walk, unseen=None, evidence=cited), said[:_SHOWN]
        )
    return unknown(walk.unseen, walk.evidence) if walk.unseen else passed(walk.evidence)


@rule("elder.axe")
def axe(visit: SiteVisit, *, impacts: Collection[str], beyond: Collection[str]) -> Verdict:
    """The home page as it opens has none of the faults of accessibility that axe-core proves.

    impacts  how grave a fault must be to count     beyond  rules that are shown and do not count

    Why: the norm of 2021 and GB/T 37668-2019 follow WCAG 2 (适老-4, 适老-10). A violation fails; where axe wants a person to
    look (incomplete) it is unknown.

    Known problems: which rule of axe stands for which demand is our own reading; sites that passed their assessment fail it.
    """
    found, walk = visit.elder.axe, visit.elder.walk
    if walk is None:
        return unknown(str(Outcome.NEEDS_RENDER), visit.home)
    if not found:
        return unknown("no_axe", walk.evidence)
    mine = [r for r in found if r.impact in impacts and r.rule not in beyond]
    broken, open_ = ([r for r in mine if r.outcome == outcome] for outcome in ("violation", "incomplete"))
    value = {
        outcome: {r.rule: r.nodes for r in rows} for outcome, rows in (("violation", broken), ("incomplete", open_))
    }
    if broken:
        first = broken[0]
        cited = walk.evidence and replace(
            walk.evidence, excerpt=f"axe {walk.axe}，{first.rule}：{first.where} {first.markup}"
        )
        names = ",".join(r.rule for r in broken[:_SHOWN])
        return _unless_doubtful(
            f"violations:{names}", visit, replace(walk, unseen=None, evidence=cited), value, len(broken)
        )
    if open_:
        return unknown(f"incomplete:{','.join(r.rule for r in open_[:_SHOWN])}", walk.evidence, value=value)
    return passed(walk.evidence, value={"passes": sum(r.outcome == "pass" for r in found)})


@rule("elder.self_report")
def self_report(visit: SiteVisit, *, unit: Unit) -> Verdict:
    """The unit has assessed its age-friendly work and published that (适老化自评).

    Why: 48号 二（一） wanted work and self-assessment done by the end of 2022.

    Known problems: only titles on the pages opened tonight are read, so it fails only where the unit itself reported that it
    is not done.
    """
    for row, evidence in _titles(visit):
        if _words()["self_report"].search(row.title):
            day = row.published.isoformat() if row.published else None
            cited = evidence and replace(evidence, excerpt=f"{row.title} {day or ''}".strip())
            return passed(cited, value={"title": row.title, "url": row.url, "day": day})
    if unit.self_assessment is False:
        return failed("not_assessed", Evidence(None, source=unit.source or "units.csv"))
    return unknown("not_shown", visit.home)


def _has_effect(walk: ElderWalk) -> bool:
    """Pressing demonstrably changed the page: its text grew, or a bar with reading controls opened."""
    before, after = usual_px(walk.before), usual_px(walk.after)
    enough = sum(t.chars for t in walk.after) >= _ENOUGH
    return bool(walk.pressed) and (len(walk.bar) >= _BAR or (enough and 0 < before * _LARGER <= after))


def _not_walked(visit: SiteVisit) -> Verdict:
    """Why the version was not seen."""
    walk = visit.elder.walk
    if walk is None:
        return unknown(str(Outcome.NEEDS_RENDER), visit.home)
    return unknown(walk.unseen or str(Outcome.NEEDS_RENDER), walk.evidence or visit.home)


def _unless_doubtful(reason: str, visit: SiteVisit, walk: ElderWalk, value: Any, faults: int = 1) -> Verdict:
    """A fail, unless an earlier night saw it, or what was kept out might have made the difference."""
    doubt = "not_seen_tonight" if walk.at < visit.started_at else walk.unseen
    if doubt:
        return unknown(doubt, walk.evidence, value=value)
    return failed(reason, walk.evidence or visit.home, value=value, faults=faults)


def _share(texts: Sequence[TextSize], of: Sequence[TextSize]) -> float:
    """Share of the characters of `texts` that stand in `of`; 0 when there are none."""
    total = sum(t.chars for t in texts)
    return sum(t.chars for t in of) / total if total else 0.0


def _advertises(box: Floating) -> bool:
    if _words()["help"].search(box.words):
        return False
    wide = bool(box.box) and box.box[2] >= _WIDE
    return box.kind != "fixed" or (box.picture and box.link and box.closable and not wide)


def _titles(visit: SiteVisit) -> Iterator[tuple[Row, Evidence | None]]:
    """Rows of all lists that were read tonight, with the page they stand on."""
    for row in visit.home_rows:
        yield row, visit.home
    for column in (*visit.columns, *((visit.board,) if visit.board else ())):
        for row in column.rows:
            yield row, column.evidence


@cache
def _words() -> dict[str, Any]:
    data = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return {k: re.compile(v, re.IGNORECASE) if isinstance(v, str) else v for k, v in data.items()}
