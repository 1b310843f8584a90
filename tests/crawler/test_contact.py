"""Rounds over a real small site: mailboxes and letters, smaller marks, and pages looked through for leaks and injections."""

import asyncio
import io
from datetime import date, timedelta

import openpyxl
import pytest

from crawler.column_map import ColumnMap
from crawler.contact import ContactRound
from crawler.hosts import Registered
from crawler.marks import MarksRound
from crawler.opening import Opener
from crawler.safety import SafetyRound
from crawler.settings import Budget
from crawler.visitor import Visitor
from db.codec import dump
from db.records import Injection, Leak, Outcome, SiteVisit
from tests.crawler.served import Site, download, served
from tests.extract.test_privacy import ID

TODAY = date(2026, 11, 24)
NAV = "<ul class='nav'><li><a href='/'>首页</a></li><li><a href='/yw/'>工作动态</a></li><li><a href='/gk/'>政府信息公开</a></li>{}</ul>"
FOOT = "<div class='foot'>主办单位：岚水县人民政府办公室 联系电话：0350-3030303 地址：岚水县长征街1号 邮箱：web@lanshui.gov.cn</div>"
TEXT = "<p>" + "群众来信由县政府办公室统一受理，分送有关部门办理。" * 3 + "</p>"
PLAIN = "<p>" + "本机关依照条例公开政府信息，欢迎查阅和监督。" * 3 + "</p>"
FORM = "<form action='/save' method='post'>姓名<input name='xm'>电话<input name='dh'>内容<textarea name='nr'></textarea></form>"
BOARD = "<ul class='left'><li><a href='/gk/zn/'>政府信息公开指南</a></li><li><a href='/gk/zd/'>政府信息公开制度</a></li><li><a href='/gk/sq/'>依申请公开</a></li></ul>"


def days_ago(days):
    return TODAY - timedelta(days=days)


def site(entries="", home="", **pages):
    """A small site; `entries` stand in its menu, `pages` are bodies by path (with _ for /)."""

    def wrap(title, body):
        return f"<html><head><title>{title}</title></head><body>{NAV.format(entries)}{body}{FOOT}</body></html>"

    rows = "".join(
        f"<li><a href='/yw/{n}.html'>县里召开第{n}次推进会议</a><span>{days_ago(n)}</span></li>" for n in range(1, 5)
    )
    made = {
        "/": wrap("岚水县人民政府", f"<ul>{rows}</ul>{home}"),
        "/yw/": wrap("工作动态", f"<ul>{rows}</ul>"),
        "/gk/": wrap("政府信息公开", BOARD),
        "/gk/zn/": wrap("政府信息公开指南", f"<h2>政府信息公开指南</h2>{TEXT}"),
        "/gk/zd/": wrap("政府信息公开制度", f"<h2>制度</h2>{TEXT}"),
        "/gk/sq/": wrap("依申请公开", f"<h2>依申请公开</h2>{TEXT}"),
    }
    for path, body in pages.items():
        key = "/" + path.replace("_", "/")
        made[key] = wrap("页面", body) if isinstance(body, str) else body
    return Site(made)


async def opened(at):
    """Home, board and columns of the served site, opened."""
    visitor = Visitor(
        "岚水县", at.url, download, Registered(frozenset((at.host,))), Budget(), "Mozilla/5.0 (compatible; wangkao)"
    )
    opener = Opener(visitor, TODAY)
    found = ColumnMap(opener, at.url, None)
    home = await opener.open(at.url, "home")
    await visitor.learn_missing()
    await found.find(home)
    return opener, found


def interaction(made, confirm=False):
    with served(made) as at:

        async def run():
            opener, found = await opened(at)
            contact = ContactRound(opener, found)
            seen = await contact.look()
            await found.open_rest()
            if confirm:
                for url, page in list(opener.seen.items()):
                    if page.outcome in (Outcome.HTTP_ERROR, Outcome.SOFT_404):
                        await opener.again(url)
            found.judge()
            return contact.judge() if confirm else seen

        seen = asyncio.run(run())
    return seen, [(c.name, c.how, c.works, c.why) for c in seen.channels if c.kind == "consult"]


def entry(path, name):
    return f"<li><a href='{path}'>{name}</a></li>"


