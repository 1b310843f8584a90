"""Which fault of the real web does each site have? One function a trait, one site a trait (cms.md 16).

`python -m tests.faults.city FOLDER` serves the city and writes FOLDER/units.csv, until it is stopped.
"""

from __future__ import annotations

import csv
import datetime as dt
import ipaddress
import itertools
import json
import secrets
import socket
import ssl
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from tests.faults.town import PLAIN, TODAY, Answer, Ask, Row, Town, ago, bomb, listen, shut, table_of

Trait = Callable[[Town], None]
TRAITS: dict[str, Trait] = {}
CANARY = Town("canary", "金丝", 254)  # no registry names it: nothing may connect to it
HTML = "text/html; charset=utf-8"
MEGABYTE = 1_000_000


def trait(make: Trait) -> Trait:
    """Register a trait under the name of its function."""
    TRAITS[make.__name__] = make
    return make


# Lists and dates


@trait
def well(t: Town) -> None:
    """The control: nothing is wrong here."""


@trait
def trs_list(t: Town) -> None:
    """News: two pinned old rows above fresh ones. Notices: long out of date, with a fresh list in a comment."""
    pinned = t.rows("yw", "{}党代会报告全文（第{}部分）", (700, 500), "/{column}/{day:%Y%m}/t{day:%Y%m%d}_9{n}.shtml")
    t.news = pinned + t.news
    fresh = table_of(t.notices)
    t.notices = t.rows("tz", "{}关于第{}批项目的公示", (260, 300, 420), "/{column}/{day:%Y%m}/t{day:%Y%m%d}_8{n}.shtml")
    t.notices_page = lambda: (
        f"<!-- {fresh}<script>createPageHTML(9, 0, 'index', 'shtml')</script> -->{table_of(t.notices)}"
    )


def _brief(t: Town, count: int, address: str = PLAIN) -> list[Row]:
    """Rows that fill the first page of an annual-report column without being annual reports."""
    return t.rows("gk/nb", "{}政务公开工作简报第{}期", range(20, 20 + 7 * count, 7), address)


@trait
def trs_pager(t: Town) -> None:
    """The reports stand on the second page, index_1; `countPage` says two pages, a commented createPageHTML nine."""
    briefs, reports = _brief(t, 12), t.reports
    pager = '<div class="page"><script>//createPageHTML(9, {0}, "index", "shtml");\nvar countPage = 2;\nvar currentPage = {0};\ncreatePage(countPage, currentPage, "index", "shtml");</script></div>'
    t.reports_page = lambda: table_of(briefs) + pager.format(0)
    t.pages["/gk/nb/index_1.shtml"] = ("政府信息公开年报", lambda: table_of(reports) + pager.format(1))


@trait
def dates_conflict(t: Town) -> None:
    """News: addresses of yesterday with old shown days. Notices: shown lately with addresses of 2018."""
    t.news = [
        Row(r.title, f"/yw/{ago(n):%Y%m}/t{ago(n):%Y%m%d}_77{n}.shtml", ago(70 + 9 * n))
        for n, r in enumerate(t.news, 1)
    ]
    t.notices = [Row(r.title, f"/tz/201811/t201811{n:02}_66{n}.shtml", r.day) for n, r in enumerate(t.notices, 2)]
    for row in t.news + t.notices:
        t.article(row)
    t.pages["/"] = (t.title, lambda: table_of(t.notices))


def _datastore(rows: list[Row], more: str) -> str:
    records = "".join(
        f'<record><![CDATA[<li><a href="{r.path}" title="{r.title}" target="_blank">{r.title}</a><span class="bt-data-time">[{r.day}]</span></li>]]></record>'
        for r in rows
    )
    return f"<datastore>\n{more}<recordset>\n{records}</recordset></datastore>"


