"""Sixteen counties, each built another way, each holding traps of its own."""

from __future__ import annotations

from tests.acceptance import markup as m
from tests.acceptance.kit import BOARD_RULES, NOTICES, City, Page, Unit

FRESH = (1, 3, 4, 8, 13, 20, 33, 47)
NOTES = (6, 17, 40, 66, 101, 140)


def head(title: str, charset: str = "utf-8", more: str = "") -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta http-equiv="Content-Type" content="text/html; charset={charset}">'
        f"<title>{title}</title>{more}</head><body>"
    )


def build(city: City) -> None:
    """Add all counties to the city."""
    for make in (
        yunling,
        shilou,
        yongze,
        beiping,
        quliu,
        nanbao,
        wufeng,
        liugou,
        pinggang,
        gudu,
        mengshan,
        baoning,
        jingchuan,
        xingyun,
        daishui,
        ningping,
    ):
        make(city)


def yunling(c: City) -> Unit:
    """TRS, ul/li/span, nested drop-down menu; names broken by br and spaces; all is well."""
    s, who = c.site(2), "云岭县"
    u = c.unit(who, "county", s.root, typed="云  岭　县", site_code=m.code_of(2), retrofit="yes").well()
    news = s.rows("ylxzw/xwzx/ylyw", c.titles(who), FRESH)
    town = s.rows("ylxzw/xwzx/xzdt", c.titles("马家镇"), (2, 9, 14, 60))
    notes = s.rows("ylxzw/zwgk/tzgg", c.titles(who, NOTICES), NOTES)
    docs = s.rows("ylxzw/zwgk/wj", c.titles(who, NOTICES), (31, 90, 170, 300))
    names = {
        "guide": "政府信息<br>公开指南",
        "rules": "政府信息&nbsp;公开制度",
        "statutory": "法定主动　公开内容",
        "catalogue": "基 本 目 录",
        "annual_report": "政府信息\n\t公开年报",
        "request": "依申请<br/>公开",
    }
    menu: list[tuple[str, str]] = []

    def shell(title: str, body: str, path: str) -> str:
        return (
            head(
                f"{title}-{who}人民政府",
                more=f'<meta name="SiteName" content="{who}人民政府"><meta name="SiteIDCode" content="{m.code_of(2)}">',
            )
            + '<div class="top"><a href="javascript:void(0)" onclick="aria.start()" id="cniil_wza">无障碍浏览</a> '
            '<a href="javascript:;" onclick="aria.oldFixedStart()">长者模式</a></div>'
            '<ul class="nav"><li><a href="/">首页</a></li><li><a href="javascript:;">新闻中心</a><ul>'
            '<li><a href="/ylxzw/xwzx/ylyw/">云岭要闻</a></li><li><a href="/ylxzw/xwzx/xzdt/">乡镇动态</a></li></ul></li>'
            '<li><a href="/ylxzw/zwgk/">政务公开</a><ul><li><a href="/ylxzw/zwgk/tzgg/">通知公告</a></li>'
            '<li><a href="/ylxzw/zwgk/wj/">政策文件</a></li><li><a href="/ylxzw/zwgk/zfxxgk/">政府信息公开</a>'
            f"<ul>{m.links(menu)}</ul></li></ul></li></ul>{body}{m.foot(2, who + '人民政府', 0)}"
            '<script src="/wza/aria.js?appid=c0ffee"></script></body></html>'
        )

    s.shell = shell
    cols = m.columns(s, "/ylxzw/zwgk/zfxxgk", who, "county", names=names)
    menu.extend(cols.values())
    s.file("/wza/aria.js", b"var aria={start:function(){},oldFixedStart:function(){}};", "application/javascript")
    m.channel(s, "/ylxzw/xwzx/ylyw/", "云岭要闻", news)
    m.channel(s, "/ylxzw/xwzx/xzdt/", "乡镇动态", town)
    m.channel(s, "/ylxzw/zwgk/tzgg/", "通知公告", notes)
    m.channel(s, "/ylxzw/zwgk/wj/", "政策文件", docs, m.cut)
    s.wrap("/ylxzw/zwgk/", "政务公开", f"<ul>{m.links(menu)}</ul>" + m.ul(notes[:4]))
    s.wrap("/ylxzw/zwgk/zfxxgk/", "政府信息公开", f'<div class="left"><ul>{m.links(menu)}</ul></div>')
    s.wrap("/", "首页", m.ul(news, m.md, "{}") + m.ul(notes, m.md, "({})"))
    return u


def shilou(c: City) -> Unit:
    """dl lists with 年月日; a 今天是 banner, a calendar and a generation comment on a home page that is three weeks old."""
    s, who = c.site(3), "石楼河县"
    u = c.unit(who, "county", s.root).well()
    u.say(
        "site.home_fresh",
        "fail",
        "banner 今天是, calendar, 生成时间 comment and copyright year are no news",
        reasons=["stale"],
    )
    u.say("site.news_fresh", "fail", "newest news 20 days old under a 今天是 banner", reasons=["stale"])
    u.say("site.zombie", "pass", "home and news fail, the notice column passes")
    u.say(
        "elder.entry",
        "fail",
        "the entry stands only inside an HTML comment; there is no script on the page",
        reasons=["missing"],
    )
    u.say("elder.works", "na", "explained by elder.entry", also=["unknown", "fail"])
    u.score = {"veto": ["site.home_fresh"]}
    t = c.today
    cal = "".join(f"<td><a href='?year={t.year}&month={t.month}&day={d}'>{d}</a></td>" for d in range(1, 29))
    banner = f'<div class="date">今天是{t.year}年{t.month}月{t.day}日 欢迎访问 <!-- <a href="/wza/">无障碍浏览</a> <a href="/slh/">长者版</a> --></div>'
    nav = (
        '<dl class="menu"><dt>导航</dt><dd><a href="/">网站首页</a></dd><dd><a href="/slhx/xwdt/">新闻动态</a></dd><dd><a href="/slhx/gsgg/">公示公告</a>'
        '</dd><dd><a href="/slhx/zfxxgk/">政府信息公开</a></dd></dl>'
    )
    s.shell = lambda title, body, path: (
        head(title)
        + f"<!-- 页面生成时间 {t} 08:00:01 -->"
        + banner
        + nav
        + body
        + f"<table class='cal'><caption>{t:%Y-%m}</caption><tr>{cal}</tr></table>"
        + f"<div>Copyright {t.year} 最后更新：{t}</div>"
        + m.foot(3, who + "人民政府", 1)
        + "</body></html>"
    )
    news = s.rows("slhx/xwdt", c.titles(who), (20, 24, 31, 45, 80))
    pinned = s.rows("slhx/gsgg", ["【置顶】" + who + "政府网站年度工作说明"], (700,))
    notes = pinned + s.rows("slhx/gsgg", c.titles(who, NOTICES), (38, 70, 120, 200))
    cols = m.columns(s, "/slhx/zfxxgk", who, "county", lister=m.dl)
    m.channel(s, "/slhx/xwdt/", "新闻动态", news, m.dl)
    m.channel(s, "/slhx/gsgg/", "公示公告", notes, m.dl)
    s.wrap(
        "/slhx/zfxxgk/",
        "政府信息公开",
        f"<table><tr>{m.links(cols.values(), '<td><a href={1}>{0}</a></td>')}</tr></table>",
    )
    s.wrap("/", who + "人民政府", m.dl(news) + m.dl(notes, m.cn))
    return u


