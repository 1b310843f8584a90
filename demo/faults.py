"""What can be wrong with a unit, and which verdicts does it cost? Each fault changes the pages and the truth in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from demo.report import HEADS, carried_over, decision, disputes, norms, report, section
from demo.site import BOARD, MISNAMED, Column, Item, Letter, Site, year_due

RULES = [
    "platform.exists",
    "site.available",
    "site.home_fresh",
    "site.news_fresh",
    "site.notice_fresh",
    "site.stale_columns",
    "site.blank_columns",
    "site.dead_links",
    "site.zombie",
    "site.footer",
    "site.interaction",
    "site.privacy",
    "site.injected",
    "board.exists",
    "board.guide",
    "board.rules",
    "board.statutory",
    "board.catalogue",
    "board.annual_report",
    "board.request",
    "report.published",
    "report.format",
    "report.tables",
    "report.arithmetic",
    "elder.entry",
    "elder.works",
    "document.openness",
    "document.metadata",
    "interpretation.rate",
    "interpretation.diverse",
    "topics.columns",
    "gazette.column",
    "gazette.formats",
]
GUIDE = ["board.guide_fields", "board.guide_fresh"]
TRIAL = [  # judged and shown, never priced
    "site.find_error",
    "site.conac",
    "site.search",
    "site.meta",
    "site.undated",
    "site.work_report",
    "site.redated",
    "site.burst",
    "site.repeated_text",
    "site.letters_fresh",
    *GUIDE,
    "board.offtopic",
    "board.name",
    "report.carry_over",
    "report.plausible",
    "report.text",
    "document.not_public",
    "document.delay",
    "document.substitution",
    "interpretation.delay",
    "interpretation.fresh",
]
BOARD_RULES = [f"board.{role}" for role in BOARD]
CONTENTS = ["report.format", "report.tables", "report.arithmetic"]
CONTENTS += ["report.carry_over", "report.plausible", "report.text"]
GAZETTE = ["gazette.column", "gazette.formats"]


class Expected(NamedTuple):
    """A verdict of the truth, why, and what its reason holds ("": any)."""

    verdict: str
    why: str
    reason: str = ""


Truth = dict[str, Expected]
Fault = Callable[[Site, Truth], None]
FAULTS: dict[str, Fault] = {}
REGISTRY: dict[str, dict[str, Any]] = {
    "no_platform": {"site": "无"},
    "no_address": {"site": ""},
    "no_annual_report": {"annual_report": "no"},
    "report_gathered": {"reports": True},
}


def faultless() -> Truth:
    """The truth of a unit without a fault: it passes everything, and has no gazette, which nobody must have."""
    truth = dict.fromkeys([*RULES, *TRIAL], Expected("pass", "no fault"))
    return truth | dict.fromkeys(GAZETTE, Expected("na", "no gazette"))


def fault(work: Fault) -> Fault:
    """Register a fault under its function's name."""
    FAULTS[work.__name__] = work
    return work


def _aged(columns: Iterable[Column], days: int) -> None:
    for column in columns:
        for item in column.items:
            if item.day:
                item.day -= timedelta(days=days)


def _all(truth: Truth, rules: Iterable[str], expected: Expected) -> None:
    truth.update(dict.fromkeys(rules, expected))


# the board


def _column_fault(role: str, state: str, reason: str) -> Fault:
    def work(site: Site, truth: Truth) -> None:
        site.board[role].state = state
        site.board[role].items = []
        truth[f"board.{role}"] = Expected("fail", f"{BOARD[role]}: {state}", reason)
        if role == "annual_report":
            _no_report(site, truth, "the column is blank, nothing elsewhere")
        elif role == "guide":
            _all(truth, GUIDE, Expected("unknown", "no guide to read"))

    return work


def _missing_fault(role: str) -> Fault:
    def work(site: Site, truth: Truth) -> None:
        del site.board[role]
        truth[f"board.{role}"] = Expected("fail", "no entry of that name", "missing")
        if role == "guide":
            _all(truth, GUIDE, Expected("unknown", "no guide to read"))

    return work


def _no_report(site: Site, truth: Truth, why: str) -> None:
    truth["report.published"] = Expected("fail", why, "missing")
    _all(truth, CONTENTS, Expected("na", "explained by the missing report", "explained_by:report.published"))


