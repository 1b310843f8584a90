"""Names of columns as they stand on real boards, near misses, menus that cannot be read."""

import json
import os
from pathlib import Path

import pytest

from crawler.extract.columns import (
    Entry,
    board_roles,
    entries,
    hinted_roles,
    inner_entries,
    is_article,
    roles_of,
    unread_menus,
)
from crawler.extract.decode import decode
from crawler.extract.page import Page

REAL = Path(os.environ.get("WANGKAO_SHARED", Path(__file__).parents[3] / "shared")) / "real-pages"


@pytest.mark.parametrize(
    ("label", "roles"),
    [
        ("政府信息公开指南", {"guide"}),
        ("公开指南", {"guide"}),
        ("忻阳市教育局政府信息公开指南", {"guide"}),
        ("政府信息\n 公开指南", {"guide"}),
        ("１、政府信息公开制度", {"rules"}),
        ("政府信息公开规定", {"rules"}),
        ("政府信息公开制度文件", {"rules"}),
        ("法定主动公开内容", {"statutory"}),
        ("主动公开内容", {"statutory"}),
        ("主动公开目录", {"statutory", "catalogue"}),
        ("基本目录", {"catalogue"}),
        ("基层政务公开标准目录", {"catalogue"}),
        ("政府信息公开目录", {"catalogue"}),
        ("政府信息公开年报", {"annual_report"}),
        ("政府信息公开工作年度报告", {"annual_report"}),
        ("年报", {"annual_report"}),
        ("依申请公开", {"request"}),
        ("政府信息公开申请", {"request"}),
        ("政府信息公开", {"board"}),
        ("信息公开专栏", {"board"}),
        ("政务公开", {"openness"}),
        ("工作动态", {"news"}),
        ("岚水要闻", {"news"}),
        ("通知公告", {"notice"}),
        ("政策文件", {"notice"}),
        ("政策解读", set()),
        ("网站工作年度报表", set()),
        ("统计年报", set()),
        ("办事指南", set()),
        ("投资指南", set()),
        ("政府信息主动公开全清单", set()),
        ("新闻发布会", set()),
        ("国务院要闻", set()),
        ("招标公告", set()),
    ],
)
def test_roles(label, roles):
    assert set(roles_of(label)) == roles


def test_short_names_count_on_the_board_only():
    assert roles_of("指南", on_board=True) == ("guide",)
    assert roles_of("制度", on_board=True) == ("rules",)
    assert roles_of("制度") == ()


MENU = """<ul class="nav"><li><a href="/zwgk/">政务公开</a></li><li><a href="/xw/">新闻<br>中心</a></li>
<li><a href="javascript:;">互动交流</a></li><li><a href="/">首页</a></li><li><a href="http://y.gov.cn/">省政府</a></li></ul>
<div class="box"><h3>通知公告</h3><a class="m" href="/tzgg/">更多&gt;&gt;</a><ul><li><a href="/tzgg/a.html">关于开会的通知</a><span>2026-11-20</span></li>
<li><a href="/tzgg/202611/t20261120_12.html">短标题</a></li></ul></div>
<!-- <a href="/old/">旧栏目</a> -->"""


def test_menu_entries_are_not_items_and_more_takes_the_heading():
    page = Page("http://x.gov.cn/", MENU)
    found = {(e.name, e.url) for e in entries(page)}
    assert ("通知公告", "http://x.gov.cn/tzgg/") in found
    assert ("新闻中心", "http://x.gov.cn/xw/") in found
    assert ("互动交流", None) in found
    assert not {name for name, _ in found} & {"首页", "关于开会的通知", "短标题", "旧栏目"}
    assert {e.url for e in inner_entries(entries(page), "http://x.gov.cn/")} == {
        "http://x.gov.cn/zwgk/",
        "http://x.gov.cn/xw/",
        "http://x.gov.cn/tzgg/",
    }


@pytest.mark.parametrize(
    ("html", "gap"),
    [
        ("<script>document.write('<a href=\"/a/\">政务公开</a>')</script>", "script menu"),
        ("<script src='/js/nav.js'></script>", "script menu"),
        ("<a href='/m1/'><img src='m1.gif'></a>", "unlabelled"),
        ("<a href='/{{path}}/'>{{name}}</a>", "template"),
        ("<ul><li v-for='m in menu'><a>x</a></li></ul>", "template"),
        ("<ul id='leftmenu'></ul><script src='/js/board.js'></script>", "empty menu"),
        ("<div id='app'></div><script src='/js/app.js'></script>", "empty menu"),
        ("<div id='t'>x</div><script>$.fn.zTree.init($('#t'),{},nodes)</script>", "script tree"),
    ],
)
def test_menus_that_cannot_be_read(html, gap):
    assert any(gap in found for found in unread_menus(Page("http://x.cn/", html)))


