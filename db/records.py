"""What do we keep? Frozen records that the crawler writes and the monitors read.

Instants are aware datetimes (stored in UTC); days are dates in Asia/Shanghai. A record says what was
seen; it never says whether that is good.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

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
    """One row of `accounts.csv`. `address` is `source` made absolute (a URL, or a file path for `export`)."""

    unit: str
    platform: str  # weibo wechat douyin kuaishou toutiao bilibili feed export
    account: str
    source: str  # as registered; the `target` of media findings
    address: str
    row: str = ""  # "accounts.csv:3"
    extra: dict[str, str] = field(default_factory=dict)


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
class ElderEntry:
    """The age-friendly or accessible entry of the home page (适老化、无障碍).

    found   text (a link or button with such words), image (alt or title), script (a known tool), or None
    works   True: the linked version or the script answers; False: proven dead; None: could not be told
    unseen  why the absence of an entry is not proven (script-made header, frame), else None
    """

    found: str | None = None
    words: str = ""
    url: str | None = None  # of the linked version, when the entry is a link
    script: str | None = None  # of the tool's script
    works: bool | None = None
    why: str | None = None  # outcome or reason behind `works`
    unseen: str | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A candidate for the unit's annual report (政府信息公开工作年度报告).

    year     the year reported on
    owner    own, other (a subordinate's or another unit's), unclear
    source   site, board, reports: where its row was found
    dates    each date known for it: {"row":, "shown":, "meta":, "url":} with ISO days
    """

    title: str
    url: str | None
    year: int | None
    owner: str
    source: str
    dates: dict[str, date] = field(default_factory=dict)
    outcome: Outcome | None = None
    evidence: Evidence | None = None


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


@dataclass(frozen=True, slots=True)
class Post:
    """One post of an account; `published` is aware (a naive time is +08:00), None when it shows none."""

    title: str
    url: str | None
    published: datetime | None
    pinned: bool = False
    repost: bool | None = None
    comments: int | None = None
    replies: int | None = None  # official replies
    comments_open: bool | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a source showed of one account. `status` is of the closed set in STATUSES.

    complete  the source says that there are no older posts than these
    gone      account_gone only: "words" when the source says so in so many words, "status" on a bare 404 or 410,
              "closed" for a lawful closing notice
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
class Run:
    """One night's job. `state` is running, finished, failed or suspect."""

    id: int
    started_at: datetime
    finished_at: datetime | None = None
    state: str = "running"
    kind: str = "night"  # night, only (a part of the registry)
    note: str | None = None


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
    """Something a person should look at (contract: alerts)."""

    unit: str
    target: str
    kind: str
    severity: str
    state: str
    opened_at: datetime
    last_seen_at: datetime
    reason: str | None
    evidence: tuple[Evidence, ...] = ()
    days: tuple[date, ...] = ()  # days of runs that saw it, while suspected
    id: int = 0
