"""Pages of official documents: fields in many layouts, marks of openness, kinds, titles that speak of the same thing."""

import json
import os
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.article import related
from crawler.extract.decode import decode
from crawler.extract.document import read_document
from crawler.extract.document_title import alike, core, is_news, kind_of, may_be
from crawler.extract.page import Page
from crawler.extract.text import squeeze
from db.records import Unit

REAL = Path(os.environ.get("WANGKAO_SHARED", Path(__file__).parents[3] / "shared")) / "real-pages"
TODAY = date(2026, 11, 24)
COUNTY = Unit("岚水县", "county", "http://lanshui.gov.cn/")
BUREAU = Unit("市教育局", "department", "http://jyj.lanzhou.gov.cn/")
TITLE = "岚水县人民政府办公室关于印发《岚水县养老服务管理办法》的通知"
PROSE = (
    "<p>各乡镇人民政府，县直各部门：《岚水县养老服务管理办法》已经县人民政府同意，现印发给你们，请认真贯彻执行。</p>"
    * 3
)
ALL = {
    "index": "014090012/2026-00012",
    "number": "岚政办发〔2026〕12号",
    "written": "2026-03-02",
    "published": "2026-03-05",
    "publisher": "岚水县人民政府办公室",
    "openness": "主动公开",
    "validity": "有效",
}


def page(table="", body=PROSE, head="", title=TITLE, url="http://lanshui.gov.cn/zc/202603/t20260305_1.html"):
    html = f"<html><head><title>{title}</title>{head}</head><body><h1>{title}</h1>{table}<div class='TRS_Editor'>{body}</div></body></html>"
    return Page(url, html)


def read(*args, **named):
    return read_document(page(*args, **named), today=TODAY)


