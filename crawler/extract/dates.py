"""Which day is written here? Our own reader, because libraries misread the forms that government pages use (cms.md 8).

Days are Asia/Shanghai days. What cannot be a day (2023年13月1日, 2023-02-30) is no date, a month alone (2023年7月)
is none either. Dates lie between 2000-01-01 and five years after `today`; future dates are returned, what they mean is
the caller's question.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from db.records import shanghai_day

_FIRST_YEAR, _YEARS_AHEAD = 2000, 5
_RISE = 20  # days a month-day list must rise before it has passed New Year
_HEAD = 4  # rows at the top of a list among which old pinned ones may stand
_CLOSE = timedelta(days=31)  # within which a row of the head follows the two above it
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2060\ufeff\u00ad]")
_DASHES = str.maketrans("‐‑‒–—―−∶", "-------:")  # NFKC leaves these alone
_CN = "〇○零O一二三四五六七八九"
_DIGITS = str.maketrans(_CN, "0000123456789")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_FULL = re.compile(
    r"(?<!\d)(?P<y>20\d{2})(?:"
    r"\s*年\s*(?P<m1>\d{1,2})\s*月\s*(?P<d1>\d{1,2})\s*[日号]"
    r"|\s*年\s*(?P<m2>\d{1,2})\s*月(?P<d2>\d{1,2})(?![\d:])"
    r"|\s*(?P<sep>[-/.])\s*(?P<m3>\d{1,2})\s*(?P=sep)\s*(?P<d3>\d{1,2})(?!\d|\.\d)"
    r"|-(?P<m4>\d{2})-(?P<d4>\d{2})(?=\d{2}:\d{2})"  # the space before the time is gone
    r")(?:T(?P<time>\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?(?P<zone>Z|[+-]\d{2}:?\d{2}))?"
)
_CN_NUMBER = "([一二三四五六七八九十]{1,3})"
_CN_FULL = re.compile(rf"([{_CN}]{{4}})\s*年\s*{_CN_NUMBER}\s*月\s*{_CN_NUMBER}\s*[日号]")
_ENGLISH = re.compile(r"\b([A-Z][a-z]{2})\s+(\d{1,2})\s+\d{2}:\d{2}:\d{2}\s+(?:[A-Z]{3,4}|[+-]\d{4})\s+(20\d{2})\b")
_MONTH_DAY = re.compile(
    r"(?<![\d.:/年-])(?:(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]|(\d{1,2})([-/])(\d{1,2}))"
    r"(?![\d/:.-]|\s*[页年月天岁个人名%万亿元周级层楼次期批吨度章条])"
)
_DOTTED = re.compile(r"^(\d{1,2})\.(\d{1,2})$")
_COMPACT = re.compile(r"(?<!\d)(20\d{2})(\d{2})(\d{2})(?:\d{4}|\d{6})?(?!\d)")
_EPOCH = re.compile(r"^\s*(\d{10}|\d{13})\s*$")
_AGO = re.compile(r"^(\d{1,4})\s*(天|日|小时|个小时|分钟|秒)(?:之)?前$")
_WORDS = {"刚刚": 0, "今天": 0, "今日": 0, "昨天": 1, "昨日": 1, "前天": 2, "前日": 2}
_NAMED_DAY = re.compile(rf"^({'|'.join(_WORDS)})\s*(?:\d{{1,2}}[:点时]\S*)?$")
_EDGES = " \t\r\n[]()【】〔〕<>《》「」|"


class Found(NamedTuple):
    """A date and where it stands in the normalised text (`normal`); `year_known` False when the year was inferred."""

    day: date
    start: int = 0
    end: int = 0
    year_known: bool = True


def normal(text: str) -> str:
    """NFKC without invisible characters, all dashes one: full-width digits and punctuation are plain ones."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_DASHES)
    return plain if plain.isascii() else _INVISIBLE.sub("", plain)


