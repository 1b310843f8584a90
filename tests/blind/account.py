"""Accounts of the blind city in the shapes of their platforms, and what is true of each."""

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.blind.city import City
from tests.blind.serve import Answer

BEIJING = ZoneInfo("Asia/Shanghai")
EXISTS, FRESH, SLEEP, TALK = "media.exists", "media.fresh", "media.sleeping", "media.interaction"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def at(city: City, days: int, hour: int = 0) -> datetime:
    """`hour` o'clock Beijing time, `days` ago."""
    d: date = city.today - timedelta(days=days)
    return datetime(d.year, d.month, d.day, hour, 5, tzinfo=BEIJING)


def weibo_time(t: datetime) -> str:
    return f"{WEEK[t.weekday()]} {MONTHS[t.month - 1]} {t.day:02d} {t:%H:%M:%S} +0800 {t.year}"


def gmt(t: datetime) -> str:
    u = t.astimezone(UTC)
    return f"{WEEK[u.weekday()]}, {u.day:02d} {MONTHS[u.month - 1]} {u.year} {u:%H:%M:%S} GMT"


def weibo(name: str, uid: int, posts: list[tuple[str, bool]], *, group: bool = False) -> bytes:
    cards: list[dict[str, Any]] = []
    for n, (made, top) in enumerate(posts):
        blog = {
            "id": str(5000000000000000 + n),
            "mid": str(5000000000000000 + n),
            "bid": f"Nc{n:07d}",
            "created_at": made,
            "text": f"今日发布{n} <span class='url-icon'></span>",
            "comments_count": n % 3,
            "reposts_count": 1,
            "attitudes_count": "1万+",
            "mblogtype": 2 if top else 0,
            "user": {
                "id": uid,
                "screen_name": name,
                "verified": True,
                "statuses_count": 900 + len(posts),
                "followers_count": "5.2万",
            },
        }
        if top:
            blog |= {"isTop": 1, "title": {"text": "置顶"}}
        card = {
            "card_type": 9,
            "profile_type_id": "proweibotop_" if top else "proweibo_",
            "itemid": f"107603{uid}_-_{n}",
            "mblog": blog,
        }
        cards.append({"card_type": 11, "card_group": [card]} if group and n == 1 else card)
    return json.dumps(
        {
            "ok": 1,
            "data": {
                "cardlistInfo": {"containerid": f"107603{uid}", "total": 900 + len(posts), "since_id": 493000},
                "cards": cards,
            },
        },
        ensure_ascii=False,
    ).encode()


def douyin(name: str, posts: list[tuple[datetime, int]]) -> bytes:
    return json.dumps(
        {
            "status_code": 0,
            "has_more": 0,
            "max_cursor": 1,
            "aweme_list": [
                {
                    "aweme_id": str(7200000000000000000 + n),
                    "desc": f"视频{n} #晋丰",
                    "create_time": int(t.timestamp()),
                    "is_top": top,
                    "statistics": {"comment_count": 4, "digg_count": 90},
                    "author": {"nickname": name, "sec_uid": "MS4wLjABAAAAtest"},
                }
                for n, (t, top) in enumerate(posts)
            ],
        },
        ensure_ascii=False,
    ).encode()


def kuaishou(name: str, posts: list[tuple[datetime, bool]], result: int = 1) -> bytes:
    return json.dumps(
        {
            "data": {
                "visionProfilePhotoList": {
                    "result": result,
                    "pcursor": "no_more",
                    "feeds": [
                        {
                            "type": 1,
                            "author": {"id": "3xt", "name": name},
                            "photo": {
                                "id": f"3x{n}",
                                "caption": "提示",
                                "timestamp": int(t.timestamp() * 1000),
                                "realLikeCount": 2,
                                "commentCount": 1,
                                "profileUserTopPhoto": top,
                            },
                        }
                        for n, (t, top) in enumerate(posts)
                    ],
                }
            }
        },
        ensure_ascii=False,
    ).encode()


def toutiao(name: str, posts: list[tuple[datetime, datetime]]) -> bytes:
    return json.dumps(
        {
            "message": "success",
            "data": [
                {
                    "cell_type": 60,
                    "id": str(7262900000000000001 + n),
                    "title": f"{name}开展活动{n}",
                    "publish_time": int(p.timestamp()),
                    "behot_time": int(b.timestamp()),
                    "comment_count": 0,
                    "user_info": {"name": name, "user_verified": True},
                }
                for n, (p, b) in enumerate(posts)
            ],
        },
        ensure_ascii=False,
    ).encode()