FAULTS["guide_dead"] = _column_fault("guide", "gone", "dead")
FAULTS["guide_missing"] = _missing_fault("guide")
FAULTS["rules_blank"] = _column_fault("rules", "blank", "blank")
FAULTS["rules_missing"] = _missing_fault("rules")
FAULTS["catalogue_soft_404"] = _column_fault("catalogue", "soft", "dead")
FAULTS["catalogue_missing"] = _missing_fault("catalogue")
FAULTS["statutory_dead"] = _column_fault("statutory", "gone", "dead")
FAULTS["statutory_blank"] = _column_fault("statutory", "blank", "blank")
FAULTS["annual_report_blank"] = _column_fault("annual_report", "blank", "blank")
FAULTS["request_blank"] = _column_fault("request", "blank", "blank")


@fault
def misnamed(site: Site, truth: Truth) -> None:
    """All board columns under other usual names: they must pass."""
    for role, name in MISNAMED.items():
        site.board[role].name = name


@fault
def request_without_way(site: Site, truth: Truth) -> None:
    """依申请公开 holds fine words and neither form, address nor telephone."""
    site.board["request"].text = site.columns["jgzn"].text
    truth["board.request"] = Expected("fail", "no way to apply", "missing:way")


@fault
def annual_report_dead(site: Site, truth: Truth) -> None:
    """The annual-report column is gone; whether a report was published somewhere cannot be told from a dead link."""
    site.board["annual_report"].state = "gone"
    site.board["annual_report"].items = []
    truth["board.annual_report"] = Expected("fail", "the link answers 404", "dead")
    _all(truth, ["report.published", *CONTENTS], Expected("unknown", "the list of reports could not be read"))


@fault
def board_missing(site: Site, truth: Truth) -> None:
    """No board at all, so nothing of it either. A county without one has published no report, a department may have done so
    on the portal."""
    site.has_board = False
    site.board.clear()
    truth["board.exists"] = Expected("fail", "no board", "missing")
    explained = [*BOARD_RULES, *GUIDE, "board.offtopic", "board.name"]
    _all(truth, explained, Expected("na", "explained by the missing board", "explained_by:board.exists"))
    if site.group == "department":
        _all(truth, ["report.published", *CONTENTS], Expected("unknown", "it may stand on the portal"))
    else:
        _no_report(site, truth, "no board, no report")


@fault
def board_by_script(site: Site, truth: Truth) -> None:
    """The board is there, and a script fills its menu: what it holds was not seen."""
    site.board_by_script = True
    _all(truth, BOARD_RULES, Expected("unknown", "the menu is made by a script", "not_proven_missing"))
    _all(truth, [*GUIDE, "board.offtopic"], Expected("unknown", "neither guide nor rules were seen"))


@fault
def guide_old(site: Site, truth: Truth) -> None:
    """The guide rests on the decree of 2007 and names no hours."""
    text = site.board["guide"].text.replace("711", "492")
    site.board["guide"].text = "".join(p for p in text.split("<p>") if "时间" not in p)
    truth["board.guide_fresh"] = Expected("fail", "decree 492", "old_law")
    truth["board.guide_fields"] = Expected("fail", "no office hours", "missing:hours")


# columns and their freshness


@fault
def news_stale(site: Site, truth: Truth) -> None:
    """One news column older than two weeks."""
    _aged([site.columns["gzdt"]], 24)
    truth["site.news_fresh"] = Expected("fail", "工作动态 over 14 days", "stale")


@fault
def notice_stale(site: Site, truth: Truth) -> None:
    """Notices older than six months."""
    _aged([site.columns["tzgg"]], 220)
    truth["site.notice_fresh"] = Expected("fail", "通知公告 over 6 months", "stale")


@fault
def home_stale(site: Site, truth: Truth) -> None:
    """Every list that the home page shows is old; so its news columns are."""
    _aged(site.lists(), 30)
    truth["site.home_fresh"] = Expected("fail", "nothing within 14 days", "stale")
    truth["site.news_fresh"] = Expected("fail", "both news columns are old", "stale")


