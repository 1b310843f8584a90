"""The city's portal and its departments: reports late, gathered, misfiled; sites blocked, broken, slow or shut."""

from __future__ import annotations

import time
from datetime import date

from tests.acceptance import markup as m
from tests.acceptance.counties import FRESH, NOTES, head
from tests.acceptance.kit import (
    BOARD_RULES,
    NOTICES,
    SITE_RULES,
    UNIT_RULES,
    City,
    Handler,
    Page,
    Row,
    Site,
    Unit,
    cookie_value,
)


def build(city: City) -> None:
    """Add the portal, the departments and the units without a site."""
    for make in (
        portal,
        shared_host,
        minzheng,
        shuili,
        jiaotong,
        nongye,
        shenji,
        tiyu,
        wenlv,
        renfang,
        xiangcun,
        gongan,
        walled,
        broken_hosts,
        yingji,
        without_site,
    ):
        make(city)


def portal(c: City) -> Unit:
    """The city's portal: gathers the departments' reports; open redirects beside its links."""
    s, who = c.site(1), c.name
    u = c.unit(f"{who}人民政府", "portal", s.root, site_code=m.code_of(1)).well("portal, crawled and never ranked")
    u.say("report.published", "pass", "the city's own report", also=["na", "unknown"])
    u.say("site.dead_links", "pass", "links that leave for foreign hosts are not internal", also=["unknown"])
    tree = [
        ("政务要闻", "/zwyw/szyw/"),
        ("县区动态", "/zwyw/xqdt/"),
        ("公示公告", "/zwgk/gsgg/"),
        ("市政府文件", "/zwgk/wj/"),
        ("政府信息公开", "/zwgk/zfxxgk/"),
        ("部门年报汇集", "/zwgk/bmnb/"),
    ]
    away = f"/link/jump.jsp?url={c.canary}/zwgk/"
    s.shell = lambda title, body, path: (
        head(title + " - " + who)
        + '<script src="/wza/aria.js"></script><a onclick="aria.start()" href="#">进入无障碍通道</a>'
        f'<ul class="drop"><li><a href="/">首页</a></li>{m.links(tree)}</ul>{body}<select onchange="window.open(this.value)"><option value="{c.canary}/">友情链接</option></select>'
        f'<a href="{away}">兄弟城市</a>' + m.foot(1, who + "人民政府", 0) + "</body></html>"
    )
    s.file("/wza/aria.js", b"var aria={start:function(){}}", "application/javascript")
    s.redirect("/link/jump.jsp", c.canary + "/zwgk/")
    cols: list[list[Row]] = []
    for (name, path), days in zip(tree[:4], (FRESH, (1, 5, 12, 30), NOTES, (20, 80, 150)), strict=True):
        rows = s.rows(path.strip("/"), c.titles(who, NOTICES if "zwgk" in path else m_titles()), days)
        m.channel(s, path, name, rows)
        cols.append(rows)
    board = m.columns(s, "/zwgk/zfxxgk", who + "人民政府", "county")
    s.wrap("/zwgk/zfxxgk/", "政府信息公开", f"<div class=left><ul>{m.links(board.values())}</ul></div>")
    s.wrap("/", who + "人民政府", "".join(m.ul(x[:6]) for x in cols))
    due = c.due("department")
    lines = [
        (f"{who}教育局", due, 15),
        (f"{who}卫生健康委员会", due - 1, 16),
        (f"{who}民政局", due - 1, 17),
        (f"{who}司法局", due, 18),
        (f"{who}财政局", due, 11),
        (f"{who}疾病预防控制中心", due, 20),
        (f"{who}教育局", due - 1, 14),
    ]
    gathered = [
        Row(m.report_title(n, y), f"/zwgk/bmnb/{y + 1}01/t{y + 1}01{d}_{4000 + i}.shtml", date(y + 1, 1, d))
        for i, (n, y, d) in enumerate(lines)
    ]
    for row, (n, y, _) in zip(gathered, lines, strict=True):
        s.article(row.path, row.title, row.day, body=m.report_body(n, y))
    m.channel(s, "/zwgk/bmnb/", "部门年报汇集", gathered)
    return u


