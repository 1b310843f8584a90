"""Which figures do the papers of the office print, and where does each come from? A registry: name to value, unit and source.

A figure that nothing stored can tell is None and is printed as a blank to fill in, never as 0. A figure is a pure function of `Known`;
what it counts is said in its source, which the paper carries as a comment, and a test repeats each from the database by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

from db.records import Finding, Interpretation, Report, Unit
from db.registry import platform_title, squeezed
from monitors.counting import Count
from monitors.items import Items
from monitors.report_identities import table_of
from monitors.retrofit import undone
from monitors.rubric import Rubric

Value = int | Decimal
Hand = Mapping[str, str]  # one row of a sheet filled in by hand, by the key of its column
PORTAL, COUNTY, DEPARTMENT = "portal", "county", "department"
COLUMNS = ("board.exists", "board.guide", "board.rules", "board.statutory", "board.catalogue", "board.annual_report")
TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that the figures of one year are counted from.

    findings  those that count: of the last judging as reviewed, or of a sealed period
    items, before         what each site published in the year and in the one before, by unit
    posts                 what each account published in the year
    interpretations       those with a day in the year, by unit, each address once
    reports, reports_before  each unit's own annual report on the year, and on the one before, that was read
    hand                  rows filled in by hand for the year, by sheet
    reliability           (right, checked) of the findings that people checked by hand; None: none were
    """

    year: int
    units: Sequence[Unit]
    findings: Sequence[Finding]
    rubric: Rubric
    items: Mapping[str, Items] = field(default_factory=dict)
    before: Mapping[str, Items] = field(default_factory=dict)
    posts: Sequence[Count] = ()
    interpretations: Mapping[str, Sequence[Interpretation]] = field(default_factory=dict)
    reports: Mapping[str, Report] = field(default_factory=dict)
    reports_before: Mapping[str, Report] = field(default_factory=dict)
    hand: Mapping[str, Sequence[Hand]] = field(default_factory=dict)

    def named(self, *groups: str) -> list[str]:
        """The units of these groups, in the order of the registry."""
        return [u.name for u in self.units if u.group in groups]

    def failing(self, *rules: str) -> list[str]:
        """The units in fault by one of these rules, in the order of the registry."""
        bad = {f.unit for f in self.findings if f.rule in rules and f.verdict == "fail"}
        return [u.name for u in self.units if u.name in bad]

    def counted(self, rule: str) -> tuple[int, int]:
        """How many findings of the rule pass, and how many pass or fail."""
        verdicts = [f.verdict for f in self.findings if f.rule == rule]
        return verdicts.count("pass"), verdicts.count("pass") + verdicts.count("fail")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    value   None: nothing stored can tell it         measure  条, 家, %
    source  what was counted, and how, in Chinese    query    the name of the query that gave the facts
    units   the units that it counts                 parts    what it is the sum of: (title, value)
    gap     what it does not cover, "": nothing known to be missing
    said    a figure that is no number, in words (a day)
    """

    name: str
    title: str
    value: Value | None
    measure: str
    source: str
    query: str
    units: tuple[str, ...] = ()
    parts: tuple[tuple[str, Value], ...] = ()
    gap: str = ""
    said: str = ""

    @property
    def text(self) -> str:
        """As printed, without its unit of measure."""
        return self.said or (f"〔待填：{self.title}〕" if self.value is None else f"{self.value}")

    @property
    def note(self) -> str:
        """Where it comes from, in one comment."""
        measure = self.measure if self.value is not None else ""
        gap = f"\n未覆盖：{self.gap}" if self.gap else ""
        return f"{self.name}：{self.title}，{self.text}{measure}\n来源：{self.source}\n查询：{self.query}{gap}"


@dataclass(frozen=True, slots=True)
class Told:
    """What a figure's function says of it."""

    value: Value | None
    units: Iterable[str] = ()
    parts: Sequence[tuple[str, Value]] = ()
    gap: str = ""


Maker = Callable[[Known], Told | Value | None]
M = TypeVar("M", bound=Maker)


@dataclass(frozen=True, slots=True)
class _Registered:
    title: str
    measure: str
    source: str
    query: str
    make: Maker


