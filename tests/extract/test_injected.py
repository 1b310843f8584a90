"""What was put into a page for gambling or pornography is found; articles about it and ordinary hidden menus are not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.decode import decode
from crawler.extract.injected import read_injections
from crawler.extract.page import Page

REAL = Path(__file__).parents[3] / "shared" / "real-pages"
SPAM = "<a href='http://www.a8k3.com/'>澳门新葡京官网</a><a href='http://www.b7x.net/'>百家乐平台</a>"
MENU = "<div class='nav'><a href='/'>首页</a><a href='/zwgk/'>政务公开</a></div><p>岚水县召开春耕备耕工作推进会。</p>"


def page(body, head="<title>岚水县人民政府</title>"):
    return Page("http://www.lanshui.gov.cn/", f"<html><head>{head}</head><body>{MENU}{body}</body></html>")


def kinds(body, **named):
    return {one.kind for one in read_injections(page(body, **named))}


@pytest.mark.parametrize(
    "body",
    [
        f"<div style='display:none'>{SPAM}</div>",
        f"<div style='display : NONE ;'><p>{SPAM}</p></div>",
        f"<div style='position:absolute;left:-9999px;top:0'>{SPAM}</div>",
        f"<span style='text-indent:-999px'>{SPAM}</span>",
        f"<div style='font-size:0'>{SPAM}</div>",
        f"<div style='height:0;overflow:hidden'>{SPAM}</div>",
        f"<div style='color:#fff;background-color:#fff'>{SPAM}</div>",
        f"<div style='visibility:hidden'>{SPAM}</div>",
        f"<div hidden>{SPAM}</div>",
        f"<marquee height=1 width=4 scrollamount=3000>{SPAM}</marquee>",
        f"<style>.xq {{ position: fixed; left: -5000px }}</style><div class='b xq'>{SPAM}</div>",
        f"<div id='q1'>{SPAM}</div><script>document.getElementById('q1').style.display='none';</script>",
        f"<div id='q1'>{SPAM}</div><script>$('#q1').hide();</script>",
        f"<script>document.write('<div style=\"display:none\">');</script>{SPAM}<script>document.write('</div>');</script>",
        "<div style='display:none'><a href='http://cp.a8k3.com/'>实战彩票网</a></div>",
        "<div style='display:none'><a href='http://www.bet365.xyz/'>友情链接</a></div>",
        "<div style='display:none'><a href='/html/8812.html'>澳门威尼斯人官网注册</a></div>",
    ],
)
def test_hidden_links(body):
    assert kinds(body) == {"hidden_link"}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<div class='foot'><a href='http://www.a8k3.com/'>澳门新葡京</a></div>", "link"),
        ("<div style='left:-999px;position:absolute'>六合彩 时时彩 北京赛车 开奖</div>", "hidden_text"),
        ("<script>document.write('<a href=\"http://www.a8k3.com\">亚博体育官网</a>')</script>", "script"),
        ("<script>document.write('详见http://www.bocai，点击')</script>", "script"),
        (r"<script>document.writeln('\u6fb3\u95e8\u65b0\u8461\u4eac\u5b98\u7f51')</script>", "script"),
        (r"<script>document.title='\u767e\u5bb6\u4e50\u5e73\u53f0\u6ce8\u518c'</script>", "script"),
        ("<script src='http://js.bet365.cc/a.js'></script>", "script"),
        ("<iframe src='http://www.casino88.com/' width=0></iframe>", "script"),
        (
            "<script>var r=document.referrer;if(/baidu|sogou|so\\.com/i.test(r)||r.indexOf('google')>0)"
            "{location.href='http://www.k8v.vip/';}</script>",
            "cloak",
        ),
        (
            "<script>if(navigator.userAgent.match('baidu|spider|bing')){window.location.replace('http://q.w3.top/x')}</script>",
            "cloak",
        ),
    ],
)
def test_other_kinds(body, kind):
    assert kinds(body) == {kind}


@pytest.mark.parametrize(
    "head",
    [
        "<title>澳门新葡京娱乐-官方网站</title>",
        "<title>&#28595;&#38376;&#26032;&#33889;&#20140;&#23448;&#32593;</title>",
        "<title>岚水县教育局-百家乐-时时彩</title>",
        "<title>岚水</title><meta name='keywords' content='百家乐,六合彩,北京赛车pk10,时时彩'>",
    ],
)
def test_titles(head):
    assert kinds("", head=head) == {"title"}


@pytest.mark.parametrize(
    ("body", "head"),
    [
        ("<h1>公安机关打击网络赌博典型案例</h1><p>犯罪嫌疑人利用百家乐、时时彩、六合彩等方式组织赌博。</p>", "<title>打击网络赌博犯罪典型案例</title>"),
        ("<p>澳门威尼斯人、百家乐平台官网注册都是骗局，请勿下载。</p>", "<title>警惕网络赌博陷阱</title>"),
        ("<a href='/yw/t20261101_1.html'>我县查处百家乐赌博平台一个</a>", "<title>要闻</title>"),
        ("<div style='display:none'><a href='/yw/1.html'>警方捣毁一处百家乐赌场</a><a href='/yw/2.html'>老虎机害人不浅</a></div>", "<title>要闻</title>"),
        ("<div style='display:none'><a href='http://news.cn/1'>严厉打击跨境赌博</a><a href='/zw/'>政务公开</a></div>", "<title>首页</title>"),
        ("<div class='tab' style='display:none'><ul><li><a href='/tz/1.html'>关于春节放假的通知</a></li></ul></div>", "<title>首页</title>"),
        ("<a href='http://www.lottery.gov.cn/'>中国体育彩票</a><a href='http://www.cwl.gov.cn/'>福彩</a>", "<title>体育局</title>"),
        ("<div style='display:none'><a href='http://www.lottery.gov.cn/'>体育彩票</a></div>", "<title>体育局</title>"),
        ("<p>老年棋牌室活动丰富，棋牌比赛举行</p><a href='/x/'>棋牌室</a>", "<title>社区</title>"),
        ("<script>if(/Android|iPhone/i.test(navigator.userAgent)){location.href='http://m.lanshui.gov.cn/'}</script>", "<title>首页</title>"),
        ("<script>var u=navigator.userAgent;var s='http://service.weibo.com/share?x='+location.href;</script>", "<title>首页</title>"),
        (
            "<script>var r=document.referrer;var e=['baidu','google'];new Image().src='http://tj.wapps.cn/a?u='+encodeURIComponent(location.href)</script>",
            "<title>首页</title>",
        ),
        ("<!-- <div style='display:none'><a href='http://www.a8k3.com/'>澳门新葡京官网</a></div> -->", "<title>首页</title>"),
        ("<script>var list=[{\"title\":\"民警端掉百家乐赌博窝点\",\"url\":\"/1\"}];box.innerHTML=list[0].title;</script>", "<title>首页</title>"),
        ("<p>赴西藏(Tibet)考察</p><a href='http://www.tibet.cn/'>中国西藏网</a><a href='http://www.bjalphabet.com/'>字母</a>", "<title>首页</title>"),
        ("<p>&#12288;&#12288;&#12288;各单位：</p>", "<title>通知</title>"),
    ],
)  # fmt: skip
def test_what_was_not_put_in(body, head):
    assert kinds(body, head=head) == set()


def test_what_is_kept():
    (found,) = read_injections(page(f"<div style='display:none'>{SPAM}</div>"))
    assert (found.kind, found.count, found.host) == ("hidden_link", 2, "www.a8k3.com")
    assert found.words == "澳门新葡京官网"
    assert "a8k3" in found.markup
    assert len(found.markup) <= 120


def test_a_page_without_such_words_is_not_parsed():
    plain = page("<p>关于做好防汛工作的通知</p>")
    assert read_injections(plain) == ()
    assert not plain.parsed


@given(st.text("<>/divastyle=\"':;-09澳门新葡京百家乐官网http.com \\u&#x", max_size=80))
def test_no_markup_breaks_the_reader(text):
    read_injections(page(f"<div style='display:none'>{text}</div><script>document.write('{text}')</script>"))


@pytest.mark.skipif(not REAL.exists(), reason="the saved real pages are not here")
def test_real_pages():
    """One page is of an expired domain that somebody bought: it carries a real hidden link to a lottery site."""
    found = {}
    for file in sorted(REAL.glob("*/*.html")):
        one = Page(f"http://{file.parent.name}/{file.name}", decode(file.read_bytes(), None)[0])
        if hits := read_injections(one):
            found[f"{file.parent.name}/{file.name}"] = [(h.kind, h.host) for h in hits]
    assert found == {"pds-jyj-clone/home.html": [("hidden_link", "www.cptz.net")]}
