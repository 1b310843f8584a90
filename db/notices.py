"""What was to be told to whom, and what became of it? An outbox: a notice is a row, and so is every attempt to send it.

An attempt is written down before it is made. One that has no outcome was cut off and is not made again: what is in doubt is not
sent twice, and its contents come once more in the receiver's next notice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlite_utils import Database

from db.codec import dump, instant_text, load

TABLES = (
    """CREATE TABLE notice (
        id INTEGER PRIMARY KEY AUTOINCREMENT, receiver TEXT NOT NULL, day TEXT NOT NULL, made_at TEXT NOT NULL,
        subject TEXT NOT NULL, body TEXT NOT NULL, items TEXT NOT NULL, UNIQUE (receiver, day)
    ) STRICT""",
    """CREATE TABLE sending (
        id INTEGER PRIMARY KEY AUTOINCREMENT, notice INTEGER NOT NULL REFERENCES notice(id), channel TEXT NOT NULL,
        number INTEGER NOT NULL, begun_at TEXT NOT NULL, ended_at TEXT, outcome TEXT, detail TEXT,
        UNIQUE (notice, channel, number)
    ) STRICT""",
)
SENT, FAILED, UNSURE = "sent", "failed", "unsure"
Key = tuple[str, str, str]  # unit, kind, target


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that a notice tells: that this is in that state. Told once, and again when the state is another."""

    unit: str
    kind: str  # of an alert, warning:<rule>, or incident:<kind>
    target: str
    state: str

    @property
    def key(self) -> Key:
        """What it is about."""
        return self.unit, self.kind, self.target


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one receiver; a receiver has one a day (`day`, Asia/Shanghai). `id` is 0 until it is stored."""

    receiver: str
    day: date
    made_at: datetime
    subject: str
    body: str
    items: tuple[Told, ...] = ()
    id: int = 0


@dataclass(frozen=True, slots=True)
class Sending:
    """One attempt (`number` from 1) over one of the receiver's channels. `outcome`: sent, failed, unsure, None while it is made."""

    notice: int
    channel: str
    number: int
    begun_at: datetime
    ended_at: datetime | None = None
    outcome: str | None = None
    detail: str | None = None
    id: int = 0


def save_notice(db: Database, notice: Notice) -> Notice | None:
    """The notice with its number; None when the receiver has one of that day already. Within a transaction."""
    made = db.execute(
        "INSERT OR IGNORE INTO notice (receiver, day, made_at, subject, body, items) VALUES (?, ?, ?, ?, ?, ?)",
        (
            notice.receiver,
            notice.day.isoformat(),
            instant_text(notice.made_at),
            notice.subject,
            notice.body,
            dump(notice.items),
        ),
    )
    return replace(notice, id=int(made.lastrowid or 0)) if made.rowcount else None


def newest_notices(db: Database) -> list[Notice]:
    """The newest notice of each receiver; an older one that could not be sent is superseded by it."""
    rows = db.execute(
        "SELECT receiver, day, made_at, subject, body, items, id FROM notice"
        " WHERE id IN (SELECT max(id) FROM notice GROUP BY receiver) ORDER BY id"
    ).fetchall()
    return [
        Notice(
            receiver,
            date.fromisoformat(day),
            datetime.fromisoformat(made),
            subject,
            body,
            load(tuple[Told, ...], items),
            id_,
        )
        for receiver, day, made, subject, body, items, id_ in rows
    ]


def told(db: Database, receiver: str) -> dict[Key, str]:
    """What the receiver was told last of each thing, by notices that went out over at least one channel."""
    rows = db.execute(
        "SELECT items FROM notice n WHERE receiver = ? AND EXISTS"
        " (SELECT 1 FROM sending s WHERE s.notice = n.id AND s.outcome = 'sent') ORDER BY id",
        (receiver,),
    )
    return {item.key: item.state for (items,) in rows for item in load(tuple[Told, ...], items)}


def sendings(db: Database, notices: Iterable[int]) -> list[Sending]:
    """The attempts to send these notices, in their order."""
    wanted = [int(n) for n in notices]
    rows = db.execute(
        "SELECT notice, channel, number, begun_at, ended_at, outcome, detail, id FROM sending"
        f" WHERE notice IN ({', '.join('?' * len(wanted))}) ORDER BY id",
        wanted,
    ).fetchall()
    return [
        Sending(
            notice,
            channel,
            number,
            datetime.fromisoformat(begun),
            datetime.fromisoformat(ended) if ended else None,
            outcome,
            detail,
            id_,
        )
        for notice, channel, number, begun, ended, outcome, detail, id_ in rows
    ]


def begin_sending(db: Database, sending: Sending) -> Sending | None:
    """The attempt with its number; None when another process makes or made it. Within a transaction."""
    made = db.execute(
        "INSERT OR IGNORE INTO sending (notice, channel, number, begun_at) VALUES (?, ?, ?, ?)",
        (sending.notice, sending.channel, sending.number, instant_text(sending.begun_at)),
    )
    return replace(sending, id=int(made.lastrowid or 0)) if made.rowcount else None


def end_sending(db: Database, sending: Sending) -> None:
    """Write down how the attempt ended. Within a transaction."""
    ended = instant_text(sending.ended_at) if sending.ended_at else None
    db.execute(
        "UPDATE sending SET ended_at = ?, outcome = ?, detail = ? WHERE id = ?",
        (ended, sending.outcome, sending.detail, sending.id),
    )


def give_up_broken(db: Database, *, before: datetime) -> None:
    """Attempts begun before then that never came to an end were cut off: `unsure`. Within a transaction."""
    db.execute("UPDATE sending SET outcome = 'unsure' WHERE outcome IS NULL AND begun_at < ?", (instant_text(before),))
