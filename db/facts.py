"""What was seen, and when? SQL lives here behind a name that says the question."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from db.bodies import digest, pack, size, unpack
from db.codec import dump, instant_text, load
from db.migrations import schema
from db.posts import merge_posts, save_posts
from db.records import Account, Fetch, Hop, KnownPage, Outcome, Probe, Run, SiteVisit, Snapshot, Unit, shanghai_day
from db.registry import masked

_BUSY_MS = 30_000  # the desk and the night may write at one time
_FETCH = "run, unit, url, final_url, at, purpose, outcome, status, ms, size, sha256, content_type, encoding, hops, detail, trail"
_NEWER_PAGE = "ON CONFLICT (url) DO UPDATE SET " + ", ".join(
    f"{column} = excluded.{column}"
    for column in [
        "unit",
        "sha256",
        "since",
        "full_at",
        "seen_at",
        "etag",
        "modified",
        "content_type",
        "encoding",
        "readers",
    ]
)
_NEWER_PAGE += (
    ", facts = CASE WHEN excluded.facts IS NOT NULL THEN excluded.facts"
    " WHEN excluded.sha256 = page.sha256 AND excluded.readers IS page.readers THEN page.facts END"
)
_NEWER_PAGE += " WHERE (excluded.seen_at, excluded.unit) >= (page.seen_at, page.unit)"
_NEWER_VISIT = (  # a confirmed visit is never replaced by half of one
    "ON CONFLICT (unit, run) DO UPDATE SET finished_at = excluded.finished_at, outcome = excluded.outcome,"
    " fetches = excluded.fetches, confirmed = excluded.confirmed, status = excluded.status, broken = excluded.broken,"
    " zstd = excluded.zstd"
    " WHERE (excluded.confirmed, excluded.finished_at) >= (visit.confirmed, visit.finished_at)"
)


class DatabaseProblem(Exception):
    """The database file cannot be used; the message says why and what to do, in Chinese."""


class DatabaseTooNew(DatabaseProblem):
    """The file was written by a newer version of wangkao."""


def open_database(path: Path | str, *, create: bool = True) -> Database:
    """The database at `path` (or ":memory:"), brought to the present schema; WAL, short transactions.

    Raises DatabaseTooNew when a migration in it is unknown here, DatabaseProblem when the file is no SQLite
    database, its folder is missing, or `create` is False and there is none; sqlite3.OperationalError when the disk is full.
    """
    in_memory = str(path) == ":memory:"
    if not in_memory and not Path(path).exists():
        if not create:
            raise DatabaseProblem(f"数据库 {path} 不存在。请先运行 wangkao run，或用 --db 指明位置。")
        if not Path(path).resolve().parent.is_dir():
            raise DatabaseProblem(
                f"数据库所在文件夹 {Path(path).parent} 不存在。请先建立该文件夹，或用 --db 换一个位置。"
            )
    try:
        connection = sqlite3.connect(str(path), timeout=_BUSY_MS / 1000, check_same_thread=False)
        db = Database(connection)
        db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        known = {m.name for m in schema.pending(Database(memory=True))}
        applied = {m.name for m in schema.applied(db)}
        if applied - known:
            raise DatabaseTooNew(
                f"数据库 {path} 由更新版本的 wangkao 写成（含 {', '.join(sorted(applied - known))}）。"
                "请升级本程序，或换用另一个数据库文件；该文件未作任何改动。"
            )
        if not in_memory:
            db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        if known - applied:
            schema.apply(db)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL):  # the disk, not the file
            raise
        raise DatabaseProblem(f"{path} 不能作为数据库使用（{error}）。请检查文件，或用 --db 换一个位置。") from error
    return db


@contextmanager
def writing(db: Database) -> Iterator[None]:
    """One short write transaction, begun as a writer so that a second writer waits instead of failing."""
    if db.conn.in_transaction:
        yield
        return
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.conn.rollback()
        raise
    db.conn.commit()


# registry


def save_registry(db: Database, units: Sequence[Unit], accounts: Sequence[Account]) -> None:
    """Replace the registry by these rows, in their order."""
    with writing(db):
        db.execute("DELETE FROM unit")
        db.execute("DELETE FROM account")
        db.conn.executemany("INSERT INTO unit VALUES (?, ?, ?)", [(u.name, n, dump(u)) for n, u in enumerate(units)])
        db.conn.executemany(
            "INSERT INTO account VALUES (?, ?, ?, ?, ?)",
            [(a.unit, a.source, a.account, n, dump(_without_keys(a))) for n, a in enumerate(accounts)],
        )


def _without_keys(account: Account) -> Account:
    return replace(account, address=masked(account.address)) if "://" in account.address else account


def units(db: Database) -> list[Unit]:
    """All registered units in the order of the registry."""
    return [load(Unit, text) for (text,) in db.execute("SELECT record FROM unit ORDER BY position")]


def accounts(db: Database) -> list[Account]:
    """All registered accounts in the order of the registry."""
    return [load(Account, text) for (text,) in db.execute("SELECT record FROM account ORDER BY position")]


# runs


def begin_run(db: Database, *, at: datetime, kind: str, until: datetime | None = None) -> Run:
    """A new run row in state `running`; `until` is the end of its window."""
    with writing(db):
        made = db.execute(
            "INSERT INTO run (started_at, state, kind, until) VALUES (?, 'running', ?, ?)",
            (instant_text(at), kind, instant_text(until) if until else None),
        )
        return Run(id=int(made.lastrowid or 0), started_at=at, kind=kind, until=until)


def take_up_run(db: Database, run: int) -> None:
    """A run that was cut off is running again."""
    with writing(db):
        db.execute("UPDATE run SET state = 'running', finished_at = NULL, note = NULL WHERE id = ?", (run,))


def end_run(db: Database, run: int, *, at: datetime, state: str, note: str | None = None) -> None:
    """Close the run with `state` finished, failed or suspect."""
    with writing(db):
        db.execute(
            "UPDATE run SET finished_at = ?, state = ?, note = ? WHERE id = ?", (instant_text(at), state, note, run)
        )


def note_run(db: Database, run: int, note: str) -> None:
    """What is to be known of a run while it works, in Chinese; its end puts another in its place, or none."""
    with writing(db):
        db.execute("UPDATE run SET note = ? WHERE id = ?", (note, run))


def latest_run(db: Database) -> Run | None:
    """The newest run over sites, in whatever state; None in a fresh database."""
    return next(_runs(db, "WHERE kind <> 'accounts' ORDER BY id DESC LIMIT 1"), None)


def runs_in(db: Database, *states: str) -> list[Run]:
    """The runs in one of these states, oldest first."""
    marks = ", ".join("?" * len(states))
    return list(_runs(db, f"WHERE state IN ({marks}) ORDER BY id", states))


def newest_instant(db: Database) -> datetime | None:
    """The newest moment that the database knows of; a clock that shows an earlier one was set back."""
    rows = db.execute(
        "SELECT max(started_at) FROM run UNION SELECT max(finished_at) FROM run UNION SELECT max(at) FROM probe"
        " UNION SELECT max(made_at) FROM judging UNION SELECT max(started_at) FROM job"
    ).fetchall()
    return max((datetime.fromisoformat(at) for (at,) in rows if at), default=None)


def run_of(db: Database, run: int) -> Run | None:
    """The run with that id, or None."""
    return next(_runs(db, f"WHERE id = {int(run)}"), None)


def _runs(db: Database, where: str, given: Sequence[Any] = ()) -> Iterator[Run]:
    sql = f"SELECT id, started_at, finished_at, state, kind, note, until FROM run {where}"
    for id_, started, finished, state, kind, note, until in db.execute(sql, given).fetchall():
        end, over = (datetime.fromisoformat(at) if at else None for at in (finished, until))
        yield Run(id_, datetime.fromisoformat(started), end, state, kind, note, over)


# what was seen


def save_visit(
    db: Database,
    visit: SiteVisit,
    fetches: Iterable[Fetch],
    bodies: dict[str, bytes],
    pages: Iterable[KnownPage] = (),
    *,
    last: bool = True,
) -> None:
    """Store one site whole: visit, probes, fetch rows, new bodies (see `save_bodies`), known pages, in one transaction.

    last  the visit was confirmed: nothing more comes of this site in this run
    """
    rows = list(fetches)
    with writing(db):
        save_fetches(db, visit.run, rows)
        save_bodies(db, bodies)
        save_pages(db, pages)
        db.execute(
            "INSERT OR REPLACE INTO visit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                visit.run,
                visit.unit,
                instant_text(visit.finished_at),
                visit.outcome,
                len(rows),
                last,
                visit.status,
                bool(visit.errors),
                pack(dump(visit).encode()),
            ),
        )
        db.conn.executemany(
            "INSERT OR REPLACE INTO probe (unit, url, at, outcome, status, ms, detail, run) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (visit.unit, visit.url, instant_text(p.at), p.outcome, p.status, p.ms, p.detail, visit.run)
                for p in visit.probes
            ],
        )


def save_snapshot(db: Database, snapshot: Snapshot, fetches: Iterable[Fetch], bodies: dict[str, bytes]) -> None:
    """Store what one source showed of one account."""
    with writing(db):
        save_fetches(db, snapshot.run, fetches)
        save_bodies(db, bodies)
        db.execute(
            "INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                snapshot.run,
                snapshot.unit,
                snapshot.source,
                snapshot.account,
                instant_text(snapshot.at),
                snapshot.status,
                dump(snapshot),
                snapshot.total,
            ),
        )
        save_posts(db, snapshot)


def save_fetches(db: Database, run: int, fetches: Iterable[Fetch]) -> None:
    """Append fetch rows to the run."""
    db.conn.executemany(
        f"INSERT OR IGNORE INTO fetch ({_FETCH}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                run,
                f.unit,
                f.url,
                f.final_url,
                instant_text(f.at),
                f.purpose,
                f.outcome,
                f.status,
                f.ms,
                f.size,
                f.sha256,
                f.content_type,
                f.encoding,
                dump(f.hops) if f.hops else None,
                f.detail,
                dump(f.trail) if f.trail else None,
            )
            for f in fetches
        ],
    )


def fetches(db: Database, unit: str, *, run: int) -> list[Fetch]:
    """Every page that the run asked for on the unit's behalf, oldest first."""
    sql = f"SELECT id, {_FETCH} FROM fetch WHERE unit = ? AND run = ? ORDER BY at, id"
    return [_fetch(row) for row in db.execute(sql, (unit, run))]


