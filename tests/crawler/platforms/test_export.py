"""Exported tables as back ends and clerks leave them: real files of each kind, read from disk."""

import hashlib
import os
import struct
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from crawler.platforms.export import read_count, read_export
from db.records import SHANGHAI, Account, Snapshot

NOW = datetime.now(UTC)
DAY = datetime(2023, 8, 3, tzinfo=SHANGHAI)
NOON = DAY.replace(hour=12)
WECHAT = "内容标题,发表时间,总阅读人数,总阅读次数,内容url"


def read(path: Path, at: datetime | None = None) -> Snapshot:
    account = Account("市财政局", "export", "忻州财政", f"exports/{path.name}", str(path), "accounts.csv:2")
    snapshot = read_export(path, account=account, run=7, at=at or NOW)
    assert snapshot.status in Snapshot.STATUSES
    assert (snapshot.source, snapshot.run, snapshot.complete) == (f"exports/{path.name}", 7, False)
    if path.is_file():
        assert snapshot.evidence is not None
        assert (snapshot.evidence.url, snapshot.evidence.source) == (None, path.name)
        assert snapshot.evidence.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    return snapshot


def of(folder: Path, content: str | bytes, name: str = "posts.csv", encoding: str = "utf-8") -> Snapshot:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return read(path)


def days(snapshot: Snapshot) -> list[Any]:
    return [post.published for post in snapshot.posts]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_of_the_wechat_back_end(tmp_path, encoding, delimiter):
    rows = ["第1期：关于“双减”的说明,2023/8/3 12:00,91,182,https://mp.weixin.qq.com/s/1", "早安,20230803,1,2,", ",,,,"]
    snapshot = of(tmp_path, "\r\n".join([WECHAT, *rows]).replace(",", delimiter), encoding=encoding)
    assert snapshot.status == "ok"
    assert [(p.title, p.url, p.published) for p in snapshot.posts] == [
        ("第1期:关于“双减”的说明", "https://mp.weixin.qq.com/s/1", NOON),
        ("早安", None, DAY),
    ]


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2023-08-03 12:00:00", NOON),
        ("2023/8/3 12:00", NOON),
        ("2023年8月3日 12:00", NOON),
        ("二〇二三年八月三日", DAY),
        ("20230803", DAY),
        ("1691035200", NOON),
        ("Thu Aug 03 12:00:00 +0800 2023", NOON),
        ("45141.5", NOON),
        ("'2023-08-03", DAY),
        ("不详", None),
        ("", None),
    ],
)
def test_dates_as_text(tmp_path, written, instant):
    snapshot = of(tmp_path, f"标题,发布时间\n今日天气,{written}\n")
    assert snapshot.status == "ok"
    assert days(snapshot) == [instant]
    assert snapshot.detail == (None if instant else "1 条没有可识别的日期")


@pytest.mark.parametrize("title", ["标题", "内容标题", "文章标题", "作品名称", "Title", " 标 题 "])
@pytest.mark.parametrize("published", ["发布时间", "发表时间", "发布日期", "published"])
def test_headers_by_their_synonyms(tmp_path, title, published):
    assert days(of(tmp_path, f"序号,{title},别的,{published}\n1,今日天气,x,2023-08-03\n")) == [DAY]


def test_interaction_columns(tmp_path):
    snapshot = of(
        tmp_path,
        "标题,发布日期,评论数,回复数,是否开放评论,链接,是否置顶\n"
        'a,2023-08-03,"1,234",2,是,u1,是\n'
        "b,2023-08-02,5.2万,,否,u2,\n"
        "c,2023-08-01,100万+,—,不详,u3,否\n",
    )
    assert [(p.comments, p.replies, p.comments_open, p.url, p.pinned) for p in snapshot.posts] == [
        (1234, 2, True, "u1", True),
        (52_000, None, False, "u2", False),
        (1_000_000, None, None, "u3", False),
    ]


