"""Are the rows of a list the rows a person sees? The forms of cms.md 2, 3, 8, 9 and the saved real pages."""

from __future__ import annotations

import json
import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract import listing
from crawler.extract.listing import Listing, read_listing
from crawler.extract.page import Page
from crawler.extract.text import squeeze
from db.records import Row

TODAY = date(2026, 11, 23)
URL = "http://www.a.gov.cn/zwgk/tzgg/"
REAL = Path(os.environ.get("WANGKAO_REAL_PAGES", Path(__file__).parents[3] / "shared" / "real-pages"))
TITLES = (
    "关于印发《2026年度工作要点》的通知",
    "关于做好2025-2026年采暖季供热工作的通知",
    "某某局2026年公开招聘工作人员资格复审公告",
    "4月26日领导接待来访群众纪实",
)
DAYS = (date(2026, 11, 20), date(2026, 10, 9), date(2026, 3, 5), date(2025, 12, 31))
HEAD = (
    '<div class="header">今天是2026年11月23日 星期一<a href="/">首页</a></div><div class="menu"><ul>'
    '<li><a href="/zwgk/">政务公开</a></li><li><a href="/xxgk/xxgkzn/">政府信息公开指南</a></li></ul></div>'
)
FOOT = (
    '<div class="footer"><ul><li><a href="/about/about.html">关于本网站的说明</a><span>2026-11-23</span></li></ul>'
    "版权所有 © 2016-2026 电话0350-3030303</div>"
)


def home_rows(page: Page, *, today: date) -> tuple[Row, ...]:
    return listing.home_rows(listing.read_candidates(page, today=today))


def a_page(body: str, url: str = URL) -> Page:
    return Page(url, f"<html><head><title>通知公告</title></head><body>{HEAD}{body}{FOOT}</body></html>")


def a_listing(body: str, url: str = URL, template: frozenset[str] = frozenset()) -> Listing:
    return read_listing(a_page(body, url), today=TODAY, template=template)


def of_rows(form: str, before: str = "", after: str = "") -> str:
    """A list of four rows; in `form`: t title, i number, and y, m, d of its day, dd and mm with two digits."""
    made = []
    for i, (title, day) in enumerate(zip(TITLES, DAYS, strict=True), 1):
        parts = {"y": day.year, "m": day.month, "d": day.day, "mm": f"{day:%m}", "dd": f"{day:%d}"}
        made.append(form.format(t=title, i=i, iso=day.isoformat(), **parts))
    return before + "\n".join(made) + after


