"""Small cities for tests of the whole way: two real sites on loopback and one feed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings

from db.records import shanghai_day
from tests.crawler.served import Site, served
from tests.extract import made_reports

settings.register_profile("no clock", deadline=None)  # a loaded machine is no failing law
settings.load_profile("no clock")

_NAMES = ["政府信息公开指南", "政府信息公开制度", "法定主动公开内容", "基本目录", "政府信息公开年报", "依申请公开"]
_MENU = {
    "/": "首页", "/yw/": "工作动态", "/tz/": "通知公告", "/zc/": "政策文件", "/jd/": "政策解读",
    "/gk/": "政府信息公开", "/xx/": "县长信箱", "/zt/": "专题专栏",
}  # fmt: skip
_TABLE = (
    "<table><tr><td>索引号：</td><td>014090001/2026-00001</td><td>发文字号：</td><td>岚政发〔2026〕1号</td></tr>"
    "<tr><td>发布机构：</td><td>{0}人民政府</td><td>成文日期：</td><td>{1}</td></tr>"
    "<tr><td>发布日期：</td><td>{1}</td><td>有效性：</td><td>有效</td></tr></table>"
)
_FOOT = "<div class='foot'>主办单位：{0} 网站标识码：1409000001 晋ICP备12000001号 晋公网安备14090002000001号 联系电话：0350-3030303</div>"


def _today() -> date:
    """The day in Shanghai: asked each time, for a suite may run past midnight there."""
    return shanghai_day(datetime.now(UTC))


def _rows(column: str, newest: int) -> str:
    days = [(_today() - timedelta(days=newest + n)).isoformat() for n in range(5)]
    return (
        "<ul>"
        + "".join(
            f"<li><a href='/{column}/{n}.html'>关于{column}工作第{n}号事项的通知</a><span>{d}</span></li>"
            for n, d in enumerate(days)
        )
        + "</ul>"
    )


def a_site(unit: str, *, stale: int = 1, elder: str = "<a href='/elder/'>长者模式</a>") -> Site:
    """A small faultless site of that unit; `stale` days since its news, `elder` its age-friendly entry."""
    foot, year = _FOOT.format(unit), _today().year - 1
    menu = (
        "<ul class='nav'>" + "".join(f"<li><a href='{path}'>{name}</a></li>" for path, name in _MENU.items()) + "</ul>"
    )
    board = "".join(f"<li><a href='/gk/{n}/'>{name}</a></li>" for n, name in enumerate(_NAMES))
    text = "<p>" + "本机关依照国务院令第七百一十一号主动公开信息，欢迎查阅、下载和监督。" * 3 + "</p>"
    report, sections = f"{unit}{year}年政府信息公开工作年度报告", made_reports.page(made_reports.Figures())
    pages: dict[str, str | tuple[int, dict[str, str], bytes | str]] = {
        "/": f"<title>{unit}</title>{menu}{elder}{_rows('yw', stale)}{foot}",
        "/yw/": f"<title>工作动态</title>{menu}{_rows('yw', stale)}{foot}",
        "/tz/": f"<title>通知公告</title>{menu}{_rows('tz', 20)}{foot}",
        "/gk/": f"<title>政府信息公开</title>{menu}<ul class='left'>{board}</ul>{foot}",
        "/xx/": f"<title>县长信箱</title>{menu}<form><input name='title'><textarea name='body'></textarea></form>{foot}",
        "/zt/": f"<title>专题专栏</title>{menu}{_rows('zt', 10)}{foot}",
        "/elder/": f"<title>长者模式</title>{text}",
        "/gk/r.html": f"<title>{report}</title><h1>{report}</h1><p>发布时间：{year + 1}-01-15</p>{sections}",
    }
    for n, name in enumerate(_NAMES):
        body = f"<ul><li><a href='/gk/r.html'>{report}</a><span>{year + 1}-01-15</span></li></ul>" if n == 4 else text
        body += "<p>受理机构：县政府办公室；通信地址：人民路1号；联系电话：0350-3030303。</p>" if n == 5 else ""
        pages[f"/gk/{n}/"] = f"<title>{name}</title>{menu}<h2>{name}</h2>{body}{foot}"
    for column in ("yw", "tz", "zt"):
        pages |= {f"/{column}/{n}.html": f"<title>事项</title>{menu}{text}{foot}" for n in range(5)}
    day, told = _today() - timedelta(days=30), f"《{unit}人民政府关于印发农村公路管理办法的通知》"
    notice, explained = told.strip("《》"), f"一图读懂{told}"
    rows = f"<ul><li><a href='{{}}'>{{}}</a><span>{day}</span></li></ul>"
    pages |= {
        "/zc/": f"<title>政策文件</title>{menu}{rows.format('/zc/1.html', notice)}{foot}",
        "/jd/": f"<title>政策解读</title>{menu}{rows.format('/jd/1.html', explained)}{foot}",
        "/zc/1.html": f"<title>{notice}</title>{menu}<h1>{notice}</h1>{_TABLE.format(unit, day)}{text * 3}"
        f"<p>（此件公开发布）</p><p>相关解读：<a href='/jd/1.html'>{explained}</a></p>{foot}",
        "/jd/1.html": f"<title>{explained}</title>{menu}<h1>{explained}</h1><p>发布时间：{day}</p><p><img src='/jd/1.png'></p>"
        f"<p>政策原文：<a href='/zc/1.html'>{notice}</a></p>{foot}",
        "/jd/1.png": (200, {"Content-Type": "image/png"}, b"\x89PNG"),
    }
    return Site(pages)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Path]:
    """A folder with units.csv and accounts.csv of two counties, one well and one stale without entry, and a department."""
    with (
        served(a_site("岚水县"), "127.0.0.31") as well,
        served(a_site("云阳县", stale=60, elder=""), "127.0.0.32") as stale,
    ):
        (tmp_path / "units.csv").write_text(
            f"单位,类别,网址\n岚 水 县,县市区,{well.url}\n云阳县,县市区,{stale.url}\n市金融办,市直部门,无\n市能源局,市直部门,\n",
            "utf-8-sig",
        )
        (tmp_path / "post.csv").write_text(
            f"标题,发布时间\n防汛提示,{_today() - timedelta(days=40)} 09:00\n", "gb18030"
        )
        (tmp_path / "accounts.csv").write_text("单位,平台,账号,数据源\n岚水县,导出,岚水发布,post.csv\n", "utf-8")
        yield tmp_path
