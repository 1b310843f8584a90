"""What do people do with a period: open it, look where we could not, adjust, seal, correct, verify?"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.metadata import version

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlite_utils import Database

from db import appeals, facts, findings, periods, reviews
from db.codec import load, plain
from db.periods import Addendum, Adjustment, Check, Frozen, Period
from db.records import shanghai_day
from monitors import period
from monitors.digest import reason_words
from monitors.period import Blocker, Standing
from monitors.rubric import Rubric, load_rubric, parse_rubric, rubric_text
from schedules.period import Assessment, Open, PeriodProblem, UnitAssessment, assessed, named

ZERO = Decimal(0)


class Blocked(PeriodProblem):
    """The period cannot be sealed yet; `blockers` says what is left to look at."""

    def __init__(self, message: str, blockers: Sequence[Blocker]) -> None:
        super().__init__(message)
        self.blockers = tuple(blockers)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line of the sheet of checks by hand: what a person is to look at, since when it was not seen, and why."""

    unit: str
    rule: str
    title: str
    target: str
    account: str | None
    since: date | None
    reason: str
    site: str


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a sealed period is what it was: what was looked at, and what is wrong, one Chinese sentence each."""

    lines: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


def open_period(
    db: Database,
    name: str,
    first: date,
    last: date,
    *,
    rubric: str | None = None,
    two: bool = False,
    who: str,
    at: datetime | None = None,
) -> Period:
    """Open a period; one of that name that is open gets these days and this rubric.

    rubric  name or file; None: the one by which nights are judged. Any other must have been tried on the stored nights
            (`wangkao backtest`), exactly as it is now.
    Raises PeriodProblem, RubricError.
    """
    if not name.strip() or first > last:
        raise PeriodProblem("考核期要有名称，且起始日不晚于截止日。")
    text = rubric_text(rubric or load_rubric().name)
    law = parse_rubric(text, rubric or "")
    period.modes(law)
    with facts.writing(db):
        known = periods.period_named(db, name)
        if known is not None and known.sealed:
            raise PeriodProblem(f"{known.words}：已封存，不能改动。更正用 wangkao period addendum。")
        if known is not None and (periods.checks(db, known) or periods.adjustments(db, known)):
            raise PeriodProblem(f"考核期 {name} 已有人工核查或加减分记录，不能再改日期和细则。请另开一个考核期。")
        sha256 = periods.digest_text(text)
        if text != rubric_text(load_rubric().name) and periods.backtest_of(db, sha256) is None:
            raise PeriodProblem(
                f"细则 {law.name}（{sha256[:12]}）没有在已存的夜间数据上试判过。请先运行 wangkao backtest --rubric {rubric}，"
                "看清它会改变哪些结论。"
            )
        return periods.save_period(
            db,
            name.strip(),
            first,
            last,
            rubric=law.name,
            rubric_text=text,
            two=two,
            who=who,
            at=at or datetime.now(UTC),
        )


def wanted(db: Database, known: Period) -> list[Wanted]:
    """What must be looked at by hand before the period can be sealed, in the order of the blockers.

    A unit that was not seen as a whole comes with each of its lines that nothing is known of.
    """
    work = Open(db, known)
    lines = {unit.name: work.lines(unit) for unit in work.units}
    sites = {unit.name: unit.site or "" for unit in work.units}
    blockers = work.blockers(lines)
    own = {(b.unit, b.rule) for b in blockers}
    found: list[Wanted] = []
    for b in (b for b in blockers if b.kind != "appealed"):  # which a reviewer decides
        left = _left(b, lines[b.unit], work.rubric, known.last) if b.rule is None else []
        for rule in [b.rule] if b.rule else [rule for rule in left if (b.unit, rule) not in own]:
            title = work.rubric.lines[rule].title
            found.append(
                Wanted(b.unit, rule, title, b.target or "", b.account, b.since, because(b, work.rubric), sites[b.unit])
            )
    return found


def because(blocker: Blocker, rubric: Rubric) -> str:
    """Why it was not seen, or what is to be done, in Chinese."""
    if blocker.kind == "appealed":
        return "请先在审核台“申诉”页裁决"
    code, _, rule = (blocker.reason or "").partition(":")
    if code == "explained_by" and rule in rubric.lines:
        return f"“{rubric.lines[rule].title}”不合格，尚未确认"
    return reason_words(blocker.reason) if blocker.reason else "看到的夜数不足一半"


def _left(blocker: Blocker, lines: Sequence[Standing], rubric: Rubric, last: date) -> list[str]:
    """The lines that a blocker of a whole unit stands for, but for those that have blockers of their own."""
    if blocker.kind == "not_visited":
        return [line.rule for line in lines if period.is_stale(line, rubric, last)]
    return [
        line.rule
        for line in lines
        if rubric.lines[line.rule].points
        and period.counts(line, rubric)
        and line.decided is not None
        and line.decided < 1
    ]


def add_checks(db: Database, known: Period, checks: Sequence[Check], *, at: datetime | None = None) -> None:
    """Add what people saw. Raises PeriodProblem for a sealed period."""
    with facts.writing(db):
        _must_be_open(db, known)
        periods.save_checks(db, known, checks, at=at or datetime.now(UTC))


def adjust(
    db: Database,
    known: Period,
    unit: str,
    points: Decimal,
    *,
    who: str,
    why: str,
    proof: str,
    at: datetime | None = None,
) -> Adjustment:
    """Give (or with negative points take) points besides the rules. Raises PeriodProblem where something is missing."""
    made = Adjustment(unit, points, who.strip(), why.strip(), proof.strip(), at or datetime.now(UTC))
    with facts.writing(db):
        _must_be_open(db, known)
        _must_be_told(db, known, unit, points, made.who, made.why, made.proof)
        periods.save_adjustment(db, known, made)
    return made


def _must_be_open(db: Database, known: Period) -> None:
    now = named(db, known.name)
    if now.sealed:
        raise PeriodProblem(f"{now.words}：已封存，不能改动。更正用 wangkao period addendum。")


def _must_be_told(db: Database, known: Period, unit: str, points: Decimal, who: str, why: str, proof: str) -> None:
    group = {u.name: u.group for u in facts.units(db)}.get(unit)
    full = parse_rubric(known.rubric_text, known.rubric).full.get(group or "")
    if full is None:
        raise PeriodProblem(f"登记表里没有参加考核的单位「{unit}」。请核对单位名称。")
    if not (who and why and proof):
        raise PeriodProblem("必须写明经办人、理由和凭据（文号或文件）。")
    if not points or abs(points) > full or points != points.quantize(Decimal("0.01")):
        raise PeriodProblem(f"分数 {points} 不对：不为 0，最多两位小数，绝对值不超过满分 {full}。")


def seal(db: Database, known: Period, *, who: str, key: Ed25519PrivateKey, at: datetime | None = None) -> Period:
    """Close the period: registry, rubric, nights, findings, reviews, checks, adjustments and scores are frozen under one digest,
    which the installation signs. The same database gives the same digest, whoever seals it and when.

    Raises Blocked while something must be looked at, PeriodProblem before the period is over.
    """
    now = at or datetime.now(UTC)
    if not who.strip():
        raise PeriodProblem("必须写明封存人。")
    with facts.writing(db):
        _must_be_open(db, known)
        if shanghai_day(now) <= known.last:
            raise PeriodProblem(f"考核期 {known.name} 到 {known.last} 才结束，其后才能封存。")
        work = Open(db, known, keep=True)
        made = work.assessment()
        if made.blockers:
            words = f"考核期 {known.name} 还有 {len(made.blockers)} 处待人工核查或裁决，不能封存。"
            raise Blocked(words, made.blockers)
        rows = list(_frozen(db, work, made))
        statement = periods.canonical(
            {
                "period": known.name,
                "first": known.first,
                "last": known.last,
                "rubric": known.rubric,
                "rubric_sha256": known.rubric_sha256,
                "digest": periods.digest_of(rows),
                "at": now,
                "who": who.strip(),
                "version": version("wangkao"),
            }
        )
        periods.save_seal(db, known, rows, statement=statement, **_signed(statement, key))
    return named(db, known.name)


def _frozen(db: Database, work: Open, made: Assessment) -> Iterator[Frozen]:
    """Everything that the scores rest on, as rows of canonical JSON."""
    known = work.period
    mine = {unit.name for unit in work.units}
    parts: dict[str, Iterable[object]] = {
        "adjustment": periods.adjustments(db, known),
        "appeal": appeals.open_appeals(db),
        "check": periods.checks(db, known),
        "period": [
            {"name": known.name, "first": known.first, "last": known.last, "two": known.two, "nights": made.nights}
        ],
        "registry": [
            *({**plain(u), "contact": None, "extra": {}} for u in facts.units(db)),
            *(plain(a) for a in facts.accounts(db)),
        ],
        "review": [r for r in reviews.reviews(db) if r.unit in mine],
        "rubric": [{"name": known.rubric, "text": known.rubric_text}],
        "score": made.units,
    }
    for part, records in parts.items():
        for n, record in enumerate(records):
            yield Frozen(part, n, periods.canonical(record))
    yield from work.kept


def add_addendum(
    db: Database,
    known: Period,
    unit: str,
    points: Decimal,
    *,
    who: str,
    why: str,
    proof: str,
    key: Ed25519PrivateKey,
    at: datetime | None = None,
) -> Addendum:
    """Correct a sealed period by a signed statement that hangs on the one before it; the sealed rows stay as they are.

    unit    "" for a statement about no one unit, with points 0
    Raises PeriodProblem where the period is open or something is missing.
    """
    with facts.writing(db):
        now = named(db, known.name)
        if now.seal is None:
            raise PeriodProblem(f"考核期 {known.name} 还没有封存，可以直接改正，不需要更正。")
        if points or unit:
            ranked = {u.unit for u in assessed(db, now).units}
            if unit not in ranked:
                raise PeriodProblem(f"考核期 {known.name} 中没有单位「{unit}」。请核对单位名称。")
        if not (who.strip() and why.strip() and proof.strip()):
            raise PeriodProblem("必须写明经办人、理由和凭据（文号或文件）。")
        before = periods.addenda(db, now)
        statement = periods.canonical(
            {
                "period": now.name,
                "number": len(before) + 1,
                "unit": unit,
                "points": points,
                "who": who.strip(),
                "why": why.strip(),
                "proof": proof.strip(),
                "at": at or datetime.now(UTC),
                "before": before[-1].digest if before else now.seal.digest,
            }
        )
        periods.save_addendum(db, now, len(before) + 1, statement=statement, **_signed(statement, key))
        return periods.addenda(db, now)[-1]


def verify(db: Database, known: Period, *, public_key: str | None = None) -> Verified:
    """Take the digest of a sealed period anew and compare: rows, signatures, corrections, ledgers, and the findings it rests on.

    public_key  of this installation, base64; None: not known
    Raises PeriodProblem where the period is open.
    """
    if known.seal is None:
        raise PeriodProblem(f"考核期 {known.name} 还没有封存。")
    lines, problems = [], []
    rows = list(periods.frozen(db, known))
    digest = periods.digest_of(rows)
    lines.append(f"封存 {len(rows)} 行，重新计算的摘要 {digest}")
    if digest != known.seal.digest:
        problems.append(f"摘要不符：封存时为 {known.seal.digest}，有行被改动、增加或删除。")
    said = json.loads(known.seal.statement)
    row = {
        "period": known.name,
        "first": str(known.first),
        "last": str(known.last),
        "rubric_sha256": known.rubric_sha256,
    }
    problems += [f"封存声明中的 {key} 与现在的不同。" for key, value in row.items() if said[key] != value]
    before = known.seal.digest
    if not _holds(known.seal.statement, known.seal.signature, known.seal.public_key):
        problems.append("封存声明的签名无效。")
    for addendum in periods.addenda(db, known):
        if addendum.before != before or not _holds(addendum.statement, addendum.signature, addendum.public_key):
            problems.append(f"更正第{addendum.number}号的签名或次序无效。")
        before = addendum.digest
    for key in dict.fromkeys([known.seal.public_key, *(a.public_key for a in periods.addenda(db, known))]):
        if public_key is not None and key != public_key:
            problems.append("签名所用的密钥不是本系统现在的密钥。如曾更换密钥，请与当时公布的公钥核对。")
    problems += _changed(db, rows)
    lines.append(f"签名人公钥 {known.seal.public_key}，{known.seal.who} 于 {shanghai_day(known.seal.at)} 封存")
    return Verified(tuple(lines), tuple(problems))


def _changed(db: Database, rows: Sequence[Frozen]) -> list[str]:
    """What the frozen rows do not agree on, among themselves and with the findings that are still stored."""
    found = []
    for row in rows:
        if row.part == "finding" and row.finding is not None:
            now = findings.finding_by_id(db, row.finding)
            if now is not None and periods.canonical(now) != row.record:
                found.append(f"结论 {row.finding} 与封存时的不同。")
        elif row.part == "score":
            unit = load(UnitAssessment, row.record)
            total = unit.full + sum((e.points for e in unit.ledger), ZERO)
            if unit.online is not None and total != unit.online:
                found.append(f"{unit.unit} 的扣分明细加起来不是其得分。")
    return found


def _signed(statement: str, key: Ed25519PrivateKey) -> dict[str, str]:
    return {
        "signature": base64.b64encode(key.sign(statement.encode())).decode(),
        "public_key": public_text(key.public_key()),
    }


def public_text(key: Ed25519PublicKey) -> str:
    """A public key as it stands in a seal."""
    return base64.b64encode(key.public_bytes_raw()).decode()


def _holds(statement: str, signature: str, key: str) -> bool:
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
        public.verify(base64.b64decode(signature), statement.encode())
    except (InvalidSignature, ValueError):
        return False
    return True
