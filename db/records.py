"""What do we keep? Frozen records that the crawler writes and the monitors read.

Instants are aware datetimes (stored in UTC); days are dates in Asia/Shanghai. A record says what was
seen; it never says whether that is good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

SYSTEM = "系统"  # who takes the steps of an alert that follow from a night
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")  # no daylight saving since 1991


def shanghai_day(instant: datetime) -> date:
    """The calendar day in Asia/Shanghai of an aware instant."""
    return instant.astimezone(SHANGHAI).date()


class Outcome(StrEnum):
    """How one fetch ended; the closed set of the design. Only `OK` pages may be read as evidence of content."""

    OK = "ok"
    SOFT_404 = "soft_404"
    HTTP_ERROR = "http_error"
    REFUSED = "refused"
    DNS = "dns"
    TIMEOUT = "timeout"
    TLS = "tls"
    CHALLENGE = "challenge"
    BLOCKED = "blocked"
    MAINTENANCE = "maintenance"
    NEEDS_RENDER = "needs_render"
    TOO_LARGE = "too_large"
    ROBOTS = "robots"
    REDIRECTED_AWAY = "redirected_away"
    HIJACKED = "hijacked"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Unit:
    """One row of `units.csv`. `site` is None when the cell is empty and `""` when the registry says `无`."""

    name: str
    group: str  # county, department, portal
    site: str | None
    board: str | None = None
    reports: str | None = None
    site_code: str | None = None
    annual_report: bool = True
    retrofit: bool | None = None
    self_assessment: bool | None = None
    contact: str | None = None
    source: str = ""  # "units.csv:17"
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def no_platform(self) -> bool:
        """The registry says in so many words that there is no public platform (`无`)."""
        return self.site == ""


@dataclass(frozen=True, slots=True)
class Account:
    """One row of `accounts.csv`. `address` is `source` made absolute (a URL, or a file path for `export`).

    source      as registered, access keys masked; the `target` of media findings
    account_id  the platform's own id (gh_…, uid, sec_uid); names change, ids do not
    state       as filed: "" (nothing said), open, closed
    canary      no unit's account: one known to post daily, which tells whether its source still works; `unit` may be ""
    retrofit, self_assessment  of age-friendliness, as the unit reported; None: nothing reported
    """

    unit: str
    platform: str  # a key of [accounts.platforms] in db/registry.toml
    account: str
    source: str
    address: str
    row: str = ""  # "accounts.csv:3"
    extra: dict[str, str] = field(default_factory=dict)
    account_id: str | None = None
    state: str = ""
    closed_on: date | None = None
    canary: bool = False
    retrofit: bool | None = None
    self_assessment: bool | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    """One request on the way to a page and the head of its answer; `status` is None when nothing answered.

    headers  as received, in their order (Content-Encoding is gone when the body was unpacked)
    sha256   of the body as stored; for a 304, of the stored body that it confirmed
    """

    url: str
    at: datetime
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    sha256: str | None = None
    method: str = "GET"


@dataclass(frozen=True, slots=True)
class Fetch:
    """One page that was asked for, whatever came of it. `id` is 0 until it is stored.

    hops   every address on the way without the first, also one that was not asked (a private target)
    trail  every request that was really made for it, redirects and doors included, in their order
    """

    unit: str
    url: str
    final_url: str
    at: datetime
    outcome: Outcome
    purpose: str  # home probe page link report feed robots soft404 confirm entry
    status: int | None = None
    ms: int = 0
    size: int = 0
    sha256: str | None = None
    content_type: str | None = None
    hops: tuple[str, ...] = ()
    detail: str | None = None  # the words or the error that decided the outcome
    encoding: str | None = None  # charset used and where it came from, "gb18030 (meta)"
    trail: tuple[Hop, ...] = ()
    id: int = 0


@dataclass(frozen=True, slots=True)
class KnownPage:
    """What earlier nights know of one address that answered with a page: the memory behind conditional requests.

    since    first fetch that brought exactly these bytes; readers take its day as their "today"
    full_at  last time the bytes themselves came, not a 304
    readers  version of the readers whose results `facts` are
    facts    JSON text of what the readers said of the page, by reader; None when it was not read
    """

    url: str
    unit: str
    sha256: str
    since: datetime
    full_at: datetime
    seen_at: datetime
    etag: str | None = None
    modified: str | None = None
    content_type: str | None = None
    encoding: str | None = None
    readers: str | None = None
    facts: str | None = None
    stored: bool = True  # the bytes are kept, not only their hash


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a finding points to: the page as fetched, and the words on it that decided.

    For the registry itself `url` is None and `source` says the row ("units.csv:17").
    """

    url: str | None
    fetched_at: datetime | None = None
    status: int | None = None
    sha256: str | None = None
    excerpt: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list: an item with its title, address and the day shown beside it (None: undated).

    `dated_by` says where the day was read: row (shown in the row), url (in the address), file (attachment name).
    """

    title: str
    url: str | None = None
    published: date | None = None
    dated_by: str | None = None
    pinned: bool = False


class Content(StrEnum):
    """What a page that answered holds, template removed (standards 19号-1-D2)."""

    ITEMS = "items"  # a list with rows
    TEXT = "text"  # an article, a form, a table, an embedded document
    LINKS = "links"  # a channel page: links onward to sub-columns
    BLANK = "blank"  # seen whole, and nothing there
    NEEDS_RENDER = "needs_render"  # made by a script that was not run
    UNREAD = "unread"  # the page could not be read: `outcome` or `reader_error` says why


@dataclass(frozen=True, slots=True)
class Column:
    """One column (栏目) of a site as this run saw it.

    role      what its name says it is: board, guide, rules, statutory, catalogue, annual_report, request,
              news, notice, other
    name      the text of the link that leads to it
    url       its address; None when the name stands in a menu without an address
    found_on  home, board, sitemap, page (two clicks away), registry, position, meta
    outcome   of the last fetch; None when it was not tried
    first_outcome  of the first fetch, when a confirming one was made at the end of the run
    content   what the page holds; BLANK only when the page was seen whole
    rows      the dated or undated items in page order (news, notice, annual_report and board lists)
    same_as   address of the column whose items these are, when two addresses show the same list
    outward   the link leaves the site: a link column, never blank
    partial   why rows may be lacking that the page should show (cut off, half rendered), else None
    """

    role: str
    name: str
    url: str | None
    found_on: str
    outcome: Outcome | None = None
    status: int | None = None
    first_outcome: Outcome | None = None
    content: Content = Content.UNREAD
    rows: tuple[Row, ...] = ()
    same_as: str | None = None
    outward: bool = False
    level: int = 1  # 1: linked from the navigation of home or board; 2: below such a page
    note: str | None = None  # reader_error: ..., why the reading is incomplete, page texts that decided
    evidence: Evidence | None = None
    partial: str | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """One visit of the home page that only asks whether the site answers (19号-1-2)."""

    at: datetime
    outcome: Outcome
    status: int | None = None
    ms: int = 0
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate of an https site: ok, expired, not_yet_valid, self_signed, incomplete_chain, wrong_host, untrusted, or
    old_tls when only a lax client can shake hands."""

    state: str
    not_after: datetime
    seen_at: datetime
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Leak:
    """Personal numbers of one kind that stand unmasked on one page. The numbers themselves are never kept.

    kind    identity (居民身份证号), bank (银行卡号), mobile (手机号，旁有私人姓名)
    masked  the first three of them, their middle starred
    count   how many different ones the page shows
    where   the words that say what the number is: a column's head, a label
    """

    kind: str
    url: str
    masked: tuple[str, ...] = ()
    count: int = 0
    where: str = ""
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Injection:
    """Something for gambling, pornography or the like that was put into one page.

    kind    hidden_link, hidden_text, link (visible, to such a site), title (title or description), script, cloak (a script
            that sends only visitors from search engines away)
    words   that decided          host   where it leads, None when it leads nowhere
    count   how many of the kind  markup the first of them as written, cut
    """

    kind: str
    url: str
    words: str = ""
    host: str | None = None
    count: int = 1
    markup: str = ""
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """One named way to reach the unit.

    kind   consult (咨询、信箱、留言), petition (信访、举报), survey (征集、调查), interview (访谈), hub (互动交流)
    how    what its page offers: form, letters, mail, online (a link onward to write), outward (a page of another site)
    works  True: something to write with was seen; False: proven dead or blank; None: could not be told, `why` says why.
           Asked for consult only
    """

    name: str
    url: str | None
    kind: str
    how: str | None = None
    works: bool | None = None
    why: str | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """One published letter. `state` is answered, open (the page says in so many words that no answer was given), unclear."""

    title: str
    url: str | None
    asked: date | None = None
    answered: date | None = None
    state: str = "unclear"
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Interaction:
    """How the public can write to the unit, and what becomes of the letters.

    gaps            why a channel may have been missed, beside `SiteVisit.nav_gaps`
    letters_unseen  why letters that the site publishes were not read; None: read, or it publishes none
    """

    channels: tuple[Channel, ...] = ()
    letters: tuple[Letter, ...] = ()
    gaps: tuple[str, ...] = ()
    letters_unseen: str | None = None


