"""Blank or not: the frame of the site taken away, what is left on a column page?"""

from datetime import date

import pytest

from crawler.extract.content import anchored, content_of, frame_of, substance_of
from crawler.extract.listing import read_listing
from crawler.extract.page import Page
from db.records import Content

TODAY = date(2026, 11, 24)
MENU = "<ul class='nav'><li><a href='/'>首页</a></li><li><a href='/yw/'>岚水要闻</a></li><li><a href='/zn/'>公开指南</a></li></ul>"
FOOT = "<div class='foot'>主办单位：岚水县人民政府 网站标识码：1409000001</div>"
SIDE = "<div class='box'><h3>热点</h3><ul><li><a href='/rd/1.html'>热点新闻一则在此</a><span>2026-11-20</span></li></ul></div>"
HOME = Page("http://x.gov.cn/", f"<title>岚水县</title>{MENU}<p>岚水县欢迎您</p>{FOOT}")
LONG = "本机关依照条例主动公开机构职能、规划计划、行政许可、财政信息等内容，公众可以查阅。"


def holds(body, *, others=(), title="公开指南"):
    """What a column page with that body holds, on a site whose other columns have these bodies."""
    page = Page("http://x.gov.cn/zn/", f"<title>{title}</title>{MENU}{body}{FOOT}")
    frame = frame_of([substance_of(HOME)], ["http://x.gov.cn/", "http://x.gov.cn/yw/", "http://x.gov.cn/zn/"])
    for n, other in enumerate(others):
        frame.add(substance_of(Page(f"http://x.gov.cn/c{n}/", f"<title>栏目{n}</title>{MENU}{other}{FOOT}")))
    frame.add(substance_of(page))
    listing = read_listing(page, today=TODAY, template=frame.shared_links())
    return content_of([substance_of(page)], [listing], frame, name="公开指南")[0]


@pytest.mark.parametrize(
    "body",
    [
        "<h2>公开指南</h2>",
        "<h2>公开指南</h2><p>暂无内容</p>",
        "<h2>公开指南</h2><p>栏目建设中，敬请期待</p>",
        "<h2>公开指南</h2><ul></ul>",
        "<p>该栏目暂无内容，请浏览本站其他栏目。谢谢您的支持。</p>",
        "<div class='pos'>当前位置：<a href='/'>首页</a> &gt; 公开指南</div><table><tr><th>序号</th><th>名称</th></tr></table><p>共0条</p>",
        "<h2>公开指南</h2><img src='/images/logo.gif'><img src='/i.png' width=20>",
        "<h2>公开指南</h2><div>首页 上一页 下一页 尾页 第1页/共1页 共0条记录 转到 GO</div><p>字号：大 中 小 打印 关闭 分享到 浏览次数</p>",
        "<div class='search'><form><input name='q'><input type='submit'></form></div>",
    ],
)
def test_blank(body):
    assert holds(body) is Content.BLANK


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (f"<p>{LONG}</p>", Content.TEXT),
        (
            "<ul><li><a href='/zn/202611/t20261101_1.html'>关于印发指南的通知</a><span>2026-11-01</span></li></ul>",
            Content.ITEMS,
        ),
        ("<ul><li><a href='/zn/jg/'>机构职能</a></li><li><a href='/zn/gh/'>规划计划</a></li></ul>", Content.LINKS),
        ("<img src='/zn/W020261101.jpg' width=800>", Content.TEXT),
        ("<a href='http://zt.gov.cn/a/'><img src='/zt/a.jpg'></a>", Content.LINKS),
        ("<table><tr><th>年份</th><th>数量</th></tr><tr><td>2025</td><td>31</td></tr></table>", Content.TEXT),
        ("<p>Tel 0350-3031234, Fax 0350-3031235, gk@lanshui.gov.cn</p>", Content.TEXT),
        ("<p>今日水情平稳，各水库运行正常，请继续值守。</p>", Content.TEXT),
        ("<embed src='/zn/a.swf'>", Content.TEXT),
        ("<iframe src='/pdfjs/viewer.html?file=/zn/a.pdf'></iframe>", Content.TEXT),
        ("<a href='/zn/P020261101.pdf'>下载</a>", Content.TEXT),
        ("<form action='/apply'><textarea name='a'></textarea></form>", Content.TEXT),
        ("<form action='/apply'><input name='a'><input name='b'><input name='c'></form>", Content.TEXT),
        ("<ul id='list'></ul><script>$.ajax({url:'/api/list'})</script>", Content.NEEDS_RENDER),
        ("<div id='app'></div>", Content.NEEDS_RENDER),
        ("<ul><li v-for='i in items'>{{i.title}}</li></ul>", Content.NEEDS_RENDER),
    ],
)
def test_not_blank(body, content):
    assert holds(body) is content


def test_a_side_box_on_every_page_is_no_content():
    assert holds("<p>暂无内容</p>" + SIDE, others=[SIDE] * 5) is Content.BLANK


def test_a_sentence_that_columns_share_is_content():
    assert holds(f"<p>{LONG}</p>", others=[f"<p>{LONG}</p>"] * 5) is Content.TEXT


def test_a_blank_page_that_counts_its_visitors_is_still_blank():
    assert (
        holds("<p>暂无数据</p><script src='/js/jquery.js'></script><script src='/tongji/count.js'></script>")
        is Content.BLANK
    )


def test_anchors():
    page = Page(
        "http://x.gov.cn/",
        f"<div id='zn'><h3>指南</h3><p>{LONG}</p></div><a name='zd'></a><p>{LONG}</p><div id='nb'>暂无内容</div>",
    )
    assert anchored(page, "zn")
    assert anchored(page, "zd")
    assert not anchored(page, "nb")
    assert not anchored(page, "nowhere")
