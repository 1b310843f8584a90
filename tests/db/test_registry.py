"""The sheets as offices really save them: read back equal where nothing was lost, refused in full where something was."""

import csv
import io
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.records import Account, Unit
from db.registry import (
    RegistryError,
    day_of,
    decode_text,
    digits_of,
    masked,
    platform_of,
    read_accounts,
    read_units,
    web_address,
)

HEADER = "单位,类别,网址"
SHIPPED = Path(__file__).parents[2] / "db" / "xinzhou" / "units.csv"


def sheet(folder: Path, text: str, encoding: str = "utf-8", name: str = "units.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def units_of(folder: Path, *rows: str, header: str = HEADER, **more: str) -> list[Unit]:
    return read_units(sheet(folder, "\n".join((header, *rows)) + "\n", **more))


def refusal(folder: Path, *rows: str, header: str = HEADER) -> str:
    with pytest.raises(RegistryError) as caught:
        units_of(folder, *rows, header=header)
    return str(caught.value)


def test_every_column_in_both_languages(tmp_path):
    english = "unit,group,site,board,reports,site_code,annual_report,retrofit,self_assessment,contact"
    chinese = "单位,类别,网址,信息公开专栏,年报汇集页,网站标识码,年报,适老化改造,适老化自评,联系人"
    row = "代县,{},http://dx.example.cn/,dx.example.cn/xxgk/,https://nb.example.cn/,1409000001,{},{},{},张三 0350-1"
    want = Unit(
        name="代县",
        group="county",
        site="http://dx.example.cn/",
        board="http://dx.example.cn/xxgk/",
        reports="https://nb.example.cn/",
        site_code="1409000001",
        annual_report=False,
        retrofit=True,
        self_assessment=False,
        contact="张三 0350-1",
        source="units.csv:2",
    )
    assert units_of(tmp_path, row.format("county", "no", "yes", "no"), header=english) == [want]
    assert units_of(tmp_path, row.format("县市区", "否", "是", "否"), header=chinese) == [want]
    assert units_of(tmp_path, row.format("县（市、区）", "N", "√", "×"), header=chinese) == [want]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le-mark", "utf-16-be-mark", "gbk"]
)
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_way_excel_saves(tmp_path, encoding, delimiter, ending):
    lines = [HEADER, "原平市,县市区,http://yp.example.cn/", "市财政局,市直部门,无", "忻州市人民政府,门户,", ""]
    text = ending.join(lines).replace(",", delimiter)
    mark = "\ufeff" if encoding.endswith("-mark") else ""
    path = tmp_path / "units.csv"
    path.write_bytes((mark + text).encode(encoding.removesuffix("-mark")))
    units = read_units(path)
    assert [(u.name, u.group, u.site) for u in units] == [
        ("原平市", "county", "http://yp.example.cn/"),
        ("市财政局", "department", ""),
        ("忻州市人民政府", "portal", None),
    ]
    assert [u.source for u in units] == ["units.csv:2", "units.csv:3", "units.csv:4"]


@pytest.mark.parametrize("written", ["代县", "代  县", "代\u3000县", " 代县\u200b", "代\xa0县", '"代\n县"'])
def test_white_space_in_names_is_not_significant(tmp_path, written):
    units = units_of(tmp_path, f"{written},county,http://dx.example.cn/")
    assert units[0].name == "代县"
    accounts = sheet(
        tmp_path, "单位,平台,账号,数据源\n代 县,feed,代县发布,http://r.example.cn/1\n", name="accounts.csv"
    )
    assert read_accounts(accounts, units)[0].unit == "代县"


def test_none_is_not_empty(tmp_path):
    units = units_of(tmp_path, "甲,county,无", "乙,county, 无\u3000", "丙,county,", "丁,county,无公开平台")
    assert [(u.site, u.no_platform) for u in units] == [("", True), ("", True), (None, False), ("", True)]


