"""Is the day read that a person reads? Every row of cms.md 8, and laws over all days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crawler.extract.dates import (
    Found,
    carry_years,
    date_in_url,
    find_dates,
    infer_year,
    labelled_date,
    normal,
    read_date,
    settle_year,
)

TODAY = date(2026, 11, 23)
JULY = date(2023, 7, 10)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("[2023-07-10]", JULY),
        ("2023-07-10", JULY),
        ("2023/7/10", JULY),
        ("2023.07.10", JULY),
        ("2023年7月10日", JULY),
        ("2023年07月10号", JULY),
        ("2023 年 7 月 10 日", JULY),
        ("2023-07-10 09:30:00", JULY),
        ("2023-07-1009:30", JULY),
        ("2023-07-10T09:30:00+08:00", JULY),
        ("2023-07-09T16:00:00.000Z", JULY),
        ("二〇二三年七月十日", JULY),
        ("二○二三年七月十日", JULY),
        ("二零二三年七月十日", JULY),
        ("二Ｏ二三年七月十日", JULY),
        ("二〇二三年十二月三十一日", date(2023, 12, 31)),
        ("二〇二三年二月二十日", date(2023, 2, 20)),
        ("２０２３－０７－１０", JULY),
        ("２０２３年７月１０日", JULY),
        ("20\u200b23-07-10", JULY),
        ("2023—07—10", JULY),
        ("【2023-07-10】", JULY),
        ("Thu Aug 03 12:00:00 +0800 2023", date(2023, 8, 3)),
        ("(07-10)", date(2026, 7, 10)),
        ("07-10", date(2026, 7, 10)),
        ("[07-10]", date(2026, 7, 10)),
        ("（7/10）", date(2026, 7, 10)),
        ("07.10", date(2026, 7, 10)),
        ("07月10日", date(2026, 7, 10)),
        ("07-10 09:30", date(2026, 7, 10)),
        ("12-30", date(2025, 12, 30)),
        ("11-24", date(2026, 11, 24)),  # tomorrow: clocks differ
        ("11-25", date(2025, 11, 25)),
        ("02-29", date(2024, 2, 29)),
        ("刚刚", TODAY),
        ("今天", TODAY),
        ("昨天", date(2026, 11, 22)),
        ("昨天 12:00", date(2026, 11, 22)),
        ("发布时间：昨天", date(2026, 11, 22)),
        ("前天", date(2026, 11, 21)),
        ("3天前", date(2026, 11, 20)),
        ("5小时前", TODAY),
        ("30小时前", date(2026, 11, 22)),
        ("8分钟前", TODAY),
        ("2027-07-10", date(2027, 7, 10)),  # future dates are the caller's question
        ("07-10 转载自 2023-07-10", JULY),  # a full date before one without year
    ],
)
def test_a_written_date_is_read(text: str, day: date) -> None:
    assert read_date(text, today=TODAY) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023年13月1日",
        "2023-02-30",
        "2023年7月",
        "2023-07",
        "2023年",
        "1999-12-31",
        "2032-01-01",
        "20230710",
        "第1/12页",
        "1/12页",
        "0350-3030303",
        "13835012345",
        "10.20.30.40",
        "000014348/2020-35147",
        "2026-02-00018",
        "360A12-07-2024-0008-1",
        "2020-2021年",
        "忻政办函〔2023〕48号",
        "7-10岁",
        "今日要闻",
        "24小时",
        "3个月前",
        "二〇二三年十三月一日",
        "13-07",
        "00-10",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert read_date(text, today=TODAY) is None


@pytest.mark.parametrize("text", ["20230710", "20230710100000", "202307101000", "1688950000000", "1688950000"])
def test_compact_forms_only_where_asked(text: str) -> None:
    assert read_date(text, today=TODAY, compact=True) == JULY
    assert read_date(text, today=TODAY) is None


FORMS = (
    "{y}-{m:02}-{d:02}",
    "{y}-{m}-{d}",
    "{y}/{m}/{d}",
    "{y}.{m:02}.{d:02}",
    "{y}年{m}月{d}日",
    "{y}年{m:02}月{d:02}号",
    "[{y}-{m:02}-{d:02}]",
    "（{y}-{m:02}-{d:02}）",
    "{y}-{m:02}-{d:02} 23:59:59",
    "发布时间：{y}-{m:02}-{d:02}",
)
DAYS = st.dates(date(2000, 1, 1), date(2031, 11, 23))


@given(DAYS, st.sampled_from(FORMS), st.booleans())
def test_every_day_reads_back_in_every_form(day: date, form: str, wide: bool) -> None:
    text = form.format(y=day.year, m=day.month, d=day.day)
    if wide:
        text = text.translate(str.maketrans("0123456789-/", "０１２３４５６７８９－／"))
    assert read_date(text, today=TODAY) == day


def chinese(n: int) -> str:
    ones = "〇一二三四五六七八九"
    return ("" if n < 10 else "十" if n < 20 else ones[n // 10] + "十") + (ones[n % 10] if n % 10 else "")


@given(DAYS, st.sampled_from("〇○零Ｏ"))
def test_chinese_numerals_read_back(day: date, zero: str) -> None:
    year = "".join("〇一二三四五六七八九"[int(c)] for c in str(day.year)).replace("〇", zero)
    assert read_date(f"{year}年{chinese(day.month)}月{chinese(day.day)}日", today=TODAY) == day


@given(st.dates(date(2010, 1, 1), date(2030, 12, 31)), st.integers(0, 363))
def test_a_day_of_the_last_year_needs_no_year(today: date, ago: int) -> None:
    day = today - timedelta(days=ago)
    assert infer_year(day.month, day.day, today) == day
    assert read_date(f"[{day:%m-%d}]", today=today) == day


@given(st.text(alphabet="0123456789-/.年月日 :〇二三七十[]()前天时间发布T+Z", max_size=30))
def test_any_text_is_survived_and_spans_lie_in_it(text: str) -> None:
    for found in find_dates(text, today=TODAY, compact=True):
        assert 0 <= found.start < found.end <= len(normal(text))
        assert date(1999, 12, 31) <= found.day <= date(2031, 11, 24)
    read_date(text, today=TODAY, compact=True)
    labelled_date(text, today=TODAY)


def test_all_dates_of_a_text_in_order() -> None:
    found = find_dates("自2024年1月1日起施行（2023-12-05），07-10 修改", today=TODAY)
    assert [(f.day, f.year_known) for f in found] == [
        (date(2024, 1, 1), True),
        (date(2023, 12, 5), True),
        (date(2026, 7, 10), False),
    ]


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("http://a.gov.cn/zwgk/202307/t20230710_1.shtml", JULY),
        ("http://a.gov.cn/zwgk/202307/t20230710_87885.htm", JULY),
        ("http://a.gov.cn/202307/t20230710_123_1.html", JULY),
        ("http://a.gov.cn/art/2023/7/10/art_282_1002.html", JULY),
        ("http://a.gov.cn/2023-07-10/", JULY),
        ("http://a.gov.cn/2023-07-10/5.html", JULY),
        ("http://a.gov.cn/2023-07/10/content_5690000.htm", JULY),
        ("http://a.gov.cn/n1/2023/0710/c1001-1.html", JULY),
        ("http://a.gov.cn/2023/07-10/2771773.html", JULY),
        ("http://a.gov.cn/20230710/", JULY),
        ("http://a.gov.cn/20230710/5.html", JULY),
        ("http://a.gov.cn/10462/2023/7/10/071bf8764a6c4ac7.shtml", JULY),
        ("http://a.gov.cn/W020230710372819203948.pdf", JULY),
        ("http://a.gov.cn/x/P020230710372819203948.docx", JULY),
        ("http://a.gov.cn/a/1833316118612205569.html", None),
        ("http://a.gov.cn/content/post_20230710123.html", None),
        ("http://a.gov.cn/info/1016/20231.htm", None),
        ("http://a.gov.cn/2023/7/12.html", None),  # 12 may be an id
        ("http://a.gov.cn/t18993630.shtml", None),
        ("http://a.gov.cn/202307/9c059bf058ef4db8b3c8f920e22186fe.shtml", None),
        ("http://a.gov.cn/t20231310_1.html", None),
        ("http://a20230710.gov.cn/", None),
        ("http://a.gov.cn/?d=/20230710/", None),
        ("http://[", None),
    ],
)
def test_the_day_in_an_address(url: str, day: date | None) -> None:
    assert date_in_url(url, today=TODAY) == day


@given(DAYS)
def test_addresses_of_every_day_read_back(day: date) -> None:
    for form in (
        "/{y}{m:02}/t{y}{m:02}{d:02}_4196689.shtml",
        "/art/{y}/{m}/{d}/art_1_2.html",
        "/W0{y}{m:02}{d:02}372819.pdf",
    ):
        assert date_in_url("http://a.cn" + form.format(y=day.year, m=day.month, d=day.day), today=TODAY) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("发布时间：2023-07-10", JULY),
        ("发布时间：2023年7月10日", JULY),
        ("发布时间：2023/7/10 来源：本站", JULY),
        ("发布时间：2023.07.10", JULY),
        ("发 布 时 间：2023-07-10", JULY),
        ("时　间：2023-07-10", JULY),
        ("来源：本站 时 间：[2023-07-10]", JULY),
        ("日期：2023-07-10 浏览：12", JULY),
        ("今天是2026年11月23日 星期一 首页 发布时间：2023年7月10日", JULY),
        ("今天是2026-11-23 发布日期 2023年07月10日", JULY),
        ("日期：2026年11月23日 星期一 首页 时间：2023-07-10", JULY),
        ("成文日期 2023年06月28日 发布日期 2023年07月10日", JULY),
        ("成文日期 发布日期 2023年06月28日 2023年07月10日", JULY),
        ("发布日期：2023-07-10 有效期：2025-01-01", JULY),
        ("更新时间：2023-07-12 发布时间：2023-07-10", JULY),
        ("时间：2023-07-12 发布日期：2023-07-10", JULY),
        ("更新时间：2023-07-10", JULY),
        ("成文日期：2023-06-28", None),
        ("成 文 日 期：2023-06-28", None),
        ("印发日期：2023-06-28", None),
        ("报名时间：2023-07-10至2023-07-12", None),
        ("当前时间：2026-11-23", None),
        ("日期 今天是2026年11月23日", None),
        ("自2024年1月1日起施行，2019年发布", None),
        ("版权所有 © 2016-2026", None),
        ("", None),
    ],
)
def test_the_label_of_publication_decides(text: str, day: date | None) -> None:
    assert labelled_date(text, today=TODAY) == day


def rows(*days: str, today: date = TODAY) -> list[Found | None]:
    return [next(iter(find_dates(day, today=today)), None) for day in days]


def test_years_follow_a_list_past_new_year() -> None:
    today = date(2026, 1, 15)
    found = carry_years(rows("01-10", "12-28", "12-20", "07-01", "01-05", "12-30", "03-02", "11-11", today=today))
    assert [f.year for f in found if f] == [2026, 2025, 2025, 2025, 2025, 2024, 2024, 2023]


def test_old_rows_pinned_at_the_top_do_not_push_the_list_back() -> None:
    found = carry_years(rows("03-05", "06-01", "11-20", "11-18", "11-10", "10-30", "10-28"))
    assert {f.year for f in found if f} == {2026}


def test_a_list_from_old_to_new_keeps_its_year() -> None:
    found = carry_years(rows("01-05", "02-10", "03-11", "05-01", "07-01", "09-01", "11-20"))
    assert {f.year for f in found if f} == {2026}


def test_rows_with_a_year_and_without_a_date_are_left_alone() -> None:
    found = carry_years(rows("11-20", "", "2025-12-30", "12-01", "11-30"))
    assert found == [date(2026, 11, 20), None, date(2025, 12, 30), date(2025, 12, 1), date(2025, 11, 30)]


def test_known_pins_stand_aside() -> None:
    assert carry_years(rows("01-05", "11-20"), aside={0}) == [date(2026, 1, 5), date(2026, 11, 20)]


@given(st.lists(st.integers(1, 40), min_size=6, max_size=40), st.integers(0, 5))
def test_a_list_from_new_to_old_gets_its_true_years_back(steps: list[int], start: int) -> None:
    days = [TODAY - timedelta(days=start)]
    for step in steps:
        days.append(days[-1] - timedelta(days=step))
    written = [f"{d:%m-%d}" for d in days]
    assume(all((d.month, d.day) != (2, 29) for d in days))
    assert carry_years(rows(*written)) == days


@given(st.lists(st.integers(0, 363), max_size=30))
def test_carrying_never_makes_a_row_newer_nor_changes_its_day(ago: list[int]) -> None:
    days = [TODAY - timedelta(days=n) for n in ago]
    carried = carry_years(rows(*(f"{d:%m-%d}" for d in days)))
    assert all(c is not None and c <= d for c, d in zip(carried, days, strict=True))
    kept = ((c.month, c.day) == (d.month, d.day) for c, d in zip(carried, days, strict=True) if c and d.day != 29)
    assert all(kept)


@pytest.mark.parametrize(
    ("shown", "url", "day"),
    [
        ("11-20", "http://a.cn/202511/t20251120_1.html", date(2025, 11, 20)),
        ("11-20", "http://a.cn/202511/9c059bf058ef4db8b3c8f920e22186fe.shtml", date(2025, 11, 20)),
        ("12-31", "http://a.cn/202401/t20240102_1.html", date(2023, 12, 31)),
        ("11-20", "http://a.cn/content/post_1.html", date(2026, 11, 20)),
        ("2026-11-20", "http://a.cn/202511/t20251120_1.html", date(2026, 11, 20)),
    ],
)
def test_the_address_settles_the_year(shown: str, url: str, day: date) -> None:
    assert settle_year(find_dates(shown, today=TODAY)[0], url, today=TODAY).day == day