def m_titles() -> list[str]:
    """Headlines of a portal, with years and days in them."""
    return [
        "全市安全生产电视电话会议召开",
        "2020-2025年生态修复规划通过评审",
        "我市11月24日零时起调整成品油价格",
        "市委常委会召开会议",
        "全市招商引资推进会举行",
    ]


def gather(c: City) -> str:
    """The address of the portal's page of gathered reports."""
    return f"http://127.0.7.1:{c.port}/zwgk/bmnb/"


def simple(
    s: Site,
    c: City,
    who: str,
    *,
    nav: str = '<div><a href="{1}">{0}</a></div>',
    lister: object = None,
    foot: int = 0,
    broken: dict[str, str] | None = None,
    annual: list[Row] | None = None,
    extra: str = "",
    style: str = "trs",
    more: list[tuple[str, str]] | None = None,
    drop: tuple[str, ...] = (),
    entry: str = "",
    n: int = 0,
) -> dict[str, tuple[str, str]]:
    """A plain department site: news, notices, board with all columns, elder entry page; the caller bends it."""
    render = lister if callable(lister) else m.ul
    b = s.base
    menu = [
        ("首页", b + "/"),
        ("工作动态", b + "/gzdt/"),
        ("通知公告", b + "/tzgg/"),
        ("政府信息公开", b + "/zfxxgk/"),
        *(more or []),
    ]
    elder = entry or f'<a href="{b}/ylb/">老年版</a>'
    s.shell = lambda title, body, path: (
        head(f"{title}-{who}")
        + elder
        + "<div class=nav>"
        + m.links(menu, nav)
        + f"</div>{body}{extra}"
        + m.foot(n or s.n, who, foot)
        + "</body></html>"
    )
    s.wrap(
        "/ylb/",
        "老年版",
        "<h1>老年版</h1><p>大字体、语音播报、简洁导航，为老年人提供方便的网上服务，欢迎使用并提出意见。</p>",
    )
    news = s.rows("gzdt", c.titles(who), FRESH, style)
    notes = s.rows("tzgg", c.titles(who, NOTICES), NOTES, style)
    m.channel(s, "/gzdt/", "工作动态", news, render)
    m.channel(s, "/tzgg/", "通知公告", notes, render)
    board = m.columns(s, "/zfxxgk", who, "department", broken=broken, annual=annual, style=style, drop=drop)
    s.wrap("/zfxxgk/", "政府信息公开", f"<ul class=gk>{m.links(board.values())}</ul>")
    s.wrap("/", who, render(news[:6]) + render(notes[:4]))
    return board


def shared_host(c: City) -> None:
    """Three departments on one host: one well, one gathered only on the portal, one with a subordinate's report."""
    a, b, d = c.site(20, "/czj"), c.site(20, "/jyj"), c.site(20, "/wjw")
    well = c.unit("市财政局", "department", a.root, reports=gather(c), retrofit="yes").well(
        "one of three units on one host"
    )
    well.say("elder.works", "pass", "entry page answers", also=["unknown"])
    simple(a, c, "澄州市财政局", lister=m.cards, n=20)
    u = c.unit("市教育局", "department", b.root, reports=gather(c)).well(
        "its annual report stands only on the portal's gathered page"
    )
    u.say(
        "board.annual_report",
        "pass",
        "the entry leads to the portal's gathered page, which the registry names",
        also=["unknown"],
    )
    u.say("report.published", "pass", "gathered page of the portal")
    u.say("elder.works", "pass", "entry page answers", also=["unknown"])
    cols = simple(b, c, "澄州市教育局", lister=m.dl, drop=("annual_report",), n=20)
    cols["annual_report"] = ("政府信息公开年报", gather(c))
    b.wrap("/zfxxgk/", "政府信息公开", f"<ul class=gk>{m.links(cols.values())}</ul>")
    w = c.unit("市卫生健康委员会", "department", d.root, reports=gather(c)).well()
    w.say(
        "report.published",
        "fail",
        "only a subordinate's report of the year due, and its own of the year before",
        also=["unknown"],
        reasons=["missing"],
    )
    w.say("elder.works", "pass", "entry page answers", also=["unknown"])
    own = m.reports(d, "zfxxgk/xxgknb", "澄州市卫生健康委员会", "department", skip_latest=True)
    sub = m.reports(d, "zfxxgk/xxgknb", "澄州市妇幼保健院", "department", 1)
    simple(d, c, "澄州市卫生健康委员会", annual=sub[:1] + own, n=20)
    host = c.site(20)
    host.put(
        "/",
        head("澄州市部门网站群")
        + '<a href="/czj/">财政局</a> <a href="/jyj/">教育局</a> <a href="/wjw/">卫健委</a></body></html>',
    )


