"""What does one made-up site hold, before any family gives it a look?"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from demo.report import report

_SUBJECTS = ("春耕备耕", "防汛抗旱", "营商环境", "乡村振兴", "安全生产", "义务教育", "医疗保障", "森林防火")
_ACTS = ("工作推进会召开", "专项检查全面展开", "重点项目开工建设", "政策宣讲走进社区", "现场观摩活动举行", "培训班开班")
_NOTICES = ("关于做好{}工作的通知", "关于公布{}名单的公告", "关于印发{}实施方案的通知", "关于开展{}专项整治的通告")
_PAPERS = (  # titles of official documents in turn, and whether each is a policy, which must be interpreted
    ("关于印发{}若干措施的通知", True),
    ("关于做好秋冬季{}工作的通知", False),
    ("关于印发{}提升行动实施方案的通知", True),
    ("关于公布{}重点任务清单的通知", False),
    ("关于印发{}资金管理办法的通知", True),
    ("关于调整{}领导小组成员的通知", False),
)
_POLICIES = ("营商环境", "乡村振兴", "医疗保障", "义务教育", "养老服务", "数字经济")
_DEADLINES = {"department": (1, 31)}  # of annual reports; everybody else's is 31 March
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
class Paper:
    """What the page of an official document says of itself; its days follow from the day of the item.

    lacking    labels that stand nowhere on the page       policy  it must be interpreted
    lag        days from its making to its publication     by_script  a script brings the whole table
    """

    prefix: str
    number: int
    policy: bool = False
    opened: str = "主动公开"
    lag: int = 2
    lacking: set[str] = field(default_factory=set)
    by_script: bool = False

    def fields(self, item: Item, issuer: str) -> dict[str, str]:
        """The table of the document: label and value, 无 where the document has no number."""
        assert item.day is not None
        written = item.day - timedelta(days=self.lag)
        table = {
            "索引号": f"149900001/{written.year}-{self.number:05d}",
            "发文字号": f"{self.prefix}〔{written.year}〕{self.number}号" if self.prefix else "无",
            "成文日期": f"{written:%Y-%m-%d}",
            "发布日期": f"{item.day:%Y-%m-%d}",
            "发布机构": issuer,
            "公开属性": self.opened,
            "有效性": "有效",
        }
        return {label: value for label, value in table.items() if label not in self.lacking}


@dataclass
class Item:
    """One article with its day (None: the list shows none).

    related  numbers of articles of this site that its page leads to, as document and interpretation do
    listed   the day that its list shows, where that is another one than its own page's
    files    endings of files that its page offers; a file ending in ! is offered and not there
    """

    title: str
    day: date | None
    number: int
    body: str = ""
    paper: Paper | None = None
    related: list[int] = field(default_factory=list)
    listed: date | None = None
    files: tuple[str, ...] = ()


@dataclass
class Letter:
    """A published letter: when it came, and when it was answered (None: it is still being dealt with)."""

    title: str
    asked: date
    answered: date | None


@dataclass
class Column:
    """One column: a list when it has items, else a text; `state` is fine, gone (404), soft (404 page with 200), blank or
    script; `extra` stands at the end of its page."""

    key: str
    name: str
    items: list[Item] = field(default_factory=list)
    text: str = ""
    state: str = "fine"
    dated: bool = True
    extra: str = ""


@dataclass
class Site:
    """One unit's site: columns by key, board columns by role, and what its front carries."""

    unit: str
    group: str
    code: str
    today: date
    columns: dict[str, Column] = field(default_factory=dict)
    board: dict[str, Column] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    has_board: bool = True
    board_by_script: bool = False
    elder: str = (
        "page"  # page, dead (its page is gone), script, script_dead, foreign (a script of nobody we know), none
    )
    marks: tuple[str, ...] = ("sponsor", "code", "icp", "police", "contact", "error", "conac")
    shown_code: str | None = None  # the code in the foot, where it is another one than the unit's
    foot_by_script: bool = False
    tagged: bool = True  # the pages carry the standard meta tags
    work_report: bool = True  # the home page leads to the yearly report of the site itself
    extra_links: list[str] = field(default_factory=list)
    home_extra: str = ""  # stands at the end of the home page
    answer: str = "site"  # site, down, challenge, broken

    def lists(self) -> list[Column]:
        """Columns that are lists, news first."""
        return [c for c in self.columns.values() if c.items]

    def items(self) -> Iterator[Item]:
        """Every article of the site."""
        for column in (*self.columns.values(), *self.board.values()):
            yield from column.items

    @property
    def owner(self) -> str:
        """Who issues the unit's documents and reports."""
        if self.unit.endswith(("县", "区")):
            return f"{self.unit}人民政府"
        return f"云阳{self.unit}" if self.unit.startswith("市") else self.unit

    def year_due(self) -> int:
        """The year reported on by the annual report that is due."""
        return year_due(self.group, self.today)