def bilibili(name: str, posts: list[tuple[datetime, bool]], code: int = 0) -> bytes:
    items = [
        {
            "id_str": str(800000 + n),
            "type": "DYNAMIC_TYPE_AV",
            "modules": {
                "module_author": {"name": name, "pub_ts": int(t.timestamp())},
                **({"module_tag": {"text": "置顶"}} if top else {}),
                "module_dynamic": {"desc": {"text": "动态"}},
                "module_stat": {"comment": {"count": 1}},
            },
        }
        for n, (t, top) in enumerate(posts)
    ]
    return json.dumps(
        {
            "code": code,
            "message": "0" if not code else "风控校验失败",
            "data": {"items": items, "has_more": False} if not code else {"v_voucher": "voucher_1"},
        },
        ensure_ascii=False,
    ).encode()


def rss(name: str, days: list[str], built: str) -> bytes:
    items = "".join(
        f"<item><title>推文{n}</title><link>https://mp.weixin.qq.com/s/E{n:09d}</link><guid>https://mp.weixin.qq.com/s/E{n:09d}</guid><pubDate>{d}</pubDate></item>"
        for n, d in enumerate(days)
    )
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{name}</title><link>https://example.invalid</link><description>d</description><lastBuildDate>{built}</lastBuildDate>{items}</channel></rss>'.encode()


def atom(name: str, days: list[datetime]) -> bytes:
    items = "".join(
        f"<entry><title>推文{n}</title><id>u{n}</id><link href='https://mp.weixin.qq.com/s/F{n:09d}'/><published>{d.isoformat()}</published><updated>{d.isoformat()}</updated></entry>"
        for n, d in enumerate(days)
    )
    return f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>{name}</title><id>x</id><updated>{datetime.now(UTC).isoformat()}</updated>{items}</feed>'.encode()


def json_feed(name: str, days: list[datetime]) -> bytes:
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": f"{name}的微博",
            "home_page_url": "https://weibo.com/9/",
            "items": [
                {
                    "id": f"https://weibo.com/9/G{n}",
                    "url": f"https://weibo.com/9/G{n}",
                    "title": "今日",
                    "content_html": "今日",
                    "date_published": d.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                }
                for n, d in enumerate(days)
            ],
        },
        ensure_ascii=False,
    ).encode()


