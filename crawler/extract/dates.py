"""Which day is written here? Our own reader, because libraries misread the forms that government pages use (cms.md 8).

Days are read as Asia/Shanghai days. A date that cannot be (2023年13月1日) is no date. Future dates are returned: what a
future date means is the caller's question. Years run from 2000 to five years after `today`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_FIRST_YEAR, _YEARS_AHEAD = 2000, 5
_DIGITS = str.maketrans("〇○零Ｏ一二三四五六七八九", "0000123456789")
_CN = "〇○零ＯO一二三四五六七八九"
_CN_DATE = re.compile(rf"([{_CN}]{{4}})年([一二三四五六七八九十]{{1,3}})月([一二三四五六七八九十]{{1,3}})[日号]")
_FULL = re.compile(
    r"(?<!\d)(20\d{2})\s*(?:年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]?|([-/.])\s*(\d{1,2})\s*\4\s*(\d{1,2}))(?!\d)"
)
_MONTH_DAY = re.compile(r"(?<![\d.:/年-])(?:(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]|(\d{1,2})([-/])(\d{1,2}))(?![\d/:.-])")
_COMPACT = re.compile(r"(?<!\d)(20\d{2})(\d{2})(\d{2})(?!\d)")
_AGO = re.compile(r"(\d+)\s*(天|小时|分钟)前")
_WORDS = {"刚刚": 0, "今天": 0, "今日": 0, "昨天": 1, "昨日": 1, "前天": 2}
_URL_FORMS = (
    re.compile(r"/[tPW](?:0)?(20\d{2})(\d{2})(\d{2})(?:_\d+)?\w*\.", re.IGNORECASE),
    re.compile(r"/(?:t)(20\d{2})(\d{2})(\d{2})_"),
    re.compile(r"[/_][PW]0(20\d{2})(\d{2})(\d{2})\d+"),
    re.compile(r"/(20\d{2})[/-](\d{1,2})[/-](\d{1,2})(?=/|_|\.|$)"),
    re.compile(r"/(20\d{2})(\d{2})(\d{2})(?=/|_|\.)"),
)
_LABEL = re.compile(
    r"(发布时间|发布日期|发表时间|公开日期|发文时间|更新时间|上传时间|录入时间|时间|日期)\s*[:：]?\s*(?=[\d〇○二２(（\[])"
)
_NOT_LABEL = re.compile(r"(成文|印发|生成|发文|施行|实施|有效|废止|截止|今天|现在|当前|服务|办公|办理)\s*(时间|日期)?\s*[:：]?\s*$")
_BANNER = re.compile(r"(今天|今日|现在)(是|时间)|当前(日期|时间)|版权|copyright|©", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A date and where it stands in the normalised text; `year_known` False when the year was inferred."""

    day: date
    start: int
    end: int
    year_known: bool = True


def normal(text: str) -> str:
    """NFKC, so that full-width digits and punctuation are plain ones."""
    return unicodedata.normalize("NFKC", text.replace("\u200b", ""))


def find_dates(text: str, *, today: date, compact: bool = False) -> list[Found]:
    """All dates in `text` (normalised by `normal`) in order of their place. `compact`: 8 digits count too."""
    text = normal(text)
    found = [Found(day, m.start(), m.end()) for m, day in _full(text, today)]
    taken = [(f.start, f.end) for f in found]
    if compact:
        for m in _COMPACT.finditer(text):
            if (day := _day(int(m[1]), int(m[2]), int(m[3]), today)) and not _overlaps(m, taken):
                found.append(Found(day, m.start(), m.end()))
                taken.append(m.span())
    for m in _MONTH_DAY.finditer(text):
        month, day_ = int(m[1] or m[3]), int(m[2] or m[5])
        if not _overlaps(m, taken) and (inferred := infer_year(month, day_, today)):
            found.append(Found(inferred, m.start(), m.end(), False))
    return sorted(found, key=lambda f: f.start)