@dataclass(frozen=True, slots=True)
class Apply:
    """How 依申请公开 lets people apply: ways of form, online, download, mail, address, phone.

    unseen      why a way may have been missed; None: the pages were seen whole
    statistics  the sentence that counts the applications, where one is published
    """

    ways: tuple[str, ...] = ()
    unseen: str | None = None
    statistics: str | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Guide:
    """What the 政府信息公开指南 says (条例-12): fields of office, address, hours, phone, internet, fax.

    decrees  numbers of State Council decrees it cites: 711 (the law in force), 492 (the old one)
    day      the day it shows of itself
    unseen   why a field may have been missed (an attachment, a picture); None: its text was read
    """

    fields: tuple[str, ...] = ()
    decrees: tuple[str, ...] = ()
    day: date | None = None
    unseen: str | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Redated:
    """An item whose shown day is later than its first one: that of its address (`address`), or of an earlier night (`night`)."""

    title: str
    url: str
    first: date
    shown: date
    by: str
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class ItemPage:
    """The page of one item of a list that shows no days. `day` is the one that the page shows, None: it shows none either."""

    title: str
    url: str
    column: str
    day: date | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """Smaller marks on the pages of a site; each text is what was seen, None when it was not.

    find_error   the entry 我为政府网站找错       conac  the icon 党政机关 or 事业单位
    search       form, input, link or script     icp_link, police_link  the numbers link to their register
    metas        the standard site tags of the home page by name: SiteName, SiteDomain, SiteIDCode
    untagged     news and notice columns without ColumnName or ColumnType
    work_report  entries named 政府网站工作年度报表: (title, address)
    unseen       why a mark of the head or foot may have been missed
    """

    find_error: str | None = None
    conac: str | None = None
    search: str | None = None
    icp_link: bool = False
    police_link: bool = False
    metas: dict[str, str] = field(default_factory=dict)
    untagged: tuple[str, ...] = ()
    work_report: tuple[tuple[str, str | None], ...] = ()
    unseen: str | None = None
    apply: Apply | None = None
    guide: Guide | None = None
    redated: tuple[Redated, ...] = ()
    items: tuple[ItemPage, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkCheck:
    """One internal link of the home or board page and how it answered; `second` is the confirming visit."""

    url: str
    page: str
    anchor: str
    first: Outcome
    first_status: int | None = None
    second: Outcome | None = None
    second_status: int | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Footer:
    """Marks in the foot of the home page; each value is the text seen, or None. Keys: see MARKS.

    `unseen` is set when the foot is made by a script or frame that was not read, and says which.
    """

    site_code: str | None = None
    icp: str | None = None
    police: str | None = None
    sponsor: str | None = None
    contact: str | None = None
    unseen: str | None = None
    excerpt: str = ""

    MARKS = ("site_code", "icp", "police", "sponsor", "contact")


@dataclass(frozen=True, slots=True)
class TextSize:
    """The visible text of one size and contrast on a page.

    px        CSS pixels as drawn, zoom and scaling counted, to the half
    contrast  of the text with what is behind it (WCAG 2: 1 to 21), cut to a tenth; None: it could not be told (a picture or
              a shade behind it)
    chars     how many characters; words: the first of them
    """

    px: float
    contrast: float | None
    chars: int
    words: str = ""


def usual_px(texts: Sequence[TextSize]) -> float:
    """The size of the character in the middle when all stand in order of size; 0 for no text."""
    left = sum(t.chars for t in texts) / 2
    for text in sorted(texts, key=lambda t: t.px):
        left -= text.chars
        if left <= 0:
            return text.px
    return 0.0


@dataclass(frozen=True, slots=True)
class Floating:
    """A box that stays over the page while that is scrolled.

    kind   moving (it wanders), modal (it lies over the middle of the window), fixed
    host   where its first link leads, or its frame or picture comes from; None: nowhere
    box    left, top, width, height in CSS pixels, in a window of 1366 by 900
    """

    kind: str
    words: str = ""
    host: str | None = None
    picture: bool = False
    link: bool = False
    closable: bool = False
    box: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ElderWalk:
    """What a browser saw when it pressed the switch of the age-friendly version on the home page.

    pressed   words of what was pressed, in order: the switch, then the control of the bar that it opened; empty: nothing
    url       address of the version; None where it is the home page itself
    before    text of the home page; after: once it was pressed; empty: not read
    bar       words of reading controls (放大, 读屏) that came with pressing
    floating  boxes over the version; hosts: foreign hosts that its markup takes scripts, frames, pictures from
    inner     address that a click on a link of the version led to; kept: text there; inner_unseen: as `unseen`, of that page
    unseen    why what was not seen proves nothing (no_switch, foreign_script, an outcome), None: it was seen whole
    axe       version of axe-core whose results are in `ElderEntry.axe`; None: it did not run
    """

    at: datetime
    pressed: tuple[str, ...] = ()
    url: str | None = None
    before: tuple[TextSize, ...] = ()
    after: tuple[TextSize, ...] = ()
    bar: tuple[str, ...] = ()
    floating: tuple[Floating, ...] = ()
    hosts: tuple[str, ...] = ()
    inner: str | None = None
    kept: tuple[TextSize, ...] = ()
    inner_unseen: str | None = None
    unseen: str | None = None
    axe: str | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class AxeResult:
    """What one rule of axe-core says of the home page as it opens.

    outcome  violation, incomplete (a person must look), pass
    nodes    elements it speaks of; where: selector of the first, markup: its beginning
    impact   minor, moderate, serious, critical; None for a pass
    """

    rule: str
    outcome: str
    nodes: int
    impact: str | None = None
    where: str = ""
    markup: str = ""


@dataclass(frozen=True, slots=True)
class ElderEntry:
    """The age-friendly or accessible entry of the home page (适老化、无障碍).

    found   text (a link or button with such words), image (alt or title), script (a known tool), or None
    works   True: the linked version or the script answers; False: proven dead; None: could not be told
    unseen  why the absence of an entry is not proven (script-made header, frame), else None
    walk    what the browser saw, tonight or within the last week; None: no browser
    """

    found: str | None = None
    words: str = ""
    url: str | None = None  # of the linked version, when the entry is a link
    script: str | None = None  # of the tool's script
    works: bool | None = None
    why: str | None = None  # outcome or reason behind `works`
    unseen: str | None = None
    evidence: Evidence | None = None
    walk: ElderWalk | None = None
    axe: tuple[AxeResult, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row of a table of figures.

    id     规章, B3.4.1, 行政复议
    cells  what is printed, by column; "" for an empty cell
    odd    the figure of each cell that is not plain digits: 1,234 is 1234; None where it is none (blank, dash, words)
    """

    id: str
    cells: dict[str, str]
    odd: dict[str, Decimal | None] = field(default_factory=dict)

    def value(self, column: str) -> int | Decimal | None:
        """The figure in that column; None where there is none, or no such column."""
        if column in self.odd or column not in self.cells:
            return self.odd.get(column)
        return int(self.cells[column])


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A statistical table of an annual report, rows in the order of the form.

    kind     A (主动公开), B (申请), C (复议、诉讼)
    missing  ids of rows and names of columns that the form has and this table has not
    """

    kind: str
    rows: tuple[ReportRow, ...]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportBody:
    """What stands in an annual report.

    form      where it was read: html, docx, doc, pdf, xlsx, xls; "" when the form could not be told
    template  the form that its tables follow, 30号 or 60号; None when no table says
    sections  (number 一 to 六, heading as printed) in page order, each section once
    tables    at most one of each kind, A before B before C
    unseen    why something may be there that was not read: needs_render, table_image, parse_empty, encrypted ...; what is
              not in `sections` or `tables` is proven absent only when this is None
    length    characters of section one, tables left out
    said      numbers that section one states in prose: received, reconsideration, litigation, norms
    problems  the words of section five
    fees      the sentence of section six that names 信息处理费
    evidence  of the page or file that was read
    """

    form: str
    template: str | None = None
    sections: tuple[tuple[str, str], ...] = ()
    tables: tuple[ReportTable, ...] = ()
    unseen: str | None = None
    length: int = 0
    said: dict[str, int] = field(default_factory=dict)
    problems: str = ""
    fees: str | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A candidate for the unit's annual report (政府信息公开工作年度报告).

    year     the year reported on
    owner    own, other (a subordinate's or another unit's), unclear
    source   site, board, reports: where its row was found
    dates    each date known for it: {"row":, "shown":, "meta":, "url":} with ISO days
    body     what stands in it; None: it was not read
    """

    title: str
    url: str | None
    year: int | None
    owner: str
    source: str
    dates: dict[str, date] = field(default_factory=dict)
    outcome: Outcome | None = None
    evidence: Evidence | None = None
    body: ReportBody | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """An official document (公文) that the site publishes, as its own page shows it.

    kind          normative (规范性文件), policy (needs an interpretation), official, reply (函复), or other: no official
                  document of this unit after all (news, recruitment, a reprint of a higher government's)
    fields        what the page says by name: index 索引号, number 发文字号, written 成文日期, published 发布日期, publisher
                  发布机构, openness 公开属性, validity 有效性; empty ones (无) are left out, days are ISO
    mark          the words that say how it is opened ("(此件公开发布)"), None when the page has none
    scripted      names of fields that a script of the page fills in; "table" when it makes the whole table
    partial       why the text of the page is not the whole document: attachment_only, picture_only, more_pages, framed,
                  script_made, reader_error
    explained_by  addresses of interpretations that name it or link to it
    links         addresses of interpretations that its page links to; links_unseen: a script brings such links
    outcome       of its page; OK only when it was read, None when there is no page to read (a row that is a file)
    carried       read on an earlier night, not tonight
    """

    title: str
    url: str
    kind: str
    column: str
    published: date | None = None
    fields: dict[str, str] = field(default_factory=dict)
    mark: str | None = None
    scripted: tuple[str, ...] = ()
    partial: str | None = None
    files: tuple[str, ...] = ()
    tail: str = ""
    explained_by: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    links_unseen: bool = False
    outcome: Outcome | None = None
    read_at: datetime | None = None
    carried: bool = False
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Interpretation:
    """An interpretation (政策解读) of the last year.

    forms      text, figure 图解, video 视频, talk 访谈, conference 发布会, cartoon 动漫, audio 音频, h5; empty: not told without
               its page, which was not read
    subject    the core of what it speaks of, to group several interpretations of one document; "" when nothing says it
    names      cores of titles and numbers of documents that its page names
    documents  addresses of the documents that it links to; None: its page was not read
    """

    title: str
    url: str
    column: str
    published: date | None = None
    forms: tuple[str, ...] = ()
    subject: str = ""
    names: tuple[str, ...] = ()
    documents: tuple[str, ...] | None = None
    outcome: Outcome | None = None
    read_at: datetime | None = None
    carried: bool = False
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class GazetteIssue:
    """One issue of the unit's 政府公报. `files` are addresses by form (pdf, word), `reached` says which of them answer.

    year    as its title says, for one without a day        unseen  why its page could not be searched for files
    """

    title: str
    year: int | None
    url: str | None
    published: date | None = None
    files: dict[str, str] = field(default_factory=dict)
    reached: dict[str, bool] = field(default_factory=dict)
    unseen: str | None = None
    carried: bool = False
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class PaperColumn:
    """A column of documents, interpretations, gazettes or topics as this run saw it.

    group   policy, normative, notice (where there is no other), interpretation, gazette, topic
    rows    items read; documents, news: how many of them are titled like a document, like news
    newest  newest day not after tonight; since: the oldest day down to which the list was read without a gap
    whole   the list was read to its end
    unseen  code why it was not read; None: read
    live    topic: an item of the last year was seen, perhaps on an earlier night
    """

    group: str
    name: str
    url: str | None
    outcome: Outcome | None = None
    rows: int = 0
    documents: int = 0
    news: int = 0
    newest: date | None = None
    since: date | None = None
    whole: bool = False
    unseen: str | None = None
    live: bool = False
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Papers:
    """What the night saw of official documents, their interpretations, gazettes and topic columns.

    left  documents of the last year that were listed and not looked at
    """

    columns: tuple[PaperColumn, ...] = ()
    documents: tuple[Document, ...] = ()
    interpretations: tuple[Interpretation, ...] = ()
    issues: tuple[GazetteIssue, ...] = ()
    left: int = 0

    def of_group(self, *groups: str) -> list[PaperColumn]:
        """The columns of these groups in the order of finding."""
        return [c for c in self.columns if c.group in groups]


@dataclass(frozen=True, slots=True)
class SiteVisit:
    """Everything one run saw of one unit's site. Monitors judge this record and nothing else.

    url          the registered address, the `target` of whole-site findings
    home         evidence of the home page; None when nothing answered
    outcome      of the home page after the confirming pass
    content      what the home page holds
    home_rows    dated rows on the home page, banners and footers left out
    navigation_only  fewer than three dated items are visible on the home page (19号-1-D3)
    home_unseen  why the home page's lists are not wholly seen (script-made), else None
    nav_gaps     why the menus are not read in full (script, unlabelled images, frame, budget); empty: read in full
    board        the 政府信息公开 board column, None when none was found
    columns      all other columns, board columns included (roles guide ... request)
    reports_page outcome of the registered `reports` page, None when there is none
    reports_read whether the annual report lists that exist were read to their end
    variants     the other forms of the address (http or https, with or without www) that were tried, with their outcome;
                 the site is judged by the first that answers, the registered one before all
    links_total  internal links eligible for the dead-link check
    cms          family of the content management system, by crawler/cms.toml; None: not told
    left_out     what the budgets cut, in words
    """

    unit: str
    run: int
    url: str
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    status: int | None = None
    home: Evidence | None = None
    content: Content = Content.UNREAD
    home_rows: tuple[Row, ...] = ()
    navigation_only: bool = False
    home_unseen: str | None = None
    nav_gaps: tuple[str, ...] = ()
    board: Column | None = None
    board_gaps: tuple[str, ...] = ()  # the same for the board's own menu
    columns: tuple[Column, ...] = ()
    probes: tuple[Probe, ...] = ()
    variants: tuple[tuple[str, Outcome], ...] = ()
    certificate: Certificate | None = None
    links: tuple[LinkCheck, ...] = ()
    links_total: int = 0
    footer: Footer = field(default_factory=Footer)
    elder: ElderEntry = field(default_factory=ElderEntry)
    reports: tuple[Report, ...] = ()
    reports_page: Outcome | None = None
    reports_read: bool = False
    cms: str | None = None
    explored_at: datetime | None = None  # when menus, site map and neighbours were last searched for columns
    left_out: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()  # reader_error rows: "footer: ValueError ..."
    papers: Papers | None = None  # None: not looked for
    interaction: Interaction | None = None  # None: not looked at
    marks: Marks | None = None  # likewise
    leaks: tuple[Leak, ...] = ()
    injections: tuple[Injection, ...] = ()
    scanned: int = 0  # pages looked through for leaks and injections


@dataclass(frozen=True, slots=True)
class Post:
    """One post of an account; `published` is aware (a naive time is +08:00), None when it shows none.

    id       what the platform calls it, None where it tells none
    replies  official replies seen under it; `replied` is when the newest of them was written
    """

    title: str
    url: str | None
    published: datetime | None
    pinned: bool = False
    repost: bool | None = None
    comments: int | None = None
    replies: int | None = None
    comments_open: bool | None = None
    id: str | None = None
    edited: datetime | None = None
    replied: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A way to be heard or served that an account offers.

    kind   talk (互动、留言、咨询), service (办事、查询), other (a menu item that is neither), bio (contact words in the profile)
    where  menu, reply (automatic), form (a person looked), export
    works  True: its page answered, or it is no link; False: its page is gone, asked twice; None: could not be told
    """

    kind: str
    where: str
    name: str
    url: str | None = None
    works: bool | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a source showed of one account. `status` is of the closed set in STATUSES.

    complete  the source says that there are no older posts than these
    gone      account_gone only: "words" when the source says so in so many words, "status" on a bare 404 or 410,
              "closed" for a lawful closing notice
    since     coverage: whatever was posted from then on (until `until`) is among the posts; None where nothing proves it
    until     the source speaks for the time before this; None: until it was asked
    partial   why newer posts may exist that this source does not show (an album, a single article), else None
    total, followers  counters of the account's profile, a second witness beside the list
    name, verified, verified_reason  of the account as the platform shows it
    looked    ways of interaction that were looked for and wholly seen: comments, replies, menu, messages
    proofs    evidence besides `evidence`: further answers, the picture that a person attached
    """

    unit: str
    account: str
    platform: str
    source: str
    run: int
    at: datetime
    status: str
    posts: tuple[Post, ...] = ()
    complete: bool = False
    gone: str | None = None
    detail: str | None = None
    evidence: Evidence | None = None
    since: datetime | None = None
    until: datetime | None = None
    partial: str | None = None
    total: int | None = None
    followers: int | None = None
    name: str | None = None
    verified: bool | None = None
    verified_reason: str | None = None
    entries: tuple[Entry, ...] = ()
    looked: tuple[str, ...] = ()
    proofs: tuple[Evidence, ...] = ()

    STATUSES = (
        "ok",
        "empty_ok",
        "account_gone",
        "needs_login",
        "challenge",
        "rate_limited",
        "source_stale",
        "parse_error",
        "network_error",
    )


@dataclass(frozen=True, slots=True)
class Filing:
    """One account as the national reporting system (全国政务新媒体信息报送系统) lists it; people's names and numbers are left out.

    sponsor    主办单位 as written; `unit` is the registered unit that it is or belongs to, "" for none
    platform   a key of [accounts.platforms] in db/registry.toml, "other" for one that is not known there
    state      "" (nothing said), open, closed
    spoilt_id  the id as it stands where Excel destroyed it (1.23E+17); `account_id` is None then
    """

    unit: str
    sponsor: str
    platform: str
    account: str
    account_id: str | None = None
    spoilt_id: str | None = None
    supervisor: str | None = None
    level: str | None = None
    state: str = ""
    opened_on: date | None = None
    filed_on: date | None = None
    closed_on: date | None = None
    followers: int | None = None
    code: str | None = None
    row: str = ""  # "filing.xls:3"


@dataclass(frozen=True, slots=True)
class Incident:
    """A fault of our own, not of a unit: a frozen collector, a suspect run.

    kind     suspect_run, canary_stale, canary_failed, frozen_together, gone_together, refused_together, template_changed,
             platform_down, unfinished, disk_low, facts_broken, job_failed
    subject  what has the fault: a collector, the address of a site, a platform, "run", "disk", "parts", or job:<name>
    """

    kind: str
    subject: str
    detail: str
    opened_at: datetime
    last_seen_at: datetime
    closed_at: datetime | None = None
    run: int | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One night's job. `state` is running, finished, failed or suspect; `until` is the end of its window."""

    id: int
    started_at: datetime
    finished_at: datetime | None = None
    state: str = "running"
    kind: str = "night"  # night, only (a part of the registry), accounts (no sites; not judged by itself)
    note: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One verdict on one target by one rule, as exported (contract: findings)."""

    unit: str
    group: str
    target: str
    rule: str
    verdict: str  # pass fail unknown na
    reason: str | None
    value: Any
    threshold: Any
    points: Any  # Decimal
    cite: str
    checked_at: datetime
    evidence: tuple[Evidence, ...] = ()
    account: str | None = None
    faults: int = 0  # how many faults a line with `each` counts
    carried: bool = False
    id: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """One line of the score table (contract: scores)."""

    unit: str
    group: str
    full: Any
    online: Any | None
    rank: int | None
    veto: tuple[str, ...]
    special: str | None
    coverage: float
    deductions: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a person should look at (contract: alerts).

    days     first days whose runs saw it since it was last well: two make it sure
    rule     of the finding that raised it last; its account likewise
    opened   it was more than suspected at some time
    due      while rectifying: the last day of the time given, Asia/Shanghai
    expires  while dismissed: the last day on which the dismissal holds
    moved_at, moved_by, moved_why  when, by whom (SYSTEM: a night) and why it came into its state
    """

    unit: str
    target: str
    kind: str
    severity: str
    state: str
    opened_at: datetime
    last_seen_at: datetime
    reason: str | None
    evidence: tuple[Evidence, ...] = ()
    days: tuple[date, ...] = ()
    id: int = 0
    rule: str = ""
    account: str | None = None
    opened: bool = False
    due: date | None = None
    expires: date | None = None
    moved_at: datetime | None = None
    moved_by: str = ""
    moved_why: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """What a person decided about an alert, or about a finding that raises none. It is never changed, only followed.

    target   of the finding              kind     of the alert; None: there is none
    rule     of the finding; None: every finding that raises this alert (needs_manual_check)
    action   a key of monitors/acts.toml
    run      the last judged run when it was decided: it comes after what that night saw (0: before the first)
    due      rectify: last day of the time given     expires  dismiss: last day on which it holds
    grounds  dismiss: what the person saw (`monitors.exceptions.grounds`)
    verdict  dismiss: what the person says the verdict should be: pass, unknown or na
    finding  number of the finding that was looked at, 0 where none was
    """

    unit: str
    target: str
    action: str
    who: str
    at: datetime
    why: str
    kind: str | None = None
    rule: str | None = None
    run: int = 0
    due: date | None = None
    expires: date | None = None
    grounds: tuple[str, ...] = ()
    verdict: str | None = None
    finding: int = 0
    id: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One change of an alert's state. `before` is "" for a new alert; `corrected`: the same night was judged again."""

    alert: int
    at: datetime
    before: str
    after: str
    who: str
    why: str
    run: int = 0
    corrected: bool = False
    id: int = 0