def sheet(rows: list[list[object]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for r in rows:
        page.append(r)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def table_csv(rows: list[list[object]], encoding: str = "gb18030") -> bytes:
    return "\r\n".join(",".join(f'"{c}"' if "," in str(c) else str(c) for c in r) for r in rows).encode(encoding)


def html_xls(rows: list[list[object]]) -> bytes:
    return (
        "<html><head><meta charset='gbk'></head><body><table>"
        + "".join("<tr>" + "".join(f"<td>{c}</td>" for c in r) + "</tr>" for r in rows)
        + "</table></body></html>"
    ).encode("gb18030")


def accounts(city: City) -> None:
    """Add the accounts, one host for all of them."""
    host = city.host()
    owners = [u.name for u in city.units if u.group != "portal" and u.site not in {"", "无"}]
    taken = 0

    def add(
        platform: str,
        body: bytes | None,
        said: dict[str, str],
        *,
        path: str = "",
        status: int = 200,
        type: str = "application/json",
        file: str = "",
        name: str = "",
    ) -> None:
        nonlocal taken
        unit = owners[taken % len(owners)]
        taken += 1
        name = name or f"{unit}发布{taken}"
        source = file or f"http://{host.ip}:{city.port}/{path or f'{platform}/{taken}'}"
        if file:
            city.files[file] = body or b""
        else:
            host.pages["/" + (path or f"{platform}/{taken}")] = Answer(body or b"", status, type)
        city.accounts.append({"unit": unit, "platform": platform, "account": name, "source": source})
        for rule in (EXISTS, FRESH, SLEEP, TALK):
            if rule in said:
                verdict, *more = said[rule].split()
                city.account_truth.append(
                    {
                        "unit": unit,
                        "target": source,
                        "rule": rule,
                        "verdict": verdict,
                        "accept": [verdict, *more],
                        "why": f"{platform} {taken}",
                    }
                )

    def ways(make: Callable[[list[int]], bytes], platform: str, **more: Any) -> None:
        """Fresh, on the line, over it, asleep on the line, asleep: five accounts of one shape."""
        for days, fresh, sleep in (
            ([1, 5, 9], "pass", "pass"),
            ([14, 30], "pass", "pass"),
            ([15, 30], "fail", "pass"),
            ([90, 120], "fail", "pass"),
            ([91, 120], "fail", "fail"),
        ):
            add(platform, make(days), {EXISTS: "pass", FRESH: fresh, SLEEP: sleep, TALK: "unknown pass"}, **more)

    name = "晋丰"
    ways(
        lambda ds: weibo(
            name,
            9000000001,
            [(weibo_time(at(city, 900)), True), *((weibo_time(at(city, d)), False) for d in ds)],
            group=True,
        ),
        "weibo",
    )
    ways(lambda ds: douyin(name, [(at(city, 700), 1), *((at(city, d), 0) for d in ds)]), "douyin")
    ways(lambda ds: rss(name, [gmt(at(city, d)) for d in ds], gmt(datetime.now(UTC))), "wechat", type="application/xml")
    now = datetime.now(BEIJING)
    add(
        "weibo",
        weibo(name, 9, [("刚刚", False), ("昨天 12:00", False), (f"{at(city, 20):%m-%d}", False)]),
        {EXISTS: "pass", FRESH: "pass", SLEEP: "pass", TALK: "unknown pass"},
    )
    add(
        "weibo",
        weibo(
            name,
            9,
            [
                (f"{at(city, 30):%m-%d}" if at(city, 30).year == now.year else f"{at(city, 30):%Y-%m-%d}", False),
                ("2019-03-04", False),
            ],
        ),
        {EXISTS: "pass", FRESH: "fail", SLEEP: "pass", TALK: "unknown pass"},
    )
    add(
        "weibo",
        json.dumps({"ok": -100, "msg": "请先登录", "url": "https://passport.weibo.com/x"}, ensure_ascii=False).encode(),
        {EXISTS: "unknown", FRESH: "unknown", SLEEP: "unknown", TALK: "unknown"},
    )
    add(
        "weibo",
        b"<html></html>",
        {EXISTS: "unknown", FRESH: "unknown", SLEEP: "unknown", TALK: "unknown"},
        status=432,
        type="text/html",
    )
    add(
        "weibo",
        json.dumps({"ok": 0, "msg": "这里还没有内容", "data": {"cards": []}}, ensure_ascii=False).encode(),
        {EXISTS: "unknown pass", FRESH: "unknown", SLEEP: "unknown", TALK: "unknown"},
    )
    add(
        "kuaishou",
        kuaishou(name, [(at(city, 400), True), (at(city, 3), False), (at(city, 20), False)]),
        {EXISTS: "pass", FRESH: "pass", SLEEP: "pass", TALK: "unknown pass"},
    )
    add(
        "kuaishou",
        kuaishou(name, [(at(city, 2), True), (at(city, 100), False), (at(city, 200), False)]),
        {FRESH: "fail pass", SLEEP: "fail pass"},
    )
    add(
        "kuaishou",
        kuaishou(name, [], result=2),
        {EXISTS: "unknown", FRESH: "unknown", SLEEP: "unknown", TALK: "unknown"},
    )
    add(
        "toutiao",
        toutiao(name, [(at(city, 40), at(city, 0)), (at(city, 50), at(city, 1))]),
        {EXISTS: "pass", FRESH: "fail", SLEEP: "pass", TALK: "unknown pass"},
    )
    add(
        "bilibili",
        bilibili(name, [(at(city, 300), True), (at(city, 8), False)]),
        {EXISTS: "pass", FRESH: "pass", SLEEP: "pass", TALK: "unknown pass"},
    )
    add(
        "bilibili",
        bilibili(name, [], code=-352),
        {EXISTS: "unknown", FRESH: "unknown", SLEEP: "unknown", TALK: "unknown"},
    )
    add(
        "feed",
        atom(name, [at(city, 6), at(city, 33)]),
        {EXISTS: "pass", FRESH: "pass", SLEEP: "pass", TALK: "unknown"},
        type="application/atom+xml",
    )
    add(
        "feed",
        json_feed(name, [at(city, 16), at(city, 33)]),
        {EXISTS: "pass", FRESH: "fail", SLEEP: "pass", TALK: "unknown"},
        type="application/feed+json",
    )
    add(
        "feed",
        rss(name, [], gmt(datetime.now(UTC))),
        {EXISTS: "pass unknown", FRESH: "unknown", SLEEP: "unknown", TALK: "unknown"},
        type="application/xml",
    )
    add(
        "feed",
        b"<html><body><h1>Error</h1><p>this route is empty, please check the original site</p></body></html>",
        {EXISTS: "unknown pass", FRESH: "unknown", SLEEP: "unknown", TALK: "unknown"},
        status=503,
        type="text/html",
    )
    add(
        "feed",
        b"<html><body>Authentication failed. Access denied.</body></html>",
        {EXISTS: "unknown", FRESH: "unknown", SLEEP: "unknown", TALK: "unknown"},
        status=403,
        type="text/html",
    )
    add(
        "feed",
        b"<html>Not Found</html>",
        {EXISTS: "unknown", FRESH: "unknown", SLEEP: "unknown", TALK: "unknown"},
        status=404,
        type="text/html",
    )
    naive = at(city, 14, 8)
    add(
        "wechat",
        rss(
            name,
            [f"{WEEK[naive.weekday()]}, {naive.day:02d} {MONTHS[naive.month - 1]} {naive:%Y %H:%M:%S} "],
            gmt(datetime.now(UTC)),
        ),
        {EXISTS: "pass", FRESH: "pass", SLEEP: "pass", TALK: "unknown"},
        type="application/xml",
    )
    add(
        "wechat",
        rss(name, ["Invalid Date", ""], gmt(datetime.now(UTC))),
        {EXISTS: "pass unknown", FRESH: "unknown", SLEEP: "unknown", TALK: "unknown"},
        type="application/xml",
    )
    add(
        "wechat",
        rss(name, [gmt(at(city, -400)), gmt(at(city, 33))], gmt(datetime.now(UTC))),
        {EXISTS: "pass", FRESH: "fail unknown", SLEEP: "pass unknown", TALK: "unknown"},
        type="application/xml",
    )
    add(
        "wechat",
        rss(name, [f"{at(city, 3):%Y}年{at(city, 3).month}月{at(city, 3).day}日"], gmt(datetime.now(UTC))),
        {EXISTS: "pass", FRESH: "pass", SLEEP: "pass", TALK: "unknown"},
        type="application/xml",
    )
    gone = "<html><head><title></title></head><body><div class='weui-msg__title'>此帐号已自主注销，内容无法查看</div></body></html>".encode()
    add(
        "wechat", gone, {EXISTS: "fail", FRESH: "unknown na", SLEEP: "unknown na", TALK: "unknown na"}, type="text/html"
    )
    add(
        "wechat",
        "<html><body><h2>环境异常</h2><p>当前环境异常，完成验证后即可继续访问。</p><a>去验证</a></body></html>".encode(),
        {EXISTS: "unknown", FRESH: "unknown", SLEEP: "unknown", TALK: "unknown"},
        type="text/html",
    )
    album = {
        "base_resp": {"ret": 0},
        "getalbum_resp": {
            "article_list": {
                "msgid": "1",
                "itemidx": "1",
                "title": "一",
                "url": "http://mp.weixin.qq.com/s?__biz=a",
                "create_time": str(int(at(city, 2).timestamp())),
            },
            "continue_flag": "0",
        },
    }
    add(
        "wechat",
        json.dumps(album, ensure_ascii=False).encode(),
        {EXISTS: "pass", FRESH: "pass", SLEEP: "pass", TALK: "unknown"},
    )
    head = ["内容标题", "发表时间", "总阅读人数", "总分享人数", "内容url"]
    compact = [
        [f"推文{n}", f"{at(city, d):%Y%m%d}", 30, 2, f"http://mp.weixin.qq.com/s/H{n}"]
        for n, d in enumerate((10, 20, 44))
    ]
    same = {EXISTS: "pass", SLEEP: "pass", TALK: "unknown"}
    add("export", html_xls([head, *compact]), {**same, FRESH: "pass"}, file="导出一.xls")
    add(
        "export",
        sheet([head, *[[r[0], at(city, 17 + 5 * n).replace(tzinfo=None), 3, 4, r[4]] for n, r in enumerate(compact)]]),
        {**same, FRESH: "fail"},
        file="导出二.xlsx",
    )
    add(
        "export",
        table_csv(
            [
                ["序号", "标题", "发布日期", "链接", "评论数", "回复数", "是否开放评论", "备注"],
                [1, "通知", f"{at(city, 4):%Y/%m/%d}", "http://a.example/1", 5, 2, "是", ""],
            ]
        ),
        {**same, FRESH: "pass", TALK: "pass"},
        file="c3.csv",
    )
    add(
        "export",
        table_csv(
            [
                ["标题", "发布时间", "链接", "评论数", "回复数", "是否开放评论"],
                ["a", f"{at(city, 95):%Y-%m-%d} 08:00", "http://a.example/2", 0, 0, "否"],
            ],
            "utf-8-sig",
        ),
        {EXISTS: "pass", FRESH: "fail", SLEEP: "fail", TALK: "unknown fail"},
        file="c4.csv",
    )
    add(
        "export",
        table_csv([["名称", "时间戳"], ["a", "x"]]),
        {EXISTS: "unknown pass", FRESH: "unknown", SLEEP: "unknown", TALK: "unknown"},
        file="c5.csv",
    )
    add("export", None, {EXISTS: "unknown pass", FRESH: "unknown", SLEEP: "unknown", TALK: "unknown"}, file="空.csv")