def minzheng(c: City) -> Unit:
    """Last year's report only, and a plan that is no report; flips of a column that is 404 once."""
    s, who = c.site(18), "澄州市民政局"
    u = c.unit("市民政局", "department", s.root, reports=gather(c)).well()
    u.say(
        "report.published",
        "fail",
        "newest report is of the year before; 关于…工作要点的函 is none",
        reasons=["missing"],
    )
    u.say("site.dead_links", "pass", "通知公告 is 404 at the first visit only: transient", also=["unknown"])
    u.say("site.notice_fresh", "pass", "404 once, 200 later", also=["unknown"])
    u.say("site.zombie", "pass", "home is fresh", also=["unknown"])
    u.say("site.stale_columns site.blank_columns", "pass", "404 once is neither stale nor blank", also=["unknown"])
    u.say("elder.works", "pass", "entry page answers", also=["unknown"])
    rows = m.reports(s, "zfxxgk/xxgknb", who, "department", skip_latest=True)
    due = c.due("department")
    rows.insert(
        0,
        s.rows("zfxxgk/xxgknb", [f"关于{due}年政务公开工作要点落实情况的函"], ((c.today - date(due + 1, 1, 9)).days,))[
            0
        ],
    )
    simple(s, c, who, annual=rows, lister=m.cut, foot=1)
    s.pages["/tzgg/"].turns = (404,)
    return u


def shuili(c: City) -> Unit:
    """Every date of the report lies after the deadline; column 制度 is 404 at the first visit only."""
    s, who = c.site(19), "澄州市水利局"
    u = c.unit("市水利局", "department", s.root).well()
    u.say("report.published", "fail", "row, page, meta and address all lie after 31 January", reasons=["late"])
    u.say("board.rules", "pass", "404 at the first visit, 200 at the second: not dead", also=["unknown"])
    u.say("site.dead_links", "pass", "transient 404", also=["unknown"])
    u.say("elder.works", "pass", "entry page answers", also=["unknown"])
    late = m.reports(s, "zfxxgk/xxgknb", who, "department", published=lambda y: min(date(y + 1, 4, 25), c.ago(1)))
    simple(s, c, who, annual=late, lister=m.table, foot=2)
    s.pages["/zfxxgk/xxgkzd/"].turns = (404,)
    return u


def jiaotong(c: City) -> Unit:
    """The list row says January, the address and the meta tag say April: the dates disagree."""
    s, who = c.site(21), "澄州市交通运输局"
    u = c.unit("市交通运输局", "department", s.root).well()
    u.say(
        "report.published", "unknown", "shown in January, address and PubDate in April: dates disagree", also=["pass"]
    )
    u.say("elder.works", "pass", "entry page answers", also=["unknown"])
    due = c.due("department")
    after = min(date(due + 1, 4, 25), c.ago(1))
    path = f"/zfxxgk/xxgknb/{after:%Y%m}/t{after:%Y%m%d}_7777.shtml"
    s.article(path, m.report_title(who, due), after, shown=date(due + 1, 1, 20), body=m.report_body(who, due))
    page = s.pages[path]
    inner = page.make
    if inner:
        page.make = lambda: inner().replace(f'content="{date(due + 1, 1, 20)} 09:30"', f'content="{after} 09:30"')
    rows = [
        Row(m.report_title(who, due), path, date(due + 1, 1, 20)),
        *m.reports(s, "zfxxgk/xxgknb", who, "department", skip_latest=True),
    ]
    simple(s, c, who, annual=rows, lister=m.before, foot=3)
    return u


