"""The foot and the age-friendly entry of a home page: what is there, what only looks like it, what was not seen."""

import pytest

from crawler.extract.elder import elder_sources, read_elder
from crawler.extract.footer import footer_sources, read_footer
from crawler.extract.page import Page

ALL = "主办单位：岚水县人民政府办公室 网站标识码：1409000001 晋ICP备12000001号-1 晋公网安备 14090002000001号 联系电话：0350-3030303"


def page(html):
    return Page("http://x.gov.cn/", f"<html><body><p>要闻</p>{html}</body></html>")


@pytest.mark.parametrize(
    "foot",
    [
        f"<div class='foot'>{ALL}</div>",
        f"</body></html><div>{ALL}</div>",
        "<p>岚水县人民政府主办</p><p>网站<b>标识码</b> ： 1409000001</p><p>晋ICP备：12000001号</p><p>公安备案号：14090002-19002</p><a href='/lx/'>联系我们</a>",
        "<p>主办：岚水县人民政府 电话：0350-3030303 标识码:bm14000002 晋ＩＣＰ备12000001号 晋公网安备号 14090002000001号</p>",
    ],
)
def test_all_five_marks(foot):
    found = read_footer(page(foot))
    assert None not in (found.site_code, found.icp, found.police, found.sponsor, found.contact), found
    assert found.unseen is None


@pytest.mark.parametrize(
    ("drop", "mark"),
    [
        ("主办单位：岚水县人民政府办公室", "sponsor"),
        ("网站标识码：1409000001", "site_code"),
        ("晋ICP备12000001号-1", "icp"),
        ("晋公网安备 14090002000001号", "police"),
        ("联系电话：0350-3030303", "contact"),
    ],
)
def test_a_missing_mark_is_missing(drop, mark):
    found = read_footer(page(f"<div>{ALL.replace(drop, '')}</div><script src='/js/jquery.js'></script>"))
    assert getattr(found, mark) is None
    assert found.unseen is None


def test_a_foot_in_a_frame_or_script_is_unseen_until_it_is_read():
    framed = page("<iframe src='/foot.html'></iframe>")
    assert footer_sources(framed) == ["http://x.gov.cn/foot.html"]
    assert read_footer(framed).unseen
    whole = read_footer(framed, (Page("http://x.gov.cn/foot.html", f"<div>{ALL}</div>"),))
    assert whole.unseen is None
    assert whole.police
    written = page("<script src='/js/footer.js'></script>")
    script = Page("http://x.gov.cn/js/footer.js", f"document.write('<div>{ALL}</div>');")
    assert read_footer(written, (script,)).site_code == "1409000001"
    assert read_footer(page("<div id='d'></div><script src='/js/site.js'></script>")).unseen


@pytest.mark.parametrize(
    ("html", "how"),
    [
        ("<a href='/elder/'>长者模式</a>", "text"),
        ("<a href='javascript:;' onclick='aria.start()'>无障碍浏览</a>", "text"),
        ("<a href='/slb/'><img src='a.png' alt='适老版'></a>", "image"),
        ("<a href='/slb/' title='关怀版'><i></i></a>", "image"),
        ("<div id='cniil_wza' onclick='x()'>无障碍</div>", "text"),
        ("<script src='//gov.govwza.cn/dist/aria.js?appid=1'></script>", "script"),
        ("<button>大字版</button>", "text"),
    ],
)
def test_entries(html, how):
    assert read_elder(page(html)).found == how


@pytest.mark.parametrize(
    "html",
    [
        "<!-- <a href='/elder/'>长者模式</a> -->",
        "<a href='/yw/202611/t20261101_1.html'>适老化改造</a>",
        "<a href='/yw/1.html'>我县召开适老化改造工作推进会部署下一步任务</a>",
        "<p>关爱老年人，建设无障碍环境</p>",
        "<img src='b.png' alt='适老化无障碍服务证书'>",
        "",
    ],
)
def test_what_only_looks_like_an_entry(html):
    found = read_elder(page(html))
    assert found.found is None
    assert found.unseen is None


def test_a_head_written_by_script_leaves_the_absence_open():
    assert read_elder(page("<script>document.write('<div>头部</div>')</script>")).unseen
    own = page("<script src='/js/header.js'></script>")
    assert read_elder(own).unseen
    assert elder_sources(own) == ["http://x.gov.cn/js/header.js"]
    assert read_elder(own, [("http://x.gov.cn/js/header.js", "var a=1")]).unseen is None
    assert read_elder(own, [("http://x.gov.cn/js/header.js", "document.writeln('<a>长者模式</a>')")]).found == "script"
    tool = read_elder(own, [("http://x.gov.cn/js/header.js", "s.src='/wza/aria.js?appid=1'")])
    assert tool.script == "http://x.gov.cn/wza/aria.js?appid=1"


def test_a_tool_of_ones_own_is_known_by_its_folder():
    html = "<script src='/wza/reader-2.1.js'></script><a id='cniil_wza' href='javascript:void(0)'>无障碍浏览</a>"
    assert read_elder(page(html)).script == "http://x.gov.cn/wza/reader-2.1.js"