@fault
def zombie(site: Site, truth: Truth) -> None:
    """Nothing new for eight months."""
    _aged(site.lists(), 250)
    for rule in ("site.home_fresh", "site.news_fresh", "site.notice_fresh", "site.zombie"):
        truth[rule] = Expected("fail", "nothing for eight months", "stale")
    truth["interpretation.fresh"] = Expected("fail", "no interpretation for eight months", "stale")


@fault
def stale_columns(site: Site, truth: Truth) -> None:
    """Five stale news and notice columns, while the home page shows one fresh row."""
    for n, name in enumerate(("基层动态", "部门动态", "商务资讯")):
        rows = [
            Item(
                f"{site.unit}{name}第{k}期",
                site.today - timedelta(days=60 + k),
                7000 + 10 * n + k,
                site.columns["jgzn"].text,
            )
            for k in range(3)
        ]
        site.columns[f"dt{n}"] = Column(f"dt{n}", name, rows)
    _aged([site.columns["gzdt"]], 24)
    _aged([site.columns["tzgg"]], 220)
    for rule in ("site.news_fresh", "site.notice_fresh", "site.stale_columns"):
        truth[rule] = Expected("fail", "five stale columns", "stale")


@fault
def news_by_script(site: Site, truth: Truth) -> None:
    """One news list is brought by a script."""
    site.columns["gzdt"].state = "script"
    truth["site.news_fresh"] = Expected("unknown", "list made by a script", "needs_render")


@fault
def news_future(site: Site, truth: Truth) -> None:
    """One news list shows future dates only."""
    for n, item in enumerate(site.columns["gzdt"].items):
        item.day = site.today + timedelta(days=200 + n)
    truth["site.news_fresh"] = Expected("unknown", "future dates prove nothing", "only_future_dates")


@fault
def notice_undated(site: Site, truth: Truth) -> None:
    """Notices without any date."""
    site.columns["tzgg"].dated = False
    for item in site.columns["tzgg"].items:
        item.day = None
    truth["site.notice_fresh"] = Expected("unknown", "no dates", "no_dates")
    truth["site.undated"] = Expected("fail", "neither list nor article shows a day", "no_dates")


def _blank(site: Site, names: Iterable[str]) -> None:
    for n, name in enumerate(names):
        site.columns[f"kb{n}"] = Column(f"kb{n}", name, state="blank")


@fault
def blank_columns(site: Site, truth: Truth) -> None:
    """Two columns without content."""
    _blank(site, ("统计数据", "招商引资"))
    truth["site.blank_columns"] = Expected("fail", "two blank columns", "blank")


@fault
def blank_columns_five(site: Site, truth: Truth) -> None:
    """Five columns without content: a veto."""
    _blank(site, ("统计数据", "招商引资", "应急管理", "重大项目", "乡镇之窗"))
    truth["site.blank_columns"] = Expected("fail", "five blank columns", "blank")


@fault
def dead_links(site: Site, truth: Truth) -> None:
    """Two links of the home page lead nowhere."""
    site.extra_links += ["/zhuanti/2019jc/", "/old/map.htm"]
    truth["site.dead_links"] = Expected("fail", "two links answer 404", "dead")


@fault
def topics_missing(site: Site, truth: Truth) -> None:
    """No topic column anywhere."""
    del site.columns["ztzl"]
    truth["topics.columns"] = Expected("fail", "no topic column", "missing")


@fault
def topics_stale(site: Site, truth: Truth) -> None:
    """The topics are from the year before."""
    _aged([site.columns["ztzl"]], 400)
    truth["topics.columns"] = Expected("fail", "no item within a year", "stale")


# the front


@fault
def foot_missing(site: Site, truth: Truth) -> None:
    """The foot lacks two marks, the entry 找错 and the icon of party and government bodies."""
    site.marks = ("sponsor", "code", "icp")
    truth["site.footer"] = Expected("fail", "no police number, no contact", "missing:police,contact")
    truth["site.find_error"] = truth["site.conac"] = Expected("fail", "not in the foot either", "missing")


@fault
def foot_of_other(site: Site, truth: Truth) -> None:
    """The foot was copied with another site's code."""
    site.shown_code = "1499999999"
    truth["site.footer"] = Expected("fail", "another code than the registered one", "mismatch:site_code")