FIGURES: dict[str, _Registered] = {}


def figure(name: str, title: str, measure: str, *, source: str, query: str) -> Callable[[M], M]:
    """Register a figure; every text is for people, but for its name and the query's."""

    def register(make: M) -> M:
        FIGURES[name] = _Registered(title, measure, source, query, make)
        return make

    return register


def figures(known: Known) -> dict[str, Figure]:
    """Every figure of the registry by name, in its order.

    A row of the sheet `totals` fills one that is not known, and only such a one.
    """
    given = {row["figure"]: row for row in known.hand.get("totals", ())}
    made = {}
    for name, entry in FIGURES.items():
        told = entry.make(known)
        told = told if isinstance(told, Told) else Told(told)
        one = Figure(
            name,
            entry.title,
            told.value,
            entry.measure,
            entry.source,
            entry.query,
            tuple(told.units),
            tuple(told.parts),
            told.gap,
        )
        if one.value is None and name in given:
            filled = Decimal(given[name]["value"])
            whole = int(filled) if filled == filled.to_integral_value() else filled
            one = replace(
                one, value=whole, source=f"人工填报：{given[name]['source']}", query="db.sheets.rows totals", gap=""
            )
        made[name] = one
    return made


# 一、总体情况

_VISITS, _JUDGED, _HAND = "db.facts.visits", "db.findings.findings_of", "db.sheets.rows"
_ITEMS = "各夜读到的网站列表中标注日期在本年度的信息，同一地址计一次"


@figure("items.total", "政府网站主动公开信息", "条", source=_ITEMS, query=_VISITS)
def _items(k: Known) -> Told:
    seen = {u: i for u, i in k.items.items() if i.watched_from}
    missing = [u.name for u in k.units if u.site and u.name not in seen]
    late = [u for u, i in seen.items() if i.watched_from and not _whole(i)]
    gap = "；".join(
        filter(
            None,
            (
                f"{_names(missing)}没有读到列表" if missing else "",
                f"{_names(late)}不是年初就开始监测，此前的信息只计到列表首页为止" if late else "",
            ),
        )
    )
    parts = [(u, i.total) for u, i in seen.items()]
    return Told(sum(v for _, v in parts) if parts else None, seen, parts, gap)


@figure(
    "items.before",
    "上年政府网站主动公开信息",
    "条",
    source=_ITEMS.replace("本年度", "上年度") + "；各网站须自年初即在监测",
    query=_VISITS,
)
def _items_before(k: Known) -> Told:
    """Only where every site that counts this year was watched from the beginning of the last: else the change is one of watching."""
    seen = [u for u, i in k.items.items() if i.watched_from]
    if not seen or any(u not in k.before or not _whole(k.before[u]) for u in seen):
        return Told(None)
    return Told(sum(k.before[u].total for u in seen), seen, [(u, k.before[u].total) for u in seen])


@figure(
    "items.change",
    "信息公开数量较上年增减",
    "%",
    source="（本年－上年）÷上年；上年数未知的，可在合计表中填上年数或增减数",
    query=_VISITS,
)
def _items_change(k: Known) -> Value | None:
    before = _value(k, "items.before", _items_before)
    return _change(_items(k).value, before)


@figure(
    "posts.total",
    "政务新媒体发布信息",
    "条",
    source="各账号数据源显示的本年度发布内容，同一内容计一次",
    query="db.posts.posts",
)
def _posts(k: Known) -> Told:
    watched = [c for c in k.posts if c.watched_from]
    lost = [f"{c.unit}（{platform_title(c.platform)}）" for c in k.posts if not c.watched_from]
    late = [
        f"{c.unit}（{platform_title(c.platform)}）"
        for c in watched
        if c.watched_from and c.watched_from > date(k.year, 1, 31)
    ]
    gap = "；".join(
        filter(
            None,
            (
                f"{_names(lost)}没有读到" if lost else "",
                f"{_names(late)}不是年初就开始监测" if late else "",
            ),
        )
    )
    return Told(sum(c.posts for c in watched) if watched else None, dict.fromkeys(c.unit for c in watched), (), gap)