def nongye(c: City) -> Unit:
    """The report is a .doc link on the second list page, known only to createPageHTML; a broken pager in a comment."""
    s, who = c.site(22), "澄州市农业农村局"
    u = c.unit("市农业农村局", "department", s.root).well()
    u.say(
        "report.published",
        "pass",
        "a .doc link with its date in the row, on index_1.html by createPageHTML",
        also=["unknown"],
    )
    u.say("elder.works", "pass", "entry page answers", also=["unknown"])
    due = c.due("department")
    noise = s.rows(
        "zfxxgk/xxgknb",
        [f"{who}政府网站工作年度报表说明", f"{who}政务公开培训情况", f"{who}公开工作简报"],
        (30, 60, 90, 110, 150, 180, 200),
    )
    old = m.reports(s, "zfxxgk/xxgknb", who, "department", skip_latest=True)
    doc = f"/zfxxgk/xxgknb/{due + 1}01/P0{due + 1}0119512345678901.doc"
    s.file(doc, b"\xd0\xcf\x11\xe0" + b"0" * 600, "application/msword")
    simple(s, c, who, annual=noise, lister=m.ul)
    pager = '<!-- //createPageHTML(9, 0, "index", "shtml"); --><div class=page><script>createPageHTML(2, {0}, "index", "shtml");</script></div>'
    s.wrap("/zfxxgk/xxgknb/", "政府信息公开年报", m.ul(noise) + pager.replace("{0}", "0"))
    s.wrap(
        "/zfxxgk/xxgknb/index_1.shtml",
        "政府信息公开年报",
        m.ul([Row(m.report_title(who, due), doc, date(due + 1, 1, 19)), *old]) + pager.replace("{0}", "1"),
    )
    return u


def shenji(c: City) -> Unit:
    """The reports are PDF links in the first page; board link 政务公开; catalogue answers 500 for ever; constant 404 column."""
    s, who = c.site(23), "澄州市审计局"
    u = c.unit("市审计局", "department", s.root).well()
    u.say("report.published", "pass", "PDF link with its date in the row")
    u.say("board.catalogue", "fail", "the catalogue answers 500 at each visit", reasons=["dead", "http_error"])
    u.say("site.dead_links", "fail", "审计动态 in the menu is 404 at each visit", reasons=["dead"])
    u.say("site.news_fresh", "pass", "工作动态 is fresh; the dead column has no dates to judge", also=["unknown"])
    u.say(
        "site.stale_columns site.blank_columns site.zombie",
        "pass",
        "a dead column is neither stale nor blank",
        also=["unknown"],
    )
    u.say("elder.works", "pass", "entry page answers", also=["unknown"])
    due = c.due("department")
    rows = []
    for y in range(due, due - 3, -1):
        p = f"/zfxxgk/xxgknb/{y + 1}01/W0{y + 1}0121{y}.pdf"
        s.file(p, b"%PDF-1.5\n%%EOF", "application/pdf")
        rows.append(Row(m.report_title(who, y), p, date(y + 1, 1, 21)))
    simple(
        s,
        c,
        who,
        annual=rows,
        more=[("审计动态", "/sjdt/")],
        broken={"catalogue": "404"},
        nav="<span><a href={1}>{0}</a></span>",
    )
    s.put("/zfxxgk/jbml/", "<html><body>HTTP Status 500 - java.lang.NullPointerException</body></html>", status=500)
    return u


def tiyu(c: City) -> Unit:
    """Behind a CDN that sets acw_tc and HWWAFSESID, and slow (2 s) on three pages: fine all the same. The board is a frameset."""
    s, who = c.site(28), "澄州市体育局"
    u = c.unit("市体育局", "department", s.root).well("cookies of a CDN are no challenge; 2 s is slow, not down")
    u.say("elder.works", "pass", "entry page answers", also=["unknown"])
    s.cookies = ["acw_tc=76b20f; path=/; HttpOnly", "HWWAFSESID=c1a2b3; path=/", "__jsluid_h=abc; path=/"]
    u.say(BOARD_RULES[1:], "pass", "the board is a frameset, its menu a frame", also=["unknown"])
    board = simple(s, c, who, lister=m.before, foot=1)
    s.wrap(
        "/zfxxgk/menu.html", "目录", f"<ul>{m.links(board.values(), '<li><a target=main href={1}>{0}</a></li>')}</ul>"
    )
    s.put(
        "/zfxxgk/",
        "<html><head><title>政府信息公开</title></head><frameset cols='220,*'><frame src='menu.html'>"
        "<frame name=main src='xxgkzn/'></frameset></html>",
    )
    for p in ("/", "/tzgg/", "/zfxxgk/"):
        s.pages[p].slow = 2.0
    return u