def _fetch(row: Sequence[Any]) -> Fetch:
    (
        id_,
        _,
        unit,
        url,
        final_url,
        at,
        purpose,
        outcome,
        status,
        ms,
        size_,
        sha256,
        kind,
        encoding,
        hops,
        detail,
        trail,
    ) = row
    return Fetch(
        unit,
        url,
        final_url,
        datetime.fromisoformat(at),
        Outcome(outcome),
        purpose,
        status,
        ms,
        size_,
        sha256,
        kind,
        load(tuple[str, ...], hops) if hops else (),
        detail,
        encoding,
        load(tuple[Hop, ...], trail) if trail else (),
        id_,
    )


def save_pages(db: Database, pages: Iterable[KnownPage]) -> None:
    """Remember pages by their address; the one seen last stays, in whatever order they come."""
    db.conn.executemany(
        f"INSERT INTO page VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) {_NEWER_PAGE}",
        [
            (
                p.url,
                p.unit,
                p.sha256,
                instant_text(p.since),
                instant_text(p.full_at),
                instant_text(p.seen_at),
                p.etag,
                p.modified,
                p.content_type,
                p.encoding,
                p.readers,
                pack(p.facts.encode()) if p.facts is not None else None,
            )
            for p in pages
        ],
    )


def known_pages(db: Database, units: Iterable[str]) -> dict[str, KnownPage]:
    """The pages known of these units' sites, by address; their `facts` come with `page_facts`."""
    found: dict[str, KnownPage] = {}
    sql = (
        "SELECT url, unit, sha256, since, full_at, seen_at, etag, modified, content_type, encoding, readers,"
        " EXISTS (SELECT 1 FROM body WHERE body.sha256 = page.sha256) FROM page WHERE unit = ?"
    )
    for unit in units:
        for url, of, sha256, since, full_at, seen_at, *rest, stored in db.execute(sql, (unit,)):
            first, full, seen = map(datetime.fromisoformat, (since, full_at, seen_at))
            etag, modified, kind, encoding, readers = rest
            found[url] = KnownPage(
                url, of, sha256, first, full, seen, etag, modified, kind, encoding, readers, stored=bool(stored)
            )
    return found


