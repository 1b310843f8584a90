"""One answer of each kind that real servers give, and normal pages that must not be taken for one of them."""

from datetime import date

import pytest

from crawler.extract.page import Page
from crawler.outcome import Fingerprint, classify
from crawler.reading import Reading, words_digest
from db.records import Outcome

MENU = "".join(f'<li><a href="/c{n}/">栏目第{n}号</a></li>' for n in range(12))
NORMAL = f"<html><head><title>岚水县人民政府</title></head><body><ul>{MENU}</ul><p>岚水县人民政府门户网站欢迎您</p></body></html>"
RUISHU = '<html><head><meta content="x" r="m"><script r="m">$_ts=window[\'$_ts\'];$_ts.nsd=1;$_ts.cd="q"</script></head><body></body></html>'
JSL = "<script>document.cookie='__jsl_clearance_s=1';location.href=location.pathname</script>"


@pytest.mark.parametrize(
    ("status", "headers", "text", "outcome"),
    [
        (412, {}, RUISHU, Outcome.CHALLENGE),
        (202, {}, RUISHU, Outcome.CHALLENGE),
        (200, {}, RUISHU, Outcome.CHALLENGE),
        (521, {}, JSL, Outcome.CHALLENGE),
        (200, {}, JSL, Outcome.CHALLENGE),
        (405, {}, "<title>405</title><a href='https://errors.aliyun.com/'>x</a>阿里云", Outcome.BLOCKED),
        (403, {}, "<h1>访问被拒绝</h1>您的请求存在安全威胁", Outcome.BLOCKED),
        (403, {}, "腾讯云Web应用防火墙", Outcome.BLOCKED),
        (429, {}, "slow down", Outcome.BLOCKED),
        (200, {}, "<title>安全验证</title>请完成安全验证，拖动滑块", Outcome.CHALLENGE),
        (200, {}, "<title>提示</title>网站维护中，请稍后访问", Outcome.MAINTENANCE),
        (200, {}, "<title>x</title>该域名已过期，域名出售", Outcome.HIJACKED),
        (200, {}, "<title>澳门新葡京娱乐城</title>", Outcome.HIJACKED),
        (200, {}, "<title>404</title>您访问的页面不存在", Outcome.SOFT_404),
        (200, {}, "<title>提示信息</title>该信息已被删除 <a href='/'>返回首页</a>", Outcome.SOFT_404),
        (200, {}, "", Outcome.EMPTY),
        (404, {}, "<h1>Not Found</h1>", Outcome.HTTP_ERROR),
        (500, {}, "error", Outcome.HTTP_ERROR),
        (503, {}, "Service Unavailable", Outcome.HTTP_ERROR),
        (403, {}, "<h1>Forbidden</h1>", Outcome.HTTP_ERROR),
    ],
)
def test_answers_that_are_not_the_page(status, headers, text, outcome):
    assert classify(status, headers, Page("http://x.cn/a", text), text.encode())[0] is outcome


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({"set-cookie": "acw_tc=1; HWWAFSESID=2; __jsluid_s=3", "server": "nginx", "x-via": "cdn"}, NORMAL),
        ({}, NORMAL.replace("欢迎您", "系统维护公告：网站升级改造将于周末进行")),
        ({}, NORMAL.replace("欢迎您", "请勿参与网络博彩；市公安局通报六合彩案件")),
        ({}, NORMAL.replace("欢迎您", "关于严厉打击攻击行为的通告，滑动验证功能上线")),
        ({}, NORMAL.replace("欢迎您", "办理404件，页面不存在的链接已修复")),
        ({}, "<title>岚水县财政局</title><p>暂无内容</p>" + MENU),
    ],
)
def test_normal_pages_stay_ok(headers, text):
    assert classify(200, headers, Page("http://x.cn/", text), text.encode()) == (Outcome.OK, None)


def looks(page):
    shape = Reading(page, date(2026, 11, 24)).shape
    return lambda: (shape.title, shape.digest, shape.chinese)


def test_fingerprint_knows_the_same_words_and_the_same_landing_page():
    missing = Page("http://x.cn/_probe_12.shtml", "<title>岚水</title>抱歉，走丢了 /_probe_12.shtml 2026-11-24")
    learned = Fingerprint(None, missing.title, words_digest(missing.words))
    other = Page("http://x.cn/zn/", "<title>岚水</title>抱歉，走丢了 /zn/ 2026-11-25")
    column = Page("http://x.cn/zn/", "<title>岚水</title>抱歉，本栏目暂无内容")
    assert learned.fits("http://x.cn/zn/", "http://x.cn/zn/", looks(other))
    assert not learned.fits("http://x.cn/zn/", "http://x.cn/zn/", looks(column))
    assert not learned.fits("http://x.cn/index.html", "http://x.cn/index.html", looks(other))
    home = Fingerprint("http://x.cn/", "", "")
    assert home.fits("http://x.cn/gone.html", "http://x.cn/", looks(column))
    assert not home.fits("http://x.cn/index.shtml", "http://x.cn/", looks(column))