@pytest.mark.parametrize("vague", ["-", "暂无", "没有", "/", "N/A"])
def test_only_plain_words_cost_the_platform(tmp_path, vague):
    assert "“网址” 列" in refusal(tmp_path, f"甲,county,{vague}")
    board = units_of(tmp_path, f"甲,county,http://a.example.cn/,{vague}", header=HEADER + ",信息公开专栏")
    assert board[0].board is None


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("http://a.example.cn/", "http://a.example.cn/"),
        ("https://a.example.cn:8443/x?y=1#z", "https://a.example.cn:8443/x?y=1#z"),
        ("HTTP://A.example.cn", "HTTP://A.example.cn"),
        ("www.example.gov.cn", "http://www.example.gov.cn"),
        ("www.example.gov.cn:8080/a", "http://www.example.gov.cn:8080/a"),
        ("//www.example.gov.cn/a", "http://www.example.gov.cn/a"),
        ("127.0.0.11:8801", "http://127.0.0.11:8801"),
        ("http://127.0.0.11:8801/bj/", "http://127.0.0.11:8801/bj/"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("localhost:8020/", "http://localhost:8020/"),
        ("http：／／www.example.cn／a", "http://www.example.cn/a"),
        ("ｗｗｗ．example．cn", "http://www.example.cn"),
        ("http://忻州.政务/", "http://忻州.政务/"),
        ("http://a.example.cn/栏目（一）/", "http://a.example.cn/栏目（一）/"),
        ("http://a.example.cn/?u=http://b.example.cn/", "http://a.example.cn/?u=http://b.example.cn/"),
    ],
)
def test_addresses(written, address):
    assert web_address(written) == address


@pytest.mark.parametrize(
    "written",
    [
        *(
            "http://",
            "http:///index.html",
            "http://:80/",
            "https:www.example.cn",
            "http:/www.example.cn",
            "http:\\\\a.cn",
        ),
        *(
            "file:///etc/passwd",
            "FILE:///x",
            "ftp://a.example.cn/",
            "javascript:alert(1)",
            "C:\\sites\\a",
            "mailto:a@b.cn",
        ),
        *("http://a.example.cn/a b", "http://a.example .cn/", "http://a.example.cn/\nhttp://b.example.cn/"),
        *("http://u:p@a.example.cn/", "u@a.example.cn", "http://a.example.cn:99999/", "http://a.example.cn:x/"),
        *("忻州市财政局", "http://忻州市财政局", "www", "http://www/", "http://www..cn/", "10.1.1", "1409000001.5"),
        *("http://a.example.cn/；http://b.example.cn/", "www.a.cn;www.b.cn", "http://[::1/", "http://a,b.cn/"),
    ],
)
def test_no_addresses(tmp_path, written):
    with pytest.raises(ValueError, match=r"[\u4e00-\u9fff]"):
        web_address(written)
    cell = io.StringIO()
    csv.writer(cell).writerow(["甲", "county", written])
    message = refusal(tmp_path, cell.getvalue().rstrip("\r\n"))
    assert "units.csv 第 2 行 “网址” 列" in message
    assert message.count("。") >= 2  # what is wrong, and what to do


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("1409000001", "1409000001"),
        ("1409000001.0", "1409000001"),
        ("1409000001.00", "1409000001"),
        ("'1409000001", "1409000001"),
        ('"=""1409000001"""', "1409000001"),
        ("1.409000001E+09", "1409000001"),  # all digits are there
        ("bm28000001", "bm28000001"),
        ("", None),
        ("无", None),
    ],
)
def test_site_codes(tmp_path, written, code):
    row = f"甲,county,http://a.example.cn/,{written}"
    assert units_of(tmp_path, row, header=HEADER + ",网站标识码")[0].site_code == code


@pytest.mark.parametrize("written", ["1.409E+09", "1.40900E+09", "140900000", "14090000011", "abc"])
def test_site_codes_that_lost_digits(tmp_path, written):
    message = refusal(tmp_path, f"甲,county,http://a.example.cn/,{written}", header=HEADER + ",网站标识码")
    assert f"第 2 行 “网站标识码” 列 “{written}”" in message


def test_numbers_that_lost_digits_are_refused_where_they_name_something(tmp_path):
    assert digits_of("1.23E+17") is None
    units = units_of(tmp_path, "甲,county,无")
    path = sheet(tmp_path, "单位,平台,账号,数据源\n甲,微博,1.23E+17,http://r.example.cn/1\n", name="accounts.csv")
    with pytest.raises(RegistryError, match=r"accounts.csv 第 2 行 “账号” 列 “1.23E\+17”：被 Excel"):
        read_accounts(path, units)