def page_facts(db: Database, url: str) -> str | None:
    """What the readers said of the known page, as JSON text; None when it was never read."""
    row = db.execute("SELECT facts FROM page WHERE url = ?", (url,)).fetchone()
    return unpack(row[0]).decode() if row and row[0] is not None else None


def merge(db: Database, part: Path | str) -> None:
    """Take over everything that one crawl process wrote to the file `part`, in one transaction.

    Merging is idempotent and has no order: the same files merged twice or in another order give the same database.
    """
    open_database(part, create=False).close()
    db.execute("ATTACH DATABASE ? AS part", (str(part),))
    try:
        with writing(db):
            db.execute(f"INSERT OR IGNORE INTO fetch ({_FETCH}) SELECT {_FETCH} FROM part.fetch ORDER BY id")
            db.execute("INSERT OR IGNORE INTO body SELECT * FROM part.body")
            db.execute(f"INSERT INTO visit SELECT * FROM part.visit WHERE true {_NEWER_VISIT}")
            for table in ("snapshot", "probe"):
                db.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM part.{table}")
            db.execute(f"INSERT INTO page SELECT * FROM part.page WHERE true {_NEWER_PAGE}")
            merge_posts(db)
    finally:
        db.execute("DETACH DATABASE part")


def save_bodies(db: Database, bodies: dict[str, bytes]) -> None:
    """Store bodies, compressed with zstandard, by the sha256 of what they unpack to; a stored one costs nothing."""
    db.conn.executemany(
        "INSERT OR IGNORE INTO body VALUES (?, ?, ?)",
        [(sha256, size(packed), packed) for sha256, packed in bodies.items()],
    )


