"""Marks of the home page, ways to apply, what a guide says, and days that do not fit."""

from datetime import date
from pathlib import Path

import pytest

from crawler.extract.decode import decode
from crawler.extract.marks import (
    Said,
    is_guide_title,
    mark_sources,
    read_apply,
    read_guide,
    read_marks,
    redated,
    tags_of,
)
from crawler.extract.page import Page
from crawler.extract.scan import scan_page
from db.records import Row

TODAY = date(2026, 11, 24)
REAL = Path(__file__).parents[3] / "shared" / "real-pages"


def page(body="", head=""):
    return Page("http://www.lanshui.gov.cn/", f"<html><head><title>岚水</title>{head}</head><body>{body}</body></html>")


def marks(body="", head="", extra=()):
    return read_marks(page(body, head), extra)


@pytest.mark.parametrize(
    ("body", "mark"),
    [
        ('<script id="_jiucuo_" sitecode="1409000001" src="//zfwzzc.www.gov.cn/check_web/banner/jiucuo.js"></script>', "find_error"),
        ('<span id="_span_jiucuo" title="政府网站找错"></span>', "find_error"),
        ("<a href='http://pucha.kaipuyun.cn/exposure/jiucuo.html?site_code=1409000001'><img src='a.png'></a>", "find_error"),
        ("<a href='/jc/'>我为政府网站找错</a>", "find_error"),
        ("<script>document.write('<script src=\"//zfwzzc.www.gov.cn/x.js\">')</script>", "find_error"),
        ('<span id="_ideConac"></span>', "conac"),
        ("<a href='http://bszs.conac.cn/sitename?method=show&id=1'><img src='a.png'></a>", "conac"),
        ("<img src='blue.png' alt='党政机关'>", "conac"),
        ("<script>document.write(unescape(\"%3Cspan id='_ideConac' %3E\"));</script>", "conac"),
        ("<form action='/search.jsp'><input type='text' name='t'></form>", "search"),
        ("<input type='text' placeholder='请输入关键字'>", "search"),
        ("<input id='keyword'>", "search"),
        ("<a href='/was5/web/search'>搜索</a>", "search"),
    ],
)  # fmt: skip
def test_a_mark_that_is_there(body, mark):
    assert getattr(marks(body), mark)


@pytest.mark.parametrize(
    "body",
    [
        "<!-- <span id='_span_jiucuo'></span><span id='_ideConac'></span><input name='searchword'> -->",
        "<p>各单位要认真办理网民找的问题，党政机关要带头过紧日子。各单位要认真办理网民找的问题，党政机关要带头过紧日子，网民找错问题及时整改到位并举一反三。</p>",
        "<input type='hidden' name='search'><input type='text' name='xm'>",
    ],
)
def test_a_mark_that_only_seems_there(body):
    found = marks(body)
    assert (found.find_error, found.conac, found.search) == (None, None, None)
    assert found.unseen is None


def test_scripts_and_frames_that_may_bring_marks_are_named_until_they_are_read():
    framed = page("<script src='/js/foot.js'></script><script src='http://other.cn/js/common.js'></script>")
    assert mark_sources(framed) == ["http://www.lanshui.gov.cn/js/foot.js"]
    assert read_marks(framed).unseen
    script = Page("http://www.lanshui.gov.cn/js/foot.js", "document.write('<span id=_span_jiucuo></span>')")
    found = read_marks(framed, (script,))
    assert found.find_error
    assert found.unseen is None


def test_tags_links_and_the_report_of_the_site():
    head = "<META NAME='Sitename' CONTENT='岚水县人民政府'><meta content=1409000001 name=SiteIDCode><meta name='ColumnName' content=''>"
    body = "<a href='https://beian.miit.gov.cn/'>晋ICP备1号</a><a href='/b/'>政府网站工作年度报表</a><a href='/n/'>统计年报</a>"
    found = marks(body, head)
    assert found.metas == {"SiteName": "岚水县人民政府", "SiteIDCode": "1409000001"}
    assert (found.icp_link, found.police_link) == (True, False)
    assert found.work_report == (("政府网站工作年度报表", "http://www.lanshui.gov.cn/b/"),)
    assert tags_of(page(head=head)) == ("SiteName", "SiteIDCode")
    assert tags_of(page(head="<!-- <meta name='SiteName' content='x'> -->")) == ()


@pytest.mark.parametrize(
    ("said", "ways"),
    [
        (Said("申请人可填写申请表后提交", form=True), ("form",)),
        (Said(links=("我要申请",)), ("online",)),
        (Said("附件", documents=True), ("download",)),
        (Said("电子邮箱:gk@lanshui.gov.cn"), ("mail",)),
        (Said("受理机构:县政府办公室,通信地址:岚水县长征街1号,邮编:034000"), ("address",)),
        (Said("联系电话:0350-3030303"), ("phone",)),
        (Said("咨询电话(0350)3030303"), ("phone",)),
        (Said("公民、法人或者其他组织可以申请获取政府信息。"), ()),
        (Said("本机关2026年召开会议12次,发文123号。"), ()),
    ],
)
def test_ways_to_apply(said, ways):
    assert read_apply([said], None).ways == ways