def find_dates(text: str, *, today: date, compact: bool = False) -> list[Found]:
    """All dates in `text`, in order; spans are those of `normal(text)`.

    compact  eight digits count too (20230710, 20230710093000); only for fields known to hold a date

    Days without a year get the latest year that is not after tomorrow. Relative words (昨天) are left to `read_date`.
    """
    text = normal(text)
    found = list(_full(text, today))
    if compact:
        for m in _COMPACT.finditer(text):
            if day := _day(int(m[1]), int(m[2]), int(m[3]), today):
                found.append(Found(day, m.start(), m.end()))
    for m in _MONTH_DAY.finditer(text):
        if any(m.start() < f.end and f.start < m.end() for f in found):
            continue
        if inferred := infer_year(int(m[1] or m[3]), int(m[2] or m[5]), today):
            found.append(Found(inferred, m.start(), m.end(), False))
    return sorted(found, key=lambda f: f.start)


def read_found(text: str, *, today: date, compact: bool = False) -> Found | None:
    """Like `read_date`, with the place of the date and whether its year was written."""
    text = normal(text)
    if found := find_dates(text, today=today, compact=compact):
        return next((f for f in found if f.year_known), found[0])
    if compact and (epoch := _EPOCH.match(text)):
        instant = datetime.fromtimestamp(int(epoch[1]) / (1000 if len(epoch[1]) == 13 else 1), UTC)
        day = shanghai_day(instant)
        return Found(day, 0, len(text)) if _day(day.year, day.month, day.day, today) else None
    short = text.strip(_EDGES)
    short = short[re.match(r"[^:\d]{0,8}:(?!\d)|", short).end() :].strip()  # type: ignore[union-attr]
    if m := _DOTTED.match(short):
        inferred = infer_year(int(m[1]), int(m[2]), today)
        return Found(inferred, 0, len(text), False) if inferred else None
    if m := _NAMED_DAY.match(short):
        return Found(today - timedelta(days=_WORDS[m[1]]), 0, len(text))
    if m := _AGO.match(short):
        days = int(m[1]) if m[2] in "天日" else int(m[1]) // 24 if "小时" in m[2] else 0
        return Found(today - timedelta(days=days), 0, len(text))
    return None


def read_date(text: str, *, today: date, compact: bool = False) -> date | None:
    """The first date in a short text (a cell, a label), a full date before one without year; None when there is none.

    Forms: cms.md 8; relative words (昨天, 3小时前) only when they are the whole text. With `compact` also what meta
    tags hold: 20230710, 20230710093000, seconds or milliseconds since 1970.
    """
    found = read_found(text, today=today, compact=compact)
    return found.day if found else None


def infer_year(month: int, day: int, today: date) -> date | None:
    """The latest such day that is not after tomorrow; None when there is no such day."""
    for year in range(today.year + 1, today.year - 8, -1):  # 29 February may lie eight years back (2096 to 2104)
        if (found := _date(year, month, day)) and found <= today + timedelta(days=1):
            return found
    return None


def carry_years(found: Iterable[Found | None], *, aside: Collection[int] = ()) -> list[date | None]:
    """Days of a list in page order, where days without a year follow the list down past New Year.

    aside  places of rows known to be pinned: they keep their own day and move nobody

    A list that runs from new to old goes a year back where a day without year rises by more than twenty days. Old rows
    pinned at the top look the same, so a rise among the first four rows, or in a list that does not run downwards,
    changes nothing: the later year is the one that costs a unit no point. Rows with a year are never changed. Only where
    two rows or more run down to it, and it follows them within a month once it is taken for last year's, a row of the
    head is carried too: 12-15, 12-08, 11-22 seen in late November is one old list, not a fresh row under pinned ones.
    """
    rows = list(found)
    days = [f.day if f else None for f in rows]
    places = [n for n, row in enumerate(rows) if row is not None and n not in aside]
    plain = [day for n in places if (day := days[n])]
    steps = [(b - a).days for a, b in pairwise(plain)]
    downward = 2 * sum(step > _RISE for step in steps) <= sum(step < 0 for step in steps)
    years_back = 0
    previous: date | None = None
    for seen, n in enumerate(places):
        row = rows[n]
        if row is None or not downward:
            continue
        day = row.day if row.year_known else _earlier(row.day, years_back)
        risen = previous and (day - previous).days > _RISE
        if risen and (seen >= _HEAD or _runs_on(days, places[:seen], row)):
            if row.year_known:
                years_back = 0  # the written years do not run downwards here
            else:
                years_back += 1
                day = _earlier(row.day, years_back)
        days[n] = previous = day
    return days


