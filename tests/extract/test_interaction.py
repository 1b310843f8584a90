"""Entries that let people write, and published letters with their days, in the shapes that real sites use."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.decode import decode
from crawler.extract.interaction import kind_of, merged, read_contact, read_letters
from crawler.extract.page import Page
from db.records import Letter

TODAY = date(2026, 11, 24)
REAL = Path(__file__).parents[3] / "shared" / "real-pages"


def page(body, url="http://x.gov.cn/hdjl/xzxx/", title="县长信箱"):
    return Page(url, f"<html><head><title>{title}</title></head><body>{body}</body></html>")


def contact(body):
    return read_contact(page(body), today=TODAY)


def letters(body):
    return [(x.title, x.asked, x.answered, x.state) for x in read_letters(page(body), today=TODAY)[0]]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((n, "consult") for n in ("县长信箱", "局长信箱", "领导信箱", "在线咨询", "网上咨询", "咨询投诉", "我要写信", "网民留言", "留言板", "给县长写信", "12345政务服务便民热线", "建言献策", "我要咨询", "政策咨询", "投诉信箱", "意见反馈", "在线客服", "公众邮箱", "咨询", "问政")),
        *((n, "petition") for n in ("网上信访", "纪检监察", "监督举报", "举报信箱", "投诉举报", "12388举报网站", "扫黑除恶举报", "来信来访")),
        *((n, "survey") for n in ("民意征集", "网上调查", "意见征集", "问卷调查", "网上评议")),
        *((n, "letters") for n in ("信件选登", "来信选登", "留言回复", "信件公开", "咨询列表", "典型回复", "回音壁")),
        *((n, "hub") for n in ("互动交流", "政民互动", "公众参与")),
        ("在线访谈", "interview"),
        *((n, "maybe") for n in ("联系我们", "百姓之声", "局长在线", "服务热线")),
        *((n, None) for n in ("政务公开", "咨询电话", "工程咨询公司", "通知公告", "办事服务", "心理咨询", "法律咨询", "政协委员建议提案答复", "信用信息", "政策问答")),
    ],
)  # fmt: skip
def test_kinds(name, kind):
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    ("body", "name", "url", "mail"),
    [
        ("<a href='/xzxx/'>县长信箱</a>", "县长信箱", "http://x.gov.cn/xzxx/", False),
        ("<a href='/xzxx/'><img src='a.png' alt='县长信箱'></a>", "县长信箱", "http://x.gov.cn/xzxx/", False),
        ("<div onclick=\"location.href='/zx/'\">网上咨询</div>", "网上咨询", "http://x.gov.cn/zx/", False),
        ("<a href='javascript:;' onclick='openBox()'>我要写信</a>", "我要写信", None, False),
        ("<a href='mailto:jz@x.gov.cn'>局长信箱</a>", "局长信箱", None, True),
        ("<li>局长信箱：<a href='mailto:jz@x.gov.cn'>jz@x.gov.cn</a></li>", "局长信箱", None, True),
        ("<p>县长信箱：xz@lanshui.gov.cn</p>", "县长信箱", None, True),
    ],
)
def test_doors(body, name, url, mail):
    (door,) = [d for d in contact(body).doors if d.kind == "consult"]
    assert (door.name, door.url, door.mail) == (name, url, mail)


@pytest.mark.parametrize(
    "body",
    [
        "<li><a href='/yw/202611/t20261101_12.html'>县长信箱开通</a><span>2026-11-01</span></li>",
        "<a href='/yw/202611/t20261101_12.html'>关于开通网上咨询平台的公告</a>",
        "<p>群众可以通过县长信箱反映问题，工作人员认真办理。</p>",
        "<div class='foot'>联系邮箱：<a href='mailto:a@x.gov.cn'>a@x.gov.cn</a></div>",
        "<a href='/f/zx.pdf'>在线咨询</a>",
    ],
)
def test_what_is_no_door(body):
    found = contact(body)
    assert [d for d in found.doors if d.kind == "consult"] == []
    assert found.labels == ()


def test_a_label_without_a_link_is_told_and_an_address_alone_is_a_hint():
    assert contact("<div class='b'><span>网上咨询</span></div>").labels == ("网上咨询",)
    assert [d.kind for d in contact("<a href='/hdjl/'>走近群众</a>").doors] == ["slug"]


@pytest.mark.parametrize(
    ("body", "form"),
    [
        ("<form action='/save'><input name='xm'><input name='tel'><textarea name='nr'></textarea></form>", True),
        ("<div>内容<textarea id='nr'></textarea><a onclick='send()'>提交</a></div>", True),
        ("<form action='/save'><input name='a'><input name='b'><select name='c'></select></form>", True),
        (
            "<form action='/search.do'><input name='q'><select name='a'></select><select name='b'></select></form>",
            False,
        ),
        ("<form action='/login'><input name='a'><input type='password'><input name='yzm'></form>", False),
        ("<div class='header'><form><textarea></textarea></form></div>", False),
        ("<form><input type='hidden'><input type='submit'><input name='a'></form>", False),
    ],
)
def test_forms(body, form):
    assert contact(body).form is form


ROWS = [
    ("关于城关街路灯不亮的问题", date(2026, 11, 2), date(2026, 11, 6), "answered"),
    ("咨询医保异地报销流程", date(2026, 7, 1), None, "open"),
]


@pytest.mark.parametrize(
    "body",
    [
        "<table><tr><th>编号</th><th>来信标题</th><th>来信时间</th><th>回复时间</th><th>状态</th></tr>"
        "<tr><td>1</td><td><a href='/l/1.html'>关于城关街路灯不亮的问题</a></td><td>2026-11-02</td><td>2026-11-06</td><td>已回复</td></tr>"
        "<tr><td>2</td><td><a href='/l/2.html'>咨询医保异地报销流程</a></td><td>2026-07-01</td><td></td><td>未回复</td></tr></table>",
        "<table><tr><td>标题</td><td>写信日期</td><td>答复日期</td></tr>"
        "<tr><td><a href='/l/1.html'>关于城关街路灯不亮的问题</a></td><td>2026/11/02</td><td>2026/11/06</td></tr>"
        "<tr><td><a href='/l/2.html'>咨询医保异地报销流程</a></td><td>2026/07/01</td><td>--</td></tr></table>",
        "<div class='tit'><span>信件标题</span><span>提交时间</span><span>答复时间</span><span>办理状态</span></div><ul>"
        "<li><span><a href='/l/1.html'>关于城关街路灯不亮的问题</a></span><span>2026-11-02</span><span>2026-11-06</span><span>已办结</span></li>"
        "<li><span><a href='/l/2.html'>咨询医保异地报销流程</a></span><span>2026-07-01</span><span></span><span>处理中</span></li></ul>",
        "<ul><li><a href='/l/1.html'>关于城关街路灯不亮的问题</a><span>2026-11-02</span><span>2026-11-06</span><em>[已回复]</em></li>"
        "<li><a href='/l/2.html'>咨询医保异地报销流程</a><span>2026-07-01</span><em>[待回复]</em></li></ul>",
        "<ul><li><a href='/l/1.html'><span>关于城关街路灯不亮的问题</span><i>2026-11-02</i><i>2026-11-06</i><b>已答复</b></a></li>"
        "<li><a href='/l/2.html'><span>咨询医保异地报销流程</span><i>2026-07-01</i><b>办理中</b></a></li></ul>",
        "<ul><li><a href='/l/1.html'>关于城关街路灯不亮的问题</a> 2026-11-02 2026-11-06 已回复</li>"
        "<li><a href='/l/2.html'>咨询医保异地报销流程</a> 2026-07-01 未回复</li></ul>",
        "<dl><dt>标题：关于城关街路灯不亮的问题</dt><dd>留言时间：2026-11-02 10:20</dd><dd>回复内容：您好，已安排检修，感谢关注。</dd><dd>回复时间：2026-11-06</dd></dl>"
        "<dl><dt>标题：咨询医保异地报销流程</dt><dd>留言时间：2026-07-01 09:00</dd><dd>回复内容：暂无回复</dd></dl>",
    ],
)  # fmt: skip
def test_lists_of_letters(body):
    found = [(t.removeprefix("标题:"), a, b, s) for t, a, b, s in letters(body)]
    assert found == ROWS


def test_an_empty_column_of_answers_that_nobody_fills_proves_nothing():
    body = "<table><tr><td>标题</td><td>写信日期</td><td>回复时间</td></tr><tr><td>甲事项咨询</td><td>2026-01-02</td><td></td></tr></table>"
    assert letters(body) == [("甲事项咨询", date(2026, 1, 2), None, "unclear")]


@pytest.mark.parametrize(
    ("body", "answered", "state"),
    [
        ("<h1>反映供暖问题</h1><p>来信时间：2026-06-01</p><p>我家暖气一直未处理。</p><p>回复时间：2026-06-09</p><p>答复内容：您好，已经联系供热公司。</p>", date(2026, 6, 9), "answered"),
        ("<h1>反映供暖问题</h1><table><tr><td>写信时间</td><td>2026-06-01</td></tr><tr><td>办理状态</td><td>待办理</td></tr></table>", None, "open"),
        ("<h1>反映供暖问题</h1><p>提交时间：2026年6月1日</p><p>回复内容：</p>", None, "unclear"),
        ("<h1>反映供暖问题</h1><p>来信时间：2026-06-01</p><p>我家暖气一直未处理</p><p>答复：您反映的问题已转县供热公司，三日内解决。</p>", None, "answered"),
    ],
)  # fmt: skip
def test_the_page_of_one_letter(body, answered, state):
    assert letters(body) == [("反映供暖问题", date(2026, 6, 1), answered, state)]


@pytest.mark.parametrize(
    "body",
    [
        "<h1>关于做好办理工作的通知</h1><p>发布时间：2026-06-01</p><p>办理结果：各单位认真办理。</p>",
        "<ul><li><a href='/1.html'>我县召开信访工作会议</a><span>2026-11-02</span></li><li><a href='/2.html'>关于留言办理工作的通报</a><span>2026-11-01</span></li></ul>",
        "<table><tr><td>标题</td><td>发布日期</td></tr><tr><td>关于放假的通知</td><td>2026-01-02</td></tr></table>",
        "<table><tr><td>项目</td><td>时间</td><td>状态</td></tr></table>",
    ],
)
def test_what_is_no_letter(body):
    assert letters(body) == []


def test_a_letter_learns_from_its_own_page():
    letter = Letter("甲", "http://x/1", date(2026, 1, 1))
    told = Letter("甲的来信", "http://x/1", date(2026, 1, 2), date(2026, 1, 9), "answered")
    assert merged(letter, [told]) == Letter("甲", "http://x/1", date(2026, 1, 2), date(2026, 1, 9), "answered")
    assert merged(letter, [told, told]) == letter
    assert merged(letter, []) == letter


@given(st.text("<>/tdrlispan来信时间：回复状态已未2026-01", max_size=120))
def test_no_markup_breaks_the_reader(text):
    contact(f"<table><tr><td>标题</td><td>来信时间</td><td>状态</td></tr>{text}</table>")


@pytest.mark.skipif(not REAL.exists(), reason="the saved real pages are not here")
def test_real_pages():
    """None of the saved pages is one of letters; what is named on them is told by kind."""
    doors = set()
    for file in sorted(REAL.glob("*/*.html")):
        found = read_contact(
            Page(f"http://{file.parent.name}/{file.name}", decode(file.read_bytes(), None)[0]), today=TODAY
        )
        assert [x for x in found.letters if x.state == "open"] == [], file
        doors |= {(d.kind, d.name) for d in found.doors if d.kind != "slug"}
    assert {("consult", "县长信箱"), ("letters", "来信选登"), ("hub", "互动交流")} <= doors