def yongze(c: City) -> Unit:
    """GBK without any charset, menus in tables, board on a second registered host with a dead guide; home by meta refresh."""
    s, b, who = c.site(4), c.site(44), "永泽县"
    board = b.root + "zfxxgk/"
    u = c.unit(who, "county", s.root, board=board).well(
        "GBK without a charset, td dates 2026/7/10, home behind meta refresh"
    )
    u.say("board.guide", "fail", "the guide's entry answers 404 on the board's own host", reasons=["dead"])
    u.say("site.dead_links", "pass", "the dead guide is named by board.guide and left out here", also=["unknown"])
    u.say("site.footer", "fail", "no police record in the foot", reasons=["missing"])
    u.say("elder.works", "pass", "page of its own /slb/ answers 200", also=["unknown"])
    for x in (s, b):
        x.encoding, x.ctype = "gb18030", "text/html"
    nav = (
        "<table width=1000 bgcolor=#0066cc><tr><td><a href=/main.htm>首&nbsp;&nbsp;页</a></td><td><a href=/yzdt/index.htm>永泽动态</a></td>"
        f'<td><a href=/tz/index.htm>通　　知</a></td><td><a href=/zcwj/index.htm>政策文件</a></td><td><a href="{board}">信息公开</a></td></tr></table>'
    )

    def shell(title: str, body: str, path: str) -> str:
        return (
            f"<html><head><title>{title}</title></head><body topmargin=0><a href=/slb/index.htm><img src=/images/sl.gif alt='适老版'></a>{nav}"
            f"<table width=1000><tr><td>{body}</td></tr></table>{m.foot(4, who + '人民政府', 2, without='police')}</body></html>"
        )

    s.shell = shell
    s.put("/", '<html><head><meta http-equiv="Refresh" content="0; URL=/main.htm"></head><body></body></html>')
    news = s.rows("yzdt", c.titles(who), FRESH, "asp")
    notes = s.rows("tz", c.titles(who, NOTICES), NOTES, "asp")
    docs = s.rows("zcwj", c.titles(who, NOTICES), (50, 130), "asp")
    s.wrap("/yzdt/index.htm", "永泽动态", m.table(news))
    s.wrap("/tz/index.htm", "通知", m.table(notes))
    s.wrap("/zcwj/index.htm", "政策文件", m.table(docs, m.slash))
    s.wrap("/slb/index.htm", "适老版", f"<font size=7>{who}人民政府适老版</font>" + m.table(news))
    s.wrap("/main.htm", who + "人民政府网站", m.table(news[:5]) + m.table(notes[:5]))
    bnav: list[tuple[str, str]] = []
    b.shell = lambda title, body, path: (
        f"<html><head><title>{title}</title></head><body><table><tr><td valign=top>"
        + m.links(bnav, "<p><a href='{1}'>{0}</a></p>")
        + f"</td><td>{body}</td></tr></table>"
        + m.foot(4, who + "人民政府", 2, without="police")
        + "</body></html>"
    )
    cols = m.columns(b, "/zfxxgk", who, "county", lister=m.table, style="trshtml", broken={"guide": "404"})
    bnav.extend(cols.values())
    b.wrap("/zfxxgk/", who + "政府信息公开", "<h1>政府信息公开</h1><p>本栏目依据条例设置。</p>")
    b.redirect("/", "/zfxxgk/")
    return u


