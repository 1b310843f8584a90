"""More handmade units: the second look at what a first city did not ask."""

from datetime import date
from typing import Any

from tests.blind import paper
from tests.blind.city import City, Unit, month_back, today
from tests.blind.serve import Answer, free_port
from tests.blind.site import Item, Site, listed
from tests.blind.town import BOARD, REPORT, checked, set_days, unseen

PAPERS = "interpretation.rate interpretation.diverse document.openness document.metadata"
PLAIN: dict[str, Any] = {
    "row": "li",
    "home_row": "li",
    "day": "dash",
    "home_day": "dash",
    "elder": "link",
    "grouped": False,
    "side": False,
    "guide_form": "html",
    "prefixed": False,
    "report_title": "full",
    "spaced": False,
    "home_kind": "blocks",
}


def suburb() -> City:
    """Thirty-odd units of one host each."""
    network = "127.0.74"
    city = City(today(), free_port(f"{network}.{n}" for n in range(1, 60)), network)
    _lists(city)
    _boards(city)
    _persons(city)
    _front(city)
    _odd_html(city)
    _gathered(city)
    return city


def make(city: City, name: str, **knobs: Any) -> tuple[Site, Unit]:
    group = "county" if name[-1] in "县区市" and "局" not in name else "department"
    return city.clean(name, group, **{**PLAIN, "scheme": "plain", **knobs})


def _lists(city: City) -> None:
    # an old list beside a box of new things that stands on every page
    s, u = make(city, "丰南县", scheme="trs")
    set_days(s, "yw", [60, 70, 80, 95])
    set_days(s, "dt", [2, 8, 12])
    fresh = s.rows(s.columns["dt"].items[:3], "li", "dash")
    kept = s.column_page
    s.column_page = lambda c, rows: kept(c, rows).replace(
        "</div></div>", "</div>" + f'<div class="right_hot"><h3>最新发布</h3><ul>{"".join(fresh)}</ul></div></div>', 1
    )  # type: ignore[method-assign]
    s.build()
    u.say("site.news_fresh", "fail", "unknown", "list of 60 days ago, a side box of today")

    # a channel page above two lists, dates only there
    s, u = make(city, "丰北县", grouped=True)
    s.build()
    s.put(
        "/xwzx/",
        s.page(
            "新闻中心",
            f'<div class="sub_nav"><ul><li><a href="{s._path("yw")}">{s.labels["yw"]}</a></li><li><a href="{s._path("dt")}">{s.labels["dt"]}</a></li></ul></div>',
        ),
    )

    # lists that a script asks for: answers fresh
    s, u = make(city, "丰东县")
    rows = [{"title": i.title, "url": i.path, "pubDate": str(i.shown)} for i in s.columns["dt"].items]
    s.columns[
        "dt"
    ].raw = '<ul id="list"></ul><script>$(function(){$.getJSON("/api/list.json?col=2",function(d){$.each(d.data,function(i,v){$("#list").append("<li><a href="+v.url+">"+v.title+"</a><span>"+v.pubDate+"</span></li>")})})});</script>'
    import json

    s.extra["/api/list.json"] = Answer(
        json.dumps({"code": 0, "data": rows}, ensure_ascii=False).encode(), type="application/json"
    )
    s.build()
    for i in s.columns["dt"].items:
        s.put(i.path, s.article(i, s.columns["dt"]))
    u.say("site.news_fresh", "pass", "unknown", "list by JSON")

    # dates only in the addresses, fresh
    s, u = make(city, "丰西县", scheme="trs")
    for c in ("yw", "dt"):
        for i in s.columns[c].items:
            i.shown = None
    s.build()
    u.say("site.news_fresh site.home_fresh", "pass", "unknown", "days only in addresses")

    # home stale but for the weather, one living column: no zombie
    s, u = make(city, "丰中县", banner=True, scheme="plain")
    set_days(s, "yw", [80, 90, 95])
    set_days(s, "dt", [300, 310, 320])
    set_days(s, "tzgg", [40, 60, 75])
    set_days(s, "zcwj", [60, 80, 90])
    set_days(s, "zcjd", [60, 80, 90])
    s.home_extra = f'<div class="weather">{s.today:%Y-%m-%d} 晴转多云 3℃～12℃</div><div class="calendar"><table><tr><td>1</td><td>2</td></tr></table></div>'
    s.build()
    u.say("site.home_fresh site.news_fresh", "fail", why="nothing newer than 40 days")
    u.say("site.zombie", "pass", why="notices live")
    u.veto = True

    # two-digit years, half-width and full-width mixed; Chinese numerals
    s, u = make(city, "丰阳县", day="yy", home_day="yy")
    s.build()
    u.say(
        "site.news_fresh site.notice_fresh site.home_fresh site.stale_columns site.zombie",
        "pass",
        "unknown",
        "two-digit years",
    )
    u.say("report.published " + PAPERS, "pass", "unknown na", "two-digit years")
    s, u = make(city, "丰阴县", day="wide", home_day="wide")
    s.build()
    # relative days
    s, u = make(city, "丰安县", day="relative", home_day="relative")
    s.build()

    # a column that leads out, one of pictures, one of a file, one with links only: none blank
    s, u = make(
        city,
        "丰宁县",
        menu_extra=[
            ("领导之窗", "/ldzc/"),
            ("城市风光", "/csfg/"),
            ("机构设置", "/jgsz/"),
            ("政务服务", "/zwfw/"),
            ("数据发布", "/sjfb/"),
        ],
    )
    s.extra["/ldzc/"] = s.enc(
        s.page("领导之窗", '<div class="ld"><a href="/ldzc/1.html"><img src="/images/zt.jpg"><p>王某某</p></a></div>')
    )
    s.extra["/ldzc/1.html"] = s.enc(
        s.page("王某某", "<p>王某某，男，汉族，1975年3月生，现任县委副书记、县人民政府县长，主持县政府全面工作。</p>")
    )
    s.extra["/csfg/"] = s.enc(s.page("城市风光", '<p><img src="/images/csfg1.jpg" width="700" height="400"></p>'))
    s.extra["/images/csfg1.jpg"] = Answer(b"\xff\xd8\xff" + b"0" * 400, type="image/jpeg")
    s.extra["/jgsz/"] = s.enc(s.page("机构设置", '<p><a href="/jgsz/jg.pdf">机构设置一览表</a></p>'))
    s.extra["/jgsz/jg.pdf"] = Answer(b"%PDF-1.4" + b"0" * 500, type="application/pdf")
    s.extra["/zwfw/"] = s.enc(
        '<html><head><script>window.location.href="http://www.sxzwfw.gov.cn/icity/"</script></head><body></body></html>'
    )
    s.extra["/sjfb/"] = s.enc(
        s.page(
            "数据发布",
            "<table><tr><th>指标</th><th>单位</th><th>数值</th></tr><tr><td>地区生产总值</td><td>亿元</td><td>88.5</td></tr></table>",
        )
    )
    s.build()
    u.say("site.blank_columns", "pass", "unknown", "nothing blank")