@trait
def jpage(t: Town) -> None:
    """Lists wait in <datastore>; the second group of the report column, with the reports, comes by dataproxy.jsp."""
    art = "/art/{day.year}/{day.month}/{day.day}/art_282_{n}.html"
    t.news = t.rows("yw", "{}第{}次常务会议召开", (2, 5, 9, 30), art)
    listed = {"282": t.news, "290": [*_brief(t, 15, art.replace("282", "290")), *t.reports]}

    def inline(column: str, unit: int, per: int) -> str:
        query = f"col=1&appid=1&webid=3&path=/&columnid={column}&sourceContentType=1&unitid={unit}&webname={t.title}&permissiontype=0"
        more = f'<nextgroup><![CDATA[<a href="/module/web/jpage/dataproxy.jsp?startrecord={per + 1}&endrecord={2 * per}&perpage={per}&{query}"></a>]]></nextgroup>\n'
        rows = listed[column]
        return (
            f'<div id="{unit}" class="default_pgContainer"><script type="text/xml">{_datastore(rows[:per], more if len(rows) > per else "")}</script></div>'
            f"<script>$(function(){{$('#{unit}').jpage({{'proxyUrl':'/module/web/jpage/dataproxy.jsp','perPage':{per},'startRecord':1,'endRecord':{per},"
            f"'totalRecord':{len(rows)},'dynamicParams':'{query}'}});}});</script>"
        )

    def proxy(ask: Ask) -> Answer:
        first, last = int(ask.form.get("startrecord", 1)), int(ask.form.get("endrecord", 15))
        rows = listed.get(ask.form.get("columnid", ""), [])
        xml = f"<?xml version='1.0' encoding='UTF-8'?>{_datastore(rows[first - 1 : last], f'<totalrecord>{len(rows)}</totalrecord>')}"
        return Answer(xml.encode(), type="text/xml;charset=utf-8")

    t.news_page = lambda: inline("282", 423656, 15)
    t.reports_page = lambda: inline("290", 423657, 15)
    t.raw["/module/web/jpage/dataproxy.jsp"] = proxy


@trait
def jpaas(t: Town) -> None:
    """The notice list comes as HTML in JSON from jpaas-publish-server."""
    unit = "/api-gateway/jpaas-publish-server/front/page/build/unit"
    query = "{'parseType':'bulidstatic','webId':'52','tplSetId':'MsPkwMwlYqOxItyOUpt7Y','pageType':'column','tagId':'列表新闻','editType':'null','pageId':'1638'}"
    t.notices_page = f'<div id="列表新闻"><script type="text/javascript" src="/jpaas-jpage/unitbuild.js" url="{unit}" queryData="{query}"></script></div>'
    t.raw["/jpaas-jpage/unitbuild.js"] = Answer(b"/* builds units */", type="application/javascript")

    def build(ask: Ask) -> Answer:
        if ask.form.get("pageId") != "1638":
            return Answer(json.dumps({"success": False, "code": "400", "data": None}).encode(), type="application/json")
        page = int(json.loads(ask.form.get("paramJson", "{}")).get("pageNo", 1))
        rows = table_of(t.notices if page == 1 else [])
        text = f'{rows}<div class="pagination" rows="15" count="{len(t.notices)}"></div>'
        return Answer(
            json.dumps({"success": True, "code": "200", "data": {"html": text}}).encode(), type="application/json"
        )

    t.raw[unit] = build


@trait
def vsb(t: Town) -> None:
    """Three pages of a 博达 list: the second is nb/2.htm and holds the reports, the last is nb/1.htm."""
    t.news = t.rows("info/1016", "{}举行第{}场新闻发布会", (2, 4, 9), "/{column}/{n}.htm")
    first, last = _brief(t, 15), t.rows("gk/nb", "{}往年公开工作总结第{}号", (2000, 2100), "/info/1031/{n}.htm")

    def page(number: int, rows: list[Row]) -> str:
        lines = "".join(
            f'<li id="line_u9_{n}"><a href="{r.path}">{r.title}</a><span>{r.day:%Y-%m-%d}</span></li>'
            for n, r in enumerate(rows)
        )
        after = {1: "/gk/nb/2.htm", 2: "/gk/nb/1.htm"}.get(number)
        nextly = (
            f'<span class="p_next p_fun"><a href="{after}">下页</a></span><span class="p_last p_fun"><a href="/gk/nb/1.htm">尾页</a></span>'
            if after
            else ""
        )
        total = len(first) + len(t.reports) + len(last)
        return f'<ul>{lines}</ul><div class="pb_sys_common"><span class="p_pages"><span class="p_t">共{total}条</span><span class="p_t">{number}/3</span>{nextly}</span></div>'

    del t.sections["/gk/nb/"], t.pages["/gk/nb/"]
    t.sections["/gk/nb.htm"] = name = "政府信息公开年报"
    t.pages["/gk/nb.htm"] = (name, lambda: page(1, first))
    t.pages["/gk/nb/2.htm"] = (name, lambda: page(2, t.reports))
    t.pages["/gk/nb/1.htm"] = (name, lambda: page(3, last))


