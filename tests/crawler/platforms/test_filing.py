"""The export of the national reporting system, with everything that Excel and clerks do to it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pytest

from crawler.platforms.filing import read_filing, unit_of
from db.records import Unit
from db.registry import RegistryError

UNITS = [
    Unit("原平市", "county", None),
    Unit("市财政局", "department", None),
    Unit("市民政局", "department", None),
    Unit("代县", "county", None),
]
HEAD = [
    "序号",
    "账号名称",
    "所属平台",
    "原始ID",
    "主办单位",
    "主管单位",
    "运行状态",
    "开通时间",
    "注销时间",
    "粉丝数",
    "负责人",
    "联系电话",
]
ROWS = [
    [1, "原平发布", "新浪微博", "９００ ０００ ０００１", "原平市人民政府办公室", "市政府办", "正常运行", "2016-03-01", None, "5.2万", "李四", "13900000000"],
    [2, "忻州财政", "微信公众号", "gh_abc", "忻州市财政局", "", "已关停", 42430, "2025年6月3日", "1,234", "王五", "13900000001"],
    [3, "民政通", "移动客户端/APP", 1.23e17, "忻州市民政局", "", "新开设", "", None, "", "", ""],
    ["合计", 3, None, None, None, None, None, None, None, None, None, None],
]  # fmt: skip


def xlsx(folder: Path, *lines) -> Path:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    book.save(folder / "filing.xlsx")
    return folder / "filing.xlsx"


def test_rows_by_synonym_with_ids_states_and_days(tmp_path):
    first, second, third = read_filing(xlsx(tmp_path, ["全国政务新媒体信息报送系统"], HEAD, *ROWS), UNITS)
    assert (first.unit, first.platform, first.account, first.account_id) == (
        "原平市",
        "weibo",
        "原平发布",
        "9000000001",
    )
    assert (first.state, first.opened_on, first.followers, first.row) == (
        "open",
        date(2016, 3, 1),
        52_000,
        "filing.xlsx:3",
    )
    assert (second.unit, second.state, second.opened_on, second.closed_on) == (
        "市财政局",
        "closed",
        date(2016, 3, 1),
        date(2025, 6, 3),
    )
    assert (third.platform, third.account_id, third.spoilt_id) == ("app", None, "1.23E+17")


def test_people_are_not_taken_over(tmp_path):
    found = read_filing(xlsx(tmp_path, HEAD, *ROWS), UNITS)
    assert not any("1390000000" in str(f) or "李四" in str(f) for f in found)


def test_two_header_rows_and_cells_merged_downward(tmp_path):
    upper = ["序号", "账号信息", None, None, "主办单位", None]
    lower = [None, "政务新媒体名称", "平台名称", "UID", None, "状态"]
    below = [[1, "甲", "抖音", "MS4w", "代县", "正常运行"], [2, "乙", None, "x", None, "已注销"]]
    found = read_filing(xlsx(tmp_path, upper, lower, *below), UNITS)
    assert [(f.account, f.platform, f.unit, f.state) for f in found] == [
        ("甲", "douyin", "代县", "open"),
        ("乙", "douyin", "代县", "closed"),
    ]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_csv_in_any_charset(tmp_path, encoding):
    path = tmp_path / "f.csv"
    path.write_bytes(
        "政务新媒体名称,平台,主办单位,状态\n代县发布,政务微博,代  县,例行变更中\n某号,某平台,,\n".encode(encoding)
    )
    first, second = read_filing(path, UNITS)
    assert (first.unit, first.platform, first.state) == ("代县", "weibo", "open")
    assert (second.unit, second.platform, second.state) == ("代县", "other", "")  # an empty cell is one merged downward


def test_html_that_calls_itself_xls(tmp_path):
    path = tmp_path / "f.xls"
    path.write_bytes(
        "<html><meta charset=gbk><table><tr><th>账号名称<th>平台<th>主办单位<tr><td>代县发布<td>快手<td>代县</table>".encode(
            "gbk"
        )
    )
    assert [(f.account, f.platform) for f in read_filing(path, UNITS)] == [("代县发布", "kuaishou")]


@pytest.mark.parametrize(
    ("sponsor", "unit"),
    [
        ("市财政局", "市财政局"),
        ("忻州市财政局", "市财政局"),
        ("忻州市财政局办公室", "市财政局"),
        ("原平市财政局", "原平市"),
        ("代县人民政府办公室", "代县"),
        ("某省教育厅", ""),
        ("", ""),
    ],
)
def test_the_unit_that_a_sponsor_belongs_to(sponsor, unit):
    assert unit_of(sponsor, UNITS) == unit


@pytest.mark.parametrize("text", ["", "单位,电话\n代县,1\n", "账号名称,平台\n", "\0\1"])
def test_what_is_no_export_is_refused_in_words(tmp_path, text):
    path = tmp_path / "f.csv"
    path.write_text(text)
    with pytest.raises(RegistryError, match=r"f\.csv"):
        read_filing(path, UNITS)
    with pytest.raises(RegistryError, match="无法读取"):
        read_filing(tmp_path / "lost.csv", UNITS)