@figure(
    "posts.accounts",
    "读到发布内容的政务新媒体账号",
    "个",
    source="本年度数据源至少应答过一次的账号",
    query="db.facts.first_answers",
)
def _accounts(k: Known) -> Value | None:
    return sum(1 for c in k.posts if c.watched_from) or None


@figure(
    "posts.portal",
    "市政府门户所属账号发布信息",
    "条",
    source="登记在市政府门户名下的账号的本年度发布内容",
    query="db.posts.posts",
)
def _posts_portal(k: Known) -> Told:
    portals = set(k.named(PORTAL))
    mine = [c for c in k.posts if c.unit in portals and c.watched_from]
    parts = [(f"{platform_title(c.platform)}（{c.account}）", c.posts) for c in mine]
    return Told(sum(v for _, v in parts) if parts else None, dict.fromkeys(c.unit for c in mine), parts)


_APPLIED = "各县（市、区）和市直部门本年度政府信息公开工作年报第三部分统计表"


@figure("applications.received", "收到政府信息公开申请", "件", source=f"{_APPLIED}“本年新收”总计之和", query=_VISITS)
def _received(k: Known) -> Told:
    return _applied(k, k.reports, "B1")


@figure("applications.granted", "依法予以公开", "件", source=f"{_APPLIED}“予以公开”“部分公开”总计之和", query=_VISITS)
def _granted(k: Known) -> Told:
    return _applied(k, k.reports, "B3.1", "B3.2")


@figure(
    "applications.before",
    "上年收到政府信息公开申请",
    "件",
    source=f"{_APPLIED}“本年新收”总计之和，取上一年度的年报；须与本年读到的单位相同",
    query=_VISITS,
)
def _received_before(k: Known) -> Told:
    return _same(_received(k), _applied(k, k.reports_before, "B1"))


@figure(
    "applications.granted_before",
    "上年依法予以公开",
    "件",
    source=f"{_APPLIED}“予以公开”“部分公开”总计之和，取上一年度的年报；须与本年读到的单位相同",
    query=_VISITS,
)
def _granted_before(k: Known) -> Told:
    return _same(_granted(k), _applied(k, k.reports_before, "B3.1", "B3.2"))


@figure("applications.change", "申请数量较上年增减", "%", source="（本年－上年）÷上年", query=_VISITS)
def _applied_change(k: Known) -> Value | None:
    return _change(_value(k, "applications.received", _received), _value(k, "applications.before", _received_before))


@figure(
    "applications.rate_change", "公开比例较上年增减", "个百分点", source="予以公开÷本年新收，与上年之差", query=_VISITS
)
def _rate_change(k: Known) -> Value | None:
    now = _share(_value(k, "applications.granted", _granted), _value(k, "applications.received", _received))
    then = _share(
        _value(k, "applications.granted_before", _granted_before), _value(k, "applications.before", _received_before)
    )
    return None if now is None or then is None else now - then


@figure(
    "applications.reports",
    "读到统计表的年报",
    "份",
    source="本年度年报已公布、属于本单位且统计表能读出的单位",
    query=_VISITS,
)
def _tables_read(k: Known) -> Told:
    mine = _received(k).units
    return Told(len(list(mine)), _received(k).units)


@figure(
    "gazette.counties",
    "办有政府公报的县（市、区）",
    "个",
    source="规则 gazette.column 合格：公报栏目一年内有新的一期",
    query=_JUDGED,
)
def _gazettes(k: Known) -> Told | None:
    return _passing(k, "gazette.column", COUNTY)


@figure(
    "gazette.formats",
    "公报同时提供PDF和Word两种版本的单位",
    "家",
    source="规则 gazette.formats 合格（含市政府门户）",
    query=_JUDGED,
)
def _formats(k: Known) -> Told | None:
    return _passing(k, "gazette.formats", PORTAL, COUNTY)


@figure(
    "interpretation.portal",
    "市政府门户发布政策解读",
    "条",
    source="市政府门户各夜读到的、日期在本年度的政策解读，同一地址计一次",
    query=_VISITS,
)
def _interpretations_portal(k: Known) -> Told | None:
    return _interpreted(k, k.named(PORTAL))