def test_line_numbers_are_those_of_the_record(tmp_path):
    units = units_of(
        tmp_path,
        "",
        '甲,county,无,"两行\n备注"',
        " , ,",
        '乙,county,无,"又\n一\n个"',
        "丙,county,无,",
        header=HEADER + ",备注",
    )
    assert [(u.name, u.source) for u in units] == [("甲", "units.csv:3"), ("乙", "units.csv:6"), ("丙", "units.csv:9")]
    assert units[0].extra == {"备注": "两行\n备注"}


def test_unknown_columns_are_kept(tmp_path):
    units = units_of(tmp_path, "一,甲,县市区,无,已核,x,", header="序号,单位,类别,网址,核实,,空")
    assert units[0].extra == {"序号": "一", "核实": "已核", "第6列": "x"}


def test_a_title_above_the_header_and_a_sep_line(tmp_path):
    path = sheet(tmp_path, f"sep=;\n忻州市网站名录;;\n\n{HEADER}\n甲,县市区,无\n".replace(",", ";"))
    assert [(u.name, u.source) for u in read_units(path)] == [("甲", "units.csv:5")]


def test_of_two_columns_that_mean_the_same_the_exact_one_counts(tmp_path):
    units = units_of(tmp_path, "局长办,甲,county,无", header="单位名称,单位,类别,网址")
    assert (units[0].name, units[0].extra) == ("甲", {"单位名称": "局长办"})
    assert "两列" in refusal(tmp_path, "甲,county,无,无", header="单位,类别,网址,网址")


def test_all_bad_rows_are_told_together(tmp_path):
    with pytest.raises(RegistryError) as caught:
        units_of(
            tmp_path,
            "甲,county,file:///x,是",
            "代  县,县,http://a.example.cn/,",
            "代县,county,无,也许",
            ",county,无,",
            "乙,,http://b.example.cn/,",
            "丙,county,http://c.example.cn/,,多出",
            header=HEADER + ",年报",
        )
    problems = caught.value.problems
    assert [line.split("units.csv ")[1].split("：")[0] for line in problems] == [
        "第 2 行 “网址” 列 “file:///x”",
        "第 3 行 “类别” 列 “县”",
        "第 4 行 “单位” 列 “代县”",
        "第 4 行 “年报” 列 “也许”",
        "第 5 行 “单位” 列 “”",
        "第 6 行 “类别” 列 “”",
        "第 7 行",
    ]
    assert "与第 3 行重复" in problems[2]
    assert "县市区" in problems[1]
    assert str(caught.value) == "\n".join(problems)


