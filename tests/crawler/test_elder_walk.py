"""The age-friendly version in a real Chromium on loopback: what pressing its switch does, and what axe-core says.

All sites are walked by one child process as in `crawler/__main__.py`; their entries come back as JSON lines.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler import front
from crawler.browser import Rendered, Renderer, available, browser_settings
from crawler.elder_walk import Element, axe_rules, axe_source, choose_inner, choose_switch
from crawler.hosts import Registered
from crawler.opening import Opener
from crawler.settings import Budget, scrapy_settings
from crawler.visitor import Visitor
from db.codec import dump, load
from db.records import ElderEntry, ElderWalk, Outcome, SiteVisit, TextSize, usual_px
from tests.crawler.served import Site, download, served

ROOT = Path(__file__).parents[2]
AGENT = "Mozilla/5.0 (compatible; wangkao/0.1; government site monitor; +tests)"
NOW = datetime.now(UTC)
real = pytest.mark.skipif(available(None) is not None, reason=str(available(None)))
with_axe = pytest.mark.skipif(axe_source() is None, reason="未安装 axe-playwright-python")

TEXT = "本县扎实推进重点工作，深入基层一线了解情况，研究解决实际问题。" * 12
LINKS = "<ul><li><a href='/yw/202611/t20261101_1.html'>岚水县召开重点工作推进会议</a></li><li><a href='/zwgk/'>政务公开栏目</a></li></ul>"
SWITCH = "<a href='javascript:void(0)' onclick='elder()'>长者模式</a>"
ARTICLE = "/yw/202611/t20261101_1.html"
REMEMBER = """<script>
  function elder() { document.cookie = 'elder=1;path=/'; dress() }
  function dress() { if (document.cookie.includes('elder=1')) document.body.className = 'elder' }
  addEventListener('DOMContentLoaded', dress)