def beiping(c: City) -> Unit:
    """Hanweb: rows in script type=text/xml, split day cells on the home page; UTF-8 bytes under meta gb2312; JS entry."""
    s, who = c.site(5), "北屏县"
    u = c.unit(who, "county", s.root).well(
        "Hanweb datastore lists, UTF-8 bytes declared gb2312, home behind JS location"
    )
    u.say("board.statutory", "fail", "the statutory column says 栏目建设中", reasons=["blank"])
    u.say("elder.works", "pass", "own script answers 200 with a script type", also=["unknown"])
    s.ctype = "text/html"
    nav = (
        '<div class="nav"><a href="/col/col100/index.html">首页</a><a href="/col/col101/index.html">北屏要闻</a>'
        '<a href="/col/col102/index.html">通知公告</a><a href="/col/col110/index.html">政府信息公开</a></div>'
    )

    def shell(title: str, body: str, path: str) -> str:
        return (
            head(title, "gb2312", '<script src="/script/wza.js"></script>')
            + '<div id="wza" onclick="cnillWzaInstance.init()" title="无障碍阅读"></div>'
            '<div id="slh" title="长者助手"></div>' + nav + body + m.foot(5, who + "人民政府", 3) + "</body></html>"
        )

    s.shell = shell
    s.file("/script/wza.js", b"window.cnillWzaInstance={init:function(){}};", "text/javascript")
    s.put(
        "/",
        '<html><head><script language="javascript">window.location.href="/col/col100/index.html";</script></head><body></body></html>',
    )
    news = s.rows("col/col101", c.titles(who), FRESH, "hanweb")
    notes = s.rows("col/col102", c.titles(who, NOTICES), NOTES, "hanweb")
    m.channel(s, "/col/col101/index.html", "北屏要闻", news, m.jpage)
    m.channel(s, "/col/col102/index.html", "通知公告", notes, m.jpage)
    s.wrap("/col/col100/index.html", who + "人民政府", m.cards(news[:6]) + m.cards(notes[:4]))
    slugs = dict(zip(m.KINDS, (f"col/col11{i}" for i in range(1, 7)), strict=True))
    cols = m.columns(s, "", who, "county", slugs=slugs, lister=m.jpage, style="hanweb", broken={"statutory": "blank"})
    side = "".join(f'<div class="dh"><a href="{p}index.html"><span>{n}</span></a></div>' for n, p in cols.values())
    s.wrap(
        "/col/col110/index.html",
        "政府信息公开",
        f'<div class="xxgk_left">{side}</div><div class="xxgk_right">{m.jpage(notes[:3])}</div>',
    )
    return u


def quliu(c: City) -> Unit:
    """Board menu in an iframe, news by ajax, foot written by a first-party script."""
    s, who = c.site(6), "曲柳县"
    u = c.unit(who, "county", s.root).well("board menu stands in an iframe")
    u.say("site.news_fresh", "unknown", "the news list is made by script (needs_render)")
    u.say("site.stale_columns", "pass", "one unseen column cannot reach five", also=["unknown"])
    u.say("site.blank_columns", "pass", "the ajax column is not blank, only unseen", also=["unknown"])
    u.say("site.zombie", "pass", "home passes, news unknown", also=["unknown"])
    u.say("site.footer", "unknown", "the foot is written by /js/foot.js", also=["pass"])
    u.say(
        "elder.works", "unknown", "the entry is a script link to a foreign script that cannot be loaded", also=["pass"]
    )
    nav = '<div id="menu"><span><a href="/">首页</a></span><span><a href="/zw/zwyw/">政务要闻</a></span><span><a href="/zw/gggs/">公告公示</a></span><span><a href="/zw/xxgk/">政府信息公开</a></span></div>'
    s.shell = lambda title, body, path: (
        head(title)
        + '<a href="javascript:void(0)" onclick="aria.start()">关怀版</a>'
        + nav
        + body
        + '<script src="/js/foot.js"></script><script src="https://gov.govwza.cn/dist/aria.js?appid=1"></script></body></html>'
    )
    s.file(
        "/js/foot.js",
        ("document.write('" + m.foot(6, who + "人民政府", 0).replace("'", "\\'") + "');").encode(),
        "application/x-javascript",
    )
    s.file("/js/vue.min.js", b"/* vue */", "application/x-javascript")
    home = s.rows("zw/zwyw", c.titles(who), FRESH)
    notes = s.rows("zw/gggs", c.titles(who, NOTICES), NOTES)
    s.wrap("/zw/zwyw/", "政务要闻", m.ajax("/igs/front/search/list.html"))
    m.channel(s, "/zw/gggs/", "公告公示", notes, m.before)
    s.wrap("/", who, m.before(home) + m.before(notes[:3], m.slash))
    cols = m.columns(s, "/zw/xxgk", who, "county", lister=m.before)
    s.put(
        "/zw/xxgk/left.html",
        head("left") + f"<ul>{m.links(cols.values(), '<li><a target=right href={1}>{0}</a></li>')}</ul></body></html>",
    )
    s.wrap(
        "/zw/xxgk/",
        "政府信息公开",
        f'<iframe src="left.html" width=200></iframe><iframe name="right" src="{cols["guide"][1]}"></iframe>',
    )
    return u


def nanbao(c: City) -> Unit:
    """Frameset home, GBK bytes under an HTTP header that says UTF-8, a one-page board with anchors."""
    s, who = c.site(7), "南堡县"
    u = c.unit(who, "county", s.root).well("frameset home, GBK bytes, header says UTF-8")
    u.say(
        [r for r in BOARD_RULES if r != "board.exists"],
        "pass",
        "one page holds all columns behind #anchors",
        also=["unknown"],
    )
    u.say("report.published", "pass", "report rows stand in the one-page board", also=["unknown"])
    u.say("elder.works", "pass", "own script answers", also=["unknown"])
    s.encoding, s.ctype = "gb18030", "text/html; charset=UTF-8"
    nav = (
        '<div class=dh><a href="/zhuye.html" target="m">首页</a> | <a href="/nbdt/" target="m">部门动态</a> | <a href="/tzgg/" target="m">通知公告</a> | '
        '<a href="/zfxxgk.html" target="m">政府信息公开</a></div>'
    )
    s.shell = lambda title, body, path: (
        f'<html><head><meta charset="gbk"><title>{title}</title><script src="/barrier/toolbar.js"></script></head><body>'
        f'<a href="javascript:EsdInit.openElderlyFunc();" title="长者专版"><i class="ico"></i></a>{nav}{body}</body></html>'
        + m.foot(7, who + "人民政府", 1)
    )
    s.file("/barrier/toolbar.js", b"var EsdInit={openElderlyFunc:function(){}};", "application/javascript")
    news = s.rows("nbdt", c.titles(who), FRESH, "trshtml")
    notes = s.rows("tzgg", c.titles(who, NOTICES), NOTES, "trshtml")
    m.channel(s, "/nbdt/", "部门动态", news, m.glued)
    m.channel(s, "/tzgg/", "通知公告", notes, m.glued)
    s.put(
        "/",
        '<html><head><title>南堡县人民政府</title></head><frameset rows="120,*" border=0><frame src="/top.html" name="t"><frame src="/zhuye.html" name="m">'
        "<noframes><body>您的浏览器不支持框架</body></noframes></frameset></html>",
    )
    s.put("/top.html", f"<html><head><title>top</title></head><body>{nav}</body></html>")
    s.wrap("/zhuye.html", who + "人民政府", m.glued(news) + m.glued(notes[:4], m.md))
    reps = m.reports(s, "zfxxgk", who, "county", style="trshtml")
    body = '<ul class="tab">' + "".join(f'<li><a href="#{m.SLUGS[k]}">{m.NAMES[k]}</a></li>' for k in m.KINDS) + "</ul>"
    parts = {
        "guide": m.guide(who),
        "rules": m.ul(m.rules_rows(s, "zfxxgk", "trshtml")),
        "statutory": m.statutory(s, "/zfxxgk/fd"),
        "catalogue": m.catalogue(who),
        "annual_report": m.ul(reps),
        "request": m.request(who, m.FORM),
    }
    s.wrap(
        "/zfxxgk.html",
        "政府信息公开",
        body
        + "".join(
            f'<div class="pane" id="{m.SLUGS[k]}"><a name="{m.SLUGS[k]}"></a><h3>{m.NAMES[k]}</h3>{parts[k]}</div>'
            for k in m.KINDS
        ),
    )
    return u