def _boards(city: City) -> None:
    t = city.today
    s, u = make(city, "清河县", scheme="trs", labels={"zn": "政府信息公开指南"})
    s.build()
    s.host.pages.pop(s.board_paths["zn"])
    u.say("board.guide", "fail", why="404 twice", reasons="dead")
    u.say("site.dead_links", "pass", "fail", "named by the board rule")

    # everything unknown leads home
    s, u = make(city, "清水县", labels={"zd": "政府信息公开制度"})
    s.build()
    s.host.pages.pop(s.board_paths["zd"])
    s.host.missing = Answer(b"", 302, headers={"Location": "/"})
    u.say("board.rules", "fail", "unknown", "leads home like every bad address")
    u.say("site.dead_links", "pass", "fail", "named by the board rule")

    # a guide that is forbidden, rules that are empty, statutory that only links
    s, u = make(city, "清泉县")
    s.sections["zd"] = ""
    s.sections["fd"] = (
        '<ul><li><a href="/zwgk/zfxxgk/fdzdgknr/jg/">机构职能</a></li><li><a href="/zwgk/zfxxgk/fdzdgknr/gh/">规划信息</a></li></ul>'
    )
    s.build()
    for k in ("jg", "gh"):
        s.put(
            f"/zwgk/zfxxgk/fdzdgknr/{k}/",
            s.page(
                "机构职能",
                "<p>本单位负责全县经济运行调节、项目建设、规划编制等工作，内设机构五个，核定编制二十名。</p>",
            ),
        )
    s.host.pages[s.board_paths["zn"]] = Answer(b"<h1>403 Forbidden</h1>", 403)
    u.say("board.guide", "unknown", "", "403")
    u.say("board.rules", "fail", why="an empty page", reasons="blank")

    # no board at all
    s, u = make(city, "清源县")
    s.drop |= {"board"}
    s.build()
    u.say("board.exists", "fail", "unknown", "no board", "missing")
    for rule in BOARD.split()[1:]:
        u.say(rule, "fail", "na unknown", "no board")
    u.say("report.published", "fail", "unknown", "no column, county")
    u.say("report.format report.tables report.arithmetic", "na", "unknown", "no report")

    # the sections stand on the board page itself, behind anchors
    s, u = make(city, "清江县")
    s.build()
    anchors = "".join(f'<li><a href="#{k}">{s.labels[k]}</a></li>' for k in ("zn", "zd", "ml"))
    real = "".join(f'<li><a href="{s.board_paths[k]}">{s.labels[k]}</a></li>' for k in ("fd", "nb", "ysq"))
    rules = "<p>一、主动公开制度。二、依申请公开制度。三、保密审查制度。四、监督检查制度，按照条例规定执行。</p>"
    s.put(
        "/zwgk/zfxxgk/",
        s.page(
            s.labels["board"],
            f'<ul class="gk">{anchors}{real}</ul><div id="zn">{s.section_text("zn")}</div><div id="zd">{rules}</div><div id="ml">{s.section_text("ml")}</div>',
        ),
    )

    # a tree made by script
    s, u = make(city, "清平县")
    s.build()
    s.put(
        "/zwgk/zfxxgk/",
        s.page(
            s.labels["board"],
            '<ul id="treeDemo" class="ztree"></ul><script src="/js/jquery.ztree.core.js"></script><script>$.fn.zTree.init($("#treeDemo"),setting,zNodes);</script>',
        ),
    )
    for rule in [*BOARD.split(), "report.published"]:
        u.say(rule, "pass", "unknown", "a tree")
    u.say("report.format report.tables report.arithmetic", "pass", "unknown na", "a tree")

    # report: dates on both sides; absent; year after year only
    s, u = make(city, "晋丰市体育运动局", report_day=date(t.year, 2, 20))
    s.build()
    path = s.report_path
    s.host.pages[path] = s.enc(s.host.pages[path].body.decode().replace(f"{t.year}-02-20", f"{t.year}-01-20"))
    u.say("report.published", "unknown", "", "the list says 20 February, the page 20 January", "dates_disagree")
    s, u = make(city, "清风县", labels={"nb": "政府信息公开年报"})
    s.drop.add("report")
    s.build()
    u.say("report.published", "fail", why="the newest is of the year before last", reasons="missing")
    u.say("report.format report.tables report.arithmetic", "na", "unknown", "no report")
    s, u = make(city, "晋丰市人力资源和社会保障局", report_day=date(t.year, 2, 3))
    s.build()
    u.say("report.published", "fail", why="3 February", reasons="late")