def read_date(text: str, *, today: date, compact: bool = False) -> date | None:
    """The first date in a short text (a cell, a label), relative words included; None when there is none."""
    if found := find_dates(text, today=today, compact=compact):
        return found[0].day
    plain = normal(text)
    if ago := _AGO.search(plain):
        return today - timedelta(days=int(ago[1])) if ago[2] == "天" else today
    return next((today - timedelta(days=n) for word, n in _WORDS.items() if plain.strip().startswith(word)), None)


def infer_year(month: int, day: int, today: date) -> date | None:
    """The latest such day that is not after tomorrow; None for an impossible one."""
    for year in (today.year + 1, today.year, today.year - 1, today.year - 2, today.year - 3, today.year - 4):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found <= today + timedelta(days=1):
            return found
    return None


def carry_years(days: Iterable[Found | None]) -> list[date | None]:
    """Days of a list in page order with inferred years stepped back where a month-day list runs past New Year.

    A row whose year is inferred and whose day lies clearly after its predecessor belongs to an earlier year than
    inference alone would say, unless the list runs upwards; pinned rows at the top (at most three) may break the order.
    """
    found = list(days)
    result = [f.day if f else None for f in found]
    previous: date | None = None
    shift = 0
    for n, f in enumerate(found):
        if f is None:
            continue
        if f.year_known:
            previous = f.day
            continue
        day = _years_back(f.day, shift)
        if previous and n > 2 and (day - previous).days > 60 and day.month > previous.month:
            shift += 1
            day = _years_back(f.day, shift)
        result[n], previous = day, day
    return result


def date_in_url(url: str, *, today: date) -> date | None:
    """The day that an address or a file name carries (t20230710_1.html, /art/2023/7/10/, P020230710…), or None."""
    for form in _URL_FORMS:
        if (m := form.search(url)) and (day := _day(int(m[1]), int(m[2]), int(m[3]), today)):
            return day
    return None


def labelled_date(text: str, *, today: date) -> date | None:
    """The day behind a label of publication (发布时间：…), 成文日期 and the like left out; None when there is none."""
    plain = normal(text)
    best: tuple[int, date] | None = None
    for m in _LABEL.finditer(plain):
        if _NOT_LABEL.search(plain[max(0, m.start() - 6) : m.start()]):
            continue
        day = read_date(plain[m.end() : m.end() + 20], today=today)
        rank = 0 if m[1].startswith(("发布", "发表")) else 1
        if day and (best is None or rank < best[0]):
            best = (rank, day)
    return best[1] if best else None


def is_banner(text: str) -> bool:
    """Whether the text is a 今天是 banner or a copyright line, whose dates say nothing."""
    return _BANNER.search(text) is not None


def _full(text: str, today: date) -> Iterator[tuple[re.Match[str], date]]:
    for m in _FULL.finditer(text):
        month, day = (m[2], m[3]) if m[2] else (m[5], m[6])
        if found := _day(int(m[1]), int(month), int(day), today):
            yield m, found
    for m in _CN_DATE.finditer(text):
        year = int(m[1].replace("O", "0").translate(_DIGITS))
        if found := _day(year, _chinese(m[2]), _chinese(m[3]), today):
            yield m, found


def _chinese(text: str) -> int:
    """A Chinese number from 一 to 三十一."""
    tens, _, ones = text.rpartition("十")
    if "十" not in text:
        return int(text.translate(_DIGITS)) if len(text) == 1 else 0
    return 10 * (int(tens.translate(_DIGITS)) if tens else 1) + (int(ones.translate(_DIGITS)) if ones else 0)


def _day(year: int, month: int, day: int, today: date) -> date | None:
    if not _FIRST_YEAR <= year <= today.year + _YEARS_AHEAD:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _years_back(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def _overlaps(m: re.Match[str], taken: list[tuple[int, int]]) -> bool:
    return any(m.start() < end and start < m.end() for start, end in taken)