def wufeng(c: City) -> Unit:
    """The menu exists only in JavaScript: nothing can be proven missing."""
    s, who = c.site(8), "五峰县"
    u = c.unit(who, "county", s.root).well("menu written by document.write")
    u.say(BOARD_RULES, "unknown", "menu only in script: not proven missing", also=["pass"])
    u.say("report.published", "unknown", "board unseen", also=["pass"])
    u.say(
        "site.news_fresh site.notice_fresh", "unknown", "columns are reached only through a script menu", also=["pass"]
    )
    u.say("site.stale_columns site.blank_columns", "unknown", "columns unseen", also=["pass"])
    u.say("site.zombie", "pass", "home passes", also=["unknown"])
    u.say("site.dead_links", "pass", "the links in the HTML answer", also=["unknown"])
    u.say("elder.entry elder.works", "unknown", "the header is a string in a script", also=["pass"])
    news = s.rows("wfx/wfyw", c.titles(who), FRESH, "ucap")
    notes = s.rows("wfx/tzgg", c.titles(who, NOTICES), NOTES, "ucap")
    cols = [
        ("五峰要闻", "/wfx/wfyw/list.shtml"),
        ("通知公告", "/wfx/tzgg/list.shtml"),
        ("政府信息公开", "/wfx/zfxxgk/list.shtml"),
    ]
    js = (
        "var h='';h+='<div class=\"hd\"><a href=\"/wza/index.html\">无障碍</a><ul>';"
        + "".join(f"h+='<li><a href=\"'+root+'{p}\">{n}</a></li>';" for n, p in cols)
        + "h+='</ul></div>';document.write(h);"
    )
    s.file("/js/header.js", ("var root='';" + js).encode(), "application/javascript")
    s.shell = lambda title, body, path: (
        head(title) + '<script src="/js/header.js"></script>' + body + m.foot(8, who + "人民政府", 2) + "</body></html>"
    )
    s.wrap(
        "/wza/index.html",
        "无障碍",
        "<h1>无障碍辅助浏览</h1><p>本页提供大字、读屏、高对比度等辅助功能的说明，按 Alt+1 进入。</p>",
    )
    m.channel(s, "/wfx/wfyw/list.shtml", "五峰要闻", news)
    m.channel(s, "/wfx/tzgg/list.shtml", "通知公告", notes)
    b = m.columns(s, "/wfx/zfxxgk", who, "county", style="ucap")
    s.wrap("/wfx/zfxxgk/list.shtml", "政府信息公开", f"<ul>{m.links(b.values())}</ul>")
    s.wrap("/", who + "人民政府", m.ul(news, m.dots, "{}") + m.ul(notes[:5], m.dots, "{}"))
    return u


def liugou(c: City) -> Unit:
    """Menu as image links without alt, leading to numbers: not proven missing, though all is there."""
    s, who = c.site(9), "柳沟县"
    u = c.unit(who, "county", s.root).well("menu of unlabelled images")
    u.say(BOARD_RULES, "pass", "behind unlabelled image links: all there, but nobody must find it", also=["unknown"])
    u.say("report.published", "pass", "behind unlabelled image links", also=["unknown"])
    u.say("site.news_fresh site.notice_fresh", "pass", "behind unlabelled image links", also=["unknown"])
    u.say(
        "site.stale_columns site.blank_columns site.zombie site.dead_links",
        "pass",
        "columns behind unlabelled images",
        also=["unknown"],
    )
    u.say("elder.entry", "pass", "image link with alt 关爱版")
    u.say(
        "elder.works",
        "unknown",
        "foreign script on an address the registry does not name: must not be fetched",
        also=["pass"],
    )
    news = s.rows("c/2001", c.titles(who), FRESH, "post")
    notes = s.rows("c/2002", c.titles(who, NOTICES), NOTES, "post")
    nav = "".join(f'<a href="/c/{n}/"><img src="/images/nav_{n}.jpg" border="0"></a>' for n in (2001, 2002, 2003))
    s.shell = lambda title, body, path: (
        head(title)
        + f'<a href="javascript:;" class="gab"><img src="/images/gab.png" alt="关爱版"></a><div class="navimg">{nav}</div>{body}'
        + m.foot(9, who + "人民政府", 3)
        + f'<script src="{c.canary}/dist/aria.js?appid=9"></script></body></html>'
    )
    m.channel(s, "/c/2001/", "时政要闻", news)
    m.channel(s, "/c/2002/", "通知公告", notes)
    slugs = dict(zip(m.KINDS, (f"c/30{i:02d}" for i in range(1, 7)), strict=True))
    cols = m.columns(s, "", who, "county", slugs=slugs, style="post")
    s.wrap("/c/2003/", "政府信息公开", f'<ul class="gk">{m.links(cols.values())}</ul>')
    for n in (2001, 2002, 2003):
        s.file(f"/images/nav_{n}.jpg", b"\xff\xd8\xff\xe0jpg", "image/jpeg")
    s.file("/images/gab.png", b"\x89PNG", "image/png")
    s.wrap("/", who + "人民政府", m.ul(news, m.iso, "{}") + m.ul(notes, m.iso, "{}"))
    return u