</script><style>body {font-size: 14px; color: #222} .elder {font-size: 22px}</style>"""
MOVING = """<div id='float' style='position:absolute;left:0;top:100px;width:200px;height:120px;background:#fc0'>
  <a href='http://mall.example.com/'>年货大街特惠</a></div>
  <script>let x = 0; setInterval(() => { x = (x + 5) % 800; document.getElementById('float').style.left = x + 'px' }, 50)</script>"""
CORNER = """<div style='position:fixed;right:10px;bottom:10px;width:260px;height:180px'>
  <a href='http://mall.example.com/'><img src='/ad.svg' alt='理财产品推广' width=260 height=160></a><span onclick='this.parentNode.remove()'>关闭</span></div>"""
PICTURE = (200, {"Content-Type": "image/svg+xml"}, "<svg xmlns='http://www.w3.org/2000/svg' width='260' height='160'/>")
BAR = """<a href='javascript:;' onclick="document.getElementById('bar').style.display='block'">无障碍</a>
  <div id=bar style='display:none;position:fixed;top:0;width:100%;height:60px;background:#fff'>
  <button onclick="document.body.style.zoom = (+document.body.style.zoom || 1) + 0.25">文字放大</button><button>文字缩小</button>
  <button>高对比度</button><button>语音播报</button><button>退出服务</button></div>"""


def page(*parts: str, title: str = "岚水县人民政府", text: str = TEXT) -> str:
    return f"<!doctype html><html lang=zh-CN><head><title>{title}</title></head><body>{''.join(parts)}{LINKS}<p>{text}</p></body></html>"


def a_site(home: str, **pages: Any) -> Site:
    inner = {ARTICLE: page(REMEMBER, title="推进会议"), "/ad.svg": PICTURE}
    made = Site({})
    for path, found in ({"/": home} | inner | pages).items():
        status, headers, body = (200, {}, found) if isinstance(found, str) else found
        made.pages[path] = (status, {"Content-Type": "text/html; charset=utf-8", **headers}, body)
    return made


BY_ADDRESS = "<a href='/?slb=true'>适老版</a>"
LARGE = "<style>body {font-size: 20px; color: #000}</style>"
KEEPS = "<script>addEventListener('DOMContentLoaded', () => document.querySelectorAll('li a').forEach(a => a.href += '?slb=true'))</script>"
FAINT = "<style>.elder {color: #aaa}</style><div style='background:url(/ad.svg) #fff'>压在图片上的文字一律不算</div>"
SITES: dict[str, Site] = {
    "class": a_site(page(REMEMBER, SWITCH)),
    "address": a_site(
        page(BY_ADDRESS),
        **{"/?slb=true": page(LARGE, KEEPS, BY_ADDRESS), f"{ARTICLE}?slb=true": page(LARGE, title="推进会议")},
    ),
    "nothing": a_site(page("<a href='javascript:void(0)'>关怀版</a>")),
    "lost": a_site(page(BY_ADDRESS), **{"/?slb=true": page(LARGE, BY_ADDRESS), ARTICLE: page(title="推进会议")}),
    "adverts": a_site(page(REMEMBER, SWITCH, MOVING, CORNER, "<script src='http://pos.baidu.com/a.js'></script>")),
    "pop-up": a_site(
        page("<a href='/elder/'>长者专区</a>"),
        **{"/elder/": page(LARGE, "<div style='position:fixed;left:300px;top:150px;width:760px;height:600px;background:#fee'><b>限时优惠活动</b><i class=close>×</i></div>")},
    ),
    "small": a_site(page(REMEMBER, SWITCH, "<style>p {font-size: 12px}</style>", text=TEXT)),
    "faint": a_site(page(REMEMBER, SWITCH, FAINT)),
    "bar": a_site(page(BAR)),
    "foreign": a_site(page("<script src='http://203.0.113.9/aria.js'></script><a id=cniil_wza href='javascript:;'>无障碍浏览</a>")),
    "window": a_site(
        page("<span onclick=\"if (confirm('进入长者模式？')) window.open('/elder/')\" style='cursor:pointer'>长者版</span>"),
        **{"/elder/": page(LARGE)},
    ),
    "gone": a_site(page("<a href='javascript:;' onclick=\"location.href='/none/'\">老年版</a>")),
    "away": a_site(page("<a href='CANARY'>长者模式</a>")),
    "none": a_site(page()),
    "stuck": a_site(page("<a href='javascript:;' onclick='while (true) {}'>长者模式</a>")),
    "barred": a_site(page("<a href='/slb/'>长者模式</a>"), **{"/robots.txt": (200, {"Content-Type": "text/plain"}, "User-agent: *\nDisallow: /slb/"), "/slb/": page(LARGE)}),
    "axe": a_site(
        "<!doctype html><html><head><title>岚水</title></head><body><main><h1>岚水县人民政府</h1><img src='/ad.svg'>"
        "<div style='background-image:linear-gradient(#fff,#000)'><p>渐变背景上的文字</p></div></main></body></html>"
    ),
}  # fmt: skip


# The child process ----------------------------------------------------------------------------------------------------


def crawl() -> None:
    """Walk the sites of the job on standard input side by side, each once: one JSON line for each."""
    from scrapy import Request, Spider
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.http import Response

    from crawler.browser import Limits

    class Walking(Spider):
        name = "walking"

        async def download(self, request: Request) -> Response:
            return await self.crawler.engine.download_async(request)

        async def start(self) -> AsyncIterator[Any]:
            turns = asyncio.Semaphore(8)
            await asyncio.gather(*(self.walk(*each, turns) for each in json.loads(sys.stdin.read()).items()))
            if False:
                yield

        async def walk(self, name: str, url: str, turns: asyncio.Semaphore) -> None:
            hosts = Registered(frozenset((url.split("/")[2],)))
            visitor = Visitor(name, url, self.download, hosts, Budget(), AGENT)
            limits = Limits(inspect=6) if name == "stuck" else None
            visitor.renderer = Renderer(self.download, url, hosts, AGENT, turns=turns, limits=limits)
            opener = Opener(visitor, date.today())
            entry = await front.elder_entry(opener, await opener.open(url, "home"))
            rows = [(f.purpose, f.outcome) for f in visitor.take().fetches if f.purpose == "render"]
            after = await visitor.render(url) if name == "class" else None
            large = after is not None and 'class="elder"' in str(after[0].page and after[0].page.page.text)
            await visitor.renderer.close()
            print(json.dumps([name, dump(entry), rows, opener.errors, large]), flush=True)

    crawling = scrapy_settings(delay=0, sites_at_once=4, contact="tests", budget=Budget())
    crawling |= {"WANGKAO_REGISTERED": ["127.0.0.1"]}
    process = AsyncCrawlerProcess(crawling | browser_settings(None, AGENT))
    process.crawl(Walking)
    process.start()


@dataclass
class Walks:
    """What the browser saw, by name of the site; `rows` are purpose and outcome of the pages shown."""

    entries: dict[str, ElderEntry] = field(default_factory=dict)
    rows: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: dict[str, list[str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> ElderWalk:
        walk = self.entries[name].walk
        assert walk is not None
        return walk


@pytest.fixture(scope="module")
def walks() -> Walks:
    found = Walks()
    with ExitStack() as stack:
        canary = stack.enter_context(served(Site({}), "127.0.0.9"))
        status, headers, body = SITES["away"].pages["/"]
        SITES["away"].pages["/"] = status, headers, str(body).replace("CANARY", canary.url)
        sites = {name: stack.enter_context(served(site)) for name, site in SITES.items()}
        job = json.dumps({name: site.url for name, site in sites.items()})
        command = [sys.executable, "-m", "tests.crawler.test_elder_walk"]
        done = subprocess.run(command, cwd=ROOT, input=job, capture_output=True, text=True, timeout=300, check=True)
    assert done.stderr == "", "nothing goes wrong behind the scenes"
    found.asked["canary"] = canary.asked
    for line in done.stdout.splitlines():
        name, entry, rows, errors, large = json.loads(line)
        assert errors == []
        assert not large, "the next page of the site is opened as by a newcomer"
        found.entries[name], found.rows[name], found.asked[name] = load(ElderEntry, entry), rows, SITES[name].asked
    assert found.entries.keys() == SITES.keys()
    return found


# What pressing does ---------------------------------------------------------------------------------------------------


@real
def test_a_class_on_the_body_enlarges_and_survives_a_click(walks: Walks):
    walk = walks["class"]
    assert walk.pressed == ("长者模式",)
    assert (usual_px(walk.before), usual_px(walk.after), usual_px(walk.kept)) == (14, 22, 22)
    assert walk.inner is not None
    assert walk.inner.endswith(ARTICLE)
    assert (walk.url, walk.unseen, walk.inner_unseen, walk.floating, walk.bar) == (None, None, None, (), ())
    assert min(t.contrast for t in walk.after) > 9
    assert walk.evidence is not None
    assert walk.evidence.excerpt == "按下“长者模式”：正文 14px → 22px"
    assert walk.evidence.sha256


@real
def test_a_version_at_another_address(walks: Walks):
    walk = walks["address"]
    assert walk.url is not None
    assert walk.url.endswith("/?slb=true")
    assert (usual_px(walk.before), usual_px(walk.after), usual_px(walk.kept)) == (16, 20, 20)
    assert walk.evidence is not None
    assert walk.evidence.url == walk.url.removesuffix("?slb=true"), "the page shown at first is what was fetched"
    assert walk.inner is not None
    assert walk.inner.endswith("?slb=true")


@real
def test_a_switch_that_does_nothing(walks: Walks):
    walk = walks["nothing"]
    assert walk.pressed == ("关怀版",)
    assert walk.before == walk.after
    assert (walk.url, walk.unseen, walk.bar, walk.floating) == (None, None, (), ())


@real
def test_a_version_that_ends_with_the_next_click(walks: Walks):
    walk = walks["lost"]
    assert (usual_px(walk.after), usual_px(walk.kept), walk.inner_unseen) == (20, 16, None)


@real
def test_boxes_that_float_over_the_version(walks: Walks):
    moving, corner = walks["adverts"].floating
    assert (moving.kind, moving.words, moving.host, moving.link) == ("moving", "年货大街特惠", "mall.example.com", True)
    assert moving.box[2:] == (200, 120)
    assert (corner.kind, corner.picture, corner.closable) == ("fixed", True, True)
    assert walks["adverts"].hosts == ("pos.baidu.com",)
    assert walks["adverts"].unseen == "foreign_script", "what the advertiser's script would have brought was not seen"
    (popup,) = walks["pop-up"].floating
    assert (popup.kind, popup.words, popup.closable) == ("modal", "限时优惠活动×", True)


@real
def test_small_print_that_stays_small(walks: Walks):
    walk = walks["small"]
    sizes = {t.px: t.chars for t in walk.after}
    assert sizes[12] > 300
    assert sizes[22] < 60
    assert usual_px(walk.after) == 12


@real
def test_contrast_and_text_whose_ground_cannot_be_told(walks: Walks):
    faint = {t.contrast: t.chars for t in walks["faint"].after if t.px == 22}
    assert faint[2.3] > 300, "#aaa on white"
    assert faint[None] == len("压在图片上的文字一律不算")


@real
def test_a_bar_whose_control_enlarges(walks: Walks):
    walk = walks["bar"]
    assert walk.pressed == ("无障碍", "文字放大", "文字放大", "文字放大")
    assert (usual_px(walk.before), usual_px(walk.after)) == (16, 28)
    assert set(walk.bar) == {"文字放大", "文字缩小", "高对比度", "语音播报", "退出服务"}


@real
def test_a_tool_whose_script_is_kept_out_proves_nothing(walks: Walks):
    walk = walks["foreign"]
    assert walk.pressed == ("无障碍浏览",)
    assert walk.unseen == "foreign_script"
    assert walk.hosts == ("203.0.113.9",)


@real
def test_a_switch_that_leads_to_a_foreign_private_host_leads_nowhere(walks: Walks):
    walk = walks["away"]
    assert len(walk.pressed) == 1
    assert (walk.url, walk.unseen) == (None, "foreign_script")
    assert walks.asked["canary"] == []


@real
def test_a_version_in_a_window_of_its_own_after_a_question(walks: Walks):
    walk = walks["window"]
    assert walk.url is not None
    assert walk.url.endswith("/elder/")
    assert usual_px(walk.after) == 20


@real
@pytest.mark.parametrize(
    ("name", "unseen", "pressed"),
    [
        ("gone", "http_error", True),
        ("none", "missing", False),
        ("stuck", "timeout", False),
        ("barred", "robots", False),
    ],
)
def test_what_was_not_seen_is_said(walks: Walks, name: str, unseen: str, pressed: bool):
    assert (walks[name].unseen, bool(walks[name].pressed)) == (unseen, pressed)
    assert walks[name].after == (), "an error page is no version"
    assert walks[name].evidence is not None


@real
def test_one_page_is_shown_a_site(walks: Walks):
    assert set(map(json.dumps, walks.rows.values())) == {json.dumps([["render", "ok"]])}
    assert "/slb/" not in walks.asked["barred"]


@real
@with_axe
def test_the_three_outcomes_of_axe(walks: Walks):
    found = {(r.rule, r.outcome): r for r in walks.entries["axe"].axe}
    assert walks["axe"].axe
    assert {r for r, outcome in found if outcome == "violation"} == {"html-has-lang", "image-alt"}
    assert {r for r, outcome in found if outcome == "incomplete"} == {"color-contrast"}
    assert ("document-title", "pass") in found
    image = found["image-alt", "violation"]
    assert (image.nodes, image.impact, image.where, image.markup) == (1, "critical", "img", '<img src="/ad.svg">')


@with_axe
def test_the_installed_axe_knows_every_rule():
    source = axe_source()
    assert source is not None
    assert [id_ for id_ in axe_rules() if f'"{id_}"' not in source] == []
    assert len(set(axe_rules())) == len(axe_rules()) > 40


def test_without_axe_there_are_no_results(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    axe_source.cache_clear()
    assert axe_source() is None
    axe_source.cache_clear()


# What is pressed ------------------------------------------------------------------------------------------------------

ENTRY = ElderEntry("text", "无障碍", None)


@pytest.mark.parametrize(
    ("elements", "chosen"),
    [
        ([Element(1, "无障碍"), Element(2, "长者模式")], 2),  # larger type before a bar
        ([Element(1, "无障碍浏览"), Element(2, "无障碍")], 2),  # the entry that was found before
        ([Element(1, "长者模式", visible=False), Element(2, "无障碍")], 2),
        ([Element(1, "长者模式", visible=False)], 1),  # shows only under the pointer
        ([Element(1, "长者模式", clickable=False, area=900), Element(2, "长者模式", area=99)], 2),
        ([Element(1, "", "slhBtn toolbarElderly")], 1),  # a picture without words
        ([Element(1, "退出长者模式"), Element(2, "关闭无障碍")], None),
        ([Element(1, "适老化改造", href="http://x.gov.cn/yw/202611/t20261101_1.html")], None),
        ([Element(1, "政务公开")], None),
        ([], None),
    ],
)
def test_which_switch_is_pressed(elements: list[Element], chosen: int | None):
    found = choose_switch(elements, ENTRY)
    assert (found.n if found else None) == chosen


HOME = "http://www.x.gov.cn/?slb=true"


@pytest.mark.parametrize(
    ("words", "href", "followed"),
    [
        ("政务公开栏目", "http://www.x.gov.cn/zwgk/", True),
        ("政务公开栏目", "http://x.gov.cn/zwgk/?slb=true", True),
        ("岚水县要闻一则", "http://www.x.gov.cn/?slb=true#top", False),
        ("省政府网站群", "http://www.shanxi.gov.cn/", False),
        ("附件下载列表", "http://www.x.gov.cn/a.pdf", False),
        ("返回普通版网站", "http://www.x.gov.cn/", False),
        ("进入长者模式", "http://www.x.gov.cn/elder/", False),
        ("更多", "http://www.x.gov.cn/yw/", False),
        ("政务公开栏目", None, False),
    ],
)
def test_which_link_is_followed(words: str, href: str | None, followed: bool):
    assert (choose_inner([Element(1, words, href=href, link=True)], HOME) is not None) is followed


def test_an_article_is_followed_rather_than_a_column():
    column = Element(1, "政务公开栏目", href="http://www.x.gov.cn/zwgk/", link=True)
    article = Element(2, "岚水县要闻一则", href="http://www.x.gov.cn/yw/202611/t20261101_1.html", link=True)
    assert choose_inner([column, article], HOME) is article


def test_the_usual_size_is_that_of_the_middle_character():
    assert usual_px(()) == 0
    assert usual_px((TextSize(12, 7.0, 40), TextSize(30, 7.0, 41))) == 30
    assert usual_px((TextSize(30, 7.0, 10), TextSize(12, None, 40), TextSize(16, 7.0, 41))) == 16


# Once a week ----------------------------------------------------------------------------------------------------------


class Shows:
    """A browser that shows the page and inspects nothing."""

    def __init__(self, status: int = 200) -> None:
        self.status, self.shown = status, list[str]()

    async def render(self, url: str, *, screenshot: bool = False, inspect: Any = None) -> Rendered:
        assert inspect is not None
        self.shown.append(url)
        return Rendered(url, url, NOW, status=self.status, html=page(SWITCH), settled=True)


def looked(site: Site, shows: Shows | None, last: SiteVisit | None) -> ElderEntry:
    """The entry of the site tonight."""
    visitor = Visitor("岚水县", site.url, download, Registered(frozenset((site.host,))), Budget(), AGENT)
    visitor.renderer = shows  # type: ignore[assignment]

    async def look() -> ElderEntry:
        opener = Opener(visitor, NOW.date())
        entry = await front.elder_entry(opener, await opener.open(site.url, "home"), last)
        assert opener.errors == []
        return entry

    return asyncio.run(look())


def visited(site: Site, entry: ElderEntry, **walk: Any) -> SiteVisit:
    """A visit whose browser saw that entry, three days ago unless said otherwise."""
    walked = ElderWalk(**({"at": NOW - timedelta(days=3), "pressed": ("长者模式",)} | walk))
    found = replace(entry, walk=walked)
    return SiteVisit("岚水县", 1, site.url, walked.at, walked.at, Outcome.OK, 200, elder=found)


def test_a_walk_is_taken_over_for_a_week():
    shows = Shows()
    with served(a_site(page(SWITCH))) as site:
        plain = looked(site, None, None)
        assert (plain.walk, plain.axe) == (None, ())
        first = looked(site, shows, None)
        assert len(shows.shown) == 1
        assert first.walk is not None
        assert first.walk.unseen == "timeout"
        last = visited(site, first)
        assert looked(site, shows, last).walk == looked(site, None, last).walk == last.elder.walk
        assert len(shows.shown) == 1
        again = [
            visited(site, first, at=NOW - timedelta(days=7, minutes=-20)),  # a week ago, a little later in the night
            visited(site, replace(first, words="关怀版")),  # another entry
            replace(last, url="http://old.example/"),  # another site
            replace(last, elder=replace(last.elder, walk=None)),  # no browser then
        ]
        for number, before in enumerate(again, 2):
            assert looked(site, shows, before).walk != before.elder.walk
            assert len(shows.shown) == number


def test_a_page_that_was_not_the_one_asked_for_says_nothing():
    with served(a_site(page(SWITCH))) as site:
        entry = looked(site, Shows(503), None)
    assert entry.walk is not None
    assert (entry.walk.unseen, entry.walk.pressed, entry.axe) == ("http_error", (), ())


if __name__ == "__main__":
    crawl()
