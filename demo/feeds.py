"""What do the city's account sources show?"""

from __future__ import annotations

import csv
import json
from datetime import date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from demo.families import Page

_TITLES = ("防汛提示", "便民问答", "政策速递", "重点项目建设加快推进", "天气预警")
_GONE = "<html><body><h2>此帐号已自主注销，内容无法查看</h2></body></html>"


def path(row: dict[str, Any]) -> str:
    """The address of a feed below its host."""
    return f"/feeds/{quote(row['name'])}"


def registered(
    row: dict[str, Any], folder: Path, today: date, host: str
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The account's line in accounts.csv and its truth; an export is written to the folder."""
    exported = row["kind"] == "export"
    source = f"{row['unit']}.csv" if exported else f"{host}{path(row)[1:]}"
    if exported:
        with (folder / source).open("w", encoding="gb18030", newline="") as file:
            table = csv.writer(file)
            table.writerow(["内容标题", "发表时间", "总阅读人数", "内容url"])
            for n, title in enumerate(_TITLES):
                table.writerow([title, f"{today - timedelta(days=row['newest'] + 5 * n)} 10:0{n}", 100 + n, ""])
    line = {"unit": row["unit"], "platform": "export" if exported else "feed", "account": row["name"], "source": source}
    return line, [_truth(row, source, rule) for rule in ("media.exists", "media.fresh", "media.sleeping")]


def _truth(row: dict[str, Any], source: str, rule: str) -> dict[str, Any]:
    verdict = "pass"
    if row["kind"] == "closed_door":
        verdict = "unknown"
    elif row["kind"] == "cancelled":
        verdict = "fail" if rule == "media.exists" else "na"
    elif rule != "media.exists":
        verdict = "fail" if row["newest"] > (14 if rule == "media.fresh" else 90) else "pass"
    return {
        "unit": row["unit"],
        "target": source,
        "rule": rule,
        "verdict": verdict,
        "accept": [verdict],
        "why": f"{row['kind']}, {row['newest']} days",
    }


def served(row: dict[str, Any], now: datetime) -> Page:
    """What the account's source answers."""
    if row["kind"] == "cancelled":
        return Page(_GONE.encode())
    if row["kind"] == "closed_door":
        return Page(b"<html><body>Cooling down before new visitor Cookies</body></html>", status=503)
    posts = [(title, now - timedelta(days=row["newest"] + 4 * n)) for n, title in enumerate(_TITLES)]
    if row["kind"] == "json":
        items = [{"id": str(n), "title": t, "date_published": d.isoformat()} for n, (t, d) in enumerate(posts)]
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": row["name"], "items": items}
        return Page(json.dumps(feed, ensure_ascii=False).encode(), "application/feed+json")
    if row["kind"] == "frozen":
        posts.insert(0, ("[置顶] 信息公开指南", now - timedelta(days=700)))
    items_xml = "".join(
        f"<item><title>{t}</title><link>http://example.invalid/{n}</link><pubDate>{format_datetime(d)}</pubDate></item>"
        for n, (t, d) in enumerate(posts)
    )
    channel = f"<title>{row['name']}</title><lastBuildDate>{format_datetime(now)}</lastBuildDate>{items_xml}"
    xml = f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel>{channel}</channel></rss>"
    return Page(xml.encode(), "application/rss+xml")