def pinggang(c: City) -> Unit:
    """Image menu with alt; 信息公开 with 政府信息公开 one click deeper; the guide is provably missing; elder page 404."""
    s, who = c.site(10), "平岗县"
    u = c.unit(who, "county", s.root).well("board one click below 信息公开, menu of images with alt")
    u.say(
        "board.guide",
        "fail",
        "static, labelled, complete: no guide anywhere (政务服务指南 and 投资指南 are none)",
        reasons=["missing"],
    )
    u.say("board.catalogue", "pass", "信息公开目录 opens the statutory column: passes")
    u.say("elder.works", "fail", "the entry's page answers 404")
    u.say("site.dead_links", "fail", "the elder page is an internal link that is 404", also=["pass", "unknown"])
    entry = [
        ("首页", "/"),
        ("平岗要闻", "/pgyw/"),
        ("公告公示", "/ggsg/"),
        ("信息公开", "/xxgk/"),
        ("办事服务", "/bsfw/"),
        ("网站地图", "/wzdt/"),
    ]
    nav = "".join(f'<a href="{p}"><img src="/i/{i}.png" alt="{n}"></a>' for i, (n, p) in enumerate(entry))
    s.shell = lambda title, body, path: (
        head(title)
        + f'<a href="/zzzq/">长者专区</a><div>{nav}</div>{body}'
        + m.foot(10, who + "人民政府", 0)
        + "</body></html>"
    )
    for i in range(len(entry)):
        s.file(f"/i/{i}.png", b"\x89PNG", "image/png")
    news = s.rows("pgyw", c.titles(who), FRESH)
    notes = s.rows("ggsg", c.titles(who, NOTICES), NOTES)
    m.channel(s, "/pgyw/", "平岗要闻", news, m.cut)
    m.channel(s, "/ggsg/", "公告公示", notes, m.cut)
    cols = m.columns(
        s,
        "/xxgk/zfxxgk",
        who,
        "county",
        drop=["guide", "catalogue"],
        names={"rules": "信息公开规定", "annual_report": "工作年报", "request": "信息公开申请"},
    )
    cols["catalogue"] = ("信息公开目录", cols["statutory"][1])
    s.wrap(
        "/bsfw/",
        "办事服务",
        "<ul><li><a href='/bsfw/zn.html'>政务服务指南</a></li><li><a href='/bsfw/tz.html'>投资指南</a></li></ul>",
    )
    for p, t in (("/bsfw/zn.html", "政务服务指南"), ("/bsfw/tz.html", "投资指南")):
        s.wrap(p, t, f"<p>{t}：办理地点为县政务大厅，办理时限五个工作日，具体流程请电话咨询窗口工作人员。</p>")
    s.wrap("/xxgk/zfxxgk/", "政府信息公开", f"<div class=l><ul>{m.links(cols.values())}</ul></div>")
    s.wrap(
        "/xxgk/",
        "信息公开",
        '<ul><li><a href="/xxgk/zfxxgk/">政府信息公开专栏</a></li><li><a href="/ggsg/">公告公示</a></li></ul>'
        + m.ul(notes[:3]),
    )
    s.wrap("/wzdt/", "网站地图", f"<ul>{m.links([*entry, *cols.values(), ('政府信息公开专栏', '/xxgk/zfxxgk/')])}</ul>")
    s.wrap("/", who + "人民政府", m.cut(news) + m.cut(notes[:3], m.md))
    return u


def gudu(c: City) -> Unit:
    """Six stale columns under many names; a tourism list keeps the home page fresh; 适老化 only as a headline."""
    s, who = c.site(11), "古渡县"
    u = c.unit(who, "county", s.root).well()
    u.say("site.news_fresh", "fail", "four news columns older than 14 days", reasons=["stale"])
    u.say("site.notice_fresh", "fail", "two notice columns older than six months", reasons=["stale"])
    u.say("site.stale_columns", "fail", "4 + 2 stale columns")
    u.say("site.home_fresh", "pass", "旅游资讯 on the home page is fresh", also=["unknown"])
    u.say("site.zombie", "pass", "the home page is fresh", also=["unknown"])
    u.say("elder.entry", "fail", "适老化 stands only in a headline", reasons=["missing"])
    u.say("elder.works", "na", "explained by elder.entry", also=["unknown", "fail"])
    u.score = {"veto": ["site.stale_columns"]}
    spec = [
        ("gdyw", "古渡要闻", (19, 40, 61)),
        ("bmdt", "部门动态", (33, 60, 90)),
        ("xzdt", "乡镇动态", (51, 77, 130)),
        ("zwdt", "政务动态", (16, 29, 200)),
        ("tzgg", "通知公告", (215, 250, 300)),
        ("zcwj", "政策文件", (400, 410, 800)),
    ]
    nav = "".join(f'<div class="n{i}"><a href="/gd/{p}/">{n}</a></div>' for i, (p, n, _) in enumerate(spec))
    s.shell = lambda title, body, path: (
        head(title)
        + f'<div class=nav>{nav}<div><a href="/gd/lyzx/">旅游资讯</a></div><div><a href="/gd/zfxxgk/">政府信息公开</a></div></div>{body}'
        + m.foot(11, who + "人民政府", 1)
        + "</body></html>"
    )
    blocks = ""
    for p, n, days in spec:
        rows = s.rows(f"gd/{p}", c.titles(who, NOTICES if p in ("tzgg", "zcwj") else m_news(who)), days)
        m.channel(s, f"/gd/{p}/", n, rows, m.ul, f=m.md if p == "tzgg" else m.iso)
        blocks += f'<h3><a href="/gd/{p}/">{n}</a></h3>' + m.ul(rows[:2])
    trips = s.rows(
        "gd/lyzx", ["古渡赏秋正当时", "让老人乐享数字生活：我县推进网站适老化改造", "民宿集群开门迎客"], (2, 5, 11)
    )
    m.channel(s, "/gd/lyzx/", "旅游资讯", trips)
    cols = m.columns(s, "/gd/zfxxgk", who, "county")
    s.wrap("/gd/zfxxgk/", "政府信息公开", f"<ul>{m.links(cols.values())}</ul>")
    s.wrap("/", who + "人民政府", blocks + m.ul(trips))
    return u


