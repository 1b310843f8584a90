"""What of the database may anybody see? A copy that holds only what publish.toml names, masked, with a datasette configuration.

Nothing is copied as it stands: each row of the new file is made from the expressions of the allow-list, and every text loses what looks
like a number of a person on its way.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import tomllib
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlite_utils import Database

from desk.files import replacing
from desk.office import opened
from desk.shell import UNUSABLE, Db, app, database, err, fail, must_end, writing
from monitors import catalogue
from monitors.rubric import load_rubric

# An ASCII letter or digit beside a run makes it something else: a hash, an id of a page
_PERSON = re.compile(
    r"(?<![0-9A-Za-z])("
    r"[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"  # resident identity
    r"|[1-9]\d{15,18}"  # bank card
    r"|(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"  # mobile
    r"|0\d{2,3}[- ]\d{7,8}"  # landline
    r")(?![0-9A-Za-z])"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LONG = re.compile(r"\d{5,}")
_KEY = re.compile(r"(?i)([?&;](?:[\w-]*(?:token|key|secret|sign|ticket|session)[\w-]*|sid|auth)=)[^&#;]*")
_LOGIN = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its SQL, what it means, and whether it holds words of a page."""

    name: str
    sql: str
    label: str
    help: str = ""
    excerpt: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """One table of the copy."""

    name: str
    label: str
    help: str
    rows: str
    columns: tuple[Column, ...]
    facets: tuple[str, ...] = ()


_RULE = Shown(
    "rule",
    "规则",
    "判定所依的规则，取自现行标准。",
    "",
    (
        Column("id", "", "规则"),
        Column("title", "", "名称"),
        Column("cite", "", "依据"),
        Column("points", "", "分值", "十分制"),
        Column("state", "", "状态", "scored 计分，trial 试行，planned 待实现"),
    ),
    ("state",),
)


def masked(value: Any, *, excerpt: bool = False) -> Any:
    """A text without numbers of persons, mail addresses, and keys in addresses; anything else as it is.

    excerpt  the words of a page: every run of five or more digits is starred
    """
    if not isinstance(value, str):
        return value
    said = _LOGIN.sub("", _KEY.sub(r"\1***", value))
    said = _MAIL.sub("***", _PERSON.sub("***", said))
    return _LONG.sub("***", said) if excerpt else said


def publish(db: Database, out: Path) -> list[tuple[Shown, int]]:
    """Write the copy and return each table with its number of rows; an old copy is replaced once the new one is whole.

    The file is read-only, in one piece (no WAL beside it). Raises OSError.
    """
    done: list[tuple[Shown, int]] = []
    with replacing(out) as path:
        path.unlink()
        with closing(sqlite3.connect(path)) as new:
            new.execute("PRAGMA journal_mode = OFF")
            for table in tables():
                done.append((table, _copy(db, new, table)))
            rows = [
                (r["id"], r["title"], "；".join(r["cite"]), r["points"], r["state"])
                for r in catalogue.rows(load_rubric())
            ]
            _fill(new, _RULE, rows)
            done.append((_RULE, len(rows)))
            new.execute("CREATE INDEX finding_of_judging ON finding (judging, unit)")
            new.commit()
            new.execute("VACUUM")
    os.chmod(out, 0o444)
    return done


def _copy(db: Database, new: sqlite3.Connection, table: Shown) -> int:
    chosen = ", ".join(f"{c.sql} AS {_quoted(c.name)}" for c in table.columns)
    rows = [
        tuple(masked(value, excerpt=c.excerpt) for c, value in zip(table.columns, row, strict=True))
        for row in db.execute(f"SELECT {chosen} FROM {table.rows}")
    ]
    _fill(new, table, rows)
    return len(rows)


def _fill(new: sqlite3.Connection, table: Shown, rows: list[tuple[Any, ...]]) -> None:
    names = [_quoted(c.name) for c in table.columns]
    new.execute(f"CREATE TABLE {table.name} ({', '.join(names)})")
    new.executemany(f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(names))})", rows)


def _quoted(name: str) -> str:
    return f'"{name}"'