def body(db: Database, sha256: str) -> bytes | None:
    """The stored body with that hash, or None. Raises DatabaseProblem when the bytes no longer match the hash."""
    row = db.execute("SELECT zstd FROM body WHERE sha256 = ?", (sha256,)).fetchone()
    if row is None:
        return None
    found = unpack(row[0])
    if digest(found) != sha256:
        raise DatabaseProblem(f"正文 {sha256} 已损坏：内容与摘要不符。请从备份恢复数据库。")
    return found


def visit_in(packed: bytes) -> SiteVisit:
    """The visit behind a cell `visit.zstd`."""
    return load(SiteVisit, unpack(packed))


def visit_of_run(db: Database, unit: str, *, run: int) -> SiteVisit | None:
    """What that run saw of the unit's site; None when it did not finish the site."""
    row = db.execute("SELECT zstd FROM visit WHERE unit = ? AND run = ?", (unit, run)).fetchone()
    return visit_in(row[0]) if row else None


def requests_last(db: Database) -> dict[str, int]:
    """How many pages each unit's site was asked for at its newest confirmed visit."""
    rows = db.execute(
        "SELECT v.unit, (SELECT count(*) FROM fetch f WHERE f.unit = v.unit AND f.run = v.run) FROM"
        " (SELECT unit, max(run) AS run FROM visit WHERE confirmed = 1 GROUP BY unit) v"
    )
    return dict(rows.fetchall())


def finished_units(db: Database, run: int) -> set[str]:
    """Units whose site that run has visited and confirmed."""
    return {unit for (unit,) in db.execute("SELECT unit FROM visit WHERE run = ? AND confirmed = 1", (run,))}


def visits(db: Database, unit: str) -> Iterator[SiteVisit]:
    """Every confirmed visit of the unit's site, oldest first."""
    for (packed,) in db.execute("SELECT zstd FROM visit WHERE unit = ? AND confirmed = 1 ORDER BY run", (unit,)):
        yield visit_in(packed)


def last_visit(db: Database, unit: str) -> SiteVisit | None:
    """The newest confirmed visit of the unit's site, or None: half of one is never judged."""
    sql = "SELECT zstd FROM visit WHERE unit = ? AND confirmed = 1 ORDER BY run DESC LIMIT 1"
    row = db.execute(sql, (unit,)).fetchone()
    return visit_in(row[0]) if row else None


def visits_by_day(db: Database, unit: str, *, until: int, days: int) -> list[SiteVisit]:
    """The visits that found the unit's home page, up to that run, oldest first: the newest of each of the last `days` days.

    A day is the one on which the run began, Asia/Shanghai.
    """
    rows = db.execute(
        "SELECT v.run, r.started_at FROM visit v JOIN run r ON r.id = v.run"
        " WHERE v.unit = ? AND v.run <= ? AND v.outcome = 'ok' AND v.confirmed = 1 ORDER BY v.run DESC LIMIT ?",
        (unit, until, 10 * days),
    ).fetchall()
    newest: dict[date, int] = {}
    for run, started in rows:
        newest.setdefault(shanghai_day(datetime.fromisoformat(started)), run)
    chosen = [visit_of_run(db, unit, run=run) for run in list(newest.values())[:days]]
    return [visit for visit in reversed(chosen) if visit is not None]