LAYOUTS = {
    "cells": "<table><tr><td>索 引 号：</td><td>014090012/2026-00012</td><td>发文字号</td><td>岚政办发〔2026〕12号</td></tr>"
    "<tr><td>成文日期：</td><td>2026年3月2日</td><td>发布日期：</td><td>2026-03-05</td></tr>"
    "<tr><td>发布机构：</td><td>岚水县人民政府办公室</td><td>公开方式：</td><td>主动公开</td><td>有 效 性</td><td>有效</td></tr></table>",
    "broken labels": "<table><tr><th>索<span></span>引<span></span>号：</th><td>014090012/2026-00012</td></tr><tr><th>文&emsp;&emsp;号：</th><td>岚政办发〔2026〕12号</td></tr>"
    "<tr><th>生成日期：</th><td>2026/3/2</td></tr><tr><th>公开日期：</th><td>2026.03.05</td></tr><tr><th>发文机关：</th><td>岚水县人民政府办公室</td></tr><tr><th>公开属性</th><td>主动公开</td></tr><tr><th>时 效 性</th><td>有效</td></tr></table>",
    "one cell each": "<table><tr><td>索引号: 014090012/2026-00012</td><td>文件编号: 岚政办发〔2026〕12号</td><td>发布机构: 岚水县人民政府办公室</td></tr><tr><td>生成日期: 2026-03-02</td><td>发布日期: 2026-03-05</td><td>公开方式: 主动公开</td><td>有效性:有效</td></tr></table>",
    "list": "<ul><li>索&ensp;引&ensp;号： <font>014090012/2026-00012</font></li><li>主题分类：<font>无</font></li><li>发文机关：<font>岚水县人民政府办公室</font></li><li>成文日期：<font>2026-03-02</font></li><li>发文字号：<font>岚政办发〔2026〕12号</font></li><li>发布日期：<font>2026-03-05</font></li><li>公开类别：<em>主动公开</em></li><li>有 效 性：<em>有效</em></li></ul>",
    "paragraphs": "<p><strong>索引号</strong>：014090012/2026-00012</p><p><strong>文号</strong>：岚政办发〔2026〕12号</p><p><b>发布机构</b>：岚水县人民政府办公室</p><p><b>成文日期</b>：2026-03-02</p><p><b>发布日期</b>：2026-03-05</p><p><b>信息公开选项</b>：主动公开</p><p><b>时效</b>：有效</p>",
    "definitions": "<dl><dd><label>索 引 号：</label><div>014090012/2026-00012</div></dd><dd><label>发文字号：</label><div>岚政办发〔2026〕12号</div></dd><dd><label>生成日期：</label><div>2026-03-02</div></dd><dd><label>发布日期：</label><div>2026-03-05</div></dd><dd><label>责任部门：</label><div>岚水县人民政府办公室</div></dd><dd><label>公开方式：</label><div>主动公开</div></dd><dd><label>效力状态：</label><div>有效</div></dd></dl>",
    "spans side by side": "<div><span>索引号</span><span>014090012/2026-00012</span></div><div><span>发文字号</span><span>岚政办发〔2026〕12号</span></div><div><span>公开主体</span><span>岚水县人民政府办公室</span></div><div><span>成文日期</span><span>2026-03-02</span></div><div><span>发布日期</span><span>2026-03-05</span></div><div><span>公开属性</span><span>主动公开</span></div><div><span>有效性</span><span>有效</span></div>",
    "one line": "<div>索引号：014090012/2026-00012 发文字号：岚政办发〔2026〕12号 发布机构：岚水县人民政府办公室 成文日期：2026-03-02 发布日期：2026-03-05 公开方式：主动公开 有效性：有效 字体：大 中 小</div>",
    "lines": "<div>【索引号】014090012/2026-00012<br>【发文字号】岚政办发〔2026〕12号<br>【发布机构】岚水县人民政府办公室<br>【成文日期】2026-03-02<br>【发布日期】2026-03-05<br>【公开方式】主动公开<br>【有效性】有效</div>",
    "labels in the head": "<table><thead><tr><th>索引号</th><th>发文字号</th><th>发布机构</th><th>成文日期</th><th>发布日期</th><th>公开方式</th><th>有效性</th></tr></thead><tbody><tr><td>014090012/2026-00012</td><td>岚政办发〔2026〕12号</td><td>岚水县人民政府办公室</td><td>2026-03-02</td><td>2026-03-05</td><td>主动公开</td><td>有效</td></tr></tbody></table>",
    "labels above": "<table><tr><td>索引号</td><td>发文字号</td><td>发布机构</td></tr><tr><td>014090012/2026-00012</td><td>岚政办发〔2026〕12号</td><td>岚水县人民政府办公室</td></tr><tr><td>成文日期</td><td>发布日期</td><td>公开方式</td><td>有效性</td></tr><tr><td>2026-03-02</td><td>2026-03-05</td><td>主动公开</td><td>有效</td></tr></table>",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_fields_in_every_layout(layout):
    found = read(LAYOUTS[layout])
    assert found.fields == ALL
    assert (found.scripted, found.partial) == ((), None)
    assert "主动公开" in found.mark


@pytest.mark.parametrize("empty", ["", "无", "暂无", "—", "/", "&nbsp;", "　"])
def test_an_empty_value_or_none_is_absent(empty):
    table = f"<table><tr><td>索引号：</td><td>{empty}</td><td>发文字号：</td><td>{empty}</td></tr><tr><td>公开方式：</td><td>{empty}</td><td>发布日期：</td><td>{empty}</td></tr></table>"
    found = read(table)
    assert found.fields == {}
    assert (found.mark, found.scripted) == (None, ())


def test_an_empty_cell_never_takes_the_next_label_for_its_value():
    found = read(
        "<div><span>文号</span><span></span><span>索引号</span><span>014090012/2026-00012</span></div><p>来源：</p><p>日期：2026-03-05</p>"
    )
    assert found.fields == {"index": "014090012/2026-00012", "published": "2026-03-05"}


def test_what_a_script_writes_is_unseen_not_absent():
    assert read("<table><tr><th>文号：</th><td><script>document.write(n)</script></td></tr></table>").scripted == (
        "number",
    )
    assert read("<p>索引号：{{doc.index}}</p>").scripted == ("index",)
    assert read(
        "<div id='meta'></div><script>$('#meta').html('索引号：'+d.syh+' 发文字号：'+d.wh)</script>"
    ).scripted == ("table",)
    assert read("<div class='xxgk_table'></div><script src='/js/info.js'></script>").scripted == ("table",)
    assert read("<div class='banner'></div><script src='/js/info.js'></script>").scripted == ()


def test_meta_tags_and_the_document_itself_stand_in():
    head = '<meta name="PubDate" content="20260305093000"><meta name="ContentSource" content="县政府办">'
    body = (
        f"<p>岚政办发〔2026〕12号</p>{PROSE}<p>岚水县人民政府办公室</p><p>二〇二六年三月二日</p><p>（此件公开发布）</p>"
    )
    found = read("", body, head)
    assert found.fields == {k: ALL[k] for k in ("number", "written", "published", "publisher")}
    assert found.mark == "(此件公开发布)"
    assert read("", PROSE, head).fields["publisher"] == "县政府办"


def test_a_cited_number_is_not_the_documents_own():
    body = f"<p>根据《国务院办公厅关于加强养老服务的意见》（国办发〔2021〕5号）和省政府有关要求，结合我县实际，制定本办法，请认真执行。</p>{PROSE}"
    assert "number" not in read("", body).fields
    assert (
        "number"
        not in read(
            "", "<p>根据岚政发〔2026〕1号文件精神：</p>" + PROSE, title="关于转发省2019年第12号文件的通知"
        ).fields
    )
    own = "岚水县关于印发养老服务管理办法的通知（岚政办发〔2026〕12号）"
    assert read("", PROSE, title=own).fields["number"] == "岚政办发〔2026〕12号"


@pytest.mark.parametrize(
    ("tail", "mark"),
    [
        ("（此件公开发布）", "(此件公开发布)"),
        ("（此件主动公开）", "(此件主动公开)"),
        ("（ 此件 公开发布 ）", "(此件公开发布)"),
        ("[此件删减后公开]", "[此件删减后公开]"),
        ("此件依申请公开", "此件依申请公开"),
        ("（此件不公开）", "(此件不公开)"),
        ("（此件可依申请公开）", "(此件可依申请公开)"),
        ("信息公开选项：主动公开", "信息公开选项:主动公开"),
        ("公开属性：依申请公开", "公开属性:依申请公开"),
        ("（主动公开）", "(主动公开)"),
        ("（此件发至乡镇）", None),
        ("主动公开政府信息是法定职责", None),
        ("", None),
    ],
)
def test_marks_of_openness(tail, mark):
    assert read("", f"{PROSE}<p>{tail}</p>").mark == mark


@pytest.mark.parametrize(
    ("body", "named", "partial"),
    [
        ("<p>附件：<a href='P020260305.pdf'>管理办法.pdf</a></p>", {}, "attachment_only"),
        ("<iframe src='/pdf/web/viewer.html?file=a.pdf'></iframe>", {}, "attachment_only"),
        ("<p><a href='javascript:;'>管理办法.docx</a></p>", {}, "attachment_only"),
        ("<p><img src='W020260305.jpg'></p>", {}, "picture_only"),
        ("", {}, "script_made"),
        ("<iframe src='/art/body.html'></iframe>", {}, "framed"),
        (PROSE + "<a href='t20260305_1_1.html'>下一页</a>", {}, "more_pages"),
        (PROSE * 4 + "<p><a href='P020260305.pdf'>附件.pdf</a></p>", {}, None),
    ],
)
def test_a_page_that_is_not_the_whole_document_says_so(body, named, partial):
    assert read("", body, **named).partial == partial


@pytest.mark.parametrize(
    ("title", "group", "number", "unit", "kind"),
    [
        (TITLE, "policy", None, COUNTY, "policy"),
        ("岚水县养老服务管理办法（试行）", "normative", None, COUNTY, "normative"),
        ("岚水县人民政府关于促进旅游业发展的意见", "policy", "岚政发〔2026〕3号", COUNTY, "policy"),
        ("关于印发岚水县养老办法的通知", "policy", "岚政规发〔2026〕1号", COUNTY, "normative"),
        ("岚水县人民政府关于张三等同志任职的通知", "policy", "岚政任〔2026〕1号", COUNTY, "official"),
        ("岚水县人民政府办公室关于成立防汛领导小组的通知", "policy", None, COUNTY, "official"),
        ("岚水县人民政府办公室关于转发市政府某办法的通知", "policy", "岚政办发〔2026〕2号", COUNTY, "official"),
        ("岚水县人民政府办公室关于做好春耕备耕工作的通知", "policy", None, COUNTY, "official"),
        ("岚水县人民政府关于某项目用地的批复", "policy", "岚政函〔2026〕1号", COUNTY, "reply"),
        ("岚水县教育局关于招生工作的通知", "notice", "岚教字〔2026〕1号", COUNTY, "official"),
        ("岚水县教育局关于招生工作的通知", "notice", None, COUNTY, "other"),
        ("岚水县关于停水的公告", "policy", None, COUNTY, "other"),
        ("岚水县关于全面禁牧的公告", "policy", None, COUNTY, "official"),
        ("岚水县关于全面禁牧的通告", "policy", None, COUNTY, "other"),
        ("岚水县关于全面禁牧的通告", "policy", "岚政告〔2026〕1号", COUNTY, "official"),
        ("岚水县2026年公开招聘教师公告", "policy", None, COUNTY, "other"),
        ("岚水县养老服务管理办法（征求意见稿）", "policy", None, COUNTY, "other"),
        ("《岚水县养老服务管理办法》政策解读", "policy", None, COUNTY, "other"),
        ("国务院办公厅关于印发某方案的通知", "policy", "国办发〔2026〕1号", COUNTY, "other"),
        ("山西省人民政府关于某事项的意见", "policy", "晋政发〔2026〕1号", COUNTY, "other"),
        ("忻阳市人民政府办公室关于印发某办法的通知", "policy", None, COUNTY, "other"),
        ("忻阳市教育局关于印发中小学管理办法的通知", "policy", None, BUREAU, "policy"),
        ("忻阳市人民政府办公室关于印发某办法的通知", "policy", None, BUREAU, "other"),
        ("教育部办公厅关于举办活动的通知", "policy", "教思政厅函〔2024〕10号", BUREAU, "other"),
        ("岚水县召开全县经济工作会议", "policy", None, COUNTY, "other"),
        ("中华人民共和国安全生产法", "policy", None, COUNTY, "other"),
        ("山西省养老服务条例", "policy", None, COUNTY, "other"),
        ("忻阳市养老服务条例", "policy", None, COUNTY, "other"),
        ("养老机构管理办法", "policy", None, COUNTY, "other"),
        ("养老机构管理办法", "policy", "民政部令第66号", COUNTY, "other"),
        ("岚水县城市管理办法", "policy", None, COUNTY, "policy"),
        ("县人民政府办公室关于印发养老办法的通知", "policy", None, COUNTY, "policy"),
        ("市人民政府办公室关于印发养老办法的通知", "policy", None, COUNTY, "other"),
    ],
)
def test_kinds(title, group, number, unit, kind):
    assert kind_of(title, group, number, unit) == kind


@pytest.mark.parametrize(
    ("publisher", "unit", "kind"),
    [
        ("岚水县人民政府办公室", COUNTY, "policy"),
        ("县政府办", COUNTY, "policy"),
        ("岚水县民政局", COUNTY, "policy"),
        ("县融媒体中心", COUNTY, "policy"),
        ("山西省人民政府", COUNTY, "other"),
        ("中国政府网", COUNTY, "other"),
        ("忻阳市人民政府", COUNTY, "other"),
        ("市教育局", BUREAU, "policy"),
        ("忻阳市教育局", BUREAU, "policy"),
        ("市政府办公室", BUREAU, "other"),
        ("教育部", BUREAU, "other"),
        (None, COUNTY, "policy"),
    ],
)
def test_a_reprint_is_known_by_its_publisher(publisher, unit, kind):
    assert kind_of("关于印发养老服务管理办法的通知", "policy", None, unit, publisher) == kind


def test_rows_worth_opening():
    assert may_be("岚水县人民政府办公室关于进一步加强养老服务…", "policy")
    assert may_be("岚水县某某若干规定", "normative")
    assert not may_be("岚水县领导调研养老服务工作", "policy")
    assert not may_be("岚水县领导调研养老服务工作", "normative")
    assert not may_be("停水公告", "notice")
    assert is_news("岚水县召开全县经济工作会议")
    assert not is_news("岚水县人民政府关于召开经济工作会议的通知")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (TITLE, "《岚水县养老服务管理办法》政策解读", True),
        (TITLE, "一图读懂｜养老服务管理办法", True),
        (TITLE, "图解：岚水县养老服务管理办法（试行）", True),
        (TITLE, "《岚水县人民政府办公室关于印发〈岚水县养老服务管理办法〉的通知》解读", True),
        ("关于进一步加强和规范城乡低保工作的实施意见", "《关于进一步加强和规范城乡低保工作的实施意见》解读", True),
        (TITLE, "《岚水县殡葬服务管理办法》政策解读", False),
        ("2025年义务教育招生工作实施方案", "2026年义务教育招生工作实施方案解读", False),
        (TITLE, "县民政局局长答记者问", False),
        (TITLE, "政策解读", False),
    ],
)
def test_titles_that_speak_of_the_same_document(one, other, same):
    assert alike(core(one), core(other)) is same
    assert alike(core(other), core(one)) is same