@figure(
    "interpretation.total",
    "全市政府网站发布政策解读",
    "条",
    source="各网站各夜读到的、日期在本年度的政策解读，同一地址计一次",
    query=_VISITS,
)
def _interpretations(k: Known) -> Told | None:
    return _interpreted(k, [u.name for u in k.units])


@figure(
    "interpretation.rate",
    "规范性文件、政策性文件解读率",
    "%",
    source="规则 interpretation.rate：合格文件数÷（合格＋不合格），未看清的不计",
    query=_JUDGED,
)
def _interpretation_rate(k: Known) -> Told:
    good, all_ = k.counted("interpretation.rate")
    return Told(_share(good, all_), (), [("合格", good), ("判定", all_)])


@figure(
    "interpretation.diverse",
    "多样化解读占比",
    "%",
    source="本年度政策解读中图解、视频、访谈、发布会等形式的条数÷看清形式的条数",
    query=_VISITS,
)
def _diverse(k: Known) -> Told:
    told = [i for mine in k.interpretations.values() for i in mine if i.forms]
    many = sum(bool(set(i.forms) - {"text"}) for i in told)
    unclear = sum(1 for mine in k.interpretations.values() for i in mine if not i.forms)
    gap = f"{unclear}条没有看清形式" if unclear else ""
    return Told(_share(many, len(told)), (), [("多样化", many), ("看清", len(told))], gap)


@figure("topics.sites", "设有专题专栏的网站", "个", source="规则 topics.columns 合格", query=_JUDGED)
def _topics(k: Known) -> Told | None:
    return _passing(k, "topics.columns", PORTAL, COUNTY, DEPARTMENT)


# 二、存在的问题


@figure(
    "elder.undone",
    "适老化改造及自评未落实的单位",
    "家",
    source="填报为未完成，或首页没有入口、入口不能用（规则 elder.entry、elder.works）",
    query="monitors.retrofit.undone",
)
def _elder(k: Known) -> Told:
    names = [line["单位"] for line in undone(k.units, k.findings)]
    silent = [u.name for u in k.units if u.site and (u.retrofit is None or u.self_assessment is None)]
    return Told(len(names), names, (), f"{len(silent)}家没有填报改造或自评情况，只按所见计" if silent else "")


def _fault(name: str, title: str, measure: str, *rules: str) -> None:
    """A figure that counts the units in fault by these rules."""

    @figure(
        name,
        title,
        measure,
        source=f"规则 {'、'.join(rules)} 不合格的单位；须经两天见到或人工确认，已排除和有争议的不计",
        query=_JUDGED,
    )
    def _units(k: Known) -> Told | None:
        names = k.failing(*rules)
        if not names and not any(f.rule in rules and f.verdict in ("pass", "na") for f in k.findings):
            return None  # nobody has looked
        return Told(len(names), names)


_fault("platform.none", "没有公开平台的单位", "家", "platform.exists")
_fault("site.dead", "网站无法访问或长期不更新的单位", "家", "site.zombie", "site.available", "site.home_fresh")
_fault("site.stale", "栏目更新不及时的单位", "家", "site.news_fresh", "site.notice_fresh")
_fault("board.missing", "法定公开栏目缺失、空白或打不开的单位", "家", *COLUMNS)
_fault("media.asleep", "账号“睡眠”或不互动的单位", "家", "media.sleeping", "media.interaction")
_fault("privacy.units", "网页泄露个人信息的单位", "家", "site.privacy")


@figure(
    "reports.units",
    "应公布年报的单位",
    "家",
    source="登记表中要求公布年报的县（市、区）和市直部门",
    query="db.facts.units",
)
def _reporting(k: Known) -> Told:
    names = [u.name for u in k.units if u.annual_report and u.group in (COUNTY, DEPARTMENT)]
    return Told(len(names), names)


@figure(
    "reports.departments", "应公布年报的市直部门", "家", source="登记表中要求公布年报的市直部门", query="db.facts.units"
)
def _reporting_departments(k: Known) -> int:
    return sum(u.annual_report and u.group == DEPARTMENT for u in k.units)


