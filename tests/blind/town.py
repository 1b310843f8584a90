"""The handmade units of the blind city, each with what the contract says of it, and its accounts."""

import subprocess
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.blind.account import accounts
from tests.blind.city import SEEN, City, Unit, month_back, today
from tests.blind.serve import Answer, Host, free_port
from tests.blind.site import Item, Site, listed

BOARD = "board.exists board.guide board.rules board.statutory board.catalogue board.annual_report board.request"
REPORT = "report.published report.format report.tables report.arithmetic"
ALL_SEEN = " ".join(SEEN)
ID_GOOD = "140902199003076633"


def checked(body: str) -> str:
    """`body` (17 digits) with its check digit, as GB 11643 computes it."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def unseen(unit: Unit, why: str, accept: str = "") -> None:
    """Nothing of the site could be seen: everything but the registry is unknown."""
    unit.say(ALL_SEEN + " site.zombie gazette.column", "unknown", accept, why)
    unit.say("gazette.column", "na", "unknown", why)
    unit.say("site.available", "unknown", accept or "", why)


def set_days(site: Site, slug: str, days: list[int | date | None]) -> None:
    """The rows of a column are exactly these: days ago, a day, or None for undated."""
    kept = site.columns[slug].items[: len(days)]
    site.columns[slug].items = [
        site.item(slug, old.title, d if isinstance(d, int) else None, shown=d if isinstance(d, date) else None)
        for old, d in zip(kept, days, strict=True)
    ]


def age(site: Site, days: int) -> None:
    """Everything of the site is `days` older than it would be."""
    for slug, c in site.columns.items():
        c.items = [site.item(slug, i.title, (site.today - i.shown).days + days) for i in c.items if i.shown]
    site.topics = [(t, n + days) for t, n in site.topics]
    site.letters = [(t, a + days, b + days) for t, a, b in site.letters]


def blind_city() -> City:
    """Forty units, thirty accounts."""
    network = "127.0.73"
    city = City(today(), free_port(f"{network}.{n}" for n in range(1, 60)), network)
    _portal(city)
    _counties(city)
    _departments(city)
    _closed_doors(city)
    _registry(city)
    accounts(city)
    return city


def _portal(city: City) -> None:
    site, _unit = city.clean(
        "晋丰市人民政府", "portal", scheme="trs", elder="script", board="menu", row="li", home_row="li", store=False
    )
    site.labels["board"] = "政府信息公开"
    site.build()
    rows = ""
    for name, day in (
        ("晋丰市审计局", date(city.today.year, 1, 25)),
        ("晋丰市体育局", date(city.today.year, 1, 31)),
        ("晋丰市粮食局", date(city.today.year, 2, 1)),
    ):
        from tests.blind import paper

        path = f"/zwgk/nbhj/{day:%Y%m}/t{day:%Y%m%d}_{len(name) + day.day}.html"
        title = f"{name}{city.today.year - 1}年政府信息公开工作年度报告"
        site.put(
            path,
            site.page(
                title,
                f'<h1>{title}</h1><div class="info">发布时间：{day}</div>{paper.html_report(name, city.today.year - 1)}',
            ),
        )
        rows += f'<li><a href="{path}">{title}</a><span>{day}</span></li>'
    site.put("/zwgk/nbhj/", site.page("年报汇集", f"<ul>{rows}</ul>"))
    city.units[0].say("gazette.column", "na", "pass unknown", "portal without gazette")


def _counties(city: City) -> None:
    t = city.today
    # TRS with a gazette that comes as PDF and Word
    s, u = city.clean(
        "临溪县", "county", scheme="trs", row="li", home_row="card", elder="link", menu_extra=[("政府公报", "/zfgb/")]
    )
    rows = ""
    for n in (1, 2, 3):
        day = s.ago(30 * n)
        base = f"/zfgb/{day:%Y%m}/t{day:%Y%m%d}_{n}.html"
        s.extra[base] = s.enc(
            s.page(
                f"公报第{n}期",
                f'<h1>临溪县人民政府公报{t.year}年第{9 - n}期</h1><p>发布时间：{day}</p><a href="/zfgb/{n}.pdf">PDF版下载</a> <a href="/zfgb/{n}.doc">Word版下载</a>',
            )
        )
        s.extra[f"/zfgb/{n}.pdf"] = Answer(b"%PDF-1.4\n" + b"0" * 300, type="application/pdf")
        s.extra[f"/zfgb/{n}.doc"] = Answer(b"\xd0\xcf\x11\xe0" + b"0" * 300, type="application/msword")
        rows += f'<li><a href="{base}">临溪县人民政府公报{t.year}年第{9 - n}期</a><span>{day}</span></li>'
    s.extra["/zfgb/"] = s.enc(s.page("政府公报", f"<ul>{rows}</ul>"))
    s.build()
    u.say("gazette.column gazette.formats", "pass", why="issues of this year in both forms")

    # VSB, other names for everything, nested tables
    s, u = city.clean(
        "望山县",
        "county",
        scheme="vsb",
        row="tr",
        home_row="tr",
        day="slash",
        home_day="bracket",
        menu="table",
        elder="slb",
        foot=1,
        labels={
            "yw": "望山要闻",
            "dt": "乡镇动态",
            "tzgg": "公告公示",
            "zcwj": "县政府文件",
            "zcjd": "文件解读",
            "ztzl": "热点专题",
            "board": "政务公开",
            "zn": "公开指南",
            "zd": "信息公开规定",
            "fd": "主动公开",
            "ml": "信息公开目录",
            "nb": "年度报告",
            "ysq": "网上申请",
        },
    )
    s.build()

    # Hanweb: records in a datastore, GBK
    s, u = city.clean(
        "双塔区",
        "county",
        scheme="hanweb",
        row="li",
        store=True,
        charset="gbk",
        meta_charset="gb2312",
        day="dash",
        elder="script",
        board="tree",
    )
    s.build()

    # stale from top to bottom, with every banner of freshness
    s, u = city.clean(
        "石堡县",
        "county",
        scheme="trs_dir",
        row="li",
        home_row="li",
        day="dash",
        home_day="dash",
        banner=True,
        elder="link",
    )
    age(s, 400)
    s.build()
    u.say("site.home_fresh site.news_fresh site.notice_fresh site.zombie", "fail", why="nothing since last year")
    u.say("site.stale_columns", "pass", "fail unknown", "four stale columns or five, as one counts")
    u.say(
        "document.openness document.metadata interpretation.rate interpretation.diverse",
        "pass",
        "na unknown",
        "old documents only",
    )
    u.say("topics.columns", "fail", "pass unknown", "topics of last year")
    u.veto = True

    # ASP.NET, GBK bytes under a header of utf-8
    s, u = city.clean(
        "长岭县",
        "county",
        scheme="aspx",
        row="nested",
        home_row="nested",
        day="slash",
        home_day="slash",
        charset="gb2312",
        declare="text/html; charset=utf-8",
        menu="table",
        elder="link",
        board="table",
        foot=1,
    )
    s.build()

    # a frameset for a home
    s, u = city.clean("云中县", "county", scheme="plain", row="p", home_row="p", elder="link", board="menu")
    s.build()
    s.host.pages["/main.html"] = s.host.pages["/"]
    s.put(
        "/",
        "<html><head><title>云中县</title></head><frameset rows='0,*'><frame src='/top.html' name='t'><frame src='/main.html' name='m'></frameset></html>",
    )
    s.put("/top.html", "<html><body></body></html>")

    # board faults: a soft 404 for the guide, blank rules, no catalogue, a late report
    s, u = city.clean(
        "南坪县",
        "county",
        scheme="trs",
        row="li",
        home_row="li",
        menu="ul",
        elder="script",
        board="menu",
        report_day=date(t.year, 4, 15),
        labels={"fd": "法定主动公开内容"},
    )
    s.drop.add("ml")
    s.sections["zd"] = "<h2>政府信息公开制度</h2><p>栏目建设中，敬请期待！</p>"
    s.build()
    soft = s.enc(
        "<html><head><title>提示信息</title></head><body><h2>您访问的页面不存在或已删除</h2><a href='/'>返回首页</a></body></html>"
    )
    s.host.pages[s.board_paths["zn"]] = soft
    u.say("board.guide", "fail", why="answers 200 with a page of error", reasons="dead")
    u.say("board.rules", "fail", why="blank", reasons="blank")
    u.say("board.catalogue", "fail", "unknown", why="no such entry", reasons="missing")
    u.say("report.published", "fail", why="shown, listed, meta and address: 15 April", reasons="late")

    # on the line
    s, u = city.clean(
        "北寨县",
        "county",
        scheme="plain",
        row="li",
        home_row="li",
        day="dash",
        home_day="dash",
        elder="link",
        report_day=date(t.year, 3, 31),
    )
    for slug in ("yw", "dt"):
        set_days(s, slug, [14, 20, 33, 50])
    for slug in ("tzgg", "zcwj", "zcjd"):
        items = [month_back(t, 6), month_back(t, 7), month_back(t, 8)]
        set_days(s, slug, list(items))
    s.letters = [("咨询社保", 85, None), ("咨询公交", 200, 195)]
    s.build()
    u.say(
        "interpretation.rate interpretation.diverse document.openness document.metadata",
        "pass",
        "na unknown",
        "few documents",
    )
    u.say("site.blank_columns", "pass", why="nothing blank")

    # one day over the line
    s, u = city.clean(
        "东川县",
        "county",
        scheme="plain",
        row="li",
        home_row="li",
        day="cn",
        home_day="dash",
        elder="link",
        report_day=date(t.year, 4, 1),
    )
    for slug in ("yw", "dt"):
        set_days(s, slug, [15, 21, 33, 50])
    for slug in ("tzgg", "zcwj", "zcjd"):
        set_days(s, slug, [month_back(t, 6) - timedelta(days=1), month_back(t, 8)])
    s.letters = [("咨询社保", 130, None), ("咨询公交", 200, 195)]
    s.topics = [("优化营商环境专题", 40)]
    s.build()
    u.say(
        "site.home_fresh site.news_fresh site.notice_fresh site.interaction",
        "fail",
        why="one day too old; a letter open for over four months",
    )
    u.say("report.published", "fail", why="1 April", reasons="late")
    u.say("site.zombie", "fail", why="home and all columns stale")
    u.say("site.stale_columns", "pass", "unknown fail", "four columns stale")
    u.say(
        "interpretation.rate interpretation.diverse document.openness document.metadata",
        "pass",
        "na unknown",
        "few documents",
    )
    u.veto = True

    # pinned, future and yearless days
    s, u = city.clean(
        "西堰县",
        "county",
        scheme="plain",
        row="li",
        home_row="li",
        day="dash",
        home_day="md",
        elder="script",
        banner=True,
    )
    pinned = s.item("yw", "西堰县人民政府领导分工", 900)
    pinned.pinned = True
    s.columns["yw"].items.insert(0, pinned)
    s.columns["tzgg"].items.insert(0, s.item("tzgg", "关于召开听证会的公告", -40))
    s.build()

    # a notice column of future dates and news without any
    s, u = city.clean("古渡县", "county", scheme="plain", row="li", home_row="li", day="dash", elder="link")
    set_days(s, "tzgg", [-20, -30, -45])
    set_days(s, "zcwj", [5, 40, 80])
    for i in s.columns["yw"].items + s.columns["dt"].items:
        i.shown = i.address = None
        i.body = "<p>正文没有日期。</p>"
    s.k["article_day"] = "span"
    s.build()
    for c in ("yw", "dt"):
        for i in s.columns[c].items:
            s.put(i.path, s.page(i.title, f"<h1>{i.title}</h1><div>正文没有日期。</div>"))
    u.say("site.news_fresh", "unknown", "", "no day anywhere", "no_dates")
    u.say("site.notice_fresh", "unknown", "", "one column with future days only, the other fine")
    u.say("site.stale_columns", "pass", "unknown", "cannot reach five")
    u.say("site.home_fresh", "pass", "unknown", "policy five days ago stands on the home page")
    u.say("site.zombie", "pass", "unknown", "")
    u.say(
        "interpretation.rate interpretation.diverse document.openness document.metadata",
        "pass",
        "na unknown",
        "few documents",
    )


def _departments(city: City) -> None:
    dep = "department"

    # two units on the portal's host by path
    host = city.host()
    s, u = city.clean(
        "晋丰市财政局", dep, host=host, prefix="/czj", scheme="trs_dir", row="li", home_row="li", elder="link"
    )
    s.build()
    s, u = city.clean(
        "晋丰市民政局",
        dep,
        host=host,
        prefix="/mzj",
        scheme="trs_dir",
        row="li",
        home_row="li",
        elder="link",
        day="dash",
        home_day="dash",
    )
    set_days(s, "yw", [40, 50, 60])
    s.build()
    u.say("site.news_fresh", "fail", why="one of two news columns is 40 days old", reasons="stale")

    # the board on another host, where the registry says so
    s, u = city.clean("晋丰市教育局", dep, scheme="ucap", row="dl", home_row="li", elder="script")
    board = city.host()
    url = f"http://{board.ip}:{city.port}/zwgk/zfxxgk/"
    s.k["board_url"] = url
    u.row["board"] = url
    s.build()
    s._board(board, "")

    # reports gathered by the portal
    portal = city.units[0].site + "zwgk/nbhj/"
    for name, verdict, why, reasons in (
        ("晋丰市审计局", "pass", "gathered, 25 January", ""),
        ("晋丰市体育局", "pass", "gathered, 31 January itself", ""),
        ("晋丰市粮食局", "fail", "gathered, 1 February", "late"),
        ("晋丰市档案局", "fail", "not among the gathered", "missing"),
    ):
        s, u = city.clean(
            name, dep, scheme="trs", row="li", home_row="li", elder="link", labels={"nb": "政府信息公开年报"}
        )
        s.drop.add("report")
        u.row["reports"] = portal
        s.build()
        u.say("report.published", verdict, "unknown" if reasons == "missing" else "", why, reasons)
        if reasons == "missing":
            u.say("report.format report.tables report.arithmetic", "na", "unknown", "no report")

    # dead links: once and always; what may refuse
    s, u = city.clean("晋丰市水利局", dep, scheme="plain", row="li", home_row="li", elder="link")
    s.home_extra = (
        '<p class="q"><a href="/flaky.html">水情公报</a> <a href="/inner/">内部办公</a> <a href="/old.asp">旧版</a></p>'
    )
    s.build()
    s.put(
        "/flaky.html",
        s.page(
            "水情公报", "<p>今日水情平稳，各水库运行正常，水位均在汛限水位以下，请各单位继续加强值守，做好巡查。</p>"
        ),
    )
    s.host.behave = lambda path, n: (
        Answer(b"gone", 404)
        if path == "/flaky.html" and n == 1
        else Answer(b"login", 401)
        if path == "/inner/"
        else Answer(b"no", 403)
        if path == "/old.asp"
        else None
    )
    s, u = city.clean("晋丰市交通运输局", dep, scheme="plain", row="li", home_row="li", elder="link")
    s.home_extra = '<p class="q"><a href="/bus/line.html">公交线路</a> <a href="/gone/">客运时刻</a></p>'
    s.build()
    s.host.behave = lambda path, n: Answer(b"", 500) if path == "/gone/" else None
    u.say("site.dead_links", "fail", why="one 404 and one 500 on the home page")

    # feet
    s, u = city.clean("晋丰市农业农村局", dep, scheme="jsp", row="li", home_row="li", elder="link")
    s.foot_extra = f'<div class="footer"><p>主办单位：晋丰市农业农村局</p><p>网站标识码：{s.code()} 晋公网安备 14090202000123号</p></div>'
    s.build()
    u.say("site.footer", "fail", why="neither ICP nor contact", reasons="missing:icp,contact missing:contact,icp")
    s, u = city.clean("晋丰市文化和旅游局", dep, scheme="trs", row="li", home_row="li", elder="link")
    s.foot_extra = '<div class="footer"></div><script src="/js/foot.js"></script>'
    s.build()
    s.host.pages["/js/foot.js"] = Answer(
        b"$.get('/api/foot?id=3',function(d){$('.footer').html(d.html)});", type="text/javascript"
    )
    u.say("site.footer", "unknown", "", "made by a script")
    s, u = city.clean("晋丰市卫生健康委员会", dep, scheme="vsb", row="vsb", home_row="vsb", elder="link")
    foot = Site.foot(s)
    s.foot_extra = '<iframe src="/foot.htm" width="100%" height="120" frameborder="0" scrolling="no"></iframe>'
    s.build()
    s.put("/foot.htm", f"<html><body>{foot}</body></html>")
    u.say("site.footer", "pass", "unknown", "in a frame")

    # numbers of persons
    s, u = city.clean("晋丰市住房和城乡建设局", dep, scheme="trs", row="li", home_row="li", elder="link")
    s.columns["tzgg"].items[
        1
    ].body = f"<table><tr><th>姓名</th><th>身份证号</th></tr><tr><td>张某某</td><td>{checked('14090219850412301')}</td></tr><tr><td>李某某</td><td>{checked('14222519770923452')}</td></tr></table>"
    s.columns["tzgg"].items[1].title = "公共租赁住房保障对象名单公示"
    s.build()
    u.say("site.privacy", "fail", why="two whole numbers with right check digits")
    s, u = city.clean("晋丰市退役军人事务局", dep, scheme="trs", row="li", home_row="li", elder="link")
    wrong = checked("14090219850412301")[:-1]
    wrong += "1" if checked("14090219850412301")[-1] != "1" else "2"
    s.columns["tzgg"].items[1].title = "优抚对象名单公示"
    s.columns["tzgg"].items[1].body = (
        f"<table><tr><th>姓名</th><th>身份证号</th></tr><tr><td>张**</td><td>1409021985****3015</td></tr></table><p>咨询电话：0350-3021234，联系人：王科长 办公电话 3021235。"
        f"项目编号：{wrong}，统一社会信用代码：11140900MB1234567A，账号公示：户名 晋丰市财政局。</p>"
    )
    s.build()

    # injected and not
    s, u = city.clean("晋丰市市场监督管理局", dep, scheme="php", row="li", home_row="li", elder="link")
    s.home_extra = '<div style="position:absolute;left:-9999px;top:-9999px"><a href="http://bet365x.example.com/">澳门赌场</a><a href="http://ag8.example.com/">百家乐开户</a><a href="http://lhc.example.com/">六合彩开奖</a></div>'
    s.build()
    u.say("site.injected", "fail", why="gambling links pushed out of sight")
    s, u = city.clean("晋丰市公安局", dep, scheme="jsp", row="li", home_row="li", elder="link")
    s.columns["dt"].items[0].title = "市公安局严厉打击网络赌博和卖淫嫖娼违法犯罪"
    s.home_extra = '<div style="display:none"><a href="/dt/8001.html">公安要闻</a></div><p class="tip">举报跨境赌博线索请拨打110</p>'
    s.build()
    u.say("site.news_fresh", "pass", "unknown", "a hidden entry 公安要闻 leads to one article")
    s.put(
        "/dt/8001.html", s.page("公安要闻", "<p>开展巡逻防控，维护社会治安，受到群众好评，各派出所参加了本次行动。</p>")
    )

    # age-friendly
    for name, how, entry, works, why in (
        ("晋丰市残疾人联合会", "none", "fail", "na unknown", "no switch at all"),
        ("晋丰市司法局", "lost_script", "pass", "fail", "its script on the own host is 404"),
        ("晋丰市应急管理局", "foreign", "pass", "unknown", "a foreign script"),
        ("晋丰市商务局", "lost_link", "pass", "fail", "the entry is 404"),
    ):
        s, u = city.clean(name, dep, elder=how, scheme="trs_dir", row="li", home_row="li", board="menu")
        s.build()
        u.say("elder.entry", entry, "unknown" if entry == "fail" else "", why)
        first, *rest = works.split()
        u.say("elder.works", first, " ".join(rest), why)
        if how == "lost_link":
            u.say("site.dead_links", "fail", "pass", "the entry is a dead link too")

    # no way to write
    s, u = city.clean("晋丰市统计局", dep, scheme="plain", row="li", home_row="li", elder="link")
    s.drop.add("hdjl")
    s.build()
    u.say("site.interaction", "fail", "unknown", "no way to consult")

    # documents without their marks
    s, u = city.clean(
        "晋丰市发展和改革委员会",
        dep,
        scheme="trs",
        row="li",
        home_row="li",
        elder="link",
        labels={"zcwj": "政策文件", "zcjd": "政策解读"},
    )
    s.openness = s.meta_fields = False
    s.build()
    u.say("document.openness document.metadata", "fail", why="neither 公开属性 nor 索引号, 成文日期")
    # documents nobody explains
    s, u = city.clean(
        "晋丰市自然资源局",
        dep,
        scheme="trs",
        row="li",
        home_row="li",
        elder="link",
        unread=True,
        labels={"zcwj": "规范性文件", "zcjd": "政策解读"},
    )
    for slug in ("zcjd",):
        s.columns[slug].items = [
            s.item(slug, "关于《不动产登记暂行条例实施细则》的解读", 20),
            s.item(slug, "自然资源系统十四五规划解读", 60),
            s.item(slug, "国土空间规划问答", 70),
        ]
    s.interpretation = lambda i, other: s.page(
        i.title,
        f"<h1>{i.title}</h1><div>发布时间：{i.shown}</div><div class='TRS_Editor'><p>本次修订主要背景是进一步规范登记行为，明确了各方责任。</p><p>主要内容有三个方面。</p></div>",
    )  # type: ignore[method-assign]
    s.build()
    u.say("interpretation.rate", "fail", why="five normative documents, none explained")
    u.say("interpretation.diverse", "fail", why="text only")

    # reports: pictures, Word, wrong sum, a section left out
    for name, knobs, said in (
        (
            "晋丰市信访局",
            {"report": "image"},
            {"report.tables": ("unknown", "fail"), "report.arithmetic": ("unknown", "na")},
        ),
        ("晋丰市医疗保障局", {"report": "docx"}, {}),
        ("晋丰市科学技术局", {"report": "attached"}, {}),
        ("晋丰市工业和信息化局", {}, {"report.arithmetic": ("fail", "")}),
        ("晋丰市生态环境局", {}, {"report.format": ("fail", "")}),
    ):
        s, u = city.clean(name, dep, scheme="trs", row="li", home_row="li", elder="link", **knobs)
        s.report_arith, s.report_sections = name != "晋丰市工业和信息化局", name != "晋丰市生态环境局"
        s.build()
        for rule, (verdict, also) in said.items():
            u.say(rule, verdict, also if also != "fail" else "", "the report")

    # a menu of pictures without a word, and one written by a script
    s, u = city.clean(
        "晋丰市林业和草原局", dep, scheme="plain", row="li", home_row="li", image_menu="bare", elder="link"
    )
    s.build()
    for rule in BOARD.split():
        u.say(rule, "unknown", "pass", "the menu cannot be read")
    u.say("site.interaction topics.columns " + REPORT, "unknown", "pass na", "the menu cannot be read")
    u.say("site.news_fresh site.notice_fresh", "pass", "unknown", "more-links lead there")
    u.say("document.openness document.metadata interpretation.rate interpretation.diverse", "pass", "unknown na", "")
    u.say("site.stale_columns site.blank_columns", "pass", "unknown", "")
    s, u = city.clean("晋丰市外事办公室", dep, scheme="plain", row="li", home_row="li", menu="write", elder="link")
    s.drop.add("zn")
    s.build()
    u.say(ALL_SEEN, "pass", "unknown", "the menu is written by a script")
    for rule in (
        "document.openness",
        "document.metadata",
        "interpretation.rate",
        "interpretation.diverse",
        *REPORT.split(),
    ):
        u.say(rule, "pass", "unknown na", "the menu is written by a script")
    u.say("board.guide", "fail", "unknown", "not on the board")

    # blank columns: one, five, and one that only a script fills
    s, u = city.clean(
        "晋丰市审批服务管理局",
        dep,
        scheme="plain",
        row="li",
        home_row="li",
        elder="link",
        menu_extra=[("重点项目", "/zdxm/")],
    )
    s.extra["/zdxm/"] = s.enc(s.page("重点项目", "<ul class='list'></ul><p>暂无内容</p>"))
    s.build()
    u.say("site.blank_columns", "fail", why="one blank column")
    blank = [
        ("人事信息", "/rsxx/"),
        ("统计数据", "/tjsj/"),
        ("招标采购", "/zbcg/"),
        ("普法宣传", "/pfxc/"),
        ("廉政建设", "/lzjs/"),
        ("党建工作", "/djgz/"),
    ]
    s, u = city.clean("晋丰市乡村振兴局", dep, scheme="plain", row="li", home_row="li", elder="link", menu_extra=blank)
    for label, path in blank:
        s.extra[path] = s.enc(s.page(label, "<div class='list'>正在建设中……</div>"))
    s.build()
    u.say("site.blank_columns", "fail", why="six blank columns")
    u.veto = True
    s, u = city.clean(
        "晋丰市金融工作办公室",
        dep,
        scheme="plain",
        row="li",
        home_row="li",
        elder="link",
        menu_extra=[("金融数据", "/jrsj/")],
    )
    s.extra["/jrsj/"] = s.enc(
        s.page(
            "金融数据",
            '<div id="app"><ul><li v-for="i in list"><a :href="i.url">{{i.title}}</a></li></ul></div><script src="/js/vue.min.js"></script><script>new Vue({el:"#app",data:{list:[]},mounted(){axios.get(this.base+"/x")}})</script>',
        )
    )
    s.build()
    s.host.pages["/js/vue.min.js"] = Answer(b"/*vue*/", type="text/javascript")
    u.say("site.blank_columns", "unknown", "pass", "filled by a script")

    # a home with a meta refresh, one with a script, one behind robots that is a page
    s, u = city.clean("晋丰市气象局", dep, scheme="trs", prefix="", row="li", home_row="card", elder="link")
    s.build()
    s.host.pages["/portal/index.shtml"] = s.host.pages["/"]
    s.put(
        "/", '<html><head><meta http-equiv="refresh" content="0; url=/portal/index.shtml"></head><body></body></html>'
    )
    s, u = city.clean("晋丰市机关事务管理局", dep, scheme="vsb", row="tr", home_row="vsb", elder="link")
    s.build()
    s.host.pages["/web/index.htm"] = s.host.pages["/"]
    s.put(
        "/",
        '<html><head><script type="text/javascript">window.location.href="/web/index.htm";</script></head><body></body></html>',
    )
    s.host.pages["/robots.txt"] = s.enc(s.page("首页", "<p>欢迎访问</p>"))

    # TLS that nobody signed
    folder = Path(tempfile.mkdtemp(prefix="blind"))
    pem = folder / "self.pem"
    made = subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=selfsigned",
            "-keyout",
            str(folder / "k"),
            "-out",
            str(folder / "c"),
        ],
        capture_output=True,
        check=False,
    )
    if made.returncode == 0:
        pem.write_bytes((folder / "k").read_bytes() + (folder / "c").read_bytes())
        s, u = city.clean(
            "晋丰市税务局",
            dep,
            host=city.host(certificate=str(pem)),
            scheme="plain",
            row="li",
            home_row="li",
            elder="link",
        )
        u.row["annual_report"] = "no"
        s.drop.add("report")
        s.build()
        u.say(REPORT, "na", "pass", "reports inside its own system")
        u.say("report.format report.tables report.arithmetic", "na", "", "")


def _closed_doors(city: City) -> None:
    dep = "department"

    def closed(name: str, group: str, why: str, behave: Any = None, **more: Any) -> Unit:
        host = city.host(behave=behave, **more)
        unit = Unit(name, group, f"http://{host.ip}:{city.port}/")
        city.units.append(unit)
        unit.say("platform.exists", "pass", why="an address is registered")
        unseen(unit, why)
        unit.coverage_below = 0.5
        return unit

    u = closed("黄柏县", "county", "nobody listens", listens=False)
    u.say("site.available site.zombie", "fail", why="refused each time")
    u = closed("晋丰市规划局", dep, "500 for all", behave=lambda p, n: Answer(b"<html>HTTP Status 500</html>", 500))
    u.say("site.available site.zombie", "fail", why="500 each time")
    rs = b'<html><head><meta charset="utf-8" r="m"><script r="m">$_ts=window[\'$_ts\'];if(!$_ts)$_ts={};$_ts.nsd=9321;$_ts.cd="qc";</script><script src="/x.js" r="m"></script></head><body></body></html>'
    closed("平岗县", "county", "412 of 瑞数", behave=lambda p, n: Answer(rs, 412))
    closed(
        "晋丰市园林局",
        dep,
        "521 of 加速乐",
        behave=lambda p, n: Answer(
            b"<script>document.cookie='__jsl_clearance=1';location.href=location.pathname</script>",
            521,
            headers={"Set-Cookie": "__jsluid_h=abc"},
        ),
    )
    closed(
        "晋丰市城市管理局",
        dep,
        "403 of a WAF",
        behave=lambda p, n: Answer(
            "<html><title>403</title><body>您的访问请求被云防护拦截，请求存在安全威胁。事件编号 7781</body></html>".encode(),
            403,
        ),
    )
    u = closed(
        "晋丰市地震局",
        dep,
        "robots forbid all",
        behave=lambda p, n: (
            Answer(b"User-agent: *\nDisallow: /\n", type="text/plain")
            if p == "/robots.txt"
            else Answer("<html><title>地震局</title><body>首页</body></html>".encode())
        ),
    )
    u.say("site.available", "unknown", "pass", "robots")
    vue = '<!DOCTYPE html><html><head><meta charset="utf-8"><title>人防办</title></head><body><noscript>请开启JavaScript</noscript><div id="app"></div><script src="/static/js/app.3f2a.js"></script></body></html>'.encode()
    u = closed(
        "晋丰市人民防空办公室",
        dep,
        "made by a script",
        behave=lambda p, n: (
            Answer(b"var a=1;", type="text/javascript")
            if p.endswith(".js")
            else Answer(b"no", 404)
            if "_probe" in p or "robots" in p
            else Answer(vue)
        ),
    )
    u.say("site.available", "pass", "unknown", "it answers")
    u = closed(
        "晋丰市供销合作社",
        dep,
        "under repair",
        behave=lambda p, n: Answer(
            "<html><head><title>系统维护</title></head><body><h1>网站升级维护中，请稍后访问</h1></body></html>".encode()
        ),
    )
    u.say("site.available", "unknown", "pass fail", "a page of repair")
    u.say("site.zombie", "unknown", "fail", "")
    hijack = (
        "<html><head><title>澳门新葡京_六合彩开奖直播_百家乐</title></head><body><h1>澳门新葡京娱乐城</h1>"
        + "".join(f'<a href="http://x{i}.example.com/">百家乐{i} 真人荷官 老虎机</a>' for i in range(30))
        + "</body></html>"
    )
    u = closed("晋丰市史志研究室", dep, "taken over by gamblers", behave=lambda p, n: Answer(hijack.encode()))
    u.say("site.injected", "fail", "unknown", "gambling for a home")
    u.say("site.available", "unknown", "pass fail", "")
    u.say("site.zombie", "unknown", "fail pass", "")
    # a home that leads to a host nobody registered
    u = closed(
        "晋丰市残联信息中心",
        dep,
        "leads to a private address",
        behave=lambda p, n: Answer(b"", 302, headers={"Location": f"http://127.0.99.9:{city.port}/"}),
    )
    u.say("site.available", "unknown", "pass fail", "")
    u.say("site.zombie", "unknown", "fail", "")


def _registry(city: City) -> None:
    none = Unit("太和县", "county", "无", special="无公开平台记0分")
    none.say("platform.exists", "fail", why="无")
    empty = Unit("北口县", "county", "", coverage_below=0.5)
    empty.say("platform.exists", "unknown", why="empty")
    city.units += [none, empty]


__all__ = ["Host", "Item", "blind_city", "listed"]