@pytest.mark.parametrize(
    ("body", "how"),
    [
        (FORM, "form"),
        ("<p>内容<textarea></textarea><button>提交</button></p>", "form"),
        ("<table><tr><td>标题</td><td>来信时间</td><td>回复时间</td></tr></table>" + TEXT, "letters"),
        ("<p>来信请寄：xz@lanshui.gov.cn</p>", "mail"),
        ("<p>请先阅读须知</p><a href='/xx/new/'>我要写信</a>", "online"),
    ],
)
def test_a_mailbox_that_works(body, how):
    _, consult = interaction(site(entry("/xx/", "县长信箱"), xx_=body))
    assert consult[0] == ("县长信箱", how, True, None)


def test_a_mailbox_behind_the_page_of_interaction():
    hub = "<ul><li><a href='/hd/zx/'>网上咨询</a></li><li><a href='/hd/dc/'>民意征集</a></li></ul>"
    seen, consult = interaction(site(entry("/hd/", "互动交流"), hd_=hub, hd_zx_=FORM))
    assert consult == [("网上咨询", "form", True, None)]
    assert {c.kind for c in seen.channels} == {"consult", "hub", "survey"}
    assert seen.gaps == ()


def test_only_special_channels():
    links = (
        entry("http://www.12388.gov.cn/", "12388举报网站")
        + entry("http://wsxf.gov.cn/", "网上信访")
        + entry("/dc/", "网上调查")
    )
    seen, consult = interaction(site(links, dc_=TEXT))
    assert consult == []
    assert {c.kind for c in seen.channels} == {"petition", "survey"}
    assert seen.gaps == ()


@pytest.mark.parametrize(
    ("entries", "pages", "consult"),
    [
        (entry("/xx/", "县长信箱"), {"xx_": TEXT}, [("县长信箱", None, None, "unclear")]),
        (entry("/xx/", "县长信箱"), {"xx_": "<div id='app'></div><script>axios.get('/api/list').then(r=>app.innerHTML=r)</script>"}, [("县长信箱", None, None, "needs_render")]),
        (entry("/xx/", "县长信箱"), {}, [("县长信箱", None, None, "http_error")]),
        ("<li><a href='javascript:;' onclick='box()'>县长信箱</a></li>", {}, [("县长信箱", None, None, "needs_render")]),
        ("<li><span class='b'>县长信箱</span></li>", {}, [("县长信箱", None, None, "needs_render")]),
    ],
)  # fmt: skip
def test_what_could_not_be_told(entries, pages, consult):
    assert interaction(site(entries, **pages))[1] == consult


def test_a_dead_mailbox_is_dead_at_the_second_look_and_a_blank_one_is_blank():
    _, consult = interaction(site(entry("/xx/", "县长信箱")), confirm=True)
    assert consult == [("县长信箱", None, False, "dead")]
    _, consult = interaction(site(entry("/xx/", "县长信箱"), xx_="<p>栏目建设中</p>"), confirm=True)
    assert consult == [("县长信箱", None, False, "blank")]


def test_a_page_of_interaction_that_does_not_answer_leaves_a_gap():
    seen, consult = interaction(site(entry("/hd/", "互动交流")))
    assert consult == []
    assert seen.gaps == ("互动交流: http_error",)


def test_more_pages_that_may_hold_a_mailbox_than_are_opened_leave_a_gap():
    many = "".join(entry(f"/m{n}/", f"百姓之声{name}") for n, name in enumerate("一二三四五六七八九十甲乙丙丁戊己庚辛"))
    seen, consult = interaction(site(many, **{f"m{n}_": TEXT for n in range(18)}))
    assert consult == []
    assert len(seen.gaps) == 1
    assert seen.gaps[0].endswith("pages not looked into")
    few = "".join(entry(f"/m{n}/", f"百姓之声{name}") for n, name in enumerate("甲乙"))
    seen, consult = interaction(site(few, m0_=TEXT, m1_=FORM))
    assert consult == [("百姓之声乙", "form", True, None)]
    assert seen.gaps == ()


def test_a_mailbox_that_only_an_inner_page_names_keeps_the_absence_open():
    _, consult = interaction(site(entry("/fw/", "便民服务"), fw_=TEXT + "<a href='/fw/xx/'>局长信箱</a>"), confirm=True)
    assert consult == [("局长信箱", None, None, "not_tried")]