def test_plain_menus_are_read_in_full():
    html = (
        MENU
        + "<script src='/js/jquery.js'></script><a href='/'><img src='logo.gif'></a><a href='/m/'><img alt='政务公开' src='m'></a>"
    )
    assert unread_menus(Page("http://x.cn/", html)) == []


def test_articles():
    assert is_article("http://x.cn/tzgg/202611/t20261120_12.html")
    assert is_article("http://x.cn/art/2026/7/10/art_282_1002.html")
    assert not is_article("http://x.cn/col/col282/index.html")


@pytest.mark.parametrize(
    ("address", "article"),
    [
        ("/News_List.aspx?ClassId=3", False),
        ("/newsclass.asp?id=7", False),
        ("/News_Show.aspx?ClassId=3&id=9", True),
        ("/news.asp?id=9", True),
        ("/news.asp?columnId=9", False),
        ("/showinfo.jsp?infoid=9", True),
        ("/index.php?a=lists&c=index&catid=6&m=content", False),
        ("/index.php?a=show&c=index&catid=6&id=9&m=content", True),
        ("/content/list.do?id=9", False),
    ],
)
def test_columns_of_a_site_whose_addresses_are_parameters(address, article):
    assert is_article("http://x.cn" + address) is article
    menu = f"<ul class='nav'><li><a href='{address}'>通知公告</a></li></ul>"
    assert [e.name for e in entries(Page("http://x.cn/", menu))] == ([] if article else ["通知公告"])


def test_the_sub_menu_of_a_news_entry_is_kept_with_it():
    menu = "<li><div><a href='/xwzx/'>新闻中心</a></div><dl><dd><a href='/yw/'>要闻</a></dd><dd><a href='/dt/'>部门动态</a></dd></dl></li>"
    found = {
        e.name: e.beneath
        for e in entries(Page("http://x.cn/", f"<ul>{menu}<li><a href='/tzgg/'>通知公告</a></li></ul>"))
    }
    assert found["新闻中心"] == ("http://x.cn/yw/", "http://x.cn/dt/")
    assert found["要闻"] == found["通知公告"] == ()


@pytest.mark.parametrize(
    ("entry", "roles"),
    [
        (Entry("公开说明", "http://x.cn/zwgk/zfxxgkzn/", ()), ("guide",)),
        (Entry("办事指南", "http://x.cn/zwgk/zn/", ()), ()),  # its name denies it
        (Entry("其他", "http://x.cn/about/guide/", ()), ()),  # nothing of openness in the address
        (Entry("信息公开指南", "http://x.cn/zwgk/zfxxgkzn/", ("guide",)), ()),
    ],
)
def test_an_address_may_hint_at_a_column_that_no_name_names(entry, roles):
    assert hinted_roles(entry) == roles


def test_undated_headlines_are_no_columns():
    rows = "<a href='/yw/8003.html'>岚水县扎实推进政务公开培训(43...</a><a href='/yw/8004.html'>岚水县组织开展政务公开业务交流</a>"
    assert entries(Page("http://x.cn/", f"<ul>{rows}</ul>")) == []
    long = "<a href='/gk/zn/'>岚水县人民政府政府信息公开指南</a>"
    assert [e.roles for e in entries(Page("http://x.cn/", long))] == [("guide",)]


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/real-pages is absent")
def test_board_columns_of_real_pages():
    """No board column that a person labelled is missed; what is found beyond the labels is at most one in fifty."""
    missed, extra, n = [], [], 0
    for line in (REAL / "labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        page = Page(label["url"] or "http://x.gov.cn/", decode((REAL / label["file"]).read_bytes())[0])
        found = board_roles(entries(page, on_board=label["page_kind"] == "board"))
        for role, fact in label["columns_present"].items():
            n += 1
            if fact["present"] and role not in found:
                missed.append((label["file"], role))
            if not fact["present"] and any(link.url for link in found.get(role, ())):
                extra.append((label["file"], role, found[role][0].text))
    assert missed == []
    assert len(extra) * 50 <= n, extra