def test_a_long_list_of_problems_is_cut(tmp_path):
    message = refusal(tmp_path, *(f"单位{n},县,无" for n in range(50)))
    assert "另有 20 处" in message
    assert len(message.splitlines()) == 31


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "是空的"),
        (b"\n\n  \n", "是空的"),
        ("单位,网址\n甲,无\n".encode(), "表头缺少 group（类别）"),
        ("甲,county,无\n".encode(), "表头缺少 unit（单位）"),
        (f"{HEADER}\n".encode(), "只有表头"),
        (f'{HEADER}\n甲,county,"无\n乙,county,无\n'.encode(), "引号不成对"),
        (f"{HEADER}\n甲,county,无\n".encode("utf-16-le"), "UTF-16"),
        (f"{HEADER}\n甲单位名称很长很长很长,county,无\n".encode() + b"\xff\n", "第 3 行有损坏的字节"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "旧版 xls"),
        (b"PK\x03\x04 not a workbook", "xlsx"),
    ],
)
def test_files_that_are_no_registry(tmp_path, content, says):
    path = tmp_path / "units.csv"
    path.write_bytes(content)
    with pytest.raises(RegistryError) as caught:
        read_units(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(RegistryError, match="文件不存在"):
        read_units(tmp_path / "lost.csv")
    with pytest.raises(RegistryError, match="是文件夹"):
        read_units(tmp_path)


def test_xlsx(tmp_path):
    book = openpyxl.Workbook()
    page = book.active
    page.title = "说明"
    page.append(["填表说明"])
    page = book.create_sheet("名录")
    page.append(["忻州市网站名录"])
    page.append([])
    page.append(["单位", "类别", "网址", "网站标识码", "年报", "联系人", "核实日期"])
    page.append(["代　县", "县市区", "http://dx.example.cn/", 1409000001, True, 13800000000.0, datetime(2026, 1, 5)])
    page.append([None, None, None])
    page.append(["市金融办", "市直部门", "无", "'1409000002", False, None, "x"])
    path = tmp_path / "units.xlsx"
    book.save(path)
    units = read_units(path)
    assert [(u.name, u.site, u.site_code, u.annual_report, u.contact, u.source) for u in units] == [
        ("代县", "http://dx.example.cn/", "1409000001", True, "13800000000", "units.xlsx:4"),
        ("市金融办", "", "1409000002", False, None, "units.xlsx:6"),
    ]
    assert units[0].extra == {"核实日期": "2026-01-05"}


ACCOUNTS = "单位,平台,账号,数据源\n"
OWNERS = [Unit("市财政局", "department", None), Unit("代县", "county", None)]


def test_accounts(tmp_path):
    folder = tmp_path / "登记"
    folder.mkdir()
    path = sheet(
        folder,
        ACCOUNTS.replace("\n", ",备注\n")
        + "市财政局,微信公众号,忻州财政,exports/wx.csv,月导出\n"
        + "代  县,feed,代县发布,https://rss.example.cn/weibo/user/1?a=1,\n"
        + f"代县,导出文件,代县微信,{tmp_path}/elsewhere/dx.xls,\n"
        + "代县,导出,代县视频,..\\共享\\sp.xlsx,\n"
        + "代县,新浪微博,代县微博,rss.example.cn/weibo/2,\n",
        "gb18030",
        "accounts.csv",
    )
    assert read_accounts(path, OWNERS) == [
        Account(
            "市财政局",
            "wechat",
            "忻州财政",
            "exports/wx.csv",
            str(folder / "exports" / "wx.csv"),
            "accounts.csv:2",
            {"备注": "月导出"},
        ),
        Account(
            "代县",
            "feed",
            "代县发布",
            "https://rss.example.cn/weibo/user/1?a=1",
            "https://rss.example.cn/weibo/user/1?a=1",
            "accounts.csv:3",
        ),
        Account(
            "代县",
            "export",
            "代县微信",
            f"{tmp_path}/elsewhere/dx.xls",
            str(tmp_path / "elsewhere" / "dx.xls"),
            "accounts.csv:4",
        ),
        Account(
            "代县", "export", "代县视频", "..\\共享\\sp.xlsx", str(tmp_path / "共享" / "sp.xlsx"), "accounts.csv:5"
        ),
        Account(
            "代县", "weibo", "代县微博", "rss.example.cn/weibo/2", "http://rss.example.cn/weibo/2", "accounts.csv:6"
        ),
    ]


@pytest.mark.parametrize(
    "platform",
    ["微信", "微博", "抖音", "快手", "今日头条", "哔哩哔哩", "B站", "WeChat", "douyin", "头条号", "JSON Feed"],
)
def test_platform_names(tmp_path, platform):
    path = sheet(tmp_path, f"{ACCOUNTS}代县,{platform},代县发布,http://r.example.cn/1\n", name="accounts.csv")
    known = ("weibo", "wechat", "douyin", "kuaishou", "toutiao", "bilibili", "feed")
    assert read_accounts(path, OWNERS)[0].platform in known


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("代州,feed,a,http://r.example.cn/1", "“单位” 列 “代州”：单位登记表里没有这个单位"),
        ("市财正局,feed,a,http://r.example.cn/1", "是否为 “市财政局”"),
        (",feed,a,http://r.example.cn/1", "“单位” 列 “”：是空的"),
        ("代县,博客,a,http://r.example.cn/1", "“平台” 列 “博客”"),
        ("代县,,a,http://r.example.cn/1", "“平台” 列 “”：是空的"),
        ("代县,feed,,http://r.example.cn/1", "“账号” 列 “”：是空的"),
        ("代县,feed,a,", "“数据源” 列 “”：是空的"),
        ("代县,feed,a,exports/x.csv", "“数据源” 列 “exports/x.csv”：不是网址"),
        ("代县,feed,a,忻州发布", "不是完整的域名"),
        ("代县,feed,a,file:///x.xml", "不支持 file:"),
        ("代县,wechat,a,gh_0123456789ab", "不是完整的域名"),
        ("代县,export,a,http://r.example.cn/x.csv", "导出文件应是路径"),
        ("代县,export,a,file:///x.csv", "导出文件应是路径"),
        ("代县,export,a,b.csv\n代县,export,a,b.csv", "第 3 行 “账号” 列 “a”：与第 2 行重复"),
    ],
)
def test_accounts_refused(tmp_path, row, says):
    path = sheet(tmp_path, f"{ACCOUNTS}{row}\n", name="accounts.csv")
    with pytest.raises(RegistryError) as caught:
        read_accounts(path, OWNERS)
    assert says in str(caught.value)
    assert "accounts.csv 第" in str(caught.value)