def year_due(group: str, today: date) -> int:
    """The year reported on by the latest report of that group whose deadline has passed."""
    month, day = _DEADLINES.get(group, (3, 31))
    return today.year - 1 if today > date(today.year, month, day) else today.year - 2


def made(unit: str, group: str, code: str, today: date, seed: int) -> Site:
    """A faultless site, the same for the same unit, day and seed."""
    luck = random.Random(f"{seed}/{unit}/{today}")
    site = Site(unit, group, code, today)
    numbers = iter(range(1001, 9999))

    def article(title: str, ago: int, body: str = "") -> Item:
        return Item(title, today - timedelta(days=ago), next(numbers), body or prose(unit, title, luck))

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
    _papers(site, numbers, luck)
    site.columns["ztzl"] = Column(
        "ztzl", "专题专栏", [article(f"{s}专题", 30 * n + 9) for n, s in enumerate(_SUBJECTS[4:7])]
    )
    for key, name in (("jgzn", "机构职能"), ("ldzc", "领导之窗"), ("hdjl", "互动交流"), ("bsfw", "办事服务")):
        site.columns[key] = Column(key, name, text=prose(unit, name, luck))
    for n, title in enumerate(("小区供暖温度不达标", "咨询灵活就业社保补贴", "路灯损坏请维修", "建议增设公交站点")):
        asked = today - timedelta(days=12 + 45 * n)
        site.letters.append(Letter(title, asked, asked + timedelta(days=luck.randint(2, 9))))
    for role, name in BOARD.items():
        site.board[role] = Column(role, name, text=prose(unit, name, luck))
    site.board["guide"].text = guide(site)
    site.board["request"].text = way_to_apply(site)
    site.board["rules"].items = [
        article(f"{unit}政府信息公开{t}制度", 400 + 90 * n) for n, t in enumerate(("发布审查", "保密审查", "责任追究"))
    ]
    year = site.year_due()
    site.board["annual_report"].items = [
        Item(f"{site.owner}{y}年政府信息公开工作年度报告", date(y + 1, 1, 18), next(numbers), report(unit, y))
        for y in range(year, year - 4, -1)
    ]
    site.elder = luck.choice(("page", "script"))
    return site


def _papers(site: Site, numbers: Iterator[int], luck: random.Random) -> None:
    """The documents of the unit, and an interpretation for each policy three days after it, linked both ways."""
    prefix = f"云{site.unit[1]}发" if site.group == "department" else f"{site.unit[:2]}政发"
    first = luck.randint(12, 60)
    papers, told = [], []
    for n, ((title, policy), subject) in enumerate(zip(_PAPERS, _POLICIES, strict=True)):
        day = site.today - timedelta(days=first + 11 * n)
        item = Item(f"{site.owner}{title.format(subject)}", day, next(numbers), prose(site.unit, subject, luck))
        item.paper = Paper(prefix, 30 - n, policy)
        papers.append(item)
        if policy:
            name = title.format(subject).removeprefix("关于印发").removesuffix("的通知")
            body = f"<p>为便于理解《{item.title}》，制作本图解。</p><p><img src='/upload/tj{item.number}.png' width='800'></p>"
            told.append(Item(f"图解：《{name}》", day + timedelta(days=3), next(numbers), body, related=[item.number]))
            item.related.append(told[-1].number)
    site.columns["zcwj"] = Column("zcwj", "政策文件", papers)
    site.columns["zcjd"] = Column("zcjd", "政策解读", told)


def prose(unit: str, about: str, luck: random.Random) -> str:
    """A few paragraphs about something, never the same twice."""
    parts = [
        f"{unit}围绕{about}，结合{luck.choice(_SUBJECTS)}和{luck.choice(_SUBJECTS)}，细化责任分工，明确办理时限，接受社会监督。"
        for _ in range(4)
    ]
    return "".join(f"<p>{part}</p>" for part in parts)


def guide(site: Site) -> str:
    """A guide that says what 条例 art. 12 asks."""
    return (
        f"<p>{site.today.year}年1月修订</p>"
        f"<p>为便于公民、法人和其他组织获取{site.owner}的政府信息，依据《中华人民共和国政府信息公开条例》（国务院令第711号）编制本指南。</p>"
        f"<p>公开工作机构：{site.unit}政务公开科</p><p>办公地址：云阳市滨河路{int(site.code) % 90 + 1}号</p>"
        f"<p>办公时间：法定工作日 8:30-12:00，14:30-18:00</p><p>联系电话：0350-3030{site.code[-3:]}</p>"
        f"<p>电子邮箱：gk{site.code[-3:]}@yunyang.example</p>"
    )


def way_to_apply(site: Site) -> str:
    """How to apply for information: office, address, telephone."""
    return (
        f"<p>公民、法人或者其他组织可以向{site.owner}申请获取政府信息。</p><p>受理机构：{site.unit}政务公开科</p>"
        f"<p>通信地址：云阳市滨河路{int(site.code) % 90 + 1}号，邮政编码：034099</p><p>联系电话：0350-3030{site.code[-3:]}</p>"
    )