@fault
def foot_by_script(site: Site, truth: Truth) -> None:
    """The foot is written by a script that fetches it."""
    site.foot_by_script = True
    for rule in ("site.footer", "site.find_error", "site.conac"):
        truth[rule] = Expected("unknown", "made by a script", "needs_render")


@fault
def untagged(site: Site, truth: Truth) -> None:
    """No page carries the standard meta tags."""
    site.tagged = False
    truth["site.meta"] = Expected("fail", "no tags", "missing:SiteName,SiteDomain,SiteIDCode")


@fault
def work_report_missing(site: Site, truth: Truth) -> None:
    """The yearly report of the site itself is nowhere."""
    site.work_report = False
    truth["site.work_report"] = Expected("fail", "no such report", "missing")


@fault
def elder_missing(site: Site, truth: Truth) -> None:
    """No age-friendly entry."""
    site.elder = "none"
    truth["elder.entry"] = Expected("fail", "no entry", "missing")
    truth["elder.works"] = Expected("na", "explained by the missing entry", "explained_by:elder.entry")


@fault
def elder_dead(site: Site, truth: Truth) -> None:
    """The entry leads to a 404."""
    site.elder = "dead"
    truth["elder.works"] = Expected("fail", "the linked page is gone", "dead")
    truth["site.dead_links"] = Expected("fail", "the entry is a dead link of the home page", "dead")


@fault
def elder_script_dead(site: Site, truth: Truth) -> None:
    """The script of the tool, on the unit's own host, answers 404."""
    site.elder = "script_dead"
    truth["elder.works"] = Expected("fail", "the tool's script is gone", "dead")


@fault
def elder_script_foreign(site: Site, truth: Truth) -> None:
    """The tool is another host's, which cannot be reached from here."""
    site.elder = "foreign"
    truth["elder.works"] = Expected("unknown", "a foreign script that cannot be loaded")


# letters, personal data, what was put in


@fault
def mailbox_missing(site: Site, truth: Truth) -> None:
    """No way to consult or write."""
    del site.columns["hdjl"]
    truth["site.interaction"] = Expected("fail", "no mailbox", "missing")
    truth["site.letters_fresh"] = Expected("unknown", "no letters to look at")


@fault
def letter_unanswered(site: Site, truth: Truth) -> None:
    """A letter of five months ago is still being dealt with."""
    late = Letter("反映工地夜间施工扰民", site.today - timedelta(days=150), None)
    site.letters.insert(2, late)
    truth["site.interaction"] = Expected("fail", "unanswered for over three months", "unanswered:1")


@fault
def letter_open(site: Site, truth: Truth) -> None:
    """A letter of last month is still being dealt with: there is time until three months are over."""
    site.letters.insert(0, Letter("咨询新生儿参保手续", site.today - timedelta(days=33), None))


@fault
def letters_by_script(site: Site, truth: Truth) -> None:
    """The letters stand in a list that a script brings."""
    site.letters.clear()
    site.columns["lxxd"] = Column("lxxd", "来信选登", state="script")
    for rule in ("site.interaction", "site.letters_fresh"):
        truth[rule] = Expected("unknown", "the letters were not seen", "needs_render")