LETTERS = (
    "<table><tr><th>标题</th><th>来信时间</th><th>回复时间</th></tr>"
    f"<tr><td><a href='/xx/1.html'>路灯不亮</a></td><td>{days_ago(30)}</td><td>{days_ago(26)}</td></tr>"
    f"<tr><td><a href='/xx/2.html'>暖气不热</a></td><td>{days_ago(200)}</td><td></td></tr></table>"
)


def test_letters_of_a_list_one_click_further():
    pages = {"xx_": FORM + "<a href='/xx/list/'>来信选登</a>", "xx_list_": LETTERS}
    seen, _ = interaction(site(entry("/xx/", "县长信箱"), **pages))
    assert [(x.title, x.asked, x.answered, x.state) for x in seen.letters] == [
        ("暖气不热", days_ago(200), None, "open"),
        ("路灯不亮", days_ago(30), days_ago(26), "answered"),
    ]
    assert seen.letters[0].evidence.excerpt == f"暖气不热 来信 {days_ago(200)} 未答复"
    assert seen.letters_unseen is None


def test_a_letter_without_a_state_is_asked_for_on_its_own_page():
    rows = "".join(
        f"<tr><td><a href='/xx/{n}.html'>第{n}封来信</a></td><td>{days_ago(age)}</td></tr>"
        for n, age in ((1, 120), (2, 40), (3, 500))
    )
    pages = {
        "xx_": FORM + f"<table><tr><th>标题</th><th>来信时间</th></tr>{rows}</table>",
        "xx_1.html": f"<h1>第1封来信</h1><p>来信时间：{days_ago(120)}</p><p>办理状态：未回复</p>",
        "xx_3.html": f"<h1>第3封来信</h1><p>来信时间：{days_ago(500)}</p><p>办理状态：未回复</p>",
    }
    seen, _ = interaction(site(entry("/xx/", "县长信箱"), **pages))
    assert {x.title: x.state for x in seen.letters} == {
        "第1封来信": "open",
        "第2封来信": "unclear",
        "第3封来信": "unclear",
    }


def test_a_list_of_letters_that_a_script_makes_is_unseen():
    script = "<ul id='list'></ul><script>$.get('/api/letters',function(d){$('#list').html(d)})</script>"
    seen, consult = interaction(site(entry("/xx/", "县长信箱") + entry("/xd/", "来信选登"), xx_=FORM, xd_=script))
    assert consult[0][2] is True
    assert seen.letters == ()
    assert seen.letters_unseen


def test_few_pages_are_asked_for():
    many = "".join(entry(f"/x{n}/", f"{n}号县长信箱") for n in range(9))
    made = site(many, **{f"x{n}_": TEXT for n in range(9)})
    with served(made) as at:

        async def run():
            opener, found = await opened(at)
            before = len(made.asked)
            await ContactRound(opener, found).look()
            return len(made.asked) - before

        assert asyncio.run(run()) <= 4


# smaller marks


def marks(made, before=None):
    with served(made) as at:

        async def run():
            opener, found = await opened(at)
            marked = MarksRound(opener, found)
            await marked.look()
            found.judge()
            return marked.result([], before)

        return asyncio.run(run())


@pytest.mark.parametrize(
    ("pages", "ways", "unseen"),
    [
        ({"gk_sq_": FORM}, ("form",), None),
        ({"gk_sq_": TEXT + "<p>通信地址：岚水县迎宾路9号；联系电话0350-3030999</p>"}, ("address", "phone"), None),
        ({"gk_sq_": TEXT + "<a href='/f/sqb.doc'>政府信息公开申请表</a>"}, ("download",), None),
        ({"gk_sq_": PLAIN + FOOT.replace("<div class='foot'>", "<p>").replace("</div>", "</p>")}, ("mail", "address", "phone"), None),
        ({"gk_sq_": PLAIN}, (), None),
        ({"gk_sq_": TEXT}, (), "办公室"),
        ({"gk_sq_": TEXT + "<a href='/gk/sq/fs/'>申请方式</a>", "gk_sq_fs_": "<p>受理机构邮箱：gk@lanshui.gov.cn</p>"}, ("mail",), None),
        ({"gk_sq_": "<p>申请流程</p><img src='/lc.jpg' width='600' height='900'>"}, (), "picture"),
    ],
)  # fmt: skip
def test_ways_to_apply_without_the_foot(pages, ways, unseen):
    found = marks(site(**pages)).apply
    assert (found.ways, found.unseen) == (ways, unseen)
    assert found.evidence.url.endswith("/gk/sq/")