@figure(
    "reports.counties",
    "应公布年报的县（市、区）",
    "个",
    source="登记表中要求公布年报的县（市、区）",
    query="db.facts.units",
)
def _reporting_counties(k: Known) -> int:
    return sum(u.annual_report and u.group == COUNTY for u in k.units)


@figure(
    "reports.bad",
    "年报不符合规定的单位",
    "家",
    source="规则 report.* 中计分的各项有一项不合格；须经两天见到或人工确认",
    query=_JUDGED,
)
def _reports_bad(k: Known) -> Told | None:
    rules = [r for r, line in k.rubric.lines.items() if line.theme == "report" and line.judged]
    wanted = set(_reporting(k).units)
    names = [u for u in k.failing(*rules) if u in wanted]
    unseen = [
        u
        for u in wanted
        if not any(f.unit == u and f.rule in rules and f.verdict in ("pass", "fail") for f in k.findings)
    ]
    if len(unseen) == len(wanted):
        return None
    return Told(len(names), names, (), f"{len(unseen)}家的年报没有看清" if unseen else "")


@figure(
    "reports.rate",
    "年报合格率",
    "%",
    source="（应公布年报的单位－年报不符合规定的单位）÷应公布年报的单位；没有看清的按合格计",
    query=_JUDGED,
)
def _reports_rate(k: Known) -> Value | None:
    bad, all_ = _reports_bad(k), _reporting(k).value
    return None if bad is None or bad.value is None or not all_ else _share(all_ - bad.value, all_)


@figure(
    "openness.documents", "没有标明公开属性的公文", "件", source="规则 document.openness 不合格的公文", query=_JUDGED
)
def _unmarked(k: Known) -> Told | None:
    good, all_ = k.counted("document.openness")
    units = k.failing("document.openness")
    return Told(all_ - good, units, [("判定", all_)]) if all_ else None


@figure(
    "openness.units", "公文没有标明公开属性的单位", "家", source="规则 document.openness 不合格的单位", query=_JUDGED
)
def _unmarked_units(k: Known) -> Told | None:
    told = _unmarked(k)
    return Told(len(list(told.units)), told.units) if told else None


@figure(
    "replies.units",
    "函复类公文应公开未公开的单位",
    "家",
    source="“函复类公文”填报表中未公开件数不为0的单位",
    query=_HAND,
)
def _replies(k: Known) -> Told | None:
    if not (rows := k.hand.get("replies")):
        return None
    bad = _sums((r["unit"], r["closed"]) for r in rows)
    return Told(
        sum(v > 0 for v in bad.values()), [u for u, v in bad.items() if v], [(u, v) for u, v in bad.items() if v]
    )


@figure("replies.closed", "应公开未公开的函复类公文", "件", source="“函复类公文”填报表中未公开件数之和", query=_HAND)
def _replies_closed(k: Known) -> Told | None:
    told = _replies(k)
    return Told(sum(v for _, v in told.parts), told.units, told.parts) if told else None


@figure("reconsiderations.total", "因答复不规范引发行政复议", "件", source="“行政复议”填报表的件数之和", query=_HAND)
def _reconsidered(k: Known) -> Told | None:
    if not (rows := k.hand.get("reconsiderations")):
        return None
    mine = _sums((r["unit"], r["number"]) for r in rows)
    return Told(sum(mine.values()), mine, [*mine.items()])


@figure(
    "reconsiderations.unanswered",
    "收到申请未作答复引起复议的单位",
    "家",
    source="“行政复议”填报表中原因为未答复的单位",
    query=_HAND,
)
def _unanswered(k: Known) -> Told | None:
    if not (rows := k.hand.get("reconsiderations")):
        return None
    mine = _sums((r["unit"], r["number"]) for r in rows if r["unanswered"] == "yes")
    return Told(len(mine), mine, [*mine.items()])


@figure("norms.filed", "在市司法部门备案的部门规范性文件", "件", source="“规范性文件备案”填报表的件数", query=_HAND)
def _filed(k: Known) -> Told | None:
    rows = k.hand.get("norms")
    return Told(len(rows), dict.fromkeys(r["unit"] for r in rows)) if rows else None