def m_news(who: str) -> list[str]:
    """News titles without a unit's own dice; years stand in them on purpose."""
    return [f"{who}召开会议部署2026年工作", f"2026年11月{who}经济运行平稳", f"{who}干部包村联户", f"{who}举办丰收节"]


def mengshan(c: City) -> Unit:
    """Six blank columns in six ways: 暂无内容, empty ul, 建设中, 敬请期待, an empty table, nothing at all."""
    s, who = c.site(12), "盂山县"
    u = c.unit(who, "county", s.root).well()
    u.say("site.blank_columns", "fail", "six columns without content", reasons=["blank"])
    u.score = {"veto": ["site.blank_columns"]}
    u.say("elder.works", "fail", "the elder script on the unit's own host answers 404")
    blank = [
        ("sjfb", "数据发布", "<p class=none>暂无内容</p>"),
        ("zsyz", "招商引资", "<ul class='list'></ul>"),
        ("zdxm", "重点项目", "<div>栏目建设中</div>"),
        ("xczx", "乡村振兴", "内容更新中，敬请期待！"),
        ("bmfw", "便民服务", "<table class=lb><tr><th>序号</th><th>名称</th></tr></table><div>共 0 条</div>"),
        ("whys", "文化艺术", ""),
    ]
    nav = m.links(
        [
            ("首页", "/"),
            ("盂山新闻", "/ysxw/"),
            ("通知公告", "/tzgg/"),
            ("政府信息公开", "/zfxxgk/"),
            *((n, f"/{p}/") for p, n, _ in blank),
        ],
        '<td><a href="{1}">{0}</a></td>',
    )
    s.shell = lambda title, body, path: (
        head(title)
        + f'<span><a href="javascript:;" onclick="openSlb()" class="aged_link">老年模式</a></span><table><tr>{nav}</tr></table>'
        f"{body}{m.foot(12, who + '人民政府', 2)}<script src='/slb/aria.js'></script></body></html>"
    )
    news = s.rows("ysxw", c.titles(who), FRESH, "vsb")
    notes = s.rows("tzgg", c.titles(who, NOTICES), NOTES, "vsb")
    m.channel(s, "/ysxw/", "盂山新闻", news, m.ul, f=m.wide)
    m.channel(s, "/tzgg/", "通知公告", notes, m.ul, f=m.wide)
    for p, n, body in blank:
        s.wrap(f"/{p}/", n, f"<div class=pos>首页 &gt; {n}</div><h2>{n}</h2><div class=main>{body}</div>")
    cols = m.columns(s, "/zfxxgk", who, "county", style="vsb")
    s.wrap("/zfxxgk/", "政府信息公开", f"<ul>{m.links(cols.values())}</ul>")
    s.wrap("/", who + "人民政府", m.ul(news, m.wide, "{}") + m.ul(notes[:4], m.wide, "{}"))
    return u


def baoning(c: City) -> Unit:
    """Columns that look blank and are not; a home page whose only dates are in the addresses; broken pages of no weight."""
    s, who = c.site(13), "保宁县"
    u = c.unit(who, "county", s.root).well("channel of sub-links, a single picture and an embedded PDF are not blank")
    u.say("site.home_fresh", "pass", "no date shown, but the addresses carry fresh days", also=["unknown"])
    u.say("site.zombie", "pass", "columns are fresh", also=["unknown"])
    u.say("site.notice_fresh", "fail", "the notice column is blank (暂无信息)", reasons=["blank"])
    u.say("site.blank_columns", "pass", "the blank notice column is priced by site.notice_fresh")
    u.say("elder.works", "pass", "the entry's page answers", also=["unknown"])
    menu = [
        ("保宁新闻", "/bnxw/"),
        ("通知公告", "/tzgg/"),
        ("走进保宁", "/zjbn/"),
        ("机构图", "/jgt/"),
        ("规划文本", "/ghwb/"),
        ("政府信息公开", "/gk/"),
    ]
    s.shell = lambda title, body, path: (
        head(title)
        + f'<div><a href="/ghb/" id="gh">关怀版</a></div><ol>{m.links(menu)}</ol>{body}'
        + m.foot(13, who + "人民政府", 3)
        + "</body></html>"
    )
    news = s.rows("bnxw", c.titles(who), FRESH)
    m.channel(s, "/bnxw/", "保宁新闻", news, m.ul, f=m.cn)
    s.wrap("/tzgg/", "通知公告", "<h2>通知公告</h2><ul class=list><li>暂无信息</li></ul>")
    subs = [("县情概况", "/zjbn/xqgk/"), ("历史沿革", "/zjbn/lsyg/"), ("行政区划", "/zjbn/xzqh/")]
    for n, p in subs:
        s.wrap(
            p,
            n,
            f"<p>{n}：保宁县位于澄州市东南部，总面积一千二百平方公里，辖八镇五乡，历史悠久，物产丰富，交通便利，气候宜人。</p>",
        )
    s.wrap("/zjbn/", "走进保宁", f"<h2>走进保宁</h2><ul>{m.links(subs)}</ul>")
    s.wrap(
        "/jgt/",
        "机构图",
        '<h2>机构图</h2><div class="TRS_Editor"><p align=center><img src="/jgt/W020250310.jpg" width=900></p></div>',
    )
    s.file("/jgt/W020250310.jpg", b"\xff\xd8\xff\xe0" + b"x" * 4000, "image/jpeg")
    s.wrap(
        "/ghwb/",
        "规划文本",
        '<h2>规划文本</h2><iframe src="/pdfjs/viewer.html?file=/ghwb/P020250310.pdf" width=100% height=800></iframe>',
    )
    s.put(
        "/pdfjs/viewer.html", "<html><head><title>PDF.js viewer</title></head><body><div id=viewer></div></body></html>"
    )
    s.file("/ghwb/P020250310.pdf", b"%PDF-1.4\n%%EOF", "application/pdf")
    s.wrap("/ghb/", "关怀版", "<h1>关怀版</h1>" + m.ul(news[:5]))
    cols = m.columns(
        s,
        "/gk",
        who,
        "county",
        names={
            "guide": "公开指南",
            "rules": "公开制度",
            "catalogue": "公开目录",
            "annual_report": "公开年报",
            "statutory": "法定公开内容",
            "request": "我要申请",
        },
    )
    s.wrap("/gk/", "政府信息公开", f"<ul>{m.links(cols.values())}</ul>")
    s.wrap(
        "/",
        who + "人民政府",
        "<div class=news>" + "".join(f'<p>· <a href="{r.path}">{r.title}</a></p>' for r in news) + "</div>",
    )
    return u