def test_a_page_below_that_did_not_answer_leaves_the_way_open():
    found = marks(site(gk_sq_=TEXT + "<a href='/gk/sq/fs/'>申请方式</a>")).apply
    assert found.ways == ()
    assert found.unseen


GUIDE = "<h2>指南</h2><p>依据国务院令第711号编制。</p><p>工作机构：县政府办公室；办公地址：迎宾路9号；办公时间：工作日8:00-12:00；联系电话：0350-3030999；电子邮箱：gk@lanshui.gov.cn；各类信息按机构、规划、预算等编排。</p>"


def test_a_guide_on_its_page_and_as_an_item_of_a_list():
    found = marks(site(gk_zn_=GUIDE)).guide
    assert found.fields == ("office", "address", "hours", "phone", "internet")
    listed = (
        "<ul><li><a href='/gk/zn/202401/t20240105_1.html'>岚水县政府信息公开指南</a><span>2024-01-05</span></li></ul>"
    )
    made = site(gk_zn_=listed)
    made.pages["/gk/zn/202401/t20240105_1.html"] = f"<title>指南</title>{GUIDE}"
    found = marks(made).guide
    assert found.decrees == ("711",)
    assert found.evidence.url.endswith("t20240105_1.html")


def test_marks_of_scripts_tags_of_columns_and_redated_items():
    head = "<script src='/js/common.js'></script>"
    made = site(home=head)
    made.pages["/js/common.js"] = (
        200,
        {"Content-Type": "text/javascript"},
        "document.write('<span id=_span_jiucuo></span><a id=_ideConac>')",
    )
    found = marks(made)
    assert found.find_error
    assert found.conac
    assert [u.rsplit("/", 2)[1] for u in found.untagged] == ["yw"]
    rows = f"<ul><li><a href='/yw/202601/t20260105_9.html'>关于春耕生产工作的通知</a><span>{days_ago(1)}</span></li><li><a href='/yw/8.html'>县里召开另一次推进会议</a><span>{days_ago(9)}</span></li></ul>"
    (one,) = marks(site(yw_=rows)).redated
    assert (one.first, one.shown, one.by) == (date(2026, 1, 5), days_ago(1), "address")
    assert "显示" in one.evidence.excerpt


def test_an_item_of_a_list_without_days_is_opened():
    rows = "".join(f"<li><a href='/yw/{n}.html'>县里召开第{n}次乡村振兴工作推进会议</a></li>" for n in range(1, 6))
    page = "<h1>县里召开第1次乡村振兴工作推进会议</h1><p>发布时间：2026-11-20</p>" + TEXT
    (item,) = marks(site(yw_=f"<ul>{rows}</ul>", **{"yw_1.html": page})).items
    assert (item.day, item.title) == (date(2026, 11, 20), "县里召开第1次乡村振兴工作推进会议")
    (item,) = marks(site(yw_=f"<ul>{rows}</ul>", **{"yw_1.html": TEXT})).items
    assert item.day is None
    assert item.evidence is not None


# safety

SPAM = "<div style='display:none'><a href='http://www.a8k3.com/'>澳门新葡京官网</a></div>"