def _persons(city: City) -> None:
    def listing(name: str, text: str, verdict: str, accept: str = "", why: str = "") -> None:
        s, u = make(city, name)
        s.columns["tzgg"].items[0].title = "拟补贴人员名单公示"
        s.columns["tzgg"].items[0].body = text
        s.build()
        u.say("site.privacy", verdict, accept, why)

    listing(
        "银山县",
        "<table><tr><td>序号</td><td>姓名</td><td>联系电话</td></tr><tr><td>1</td><td>刘某</td><td>13803501234</td></tr><tr><td>2</td><td>赵某</td><td>15903507788</td></tr><tr><td>3</td><td>孙某</td><td>18635001122</td></tr></table>",
        "fail",
        "",
        "mobile numbers of persons",
    )
    listing(
        "银川区",
        f"<table><tr><td>陈某</td><td>{checked('14220119680101002')}</td></tr></table>",
        "fail",
        "",
        "one whole number",
    )
    listing(
        "银河县",
        "<table><tr><td>陈某</td><td>142201********0025</td><td>138****1234</td></tr></table><p>联系电话：0350-3021234，举报电话：12345，统一信用代码 91140900MA0GTXXX1K，文号 20260101</p>",
        "pass",
        "",
        "all masked",
    )
    listing(
        "银岭县",
        "<table><tr><th>姓名</th><th>银行卡号</th></tr><tr><td>周某</td><td>6222021001122334455</td></tr></table>",
        "pass",
        "fail",
        "a number of the length of a card; Luhn may not hold",
    )
    # letters
    for name, letters, verdict, why in (
        ("金山县", [("反映供暖问题", 200, None), ("咨询", 20, 18)], "fail", "open for 200 days"),
        ("金河县", [("反映供暖问题", 500, None), ("咨询", 20, 18)], "pass", "older than a year"),
        ("金岭县", [("反映供暖问题", 200, 60), ("咨询", 20, 18)], "pass", "answered late, but answered"),
        ("金沟县", [("反映供暖问题", 60, None), ("咨询", 20, 18)], "pass", "two months old"),
    ):
        s, u = make(city, name)
        s.letters = letters
        s.build()
        u.say("site.interaction", verdict, "", why)
    # only petitions
    s, u = make(city, "金平县")
    s.drop.add("hdjl")
    s.k["menu_extra"] = [("网上信访", "http://wsxf.example.gov.cn/"), ("纪检举报", "http://www.12388.gov.cn/")]
    s.build()
    u.say("site.interaction", "fail", "unknown", "petitions do not count")


