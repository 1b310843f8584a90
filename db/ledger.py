"""Who did what, and when? Every step that a person or a night took, of whatever kind, in one order.

Each kind is one query over its own table with the same columns; nothing is copied, so the ledger cannot differ from what it lists. A
person's act on an alert stands there once, as the review that it is; the steps of alerts are the nights' own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from db.codec import instant_text
from db.records import SYSTEM

# kind: at, id, who, unit, what (a code), of (what a link leads to), subject (its number), why. `what` and `why` may be JSON text.
_SOURCES = {
    "review": "SELECT at, id, who, unit, action AS what, iif(json_extract(record, '$.finding') > 0, 'finding', '') AS of,"
    " json_extract(record, '$.finding') AS subject, json_extract(record, '$.why') AS why FROM review",
    "alert": "SELECT s.at, s.id, s.who, a.unit, s.after AS what, 'alert' AS of, s.alert AS subject, s.why"
    f" FROM alert_step s JOIN alert a ON a.id = s.alert WHERE s.who = '{SYSTEM}'",
    "appeal": "SELECT s.at, s.id, s.who, a.unit, s.action AS what, 'appeal' AS of, a.id AS subject, s.why"
    " FROM appeal_step s JOIN appeal a ON a.id = s.appeal",
    "recheck": "SELECT asked_at AS at, id, who, unit, state AS what, 'recheck' AS of, id AS subject, note AS why FROM recheck",
    "notice": f"SELECT d.begun_at AS at, d.id, '{SYSTEM}' AS who, n.receiver AS unit, coalesce(d.outcome, 'unsure') AS what,"
    " '' AS of, n.id AS subject, n.subject || iif(d.detail IS NULL, '', '：' || d.detail) AS why"
    " FROM sending d JOIN notice n ON n.id = d.notice",
    "registry": "SELECT at, id, who, '' AS unit, kind || ':' || way AS what, '' AS of, id AS subject,"
    " (SELECT group_concat(c, '；') FROM (SELECT json_extract(value, '$.row') ||"
    " iif(json_extract(value, '$.column') = '', '', ' ' || json_extract(value, '$.column')) ||"
    " '：' || coalesce(nullif(json_extract(value, '$.before'), ''), '（空）') || ' → ' ||"
    " coalesce(nullif(json_extract(value, '$.after'), ''), '（空）') AS c FROM json_each(cells) LIMIT 20)) AS why"
    " FROM registry_change",
    "period": "SELECT at, id, who, '' AS unit, 'opened' AS what, '' AS of, id AS subject, name AS why FROM period"
    " UNION ALL SELECT at, id, json_extract(record, '$.who'), unit, 'check', '', period,"
    " json_extract(record, '$.rule') || ' ' || json_extract(record, '$.verdict') FROM period_check"
    " UNION ALL SELECT at, id, json_extract(record, '$.who'), unit, 'adjustment', '', period,"
    " json_extract(record, '$.points') || '：' || json_extract(record, '$.why') FROM period_adjustment"
    " UNION ALL SELECT json_extract(statement, '$.at'), period, json_extract(statement, '$.who'), '', 'seal', '', period,"
    " NULL FROM period_seal",
    "sign_in": "SELECT at, id, coalesce(nullif(who, ''), name) AS who, '' AS unit, outcome AS what, '' AS of, id AS subject,"
    " iif(who = name OR who = '', '', name) || iif(origin = '', '', '（' || origin || '）') AS why FROM sign_in",
    "token": "SELECT t.made_at AS at, 2 * t.id AS id, t.made_by AS who, '' AS unit, 'made' AS what, '' AS of, t.id AS subject,"
    " u.name || ' ' || t.name AS why FROM token t JOIN user u ON u.id = t.user UNION ALL"
    " SELECT t.ended_at, 2 * t.id + 1, t.ended_by, '', 'ended', '', t.id, u.name || ' ' || t.name"
    " FROM token t JOIN user u ON u.id = t.user WHERE t.ended_at IS NOT NULL",
}
KINDS = tuple(_SOURCES)
PRIVATE = ("sign_in", "token")  # kinds that administrators alone see
_ROW = "at, id, who, unit, what, of, subject, why"


@dataclass(frozen=True, slots=True)
class Entry:
    """One step.

    kind  one of KINDS          what  a code of that kind          id  within its kind
    of, subject  alert, finding, appeal or recheck that it is about, with its number; "" for anything else
    """

    at: datetime
    kind: str
    id: int
    who: str
    unit: str
    what: str
    of: str
    subject: int
    why: str

    @property
    def key(self) -> str:
        """Where it stands in the order: what comes after it in the list has a smaller one."""
        return f"{instant_text(self.at)} {KINDS.index(self.kind):02d} {self.id:012d}"


def entries(
    db: Database,
    *,
    most: int,
    kinds: Collection[str] = KINDS,
    unit: str | None = None,
    who: str | None = None,
    people: bool = False,
    before: str = "",
) -> list[Entry]:
    """The newest steps first, at most so many, of these kinds; of that unit and by that person where they are given.

    people  leave out what the nights did
    before  key of the last one that is known: the list goes on after it
    """
    found: list[Entry] = []
    for kind in kinds:
        where, given = ["at IS NOT NULL"], list[str]()
        if before:
            where.append("at <= ?")  # the rest of the key is compared below
            given.append(before.split(" ")[0])
        for column, value in (("unit", unit), ("who", who)):
            if value is not None:
                where.append(f"{column} = ?")
                given.append(value)
        if people:
            where.append(f"who <> '{SYSTEM}'")
        sql = f"SELECT {_ROW} FROM ({_SOURCES[kind]}) WHERE {' AND '.join(where)} ORDER BY at DESC, id DESC"
        taken = 0
        for at, id_, by, of_unit, what, of, subject, why in db.execute(sql, given):
            one = Entry(datetime.fromisoformat(at), kind, id_, by or "", of_unit, what, of, subject or 0, why or "")
            if before and one.key >= before:
                continue
            found.append(one)
            if (taken := taken + 1) >= most:
                break
    return sorted(found, key=lambda e: e.key, reverse=True)[:most]


def names(db: Database) -> Sequence[str]:
    """Everybody who decided something, appealed, or may sign in, by name."""
    rows = db.execute(
        "SELECT who FROM review UNION SELECT who FROM appeal_step UNION SELECT name FROM user UNION SELECT who FROM registry_change"
        " ORDER BY 1"
    ).fetchall()
    return [who for (who,) in rows if who]
