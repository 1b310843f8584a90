"""Names, addresses and charsets: the small readers that everything else stands on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.decode import decode
from crawler.extract.text import squeeze, tidy
from crawler.extract.urls import absolute, is_trap, under


@pytest.mark.parametrize("name", ["代  县", "代　县", "代\u00a0县", "代\u200b县", "代\u2002县", " 代县\n"])
def test_squeeze_makes_one_name(name):
    assert squeeze(name) == "代县"


def test_tidy_cuts_and_widens():
    assert tidy("  ２０２３年\n 年报 ") == "2023年 年报"
    assert tidy("一二三四五", 3) == "一二…"


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("./zn/", "http://x.cn/a/zn/"),
        (" ../b.html#top ", "http://x.cn/b.html"),
        ("\\zwgk\\..\\tzgg\\", "http://x.cn/tzgg/"),
        ("http://X.CN:80/c/;jsessionid=AB12?b=2&_=3&a=1", "http://x.cn/c/?a=1&b=2"),
        ("//y.cn/", "http://y.cn/"),
        ("javascript:void(0)", None),
        ("mailto:a@b.cn", None),
        ("http://[bad", None),
    ],
)
def test_absolute(href, url):
    assert absolute("http://x.cn/a/index.html", href) == url


@given(st.text(alphabet="ab./?=&;%中 \\", max_size=40))
def test_absolute_is_stable(href):
    once = absolute("http://x.cn/a/", href)
    assert once is None or absolute("http://x.cn/", once) == once


@pytest.mark.parametrize(
    ("url", "home", "inside"),
    [
        ("http://x.cn/jyj/zn/", "http://x.cn/jyj/", True),
        ("http://x.cn/jyj", "http://x.cn/jyj/index.html", True),
        ("http://x.cn/czj/", "http://x.cn/jyj", False),
        ("https://www.x.cn/a", "http://x.cn/", True),
        ("http://y.cn/", "http://x.cn/", False),
        ("http://x.cn:81/", "http://x.cn/", False),
    ],
)
def test_under(url, home, inside):
    assert under(url, home) is inside


@pytest.mark.parametrize(
    "url",
    [
        "http://x.cn/s?searchword=a",
        "http://x.cn/c?year=2026&month=1",
        "http://x.cn/a/a/a/b",
        "http://x.cn/" + "a" * 400,
    ],
)
def test_traps(url):
    assert is_trap(url)


def test_a_column_that_needs_four_parameters_is_no_trap():
    assert not is_trap("http://x.cn/index.php?a=lists&c=index&catid=6&m=content")
    assert is_trap("http://x.cn/c?a=1&b=1&c=1&d=1&e=1&f=1")


TEXT = "<html><head>{}<title>岚水县人民政府信息公开指南</title></head><body>政府信息公开工作的通知，朱镕基、喆</body></html>"


@pytest.mark.parametrize(
    ("charset", "meta", "header", "source"),
    [
        ("gb18030", '<meta charset="gb2312">', "text/html", "meta"),
        ("gb18030", "", "text/html", "tried"),
        ("gb18030", '<meta charset="gbk">', "text/html; charset=UTF-8", "meta"),
        ("gb18030", '<meta charset="gbk">', "text/html; charset=ISO-8859-1", "meta"),
        ("utf-8", '<meta charset="gb2312">', "text/html", "tried"),
        ("utf-8", "", None, "tried"),
        ("utf-8", '<meta charset="utf-8">', "text/html; charset=utf-8", "header"),
        ("utf-8-sig", '<meta charset="gbk">', "text/html; charset=gbk", "bom"),
        ("utf-16", '<meta charset="utf-8">', None, "bom"),
    ],
)
def test_decode(charset, meta, header, source):
    page = TEXT.format(meta)
    text, how = decode(page.encode(charset), header)
    assert text == page
    assert how.endswith(f"({source})")
