"""Documents, interpretations, gazette and topics of a small site over real HTTP: what is seen, and what a second night asks."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.browser import Rendered
from crawler.column_map import ColumnMap
from crawler.hosts import Registered
from crawler.memory import Memory
from crawler.opening import Opener
from crawler.paper_columns import groups_of
from crawler.papers import PaperRound, carried
from crawler.settings import Budget
from crawler.visitor import Visitor
from db.bodies import unpack
from db.records import Outcome, Papers, SiteVisit, Unit, shanghai_day
from tests.crawler.served import Site, download, served

NOW = datetime.now(UTC)
DAY = shanghai_day(NOW)
TABLE = (
    "<table><tr><td>索 引 号：</td><td>014090{n:03}/2026-{n:05}</td><td>发文字号：</td><td>岚政办发〔{y}〕{n}号</td></tr>"
    "<tr><td>发布机构：</td><td>岚水县人民政府办公室</td><td>成文日期：</td><td>{d}</td></tr>"
    "<tr><td>发布日期：</td><td>{d}</td><td>有效性：</td><td>有效</td></tr></table>"
)
PROSE = (
    "<p>为进一步规范相关工作，经县人民政府同意，现将有关事项通知如下，请结合实际认真贯彻落实，执行中的问题及时反馈。</p>"
    * 4
)
MENU = {
    "/xw/": "工作动态",
    "/tz/": "通知公告",
    "/zc/": "政策文件",
    "/gf/": "行政规范性文件",
    "/jd/": "政策解读",
    "/gb/": "政府公报",
    "/zt/": "专题专栏",
}


def ago(days):
    return (DAY - timedelta(days=days)).isoformat()


def rows(items):
    return (
        "<ul class='list'>" + "".join(f"<li><a href='{u}'>{t}</a><span>{d}</span></li>" for u, t, d in items) + "</ul>"
    )


def doc(n, days, title, *, mark="（此件公开发布）", table=TABLE, more=""):
    head = f"<title>{title}</title><h1>{title}</h1>{table.format(n=n, y=DAY.year, d=ago(days))}"
    return (
        f"{head}<div class='TRS_Editor'>{PROSE}<p>岚水县人民政府办公室</p><p>{ago(days)}</p><p>{mark}</p></div>{more}"
    )


def a_site(**changed):
    """A faultless county site with eight papers."""
    policy = [
        (f"/zc/{n}.html", f"岚水县人民政府办公室关于印发岚水县第{n}类事项管理办法的通知", ago(20 * n))
        for n in range(1, 5)
    ]
    norm = [(f"/gf/{n}.html", f"岚水县第{n}类资金管理暂行规定", ago(30 * n)) for n in range(11, 13)]
    told = [(f"/jd/{n}.html", f"图解：岚水县第{n}类事项管理办法", ago(20 * n - 1)) for n in range(1, 5)]
    told += [(f"/jd/{n}.html", f"《岚水县第{n}类资金管理暂行规定》视频解读", ago(30 * n - 1)) for n in range(11, 13)]
    menu = "<ul class='nav'>" + "".join(f"<li><a href='{u}'>{t}</a></li>" for u, t in MENU.items()) + "</ul>"
    news = [(f"/xw/{n}.html", f"岚水县扎实推进第{n}项重点工作", ago(n)) for n in range(1, 6)]
    pages = {
        "/": f"<title>岚水</title>{menu}{rows(news)}",
        "/xw/": f"<title>工作动态</title>{menu}{rows(news)}",
        "/tz/": f"<title>通知公告</title>{menu}{rows([(f'/tz/{n}.html', f'第{n}号停水公告', ago(n)) for n in range(1, 4)])}",
        "/zc/": f"<title>政策文件</title>{menu}{rows(policy)}",
        "/gf/": f"<title>规范性文件</title>{menu}{rows(norm)}",
        "/jd/": f"<title>政策解读</title>{menu}{rows(told)}",
        "/gb/": f"<title>政府公报</title>{menu}{rows([('/gb/3.html', f'{DAY.year}年第3期', ago(40)), ('/gb/2.html', f'{DAY.year}年第2期', ago(130))])}",
        "/gb/3.html": f"<title>{DAY.year}年第3期</title><h1>岚水县人民政府公报{DAY.year}年第3期</h1><a href='/gb/3.pdf'>PDF版</a> <a href='/gb/3.docx'>Word版</a>",
        "/gb/3.pdf": (200, {"Content-Type": "application/pdf"}, b"%PDF"),
        "/gb/3.docx": (200, {"Content-Type": "application/msword"}, b"PK"),
        "/zt/": f"<title>专题专栏</title>{menu}{rows([('/zt/1.html', '春季森林防火专题', ago(100)), ('/zt/2.html', '优化营商环境专题', ago(300))])}",
    }
    pages |= {u: doc(n, 20 * n, t) for n, (u, t, _) in enumerate(policy, 1)}
    pages |= {u: doc(n, 30 * n, t) for n, (u, t, _) in enumerate(norm, 11)}
    pages |= {u: f"<title>{t}</title><h1>{t}</h1><div class='TRS_Editor'>{PROSE}</div>" for u, t, _ in told}
    return Site(pages | changed)


def unit_of(site, group="county"):
    return Unit("岚水县" if group == "county" else "市教育局", group, site.url)


def night(site, before=None, memory=None, group="county", budget=None, renderer=None):
    """One night of the round: what it saw, and the paths asked for by the round alone."""
    unit = unit_of(site, group)
    visitor = Visitor("岚水县", site.url, download, Registered(frozenset((site.host,))), budget or Budget(), "w")
    visitor.memory, visitor.renderer = memory or Memory(), renderer

    async def look() -> tuple[Papers, list[str]]:
        opener = Opener(visitor, DAY)
        columns = ColumnMap(opener, site.url, None)
        home = await opener.open(site.url, "home")
        await columns.find(home)
        await columns.open_rest()
        columns.judge()
        asked = len(site.asked)
        papers = await PaperRound(opener, columns, unit, before).look()
        assert not opener.errors
        return papers, site.asked[asked:]

    papers, asked = asyncio.run(look())
    return papers, asked, visitor


def visited(site, papers, days=1, group="county"):
    """The last visit, so many days ago."""
    back = timedelta(days=days)
    papers = replace(
        papers,
        documents=tuple(replace(d, read_at=d.read_at - back if d.read_at else None) for d in papers.documents),
        interpretations=tuple(
            replace(i, read_at=i.read_at - back if i.read_at else None) for i in papers.interpretations
        ),
    )
    return SiteVisit("岚水县", 1, unit_of(site, group).site, NOW - back, NOW - back, Outcome.OK, 200, papers=papers)


@pytest.mark.parametrize(
    ("label", "groups"),
    [
        ("政策文件", ("policy",)),
        ("县政府文件", ("policy",)),
        ("政办发", ("policy",)),
        ("政策法规", ("policy",)),
        ("行政规范性文件", ("normative",)),
        ("规范性文件库", ("normative",)),
        ("政策解读", ("interpretation",)),
        ("图解", ("interpretation",)),
        ("本级政策解读", ("interpretation",)),
        ("解读回应", ("interpretation",)),
        ("政府公报", ("gazette",)),
        ("专题专栏", ("topic",)),
        ("热点专题", ("topic",)),
        ("国务院文件", ()),
        ("上级政策文件", ()),
        ("上级政策解读", ()),
        ("规范性文件清理", ()),
        ("统计公报", ()),
        ("政府信息公开专栏", ()),
        ("长者专区", ()),
        ("通知公告", ()),
        ("财税文件", ()),
    ],
)
def test_groups_of_columns(label, groups):
    assert groups_of(label) == groups


def test_a_first_night_sees_everything_with_few_requests():
    with served(a_site(), "127.0.0.71") as site:
        papers, asked, _ = night(site)
    assert {(c.group, c.unseen, c.whole) for c in papers.columns} == {
        (g, None, True) for g in ("policy", "normative", "interpretation", "gazette", "topic")
    }
    documents = {d.url.removeprefix(site.url): d for d in papers.documents}
    assert sorted(documents) == sorted([*(f"zc/{n}.html" for n in range(1, 5)), "gf/11.html", "gf/12.html"])
    assert {d.kind for u, d in documents.items() if u.startswith("zc")} == {"policy"}
    assert {d.kind for u, d in documents.items() if u.startswith("gf")} == {"normative"}
    first = documents["zc/1.html"]
    assert set(first.fields) == {"index", "number", "written", "published", "publisher", "validity"}
    assert (first.mark, first.carried, first.outcome, first.partial) == ("(此件公开发布)", False, Outcome.OK, None)
    assert {d.explained_by[0].rpartition("/")[2] for d in documents.values()} == {
        u.rpartition("/")[2] for u in documents
    }
    assert {form for i in papers.interpretations for form in i.forms} == {"figure", "video"}
    issue = papers.issues[0]
    assert (issue.title, sorted(issue.files), issue.reached) == (
        f"{DAY.year}年第3期",
        ["pdf", "word"],
        {"pdf": True, "word": True},
    )
    assert [c.live for c in papers.of_group("topic")] == [True]
    assert len(asked) == 6 + 1 + 2  # documents, the issue's page, its two files


def test_a_second_night_asks_for_nothing_that_was_well():
    with served(a_site(), "127.0.0.72") as site:
        first, _, _ = night(site)
        second, asked, _ = night(site, visited(site, first))
        assert asked == []
        assert {d.carried for d in second.documents} == {True}
        assert [(d.url, d.fields, d.mark, d.explained_by) for d in second.documents] == [
            (d.url, d.fields, d.mark, d.explained_by) for d in first.documents
        ]
        assert second.issues[0].carried
        assert [c.live for c in second.of_group("topic")] == [True]


def test_only_new_and_failing_documents_are_asked_again_and_conditionally():
    title = "岚水县人民政府办公室关于印发岚水县第2类事项管理办法的通知"
    site = a_site(**{"/zc/2.html": doc(2, 40, title, mark="")})
    site.validators = True
    with served(site, "127.0.0.73"):
        first, _, visitor = night(site)
        taken = visitor.take()
        bodies = {p.sha256: unpack(taken.bodies[p.sha256]) for p in taken.pages}
        facts = {p.url: p.facts for p in taken.pages}
        memory = Memory({p.url: p for p in taken.pages}, facts.get, bodies.get)
        new = ("/zc/9.html", "岚水县人民政府办公室关于印发岚水县第9类事项管理办法的通知", ago(1))
        site.pages["/zc/"] = site.pages["/zc/"].replace(
            "<ul class='list'>", f"<ul class='list'><li><a href='{new[0]}'>{new[1]}</a><span>{new[2]}</span></li>"
        )
        site.pages[new[0]] = doc(9, 1, new[1])
        site.unchanged.clear()
        second, asked, _ = night(site, visited(site, first), memory)
    by_url = {d.url.removeprefix(site.url): d for d in second.documents}
    assert sorted(asked) == ["/zc/2.html", "/zc/9.html"]
    assert "/zc/2.html" in site.unchanged
    assert (by_url["zc/2.html"].carried, by_url["zc/2.html"].mark) == (False, None)
    assert (by_url["zc/9.html"].carried, by_url["zc/9.html"].kind) == (False, "policy")
    assert by_url["zc/1.html"].carried


def test_what_was_read_well_is_read_again_after_some_days():
    with served(a_site(), "127.0.0.74") as site:
        first, _, _ = night(site)
        _, asked, _ = night(site, visited(site, first, days=12))
        assert len([p for p in asked if p.startswith(("/zc/", "/gf/"))]) == 6
        for path in asked:
            site.pages[path] = (500, {}, "down")
        third, _, _ = night(site, visited(site, first, days=12))
    assert {d.carried for d in third.documents} == {True}  # what cannot be had tonight stays as it was


def test_a_failing_site_costs_a_bounded_number_of_articles():
    items = [
        (f"/zc/{n}.html", f"岚水县人民政府办公室关于印发岚水县第{n}类事项管理办法的通知", ago(n)) for n in range(1, 31)
    ]
    site = a_site(
        **{"/zc/": f"<title>政策文件</title>{rows(items)}"},
        **{u: doc(n, n, t, mark="") for n, (u, t, _) in enumerate(items, 1)},
    )
    with served(site, "127.0.0.75"):
        first, asked, _ = night(site)
        again, second, _ = night(site, visited(site, first))
    for papers, paths in ((first, asked), (again, second)):
        assert len([p for p in paths if p.endswith(".html") and "gb" not in p]) <= 12
        assert all(d.outcome is Outcome.OK and not d.carried for d in papers.documents if d.kind == "policy")
        assert papers.left > 0


def test_an_interpretation_on_a_later_page_is_looked_for_before_it_is_called_missing():
    later = [(f"/jd/x{n}.html", f"图解：岚水县第{n}类别的事", ago(n)) for n in range(1, 11)]
    pages = {
        "/jd/": f"<title>政策解读</title>{rows(later)}<a href='/jd/index_1.html'>下一页</a>",
        "/jd/index_1.html": f"<title>政策解读</title>{rows([('/jd/4.html', '图解：岚水县第4类事项管理办法', ago(79)), ('/jd/0.html', '图解：旧的一件事项办法', ago(360))])}",
    }
    with served(a_site(**pages), "127.0.0.76") as site:
        papers, asked, _ = night(site)
    assert "/jd/index_1.html" in asked
    by_url = {d.url.removeprefix(site.url): d for d in papers.documents}
    assert [u.rpartition("/")[2] for u in by_url["zc/4.html"].explained_by] == ["4.html"]
    column = papers.of_group("interpretation")[0]
    assert column.whole


def test_old_pinned_rows_do_not_stretch_what_was_read():
    pinned = ("/jd/p.html", "【置顶】图解：很久以前的办法", ago(900))
    later = [(f"/jd/x{n}.html", f"图解：岚水县第{n}类别的事", ago(n)) for n in range(1, 11)]
    body = f"<title>政策解读</title>{rows([pinned, *later])}<script>createPageHTML(9, 0, 'index', 'html')</script>"
    with served(a_site(**{"/jd/": body}), "127.0.0.77") as site:
        papers, _, _ = night(site)
    column = papers.of_group("interpretation")[0]
    assert not column.whole
    assert column.since.isoformat() >= ago(10)


def test_links_from_the_document_and_back():
    link = "<h3>相关解读</h3><ul><li><a href='/jd/1.html'>图解：岚水县第1类事项管理办法</a></li></ul>"
    back = (
        "<title>局长答记者问</title><h1>局长答记者问</h1><div class='TRS_Editor'>"
        + PROSE
        + "</div><h3>相关文件</h3><a href='/zc/3.html'>岚水县第3类事项管理办法</a>"
    )
    told = rows(
        [("/jd/1.html", "图解：岚水县第1类事项管理办法", ago(19)), ("/jd/q.html", "县教育局局长答记者问", ago(50))]
    )
    title = "岚水县人民政府办公室关于印发岚水县第1类事项管理办法的通知"
    pages = {"/zc/1.html": doc(1, 20, title, more=link), "/jd/": f"<title>政策解读</title>{told}", "/jd/q.html": back}
    with served(a_site(**pages), "127.0.0.78") as site:
        papers, asked, _ = night(site)
    by_url = {d.url.removeprefix(site.url): d for d in papers.documents}
    assert by_url["zc/1.html"].links == (f"{site.url}jd/1.html",)
    assert by_url["zc/3.html"].explained_by == (f"{site.url}jd/q.html",)
    assert by_url["zc/2.html"].explained_by == ()
    assert "/jd/q.html" in asked  # its title names no document


def test_departments_have_no_gazette_and_other_hosts_are_not_asked():
    foreign = (
        "<ul class='list'><li><a href='http://elsewhere.example/1.html'>岚水县关于印发办法的通知</a><span>"
        + ago(3)
        + "</span></li></ul>"
    )
    with served(a_site(**{"/zc/": f"<title>政策文件</title>{foreign}"}), "127.0.0.79") as site:
        papers, asked, _ = night(site, group="department")
    assert papers.of_group("gazette") == []
    assert not any("gb" in path for path in asked)
    assert [d.url for d in papers.documents if d.column.endswith("/zc/")] == []


def test_without_a_column_of_documents_numbered_notices_stand_in():
    home = (
        a_site()
        .pages["/"]
        .replace("<li><a href='/zc/'>政策文件</a></li>", "")
        .replace("<li><a href='/gf/'>行政规范性文件</a></li>", "")
    )
    notices = [
        ("/tz/1.html", "岚水县教育局关于做好春季招生工作的通知", ago(5)),
        ("/tz/2.html", "岚水县2026年公开招聘教师公告", ago(6)),
        ("/tz/3.html", "关于召开座谈会的通知", ago(7)),
    ]
    pages = {
        "/": home,
        "/tz/": f"<title>通知公告</title>{rows(notices)}",
        "/tz/1.html": doc(1, 5, notices[0][1], mark=""),
    }
    pages["/tz/3.html"] = f"<title>{notices[2][1]}</title><h1>{notices[2][1]}</h1>{PROSE}"
    with served(a_site(**pages), "127.0.0.80") as site:
        papers, _, _ = night(site)
    assert {c.group for c in papers.columns if c.url == f"{site.url}tz/"} == {"notice"}
    assert {d.url.rpartition("/")[2]: d.kind for d in papers.documents} == {"1.html": "official", "3.html": "other"}


def test_a_list_made_by_a_script_is_unseen():
    script = "<title>政策文件</title><div id='list'></div><ul id='rows'></ul><script>$.ajax({url:'/api/list',success:function(d){$('#rows').html(d)}})</script>"
    with served(a_site(**{"/zc/": script}), "127.0.0.81") as site:
        papers, _, _ = night(site)
    assert [(c.unseen, c.rows) for c in papers.of_group("policy")] == [("needs_render", 0)]


def test_a_spent_budget_is_said():
    with served(a_site(), "127.0.0.82") as site:
        papers, asked, _ = night(site, budget=Budget(pages=5))
    assert asked == []
    assert "not_seen_tonight" in {c.unseen for c in papers.columns}


def test_a_missing_word_file_is_found_by_a_second_look():
    with served(a_site(**{"/gb/3.docx": (404, {}, "none")}), "127.0.0.83") as site:
        papers, asked, _ = night(site)
    assert papers.issues[0].reached == {"pdf": True, "word": False}
    assert asked.count("/gb/3.docx") == 2


def test_a_topic_page_of_links_is_looked_into():
    zt = "<title>专题专栏</title><div class='con'><a href='/zt2026/'>优化营商环境行动</a><a href='/ztold/'>旧的专项行动</a></div>"
    inner = f"<title>行动</title>{rows([('/zt2026/1.html', '我县优化营商环境出新招实招', ago(30)), ('/zt2026/2.html', '营商环境专项行动启动了', ago(60))])}"
    with served(a_site(**{"/zt/": zt, "/zt2026/": inner}), "127.0.0.84") as site:
        papers, asked, _ = night(site)
        assert "/zt2026/" in asked
        assert papers.of_group("topic")[0].live
        _, second, _ = night(site, visited(site, papers))
    assert papers.of_group("topic")[0].newest.isoformat() == ago(30)
    assert len(second) <= 2


def test_documents_that_are_files_are_not_asked_and_nothing_is_concluded():
    row = rows([("/zc/f.pdf", "岚水县人民政府办公室关于印发岚水县某办法的通知", ago(3))])
    with served(a_site(**{"/zc/": f"<title>政策文件</title>{row}"}), "127.0.0.85") as site:
        papers, asked, _ = night(site)
    paper = next(d for d in papers.documents if d.url.endswith("f.pdf"))
    assert (paper.partial, paper.outcome, paper.kind) == ("attachment_only", None, "policy")
    assert "/zc/f.pdf" not in asked


class Browser:
    """Shows each page with what its scripts would add; `shown` lists the addresses."""

    def __init__(self, added, missing=()):
        self.added, self.missing, self.shown = added, missing, []

    async def render(self, url, *, screenshot=False, inspect=None):
        self.shown.append(url)
        html = f"<html><head><title>文件</title></head><body>{self.added}</body></html>"
        return Rendered(
            url=url,
            final_url=url,
            status=200,
            headers={"content-type": "text/html"},
            html=html,
            missing=self.missing,
            settled=True,
            at=NOW,
        )


def scripted_site():
    """Four documents whose table an external script makes."""
    titles = {n: f"岚水县人民政府办公室关于印发岚水县第{n}类事项管理办法的通知" for n in range(1, 5)}
    pages = {
        f"/zc/{n}.html": doc(n, 20 * n, t, mark="", table="<script src='/js/t.js'></script>") for n, t in titles.items()
    }
    return a_site(**pages)


def test_what_would_cost_a_point_is_looked_at_as_a_browser_shows_it():
    shows = Browser(doc(1, 20, "岚水县人民政府办公室关于印发岚水县第1类事项管理办法的通知"))
    with served(scripted_site(), "127.0.0.86") as site:
        papers, _, _ = night(site, renderer=shows)
    mine = [d for d in papers.documents if "/zc/" in d.url]
    assert len(shows.shown) == 4
    assert {d.mark for d in mine} == {"(此件公开发布)"}
    assert all("index" in d.fields for d in mine)


def test_a_browser_that_shows_nothing_more_is_asked_twice():
    with served(scripted_site(), "127.0.0.87") as site:
        shows = Browser(PROSE)
        papers, _, _ = night(site, renderer=shows)
        assert len(shows.shown) == 2
        assert not any(d.scripted for d in papers.documents if "/zc/" in d.url)
        lacking, _, _ = night(site, renderer=Browser(PROSE, missing=(f"{site.url}js/t.js",)))
    assert [d.scripted for d in lacking.documents if "/zc/" in d.url].count(("table",)) == 2


def test_a_replay_knows_only_what_that_night_took_over():
    with served(a_site(), "127.0.0.88") as site:
        first, _, _ = night(site)
        assert carried(visited(site, first)).papers.documents == ()
        second, _, _ = night(site, visited(site, first))
        again, _, _ = night(site, carried(visited(site, second)))
    assert [d.fields for d in again.documents] == [d.fields for d in first.documents]