@given(
    st.text("岚水县养老服务办法通知关于印发的《》（）2026解读", max_size=30),
    st.text("岚水县养老服务办法通知关于印发的《》（）2026解读", max_size=30),
)
def test_speaking_of_the_same_is_mutual(one, other):
    assert alike(core(one), core(other)) == alike(core(other), core(one))
    assert not core(one) or alike(core(one), core(one))


@given(
    st.lists(
        st.sampled_from(
            [
                "<table>",
                "<tr>",
                "<td>",
                "</td>",
                "<p>",
                "<br>",
                "<a href='t20260305_1.html'>",
                "索引号",
                "：",
                "发文字号",
                "岚政发〔2026〕1号",
                "2026年3月5日",
                "（此件公开发布）",
                "解读",
                "<script>",
                "</script>",
                "<img src=a.jpg>",
            ]
        ),
        max_size=25,
    )
)
def test_no_page_raises(pieces):
    found = read_document(Page("http://x.gov.cn/a.html", "".join(pieces)), today=TODAY)
    assert set(found.fields) <= {"index", "number", "written", "published", "publisher", "openness", "validity"}


def test_links_to_interpretations():
    link = "<a href='/jd/202603/t20260306_2.html'>《岚水县养老服务管理办法》解读</a>"
    assert [u for u, _ in related(page("", PROSE + link), TITLE, "interpretation")] == [
        "http://lanshui.gov.cn/jd/202603/t20260306_2.html"
    ]
    bare = "<p>相关解读：<a href='/jd/202603/t20260306_2.html'>文字解读</a> <a href='/jd/202603/t20260306_3.html'>图解</a></p>"
    assert len(list(related(page("", PROSE + bare), TITLE, "interpretation"))) == 2
    headed = "<div><h3>相关链接</h3><ul><li><a href='/jd/202603/t20260306_2.html'>县民政局负责人解读养老新规</a></li></ul></div>"
    assert len(list(related(page("", PROSE + headed), TITLE, "interpretation"))) == 1
    menu = "<div class='nav'><a href='/jd/'>政策解读</a></div><ul><li><a href='/zcjd/'>政策解读</a></li></ul>"
    assert list(related(page(menu), TITLE, "interpretation")) == []
    others = "".join(
        f"<li><a href='/jd/202603/t2026030{n}_2.html'>《岚水县第{n}项殡葬管理规定》解读</a></li>" for n in range(1, 9)
    )
    assert list(related(page("", f"{PROSE}<h3>政策解读</h3><ul>{others}</ul>"), TITLE, "interpretation")) == []