def wenlv(c: City) -> Unit:
    """Hangs beyond 15 s on the home page only."""
    s, who = c.site(29), "澄州市文化和旅游局"
    u = c.unit("市文化和旅游局", "department", s.root).unseen("home page hangs beyond 15 s")
    u.say("site.available", "fail", "no page in 15 s, each probe", reasons=["timeout"])
    u.say("site.zombie", "fail", "site.available fails", also=["unknown"])
    simple(s, c, who)

    def hang(h: Handler, path: str) -> bool:
        if path not in ("/", "/index.html", "/index.shtml"):
            return False
        time.sleep(33)
        h.close_connection = True
        return True

    s.hook = hang
    return u


def renfang(c: City) -> Unit:
    """Its home page answers 503 once and works ever after."""
    s, who = c.site(34), "澄州市人民防空办公室"
    u = c.unit("市人民防空办公室", "department", s.root).well("503 at the very first request, fine afterwards")
    u.say("site.available", "unknown", "one probe of several failed: too few probes", also=["pass"], reasons=[])
    u.say("site.zombie", "pass", "home is fresh; available may be unknown", also=["unknown"])
    u.say("elder.works", "pass", "entry page answers", also=["unknown"])
    simple(s, c, who, lister=m.cards)
    s.pages["/"].turns = (503,)
    return u


def xiangcun(c: City) -> Unit:
    """Traps: an endless calendar, session ids, a 12 MB page, redirect loop, columns that leave for foreign hosts."""
    s, who = c.site(39), "澄州市乡村振兴局"
    u = c.unit("市乡村振兴局", "department", s.root).well("calendar, session ids, huge page, loops, foreign redirects")
    traps = "site.dead_links site.blank_columns site.stale_columns site.zombie"
    u.say(traps, "pass", "loops, huge pages and foreign redirects are neither dead nor blank", also=["unknown"])
    u.say("site.news_fresh", "pass", "工作动态 is fresh; 基层动态 leaves for a foreign host", also=["unknown"])
    u.say("elder.works", "pass", "entry page answers", also=["unknown"])
    t = c.today
    more = [
        ("基层动态", "/jcdt/"),
        ("帮扶地图", "/loop/a/"),
        ("数据开放", "/huge.html"),
        ("在线咨询", "/zxzx/;jsessionid=AB12"),
    ]
    simple(
        s,
        c,
        who,
        more=more,
        lister=m.glued,
        foot=2,
        extra=f'<a href="/cal/?year={t.year}&month={t.month}">日历</a><a href="/print.jsp?id=1">打印</a><a href="/gate/big5/index.html">繁體版</a>',
    )
    s.redirect("/jcdt/", c.canary + "/jcdt/")
    s.redirect("/meta/", c.canary + "/")
    s.redirect("/loop/a/", "/loop/b/")
    s.redirect("/loop/b/", "/loop/a/")
    s.wrap("/print.jsp", "打印", "<p>打印预览页面，内容与原文相同，请使用浏览器的打印功能输出本页，谢谢您的使用。</p>")
    s.wrap(
        "/gate/big5/index.html",
        "繁體版",
        "<p>歡迎訪問澄州市鄉村振興局繁體版網站，本頁內容由簡體版自動轉換而成，僅供參考。</p>",
    )
    s.put("/frame/", f'<html><head><meta http-equiv="refresh" content="0;url={c.canary}/m/"></head></html>')
    huge = (
        b"<html><head><title>data</title></head><body><table>"
        + b"<tr><td>0123456789abcdef</td></tr>" * 390_000
        + b"</table></body></html>"
    )
    s.pages["/huge.html"] = Page(huge)

    def endless(h: Handler, path: str) -> bool:
        if path.startswith("/zxzx/"):
            sid = f"{len(s.city.units) * 7919 + Handler.visits.total():X}"
            body = (
                f'<html><head><title>在线咨询</title></head><body><p>欢迎使用在线咨询，您可以就乡村振兴政策提出问题，我们将在五个工作日内答复。</p><form action="/zxzx/add"><textarea name=q></textarea></form>'
                f'<a href="/zxzx/;jsessionid={sid}">我要咨询</a><a href="/zxzx/list;jsessionid={sid}?t={sid}">咨询列表</a></body></html>'
            )
        elif path.startswith("/cal/"):
            q = h.path.partition("month=")[2][:2].rstrip("&") or "1"
            n = (int(q) if q.isdigit() else 1) % 12 + 1
            year = t.year + Handler.visits.total() % 50
            body = f'<html><head><title>日历</title></head><body><a href="/cal/?year={year}&month={n}">下一月</a><a href="/cal/?year={year - 1}&month={n}">上一月</a></body></html>'
        else:
            return False
        h.answer(200, body.encode(), "text/html; charset=utf-8")
        return True

    s.hook = endless
    s.wrap(
        "/gzdt/",
        "工作动态",
        m.glued(s.rows("gzdt", c.titles(who), FRESH)) + '<a href="/frame/">帮扶平台</a><a href="/meta/">平台入口</a>',
    )
    return u


