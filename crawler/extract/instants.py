"""At which instant was this posted? The forms that feeds, platforms and exported tables write (new-media.md 2.2, 5).

Feed libraries misread the Chinese forms and take naive times for UTC, so account data is read here and nowhere else.
A time without a zone is Beijing time. `CST` is China Standard Time: nobody here writes American zones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone

from db.records import SHANGHAI, shanghai_day

FIRST = datetime(2009, 1, 1, tzinfo=SHANGHAI)  # no platform that counts here is older
AHEAD = timedelta(days=730)  # further in the future is a misreading, not an announcement
_LONGEST = 120  # characters; a longer text is no time

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: n for n, name in enumerate(_NAMES, 1)}
_ZONES = {"": 8, "z": 0, "ut": 0, "utc": 0, "gmt": 0, "cst": 8, "bjt": 8, "hkt": 8}
_NUMERALS = {c: n for n, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "两": 2}
_LATER_HALF = {"下午", "晚上", "晚", "傍晚", "pm"}

_DAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s*)?"
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
_TIME = (
    r"(?P<half>上午|下午|凌晨|早上|早|中午|傍晚|晚上|晚)?\s*"
    r"(?P<hour>\d{1,2})\s*[:时点]\s*(?:(?P<minute>\d{1,2})\s*分?)?(?:\s*:?\s*(?P<second>\d{1,2})(?:[.,]\d+)?\s*秒?)?"
    r"\s*(?P<ampm>[ap]m)?"
)
_ZONE = r"\s*(?P<zone>[a-z]{1,4})?\s*(?P<offset>[+-]\d{1,2}:?(?:\d{2})?)?"
_TAIL = r"\s*(?:\([^()]*\)|来自.*)?"
_LABEL = r"(?:[\u4e00-\u9fff]{2,6}(?:\s*:\s*|\s+))?"


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(_LABEL + pattern + _TAIL, re.IGNORECASE)


_CLOCK = f"(?:[\\s,T]*{_TIME}{_ZONE})?"
_YEAR_FIRST = _form(
    r"(?P<year>\d{4})\s*(?:年|[-/.])\s*(?P<monthno>\d{1,2})\s*(?:月|[-/.])\s*(?P<day>\d{1,2})\s*[日号]?"
    rf"(?:\s*,?\s*(?:星期|周)[一二三四五六日天])?{_CLOCK}"
)
_MAIL = _form(rf"{_DAY}(?P<day>\d{{1,2}})[\s-]+{_MONTH}[\s-]+(?P<year>\d{{4}}|\d{{2}}){_CLOCK}")
_STAMP = _form(rf"{_DAY}{_MONTH}\s+(?P<day>\d{{1,2}})\s+{_TIME}{_ZONE}\s+(?P<year>\d{{4}})")
_SCRIPT = _form(rf"{_DAY}{_MONTH}\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}}){_CLOCK}")
_COMPACT = _form(
    r"(?P<year>(?:19|20)\d{2})(?P<monthno>\d{2})(?P<day>\d{2})"
    rf"(?:[T\s]?(?P<hour>\d{{2}}):?(?P<minute>\d{{2}}):?(?P<second>\d{{2}})?{_ZONE})?"
)
_DATED = (_YEAR_FIRST, _MAIL, _STAMP, _SCRIPT, _COMPACT)
_YEARLESS = _form(rf"(?P<monthno>\d{{1,2}})\s*(?:月|[-/])\s*(?P<day>\d{{1,2}})\s*[日号]?{_CLOCK}")
_SPOKEN = _form(rf"(?P<word>今天|今日|昨天|昨日|前天|前日){_CLOCK}")
_DAYS_BACK = {"今天": 0, "今日": 0, "昨天": 1, "昨日": 1, "前天": 2, "前日": 2}
_AGO = _form(r"(?P<count>\d+|半)\s*个?\s*(?P<unit>秒钟?|分钟?|小时|天|日|周|星期)之?以?前")
_UNITS = {"秒": 1, "分": 60, "小": 3600, "天": 86400, "日": 86400, "周": 604800, "星": 604800}
_NOW = _form(r"(?:刚刚|刚才|现在)")
_EPOCH = re.compile(r"\d{9,16}(?:\.\d+)?")


def read_instant(text: str | int | float | None, *, now: datetime) -> datetime | None:
    """The instant that `text` says, aware and in UTC; None when it says none or an absurd one.

    text  as the source gives it: RFC 822 with or without zone, ISO 8601, `2023-08-03 12:00`, 2023年8月3日 12:00,
          Chinese numerals, 20230803, `Thu Aug 03 12:00:00 +0800 2023`, seconds or milliseconds since 1970 (also as
          numbers), 刚刚, N分钟前, 昨天 12:00, `08-03`
    now   when it was read (aware): 昨天 counts from here, and a month and day without a year are the last such day
          that is not after today

    A date without a time is the day's first moment in Beijing. Before 2009, or more than two years ahead, is None; a
    nearer future is returned, for the caller to judge.
    """
    if text is None or isinstance(text, bool):
        return None
    if isinstance(text, int | float):
        text = f"{text:.3f}" if isinstance(text, float) else str(text)
    plain = _normal(text[:_LONGEST])
    try:
        found = next((at for read in _READERS if (at := read(plain, now)) is not None), None)
        return None if found is None else _sane(found, now)
    except (ValueError, OverflowError):
        return None


def read_serial(value: float, *, now: datetime, date1904: bool = False) -> datetime | None:
    """The instant of a day number as a spreadsheet counts (days since 1899-12-30, or 1904-01-01), as Beijing time.

    Only for numbers of a date column. Numbers that are no day number are read as `read_instant` does (20230803,
    seconds since 1970); None when it is neither.
    """
    start = datetime(1904, 1, 1, tzinfo=SHANGHAI) if date1904 else datetime(1899, 12, 30, tzinfo=SHANGHAI)
    try:
        if 0 < value < 100_000:
            return _sane(start + timedelta(seconds=round(value * 86400)), now)
        return read_instant(int(value), now=now)
    except (ValueError, OverflowError):
        return None


def _normal(text: str) -> str:
    """NFKC on one line, Chinese numerals of dates as digits."""
    plain = " ".join(unicodedata.normalize("NFKC", text).replace("\u200b", "").split())
    return re.sub(
        r"[〇零○两一二三四五六七八九十]+(?=\s*(?:年|月|日|号|个?小时|分钟|天|时|点|分|秒|周前|个?星期前))",
        _number,
        plain,
    )


def _number(found: re.Match[str]) -> str:
    word = found[0]
    if "十" not in word:
        return "".join(str(_NUMERALS[c]) for c in word)
    tens, _, ones = word.partition("十")
    if len(tens) > 1 or len(ones) > 1:
        return word
    return str((_NUMERALS[tens] if tens else 1) * 10 + (_NUMERALS[ones] if ones else 0))


def _dated(text: str, now: datetime) -> datetime | None:
    for form in _DATED:
        if found := form.fullmatch(text):
            year = int(found["year"])
            return _at(date(year + 2000 if year < 100 else year, *_month_day(found)), found)
    return None


def _yearless(text: str, now: datetime) -> datetime | None:
    found = _YEARLESS.fullmatch(text)
    if found is None:
        return None
    today = shanghai_day(now)
    month, day = _month_day(found)
    for year in range(today.year, today.year - 9, -1):  # nine: 02-29 around a century's missing leap day
        try:
            that = date(year, month, day)
        except ValueError:
            continue
        if that <= today:
            return _at(that, found)
    return None


def _spoken(text: str, now: datetime) -> datetime | None:
    if _NOW.fullmatch(text):
        return now
    if found := _SPOKEN.fullmatch(text):
        return _at(shanghai_day(now) - timedelta(days=_DAYS_BACK[found["word"]]), found)
    if found := _AGO.fullmatch(text):
        count = 0.5 if found["count"] == "半" else int(found["count"])
        return now - timedelta(seconds=count * _UNITS[found["unit"][0]])
    return None


def _epoch(text: str, now: datetime) -> datetime | None:
    if not _EPOCH.fullmatch(text):
        return None
    seconds = float(text)
    while seconds > 1e11:  # milli- or microseconds
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC)


_READERS: tuple[Callable[[str, datetime], datetime | None], ...] = (_dated, _yearless, _spoken, _epoch)


def _month_day(found: re.Match[str]) -> tuple[int, int]:
    named = found.groupdict()
    month = int(named["monthno"]) if named.get("monthno") else _MONTHS[found["month"][:3].lower()]
    return month, int(found["day"])


def _at(day: date, found: re.Match[str]) -> datetime:
    """That day at the time and zone which the match shows; raises ValueError for an hour, minute or zone that cannot
    be."""
    part = {k: v for k, v in found.groupdict().items() if v}
    hour = int(part.get("hour", 0))
    half = part.get("half") or part.get("ampm", "").lower()
    if half in _LATER_HALF and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    zone = timezone(_offset(part.get("zone", ""), part.get("offset")))
    second = min(int(part.get("second", 0)), 59)  # a leap second
    return datetime.combine(day, time(hour, int(part.get("minute", 0)), second), zone)


def _offset(zone: str, offset: str | None) -> timedelta:
    if offset is None:
        if zone.lower() not in _ZONES:
            raise ValueError(f"unknown zone {zone}")
        return timedelta(hours=_ZONES[zone.lower()])
    sign, digits = (-1 if offset[0] == "-" else 1), offset[1:].replace(":", "")
    hours, minutes = (digits, "0") if len(digits) <= 2 else (digits[:-2], digits[-2:])
    return sign * timedelta(hours=int(hours), minutes=int(minutes))


def _sane(found: datetime, now: datetime) -> datetime | None:
    return found.astimezone(UTC) if FIRST <= found <= now + AHEAD else None