def test_rows_that_are_no_posts(tmp_path):
    snapshot = of(
        tmp_path,
        "忻州财政公众号已发表内容\n统计时间：2023-08-01 至 2023-08-31\n\n"
        f"{WECHAT}\n一,2023-08-03,1,1,u1\n{WECHAT}\n二,2023-08-02,1,1,u2\n二,2023-08-02,1,1,u2\n合计,,2,2,\n",
    )
    assert [p.title for p in snapshot.posts] == ["一", "二"]


def test_careless_quotes_lose_no_row(tmp_path):
    snapshot = of(tmp_path, '标题,发布时间\n"双减"怎么看,2023-08-01\n"两行\n标题",2023-08-03\n')
    assert datetime(2023, 8, 1, tzinfo=SHANGHAI) in days(snapshot)
    assert DAY in days(snapshot)
    unclosed = of(tmp_path, '标题,发布时间\n"一,2023-08-01\n二,2023-08-02\n三,2023-08-03\n')
    assert DAY in days(unclosed)  # the newest is not swallowed
    whole = of(tmp_path, '标题,发布时间\n"两行\n标题",2023-08-03\n')
    assert [(p.title, p.published) for p in whole.posts] == [("两行 标题", DAY)]


def test_a_damaged_byte_does_no_harm(tmp_path):
    data = "标题,发布时间\n今日天气晴到多云,2023-08-03\n".encode() + b"\xf0\x9f,2023-08-02\n"
    assert days(of(tmp_path, data)) == [DAY, DAY - timedelta(days=1)]


def test_xlsx_with_every_kind_of_date_and_a_sheet_for_each_month(tmp_path):
    book = openpyxl.Workbook()
    page = book.active
    page.append(["忻州财政八月"])
    page.append(["内容标题", "发表时间", "内容url", "备注", "评论数"])
    page.append(["真日期", datetime(2023, 8, 3, 12), "u1", "x", 7])
    page.append(["序列号", 45141, "u2", None, None])
    page.append(["带时刻的序列号", 45141.5, "u3"])
    page.append(["数字", 20230803, "u4"])
    page.append(["文本", "2023-08-03 12:00", "u5"])
    page.append(["公式", "=TODAY()", "u6"])
    other = book.create_sheet("九月")
    other.append(["标题", "发布时间"])
    other.append(["九月的", "2023-09-01"])
    book.create_sheet("说明").append(["填表说明"])
    path = tmp_path / "posts.xlsx"
    book.save(path)
    snapshot = read(path)
    assert days(snapshot) == [NOON, DAY, NOON, DAY, NOON, None, datetime(2023, 9, 1, tzinfo=SHANGHAI)]
    assert snapshot.posts[0].comments == 7


def test_xlsx_that_counts_days_from_1904(tmp_path):
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(["标题", "发布时间"])
    book.active.append(["a", 43679.5])
    path = tmp_path / "mac.xlsx"
    book.save(path)
    assert days(read(path)) == [NOON]


def test_xlsx_whose_declared_size_is_wrong(tmp_path):
    book = openpyxl.Workbook()
    for row in (["标题", "发布时间"], ["a", "2023-08-03"]):
        book.active.append(row)
    book.save(tmp_path / "right.xlsx")
    with zipfile.ZipFile(tmp_path / "right.xlsx") as right, zipfile.ZipFile(tmp_path / "wps.xlsx", "w") as wrong:
        for name in right.namelist():
            wrong.writestr(name, right.read(name).replace(b'<dimension ref="A1:B2"', b'<dimension ref="A1"'))
    assert days(read(tmp_path / "wps.xlsx")) == [DAY]


def test_html_called_xls(tmp_path):
    body = (
        "<html><meta charset=gbk><body><table><tr><td>菜单</td></tr></table>"
        "<table><tr><th colspan=2>忻州财政</th></tr><tr><th>内容标题</th><th>发表时间</th><th>内容url</th></tr>"
        "<tr><td>第一期</td><td>2023-08-03 12:00</td><td><a href='http://x.cn/1'></a></td></tr></table></body></html>"
    )
    (post,) = of(tmp_path, body, "posts.xls", "gbk").posts
    assert (post.title, post.published, post.url) == ("第一期", NOON, "http://x.cn/1")