LISTS = {
    "span after": of_rows('<li><a href="./c/{i}.html">{t}</a><span>{iso}</span></li>', "<ul>", "</ul>"),
    "brackets": of_rows('<li><a href="./c/{i}.html">{t}</a><span>[{iso}]</span></li>', "<ul class=l>", "</ul>"),
    "before": of_rows('<li><i>{y}.{mm}.{dd}</i> <a href="./c/{i}.html">{t}</a></li>', "<ul>", "</ul>"),
    "chinese": of_rows('<li><a href="./c/{i}.html">{t}</a><em>{y}年{m}月{d}日</em></li>', "<ul>", "</ul>"),
    "slash and time": of_rows('<li><a href="./c/{i}.html">{t}</a> {y}/{m}/{d} 09:30:00</li>', "<ul>", "</ul>"),
    "dl each": of_rows('<dl><dt><a href="./c/{i}.html">{t}</a></dt><dd>{iso}</dd></dl>', "<div>", "</div>"),
    "dl one": of_rows('<dt><a href="./c/{i}.html">{t}</a></dt><dd>{iso}</dd>', "<dl>", "</dl>"),
    "dl turned": of_rows('<dt>{iso}</dt><dd><a href="./c/{i}.html">{t}</a></dd>', "<dl>", "</dl>"),
    "dd pair": of_rows('<dl><dd><a href="./c/{i}.html">{t}</a></dd><dd>{iso}</dd></dl>', "<div>", "</div>"),
    "table": of_rows(
        '<tr><td>{i}</td><td><a href="./c/{i}.html">{t}</a></td><td nowrap>{iso}</td></tr>', "<table>", "</table>"
    ),
    "table with head": of_rows(
        '<tr><td><a href="./c/{i}.html">{t}</a></td><td>忻政发〔2026〕{i}号</td><td>2020-01-0{i}</td><td>{iso}</td></tr>',
        "<table><tr><th>名称</th><th>文号</th><th>成文日期</th><th>发布日期</th></tr>",
        "</table>",
    ),
    "table with deadline": of_rows(
        '<tr><td><a href="./c/{i}.html">{t}</a></td><td>{iso}</td><td>2026-11-22</td></tr>',
        "<table><tr><td>名称</td><td>发布时间</td><td>截止时间</td></tr>",
        "</table>",
    ),
    "cards day first": of_rows(
        '<div class="card"><div class="time"><b>{dd}</b><span>{y}-{mm}</span></div><div class="txt">'
        '<a href="./c/{i}.html">{t}</a><p>为了落实2024年1月1日起施行的规定，现将有关情况说明如下，请结合实际抓好落实……</p></div></div>',
        '<div class="cards">',
        "</div>",
    ),
    "cards year first": of_rows(
        '<div class="card"><p class="y">{y}年{m}月</p><p class="d">{d}</p><h3><a href="./c/{i}.html">{t}</a></h3></div>',
        '<div class="cards">',
        "</div>",
    ),
    "split in three": of_rows(
        '<li><span>{y}</span><em>{mm}</em>/<i>{dd}</i><a href="./c/{i}.html">{t}</a></li>', "<ul>", "</ul>"
    ),
    "whole row is the link": of_rows(
        '<a class="item" href="./c/{i}.html"><h3>{t}</h3><p>摘要：4月26日有关情况的简要说明文字一段。</p><span>{iso}</span></a>',
        "<div>",
        "</div>",
    ),
    "cells in the link": of_rows(
        '<a href="./c/{i}.html"><p>{t}</p><p>{dd}</p><p>{y}-{mm}</p></a>', '<div class="s">', "</div>"
    ),
    "cells in the link, day first": of_rows(
        '<li><a href="./c/{i}.html"><b>{dd}</b><i>{y}-{mm}</i>{t}</a></li>', '<ul class="s">', "</ul>"
    ),
    "glued to the end": of_rows('<li>· <a href="./c/{i}.html">{t}({iso})</a></li>', "<ul>", "</ul>"),
    "glued to the start": of_rows('<li><a href="./c/{i}.html">[{iso}]{t}</a></li>', "<ul>", "</ul>"),
    "flat": of_rows('<a href="./c/{i}.html">{t}</a> <font>{iso}</font><br>', '<div class="con">', "</div>"),
    "flat, date first": of_rows('<span>{iso}</span> <a href="./c/{i}.html">{t}</a><br>', '<div class="con">', "</div>"),
    "two lists in a row of a table": of_rows(
        '<tr><td><a href="./c/{i}.html">{t}</a></td><td>{iso}</td></tr>', "<table><tbody>", "</tbody></table>"
    ),
    "tool tip in the row": of_rows(
        '<li><div><a href="./c/{i}.html" title="{t}">{t}</a><div class="tip" style="display:none"><table><tr><td>发布机构</td>'
        "<td>某局</td></tr><tr><td>成文日期</td><td>2026-11-22</td></tr><tr><td>发布日期</td><td>{iso}</td></tr></table></div>"
        "</div><div>{iso}</div></li>",
        "<ul>",
        "</ul>",
    ),
    "department link and attachment": of_rows(
        '<li><a href="/bm/">[财政局]</a><a href="./c/{i}.html">{t}</a><a href="./c/{i}.pdf">附件</a><span>{iso}</span></li>',
        "<ul>",
        "</ul>",
    ),
    "picture and title": of_rows(
        '<li><a href="./c/{i}.html"><img src="/i/{i}.jpg"></a><a href="./c/{i}.html">{t}</a><span>{iso}</span></li>',
        "<ul>",
        "</ul>",
    ),
    "labelled": of_rows(
        '<li><a href="./c/{i}.html">{t}</a><p>成文日期：2020-01-01 发布时间：{iso} 浏览：35</p></li>', "<ul>", "</ul>"
    ),
    "classes of state": of_rows(
        '<li class="n{i}"><a href="./c/{i}.html">{t}</a><span class="on{i}">{iso}</span></li>',
        '<ul class="l1">',
        "</ul>",
    ),
    "jpage": of_rows(
        '<record><![CDATA[<li><a href="./c/{i}.html">{t}</a><span>[{iso}]</span></li>]]></record>',
        '<div id="1042"></div><script type="text/xml"><datastore><nextgroup><![CDATA[<a href="/module/web/jpage/dataproxy.jsp'
        '?startrecord=46&endrecord=90"></a>]]></nextgroup><recordset>',
        "</recordset></datastore></script>",
    ),
    "the link only says 查看": of_rows(
        '<tr><td>{i}</td><td>{t}</td><td>{iso}</td><td><a href="./c/{i}.html">查看</a></td></tr>', "<table>", "</table>"
    ),
    "counts of visits": of_rows(
        '<li><a href="./c/{i}.html">{t}</a><p>访问量：35 来源：某局办公室</p><span>{iso}</span></li>', "<ul>", "</ul>"
    ),
    "rows named hot or top": of_rows(
        '<li class="hot top"><a href="./c/{i}.html">{t}</a><span>{iso}</span></li>',
        '<div class="page"><ul>',
        "</ul></div>",
    ),
    "json": of_rows(
        '{{"title":"{t}","url":"./c/{i}.html","pubDate":"{iso} 08:00"}},',
        "<ul id=list></ul><script>var data = [",
        '{"title":"","url":"","pubDate":""}];</script>',
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_rows_of_every_layout(name: str) -> None:
    rows = a_listing(LISTS[name]).rows
    assert [(squeeze(r.title), r.published) for r in rows] == [
        (squeeze(t), d) for t, d in zip(TITLES, DAYS, strict=True)
    ]
    assert [r.url for r in rows] == [f"{URL}c/{i}.html" for i in range(1, 5)]
    assert {r.dated_by for r in rows} == {"row"}


@pytest.mark.parametrize("name", LISTS)
def test_the_home_page_shows_the_same_rows(name: str) -> None:
    rows = home_rows(a_page(LISTS[name], "http://www.a.gov.cn/"), today=TODAY)
    assert [r.published for r in rows] == list(DAYS)


@pytest.mark.parametrize(
    "form",
    [
        "<li><a href='./c/{i}.html'>{t}</a><span>{mm}-{dd}</span></li>",
        "<li><span>({mm}-{dd})</span><a href='./c/{i}.html'>{t}</a></li>",
        "<li><a href='./c/{i}.html'>{t}</a><span>{mm}月{dd}日</span></li>",
        "<li><em>{mm}</em>/<i>{dd}</i><a href='./c/{i}.html'>{t}</a></li>",
        "<li><em>{d}</em><i>{m}月</i><a href='./c/{i}.html'>{t}</a></li>",
        "<li><a href='./c/{i}.html'>{t} [{mm}-{dd}]</a></li>",
        "<li><a href='./c/{i}.html'>{t}</a><span>{mm}.{dd}</span></li>",
    ],
)
def test_days_without_year(form: str) -> None:
    rows = a_listing(of_rows(form, "<ul>", "</ul>")).rows
    assert [r.published for r in rows] == list(DAYS)
    assert [squeeze(r.title) for r in rows] == [squeeze(t) for t in TITLES]


def test_a_month_day_list_over_two_new_years() -> None:
    days = [TODAY - timedelta(days=40 * n) for n in range(20)]
    body = "".join(
        f"<li><a href='/c/{n}.html'>某项工作的通知</a><span>{d:%m-%d}</span></li>" for n, d in enumerate(days)
    )
    assert [r.published for r in a_listing(f"<ul>{body}</ul>").rows] == days


def test_the_address_settles_the_year_of_a_row() -> None:
    body = "<li><a href='./202411/t20241120_1.html'>关于某项工作的通知</a><span>11-20</span></li>"
    assert a_listing(f"<ul>{body}</ul>").rows[0].published == date(2024, 11, 20)


def test_pinned_rows_keep_their_place_and_are_marked() -> None:
    body = (
        "<ul><li><a href='./1.html'>办事指南（长期有效）</a><img src='/images/zd.gif' alt='置顶'><span>2025-08-28</span></li>"
        "<li><a href='./2.html'>【置顶】关于某项工作的公告</a><span>2025-10-17</span></li>"
        "<li><a href='./3.html'>关于某项规划的公示</a><span>2026-09-15</span></li></ul>"
    )
    rows = a_listing(body).rows
    assert [r.pinned for r in rows] == [True, True, False]
    assert max(r.published for r in rows if r.published) == date(2026, 9, 15)


def test_full_title_from_the_attribute() -> None:
    body = "<ul><li><a href='./1.html' title='关于做好某项工作的通知（全文）'>关于做好某项…</a><span>2026-11-01</span></li></ul>"
    assert a_listing(body).rows[0].title == "关于做好某项工作的通知(全文)"


def test_labels_in_a_title_attribute_are_no_title() -> None:
    body = (
        "<ul><li><a href='/Item/1.aspx' title='标题：坚守一线守护平安\n点击数：13\n发表时间：26年10月08日'>坚守一线守护平安</a>"
        "<span>10-08</span></li></ul>"
    )
    assert a_listing(body).rows[0].title == "坚守一线守护平安"


def test_rows_leave_for_other_hosts_and_attachments() -> None:
    body = (
        "<ul><li><a href='https://mp.weixin.qq.com/s/abc'>微信推文：本地新闻一则</a><span>2026-11-01</span></li>"
        "<li><a href='./W020261015372819203948.pdf'>某局2026年部门预算公开说明</a></li>"
        "<li><a href='./202609/t20260930_1.html'>无日期显示的一条通知公告</a></li></ul>"
    )
    rows = a_listing(body).rows
    assert [(r.published, r.dated_by) for r in rows] == [
        (date(2026, 11, 1), "row"),
        (date(2026, 10, 15), "file"),
        (date(2026, 9, 30), "url"),
    ]


def test_an_undated_list_gives_undated_rows() -> None:
    body = "".join(f"<li><a href='/content/post_{n}.html'>{title}</a></li>" for n, title in enumerate(TITLES))
    listing = a_listing(f"<ul>{body}</ul>")
    assert [r.published for r in listing.rows] == [None] * 4
    assert listing.unseen is None


def test_a_menu_is_no_list() -> None:
    body = (
        '<div class="left"><ul><li><a href="/xxgk/zn/">政府信息公开指南</a></li><li><a href="/xxgk/zd/">政府信息公开制度</a></li>'
        '<li><a href="/xxgk/fd/">法定主动公开内容</a></li></ul></div><div class="right">暂无内容</div>'
    )
    assert a_listing(body) == Listing()


def test_addresses_of_the_frame_alone_are_no_list() -> None:
    box = (
        "<div class='box'><ul>"
        + "".join(
            f"<li><a href='/news/{n}.html'>最近的一条新闻标题</a><span>2026-11-2{n}</span></li>" for n in range(3)
        )
        + "</ul></div>"
    )
    frame = frozenset(f"http://www.a.gov.cn/news/{n}.html" for n in range(3))
    assert a_listing(box + "<div class='main'>暂无数据</div>", template=frame).rows == ()
    main = "<div class='main'><ul><li><a href='./1.html'>本栏目的一条旧通知</a><span>2024-01-02</span></li></ul></div>"
    assert [r.published for r in a_listing(box + main, template=frame).rows] == [date(2024, 1, 2)]
    # Items of the list that the box shows as well are still items of the list.
    twice = main.replace("</ul>", "<li><a href='/news/0.html'>最近的一条新闻标题</a><span>2026-11-20</span></li></ul>")
    assert len(a_listing(box + twice, template=frame).rows) == 2


def test_the_column_beats_a_fuller_side_box() -> None:
    side = (
        "<div class='side-hot'><ul>"
        + "".join(
            f"<li><a href='/xw/{n}.html'>热点推荐的一条新闻标题</a><span>2026-11-2{n}</span></li>" for n in range(3)
        )
        + "</ul></div>"
    )
    main = (
        "<div class='main'><ul><li><a href='./1.html'>本栏目唯一的一条通知</a><span>2024-01-02</span></li></ul></div>"
    )
    assert [r.published for r in a_listing(side + main).rows] == [date(2024, 1, 2)]


def test_own_items_without_dates_beat_a_dated_box_of_others() -> None:
    box = (
        "<div class='box'><ul>"
        + "".join(
            f"<li><a href='/xw/{n}.html'>别的栏目的一条旧闻标题</a><span>2024-01-0{n}</span></li>" for n in range(1, 4)
        )
        + "</ul></div>"
    )
    own = of_rows('<li><a href="./202611/c_{i}.html">{t}</a></li>', "<div class='main'><ul>", "</ul></div>")
    assert [r.published for r in a_listing(box + own).rows] == [None] * 4


def test_a_headline_above_the_list_belongs_to_it() -> None:
    body = (
        "<div class='first'><h2><a href='./202611/t20261120_9.html'>头条：最新的一条本栏目消息</a></h2><span>2026-11-20</span></div>"
        + of_rows(
            '<li><a href="./202601/t20260105_{i}.html">{t}</a><span>2026-01-0{i}</span></li>', "<ul class=l>", "</ul>"
        )
    )
    rows = a_listing(body).rows
    assert [r.published for r in rows][:1] == [date(2026, 11, 20)]
    assert len(rows) == 5


@pytest.mark.parametrize(
    "body",
    [
        "<div>发布时间：2026-11-20 来源：<a href='/x/'>某某县人民政府办公室</a></div><p>正文自2024年1月1日起施行。</p>",
        "<ul><li>上一篇：<a href='1.html'>关于第一件事情的通知</a><span>2026-11-20</span></li></ul>",
        "<ul><li><a href='1.html'>下一篇：关于第一件事情的通知</a><span>2026-11-20</span></li></ul>",
    ],
)
def test_an_article_is_no_list(body: str) -> None:
    assert a_listing(body).rows == ()


def test_comments_are_no_rows() -> None:
    body = "<!-- <ul><li><a href='./9.html'>旧模板里的一条通知公告</a><span>2026-11-22</span></li></ul> -->"
    listing = a_listing(body + LISTS["span after"])
    assert [r.published for r in listing.rows] == list(DAYS)


@pytest.mark.parametrize(
    "poison",
    [
        "<div class='top'><a href='/sy/sy.html'>设为您的浏览器首页</a><span>2026年11月23日 星期一</span></div>",
        "<div class='w'><span>2026年11月23日</span><a href='/wza/'>无障碍浏览</a></div>",
        "<p>今天是2026年11月23日 <a href='/tq/tq.html'>查看本地天气预报情况</a></p>",
        "<div id='calendar'><table><tr><td><a href='/d/23.html'>本日活动安排一览表</a>2026-11-23</td></tr></table></div>",
        "<div class='copyright'><a href='/x/about.html'>本网站的版权说明文字</a> 2016-2026 2026-11-23</div>",
        "<div>访问量 20261123 <a href='/x/tj.html'>网站访问统计情况说明</a> 第1/12页 电话0350-3021234</div>",
        "<div><a href='http://10.1.2.3/login.html'>内部办公系统登录入口</a> 10.20.11.22</div>",
    ],
)
def test_poison_dates_on_a_home_page(poison: str) -> None:
    page = a_page(poison + LISTS["span after"], "http://www.a.gov.cn/")
    assert [r.published for r in home_rows(page, today=TODAY)] == list(DAYS)
    assert [r.published for r in home_rows(a_page(poison, "http://www.a.gov.cn/"), today=TODAY) if r.published] == []


def test_home_rows_take_all_lists_and_each_address_once() -> None:
    body = (
        "<div class='carousel'><a href='/xw/202611/t20261119_1.html'><img src='1.jpg' alt='某会议召开'></a>"
        "<a href='/xw/202611/t20261119_1.html'><img src='1.jpg' alt='某会议召开'></a></div>"
        "<div class='tab' style='display:none'><ul><li><a href='/gg/1.html'>某公告标题一条</a><span>11-18</span></li></ul></div>"
        "<div class='news'><ul><li><a href='/xw/202611/t20261119_1.html'>某会议召开</a><span>11-19</span></li>"
        "<li><a href='/xw/2.html'>另一次会议召开</a><span>11-17</span></li></ul></div>"
    )
    rows = home_rows(a_page(body, "http://www.a.gov.cn/"), today=TODAY)
    assert sorted(str(r.published) for r in rows) == ["2026-11-17", "2026-11-18", "2026-11-19"]
    assert {r.dated_by for r in rows} == {"row"}


PAGERS = {
    "TRS": (
        '<script>createPageHTML(4, 0, "index", "html");</script>',
        ["index_1.html", "index_2.html", "index_3.html"],
        4,
    ),
    "TRS with count": (
        "<script>createPageHTML(3, 0, 'index', 'shtml', 41);</script>",
        ["index_1.shtml", "index_2.shtml"],
        3,
    ),
    "commented call, live count": (
        '<script>//createPageHTML(9, 0, "index", "html");\nvar countPage = 3; var currentPage = 0;'
        'document.write("<a href=index_" + 1 + ".html>");</script>',
        ["index_1.html", "index_2.html"],
        3,
    ),
    "in a comment": ('<!-- <script>createPageHTML(9, 0, "index", "html");</script> -->', [], None),
    "block comment": ('<script>/* createPageHTML(9, 0, "index", "html"); */</script>', [], None),
    "counted from one": (
        "<script>createPageHTML('page_div', 3, 1, 'index', 'shtml', 40);</script>",
        ["index_2.shtml", "index_3.shtml"],
        3,
    ),
    "one page": ('<script>createPageHTML(1, 0, "index", "html");</script>', [], 1),
    "links": (
        '<div>第1/12页 <a href="index_1.html">下一页</a> <a href="index_11.html">尾页</a></div>',
        ["index_1.html"],
        12,
    ),
    "numbers": (
        '<div><a href="?page=1">1</a><a href="?page=2">2</a><a href="?page=3">3</a><a href="?page=2">下页</a> 共5页</div>',
        ["?page=2", "?page=3", "?page=4", "?page=5"],
        5,
    ),
}


@pytest.mark.parametrize("name", PAGERS)
def test_pages_that_follow(name: str) -> None:
    markup, pages, total = PAGERS[name]
    listing = a_listing(LISTS["span after"] + markup)
    assert list(listing.next_pages) == [URL + page for page in pages]
    assert listing.pages_total == total


def test_pages_that_count_downwards() -> None:
    markup = "<div>共45条 1/4 <a href='tzgg/3.htm'>2</a><a href='tzgg/2.htm'>3</a><a href='tzgg/3.htm'>下页</a></div>"
    listing = a_listing(LISTS["span after"] + markup, "http://www.a.gov.cn/tzgg.htm")
    assert list(listing.next_pages) == [f"http://www.a.gov.cn/tzgg/{n}.htm" for n in (3, 2, 1)]


def test_a_count_of_records_says_that_more_pages_are_turned_by_a_script() -> None:
    listing = a_listing(LISTS["span after"] + "<script>var recordCount = 9; //var recordCount = 90</script>")
    assert (listing.pages_total, listing.next_pages) == (3, ())


def test_at_most_twenty_pages_and_only_those_that_follow() -> None:
    listing = a_listing(
        LISTS["span after"] + '<script>createPageHTML(287,30,"index","shtml");</script>', URL + "index_30.shtml"
    )
    assert len(listing.next_pages) == 20
    assert listing.next_pages[0] == URL + "index_31.shtml"


@pytest.mark.parametrize(
    "body",
    [
        '<ul class="list"></ul><script>$.ajax({url:"/api/list",success:function(r){$(".list").html(r.html)}});</script>',
        '<div id="newslist"></div><script>fetch("/irs/front/list",{method:"POST"}).then(show)</script>',
        '<ul id="con"></ul><script>var x=new XMLHttpRequest();x.open("POST","/fjdzapp/search");</script>',
        '<div id="app"></div><script src="/js/vue.min.js"></script>',
        '<ul><li v-for="x in items"><a :href="x.url">{{x.title}}</a></li></ul>',
        '<ul><li ng-repeat="x in items"><a>{{x.title}}</a></li></ul>',
        '<ul style="display:none"><li ms-repeat="docs"><a ms-attr-href="el.url"></a></li></ul>',
        "<div><a href='{{url}}'>{{title}}</a></div>",
        '<script type="text/html" id="tpl"><li><a href="<%=url%>"><%=title%></a></li></script>',
        '<div id="1042" class="default_pgContainer"></div><script src="/jpage.js?dataproxy.jsp"></script>',
        '<script type="text/xml"><datastore><recordset></recordset></datastore></script>',
        '<div class="list"><script>for(var i=0;i<n;i++){document.write("<li><a href="+u[i]+">"+t[i]+"</a></li>")}</script></div>',
        '<div class="page"><script>createPageHTML(7, 0, "index", "html");</script></div>',
        "<div class='list'></div><script>var recordCount = 20;</script>",
    ],
)
def test_a_list_that_a_script_makes_is_unseen(body: str) -> None:
    listing = a_listing(body)
    assert listing.rows == ()
    assert listing.unseen


@pytest.mark.parametrize(
    "body",
    [
        '<div class="list">暂无数据</div>',
        '<ul class="list"></ul><script src="/js/jquery.min.js"></script>',
        '<ul class="list"></ul><script>$(function(){$(".menu li").hover(function(){$(this).show()})});</script>',
        '<ul class="list"></ul><script>$.get("/visit/count.jsp?id=1");</script>',
        '<ul class="list"></ul><script>$.ajax({url:"/weather.do",success:function(d){$("#tq").html(d)}});</script>',
        '<ul class="list"></ul><script>var _hmt=_hmt||[];document.write("<script src=//hm.baidu.com/h.js></"+"script>");</script>',
        '<ul></ul><script>//$.ajax({url:"/api/list"})</script>',
        '<ul></ul><script>createPageHTML(1, 0, "index", "html");</script>',
        '<div class="header"><ul><li ms-repeat="words">{{el}}</li></ul></div><div>栏目建设中，敬请期待</div>',
        '<!-- <ul><li v-for="x in y">{{x}}</li></ul> --><p>敬请期待</p>',
        '<script type="text/xml"><datastore><totalrecord>0</totalrecord><recordset></recordset></datastore></script>',
    ],
)
def test_a_plain_blank_column_is_seen_whole(body: str) -> None:
    assert a_listing(body) == Listing(pages_total=1 if "createPage" in body else None)


def test_rows_beside_a_script_are_rows() -> None:
    listing = a_listing(LISTS["span after"] + '<ul ms-repeat="more"></ul><script>$.ajax({url:"/api"})</script>')
    assert len(listing.rows) == 4
    assert listing.unseen is None


@given(st.text(alphabet="<>/=\"'ulidavtrsp -2026年月日通知公告{}[]", max_size=120))
def test_any_markup_is_survived(text: str) -> None:
    read_listing(Page(URL, text), today=TODAY)
    home_rows(Page(URL, text), today=TODAY)


@given(st.lists(st.dates(date(2001, 1, 1), TODAY), min_size=1, max_size=25, unique=True), st.integers(0, 4))
def test_every_dated_row_of_a_list_is_found(days: list[date], form: int) -> None:
    shown = ("{0:%Y-%m-%d}", "[{0:%Y/%m/%d}]", "{0.year}年{0.month}月{0.day}日", "{0:%Y.%m.%d}", "{0:%Y-%m-%d} 08:00")[
        form
    ]
    body = "".join(
        f'<li><a href="./c/{n}.html">{TITLES[n % 4]}</a><span>{shown.format(day)}</span></li>'
        for n, day in enumerate(days)
    )
    assert [r.published for r in a_listing(f"<ul>{body}</ul>").rows] == days


def labels() -> list[dict[str, object]]:
    if not (REAL / "labels.jsonl").exists():
        return []
    return [json.loads(line) for line in (REAL / "labels.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.skipif(not labels(), reason="the saved real pages are not here")
@pytest.mark.parametrize("label", [x for x in labels() if x.get("list_items")], ids=lambda x: str(x["file"]))
def test_real_lists(label: dict[str, object]) -> None:
    page = Page(str(label["url"] or "http://x.gov.cn/a/"), (REAL / str(label["file"])).read_text("utf-8"))
    rows = read_listing(page, today=TODAY).rows
    shown = {squeeze(r.title): r.published for r in rows}
    assert str(max(d for d in shown.values() if d)) == label["newest_item_date"]
    twice = 7 if label["file"] == "hd.gov.cn/xxgk_board.html" else 0  # addresses that stand in two of its five lists
    assert len(rows) + twice == label["item_count"]
    for title, day, _ in label["list_items"]:  # type: ignore[attr-defined]
        cut = squeeze(title).rstrip(".")
        assert any(str(d) == day for t, d in shown.items() if t.startswith(cut)), title


@pytest.mark.skipif(not labels(), reason="the saved real pages are not here")
def test_the_real_home_page_shows_its_newest_notice() -> None:
    page = Page("http://x.gov.cn/index.html", (REAL / "pds-jyj-clone/home.html").read_text("utf-8"))
    rows = {r.title: r.published for r in home_rows(page, today=date(2020, 12, 30))}
    assert rows["岚皋县教育体育局关于公布2020年岚皋县市中小学创意智造大赛竞赛结果的通知"] == date(2020, 12, 24)
    assert len(rows) >= 30


SAVED = sorted(path.parent for path in (Path(__file__).parents[1] / "pages").glob("list_*/facts.json"))


def facts_of(folder: Path) -> dict[str, object]:
    """What is read from a saved page now, in the form of its `facts.json`."""
    kept = json.loads((folder / "facts.json").read_text("utf-8"))
    today = date.fromisoformat(kept["today"])
    page = Page(kept["url"], (folder / "page.html").read_text("utf-8"))
    found = read_listing(page, today=today)
    rows = [[r.title, r.url, str(r.published), r.dated_by, *(["pinned"] if r.pinned else [])] for r in found.rows]
    return {
        "url": kept["url"],
        "today": kept["today"],
        "rows": rows,
        "next_pages": list(found.next_pages),
        "pages_total": found.pages_total,
        "unseen": found.unseen,
    }


@pytest.mark.parametrize("folder", SAVED, ids=lambda folder: folder.name)
def test_saved_pages(folder: Path) -> None:
    assert facts_of(folder) == json.loads((folder / "facts.json").read_text("utf-8"))
