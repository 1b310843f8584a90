"""What does the API answer with? Names and forms are those of `wangkao export`: instants ISO 8601 with +08:00, points as numbers.

A key that an export leaves out where it says nothing (`account`, `carried`) is left out here as well.
"""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Number = int | float
Item = TypeVar("Item")


class Model(BaseModel):
    """One object of an answer."""

    model_config = ConfigDict(extra="forbid")


class Page(Model, Generic[Item]):
    """A part of a list; `next` is the cursor of the part after it, null at the end."""

    items: list[Item]
    next: str | None = Field(description="下一页的 after 参数；没有下一页时为 null")


class Problem(Model):
    """Why there is no answer."""

    detail: str


class Me(Model):
    """Whose token it is, and what stands behind it."""

    user: str
    role: Literal["unit", "viewer", "reviewer", "administrator"]
    unit: str | None
    version: str
    judged_at: str | None = Field(description="最近一次判定所据的时刻")


class EvidenceOut(Model):
    """One piece of evidence, as exported."""

    url: str | None
    source: str | None = None
    fetched_at: str | None
    status: int | None
    sha256: str | None
    excerpt: str | None


class EvidenceMeta(EvidenceOut):
    """The same with its place and whether the page is stored."""

    n: int
    stored: bool


class FindingOut(Model):
    """One finding, as exported."""

    id: int
    unit: str
    group: str
    target: str
    rule: str
    verdict: Literal["pass", "fail", "unknown", "na"]
    reason: str | None
    value: Any
    threshold: Any
    points: Number
    cite: str
    checked_at: str
    evidence: list[EvidenceOut]
    account: str | None = None
    carried: bool | None = None


class ScoreOut(Model):
    """One line of the score table, as exported."""

    unit: str
    group: str
    full: Number
    online: Number | None
    rank: int | None
    veto: list[str]
    special: str | None
    coverage: float
    deductions: list[dict[str, Any]]


class MarkOut(Model):
    """What one night made of a unit."""

    as_of: str
    full: Number
    online: Number | None
    rank: int | None
    coverage: float
    special: str | None


class AlertOut(Model):
    """One alert, as exported."""

    id: int
    unit: str
    target: str
    kind: str
    severity: Literal["high", "medium", "low"]
    state: str
    opened_at: str
    last_seen_at: str
    reason: str | None
    evidence: list[EvidenceOut]


class StepOut(Model):
    """One change of an alert's state."""

    at: str
    before: str
    after: str
    who: str
    why: str


class AlertWhole(AlertOut):
    """One alert with its steps, oldest first, and the last days of what was set."""

    due: str | None
    expires: str | None
    steps: list[StepOut]


class UnitOut(Model):
    """One registered unit; `site` is `无` where it has no public platform, null where nobody filled it in."""

    unit: str
    group: str
    site: str | None
    board: str | None
    reports: str | None
    site_code: str | None
    annual_report: bool
    retrofit: bool | None
    self_assessment: bool | None


class AccountOut(Model):
    """One registered account."""

    unit: str
    platform: str
    account: str
    source: str
    account_id: str | None
    state: str
    closed_on: str | None


class AppealOut(Model):
    """One appeal of a unit."""

    id: int
    unit: str
    rule: str
    target: str
    account: str | None
    finding: int
    filed_at: str
    who: str
    text: str
    state: Literal["open", "withdrawn", "upheld", "rejected"]
    ended_at: str | None


class RecheckOut(Model):
    """One targeted look at a unit."""

    id: int
    unit: str
    asked_at: str
    who: str
    of: str
    subject: int
    rule: str
    target: str
    state: str
    ended_at: str | None
    run: int | None
    before: str | None = Field(description="复查前的结论")
    after: str | None = Field(description="复查后的结论")


class RunOut(Model):
    """One run."""

    id: int
    kind: str
    state: str
    started_at: str
    finished_at: str | None
    note: str | None
    tasks: int
    done: int
    left: int
    sites: int
    answered: int
    units: int
    coverage: float | None


class JobOut(Model):
    """One time that the timetable started something."""

    id: int
    name: str
    started_at: str
    finished_at: str | None
    state: str
    note: str | None


class HostOut(Model):
    """The requests to one host on one day."""

    host: str
    requests: int
    unchanged: int
    refused: int
    silent: int
    first: str
    last: str
    gap: float | None


class RuleOut(Model):
    """One rule, as `wangkao rules --format jsonl` without its documentation, and the findings of the last judging by verdict."""

    id: str
    title: str
    theme: str
    cite: list[str]
    threshold: dict[str, Any] | None
    points: float
    state: Literal["scored", "trial", "planned"]
    veto: bool
    policy: str | None
    precision: int | None = Field(description="判为不合格的有百分之几确实不合格（虚构城市上测得）")
    recall: int | None
    measured: int = Field(description="标注数")
    counts: dict[str, int]


class IncidentOut(Model):
    """A fault of our own."""

    id: int
    kind: str
    subject: str
    detail: str
    opened_at: str
    last_seen_at: str
    closed_at: str | None
    run: int | None


class EntryOut(Model):
    """One step that somebody took."""

    at: str
    kind: str
    id: int
    who: str
    unit: str
    what: str
    words: str
    of: str
    subject: int
    why: str