def test_spreadsheet_xml_called_xls(tmp_path):
    def row(*cells: str) -> str:
        return "<Row>" + "".join(f'<Cell><Data ss:Type="String">{c}</Data></Cell>' for c in cells) + "</Row>"

    body = (
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="1"><Table>'
        f"{row('标题', '发布时间')}{row('第一期', '2023-08-03T12:00:00.000')}</Table></Worksheet></Workbook>"
    )
    assert days(of(tmp_path, body, "posts.xls")) == [NOON]


def biff(rows: Sequence[Sequence[Any]]) -> bytes:
    """A workbook stream as Excel 97 writes it: texts, numbers, and dates where a cell is a (number, "date")."""

    def record(kind: int, data: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    def text(words: str, length: str) -> bytes:
        return struct.pack(length, len(words)) + b"\x01" + words.encode("utf-16-le")

    def bof(kind: int) -> bytes:
        return record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 0x0600))

    general = record(0x00E0, struct.pack("<HHHBBBBIIH", 0, 0, 1, 0x20, 0, 0, 0, 0, 0, 0))
    dated = record(0x00E0, struct.pack("<HHHBBBBIIH", 0, 14, 1, 0x20, 0, 0, 0, 0, 0, 0))
    sheet = bof(0x0010)
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            if isinstance(cell, str):
                sheet += record(0x0204, struct.pack("<HHH", y, x, 0) + text(cell, "<H"))
            elif cell is not None:
                number, style = (cell[0], 1) if isinstance(cell, tuple) else (cell, 0)
                sheet += record(0x0203, struct.pack("<HHHd", y, x, style, number))
    sheet += record(0x000A)
    head = bof(0x0005) + record(0x0042, struct.pack("<H", 1200)) + general + dated
    bound = 4 + 4 + 2 + 1 + 1 + 2 * len("数据")
    start = len(head) + bound + 4
    name = record(0x0085, struct.pack("<IBBB", start, 0, 0, 2) + b"\x01" + "数据".encode("utf-16-le"))
    assert len(name) == bound
    return head + name + record(0x000A) + sheet


def compound(stream: bytes) -> bytes:
    """That stream in the container of old Office files: a header, one allocation table, one directory, the sectors."""
    end, free, table = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    count = len(stream) // 512
    chain = [table, end, *range(3, 2 + count), end]
    assert len(chain) == 2 + count <= 128
    fat = struct.pack(f"<{len(chain)}I", *chain).ljust(512, b"\xff")

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        wide = name.encode("utf-16-le") + b"\0\0"
        return (
            wide.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(wide), kind, 1, free, free, child)
            + b"\0" * 36
            + struct.pack("<III", first, size, 0)
        )

    directory = entry("Root Entry", 5, 1, end, 0) + entry("Workbook", 2, free, 2, len(stream))
    directory += b"".join((b"\0" * 68 + struct.pack("<III", free, free, free)).ljust(128, b"\0") for _ in range(2))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += b"\0" * 6 + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<I", 0) + b"\xff" * (4 * 108)
    assert (len(header), len(directory)) == (512, 512)
    return header + fat + directory + stream


