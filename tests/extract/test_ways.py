"""Doors: pages that only send the visitor on."""

import pytest

from crawler.extract.page import Page
from crawler.extract.ways import way_in

BODY = "<p>" + "岚水县人民政府门户网站今日要闻发布平台" * 20 + "</p>"


@pytest.mark.parametrize(
    ("html", "target"),
    [
        ('<meta http-equiv="refresh" content="0;url=/portal/">', "/portal/"),
        ("<meta http-equiv=Refresh content=\"3; URL='index_2.html'\">", "/index_2.html"),
        ("<script>window.location.href='/portal/index.html';</script>", "/portal/index.html"),
        ('<script>top.location="/p/"</script>', "/p/"),
        ("<script>self.location.replace('/q/')</script>", "/q/"),
        ("<body onload=\"location.href='/r/'\"></body>", "/r/"),
        ("<body onload='go()'><script>function go(){ window.location='/s/'; }</script></body>", "/s/"),
        # no doors
        ('<noscript><meta http-equiv="refresh" content="0;url=/no/"></noscript>' + BODY, None),
        ('<meta http-equiv="refresh" content="600;url=/">', None),
        ("<script>// location.href='/old/'\n</script>", None),
        ("<script>function back(){ location.href='/'; }</script>" + BODY, None),
        (BODY, None),
    ],
)
def test_way_in(html, target):
    assert way_in(Page("http://x.cn/index.html", html)) == (target and f"http://x.cn{target}")


def test_a_single_link_is_a_door_on_the_home_page_only():
    page = Page("http://x.cn/", '<img src="a.jpg"><a href="/portal/">进入网站</a><a href="http://y.cn/">省政府</a>')
    assert way_in(page, splash=True) == "http://x.cn/portal/"
    assert way_in(page) is None
