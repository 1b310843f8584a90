"""How do made-up sites look? Five families that write their pages as real systems do; each gives all pages of a site by path.

trs      static pages, createPageHTML paging with a dead call in a comment, meta tags, dates in brackets
jpage    Hanweb lists inside <script type="text/xml">, 年月日 dates, home page behind a meta refresh
table    GBK table pages with a 今天是 banner, month-day dates, menus in tables
framed   a 政府信息公开 board in a frame set, split date cells
modern   div cards, a drop-down menu that carries the board's columns, dates with slashes, home behind a script
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from zlib import crc32

from demo.site import Column, Item, Site

PER_PAGE = 6
NOT_FOUND = "<html><head><title>提示信息</title></head><body><p>您访问的页面不存在或已被删除</p><a href='/'>返回首页</a></body></html>"
_MENU_WORDS = ["职责权限", "办公地址", "服务时间"]


@dataclass(frozen=True)
class Page:
    """One answer: bytes, content type, status."""

    body: bytes
    kind: str = "text/html"
    status: int = 200


class Family:
    """What all families share; each overrides how a page is framed, a list written and an address made."""

    charset = "utf-8"
    declared = '<meta charset="utf-8">'
    bracket = "[{}]"

    def __init__(self, site: Site, prefix: str) -> None:
        self.site, self.prefix = site, prefix

    # addresses

    def column_path(self, column: Column) -> str:
        return f"{self.prefix}{column.key}/"

    def board_path(self, column: Column) -> str:
        return f"{self.prefix}zfxxgk/{column.key}/"

    def article_path(self, base: str, item: Item) -> str:
        if item.day is None:
            return f"{base}nr_{item.number}.html"
        return f"{base}{item.day:%Y%m}/t{item.day:%Y%m%d}_{item.number}.html"

    # pieces

    def shown(self, day: date) -> str:
        return day.isoformat()

    def row(self, base: str, item: Item, dated: bool) -> str:
        when = f"<span>{self.bracket.format(self.shown(item.day))}</span>" if dated and item.day else ""
        return f'<li><a href="{self.article_path(base, item)}" title="{item.title}">{item.title}</a>{when}</li>'

    def rows(self, base: str, items: Iterable[Item], dated: bool = True) -> str:
        return '<ul class="list">' + "".join(self.row(base, i, dated) for i in items) + "</ul>"

    def menu(self) -> str:
        links = [("首页", self.prefix), *((c.name, self.column_path(c)) for c in self.site.columns.values())]
        if self.site.has_board:
            links.append(("政府信息公开", f"{self.prefix}zfxxgk/"))
        return '<ul class="nav">' + "".join(f'<li><a href="{path}">{name}</a></li>' for name, path in links) + "</ul>"

    def foot(self) -> str:
        site = self.site
        if site.foot_by_script:
            return '<div id="dibu"></div><script src="/js/site.js"></script>'
        marks = {
            "sponsor": f"主办单位：{site.unit}办公室",
            "code": f"网站标识码：{site.code}",
            "icp": f"晋ICP备{site.code[2:]}号",
            "police": f"晋公网安备 {site.code}0012号",
            "contact": "联系电话：0350-3030303",
        }
        return (
            f'<div class="foot"><p>版权所有 © 2016-{site.today.year}</p>'
            + "".join(f"<p>{marks[m]}</p>" for m in site.marks)
            + "</div>"
        )

    def entry(self) -> str:
        if self.site.elder == "none":
            return ""
        if self.site.elder == "script":
            return '<a href="javascript:void(0)" onclick="aria.start()">无障碍浏览</a><script src="/wza/aria.js?appid=demo"></script>'
        return f'<a href="{self.prefix}elder/">长者模式</a>'

    def metas(self, column: str | None, item: Item | None) -> str:
        return ""

    def wrap(self, title: str, body: str, *, column: str | None = None, item: Item | None = None) -> str:
        head = f"<head>{self.declared}<title>{title}</title>{self.metas(column, item)}</head>"
        return f"<!DOCTYPE html><html>{head}<body>{self.entry()}{self.menu()}<div class='main'>{body}</div>{self.foot()}</body></html>"

    def pager(self, pages: int, stem: str = "index", suffix: str = "html") -> str:
        return "".join(f'<a href="{stem}_{n}.{suffix}">{n + 1}</a>' for n in range(1, pages)) if pages > 1 else ""

    # whole pages

    def home(self) -> str:
        blocks = []
        for column in self.site.lists():
            if column.key in ("bmnb", "ztzl", "zcjd") or column.state != "fine":
                continue
            base = self.column_path(column)
            more = f'<h3>{column.name}<a href="{base}">更多&gt;&gt;</a></h3>'
            blocks.append(f'<div class="box">{more}{self.rows(base, column.items[:5], column.dated)}</div>')
        extra = "".join(f'<a href="{path}">往期专题</a>' for path in self.site.extra_links)
        return self.wrap(self.site.unit, "".join(blocks) + f"<div class='zt'>{extra}</div>")

    def board(self) -> str:
        links = "".join(f'<li><a href="{self.board_path(c)}">{c.name}</a></li>' for c in self.site.board.values())
        return self.wrap("政府信息公开", f'<div class="left"><ul>{links}</ul></div>', column="政府信息公开")

    def column(self, column: Column, base: str) -> Iterable[tuple[str, str]]:
        """Path and text of each page of a column."""
        head = f"<div class='pos'>当前位置：<a href='{self.prefix}'>首页</a> &gt; {column.name}</div><h2>{column.name}</h2>"
        if column.state == "blank":
            yield base, self.wrap(column.name, f"{head}<p>暂无内容</p>", column=column.name)
        elif column.state == "script":
            script = "<ul id='list'></ul><script>$.ajax({url:'/api/list?id=1',success:function(d){render(d)}})</script>"
            yield base, self.wrap(column.name, head + script, column=column.name)
        elif column.items:
            pages = [column.items[n : n + PER_PAGE] for n in range(0, len(column.items), PER_PAGE)]
            for n, part in enumerate(pages):
                body = head + self.rows(base, part, column.dated) + self.pager(len(pages))
                yield base if n == 0 else f"{base}index_{n}.html", self.wrap(column.name, body, column=column.name)
        else:
            form = "<form action='/apply'><textarea name='content'></textarea></form>" if column.key == "hdjl" else ""
            yield base, self.wrap(column.name, head + column.text + form, column=column.name)

    def article(self, column: Column, item: Item) -> str:
        when = f"<p>发布时间：{self.shown(item.day)}　来源：{self.site.unit}</p>" if item.day and column.dated else ""
        return self.wrap(
            item.title,
            f"<h1>{item.title}</h1>{when}<div class='TRS_Editor'>{item.body}</div>",
            column=column.name,
            item=item,
        )

    def pages(self) -> dict[str, Page]:
        """Every page of the site by path."""
        made: dict[str, Page] = {}
        places = [(c, self.column_path(c)) for c in self.site.columns.values()]
        places += [(c, self.board_path(c)) for c in self.site.board.values()]
        for column, base in places:
            if column.state == "gone":
                continue
            if column.state == "soft":
                made[base] = self.encoded(NOT_FOUND)
                continue
            made |= {path: self.encoded(text) for path, text in self.column(column, base)}
            made |= {self.article_path(base, i): self.encoded(self.article(column, i)) for i in column.items}
        if self.site.has_board:
            made |= {path: self.encoded(text) for path, text in self.board_pages()}
        made |= {path: self.encoded(text) for path, text in self.front()}
        if self.site.elder == "page":
            made[f"{self.prefix}elder/"] = self.encoded(
                self.wrap("长者模式", "<p style='font-size:28px'>大字体、高对比度、语音播报</p>")
            )
        made["/wza/aria.js?appid=demo"] = Page(b"window.aria={start:function(){}};", "application/javascript")
        made["/js/site.js"] = Page(b"$('#dibu').load('/api/bottom?v='+Date.now());", "application/javascript")
        return made

    def front(self) -> Iterable[tuple[str, str]]:
        yield self.prefix, self.home()

    def board_pages(self) -> Iterable[tuple[str, str]]:
        yield f"{self.prefix}zfxxgk/", self.board()

    def encoded(self, text: str) -> Page:
        return Page(text.encode(self.charset, "replace"))


class Trs(Family):
    """Static TRS pages."""

    def metas(self, column: str | None, item: Item | None) -> str:
        tags = {"SiteName": self.site.unit, "SiteIDCode": self.site.code, "ColumnName": column or ""}
        if item and item.day:
            tags |= {"ArticleTitle": item.title, "PubDate": f"{item.day} 09:30"}
        return "".join(f'<meta name="{k}" content="{v}">' for k, v in tags.items() if v)

    def rows(self, base: str, items: Iterable[Item], dated: bool = True) -> str:
        old = "<!-- <ul><li><a href='old.html'>2019年旧闻</a><span>[2019-01-02]</span></li></ul> -->"
        return old + super().rows(base, items, dated)

    def pager(self, pages: int, stem: str = "index", suffix: str = "html") -> str:
        if pages < 2:
            return ""
        return f'<script>\n//createPageHTML(9, 0, "{stem}", "{suffix}");\ncreatePageHTML({pages}, 0, "{stem}", "{suffix}");\n</script>'


class Jpage(Family):
    """Hanweb pages."""

    bracket = "{}"

    def column_path(self, column: Column) -> str:
        return f"{self.prefix}col/col{crc32(column.key.encode()) % 90_000}/index.html"

    def board_path(self, column: Column) -> str:
        return f"{self.prefix}col/col{crc32(column.key.encode()) % 90_000 + 90_000}/index.html"

    def article_path(self, base: str, item: Item) -> str:
        day = item.day or self.site.today
        return f"{self.prefix}art/{day.year}/{day.month}/{day.day}/art_{len(base)}_{item.number}.html"

    def shown(self, day: date) -> str:
        return f"{day.year}年{day.month}月{day.day}日"

    def column(self, column: Column, base: str) -> Iterable[tuple[str, str]]:
        if column.items and column.state == "fine":
            records = "".join(f"<record><![CDATA[{self.row(base, i, column.dated)}]]></record>" for i in column.items)
            data = f'<script type="text/xml"><datastore><recordset>{records}</recordset></datastore></script>'
            yield base, self.wrap(column.name, f"<h2>{column.name}</h2><div id='1001'>{data}</div>", column=column.name)
        else:
            yield from super().column(column, base)

    def front(self) -> Iterable[tuple[str, str]]:
        yield (
            self.prefix,
            f"<html><head><meta http-equiv='refresh' content='0;url={self.prefix}index.html'></head></html>",
        )
        yield f"{self.prefix}index.html", self.home()


class Table(Family):
    """GBK pages laid out in tables."""

    charset = "gb18030"
    declared = '<meta http-equiv="Content-Type" content="text/html; charset=gb2312">'

    def shown(self, day: date) -> str:
        return (
            day.strftime("%m-%d") if (self.site.today - day).days < 300 and day <= self.site.today else day.isoformat()
        )

    def row(self, base: str, item: Item, dated: bool) -> str:
        when = f"<td width=80>[{self.shown(item.day)}]</td>" if dated and item.day else "<td>&nbsp;</td>"
        return f'<tr><td>·<a href="{self.article_path(base, item)}">{item.title}</a></td>{when}</tr>'

    def rows(self, base: str, items: Iterable[Item], dated: bool = True) -> str:
        return "<table width=100%>" + "".join(self.row(base, i, dated) for i in items) + "</table>"

    def menu(self) -> str:
        day = self.site.today
        links = [("首页", self.prefix), *((c.name, self.column_path(c)) for c in self.site.columns.values())]
        if self.site.has_board:
            links.append(("政府信息公开", f"{self.prefix}zfxxgk/"))
        cells = "".join(f'<td><a href="{path}">{name[:2]}　{name[2:]}</a></td>' for name, path in links)
        return f"<p>今天是{day.year}年{day.month}月{day.day}日</p><table class=dh><tr>{cells}</tr></table>"


class Framed(Family):
    """Split date cells, and a board whose menu stands in a frame."""

    def row(self, base: str, item: Item, dated: bool) -> str:
        when = f"<div class='day'><b>{item.day:%d}</b><i>{item.day:%Y-%m}</i></div>" if dated and item.day else ""
        return f'<li>{when}<p><a href="{self.article_path(base, item)}">{item.title}</a></p></li>'

    def board_pages(self) -> Iterable[tuple[str, str]]:
        links = "".join(
            f'<p><a href="{self.board_path(c)}" target="right">{c.name}</a></p>' for c in self.site.board.values()
        )
        yield (
            f"{self.prefix}zfxxgk/",
            (
                "<html><head><title>政府信息公开</title></head><frameset cols='220,*'>"
                f"<frame src='{self.prefix}zfxxgk/left.html'><frame src='{self.prefix}zfxxgk/right.html' name='right'></frameset></html>"
            ),
        )
        yield f"{self.prefix}zfxxgk/left.html", f"<html><head>{self.declared}</head><body>{links}</body></html>"
        words = "、".join(_MENU_WORDS)
        yield (
            f"{self.prefix}zfxxgk/right.html",
            f"<html><head>{self.declared}</head><body><p>{self.site.unit}政府信息公开专栏，请从左侧选择：{words}</p></body></html>",
        )


class Modern(Family):
    """Cards, slashes, and a drop-down menu that holds the columns of the board."""

    bracket = "({})"

    def shown(self, day: date) -> str:
        return f"{day.year}/{day.month}/{day.day}"

    def row(self, base: str, item: Item, dated: bool) -> str:
        when = f"<em>{self.bracket.format(self.shown(item.day))}</em>" if dated and item.day else ""
        return f'<div class="card"><h4><a href="{self.article_path(base, item)}">{item.title}</a></h4>{when}</div>'

    def menu(self) -> str:
        board = "".join(f'<dd><a href="{self.board_path(c)}">{c.name}</a></dd>' for c in self.site.board.values())
        drop = (
            f'<dl><dt><a href="{self.prefix}zfxxgk/">政府信息公开</a></dt>{board}</dl>' if self.site.has_board else ""
        )
        links = "".join(f'<a href="{self.column_path(c)}">{c.name}</a>' for c in self.site.columns.values())
        return f'<div class="menu"><a href="{self.prefix}">首页</a>{links}{drop}</div>'

    def front(self) -> Iterable[tuple[str, str]]:
        yield (
            self.prefix,
            f"<html><head><script>window.location.href='{self.prefix}portal/index.html';</script></head><body></body></html>",
        )
        yield f"{self.prefix}portal/index.html", self.home()


FAMILIES: dict[str, Callable[[Site, str], Family]] = {
    "trs": Trs,
    "jpage": Jpage,
    "table": Table,
    "framed": Framed,
    "modern": Modern,
}