def test_xls(tmp_path):
    rows = [
        ["忻州财政"],
        ["内容标题", "发表时间", "总阅读人数", "内容url"],
        ["真日期", (45141.5, "date"), 318.0, "https://mp.weixin.qq.com/s/1"],
        ["序列号", 45141.0, 41.0, None],
        ["数字", 20230803.0, 41.0, None],
        ["文本", "20230803", 41.0, None],
    ]
    snapshot = of(tmp_path, compound(biff(rows)), "posts.xls")
    assert snapshot.status == "ok", snapshot.detail
    assert [(p.title, p.published) for p in snapshot.posts] == [
        ("真日期", NOON),
        ("序列号", DAY),
        ("数字", DAY),
        ("文本", DAY),
    ]
    assert snapshot.posts[0].url == "https://mp.weixin.qq.com/s/1"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"  \r\n"),
        ("a.csv", "关于导出的说明\n请联系财政局\n".encode()),
        ("a.csv", "标题,阅读数\n今日天气,3\n".encode()),
        ("a.csv", "发布时间\n2023-08-03\n".encode()),
        ("a.csv", "标题,标题,发布时间\na,b,2023-08-03\n".encode()),
        ("a.csv", b"\x00\x01\x02" * 99),
        ("a.xlsx", b"PK\x03\x04 broken"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        ("a.xls", "<html><body>请先登录</body></html>".encode()),
    ],
)
def test_what_is_no_export(tmp_path, name, content):
    snapshot = of(tmp_path, content, name)
    assert (snapshot.status, snapshot.posts) == ("parse_error", ())
    assert name in (snapshot.detail or "")


def test_a_missing_file_is_our_omission(tmp_path):
    snapshot = read(tmp_path / "lost.csv")
    assert (snapshot.status, snapshot.evidence) == ("network_error", None)
    assert "lost.csv" in (snapshot.detail or "")
    assert read(tmp_path).status == "network_error"


def test_a_header_without_rows_is_empty(tmp_path):
    assert of(tmp_path, WECHAT + "\r\n").status == "empty_ok"


@pytest.mark.parametrize(
    ("age", "status"), [(0, "ok"), (2.9, "ok"), (3.1, "source_stale"), (400, "source_stale"), (-1, "ok")]
)
def test_an_old_file_says_nothing_about_the_days_since(tmp_path, age, status):
    path = tmp_path / "posts.csv"
    path.write_text("标题,发布时间\na,2023-08-03\n", "utf-8")
    written = (NOW - timedelta(days=age)).timestamp()
    os.utime(path, (written, written))
    snapshot = read(path)
    assert snapshot.status == status
    assert days(snapshot) == [DAY]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0),
        ("12", 12),
        ("1,234", 1234),
        ("5.2万", 52_000),
        ("100万+", 1_000_000),
        ("1.5亿", 150_000_000),
        ("", None),
        ("—", None),
        ("x1", None),
        (",", None),
    ],
)
def test_counts(text, count):
    assert read_count(text) == count


def test_a_file_speaks_for_the_time_before_it_was_written(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("标题,发布时间\n甲,2023-08-03\n", "utf-8")
    written = datetime(2026, 11, 23, 9, tzinfo=UTC)
    os.utime(path, (written.timestamp(),) * 2)
    assert read(path, written + timedelta(days=1)).until == written
    assert read(path, written - timedelta(days=1)).until == written - timedelta(days=1)  # a clock that runs ahead
    assert read(path, written + timedelta(days=1)).since == DAY


@pytest.mark.parametrize(
    ("head", "row", "looked", "entries"),
    [
        ("评论数,回复数,是否开放评论,互动入口", "0,0,否,否", ("comments", "replies", "menu", "messages"), 0),
        ("评论数,回复数,是否开放评论,互动入口", "0,0,否,是", ("comments", "replies", "menu", "messages"), 1),
        ("评论数,回复数,是否开放评论", "0,0,否", ("comments", "replies"), 0),
        ("评论数", "0", (), 0),
    ],
)
def test_which_ways_of_interaction_a_table_tells_of(tmp_path, head, row, looked, entries):
    snapshot = of(tmp_path, f"标题,发布时间,{head}\n甲,2023-08-03,{row}\n")
    assert (snapshot.looked, len(snapshot.entries)) == (looked, entries)


def test_a_closing_notice_in_an_export_is_a_lawful_closing(tmp_path):
    snapshot = of(tmp_path, "标题,发布时间\n关于“岚水发布”微信公众号停止更新的公告,2023-08-03\n旧闻,2023-01-01\n")
    assert (snapshot.status, snapshot.gone) == ("account_gone", "closed")