@trait
def banner(t: Town) -> None:
    """Tables with 年月日; every page says which day today is. The news are 40 days old and must not become fresh."""
    t.top = f"<div class='today'>今天是{TODAY.year}年{TODAY.month}月{TODAY.day}日 欢迎您访问</div><div id='date'>今天是{TODAY}</div>"
    t.news = t.rows("yw", "{}第{}期领导调研", (40, 55, 90), PLAIN)
    t.notices = t.rows("tz", "{}第{}号公告", (9, 33, 60), PLAIN)

    def lines(rows: list[Row]) -> str:
        cells = "".join(
            f'<tr><td width="80%"><a href="{r.path}">{r.title}</a></td><td>{r.day.year}年{r.day.month}月{r.day.day}日</td></tr>'
            for r in rows
        )
        return f"<table>{cells}</table>"

    t.news_page = lambda: lines(t.news)
    t.notices_page = lambda: lines(t.notices)
    t.pages["/"] = (t.title, lambda: lines(t.notices))


@trait
def new_year(t: Town) -> None:
    """Days without a year. News run from yesterday back over the New Year; the newest notice is 345 days old."""
    since = (TODAY - dt.date(TODAY.year, 1, 1)).days
    _yearless(t, sorted({1, 4 + since // 2, since + 6, since + 45}), (345, 352, 359))


@trait
def new_year_carried(t: Town) -> None:
    """As before, but the notices go on behind today's day of last year: only the rows above tell their year."""
    _yearless(t, (2, 5, 11), (345, 352, 368, 380))


def _yearless(t: Town, news: Sequence[int], notices: Sequence[int]) -> None:
    """News and notices so many days old whose days are shown without the year, and whose articles show none."""
    t.news = t.rows("yw", "{}第{}次调度会召开", news, PLAIN)
    t.notices = t.rows("tz", "{}第{}号通告", notices, PLAIN)
    t.pages["/"] = (t.title, lambda: table_of(t.news))
    for row in t.news + t.notices:
        t.pages[row.path] = (
            row.title,
            f"<h1>{row.title}</h1><p>{row.title}，各单位遵照执行，具体事项请咨询县政府办公室。</p>",
        )
    t.news_page = lambda: table_of(t.news, "({:%m-%d})")
    t.notices_page = lambda: table_of(t.notices, "[{:%m-%d}]")


@trait
def split_day(t: Town) -> None:
    """The day stands in one cell and year and month in another. News are fresh, notices 400 days old."""
    t.news = t.rows("yw", "{}第{}次会议", (2, 9, 31, 62), PLAIN)
    t.notices = t.rows("tz", "{}第{}号意见", (400, 431, 470), PLAIN)

    def cells(rows: list[Row]) -> str:
        return "".join(
            f'<dl><dt><b>{r.day:%d}</b><span>{r.day:%Y-%m}</span></dt><dd><a href="{r.path}">{r.title}</a></dd></dl>'
            for r in rows
        )

    t.news_page = lambda: cells(t.news)
    t.notices_page = lambda: cells(t.notices)


@trait
def future(t: Town) -> None:
    """News: one row dated next year above stale ones. Notices: dated in the future one and all."""
    t.news = t.rows("yw", "{}第{}次集中学习", (-200, 45, 80, 99))
    t.notices = t.rows("tz", "{}第{}号预告", (-90, -120, -300))
    t.pages["/"] = (t.title, lambda: table_of(t.rows("sy", "{}要闻第{}条", (1, 3, 5))))


# Text


def _gbk(t: Town, header: str, meta: str) -> None:
    t.codec, t.type, t.meta = "gb18030", header, meta
    t.news = t.rows("yw", "镕基喆铄𠮷日：{}第{}次全会召开", (1, 4, 8))


@trait
def gb2312_holds_gbk(t: Town) -> None:
    """Declared gb2312, written in GB18030."""
    _gbk(t, "text/html", '<meta http-equiv="Content-Type" content="text/html; charset=gb2312">')


@trait
def gbk_undeclared(t: Town) -> None:
    """Written in GBK, declared nowhere."""
    _gbk(t, "text/html", "")


@trait
def header_utf8_body_gbk(t: Town) -> None:
    """The server's header says UTF-8; meta and bytes are GBK."""
    _gbk(t, HTML, '<meta charset="gbk">')


@trait
def header_latin_body_gbk(t: Town) -> None:
    """The server's header says ISO-8859-1; meta and bytes are GBK."""
    _gbk(t, "text/html; charset=ISO-8859-1", '<meta charset="gb2312">')


@trait
def meta_gb2312_body_utf8(t: Town) -> None:
    """Meta says gb2312, the bytes are UTF-8."""
    t.type, t.meta = "text/html", '<meta charset="gb2312">'


@trait
def meta_after_5k(t: Town) -> None:
    """The declaration stands behind 5 KB of comment and style."""
    _gbk(
        t,
        "text/html",
        "<!--" + "-" * 2600 + "-->" + "<style>" + "a{color:#333} " * 200 + '</style><meta charset="gbk">',
    )


# Ways in


def _behind(t: Town, door: str) -> None:
    """The home page moves to /portal/; `door` is what the address of the site answers."""
    t.pages["/portal/"] = t.pages.pop("/")
    t.raw["/"] = Answer(f"<html><head>{t.meta}<title>{t.title}</title>{door}</html>".encode())


@trait
def home_meta_refresh(t: Town) -> None:
    """A meta refresh leads to the home page."""
    _behind(t, '<meta http-equiv="refresh" content="0; url=portal/"></head><body></body>')


@trait
def home_by_script(t: Town) -> None:
    """A script leads to the home page."""
    _behind(t, '</head><body><script>window.location.href = "/portal/";</script></body>')


@trait
def home_frameset(t: Town) -> None:
    """Head, body and foot of the home page are three frames."""
    frames = (
        '<frame name="top" src="/top.htm" scrolling="no"><frame name="main" src="/main.htm"><frame src="/foot.htm">'
    )
    _behind(
        t, f'</head><frameset rows="120,*,80" border="0">{frames}<noframes>请使用支持框架的浏览器</noframes></frameset>'
    )
    t.pages.pop("/portal/")
    menu = "".join(f'<li><a href="{p}" target="_top">{n}</a></li>' for p, n in t.menu.items())
    parts = {
        "top": f"{t.entry}<ul class='nav'>{menu}</ul>",
        "main": table_of(t.news) + table_of(t.notices),
        "foot": t.foot,
    }
    for name, text in parts.items():
        t.raw[f"/{name}.htm"] = Answer(f"<html><head>{t.meta}</head><body>{text}</body></html>".encode())


@trait
def home_iframe(t: Town) -> None:
    """The home page is one iframe that fills the window."""
    _behind(
        t,
        '</head><body style="margin:0"><iframe src="/portal/" width="100%" height="100%" frameborder="0"></iframe></body>',
    )


# Answers that are not the page


def _everywhere(t: Town, answer: Answer) -> None:
    t.hook = lambda ask: answer


@trait
def soft_404(t: Town) -> None:
    """What is missing answers 200 in the frame of the site; the guide and one menu entry are missing."""
    words = "<div class='tip'><p>非常遗憾，您要找的内容跑到别处去了，请从上方的导航重新出发。</p></div>"
    t.missing = lambda ask: Answer(t.frame(ask.path, "温馨提醒", words).encode())
    t.menu["/zt/"] = "专题专栏"
    del t.pages["/gk/zn/"]


@trait
def all_home(t: Town) -> None:
    """What is missing is sent to the home page; the guide and one menu entry are missing."""
    t.missing = Answer(status=302, headers={"Location": "/"})
    t.menu["/zt/"] = "专题专栏"
    del t.pages["/gk/zn/"]


@trait
def maintenance(t: Town) -> None:
    """Each address says that the site is being upgraded."""
    _everywhere(
        t,
        Answer(
            "<html><head><title>系统升级</title></head><body><h2>网站维护中</h2><p>因系统升级改造，本网站暂停服务，给您带来不便敬请谅解。</p></body></html>".encode()
        ),
    )


@trait
def blank_column(t: Town) -> None:
    """The news column is an empty list, the leaders' column 栏目建设中."""
    t.news_page = '<ul class="list"></ul><p>暂无内容</p>'
    t.pages["/ld/"] = ("领导之窗", "<div class='list'>栏目建设中，敬请期待……</div>")
    t.pages["/"] = (t.title, lambda: table_of(t.news) + table_of(t.notices))


@trait
def script_column(t: Town) -> None:
    """The news list is made by an application of scripts that nobody can read without a browser."""
    t.news_page = '<div id="app"></div><script src="/static/js/chunk-vendors.3f2a91.js"></script><script src="/static/js/app.77be0c.js"></script>'
    for name in ("chunk-vendors.3f2a91", "app.77be0c"):
        t.raw[f"/static/js/{name}.js"] = Answer(
            b"(()=>{var t=atob(window.k||'');new Function(t)()})();", type="application/javascript"
        )


@trait
def drawn_column(t: Town) -> None:
    """The news list is written into the page by a script file of its own; a browser shows it."""
    t.news_page = '<div id="app"></div><script src="/static/js/draw.js"></script>'
    rows = json.dumps(table_of(t.news))
    script = f"document.getElementById('app').insertAdjacentHTML('beforeend', {rows});"
    t.raw["/static/js/draw.js"] = Answer(script.encode(), type="application/javascript")


@trait
def ruishu_412(t: Town) -> None:
    """瑞数: 412 with $_ts."""
    text = '<!DOCTYPE html><html><head><meta content="x7Yq" id="b" r="m"><script r="m">$_ts=window["$_ts"];if(!$_ts)$_ts={};$_ts.nsd=90815;$_ts.cd="qcr4cAqgqGqtqcE";</script><script src="/8ff2/a1.js" r="m"></script></head><body></body></html>'
    _everywhere(t, Answer(text.encode(), 412, headers={"Set-Cookie": "FSSBBIl1UgzbN7NO=5.abc; path=/"}))


@trait
def jiasule_521(t: Town) -> None:
    """加速乐: 521 with a script that sets __jsl_clearance."""
    text = "<script>document.cookie=('_')+('_')+('j')+('s')+('l')+'_clearance_s=1764000|-1|x;max-age=3600;path=/';location.href=location.pathname+location.search</script>"
    _everywhere(
        t, Answer(text.encode(), 521, headers={"Set-Cookie": "__jsluid_h=5d4c; path=/", "Server": "jiasule-waf"})
    )


@trait
def cloud_waf_403(t: Town) -> None:
    """A cloud firewall refuses."""
    _everywhere(
        t,
        Answer(
            "<html><head><title>拦截提示</title></head><body><h1>很抱歉，您提交的请求可能对网站造成威胁，请求已被管理员设置的策略阻断</h1><p>腾讯云Web应用防火墙 waf.tencent-cloud.com</p></body></html>".encode(),
            403,
        ),
    )


@trait
def aliyun_405(t: Town) -> None:
    """阿里云 refuses with 405."""
    _everywhere(
        t,
        Answer(
            '<html><head><title>405</title></head><body><div id="block_message">很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。</div><img src="https://errors.aliyun.com/images/TB1.png"></body></html>'.encode(),
            405,
            headers={"Set-Cookie": "acw_tc=76b20f; path=/"},
        ),
    )


@trait
def captcha_200(t: Town) -> None:
    """A sliding puzzle at status 200."""
    _everywhere(
        t,
        Answer(
            "<html><head><title>安全验证</title></head><body><div id='captcha'><p>访问过于频繁，请完成安全验证后继续访问</p><div class='slider'>请按住滑块，拖动到最右边</div></div></body></html>".encode()
        ),
    )


@trait
def empty_200(t: Town) -> None:
    """Nothing at all at status 200."""
    _everywhere(t, Answer())


def _cut(t: Town, path: str, before: str) -> None:
    """The page ends in front of these words, though the header promises all of it."""

    def short(ask: Ask) -> Answer:
        text = t.render(path)
        return Answer(text[: text.index(before)].encode(), length=len(text.encode()))

    t.raw[path] = short


@trait
def truncated(t: Town) -> None:
    """Cut off: the home page before its foot, the guide before its text, the news after two pinned old rows."""
    t.news = t.rows("yw", "{}党代会报告（第{}部分）", (700, 500), PLAIN) + t.news
    t.pages["/"] = (t.title, lambda: table_of(t.news[2:]) + table_of(t.notices))
    _cut(t, "/", '<div class="foot">')
    _cut(t, "/gk/zn/", "<p>")
    _cut(t, "/yw/", f'<li><a href="{t.news[2].path}"')


@trait
def wrong_length(t: Town) -> None:
    """Every page is whole, but its Content-Length promises a hundred bytes more."""

    def longer(ask: Ask) -> Answer | None:
        if ask.path not in t.pages:
            return None
        answer = t.page(ask.path)
        answer.length = len(answer.body) + 100
        return answer

    t.hook = longer


# Addresses and traps


@trait
def jsessionid(t: Town) -> None:
    """Each answer puts a new session into all links."""

    def worn(path: str, text: str) -> str:
        return (
            text.replace('.shtml"', f'.shtml;jsessionid={secrets.token_hex(16).upper()}"')
            .replace('/">', f'/;jsessionid={secrets.token_hex(16).upper()}">')
            .replace("/'>", f"/;jsessionid={secrets.token_hex(16).upper()}'>")
        )

    t.bent = worn
    t.hook = lambda ask: (
        t.answer(Ask(ask.method, ask.path.partition(";")[0], ask.query, ask.form)) if ";" in ask.path else None
    )


@trait
def calendar(t: Town) -> None:
    """A calendar without end: each month links to its days and to the months beside it."""
    t.menu[f"/rl/?year={TODAY.year}&month={TODAY.month}"] = "办事日历"

    def month(ask: Ask) -> Answer:
        at = int(ask.form.get("year", TODAY.year)) * 12 + int(ask.form.get("month", 1)) - 1
        days = "".join(
            f'<td><a href="/rl/?year={at // 12}&month={at % 12 + 1}&day={n}">{n}</a></td>' for n in range(1, 29)
        )
        turn = "".join(
            f'<a href="/rl/?year={m // 12}&month={m % 12 + 1}">{n}</a>'
            for m, n in ((at - 1, "上个月"), (at + 1, "下个月"))
        )
        return Answer(
            t.frame(
                "/rl/",
                "办事日历",
                f"<p>{at // 12}年{at % 12 + 1}月办事安排如下，各窗口照常受理业务，节假日除外。</p>{turn}<table><tr>{days}</tr></table>",
            ).encode()
        )

    t.raw["/rl/"] = month


@trait
def attachments(t: Town) -> None:
    """The guide is a PDF, notices are PDF, OFD and WPS files, and so are the reports; one weighs 30 MB."""
    types = {"pdf": "application/pdf", "ofd": "application/octet-stream", "wps": "application/vnd.ms-works"}
    heads = {
        "pdf": b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n",
        "ofd": b"PK\x03\x04" + b"\0" * 400,
        "wps": b"\xd0\xcf\x11\xe0" + b"\0" * 400,
    }

    def filed(rows: list[Row], column: str) -> list[Row]:
        made = []
        for n, (row, kind) in enumerate(zip(rows, itertools.cycle(("ofd", "pdf", "wps")))):
            path = f"/{column}/{row.day:%Y%m}/P0{row.day:%Y%m%d}3345678901{n}.{kind}"
            t.raw[path] = Answer(heads[kind], type=types[kind])
            made.append(Row(row.title, path, row.day))
        return made

    t.notices, t.reports = filed(t.notices, "tz"), filed(t.reports, "gk/nb")
    heavy = t.notices[0].path
    t.raw[heavy] = lambda ask: Answer(type="application/octet-stream", stream=_flood(30, b"\0"), length=30 * MEGABYTE)
    del t.sections["/gk/zn/"], t.pages["/gk/zn/"]
    t.sections = {"/gk/P020230110334567890123.pdf": "政府信息公开指南", **t.sections}
    t.raw["/gk/P020230110334567890123.pdf"] = Answer(heads["pdf"], type=types["pdf"])


@trait
def foreign_meta(t: Town) -> None:
    """The meta tags of another site came along with the template."""
    t.meta += '<META NAME="sitename" CONTENT=" 泽林市人民政府 "><meta content="http://www.zelin.example/" name="SiteDomain"><meta name="SiteIDCode" content="5001070012"><meta name="ColumnName" content=""><meta name="PubDate" content="2019-05-06 10:00">'


@trait
def aria_by_script(t: Town) -> None:
    """The only way to the accessible version is a script that another script writes."""
    t.entry, t.top = "", '<script src="/js/common.js"></script>'
    t.raw["/js/common.js"] = Answer(
        b"document.writeln(\"<script src='/wza/aria.js?appid=c5a1' charset='utf-8'><\\/script>\");",
        type="application/javascript",
    )
    t.raw["/wza/aria.js"] = Answer(b"var aria={start:function(){}};" * 20, type="application/javascript")


@trait
def aria_is_gone(t: Town) -> None:
    """As before, but the written script answers 404."""
    aria_by_script(t)
    del t.raw["/wza/aria.js"]


# Transport


@cache
def _certificate(kind: str) -> tuple[bytes, bytes]:
    """Certificate and key in PEM, signed by itself, for the city's addresses."""
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "www.example.gov.cn")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=30))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    return (
        made.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()),
    )