def test_an_office_without_an_address_is_for_a_person_to_judge():
    found = read_apply([Said("申请由县政府办公室受理,申请人应当书面提出。")], None)
    assert (found.ways, found.unseen) == ((), "办公室")
    assert read_apply([Said("本机关依法公开政府信息,欢迎监督。")], None).unseen is None


def test_a_page_of_pictures_proves_no_absence_and_statistics_are_kept():
    assert read_apply([Said("流程图", pictures=True)], None).unseen == "picture"
    assert (
        read_apply(
            [Said("公民、法人或者其他组织可以依照规定向本机关申请获取政府信息,具体事宜另行公布。", pictures=True)], None
        ).unseen
        is None
    )
    counted = read_apply([Said("2025年共受理政府信息公开申请23件,均已办结。电话:0350-3030303")], "x")
    assert "23件" in counted.statistics
    assert counted.unseen == "x"


GUIDE = (
    "岚水县人民政府政府信息公开指南(2024年3月23日)根据《中华人民共和国政府信息公开条例》(国务院令第711号)编制本指南。"
    "工作机构:岚水县人民政府办公室;办公地址:岚水县长征街1号;办公时间:工作日8:00-12:00;联系电话:0350-3030303;"
    "传真:0350-3030304;电子邮箱:gk@lanshui.gov.cn。"
)


def test_a_guide():
    found = read_guide([Said(GUIDE)], None, None, today=TODAY)
    assert found.fields == ("office", "address", "hours", "phone", "internet", "fax")
    assert found.decrees == ("711",)
    assert found.day == date(2024, 3, 23)
    assert read_guide([Said(GUIDE)], date(2025, 1, 2), None, today=TODAY).day == date(2025, 1, 2)


@pytest.mark.parametrize(
    ("cut", "field"),
    [("办公地址:岚水县长征街1号;", "address"), ("办公时间:工作日8:00-12:00;", "hours"), ("电子邮箱:gk@lanshui.gov.cn", "internet"), ("传真:0350-3030304;", "fax")],
)  # fmt: skip
def test_a_field_that_a_guide_lacks(cut, field):
    assert field not in read_guide([Said(GUIDE.replace(cut, ""))], None, None, today=TODAY).fields


def test_an_old_law_and_a_guide_that_is_a_file():
    old = GUIDE.replace("第711号", "第492号").replace("(2024年3月23日)", "")
    found = read_guide([Said(old)], None, None, today=TODAY)
    assert (found.decrees, found.day) == (("492",), None)
    assert read_guide([Said("点击下载", documents=True)], None, None, today=TODAY).unseen == "attachment"
    assert is_guide_title("岚水县政府信息公开指南")
    assert not is_guide_title("岚水县权力清单")


def test_days_that_do_not_fit():
    def row(shown, url="/yw/202601/t20260105_1.html", by="row", title="关于春耕的通知"):
        return Row(title, f"http://x.gov.cn{url}", shown, by)

    (found,) = redated([row(date(2026, 11, 20))], [], today=TODAY)
    assert (found.first, found.shown, found.by) == (date(2026, 1, 5), date(2026, 11, 20), "address")
    assert redated([row(date(2026, 1, 12))], [], today=TODAY) == ()
    assert redated([row(date(2025, 12, 1))], [], today=TODAY) == ()  # moved: the address is the younger one
    assert redated([row(date(2026, 11, 20), by="url")], [], today=TODAY) == ()
    assert redated([row(date(2027, 11, 20))], [], today=TODAY) == ()
    plain = row(date(2026, 11, 20), "/yw/17.html")
    (found,) = redated([plain], [row(date(2026, 9, 1), "/yw/17.html")], today=TODAY)
    assert (found.first, found.by) == (date(2026, 9, 1), "night")
    assert redated([plain], [row(date(2026, 9, 1), "/yw/17.html", title="别的标题")], today=TODAY) == ()


def test_a_scan_parses_no_plain_page():
    plain = page("<p>关于防汛的通知</p>", "<meta name='ColumnName' content='通知公告'>")
    found = scan_page(plain, today=TODAY)
    assert found.clean
    assert found.tags == ("ColumnName",)
    assert not plain.parsed


@pytest.mark.skipif(not REAL.exists(), reason="the saved real pages are not here")
def test_real_pages():
    """Marks as a person reads them in the saved pages; a foot that a script makes leaves them unseen, never absent."""
    found = {}
    for file in sorted(REAL.glob("*/*.html")):
        one = Page(f"http://{file.parent.name}/{file.name}", decode(file.read_bytes(), None)[0])
        found.setdefault(file.parent.name, []).append(read_marks(one))
    have = {host for host, all_ in found.items() if any(m.find_error for m in all_)}
    conac = {host for host, all_ in found.items() if any(m.conac for m in all_)}
    assert {"hd.gov.cn", "pingtan.gov.cn", "wanzai.gov.cn", "gz.gov.cn"} <= have
    assert {"hd.gov.cn", "pingtan.gov.cn", "wanzai.gov.cn", "gz.gov.cn"} <= conac
    assert sum(1 for all_ in found.values() if any(m.search for m in all_)) >= 20
    assert sum(1 for all_ in found.values() if any("SiteIDCode" in m.metas for m in all_)) >= 25