def jingchuan(c: City) -> Unit:
    """A splash page with one link, then a home that is navigation only; MM-DD over the New Year; stale notices by MM-DD."""
    s, who = c.site(14), "静川县"
    u = c.unit(who, "county", s.root).well("splash page, navigation-only home; the pages it leads to are fresh")
    u.say("site.home_fresh", "pass", "navigation only: the second level decides, and it is fresh", also=["unknown"])
    u.say("site.zombie", "pass", "news is fresh", also=["unknown"])
    u.say(
        "site.notice_fresh",
        "fail",
        "MM-DD rows: newest over seven months ago; 12-2x below belongs to last year",
        reasons=["stale"],
    )
    u.say("elder.works", "pass", "entry page answers", also=["unknown"])
    menu = [("静川要闻", "/jcyw/"), ("通知公告", "/tzgg/"), ("政府信息公开", "/zfxxgk/"), ("县长信箱", "/xzxx/")]
    nav = m.links(menu, '<a class="big" href="{1}">{0}</a>')
    s.shell = lambda title, body, path: (
        head(title)
        + f'<a href="/elder/"><img src="/e.gif" alt="进入长者版"></a><a href="/index/">首页</a>{nav}{body}'
        + m.foot(14, who + "人民政府", 0)
        + "</body></html>"
    )
    s.file("/e.gif", b"GIF89a", "image/gif")
    days = [2, 9, 30, 75, 120, 190, 250, 300, 325, 345, 362]
    m.channel(s, "/jcyw/", "静川要闻", s.rows("jcyw", c.titles(who), days, "guangxi"), m.ul, f=m.md, wrap="{}")
    m.channel(
        s,
        "/tzgg/",
        "通知公告",
        s.rows("tzgg", c.titles(who, NOTICES), (231, 262, 296, 330, 349), "guangxi"),
        m.ul,
        f=m.md,
        wrap="({})",
    )
    s.wrap(
        "/xzxx/",
        "县长信箱",
        "<form action='/xzxx/add.do'>标题<input name=t><textarea name=n></textarea></form><p>来信须知：请如实填写，工作人员将在五个工作日内答复。</p>",
    )
    s.wrap(
        "/elder/",
        "长者版",
        "<h1>静川县长者版</h1><p>本页为长者提供大字体、大按钮的简化服务入口，如需帮助请拨打12345。</p>",
    )
    u.say("board.annual_report", "fail", "the annual-report column is blank", reasons=["blank"])
    u.say(
        "report.published",
        "fail",
        "its own annual-report column is blank and holds no report",
        also=["unknown"],
        reasons=["missing"],
    )
    cols = m.columns(s, "/zfxxgk", who, "county", broken={"annual_report": "blank"})
    s.wrap("/zfxxgk/", "政府信息公开", f"<dl>{m.links(cols.values(), '<dd><a href={1}>{0}</a></dd>')}</dl>")
    s.wrap("/index/", who + "人民政府", "<div class=tiles>" + nav + "</div>")
    s.put(
        "/",
        '<html><head><title>欢迎访问静川县人民政府网站</title></head><body style="text-align:center"><a href="/index/"><img src="/e.gif"><br>点击进入网站</a></body></html>',
    )
    return u


def xingyun(c: City) -> Unit:
    """Its own soft 404 with status 200 for everything unknown; one board column and two home links are gone."""
    s, who = c.site(15), "兴云县"
    u = c.unit(who, "county", s.root).well()
    u.say("board.rules", "fail", "the rules column is a soft 404 with status 200", reasons=["dead", "soft_404"])
    u.say("site.dead_links", "fail", "two home links lead to soft 404s with status 200", reasons=["dead", "soft_404"])
    u.say("site.blank_columns", "pass", "a soft 404 is dead, not blank", also=["unknown"])
    u.say("elder.works", "pass", "own script answers", also=["unknown"])
    u.say("site.news_fresh", "pass", "the menu says 兴云资讯, the page 兴云要闻", also=["unknown"])
    u.say("site.zombie", "pass", "the home page is fresh", also=["unknown"])
    s.missing = Page(m.SOFT.encode())
    s.shell = lambda title, body, path: (
        head(title)
        + '<a href="javascript:setOlder()" id="olderSwitch">大字版</a><div class="nav"><a href="/">首页</a> <a href="/xyzx/">兴云资讯</a> <a href="/tzgg/">公告</a> '
        f'<a href="/gk/">政务公开</a></div>{body}{m.foot(15, who + "人民政府", 1)}<script src="/js/older.js"></script></body></html>'
    )
    s.file("/js/older.js", b"function setOlder(){document.body.className='older'}", "text/javascript")
    news = s.rows("xyzx", c.titles(who), FRESH)
    notes = s.rows("tzgg", c.titles(who, NOTICES), NOTES)
    m.channel(s, "/xyzx/", "兴云要闻", news, m.dl, f=m.dots)
    m.channel(s, "/tzgg/", "公告", notes, m.dl, f=m.dots)
    cols = m.columns(s, "/gk/zfxxgk", who, "county", broken={"rules": "404"})
    s.wrap("/gk/zfxxgk/", "政府信息公开", f"<ul>{m.links(cols.values())}</ul>")
    s.wrap("/gk/", "政务公开", '<a href="/gk/zfxxgk/">政府信息公开</a> <a href="/tzgg/">公告</a>' + m.dl(notes[:3]))
    s.wrap(
        "/",
        who,
        m.dl(news) + '<div class="zt"><a href="/zt/2019zxzz/">专项整治</a> <a href="/zt/fpgj/">扶贫攻坚专栏</a></div>',
    )
    return u


