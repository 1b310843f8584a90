"""Interpretations: their form by name and by what the page shows, and the document they speak of."""

import pytest

from crawler.extract.interpretation import forms_of, is_interpretation, read_interpretation, subject_of
from crawler.extract.page import Page

PROSE = (
    "<p>近日，县民政局就新出台的养老服务管理办法作出说明，从起草背景、主要内容、适用范围和办理流程等方面逐条讲解。</p>"
    * 6
)
TITLE = "《岚水县养老服务管理办法》政策解读"


def read(body, title=TITLE, more=""):
    html = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><div class='TRS_Editor'>{body}</div>{more}</body></html>"
    return read_interpretation(Page("http://lanshui.gov.cn/jd/202603/t20260306_2.html", html))


@pytest.mark.parametrize(
    ("names", "forms"),
    [
        (("政策解读", TITLE), ()),
        (("政策解读", "一图读懂养老服务管理办法"), ("figure",)),
        (("图解", TITLE), ("figure",)),
        (("图文解读", TITLE), ("figure",)),
        (("视频解读", TITLE), ("video",)),
        (("政策解读", "【在线访谈】县民政局局长谈养老服务"), ("talk",)),
        (("新闻发布", "岚水县养老服务新闻发布会"), ("conference",)),
        (("政策解读", "动漫解读：养老服务管理办法"), ("cartoon",)),
        (("政策解读", "养老服务管理办法音频解读"), ("audio",)),
        (("政策解读", "H5｜养老新规"), ("h5",)),
        (("政策解读", "视频＋图解：养老新规"), ("figure", "video")),
    ],
)
def test_forms_by_name(names, forms):
    assert forms_of(*names) == forms


@pytest.mark.parametrize(
    ("body", "forms"),
    [
        (PROSE, ()),
        (PROSE + "<video src='/v/1.mp4'></video>", ("video",)),
        (PROSE + "<iframe src='https://v.qq.com/txp/iframe/player.html?vid=1'></iframe>", ("video",)),
        (PROSE + "<p><a href='/v/1.mp4'>点击观看</a></p>", ("video",)),
        (PROSE + "<audio src='/v/1.mp3'></audio>", ("audio",)),
        ("<p><img src='W020260306.png'></p>", ("figure",)),
        ("<p>请看：</p><p><img src='./W020260306.png'><img src='./W020260307.png'></p>", ("figure",)),
        (PROSE + "<p><img src='W020260306.png'></p>", ()),
        ("<p><img src='/images/logo.png'></p>", ()),
        (PROSE + "<script>new Aliplayer({})</script>", ()),  # the template's, on every article
        ("<div id='player'></div><script>new Aliplayer({source:u})</script>", ("video",)),
    ],
)
def test_forms_by_what_the_page_shows(body, forms):
    assert read(body).forms == forms


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        (TITLE, "岚水县养老服务管理办法"),
        ("图解：岚水县养老服务管理办法", "岚水县养老服务管理办法"),
        ("县民政局局长答记者问", ""),
        ("岚水县养老服务新闻发布会", ""),
        ("政策解读", ""),
    ],
)
def test_the_subject_that_a_title_names(title, subject):
    assert subject_of(title) == subject


def test_documents_that_a_page_names_and_links_to():
    body = "<p>《岚水县养老服务管理办法》（岚政办发[2026]12号）已印发。</p>" + PROSE
    found = read(
        body,
        "县民政局局长答记者问",
        "<p>相关文件：<a href='/zc/202603/t20260305_1.html'>岚水县人民政府办公室关于印发养老服务管理办法的通知</a></p>",
    )
    assert found.named == ("岚水县养老服务管理办法", "岚政办发〔2026〕12号")
    assert [url for url, _ in found.documents] == ["http://lanshui.gov.cn/zc/202603/t20260305_1.html"]
    assert read(PROSE + "<a href='/zc/202603/t20260305_1.html'>查看原文</a>").documents
    assert read(PROSE + "<ul class='nav'><li><a href='/zc/'>政策文件</a></li></ul>").documents == ()


def test_interpretations_among_other_rows():
    assert is_interpretation(TITLE)
    assert is_interpretation("一图读懂养老新规")
    assert not is_interpretation("岚水县人民政府办公室关于印发养老服务管理办法的通知")


def test_an_empty_page_is_an_empty_record():
    found = read_interpretation(Page("http://x.gov.cn/", ""))
    assert (found.forms, found.documents, found.named) == ((), (), ())