def _front(city: City) -> None:
    for name, foot, verdict, why, reasons in (
        (
            "晋丰市粮食和物资储备局",
            "<div class=foot>主办单位：晋丰市粮食和物资储备局 联系电话：0350-3029988 网站标识码：1409000088 晋ICP备2021001234号-1</div>",
            "fail",
            "no number of public security",
            "police",
        ),
        (
            "晋丰市大数据局",
            "<div class=foot><p>主办单位：晋丰市大数据局</p><p>网站标识码1409000089</p><p>晋ICP备05000123号</p><p><img src=/images/gongan.png>晋公网安备 14090002000012号</p><p>地址：和平街 邮编：034000 电话：(0350)3033333</p></div>",
            "pass",
            "all five",
            "",
        ),
        (
            "晋丰市国有资产监督管理委员会",
            "<div class=foot>技术支持：某公司 晋ICP备05000123号 晋公网安备14090002000013号 网站标识码：1409000090 电话：0350-3033334</div>",
            "fail",
            "no sponsor",
            "host",
        ),
        (
            "晋丰市医疗保障中心",
            "<div class=foot>主办单位：晋丰市医疗保障中心 电话：0350-3033334 晋ICP备05000123号 晋公网安备14090002000013号</div>",
            "fail",
            "no site code",
            "code",
        ),
    ):
        s, u = make(city, name)
        s.foot_extra = foot
        s.build()
        u.say("site.footer", verdict, "", why, "missing" if reasons else "")
    for name, injected, verdict, accept, why in (
        (
            "晋丰市园林绿化中心",
            '<div style="height:0;overflow:hidden"><a href="http://a.example.com">成人视频</a><a href="http://b.example.com">在线赌场 百家乐</a></div>',
            "fail",
            "",
            "height zero",
        ),
        (
            "晋丰市殡葬服务中心",
            '<a href="http://c.example.com" style="font-size:0">老虎机 娱乐城 注册送彩金</a><a href="http://d.example.com" style="text-indent:-9999px">真人荷官 百家乐</a>',
            "fail",
            "unknown",
            "no size",
        ),
        (
            "晋丰市福利彩票中心",
            '<p><a href="/fc/">福利彩票开奖公告</a></p><div style="display:none"><a href="/a.html">体育彩票</a></div>',
            "pass",
            "",
            "a lawful lottery",
        ),
    ):
        s, u = make(city, name)
        s.home_extra = injected
        s.build()
        s.put(
            "/fc/",
            s.page(
                "福利彩票开奖公告", listed("li", s.rows([Item("双色球开奖公告", s.ago(1), "/fc/1.html")], "li", "dash"))
            ),
        )
        s.put(
            "/fc/1.html",
            s.page("双色球开奖公告", "<p>发布时间：今天。本期开奖号码已经产生，请彩民查询，理性购彩，量力而行。</p>"),
        )
        s.put(
            "/a.html", s.page("体育彩票", "<p>本市体育彩票销售网点分布情况说明，请有需要的市民前往就近的网点办理。</p>")
        )
        u.say("site.injected", verdict, accept, why)
    # topics: blank; old
    s, u = make(city, "晋丰市妇女联合会", labels={"ztzl": "专题专栏"})
    s.topics = []
    s.build()
    u.say("topics.columns", "fail", why="nothing in it")
    u.say("site.blank_columns", "fail", why="the column of topics is blank")
    s, u = make(city, "晋丰市科学技术协会", labels={"ztzl": "专题专栏"})
    s.topics = [("扫黑除恶专题", 1500), ("脱贫攻坚专题", 1400)]
    s.build()
    u.say("topics.columns", "fail", "unknown", "topics of years ago")
    # interpretations that only their titles tie to the documents
    s, u = make(city, "晋丰市民族宗教事务局", labels={"zcwj": "政策文件", "zcjd": "政策解读"})
    kept_doc, kept_read = s.document, s.interpretation
    s.document = lambda i, other, n: kept_doc(i, None, n)  # type: ignore[method-assign]
    s.interpretation = lambda i, other: kept_read(i, None)  # type: ignore[method-assign]
    s.build()
    u.say("interpretation.rate", "pass", "", "titles agree")