def test_an_accounts_sheet_may_be_empty_of_rows(tmp_path):
    assert read_accounts(sheet(tmp_path, ACCOUNTS, name="accounts.csv"), OWNERS) == []


NAMES = st.text(st.sampled_from("忻州原平代县市财政教育局〇ABc1（）·"), min_size=1, max_size=8).filter(
    lambda name: not name.startswith("=")
)
EXTRAS = st.text(st.sampled_from('备注,;"\n 一二x\t。'), max_size=12).map(str.strip)
ROWS = st.lists(
    st.tuples(
        NAMES,
        st.sampled_from(["county", "department", "portal"]),
        st.sampled_from([None, "", "http://a.example.cn/x?y=一", "https://b.example.cn:8443/"]),
        st.booleans(),
        st.sampled_from([None, True, False]),
        EXTRAS,
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda row: "".join(row[0].split()).replace("（", "(").replace("）", ")"),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    rows=ROWS,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    delimiter=st.sampled_from(",;\t"),
    chinese=st.booleans(),
)
def test_a_written_registry_reads_back_equal(tmp_path, rows, encoding, delimiter, chinese):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    words = {None: "", True: "是", False: "否"} if chinese else {None: "", True: "yes", False: "no"}
    header = ["单位", "类别", "网址", "年报", "适老化改造", "备注"]
    writer.writerow(header if chinese else ["unit", "group", "site", "annual_report", "retrofit", "备注"])
    for name, group, site, report, retrofit, extra in rows:
        shown = "无" if site == "" else site or ""
        writer.writerow([name, group, shown, words[report], words[retrofit], extra])
    path = tmp_path / "units.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    read = read_units(path)
    assert [(u.name, u.group, u.site, u.annual_report, u.retrofit, u.extra.get("备注", "")) for u in read] == rows


@given(st.text(st.characters(codec="utf-8", exclude_characters="\ufeff\ufffd"), max_size=50))
def test_text_in_utf8_is_never_taken_for_something_else(text):
    assert decode_text(text.encode()) == (text, False)
    assert decode_text(text.encode("utf-8-sig")) == (text, False)


def test_the_shipped_registry_of_xinzhou():
    units = read_units(SHIPPED)
    by_group = {g: [u for u in units if u.group == g] for g in ("county", "department", "portal")}
    assert {g: len(found) for g, found in by_group.items()} == {"county": 15, "department": 34, "portal": 1}
    assert by_group["portal"][0].name == "忻州市人民政府"
    assert [u.name for u in units if u.no_platform] == ["市金融办"]
    named = [u for u in units if u.site]
    assert len(named) == 10
    assert {u.name for u in units if u.extra.get("核实") == "未核实"} == {u.name for u in named}
    assert all(u.annual_report and u.retrofit is None and u.contact is None for u in units)


def test_the_shipped_registry_has_the_units_of_the_printed_tables():
    printed = Path(__file__).parents[3] / "shared" / "scores-2022.csv"
    if not printed.exists():
        pytest.skip("the printed tables are not here")
    with printed.open(encoding="utf-8-sig", newline="") as rows:
        want = [
            ("".join(r["unit"].split()), {"一": "county", "二": "department"}[r["table"]]) for r in csv.DictReader(rows)
        ]
    assert [(u.name, u.group) for u in read_units(SHIPPED) if u.group != "portal"] == want


FULL = "单位,平台,账号,数据源,账号ID,运行状态,注销时间,哨兵,适老化改造,适老化自评\n"


def accounts_of(folder, *rows):
    (folder / "accounts.csv").write_text(FULL + "\n".join(rows) + "\n", "utf-8")
    return read_accounts(folder / "accounts.csv", [Unit("代县", "county", None)])


def test_what_the_registry_says_of_an_account_besides(tmp_path):
    one, two, canary = accounts_of(
        tmp_path,
        "代县,微信公众号,代县发布,http://r.example/f,gh_abc,正常运行,,,是,否",
        "代县,小程序,代县办事,,1.23E+17,已注销,2025年6月3日,,待定,",
        ",微博,人民某报,http://r.example/weibo/user/1,,,,是,,",
    )
    assert (one.account_id, one.state, one.closed_on, one.canary) == ("gh_abc", "open", None, False)
    assert (one.retrofit, one.self_assessment) == (True, False)
    assert (two.platform, two.state, two.closed_on, two.address) == ("miniprogram", "closed", date(2025, 6, 3), "")
    assert (two.account_id, two.retrofit) == (None, None)  # what Excel destroyed, and what is no yes or no
    assert (canary.unit, canary.canary) == ("", True)


def test_only_a_closed_account_needs_no_source_and_only_a_canary_no_unit(tmp_path):
    with pytest.raises(RegistryError, match=r"数据源.*是空的"):
        accounts_of(tmp_path, "代县,小程序,代县办事,,,正常运行,,,,")
    with pytest.raises(RegistryError, match=r"单位.*是空的"):
        accounts_of(tmp_path, ",微博,代县发布,http://r.example/f,,,,,,")


def test_access_keys_are_masked_wherever_they_are_told(tmp_path):
    (one,) = accounts_of(tmp_path, "代县,微博,代县发布,http://r.example/f?key=geheim&id=7,,,,,,")
    assert (one.source, one.address) == ("http://r.example/f?key=***&id=7", "http://r.example/f?key=geheim&id=7")
    with pytest.raises(RegistryError) as caught:
        accounts_of(tmp_path, "代县,微博,代县发布,ftp://r.example/f?token=geheim,,,,,,")
    assert "geheim" not in str(caught.value)
    with pytest.raises(RegistryError, match="重复"):
        accounts_of(tmp_path, *(f"代县,微博,代县发布,http://r.example/f?key=k{n},,,,,," for n in range(2)))


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://r.example/f?code=abc#x", "http://r.example/f?code=***#x"),
        ("http://r.example/f?a=1&ACCESS_TOKEN=x&b=2", "http://r.example/f?a=1&ACCESS_TOKEN=***&b=2"),
        ("http://r.example/f?key=", "http://r.example/f?key="),
        ("http://r.example/f?monkey=1&keyword=2", "http://r.example/f?monkey=1&keyword=2"),
        ("http://r.example/key=1", "http://r.example/key=1"),
    ],
)
def test_masked(address, shown):
    assert masked(address) == shown
    assert masked(shown) == shown


@pytest.mark.parametrize(
    ("platform", "address", "told"),
    [
        ("weibo", "http://any.example/", "weibo"),
        ("feed", "http://r.example:1200/weibo/user/1", "weibo"),
        ("feed", "http://w.example/feeds/MP_WXS_1.rss", "wechat"),
        ("feed", "http://r.example/a.xml", None),
        ("export", "/srv/posts.csv", None),
    ],
)
def test_the_platform_of_a_feed_is_told_by_its_address(platform, address, told):
    assert platform_of(Account("代县", platform, "甲", address, address)) == told


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (datetime(2023, 8, 3, 9), date(2023, 8, 3)),
        ("2023-08-03", date(2023, 8, 3)),
        ("2023年8月3日 10:00", date(2023, 8, 3)),
        (20230803, date(2023, 8, 3)),
        (45141, date(2023, 8, 3)),
        ("45141.5", date(2023, 8, 3)),
        ("2023-13-40", None),
        ("长期", None),
        (None, None),
    ],
)
def test_days_of_cells(cell, day):
    assert day_of(cell) == day
