"""What does one made-up site hold, before any family gives it a look?"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

_SUBJECTS = ("春耕备耕", "防汛抗旱", "营商环境", "乡村振兴", "安全生产", "义务教育", "医疗保障", "森林防火")
_ACTS = ("工作推进会召开", "专项检查全面展开", "重点项目开工建设", "政策宣讲走进社区", "现场观摩活动举行", "培训班开班")
_NOTICES = ("关于做好{}工作的通知", "关于公布{}名单的公告", "关于印发{}实施方案的通知", "关于开展{}专项整治的通告")
BOARD = {
    "guide": "政府信息公开指南",
    "rules": "政府信息公开制度",
    "statutory": "法定主动公开内容",
    "catalogue": "政府信息公开目录",
    "annual_report": "政府信息公开年报",
    "request": "依申请公开",
}
MISNAMED = {
    "guide": "公开指南",
    "rules": "政府信息公开规定",
    "statutory": "主动公开内容",
    "catalogue": "基本目录",
    "annual_report": "信息公开年度报告",
    "request": "信息公开申请",
}


@dataclass
class Item:
    """One article with its day (None: the list shows none)."""

    title: str
    day: date | None
    number: int
    body: str = ""


@dataclass
class Column:
    """One column: a list when it has items, else a text; `state` is fine, gone (404), soft (404 page with 200), blank or script."""

    key: str
    name: str
    items: list[Item] = field(default_factory=list)
    text: str = ""
    state: str = "fine"
    dated: bool = True


@dataclass
class Site:
    """One unit's site: columns by key, board columns by role, and what its front carries."""

    unit: str
    code: str
    today: date
    columns: dict[str, Column] = field(default_factory=dict)
    board: dict[str, Column] = field(default_factory=dict)
    has_board: bool = True
    home_blocks: bool = True  # the home page shows the newest rows of its lists
    elder: str = "page"  # page, script, none, dead
    marks: tuple[str, ...] = ("sponsor", "code", "icp", "police", "contact")
    foot_by_script: bool = False
    extra_links: list[str] = field(default_factory=list)
    answer: str = "site"  # site, down, challenge, broken

    def lists(self) -> list[Column]:
        """Columns that are lists, news first."""
        return [c for c in self.columns.values() if c.items]


def made(unit: str, code: str, today: date, seed: int) -> Site:
    """A faultless site, the same for the same unit, day and seed."""
    luck = random.Random(f"{seed}/{unit}/{today}")
    site = Site(unit, code, today)
    numbers = iter(range(1001, 9999))

    def article(title: str, ago: int) -> Item:
        return Item(title, today - timedelta(days=ago), next(numbers), prose(unit, title, luck))

    def news(key: str, name: str, first: int) -> None:
        rows = [
            article(f"{unit}{luck.choice(_SUBJECTS)}{luck.choice(_ACTS)}", first + n * luck.randint(1, 3))
            for n in range(9)
        ]
        site.columns[key] = Column(key, name, rows)

    def notices(key: str, name: str, first: int) -> None:
        rows = [article(unit + luck.choice(_NOTICES).format(luck.choice(_SUBJECTS)), first + 11 * n) for n in range(8)]
        site.columns[key] = Column(key, name, rows)

    news("gzdt", "工作动态", luck.randint(0, 3))
    news("zwyw", "政务要闻", luck.randint(0, 4))
    notices("tzgg", "通知公告", luck.randint(3, 25))
    notices("zcwj", "政策文件", luck.randint(10, 60))
    site.columns["zcjd"] = Column(
        "zcjd", "政策解读", [article(f"图解：{s}若干措施", 20 * n + 5) for n, s in enumerate(_SUBJECTS[:4], 1)]
    )
    site.columns["ztzl"] = Column(
        "ztzl", "专题专栏", [article(f"{s}专题", 30 * n + 9) for n, s in enumerate(_SUBJECTS[4:7])]
    )
    for key, name in (("jgzn", "机构职能"), ("ldzc", "领导之窗"), ("hdjl", "互动交流"), ("bsfw", "办事服务")):
        site.columns[key] = Column(key, name, text=prose(unit, name, luck))
    for role, name in BOARD.items():
        site.board[role] = Column(role, name, text=prose(unit, name, luck))
    site.board["rules"].items = [
        article(f"{unit}政府信息公开{t}制度", 400 + 90 * n) for n, t in enumerate(("发布审查", "保密审查", "责任追究"))
    ]
    year = today.year - 1
    owner = f"{unit}人民政府" if unit.endswith(("县", "区")) else unit
    site.board["annual_report"].items = [
        Item(f"{owner}{y}年政府信息公开工作年度报告", date(y + 1, 1, 18), next(numbers), report(unit, y))
        for y in range(year, year - 4, -1)
    ]
    site.elder = luck.choice(("page", "script"))
    return site


def prose(unit: str, about: str, luck: random.Random) -> str:
    """A few paragraphs about something, never the same twice."""
    parts = [
        f"{unit}围绕{about}，结合{luck.choice(_SUBJECTS)}和{luck.choice(_SUBJECTS)}，细化责任分工，明确办理时限，接受社会监督。"
        for _ in range(4)
    ]
    return "".join(f"<p>{part}</p>" for part in parts)


def report(unit: str, year: int) -> str:
    """The body of an annual report: the six sections of the national format."""
    heads = (
        "一、总体情况",
        "二、主动公开政府信息情况",
        "三、收到和处理政府信息公开申请情况",
        "四、政府信息公开行政复议、行政诉讼情况",
        "五、存在的主要问题及改进情况",
        "六、其他需要报告的事项",
    )
    return "".join(f"<p>{head}</p><p>{year}年，{unit}按照条例要求做好相关工作。</p>" for head in heads)