def _list_of_people(site: Site, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """The newest notice holds a table of people who receive something."""
    table = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>" for line in (heads, *rows))
    newest = site.columns["tzgg"].items[0]
    newest.title = f"{site.unit}关于公布城乡低保对象补贴发放名单的公告"
    newest.body = f"<p>现将本季度补贴发放名单公布如下。</p><table>{table}</table>"


_PEOPLE = ("王某山", "李某兰", "赵某水")  # made up, as are their numbers: there is no district 149999


def _identity(n: int) -> str:
    """A number in the form of a resident identity, with its check digit."""
    body = f"1499991900{n:02d}01{n:03d}"
    total = sum(int(d) * w for d, w in zip(body, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return body + "10X98765432"[total % 11]


@fault
def identities_shown(site: Site, truth: Truth) -> None:
    """A list of people shows their identity numbers in full."""
    rows = [(name, _identity(n), "1200元") for n, name in enumerate(_PEOPLE, 1)]
    _list_of_people(site, ("姓名", "身份证号", "补贴金额"), rows)
    truth["site.privacy"] = Expected("fail", "identity numbers in full", "leak:identity")


@fault
def mobiles_shown(site: Site, truth: Truth) -> None:
    """A list of people shows their mobile numbers in full."""
    rows = [(name, f"1390000{n:04d}", "600元") for n, name in enumerate(_PEOPLE, 1)]
    _list_of_people(site, ("姓名", "手机号码", "补贴金额"), rows)
    truth["site.privacy"] = Expected("fail", "mobile numbers in full", "leak:mobile")


@fault
def identities_masked(site: Site, truth: Truth) -> None:
    """The same list with starred numbers: it must pass."""
    rows = [(name, _identity(n)[:6] + "********" + _identity(n)[-4:], "1200元") for n, name in enumerate(_PEOPLE, 1)]
    _list_of_people(site, ("姓名", "身份证号", "补贴金额"), rows)


_LINKS = "<a href='http://www.bet365-vip.example/'>澳门新葡京官网</a> <a href='http://www.88casino.example/'>百家乐在线投注平台</a>"


@fault
def links_injected(site: Site, truth: Truth) -> None:
    """Hidden links to gambling sites at the end of the home page."""
    site.home_extra = f"<div style='position:absolute;left:-9999px'>{_LINKS}</div>"
    truth["site.injected"] = Expected("fail", "hidden links to gambling sites", "injected:hidden_link")


@fault
def script_injected(site: Site, truth: Truth) -> None:
    """A script on the page of a column writes links to gambling sites."""
    links = _LINKS.replace("/'>", "/\\'>").replace("='", "=\\'")
    site.columns["tzgg"].extra = f"<script>document.write('<div style=\"display:none\">{links}</div>');</script>"
    truth["site.injected"] = Expected("fail", "a script writes links to gambling sites", "injected")


@fault
def warns_of_gambling(site: Site, truth: Truth) -> None:
    """An article that warns of gambling: it must pass."""
    newest = site.columns["gzdt"].items[0]
    newest.title = f"{site.unit}民警提醒：远离网络赌博，警惕百家乐等骗局"
    newest.body = (
        "<p>近期，警方打击跨境网络赌博，查处以百家乐、棋牌平台为名的案件三起。请群众远离赌博，发现线索及时举报。</p>"
    )


# annual reports


@fault
def report_late(site: Site, truth: Truth) -> None:
    """The report of the year that is due came in May."""
    site.board["annual_report"].items[0].day = min(date(site.year_due() + 1, 5, 6), site.today)
    truth["report.published"] = Expected("fail", "published in May", "late")


@fault
def report_dates_disagree(site: Site, truth: Truth) -> None:
    """The list says May, the report's own page and address say January."""
    site.board["annual_report"].items[0].listed = min(date(site.year_due() + 1, 5, 6), site.today)
    truth["report.published"] = Expected("unknown", "dates on both sides of the deadline", "dates_disagree")


@fault
def report_missing(site: Site, truth: Truth) -> None:
    """The newest report is the one of the year before the one that is due."""
    del site.board["annual_report"].items[0]
    _no_report(site, truth, "last year's only")


@fault
def report_of_other(site: Site, truth: Truth) -> None:
    """Of the year that is due there is only a subordinate's report."""
    first = site.board["annual_report"].items[0]
    first.title = f"云阳市社会救助服务中心{site.year_due()}年政府信息公开工作年度报告"
    _no_report(site, truth, "a subordinate's only")


@fault
def report_gathered(site: Site, truth: Truth) -> None:
    """The due report stands on the city's gathered page only; the one of the year before stands elsewhere or nowhere."""
    del site.board["annual_report"].items[0]
    for rule in ("report.carry_over", "report.plausible"):
        del truth[rule]


@fault
def gathers_reports(site: Site, truth: Truth) -> None:
    """The portal gathers the departments' reports."""
    year = year_due("department", site.today)
    names = ("财政局", "教育局", "司法局", "审计局", "卫健委")
    rows = [
        Item(f"云阳市{n}{year}年政府信息公开工作年度报告", date(year + 1, 1, 20 + k), 8000 + k, report(n, year))
        for k, n in enumerate(names)
    ]
    site.columns["bmnb"] = Column("bmnb", "部门年报汇集", rows)


@fault
def no_annual_report(site: Site, truth: Truth) -> None:
    """The unit need not publish one."""
    _all(truth, ["report.published", *CONTENTS], Expected("na", "not required", "not_required"))


def _reworded(
    rule: str,
    reason: str,
    why: str,
    old: Callable[[Site], str],
    new: Callable[[Site], str],
    more: Truth | None = None,
) -> Fault:
    """A fault in the text of the report that is due: `old` stands there once, and `new` instead of it."""

    def work(site: Site, truth: Truth) -> None:
        due = site.board["annual_report"].items[0]
        assert due.body.count(old(site)) == 1, why
        due.body = due.body.replace(old(site), new(site))
        truth.update({rule: Expected("fail", why, reason)} | (more or {}))

    return work


def _section(n: int) -> Callable[[Site], str]:
    return lambda site: section(site.unit, site.year_due(), HEADS[n])


FAULTS["report_section_missing"] = _reworded(
    "report.format", "missing:五", "section five is not there", _section(4), lambda site: ""
)
FAULTS["report_disorder"] = _reworded(
    "report.format",
    "disorder",
    "section six stands before section five",
    lambda site: _section(4)(site) + _section(5)(site),
    lambda site: _section(5)(site) + _section(4)(site),
)
FAULTS["report_cell_blank"] = _reworded(
    "report.tables", "blank", "one cell is empty", lambda site: norms(14), lambda site: norms("")
)
FAULTS["report_row_missing"] = _reworded(
    "report.tables",
    "missing:行政强制",
    "the row 行政强制 is not there",
    lambda site: decision("行政强制", 7),
    lambda site: "",
)
FAULTS["report_unbalanced"] = _reworded(
    "report.arithmetic",
    "unbalanced:A1",
    "received and carried over are more than dealt with and left over",
    lambda site: carried_over(1),
    lambda site: carried_over(4),
    {"report.carry_over": Expected("fail", "the year before carried one over, not four", "unbalanced:A5")},
)
FAULTS["report_total_wrong"] = _reworded(
    "report.arithmetic",
    "unbalanced:A4",
    "the total of the reconsiderations is not their sum",
    lambda site: disputes(0),
    lambda site: disputes(3),
)


@fault
def report_scan(site: Site, truth: Truth) -> None:
    """The report is a picture."""
    site.board["annual_report"].items[0].body = "<p><img src='/upload/nb.jpg' width='900' height='6000'></p>"
    _all(truth, CONTENTS, Expected("unknown", "a picture is not read", "table_image"))


# documents and interpretations


@fault
def openness_missing(site: Site, truth: Truth) -> None:
    """One document does not say how it is opened."""
    _paper(site, 1).lacking.add("公开属性")
    truth["document.openness"] = Expected("fail", "one document without 公开属性", "missing:openness")


@fault
def index_missing(site: Site, truth: Truth) -> None:
    """One document has no index number."""
    _paper(site, 3).lacking.add("索引号")
    truth["document.metadata"] = Expected("fail", "one document without 索引号", "missing:index")


@fault
def number_missing(site: Site, truth: Truth) -> None:
    """One document says 无 for its number."""
    _paper(site, 0).prefix = ""
    truth["document.metadata"] = Expected("fail", "one document without 发文字号", "missing:number")


@fault
def papers_by_script(site: Site, truth: Truth) -> None:
    """A script brings the tables of all documents."""
    for n in range(len(site.columns["zcwj"].items)):
        _paper(site, n).by_script = True
    rules = ["document.openness", "document.metadata", "document.not_public", "document.delay"]
    _all(truth, rules, Expected("unknown", "the table is made by a script"))


@fault
def paper_closed(site: Site, truth: Truth) -> None:
    """One published document is marked 依申请公开."""
    _paper(site, 3).opened = "依申请公开"
    truth["document.not_public"] = Expected("fail", "marked as not open to all", "not_public")


@fault
def paper_late(site: Site, truth: Truth) -> None:
    """One document was published three months after its making."""
    _paper(site, 5).lag = 90
    truth["document.delay"] = Expected("fail", "published after 90 days", "late")


def _paper(site: Site, n: int) -> Any:
    return site.columns["zcwj"].items[n].paper


@fault
def interpretation_missing(site: Site, truth: Truth) -> None:
    """One policy is not interpreted."""
    told = site.columns["zcjd"].items.pop()
    for item in site.items():
        item.related = [n for n in item.related if n != told.number]
    truth["interpretation.rate"] = Expected("fail", "one policy without interpretation", "missing")


@fault
def interpretations_plain(site: Site, truth: Truth) -> None:
    """All interpretations are plain text."""
    for item in site.columns["zcjd"].items:
        item.title = f"{item.title.removeprefix('图解：')}政策解读"
        item.body = site.columns["jgzn"].text
    truth["interpretation.diverse"] = Expected("fail", "all are plain text", "too_few")


@fault
def interpretation_plain(site: Site, truth: Truth) -> None:
    """One of three interpretations is plain text: two thirds are less than 90 %."""
    first = site.columns["zcjd"].items[0]
    first.title, first.body = f"{first.title.removeprefix('图解：')}政策解读", site.columns["jgzn"].text
    truth["interpretation.diverse"] = Expected("fail", "one of three is plain text", "too_few")


@fault
def interpretations_by_script(site: Site, truth: Truth) -> None:
    """A script brings the list of interpretations, and no document links to one."""
    site.columns["zcjd"].state = "script"
    for item in site.columns["zcwj"].items:
        item.related = []
    rules = ["interpretation.rate", "interpretation.diverse", "interpretation.fresh"]
    _all(truth, rules, Expected("unknown", "list made by a script", "needs_render"))
    truth["interpretation.delay"] = Expected("na", "no interpretation to time")


# the gazette


def _gazette(site: Site, files: tuple[str, ...]) -> None:
    rows = []
    for n in range(4):
        day = site.today - timedelta(days=20 + 95 * n)
        title = f"{site.owner}公报{day.year}年第{(day.month + 2) // 3}期"
        issue = Item(title, day, 9000 + n, "<p>本期刊登规范性文件三件、人事任免一件。</p>")
        rows.append(replace(issue, files=files))
    site.columns["zfgb"] = Column("zfgb", "政府公报", rows)


def _gazette_fault(files: tuple[str, ...], formats: Expected) -> Fault:
    def work(site: Site, truth: Truth) -> None:
        _gazette(site, files)
        truth["gazette.column"] = Expected("pass", "an issue within a year")
        truth["gazette.formats"] = formats

    return work


FAULTS["gazette"] = _gazette_fault(("pdf", "docx"), Expected("pass", "PDF and Word"))
FAULTS["gazette_pdf_only"] = _gazette_fault(("pdf",), Expected("fail", "no Word", "missing:word"))
FAULTS["gazette_word_dead"] = _gazette_fault(("pdf", "docx!"), Expected("fail", "the Word file is gone", "dead:word"))


# whole sites


def _unseen(site: Site, truth: Truth, why: str, reason: str = "") -> None:
    sure = {"platform.exists", *(GAZETTE if site.group == "department" else ())}
    _all(truth, [rule for rule in truth if rule not in sure], Expected("unknown", why, reason))


@fault
def down(site: Site, truth: Truth) -> None:
    """Nothing listens."""
    site.answer = "down"
    _unseen(site, truth, "the site is down", "refused")
    truth["site.available"] = truth["site.zombie"] = Expected("fail", "refused", "refused")


@fault
def broken(site: Site, truth: Truth) -> None:
    """Every page answers 500."""
    site.answer = "broken"
    _unseen(site, truth, "the site answers 500", "http_error")
    truth["site.available"] = truth["site.zombie"] = Expected("fail", "500", "http_error")


@fault
def challenge(site: Site, truth: Truth) -> None:
    """A bot check answers for every page."""
    site.answer = "challenge"
    _unseen(site, truth, "a bot check answered", "challenge")


@fault
def no_platform(site: Site, truth: Truth) -> None:
    """The registry says 无."""
    site.answer = "down"
    _all(truth, list(truth), Expected("na", "no public platform", "explained_by:platform.exists"))
    _all(truth, GAZETTE, Expected("na", "no site of its own"))
    truth["platform.exists"] = Expected("fail", "无 in the registry")


@fault
def no_address(site: Site, truth: Truth) -> None:
    """Nobody filled the cell in."""
    site.answer = "down"
    _unseen(site, truth, "no address registered", "no_address")
    truth["platform.exists"] = Expected("unknown", "empty cell", "no_address")