def _https(t: Town, kind: str, folder: Path) -> None:
    (folder / "cert.pem").write_bytes(b"".join(_certificate(kind)))
    t.scheme, t.tls = "https", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    t.tls.load_cert_chain(folder / "cert.pem")


@trait
def self_signed(t: Town) -> None:
    """HTTPS with a certificate that the site signed itself."""
    _https(t, "ec", t.folder)


@trait
def old_tls(t: Town) -> None:
    """HTTPS with TLS 1.0 and 1.1 only."""
    _https(t, "rsa", t.folder)
    assert t.tls is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        t.tls.minimum_version, t.tls.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    t.tls.set_ciphers("ALL:@SECLEVEL=0")


@trait
def ipv6_only(t: Town) -> None:
    """A host that has an IPv6 address and no other; a name where this machine has one for ::1 alone."""
    t.ip, t.host = "::1", "[::1]"
    with suppress(OSError):
        if {item[4][0] for item in socket.getaddrinfo("ip6-localhost", None)} == {"::1"}:
            t.host = "ip6-localhost"


@trait
def robots_is_html(t: Town) -> None:
    """robots.txt answers 200 with a page, in which words like rules stand."""
    t.raw["/robots.txt"] = Answer(
        f"<!DOCTYPE html><html><head><title>{t.title}</title></head><body><pre>\nUser-agent: *\nDisallow: /\n</pre></body></html>".encode()
    )


