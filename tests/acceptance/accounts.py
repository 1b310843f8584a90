"""How do the accounts of the city look to a reader: fresh, stale, asleep, frozen, gone, or not readable at all?"""

from __future__ import annotations

import html
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime

from tests.acceptance.kit import CST, Account, City, Page

YES, NO, WHAT, NA = ("pass",), ("fail",), ("unknown",), ("na",)
GONE_OK = ("na", "unknown")


def build(city: City) -> None:
    """Serve the feeds on a host that only accounts.csv names, and write the exports beside it."""
    s = city.site(90)

    def stamp(days: float, hour: int = 9) -> datetime:
        return (city.now - timedelta(days=days)).replace(hour=hour, minute=5, second=0, microsecond=0)

    def add(
        unit: str,
        name: str,
        source: str,
        why: str,
        e: Sequence[str],
        f: Sequence[str],
        z: Sequence[str],
        platform: str = "feed",
    ) -> None:
        city.accounts.append(Account(unit, platform, name, source, why, tuple(e), tuple(f), tuple(z)))

    def feed(path: str, body: str | bytes, ctype: str = "application/xml; charset=utf-8", status: int = 200) -> str:
        s.pages[path] = Page(body.encode() if isinstance(body, str) else body, ctype=ctype, status=status)
        return s.origin + path

    def rss(items: list[tuple[str, str]], built: str = "") -> str:
        rows = "".join(
            f"<item><title><![CDATA[{t}]]></title><link>https://example.invalid/{i}</link><guid>{i}</guid>"
            + (f"<pubDate>{d}</pubDate>" if d else "")
            + "</item>"
            for i, (t, d) in enumerate(items)
        )
        return (
            f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>发布</title><link>https://example.invalid</link>'
            f"<description>d</description>{f'<lastBuildDate>{built}</lastBuildDate>' if built else ''}{rows}</channel></rss>"
        )

    gmt = format_datetime
    now = format_datetime(city.now)
    add(
        "云岭县",
        "云岭发布",
        feed(
            "/rss/yl-fabu",
            rss([("置顶：服务指南", gmt(stamp(500))), ("晚间播报", gmt(stamp(1))), ("早安", gmt(stamp(3)))], now),
        ),
        "pinned old post first; newest one day old",
        YES,
        YES,
        YES,
    )
    atom = "".join(
        f'<entry><title>动态{d}</title><id>u:{d}</id><link href="https://example.invalid/a{d}"/><updated>{stamp(d).isoformat()}</updated></entry>'
        for d in (33, 45, 61)
    )
    add(
        "云岭县",
        "云岭文旅",
        feed(
            "/atom/yl-wenlv",
            f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>文旅</title><id>x</id><updated>{city.now.isoformat()}</updated>{atom}</feed>',
            "application/atom+xml",
        ),
        "Atom with updated only; feed-level updated is now, newest entry 33 days",
        YES,
        NO,
        YES,
    )
    items = [
        {
            "id": str(d),
            "url": f"https://example.invalid/{d}",
            "title": f"第{d}期",
            "date_published": stamp(d).astimezone().isoformat(),
        }
        for d in (121, 140, 200)
    ]
    add(
        "石楼河县",
        "石楼河融媒",
        feed(
            "/json/shilou.json",
            json.dumps(
                {"version": "https://jsonfeed.org/version/1.1", "title": "融媒", "items": items}, ensure_ascii=False
            ),
            "application/feed+json",
        ),
        "JSON Feed, asleep for 121 days",
        YES,
        NO,
        NO,
    )
    add(
        "永泽县",
        "永泽发布",
        feed("/rss/yongze-frozen", rss([(f"通报{d}", gmt(stamp(d))) for d in (104, 110)], now)),
        "frozen 104 days ago, lastBuildDate is now",
        YES,
        NO,
        NO,
    )
    add(
        "北屏县",
        "北屏微政务",
        feed(
            "/rss/beiping-naive",
            rss(
                [
                    ("早间", stamp(1, 1).strftime("%a, %d %b %Y %H:%M:%S ")),
                    ("旧", stamp(8).strftime("%a, %d %b %Y %H:%M:%S ")),
                ],
                "x",
            ),
        ),
        "naive dates with an empty zone are Beijing time",
        YES,
        YES,
        YES,
    )
    add(
        "曲柳县",
        "曲柳发布",
        feed(
            "/rss/quliu-naive",
            rss(
                [
                    ("夜读", stamp(15, 23).strftime("%a, %d %b %Y %H:%M:%S ")),
                    ("旧", stamp(28).strftime("%a, %d %b %Y %H:%M:%S ")),
                ]
            ),
        ),
        "naive 23:05 fifteen days ago: UTC misreads it",
        YES,
        NO,
        YES,
    )
    add(
        "南堡县",
        "南堡发布",
        feed(
            "/err/html200",
            "<html><head><title>Welcome to RSSHub!</title></head><body><h1>Looks like something went wrong</h1><p>Error: 请求失败</p></body></html>",
            "text/html",
        ),
        "an HTML error page with 200 is no empty feed",
        WHAT,
        WHAT,
        WHAT,
    )
    add(
        "五峰县",
        "五峰之声",
        feed("/err/gone404", "Not Found", "text/plain", 404),
        "a bare 404: gone_once on the first night",
        WHAT,
        ("unknown", "na"),
        ("unknown", "na"),
    )
    add(
        "柳沟县",
        "柳沟发布",
        feed(
            "/err/empty503",
            "<html><body>Error Message: this route is empty, please check the original site</body></html>",
            "text/html",
            503,
        ),
        "503 route is empty: coverage unknown",
        ("unknown", "pass"),
        WHAT,
        WHAT,
    )
    add(
        "平岗县",
        "平岗发布",
        feed(
            "/err/cancelled",
            "<html><head><title>微信公众平台</title></head><body><div class='weui-msg__title'>此帐号已自主注销，内容无法查看</div></body></html>",
            "text/html",
        ),
        "the source says in words that the account is cancelled",
        NO,
        GONE_OK,
        GONE_OK,
    )
    add(
        "平岗县",
        "平岗微博",
        feed("/err/blocked", "<html><body><p>此账号已被屏蔽, 内容无法查看</p></body></html>", "text/html"),
        "banned, in words, the other spelling of 账号",
        NO,
        GONE_OK,
        GONE_OK,
    )
    add(
        "古渡县",
        "古渡旅游",
        feed(
            "/err/challenge",
            "<html><body><h2>环境异常</h2><p>当前环境异常，完成验证后即可继续访问。</p><a>去验证</a></body></html>",
            "text/html",
        ),
        "环境异常 is a challenge, never gone",
        WHAT,
        WHAT,
        WHAT,
    )
    add(
        "盂山县",
        "盂山发布",
        feed("/rss/future", rss([("预告", gmt(stamp(-400))), ("通知", gmt(stamp(40))), ("通知二", gmt(stamp(47)))])),
        "a date of next year proves nothing; newest real post 40 days",
        YES,
        ("fail", "unknown"),
        ("pass", "unknown"),
    )
    add(
        "保宁县",
        "保宁发布",
        feed("/rss/empty", rss([], now)),
        "a valid feed without items: nothing proven",
        ("pass", "unknown"),
        WHAT,
        WHAT,
    )
    add(
        "静川县",
        "静川发布",
        feed("/rss/undated", rss([("无日期", ""), ("坏日期", "Invalid Date")], now)),
        "no item shows a date",
        ("pass", "unknown"),
        WHAT,
        WHAT,
    )
    add(
        "市财政局",
        "澄州财政",
        feed(
            "/weibo/user/9000000001", rss([("转发微博", gmt(stamp(2))), ("公告", gmt(stamp(6)))]), "application/rss+xml"
        ),
        "RSSHub address under platform weibo",
        YES,
        ("pass", "unknown"),
        ("pass", "unknown"),
        "weibo",
    )
    cn = f"{stamp(4):%Y}年{stamp(4).month}月{stamp(4).day}日"
    add(
        "兴云县",
        "兴云发布",
        feed("/rss/cn-date", rss([("中文日期", cn), ("旧文", f"{stamp(30):%Y-%m-%d %H:%M:%S}")])),
        "pubDate as 年月日, four days old",
        YES,
        ("pass", "unknown"),
        ("pass", "unknown"),
    )
    truncated = rss([(f"第{d}条", gmt(stamp(d))) for d in (2, 5, 9)]).encode()[:-60]
    add(
        "代水县",
        "代水发布",
        feed("/rss/truncated", truncated),
        "a truncated feed still shows two fresh posts",
        ("pass", "unknown"),
        ("pass", "unknown"),
        ("pass", "unknown"),
    )
    add(
        "市水利局",
        "澄州水利",
        feed(
            "/err/closed",
            "<html><body><p>因机构改革和工作调整，经市政府办公室批准并备案，“澄州水利”政务微博已依规停止更新并关停注销，相关信息请关注“澄州发布”。</p></body></html>",
            "text/html",
        ),
        "a lawful closing",
        ("na", "unknown"),
        GONE_OK,
        GONE_OK,
    )
    add(
        "市教育局",
        "澄州教育",
        feed("/slow/refused", "<rss", "application/xml", 500),
        "the collector answers 500",
        WHAT,
        WHAT,
        WHAT,
    )

    folder = city.folder / "exports"
    folder.mkdir(exist_ok=True)
    head = "序号,内容标题,发表时间,总阅读人数,内容url\r\n"
    lines = "".join(
        f"{i},第{i}期：关于“双减”的说明,{stamp(d):%Y/%-m/%-d %-H:%M},{i * 91},https://mp.weixin.qq.com/s/{i}\r\n"
        for i, d in enumerate((40, 3, 12, 90), 1)
    )
    (folder / "caizheng.csv").write_bytes((head + lines).encode("gb18030"))
    add(
        "市财政局",
        "财政微信",
        "exports/caizheng.csv",
        "GB18030 CSV, not sorted, newest three days old",
        YES,
        YES,
        YES,
        "export",
    )
    (folder / "minzheng.xlsx").write_bytes(
        xlsx(
            ["标题", "发布时间", "链接", "备注"],
            [
                [f"民政动态{d}", f"{stamp(d):%Y-%m-%d %H:%M:%S}", f"https://example.invalid/{d}", "x"]
                for d in (26, 39, 71)
            ],
        )
    )
    add(
        "市民政局",
        "民政微信",
        "exports/minzheng.xlsx",
        "XLSX written by hand, newest 26 days old",
        YES,
        NO,
        YES,
        "export",
    )
    serial = (stamp(100) - datetime(1899, 12, 30, tzinfo=CST)).days
    (folder / "jiaotong.xlsx").write_bytes(
        xlsx(["内容标题", "发表时间", "内容url"], [["路况", f"{stamp(130):%Y%m%d}", "u1"], ["通行提示", serial, "u2"]])
    )
    add(
        "市交通运输局",
        "交通微信",
        "exports/jiaotong.xlsx",
        "dates as 20260101 and as a bare Excel day number: asleep 100 days",
        YES,
        ("fail", "unknown"),
        ("fail", "unknown"),
        "export",
    )
    rows = "".join(
        f"<tr><td>{html.escape(t)}</td><td>{stamp(d):%Y-%m-%d}</td></tr>" for t, d in (("一", 2), ("二", 20))
    )
    (folder / "shenji.xls").write_bytes(
        f"<html><meta charset=gbk><table><tr><th>内容标题</th><th>发表时间</th></tr>{rows}</table></html>".encode("gbk")
    )
    add(
        "市审计局",
        "审计微信",
        "exports/shenji.xls",
        "an .xls that is HTML in GBK, newest two days old",
        ("pass", "unknown"),
        ("pass", "unknown"),
        ("pass", "unknown"),
        "export",
    )
    (folder / "nongye.csv").write_bytes("﻿标题,发布时间\n春耕,二〇一九年三月一日\n".encode())
    add(
        "市农业农村局",
        "农业微信",
        "exports/nongye.csv",
        "one post of 2019 in Chinese numerals, BOM",
        ("pass", "unknown"),
        ("fail", "unknown"),
        ("fail", "unknown"),
        "export",
    )
    add(
        "市体育局",
        "体育微信",
        "exports/lost.csv",
        "the exported file is not there: our omission",
        WHAT,
        WHAT,
        WHAT,
        "export",
    )


def xlsx(header: list[str], rows: list[list[object]]) -> bytes:
    """A minimal workbook with inline strings, written with zipfile alone."""

    def cell(v: object) -> str:
        return (
            f"<c><v>{v}</v></c>"
            if isinstance(v, (int, float))
            else f'<c t="inlineStr"><is><t>{html.escape(str(v))}</t></is></c>'
        )

    data = "".join(f"<row>{''.join(cell(v) for v in row)}</row>" for row in [list[object](header), *rows])
    ns = "http://schemas.openxmlformats.org"
    xml = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    files = {
        "[Content_Types].xml": f'{xml}<Types xmlns="{ns}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
        "_rels/.rels": f'{xml}<Relationships xmlns="{ns}/package/2006/relationships"><Relationship Id="rId1" Type="{ns}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{xml}<workbook xmlns="{ns}/spreadsheetml/2006/main" xmlns:r="{ns}/officeDocument/2006/relationships"><sheets><sheet name="数据" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{xml}<Relationships xmlns="{ns}/package/2006/relationships"><Relationship Id="rId1" Type="{ns}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'{xml}<worksheet xmlns="{ns}/spreadsheetml/2006/main"><sheetData>{data}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in files.items():
            z.writestr(name, text)
    return out.getvalue()