def gongan(c: City) -> Unit:
    """robots.txt disallows everything; it need not publish an annual report."""
    s, who = c.site(38), "澄州市公安局"
    u = c.unit("市公安局", "department", s.root, annual_report="no")
    for rule in UNIT_RULES:
        u.say(rule, "unknown", "robots.txt forbids everything: not seen", also=["pass"])
    u.say("platform.exists", "pass", "the registry names a site")
    u.say("report.published", "na", "annual_report=no", also=["unknown"])
    simple(s, c, who, drop=())
    s.file("/robots.txt", b"User-agent: *\nDisallow: /\n", "text/plain")
    return u


WALLS: dict[str, tuple[int, str, int, str, dict[str, str]]] = {
    "市统计局": (
        24,
        "WAF 403 page",
        403,
        "<html><head><title>访问被拒绝</title></head><body><h2>访问被拒绝</h2><p>您的请求存在安全威胁，已被腾讯云Web应用防火墙拦截。</p>"
        "<p>事件ID：a1b2c3 https://waf.tencent-cloud.com</p></body></html>",
        {"Server": "WAF"},
    ),
    "市商务局": (
        25,
        "412 with $_ts",
        412,
        '<html><head><meta content="abc" r="m"><script r="m">$_ts=window["$_ts"];if(!$_ts)$_ts={};$_ts.nsd=58391;$_ts.cd="qEWhrr";</script>'
        '<script src="/4QbVtADbnLVIc/d.FxJzG50F.js" r="m"></script></head><body></body></html>',
        {"Set-Cookie": "sVoELocvxVW0S=60xx; path=/"},
    ),
    "市气象局": (
        26,
        "521 with __jsl cookie",
        521,
        "<script>document.cookie=('_')+('_')+('jsl_clearance_s')+'=1700000000.1|-1|abc;max-age=3600';location.href=location.pathname+location.search</script>",
        {"Set-Cookie": "__jsluid_s=aabbcc; path=/; httponly", "Server": "jiasule-waf"},
    ),
    "市林业局": (
        27,
        "405 of Aliyun",
        405,
        '<!doctypehtml><html><head><title>405</title></head><body><div data-spm="trace">很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。</div>'
        '<img src="https://errors.aliyun.com/images/block.png"></body></html>',
        {"Server": "Tengine"},
    ),
    "市粮食局": (
        36,
        "captcha page with 200",
        200,
        "<html><head><title>安全验证</title></head><body><div id=nc>请完成滑动验证后继续访问</div><p>访问过于频繁，请输入验证码</p><input name=captcha><script src=/captcha.js></script></body></html>",
        {},
    ),
}


def walled(c: City) -> None:
    """Bot checks and firewalls: all unknown, no valid probe."""
    for name, (n, why, status, body, headers) in WALLS.items():
        s = c.site(n)
        c.unit(name, "department", s.root).unseen(why + ": not seen is not absent")

        def wall(
            h: Handler, path: str, status: int = status, body: str = body, headers: dict[str, str] = headers
        ) -> bool:
            h.answer(status, body.encode(), "text/html; charset=utf-8", headers)
            return True

        s.hook = wall