def test_pages_are_looked_through_once_and_finds_are_looked_at_again():
    made = site(
        home=SPAM, **{"yw_1.html": f"<p>身份证号：{ID}</p>", "yw_2.html": TEXT, "old.html": f"<p>身份证号：{ID}</p>"}
    )
    with served(made) as at:

        async def run():
            opener, found = await opened(at)
            safety = SafetyRound(opener, found)
            evidence = opener.seen[at.url].evidence()
            leak = Leak("identity", f"{at.url}old.html", evidence=evidence)
            before = SiteVisit("岚水县", 1, at.url, evidence.fetched_at, evidence.fetched_at, Outcome.OK, leaks=(leak,))
            await safety.again(before)
            for n in (1, 2):
                url = f"{at.url}yw/{n}.html"
                await safety.look(url, (await opener.visitor.fetch(url, "link")).page)
            return opener, safety.result()

        opener, (leaks, injections, scanned) = asyncio.run(run())
    assert sorted(x.url.rsplit("/", 1)[1] for x in leaks) == ["1.html", "old.html"]
    assert all(x.evidence.sha256 for x in leaks)
    assert [(x.kind, x.host) for x in injections] == [("hidden_link", "www.a8k3.com")]
    assert scanned >= 8
    assert f"{at.url}yw/2.html" not in opener.seen  # a clean page is not opened
    assert ID not in dump((leaks, injections))


def test_an_attachment_that_lists_persons_is_looked_through():
    book, clean = io.BytesIO(), io.BytesIO()
    for file, number in ((book, ID), (clean, "1409**********1234")):
        sheet = openpyxl.Workbook()
        sheet.active.append(["姓名", "身份证号", "金额"])
        sheet.active.append(["王小明", number, 300])
        sheet.save(file)
    links = (
        "<a href='/a.xlsx'>2026年低保发放名单.xlsx</a><a href='/b.xlsx'>高龄补贴名单</a><a href='/c.xlsx'>会议安排</a>"
    )
    made = site(home=links)
    made.pages |= {f"/{name}.xlsx": (200, {"Content-Type": "application/vnd.ms-excel"}, data.getvalue()) for name, data in {"a": book, "b": clean, "c": book}.items()}  # fmt: skip
    with served(made) as at:

        async def run():
            opener, found = await opened(at)
            safety = SafetyRound(opener, found)
            await safety.attachments()
            return safety.result(), opener.visitor.take()

        (leaks, _, _), taken = asyncio.run(run())
    assert [(x.kind, x.url) for x in leaks] == [("identity", f"{at.url}a.xlsx")]
    assert leaks[0].evidence.sha256
    assert "/c.xlsx" not in at.asked
    assert ID not in dump(leaks)
    assert all(ID not in (page.facts or "") for page in taken.pages)


def test_no_personal_number_is_kept_in_what_readers_said():
    made = site(entry("/ml/", "补贴名单"), ml_=f"<p>身份证号：{ID}</p>{TEXT}")
    with served(made) as at:

        async def run():
            opener, found = await opened(at)
            await found.open_rest()
            found.judge()
            SafetyRound(opener, found).result()
            return opener.visitor.take()

        taken = asyncio.run(run())
    kept = {page.url: page.facts for page in taken.pages}
    assert "1409************" in kept[f"{at.url}ml/"]
    assert all(ID not in (facts or "") for facts in kept.values())
    assert "substance" in kept[f"{at.url}gk/"]  # what readers said of other pages is kept


def test_another_units_page_is_not_this_ones():
    made = site(home="<a href='/other/'>别的单位</a>", other_=f"<p>身份证号：{ID}</p>")
    with served(made) as at:

        async def run():
            opener, _ = await opened(at)
            await opener.open(f"{at.url}other/")
            mine = SafetyRound(opener, ColumnMap(opener, f"{at.url}gk/", None))
            return SafetyRound(opener, ColumnMap(opener, at.url, None)).result(), mine.result()

        whole, mine = asyncio.run(run())
    assert len(whole[0]) == 1
    assert mine[0] == ()


def test_a_home_page_whose_title_was_taken_over_is_told():
    made = Site({"/": f"<html><head><title>澳门新葡京娱乐官方网站</title></head><body>{TEXT}</body></html>"})
    with served(made) as at:

        async def run():
            visitor = Visitor("岚水县", at.url, download, Registered(frozenset((at.host,))), Budget(), "wangkao")
            opener = Opener(visitor, TODAY)
            home = await opener.open(at.url, "home")
            return home.outcome, SafetyRound(opener, ColumnMap(opener, at.url, None)).result()

        outcome, (_, injections, _) = asyncio.run(run())
    assert outcome is Outcome.HIJACKED
    assert [x.kind for x in injections] == ["title"]
    assert isinstance(injections[0], Injection)