def _runs_on(days: list[date | None], above: list[int], row: Found) -> bool:
    """Whether a day without year, taken for last year's, closely follows two or more rows that run down to it."""
    run = [day for n in above if (day := days[n])]
    if row.year_known or len(run) < 2:
        return False
    run.append(_earlier(row.day, 1))
    return all(timedelta(0) <= a - b <= _CLOSE for a, b in pairwise(run))


def settle_year(found: Found, url: str, *, today: date) -> Found:
    """`found` with the year that its address speaks for (/202511/t20251120_1.html beside 11-20), else unchanged."""
    if found.year_known:
        return found
    near = date_in_url(url, today=today)
    for form in () if near else _rules().years:
        if m := form.search(urlsplit(url).path):
            near = _day(int(m[1]), int(m[2]) if m.lastindex == 2 else found.day.month, 15, today)
            break
    if near is None:
        return found
    years = (_date(year, found.day.month, found.day.day) for year in (near.year - 1, near.year, near.year + 1))
    possible = [day for day in years if day and day <= today + timedelta(days=1)]
    return found._replace(day=min(possible, key=lambda d: abs((d - near).days)), year_known=True) if possible else found


def date_in_url(url: str, *, today: date) -> date | None:
    """The day that the path of an address carries (t20230710_1.html, /art/2023/7/10/, P020230710…), or None."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return None
    for form in _rules().addresses:
        if (m := form.search(path)) and (day := _day(int(m[1]), int(m[2]), int(m[3]), today)):
            return day
    return None


def labelled_date(text: str, *, today: date) -> date | None:
    """The day of publication that a label names (发布时间：…), the most trusted label first; None without one.

    成文日期, 有效期, 今天是 are left out, and dates with a weekday behind a bare 日期 (a banner). Labels in a row
    before their values (成文日期 发布日期 2023-06-28 2023-07-10) take them by turns.
    """
    text = _close_up(normal(text))
    found = find_dates(text, today=today)
    best: tuple[int, date] | None = None
    for place, f in enumerate(found):
        rank = _rank(text, found, place)
        if rank is not None and (best is None or rank < best[0]):
            best = (rank, f.day)
    return best[1] if best else None


def label_before(text: str) -> str | None:
    """The kind of label at the very end of a normalised text: publication, bare, later, other, or None."""
    m = _rules().at_end.search(_close_up(text[-24:]))
    return _kind(m) if m else None


def weekday_behind(text: str, end: int) -> bool:
    """Whether a weekday follows at `end` in a normalised text: a date line that tells the visitor what day it is."""
    return _rules().weekday.match(text[end : end + 8]) is not None


class _Rules(NamedTuple):
    label: re.Pattern[str]
    at_end: re.Pattern[str]
    weekday: re.Pattern[str]
    addresses: tuple[re.Pattern[str], ...]
    years: tuple[re.Pattern[str], ...]


_KINDS = ("publication", "bare", "later", "other")


@cache
def _rules() -> _Rules:
    data = tomllib.loads((Path(__file__).parent / "dates.toml").read_text("utf-8"))
    parts = []
    for kind in ("other", "publication", "later", "bare"):  # a longer label before the bare one that ends it
        words = sorted(data["label"][kind], key=len, reverse=True)
        guard = r"(?<![\u3400-\u9fff])" if kind == "bare" else ""
        parts.append(f"(?P<{kind}>{guard}(?:{'|'.join(map(re.escape, words))}))")
    label = "(?:" + "|".join(parts) + r")\s*(?:[:>]|是|为|至)?[\s\[(【]*"
    return _Rules(
        re.compile(label),
        re.compile(label + r"$"),
        re.compile(data["label"]["weekday"]),
        tuple(map(re.compile, data["address"]["forms"])),
        tuple(map(re.compile, data["address"]["years"])),
    )


def _rank(text: str, found: list[Found], place: int) -> int | None:
    """How trusted the label of the date at `place` is (0 most), None without a label of publication."""
    rules = _rules()

    def joined(n: int) -> bool:
        """Nothing but blanks stands between dates n-1 and n."""
        return 0 < n < len(found) and not text[found[n - 1].end : found[n].start].strip(_EDGES)

    first, last = place, place
    while joined(first):
        first -= 1
    while joined(last + 1):
        last += 1
    floor = found[first - 1].end if first else 0
    before = text[max(floor, found[first].start - 80) : found[first].start]
    labels: list[re.Match[str]] = []
    for m in rules.label.finditer(before):
        if labels and labels[-1].end() != m.start():
            labels = []
        labels.append(m)
    if not labels or labels[-1].end() != len(before):
        return None
    if len(labels) == last - first + 1:
        label = labels[place - first]
    elif place == first:
        label = labels[-1]
    else:
        return None
    kind = _kind(label)
    if kind == "bare" and weekday_behind(text, found[place].end):
        return None
    return None if kind == "other" else _KINDS.index(kind)


def _kind(m: re.Match[str]) -> str:
    return str(m.lastgroup)


_SPACED = re.compile(r"(?<![\u3400-\u9fff])(?:[\u3400-\u9fff]\s+){1,7}[\u3400-\u9fff](?=\s*[::\d])")


def _close_up(text: str) -> str:
    """Close labels that are spread for the eye: 发 布 时 间： is 发布时间："""
    return _SPACED.sub(lambda m: "".join(m[0].split()), text)


def _full(text: str, today: date) -> Iterator[Found]:
    """Dates with a year."""
    for m in _FULL.finditer(text):
        g = m.groupdict()
        month, day = next((g[f"m{n}"], g[f"d{n}"]) for n in "1234" if g[f"m{n}"])
        if found := _day(int(g["y"]), int(month), int(day), today):
            yield Found(_in_shanghai(found, g["time"], g["zone"]), m.start(), m.end())
    if "年" in text:
        for m in _CN_FULL.finditer(text):
            year = int(m[1].translate(_DIGITS))
            if found := _day(year, _number(m[2]), _number(m[3]), today):
                yield Found(found, m.start(), m.end())
    for m in _ENGLISH.finditer(text):
        month = _MONTHS.index(m[1].lower()) + 1 if m[1].lower() in _MONTHS else 0
        if found := _day(int(m[3]), month, int(m[2]), today):
            yield Found(found, m.start(), m.end())


def _in_shanghai(day: date, time: str | None, zone: str | None) -> date:
    """The Shanghai day of an ISO instant with an offset (scripts write local midnight as 16:00Z of the day before)."""
    if not time or not zone:
        return day
    try:
        return shanghai_day(datetime.fromisoformat(f"{day.isoformat()}T{time}{zone}"))
    except ValueError:
        return day


def _number(text: str) -> int:
    """A Chinese number from 一 to 三十一; 0 for anything else."""
    tens, ten, ones = text.rpartition("十")
    if len(tens) > 1 or len(ones) > 1:
        return 0
    return (10 * int(tens.translate(_DIGITS) or 1) if ten else 0) + int(ones.translate(_DIGITS) or 0)


def _day(year: int, month: int, day: int, today: date) -> date | None:
    last = (today.year + _YEARS_AHEAD, today.month, today.day)
    return _date(year, month, day) if (_FIRST_YEAR, 1, 1) <= (year, month, day) <= last else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _earlier(day: date, years: int) -> date:
    """The same day so many years before; 29 February becomes the last one there was."""
    return next(d for back in range(years, years + 9) if (d := _date(day.year - back, day.month, day.day)))