def last_snapshots(db: Database, account: Account) -> tuple[Snapshot | None, Snapshot | None]:
    """What the account's source showed when it was last asked, and when last asked on an earlier day; None: never."""
    whose = (account.unit, account.source, account.account)
    where = "FROM snapshot WHERE unit = ? AND source = ? AND account = ?"
    rows = db.execute(f"SELECT run, at {where} ORDER BY run DESC LIMIT 60", whose).fetchall()
    days = [shanghai_day(datetime.fromisoformat(at)) for _, at in rows]
    before = next((run for (run, _), day in zip(rows, days, strict=True) if day < days[0]), None)

    def shown(run: int) -> Snapshot:
        return load(Snapshot, db.execute(f"SELECT record {where} AND run = ?", (*whose, run)).fetchone()[0])

    return shown(rows[0][0]) if rows else None, shown(before) if before is not None else None


def answers_of(db: Database, account: Account, *, since: datetime) -> list[tuple[datetime, int | None]]:
    """When the account's source answered well since then, oldest first, with the counter of the profile (None: not told)."""
    rows = db.execute(
        "SELECT at, total FROM snapshot WHERE unit = ? AND source = ? AND account = ? AND at >= ? AND status = 'ok'"
        " ORDER BY at",
        (account.unit, account.source, account.account, instant_text(since)),
    )
    return [(datetime.fromisoformat(at), total) for at, total in rows]


def first_answers(db: Database, *, since: datetime, until: datetime) -> dict[tuple[str, str, str], datetime]:
    """When each source first answered well in that time, by (unit, source, account)."""
    rows = db.execute(
        "SELECT unit, source, account, min(at) FROM snapshot WHERE at >= ? AND at < ? AND status = 'ok'"
        " GROUP BY unit, source, account",
        (instant_text(since), instant_text(until)),
    )
    return {(unit, source, account): datetime.fromisoformat(at) for unit, source, account, at in rows}


def probes_of_week(db: Database, unit: str, *, until: datetime) -> list[Probe]:
    """The probes of the unit's site that count in the seven days that end with `until`, oldest first."""
    since = instant_text(until - timedelta(days=7))
    rows = db.execute(
        "SELECT at, outcome, status, ms, detail FROM probe WHERE unit = ? AND at > ? AND at <= ? AND dropped IS NULL"
        " ORDER BY at",
        (unit, since, instant_text(until)),
    )
    return [
        Probe(datetime.fromisoformat(at), Outcome(outcome), status, ms, why) for at, outcome, status, ms, why in rows
    ]


def probes_of(db: Database, unit: str) -> list[Probe]:
    """All probes of the unit's site that count, oldest first."""
    rows = db.execute(
        "SELECT at, outcome, status, ms, detail FROM probe WHERE unit = ? AND dropped IS NULL ORDER BY at", (unit,)
    )
    return [
        Probe(datetime.fromisoformat(at), Outcome(outcome), status, ms, why) for at, outcome, status, ms, why in rows
    ]


@dataclass(frozen=True, slots=True)
class Ending:
    """How one confirmed visit ended: outcome and status of the home page, whether a reader broke on some page."""

    outcome: Outcome
    status: int | None
    broken: bool


def endings(db: Database, run: int) -> dict[str, Ending]:
    """How the confirmed visits of that run ended, by unit."""
    rows = db.execute(
        "SELECT unit, outcome, status, broken FROM visit WHERE run = ? AND confirmed = 1 ORDER BY unit", (run,)
    )
    return {unit: Ending(Outcome(outcome), status, bool(broken)) for unit, outcome, status, broken in rows}


def answered_before(db: Database, *, run: int) -> dict[str, bool]:
    """For each unit with a confirmed visit before `run`: whether its site answered at the newest one that counts.

    A suspect run does not count, nor one whose probes of the site were dropped because its platform was down.
    """
    rows = db.execute(
        "SELECT v.unit, v.outcome FROM (SELECT w.unit, max(w.run) AS run FROM visit w JOIN run r ON r.id = w.run"
        " WHERE w.run < ? AND w.confirmed = 1 AND r.state <> 'suspect' AND NOT EXISTS"
        " (SELECT 1 FROM probe p WHERE p.unit = w.unit AND p.run = w.run AND p.dropped IS NOT NULL) GROUP BY w.unit) last"
        " JOIN visit v ON v.unit = last.unit AND v.run = last.run",
        (run,),
    )
    return {unit: outcome == Outcome.OK for unit, outcome in rows}