@figure(
    "norms.unprinted",
    "备案而没有在公报刊印的部门规范性文件",
    "件",
    source="“规范性文件备案”填报表中是否刊印为否的件数；有一件没有填写的，本数待填",
    query=_HAND,
)
def _unprinted(k: Known) -> Told | None:
    rows = k.hand.get("norms")
    if not rows or any(not r["printed"] for r in rows):
        return None
    bad = [r["unit"] for r in rows if r["printed"] == "no"]
    return Told(len(bad), dict.fromkeys(bad))


# within


def _whole(items: Items) -> bool:
    """Whether the site was watched from the first month of the year."""
    return items.watched_from is not None and items.watched_from <= date(items.year, 1, 31)


def _value(k: Known, name: str, make: Callable[[Known], Told | None]) -> Value | None:
    """The figure, or what was filled in for it by hand."""
    told = make(k)
    if told is not None and told.value is not None:
        return told.value
    return next((Decimal(row["value"]) for row in k.hand.get("totals", ()) if row["figure"] == name), None)


def _applied(k: Known, reports: Mapping[str, Report], *rows: str) -> Told:
    """The sum of these rows of table B over the units (not the portal: its report may hold them all again)."""
    wanted = k.named(COUNTY, DEPARTMENT)
    parts, missing = [], []
    for unit in wanted:
        report = reports.get(unit)
        table = table_of(report.body if report else None, "B")
        found = [row.value("总计") for id_ in rows for row in (table.rows if table else ()) if row.id == id_]
        if len(found) == len(rows) and None not in found:
            parts.append((unit, sum(int(v) for v in found if v is not None)))
        elif next(u for u in k.units if u.name == unit).annual_report:
            missing.append(unit)
    gap = f"{_names(missing)}的年报没有读到统计表" if missing else ""
    return Told(sum(v for _, v in parts) if parts else None, [u for u, _ in parts], parts, gap)


def _same(now: Told, then: Told) -> Told:
    """`then` where it covers the units that `now` covers, else nothing: a change must not be one of who was read."""
    older = dict(then.parts)
    units = list(now.units)
    if not units or any(u not in older for u in units):
        return Told(None)
    return Told(sum(older[u] for u in units), units, [(u, older[u]) for u in units])


def _passing(k: Known, rule: str, *groups: str) -> Told | None:
    mine = set(k.named(*groups))
    found = [f for f in k.findings if f.rule == rule and f.unit in mine]
    good = {f.unit for f in found if f.verdict == "pass"}
    unseen = {f.unit for f in found if f.verdict == "unknown"} - good
    if not any(f.verdict in ("pass", "fail", "na") for f in found):
        return None
    names = [u for u in k.named(*groups) if u in good]
    return Told(
        len(names), names, (), f"{_names([u for u in k.named(*groups) if u in unseen])}没有看清" if unseen else ""
    )


def _interpreted(k: Known, units: Sequence[str]) -> Told | None:
    parts = [(u, len(k.interpretations[u])) for u in units if u in k.interpretations]
    return Told(sum(v for _, v in parts), [u for u, _ in parts], parts) if parts else None


def _sums(rows: Iterable[tuple[str, str]]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for unit, number in rows:
        found[squeezed(unit)] += int(number)
    return dict(found)


def _share(part: Value | None, whole: Value | None) -> Decimal | None:
    """In per cent with one decimal, half up; None where there is nothing to divide."""
    if part is None or not whole:
        return None
    return (Decimal(part) * 100 / Decimal(whole)).quantize(TENTH, ROUND_HALF_UP)


def _change(now: Value | None, then: Value | None) -> Decimal | None:
    return None if now is None or then is None or not then else _share(Decimal(now) - Decimal(then), then)


def _names(names: Sequence[str], most: int = 3) -> str:
    """甲县、乙县、丙县, or 甲县、乙县、丙县等9家."""
    few = "、".join(names[:most])
    return few if len(names) <= most else f"{few}等{len(names)}家"