def _flood(megabytes: int, unit: bytes) -> Iterator[bytes]:
    block = (unit * (50_000 // len(unit) + 1))[:50_000]
    return itertools.repeat(block, megabytes * MEGABYTE // 50_000)


@trait
def gzip_bomb(t: Town) -> None:
    """The news column unpacks to 200 MB of blanks."""
    t.raw["/yw/"] = Answer(bomb(200 * MEGABYTE), headers={"Content-Encoding": "gzip"})


@trait
def huge_answers(t: Town) -> None:
    """200 MB: the notice column without a length, a film column that says its length."""
    line = "<p>全文如下，内容很长。</p>".encode()
    t.menu["/sp/"] = "影像资料"
    t.raw["/tz/"] = lambda ask: Answer(stream=_flood(200, line))
    t.raw["/sp/"] = lambda ask: Answer(stream=_flood(200, line), length=200 * MEGABYTE)


@trait
def slow_drip(t: Town) -> None:
    """The notice column sends a few bytes a second for minutes."""

    def drops() -> Iterator[bytes]:
        for n in range(200):
            yield f"<!-- {n} -->".encode()
            time.sleep(1)

    t.raw["/tz/"] = lambda ask: Answer(stream=drops())


@trait
def thousands_of_links(t: Town) -> None:
    """The home page links to 5 000 pages, and each of them answers."""
    walls = "".join(f'<a href="/w/{n}.html">{t.name}历年档案第{n}卷</a> ' for n in range(5000))
    t.pages["/"] = (t.title, lambda: f"{table_of(t.news)}{table_of(t.notices)}<div class='wall'>{walls}</div>")

    def volume(ask: Ask) -> Answer | None:
        number = ask.path.removeprefix("/w/").removesuffix(".html")
        if not number.isdecimal():
            return None
        year = 1949 + int(number) % 70
        text = f"<h1>档案第{number}卷</h1><p>第{number}卷收录{year}年全县档案目录{int(number) * 7 % 911 + 20}件，原件存于县档案馆，可凭有效证件到馆查阅。</p>"
        return Answer(t.frame(ask.path, f"档案第{number}卷", text).encode())

    t.hook = volume


@trait
def redirect_loop(t: Town) -> None:
    """The news column is sent round in a circle."""
    for here, there in (("/yw/", "/yw/a/"), ("/yw/a/", "/yw/b/"), ("/yw/b/", "/yw/a/")):
        t.raw[here] = Answer(status=302, headers={"Location": there})


@trait
def to_the_canary(t: Town) -> None:
    """Redirects, refreshes, frames, scripts and plain links lead to a loopback address that no registry names."""

    def at(host: str) -> str:
        return f"http://{host}:{CANARY.port}"

    away = at(CANARY.ip)
    number = int(ipaddress.ip_address(CANARY.ip))
    moved = {
        "/tz/": away,
        "/r1/": at(str(number)),
        "/r2/": at(f"[::ffff:{CANARY.ip}]"),
        "/r3/": at(f"{t.ip}@{CANARY.ip}"),
        "/r4/": at("127.0.4862"),
    }
    for path, target in moved.items():
        t.raw[path] = Answer(status=302, headers={"Location": f"{target}/tz/"})
    doors = {
        "/d1/": f'<meta http-equiv="refresh" content="0;url={away}/d1/">',
        "/d2/": f'<script>location.replace("{away}/d2/")</script>',
        "/d3/": f'<body><iframe src="{away}/d3/" width="100%" height="100%"></iframe></body>',
    }
    for path, door in doors.items():
        t.raw[path] = Answer(f"<html><head>{t.meta}<title>通道</title>{door}</html>".encode())
    t.menu |= {path: f"服务通道{n}" for n, path in enumerate([*moved, *doors], 1) if path != "/tz/"}
    t.menu[f"{away}/zs/"] = "直属机构"
    t.end = f'<script src="{away}/wza/aria.js?appid=1"></script><img src="{away}/i.png">'
    t.reports = [
        *t.reports,
        Row(f"{t.name}人民政府2019年政府信息公开工作年度报告", f"{away}/nb/2019.html", dt.date(2020, 1, 20)),
    ]


@dataclass
class City:
    """The served sites by trait; those that this machine cannot serve, with the reason."""

    towns: dict[str, Town] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def register(self, path: Path) -> None:
        """Write the units' registry."""
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            out = csv.writer(file)
            out.writerow(("单位", "类别", "网址", "网站标识码"))
            out.writerows((t.name, "县市区", t.url, t.code) for t in self.towns.values())


def names() -> Iterator[str]:
    """Names of counties that do not exist."""
    for second, first in itertools.product("阜坞泖湄汀浦埭墅垣埠", "澍霁昀珩琮瑭璟琰筠蓁"):
        yield f"{first}{second}县"


def _hindrance(t: Town) -> str | None:
    """Why this machine cannot offer the site to a visitor, or None."""
    try:
        with socket.create_connection((t.ip, t.port), 5) as plain:
            if t.tls is None:
                return None
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = ssl.TLSVersion.TLSv1
            context.set_ciphers("ALL:@SECLEVEL=0")
            with context.wrap_socket(plain):
                return None
    except OSError as error:
        return f"{type(error).__name__}: {error}"


@contextmanager
def opened(folder: Path) -> Iterator[City]:
    """Serve the whole city on loopback; certificates are kept in `folder`."""
    city, servers = City(), [listen(CANARY)]
    try:
        for number, ((key, make), name) in enumerate(zip(TRAITS.items(), names(), strict=False), 1):
            town = Town(key, name, number)
            town.folder = folder
            make(town)
            try:
                servers.append(listen(town))
                reason = _hindrance(town)
            except OSError as error:
                reason = f"{type(error).__name__}: {error}"
            if reason is None:
                city.towns[key] = town
            else:
                city.skipped[key] = reason
        yield city
    finally:
        for server in servers:
            shut(server)


if __name__ == "__main__":
    where = Path(sys.argv[1])
    with opened(where) as made:
        made.register(where / "units.csv")
        for key, reason in made.skipped.items():
            print(f"skipped {key}: {reason}")
        for town in made.towns.values():
            print(town.key, town.name, town.url, flush=True)
        sys.stdin.read()