def broken_hosts(c: City) -> None:
    """Refused, reset, 500, 503: down at each probe."""

    def down(name: str, n: int, why: str, reasons: list[str], reports: str = "") -> Unit:
        u = c.unit(name, "department", f"http://127.0.7.{n}:{c.port}/", reports=reports).unseen(why)
        u.say("site.available", "fail", f"{why} at each probe", reasons=reasons)
        return u.say("site.zombie", "fail", f"site.available fails: {why}", also=["unknown"])

    down("市外事办公室", 31, "connection refused", ["refused"])
    down("市信访局", 30, "connection reset", ["reset", "refused"])
    down("市科学技术局", 32, "500 everywhere", ["http_error"])
    law = down("市司法局", 33, "503 everywhere", ["http_error"], reports=gather(c))
    law.say("report.published", "pass", "site down, but the portal's gathered page holds the report", also=["unknown"])
    rst, five, three = c.site(30), c.site(32), c.site(33)

    def reset(h: Handler, path: str) -> bool:
        h.reset()
        return True

    rst.hook = reset
    for s, status in ((five, 500), (three, 503)):

        def err(h: Handler, path: str, status: int = status) -> bool:
            h.answer(
                status,
                f"<html><head><title>{status}</title></head><body><h1>{status} Service Error</h1></body></html>".encode(),
                "text/html",
            )
            return True

        s.hook = err


def yingji(c: City) -> Unit:
    """A maintenance page with status 200 for every address."""
    s = c.site(35)
    u = c.unit("市应急管理局", "department", s.root).unseen("网站升级维护中 with status 200")
    u.say(UNIT_RULES[1:], "unknown", "maintenance page: nothing to judge", also=["na"])
    u.say("platform.exists", "pass", "the registry names a site", also=["na"])
    u.say("site.available", "pass", "it answers; maintenance is the operator's decision", also=["unknown", "na"])
    u.say("site.home_fresh", "unknown", "maintenance page", also=["na", "fail"])
    u.say("site.zombie", "unknown", "no column was read", also=["na", "pass"])
    u.score = {}

    def tired(h: Handler, path: str) -> bool:
        h.answer(
            200,
            (
                "<html><head><title>网站维护中</title></head><body><div style='text-align:center'><h1>网站升级维护中</h1>"
                "<p>为提供更好的服务，本网站正在升级，暂停服务，给您带来不便敬请谅解。</p></div></body></html>"
            ).encode(),
            "text/html; charset=utf-8",
        )
        return True

    s.hook = tired
    return u


def without_site(c: City) -> None:
    """A unit that the registry says has no platform, one whose cell is empty, and one behind a cookie."""
    u = c.unit("市档案局", "department", "无")
    u.say(UNIT_RULES, "na", "no platform, nothing else to judge", also=["unknown", "absent"])
    u.say("platform.exists", "fail", "the registry says 无")
    u.score = {"special": "无公开平台记0分"}
    e = c.unit("市史志研究室", "department", "")
    e.say(UNIT_RULES, "unknown", "the cell is empty: nobody filled it in", also=["na", "absent"])
    e.say("platform.exists", "unknown", "an empty cell is a clerk's omission")
    e.score = {"special": "待人工核查", "coverage_below": 0.5}

    s, who = c.site(37), "澄州市审批服务管理局"
    k = c.unit("市审批服务 管理局", "department", s.root).well(
        "the first answer sets a cookie and redirects to the same address"
    )
    k.say("elder.works", "pass", "entry page answers", also=["unknown"])
    k.say(
        [*SITE_RULES, *BOARD_RULES, "report.published", "elder.entry", "elder.works"],
        "pass",
        "loads only for clients that keep cookies within a visit",
        also=["unknown"],
    )
    simple(s, c, who, lister=m.cards)

    def ask_cookie(h: Handler, path: str) -> bool:
        if path != "/" or cookie_value(h, "sid"):
            return False
        h.answer(302, b"", "text/html", {"Location": "/", "Set-Cookie": "sid=1; path=/"})
        return True

    s.hook = ask_cookie
