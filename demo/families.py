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

from demo.site import Column, Item, Site, year_due

PER_PAGE = 6
_NOT_AT_HOME = ("bmnb", "ztzl", "zcjd", "zfgb", "lxxd")  # lists that the home page leads to and does not show
_FILES = {  # forms in which an issue of the gazette is offered: what the link says, content type
    "pdf": ("PDF版下载", "application/pdf"),
    "docx": ("Word版下载", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
}
_FOREIGN = "http://127.0.2.9/wza/aria.js"  # a tool that some company hosts; the registry knows no such host
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
        places = [(c, self.column_path(c)) for c in site.columns.values()]
        self.places = [*places, *((c, self.board_path(c)) for c in site.board.values())]
        self.paths = {i.number: (self.article_path(base, i), i.title) for c, base in self.places for i in c.items}

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
        day = item.listed or item.day
        when = f"<span>{self.bracket.format(self.shown(day))}</span>" if dated and day else ""
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
            "code": f"网站标识码：{site.shown_code or site.code}",
            "icp": f"晋ICP备{site.code[2:]}号",
            "police": f"晋公网安备 {site.code}0012号",
            "contact": "联系电话：0350-3030303",
            "error": "<a href='javascript:void(0)'>我为政府网站找错</a>",
            "conac": "<img src='/images/red.png' alt='党政机关'>",
        }
        return (
            f'<div class="foot"><p>版权所有 © 2016-{site.today.year}</p>'
            + "".join(f"<p>{marks[m]}</p>" for m in site.marks)
            + "</div>"
        )

    def entry(self) -> str:
        search = '<form action="/search/"><input name="searchword" placeholder="请输入关键词"></form>'
        if self.site.elder == "none":
            return search
        if self.site.elder in ("page", "dead"):
            return f'<a href="{self.prefix}elder/">长者模式</a>{search}'
        source = _FOREIGN if self.site.elder == "foreign" else "/wza/aria.js?appid=demo"
        switch = '<a href="javascript:void(0)" onclick="aria.start()">无障碍浏览</a>'
        return f'{switch}<script src="{source}"></script>{search}'

    def metas(self, column: str | None, item: Item | None) -> str:
        tags = {"SiteName": self.site.unit, "SiteDomain": "yunyang.example", "SiteIDCode": self.site.code}
        tags |= {"ColumnName": column, "ColumnType": column} if column else {}
        return "".join(f'<meta name="{k}" content="{v}">' for k, v in tags.items()) if self.site.tagged else ""

    def wrap(self, title: str, body: str, *, column: str | None = None, item: Item | None = None) -> str:
        head = f"<head>{self.declared}<title>{title}</title>{self.metas(column, item)}</head>"
        return f"<!DOCTYPE html><html>{head}<body>{self.entry()}{self.menu()}<div class='main'>{body}</div>{self.foot()}</body></html>"

    def pager(self, pages: int, stem: str = "index", suffix: str = "html") -> str:
        return "".join(f'<a href="{stem}_{n}.{suffix}">{n + 1}</a>' for n in range(1, pages)) if pages > 1 else ""

    # whole pages

    def home(self) -> str:
        blocks = []
        for column in self.site.lists():
            if column.key in _NOT_AT_HOME or column.state != "fine":
                continue
            base = self.column_path(column)
            more = f'<h3>{column.name}<a href="{base}">更多&gt;&gt;</a></h3>'
            blocks.append(f'<div class="box">{more}{self.rows(base, column.items[:5], column.dated)}</div>')
        extra = "".join(f'<a href="{path}">往期专题</a>' for path in self.site.extra_links)
        if self.site.work_report:
            extra += f'<a href="{self.work_report_path}">政府网站工作年度报表（{self.work_year}年度）</a>'
        return self.wrap(self.site.unit, f"{''.join(blocks)}<div class='zt'>{extra}</div>{self.site.home_extra}")

    @property
    def work_report_path(self) -> str:
        """Address of the yearly report of the site itself."""
        return f"{self.prefix}gzbb/{self.work_year}.html"

    @property
    def work_year(self) -> int:
        """The year of that report: it is due by 31 January, as the reports of departments are."""
        return year_due("department", self.site.today)

    def board(self) -> str:
        if self.site.board_by_script:
            script = "<script>$.ajax({url:'/api/catalog/tree',success:function(d){render('#tree',d)}})</script>"
            return self.wrap("政府信息公开", f'<div class="left"><ul id="tree"></ul></div>{script}')
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
                body = head + self.rows(base, part, column.dated) + self.pager(len(pages)) + column.extra
                yield base if n == 0 else f"{base}index_{n}.html", self.wrap(column.name, body, column=column.name)
        else:
            more = self.mailbox() if column.key == "hdjl" else ""
            yield base, self.wrap(column.name, head + column.text + more + column.extra, column=column.name)

    def mailbox(self) -> str:
        """A form to write a letter, and the letters that were answered."""
        form = "<h3>我要写信</h3><form action='/mail'><input name='title'><textarea name='content'></textarea></form>"
        heads = ("来信标题", "来信时间", "办理状态", "答复时间")
        rows = [(x.title, x.asked, "已答复" if x.answered else "办理中", x.answered or "") for x in self.site.letters]
        table = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>" for line in (heads, *rows))
        return form + (f"<h3>来信公开</h3><table>{table}</table>" if rows else "")

    def article(self, column: Column, item: Item) -> str:
        when = f"<p>发布时间：{self.shown(item.day)}　来源：{self.site.unit}</p>" if item.day and column.dated else ""
        body = f"<h1>{item.title}</h1>{when}<div class='TRS_Editor'>{item.body}</div>"
        if item.paper is not None:
            body = self.document(item, when)
        files = "".join(
            f'<p><a href="{self.file_path(column, item, f)}">{_FILES[f.strip("!")][0]}</a></p>' for f in item.files
        )
        return self.wrap(item.title, body + files + self.related(item), column=column.name, item=item)

    def document(self, item: Item, when: str) -> str:
        """An official document: its table, title, number, text, signature, and the words that say how it is opened."""
        assert item.paper is not None
        fields = item.paper.fields(item, self.site.owner)
        if item.paper.by_script:
            code = "$.getJSON('/api/doc',function(d){$('#metadata_table').html('索引号：'+d.syh)})"
            table = f"<div id='metadata_table'></div><script>{code}</script>"
            return f"<h1>{item.title}</h1>{when}{table}<div class='TRS_Editor'>{item.body}</div>"
        number, written = fields.get("发文字号", "无"), date.fromisoformat(fields["成文日期"])
        head = f"<p style='text-align:center'>{number}</p>" if number != "无" else ""
        sign = f"<p>{self.site.owner}</p><p>{written.year}年{written.month}月{written.day}日</p>"
        mark = "<p>（此件公开发布）</p>" if fields.get("公开属性") == "主动公开" else ""
        text = f"{head}<p>各有关单位：</p>{item.body}{sign}{mark}"
        return f"{self.fields(fields)}<h1>{item.title}</h1>{when}<div class='TRS_Editor'>{text}</div>"

    def fields(self, fields: dict[str, str]) -> str:
        """The table of a document, two fields a row."""
        cells = [f"<th>{label}</th><td>{value}</td>" for label, value in fields.items()]
        rows = "".join(f"<tr>{''.join(cells[n : n + 2])}</tr>" for n in range(0, len(cells), 2))
        return f"<table class='xxgk'>{rows}</table>"

    def related(self, item: Item) -> str:
        """The box of links to the interpretations of a document, or to the document of an interpretation."""
        links = [f'<li><a href="{path}">{title}</a></li>' for path, title in (self.paths[n] for n in item.related)]
        heading = "相关解读" if item.paper else "相关文件"
        return f"<div class='related'><h3>{heading}</h3><ul>{''.join(links)}</ul></div>" if links else ""

    def file_path(self, column: Column, item: Item, form: str) -> str:
        """Address of a file that an article offers."""
        return f"{self.prefix}upload/{column.key}{item.number}.{form.strip('!')}"

    def pages(self) -> dict[str, Page]:
        """Every page of the site by path."""
        made: dict[str, Page] = {}
        for column, base in self.places:
            if column.state == "gone":
                continue
            if column.state == "soft":
                made[base] = self.encoded(NOT_FOUND)
                continue
            made |= {path: self.encoded(text) for path, text in self.column(column, base)}
            for item in column.items:
                made[self.article_path(base, item)] = self.encoded(self.article(column, item))
                there = [form for form in item.files if not form.endswith("!")]
                made |= {
                    self.file_path(column, item, f): Page(f"%{f} {item.title}".encode(), _FILES[f][1]) for f in there
                }
        if self.site.has_board:
            made |= {path: self.encoded(text) for path, text in self.board_pages()}
        made |= {path: self.encoded(text) for path, text in self.front()}
        if self.site.work_report:
            text = f"<h1>政府网站工作年度报表</h1><table><tr><td>网站名称</td><td>{self.site.unit}</td></tr></table>"
            made[self.work_report_path] = self.encoded(self.wrap("政府网站工作年度报表", text))
        if self.site.elder == "page":
            made[f"{self.prefix}elder/"] = self.encoded(
                self.wrap("长者模式", "<p style='font-size:28px'>大字体、高对比度、语音播报</p>")
            )
        if self.site.elder == "script":
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
        tags = {"ArticleTitle": item.title, "PubDate": f"{item.day} 09:30"} if item and item.day else {}
        return super().metas(column, item) + "".join(f'<meta name="{k}" content="{v}">' for k, v in tags.items())

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

    def fields(self, fields: dict[str, str]) -> str:
        cells = "".join(
            f"<li><b>{label[0]}　{label[1:]}：</b><span>{value}</span></li>" for label, value in fields.items()
        )
        return f"<ul class='xxgk_info'>{cells}</ul>"

    def column(self, column: Column, base: str) -> Iterable[tuple[str, str]]:
        if column.items and column.state == "fine":
            records = "".join(f"<record><![CDATA[{self.row(base, i, column.dated)}]]></record>" for i in column.items)
            data = f'<script type="text/xml"><datastore><recordset>{records}</recordset></datastore></script>'
            body = f"<h2>{column.name}</h2><div id='1001'>{data}</div>{column.extra}"
            yield base, self.wrap(column.name, body, column=column.name)
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

    def fields(self, fields: dict[str, str]) -> str:
        return f"<table width=100%>{''.join(f'<tr><td>{label}：{value}</td></tr>' for label, value in fields.items())}</table>"

    def row(self, base: str, item: Item, dated: bool) -> str:
        day = item.listed or item.day
        when = f"<td width=80>[{self.shown(day)}]</td>" if dated and day else "<td>&nbsp;</td>"
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

    def fields(self, fields: dict[str, str]) -> str:
        return f"<dl class='syh'>{''.join(f'<dt>{label}</dt><dd>{value}</dd>' for label, value in fields.items())}</dl>"

    def row(self, base: str, item: Item, dated: bool) -> str:
        day = item.listed or item.day
        when = f"<div class='day'><b>{day:%d}</b><i>{day:%Y-%m}</i></div>" if dated and day else ""
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

    def fields(self, fields: dict[str, str]) -> str:
        return "".join(f"<p class='info'>【{label}】{value}</p>" for label, value in fields.items())

    def row(self, base: str, item: Item, dated: bool) -> str:
        day = item.listed or item.day
        when = f"<em>{self.bracket.format(self.shown(day))}</em>" if dated and day else ""
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
