"""What must a crawl process know of a database that stands on another machine? A small one of its own, only to be read."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from sqlite_utils import Database

from db.codec import dump
from db.facts import open_database

_TAKEN = (
    "INSERT INTO extract.unit SELECT name, position, json_remove(record, '$.contact', '$.extra') FROM unit",
    "INSERT INTO extract.account SELECT * FROM account",
    "INSERT INTO extract.page SELECT * FROM page WHERE unit IN (SELECT value FROM json_each(?))",
    "INSERT INTO extract.body SELECT * FROM body WHERE sha256 IN (SELECT sha256 FROM extract.page)",
    "INSERT INTO extract.visit SELECT * FROM visit v WHERE unit IN (SELECT value FROM json_each(?)) AND confirmed = 1"
    " AND run = (SELECT max(run) FROM visit w WHERE w.unit = v.unit AND w.confirmed = 1)",
)


def extract(db: Database, path: Path, units: Collection[str]) -> None:
    """Write to the new file `path` what a crawl of these units reads: the registry without keys and without people, the pages
    known of their sites with their bodies, their last confirmed visits."""
    open_database(path).close()
    names = dump(list(units))
    db.execute("ATTACH DATABASE ? AS extract", (str(path),))
    try:
        db.conn.execute("BEGIN")
        for statement in _TAKEN:
            db.conn.execute(statement, (names,) if "?" in statement else ())
        db.conn.commit()
    except BaseException:
        db.conn.rollback()
        raise
    finally:
        db.execute("DETACH DATABASE extract")