def _odd_html(city: City) -> None:
    def changed(name: str, change: Any, **knobs: Any) -> tuple[Site, Unit]:
        s, u = make(city, name, **knobs)
        s.build()
        for path, said in s.host.pages.items():
            if said.type.startswith("text/html"):
                said.body = change(path, said.body)
        return s, u

    def upper(path: str, body: bytes) -> bytes:
        import re

        text = re.sub(r"<(/?)(\w+)", lambda m: f"<{m[1]}{m[2].upper()}", body.decode())
        return re.sub(r"</(LI|TD|TR|P|DD|DT)>", "", re.sub(r'="([\w/.:-]+)"', r"=\1", text)).encode()

    changed("乱石县", upper)
    changed("古城县", lambda p, b: b.replace(b'charset="', b'x="').replace(b"charset=utf-8", b"charset=gb2312"))
    s, _ = changed("旧州县", lambda p, b: b"\xef\xbb\xbf" + b)
    s, _ = changed("西关县", lambda p, b: b, charset="gbk", declare="text/html; charset=ISO-8859-1")
    s, _ = changed("东关县", lambda p, b: b, charset="gbk", declare="text/html", meta_charset="gbk")
    changed("南关县", lambda p, b: b.replace(b'href="/', b'href="\\').replace(b'href="\\', b'href=" /'))
    changed(
        "北关县",
        lambda p, b: (
            b.replace(
                b"<head>", f'<head><base href="http://{s.host.ip}/">'.replace(s.host.ip, "HOST").encode()
            ).replace(b"HOST/", b"HOST/")
            if False
            else b.replace(b'.html"', b'.html;jsessionid=8A7B6C5D"')
        ),
    )
    # every unknown address answers 200 with the home page
    s, u = make(city, "中关县")
    s.build()
    s.host.missing = s.host.pages["/"]
    # frames: menu in one, content in the other
    s, u = make(city, "下关县")
    s.build()
    home = s.host.pages["/"].body.decode()
    s.put("/left.html", f"<html><body>{s.menu().replace('<a ', '<a target=main ')}{s.elder()}</body></html>")
    s.put("/main.html", home.replace(s.menu(), ""))
    s.put(
        "/",
        '<html><head><title>下关县</title></head><frameset cols="180,*"><frame src="left.html"><frame src="main.html" name="main"></frameset></html>',
    )
    # addresses in scripts
    s, u = make(city, "上关县")
    s.build()
    for rule in list(u.truth):
        if rule not in {"platform.exists", "site.available", "gazette.column"}:
            u.say(rule, "pass", "unknown na", "addresses in scripts")
    import re

    said = s.host.pages["/"]
    said.body = re.sub(
        r'<li><a href="(/[^"]*)">',
        r"""<li><a href="javascript:void(0)" onclick="window.open('\1')">""",
        said.body.decode(),
    ).encode()


def _gathered(city: City) -> None:
    t = city.today
    s, u = make(city, "丰城市")
    s.build()
    rows = ""
    for name in ("晋丰市教育体育局", "晋丰市经济开发区管委会", "晋丰市林业和草原局"):
        path = f"/nbhj/{name}.html".replace(name, str(len(name)))
        title = f"{name}{t.year - 1}年政府信息公开工作年度报告"
        s.put(
            path, s.page(title, f"<h1>{title}</h1><p>发布时间：{t.year}-01-22</p>{paper.html_report(name, t.year - 1)}")
        )
        rows += f'<li><a href="{path}">{title}</a><span>{t.year}-01-22</span></li>'
    s.put("/nbhj/", s.page("各部门年报", f"<ul>{rows}</ul>"))
    for name, verdict, why in (
        ("晋丰市体育局", "fail", "教育体育局 is another"),
        ("晋丰市教育体育局", "pass", ""),
        ("晋丰市经济开发区管委会", "pass", ""),
        ("晋丰市开发区管委会", "fail", "经济开发区 is another"),
    ):
        d, v = make(city, name)
        d.drop.add("report")
        d.drop.add("nb")
        v.row["reports"] = u.site + "nbhj/"
        d.build()
        v.say("board.annual_report", "fail", "unknown", "no such entry")
        v.say("report.published", verdict, "unknown" if verdict == "fail" else "", why)
        if verdict == "fail":
            v.say("report.format report.tables report.arithmetic", "na", "unknown", "no report")
    down = Unit("晋丰市红十字会", "department", f"http://{city.host(listens=False).ip}:{city.port}/")
    city.units.append(down)
    unseen(down, "nobody listens")
    down.say("site.available site.zombie", "fail", why="refused")
    down.say("platform.exists", "pass")
    down.coverage_below = 0.5


__all__ = ["REPORT", "month_back", "suburb"]