def daishui(c: City) -> Unit:
    """Every bad address is redirected to the home page; the foot stands in an iframe; 依申请公开 is blank."""
    s, who = c.site(16), "代水县"
    u = c.unit(who, "county", s.root).well()
    u.say(
        "board.catalogue",
        "fail",
        "the catalogue's address is redirected to the home page, as any bad address is",
        also=["unknown"],
    )
    u.say(
        "site.dead_links",
        "fail",
        "a home link is redirected to the home page, as any bad address is",
        also=["unknown", "pass"],
    )
    u.say("board.request", "fail", "依申请公开 says 栏目建设中: no way to apply")
    u.say("site.footer", "unknown", "the foot stands in an iframe", also=["pass"])
    u.say("elder.works", "pass", "entry page answers", also=["unknown"])
    s.missing = Page(b"", status=302, headers={"Location": "/"})
    s.put("/foot.html", head("foot") + m.foot(16, who + "人民政府", 0) + "</body></html>")
    s.shell = lambda title, body, path: (
        head(title)
        + '<a href="/wap/slh.html" title="适老化无障碍"></a><ul><li><a href="/">首页</a></li><li><a href="/daishui/news/">代水新闻</a></li>'
        f'<li><a href="/daishui/notice/">政府文件</a></li><li><a href="/daishui/open/">政府信息公开</a></li></ul>{body}<iframe src="/foot.html" height=120></iframe></body></html>'
    )
    s.wrap(
        "/wap/slh.html",
        "适老化",
        "<h1>适老化服务</h1><p>为老年朋友提供大字体、语音播报等服务，请选择您需要的栏目进入浏览。</p>",
    )
    news = s.rows("daishui/news", c.titles(who), FRESH, "post")
    notes = s.rows("daishui/notice", c.titles(who, NOTICES), NOTES, "post")
    m.channel(s, "/daishui/news/", "代水新闻", news, m.table, f=m.iso)
    m.channel(s, "/daishui/notice/", "政府文件", notes, m.table, f=m.cn)
    cols = m.columns(s, "/daishui/open", who, "county", style="post", broken={"catalogue": "404", "request": "blank"})
    s.wrap("/daishui/open/", "政府信息公开", f"<ul>{m.links(cols.values())}</ul>")
    s.wrap("/", who, m.table(news) + '<p><a href="/daishui/zwfw/">政务服务</a></p>')
    return u


def ningping(c: City) -> Unit:
    """No board at all, provably: static menus, a site map, and near misses only (政务服务, 投资指南, 网站年度报表)."""
    s, who = c.site(17), "宁坪县"
    u = c.unit(who, "county", s.root).well()
    u.say(BOARD_RULES, "na", "explained by board.exists", also=["unknown", "fail"])
    u.say("board.exists", "fail", "no 政府信息公开 in menu, pages or site map; near misses only", reasons=["missing"])
    u.say("report.published", "fail", "no report anywhere on the site", also=["unknown", "na"], reasons=["missing"])
    u.say("site.news_fresh", "pass", "notices and news glued with their dates, pinned row of 2021 first")
    u.say("elder.works", "pass", "entry page answers", also=["unknown"])
    menu = [
        ("首页", "/"),
        ("宁坪动态", "/npdt/"),
        ("通知公告", "/tzgg/"),
        ("政务服务", "/zwfw/"),
        ("网站年度报表", "/wznb/"),
        ("网站地图", "/map/"),
    ]
    s.shell = lambda title, body, path: (
        head(title)
        + f'<p><a href="/ej/">敬老版</a></p><table class="menu"><tr>{m.links(menu, "<td><a href={1}><b>{0}</b></a></td>")}</tr></table>{body}'
        + m.foot(17, who + "人民政府", 3)
        + "</body></html>"
    )
    s.wrap(
        "/ej/", "敬老版", "<h1>敬老版</h1><p>本页为老年朋友提供大字号的简化页面，常用服务请拨打12345热线咨询办理。</p>"
    )
    news = s.rows("npdt", ["（置顶）2021年宁坪县工作回顾"], (1900,)) + s.rows("npdt", c.titles(who), FRESH)
    notes = s.rows("tzgg", c.titles(who, NOTICES), NOTES)
    m.channel(s, "/npdt/", "宁坪动态", news, m.glued)
    m.channel(s, "/tzgg/", "通知公告", notes, m.glued, f=m.cn)
    s.wrap(
        "/zwfw/",
        "政务服务",
        "<ul><li><a href='/zwfw/tz.html'>投资指南</a></li><li><a href='/zwfw/bs.html'>办事流程</a></li></ul>",
    )
    for p, t in (("/zwfw/tz.html", "投资指南"), ("/zwfw/bs.html", "办事流程")):
        s.wrap(
            p,
            t,
            f"<p>{t}：凡在本县投资兴业的企业均可到政务大厅综合窗口咨询办理，联系电话见页脚，受理时间为工作日。</p>",
        )
    s.wrap("/wznb/", "网站年度报表", m.ul(s.rows("wznb", ["政府网站工作年度报表"], (300, 665))))
    s.wrap("/map/", "网站地图", f"<ul>{m.links(menu)}</ul>")
    s.wrap("/", who + "人民政府", m.glued(news[:6]) + m.glued(notes[:5], m.cn))
    return u