def configuration(name: str) -> dict[str, Any]:
    """What datasette shows beside the file of that name: labels, facets, queries, all in Chinese."""
    described = {
        t.name: {
            "title": t.label,
            "description": t.help,
            "facets": list(t.facets),
            "columns": {c.name: "：".join(filter(None, (c.label, c.help))) for c in t.columns},
        }
        for t in (*tables(), _RULE)
    }
    queries = {key: {"title": q["title"], "sql": q["sql"]} for key, q in _data()["query"].items()}
    return {
        "title": "政务公开网上考核数据",
        "description": "夜间监测的结论、得分和预警。未经复核的数据不是考核的正式结果。",
        "databases": {name: {"tables": described, "queries": queries}},
    }


def dictionary(path: Path) -> str:
    """The data dictionary of the copy in Markdown, from the schema of the file itself. Raises KeyError for what nobody described."""
    known = {t.name: t for t in (*tables(), _RULE)}
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
        parts = [
            "# 数据字典",
            f"由 `wangkao publish` 从 {path.name} 的表结构生成。时刻都是 UTC；个人信息已去除或遮盖。",
        ]
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid").fetchall():
            table = known[name]
            described = {c.name: c for c in table.columns}
            (count,) = db.execute(f"SELECT count(*) FROM {name}").fetchone()
            lines = [
                f"## {name} {table.label}",
                f"{table.help}共 {count} 行。",
                "| 列 | 含义 | 说明 |\n| --- | --- | --- |",
            ]
            for _, column, *_ in db.execute(f"PRAGMA table_info({name})").fetchall():
                lines[-1] += f"\n| `{column}` | {described[column].label} | {described[column].help} |"
            parts += lines
        parts.append("## 查询")
        parts.append("\n".join(f"- `{key}`：{q['title']}" for key, q in _data()["query"].items()))
    return "\n\n".join(parts) + "\n"


def tables() -> tuple[Shown, ...]:
    """The tables of the copy that come from tables of the database, in their order."""
    return tuple(
        Shown(
            name,
            row["label"],
            row["help"],
            row["from"],
            tuple(
                Column(key, c["sql"], c["label"], c.get("help", ""), c.get("excerpt", False))
                for key, c in row["columns"].items()
            ),
            tuple(row.get("facets", ())),
        )
        for name, row in _data()["table"].items()
    )


def never() -> tuple[str, ...]:
    """Words that no column of the copy may be named by."""
    return tuple(_data()["never"])


@app.command("publish")
def publish_(
    out_: Annotated[Path, typer.Option("--out", help="写入的 SQLite 文件，如 公布.db")],
    db: Db = None,
) -> None:
    """做一份可以公布的只读数据库：不含个人信息，附 datasette 配置和数据字典。"""
    source = database(db)
    must_end(out_, ".db", ".sqlite")
    if out_.exists() and source.exists() and out_.samefile(source):
        fail(UNUSABLE, f"{out_} 就是工作数据库。请换一个文件名，以免覆盖。")
    if out_.exists() and not _is_copy(out_):
        fail(UNUSABLE, f"{out_} 不是以前公布的文件。请换一个文件名，以免覆盖。")
    with writing(out_):
        done = opened(source, lambda d: publish(d, out_))
        name = out_.stem
        beside = {
            f"{name}.metadata.json": json.dumps(configuration(name), ensure_ascii=False, indent=2) + "\n",
            f"{name}.md": dictionary(out_),
        }
        for file, text in beside.items():
            with replacing(out_.with_name(file)) as path:
                path.write_text(text, "utf-8")
    said = "，".join(f"{table.label} {count}" for table, count in done)
    err.print(f"已写入 {out_}、{'、'.join(beside)}：{said}", markup=False, soft_wrap=True)
    err.print(
        f"浏览：datasette -i {out_} -m {out_.with_name(f'{out_.stem}.metadata.json')}", markup=False, soft_wrap=True
    )


def _is_copy(path: Path) -> bool:
    """Whether the file is one of ours: it has tables of the copy and none else."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            names = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError:
        return False
    return bool(names) and names <= {t.name for t in (*tables(), _RULE)}


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "publish.toml").read_text("utf-8"))
