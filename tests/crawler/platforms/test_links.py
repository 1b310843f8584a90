"""Accounts that a site's pages lead to; a button to share the page is none."""

from __future__ import annotations

import pytest

from crawler.extract.page import Page
from crawler.platforms.links import account_links


@pytest.mark.parametrize(
    ("href", "found"),
    [
        ("https://weibo.com/u/9000000001?is_all=1", ("weibo", "9000000001")),
        ("http://e.weibo.com/xinyangfabu", ("weibo", "xinyangfabu")),
        ("https://m.weibo.cn/u/9000000001", ("weibo", "9000000001")),
        ("https://www.douyin.com/user/MS4wLjABAAAAexample?x=1", ("douyin", "MS4wLjABAAAAexample")),
        ("https://space.bilibili.com/123456/", ("bilibili", "123456")),
        ("https://www.kuaishou.com/profile/3xexample", ("kuaishou", "3xexample")),
        ("https://apps.apple.com/cn/app/xin/id123456", ("app", "123456")),
        ("https://service.weibo.com/share/share.php?url=http://x/", None),
        ("https://weibo.com/login", None),
        ("https://weibo.com/9000000001/NcBBBBBB2", ("weibo", "9000000001")),
        ("https://www.gov.cn/", None),
    ],
)
def test_links(href, found):
    page = Page("http://www.xinyang.example/", f"<p><a href='{href}'>政务微博</a><a href='{href}'><img></a></p>")
    assert [(a.platform, a.account_id) for a in account_links(page)] == ([found] if found else [])
