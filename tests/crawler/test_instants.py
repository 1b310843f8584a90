"""Every form in which account sources write a time, read as the same instant; and the misreadings that libraries make."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.instants import AHEAD, FIRST, read_instant, read_serial
from db.records import SHANGHAI

NOW = datetime(2023, 8, 3, 14, 0, tzinfo=SHANGHAI)
NOON = datetime(2023, 8, 3, 12, 0, tzinfo=SHANGHAI)
MIDNIGHT = datetime(2023, 8, 3, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    "text",
    [
        "Thu, 03 Aug 2023 04:00:00 GMT",
        "Thu, 03 Aug 2023 12:00:00 +0800",
        "Thu, 03 Aug 2023 12:00:00 ",  # we-mp-rss: the zone is empty
        "Thu, 03 Aug 2023 12:00:00 CST",
        "Thu, 3 Aug 2023 12:00 GMT+8",
        "03 Aug 23 12:00:00 +08:00",
        "Thursday, 03-Aug-23 04:00:00 UTC",
        "2023-08-03T04:00:00Z",
        "2023-08-03T04:00:00.000Z",
        "2023-08-03T12:00:00+08:00",
        "2023-08-03T12:00:00+0800",
        "2023-08-03T12:00:00+08",
        "2023-08-03T12:00:00",
        "2023-08-03 12:00:00",
        "2023-08-03 12:00:00.0",
        "2023-08-03 12:00",
        "2023/8/3 12:00",
        "2023.08.03 12:00",
        "２０２３－０８－０３　１２：００",
        "2023年8月3日 12:00",
        "2023年08月03日12时00分00秒",
        "2023年8月3日 星期四 12:00",
        "2023年8月3日 中午12:00",
        "二〇二三年八月三日 12:00",
        "20230803120000",
        "202308031200",
        "20230803T040000Z",
        "1691035200",
        "1691035200000",
        1691035200,
        1691035200000,
        1691035200.0,
        "Thu Aug 03 12:00:00 +0800 2023",  # m.weibo.cn
        "Thu Aug 03 12:00:00 CST 2023",  # Java
        "Thu Aug 03 2023 12:00:00 GMT+0800 (中国标准时间)",  # JavaScript
        "Aug 3, 2023 12:00 PM",
        "08-03 12:00",
        "8月3日 12:00",
        "今天 12:00",
        "2小时前",
        "120分钟前",
        "两小时前",
        "发布于 2023-08-03 12:00",
        "发布时间：2023-08-03 12:00",
        "2023-08-03 12:00 来自 微博网页版",
    ],
)
def test_noon_of_that_day(text):
    assert read_instant(text, now=NOW) == NOON


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2023年8月3日", MIDNIGHT),  # feedparser reads 2023-11-01
        ("2023-08-03", MIDNIGHT),
        ("20230803", MIDNIGHT),
        (20230803, MIDNIGHT),
        ("二〇二三年八月三日", MIDNIGHT),
        ("二○二三年十二月二十一日", datetime(2023, 12, 21, tzinfo=SHANGHAI)),
        ("刚刚", NOW),
        ("30秒前", NOW - timedelta(seconds=30)),
        ("5分钟前", NOW - timedelta(minutes=5)),
        ("半小时前", NOW - timedelta(minutes=30)),
        ("3天前", NOW - timedelta(days=3)),
        ("昨天 12:00", NOON - timedelta(days=1)),
        ("昨天", MIDNIGHT - timedelta(days=1)),
        ("前天 12:00", NOON - timedelta(days=2)),
        ("08-01", datetime(2023, 8, 1, tzinfo=SHANGHAI)),
        ("12-31", datetime(2022, 12, 31, tzinfo=SHANGHAI)),  # not in the future
        ("08-04", datetime(2022, 8, 4, tzinfo=SHANGHAI)),
        ("02-29", datetime(2020, 2, 29, tzinfo=SHANGHAI)),
        ("2023-08-03 下午3:05", datetime(2023, 8, 3, 15, 5, tzinfo=SHANGHAI)),
        ("Aug 3, 2023 12:05 AM", datetime(2023, 8, 3, 0, 5, tzinfo=SHANGHAI)),
        ("2023-08-03 23:59:60", datetime(2023, 8, 3, 23, 59, 59, tzinfo=SHANGHAI)),
        ("2025-01-01", datetime(2025, 1, 1, tzinfo=SHANGHAI)),  # future: the caller judges
    ],
)
def test_instants(text, instant):
    assert read_instant(text, now=NOW) == instant


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "   ", "Invalid Date", "无日期", "不详", True, float("nan"), float("inf")),
        *("2023-13-01", "2023-02-30", "2023-08-03 25:00", "13-45", "12:00", "2023年8月", "2023", "1.2.3"),
        *("2008-12-31", "1970-01-01", "0", 0, -5, "946684800", "2026-01-01", "9999-12-31"),
        *("Thu, 03 Aug 2023 12:00:00 XYZ", "03/08/2023", "45141", "关于2023-08-03会议的通知", "2" * 5000),
    ],
)
def test_what_says_no_time(text):
    assert read_instant(text, now=NOW) is None


@pytest.mark.parametrize(
    ("now", "text", "instant"),
    [
        (datetime(2023, 1, 3, 9, tzinfo=SHANGHAI), "08-01", datetime(2022, 8, 1, tzinfo=SHANGHAI)),
        (datetime(2023, 1, 1, 0, 5, tzinfo=SHANGHAI), "昨天 23:50", datetime(2022, 12, 31, 23, 50, tzinfo=SHANGHAI)),
        # 16:30 UTC is the next day in Beijing already
        (datetime(2023, 8, 3, 16, 30, tzinfo=UTC), "昨天 12:00", NOON),
        (datetime(2023, 8, 3, 16, 30, tzinfo=UTC), "08-04", datetime(2023, 8, 4, tzinfo=SHANGHAI)),
    ],
)
def test_the_day_is_beijings(now, text, instant):
    assert read_instant(text, now=now) == instant


@pytest.mark.parametrize(
    ("value", "date1904", "instant"),
    [
        (45141, False, MIDNIGHT),
        (45141.5, False, NOON),
        (43679.5, True, NOON),  # workbooks of old Macs
        (20230803, False, MIDNIGHT),
        (1691035200, False, NOON),
        (3, False, None),
        (-1, False, None),
        (99_999, False, None),
        (float("nan"), False, None),
    ],
)
def test_day_numbers_of_a_spreadsheet(value, date1904, instant):
    assert read_serial(value, now=NOW, date1904=date1904) == instant


MOMENTS = st.datetimes(datetime(2009, 1, 1), datetime(2025, 1, 1)).map(lambda at: at.replace(microsecond=0))


@given(MOMENTS)
def test_what_is_written_reads_back(at):
    instant = at.replace(tzinfo=SHANGHAI)
    mail = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[at.month - 1]
    for text in (
        f"{at:%Y-%m-%d %H:%M:%S}",
        f"{at.year}年{at.month}月{at.day}日 {at:%H:%M:%S}",
        f"{at:%Y%m%d%H%M%S}",
        instant.isoformat(),
        instant.astimezone(UTC).isoformat(),
        f"{at.day:02} {mail} {at.year} {at:%H:%M:%S} +0800",
        str(int(instant.timestamp())),
        int(instant.timestamp()) * 1000,
    ):
        found = read_instant(text, now=NOW)
        assert found == instant
        assert found is not None
        assert found.utcoffset() == timedelta(0)


@given(st.one_of(st.text(max_size=40), st.from_regex(r"[0-9年月日时\-/: TZ+.]{0,24}"), st.floats(), st.integers()))
def test_whatever_is_read_is_sane(text):
    found = read_instant(text, now=NOW)
    assert found is None or (FIRST <= found <= NOW + AHEAD and found.utcoffset() == timedelta(0))