def test_links_that_a_script_brings_are_said():
    assert read("", PROSE + "<script>detailpage({enableReldoc:true,RelDocPath:'zcjd'})</script>").related_unseen
    assert not read("", PROSE + "<script>var a=1</script>").related_unseen


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/real-pages is absent")
def test_real_pages():
    """Fields of labelled pages; a signature counts as the day of writing and as publisher, which the labels leave out."""
    keys = {
        "index_no": "index",
        "doc_no": "number",
        "issued": "written",
        "published": "published",
        "publisher": "publisher",
    }
    right, wrong = Counter(), []
    for line in (REAL / "labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        if not label["doc"] or label["page_kind"] == "other":
            continue
        body = decode((REAL / label["file"]).read_bytes())[0]
        found = read_document(Page(label["url"] or "http://page.invalid/", body), today=TODAY)
        for key, name in keys.items():
            wanted, said = label["doc"][key], found.fields.get(name)
            if squeeze(wanted) == squeeze(said) or (wanted is None and name in ("written", "publisher", "published")):
                right[name] += 1
            else:
                wrong.append(f"{label['file']} {name}: read {said}, labelled {wanted}")
        wanted = label["doc"]["openness"]
        if (wanted or "") in (found.mark or "") and bool(wanted) == bool(found.mark):
            right["openness"] += 1
        else:
            wrong.append(f"{label['file']} openness: read {found.mark}, labelled {wanted}")
    assert wrong == []
    assert set(right.values()) == {21}
