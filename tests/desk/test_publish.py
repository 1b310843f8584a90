"""What is published holds no person: walked table by table and column by column, with private things planted everywhere."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from db import facts, findings, reviews, samples
from db.bodies import pack
from db.records import Alert, Evidence, Finding, Review
from desk import auth
from desk import publish as publishing
from desk.cli import app
from desk.publish import configuration, dictionary, masked, never, publish, tables
from tests.desk import paper_kit
from tests.desk.paper_kit import PRIVATE

AT = datetime(2026, 11, 25, 14, tzinfo=UTC)
WORDS = f"联系人张联系，身份证{PRIVATE['identity']}，卡号{PRIVATE['card']}，电话{PRIVATE['mobile']}、{PRIVATE['phone']}，{PRIVATE['mail']}"
# of our own, so that a hole in the masks of the product is seen
PATTERNS = {
    "identity": re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])"),
    "mobile": re.compile(r"(?<![0-9A-Za-z])1[3-9]\d{9}(?![0-9A-Za-z])"),
    "landline": re.compile(r"(?<!\d)0\d{2,3}-\d{7,8}(?!\d)"),
    "mail": re.compile(r"[\w.]+@\w+\.\w+"),
}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A database with private things wherever it can hold some, and with a table and a column that this version does not know."""
    file = tmp_path_factory.mktemp("publish") / "w.db"
    db = paper_kit.make(file)
    auth.add(db, PRIVATE["person"], "reviewer", "argon2 spring 2026")
    proof = Evidence(f"http://zhang:pw@u1.example/p?token={PRIVATE['key']}&id=7", AT, 200, "ab" * 32, WORDS)
    found = [
        Finding(
            "甲县",
            "county",
            f"http://u1.example/{PRIVATE['mobile']}",
            rule,
            "fail",
            "leak",
            {"words": WORDS},
            None,
            Decimal(1),
            "条",
            AT,
            (proof,),
        )
        for rule in ("site.privacy", "board.guide", "media.fresh")
    ]
    with facts.writing(db):
        findings.save_judging(
            db, run=4, as_of=AT, rubric="xinzhou-2022", version="0", made_at=AT, findings=found, scores=[]
        )
        facts.save_bodies(db, {"cd" * 32: pack(PRIVATE["body"].encode())})
        alert = Alert(
            "甲县",
            "http://u1.example/",
            "privacy_leak",
            "high",
            "confirmed",
            AT,
            AT,
            "leak",
            (proof,),
            moved_by=PRIVATE["person"],
            moved_why=WORDS,
        )
        reviews.save_alerts(db, [alert], run=4, person=True)
        reviews.save_review(
            db, Review("甲县", "http://u1.example/", "confirm", PRIVATE["person"], AT, WORDS, rule="site.privacy")
        )
        strata = [samples.Stratum("board.guide", "fail", "county", 1, 1)]
        sample = samples.save_sample(
            db,
            1,
            strata,
            [samples.Item(1, 1, "甲县", "county", "board.guide", "http://u1.example/", None, "fail")],
            seed="1",
            size=1,
            at=AT,
        )
        samples.save_answers(
            db, sample.id, [samples.Answer(1, "fail", PRIVATE["person"], date(2026, 12, 1), WORDS)], at=AT
        )
        db.execute("CREATE TABLE later (who TEXT, words TEXT)")
        db.execute("INSERT INTO later VALUES (?, ?)", (PRIVATE["person"], WORDS))
        db.execute("ALTER TABLE run ADD COLUMN operator TEXT")
        db.execute("UPDATE run SET operator = ?, note = ?", (PRIVATE["person"], WORDS))
    yield db
    db.close()


@pytest.fixture(scope="module")
def published(source, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "公布.db"
    publish(source, out)
    return out


def cells(path):
    with closing(sqlite3.connect(path)) as db:
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = [row[1] for row in db.execute(f'PRAGMA table_info("{table}")')]
            for row in db.execute(f'SELECT * FROM "{table}"'):
                yield from ((table, column, value) for column, value in zip(columns, row, strict=True))


def test_no_cell_holds_a_person(published):
    seen = 0
    for table, column, value in cells(published):
        assert not isinstance(value, bytes), f"{table}.{column}: bytes"
        text = str(value)
        seen += 1
        for name, planted in PRIVATE.items():
            assert planted not in text, f"{table}.{column}: {name}"
        for name, pattern in PATTERNS.items():
            assert not pattern.search(text), f"{table}.{column}: {name} in {text[:80]}"
        assert "张联系" not in text or column == "excerpt", f"{table}.{column}"
    assert seen > 1000


def test_the_bytes_of_the_file_hold_none_either(published):
    """Neither a free page nor an index keeps what no row shows."""
    data = published.read_bytes()
    for name, planted in PRIVATE.items():
        assert planted.encode() not in data, name


def test_nothing_but_the_allow_list_is_there(published):
    allowed = {t.name: {c.name for c in t.columns} for t in (*tables(), publishing._RULE)}
    found = {}
    for table, column, _ in cells(published):
        found.setdefault(table, set()).add(column)
    with closing(sqlite3.connect(published)) as db:
        names = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        views = db.execute("SELECT count(*) FROM sqlite_master WHERE type IN ('view', 'trigger')").fetchone()[0]
    assert names == set(allowed) and views == 0
    assert all(columns <= allowed[table] for table, columns in found.items())
    assert not names & {
        "later",
        "user",
        "review",
        "body",
        "visit",
        "post",
        "snapshot",
        "fetch",
        "notice",
        "appeal",
        "hand_row",
    }
    assert "operator" not in found["run"] and "note" not in found["run"]


def test_no_column_is_named_by_a_word_of_the_deny_list():
    for table in tables():
        for column in table.columns:
            assert column.name not in never(), f"{table.name}.{column.name}"
            assert not re.search(
                r"\b(who|why|contact|moved_by|moved_why|value)\b",
                column.sql.replace("line.value", "").replace("a.verdict", ""),
            ), column.sql


def test_what_is_published_is_what_was_judged(source, published):
    with closing(sqlite3.connect(published)) as db:
        for ours, theirs in (("finding", "finding"), ("score", "score"), ("judging", "judging"), ("unit", "unit")):
            counts = [d.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for d, t in ((db, ours), (source, theirs))]
            assert counts[0] == counts[1], ours
        row = db.execute(
            "SELECT target, page, excerpt, sha256 FROM finding WHERE rule = 'board.guide' ORDER BY id DESC"
        ).fetchone()
        assert (
            row[0] == "http://u1.example/***" and row[1] == "http://u1.example/p?token=***&id=7" and row[3] == "ab" * 32
        )
        assert row[2].startswith("联系人张联系，身份证***，卡号***")
        for rule in ("site.privacy", "media.fresh"):
            assert db.execute(
                "SELECT page, excerpt FROM finding WHERE rule = ? ORDER BY id DESC", (rule,)
            ).fetchone() == (None, None)
        assert db.execute("SELECT site FROM unit WHERE name = '市人防办'").fetchone() == ("无",)


def test_it_cannot_be_written_to(published):
    assert not os.stat(published).st_mode & 0o222
    assert not published.with_name(published.name + "-wal").exists()


def test_the_configuration_fits_the_file_and_its_queries_run(published):
    made = configuration("公布")["databases"]["公布"]
    with closing(sqlite3.connect(published)) as db:
        schema = {
            name: {r[1] for r in db.execute(f'PRAGMA table_info("{name}")')}
            for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        }
        assert set(made["tables"]) == set(schema)
        for name, table in made["tables"].items():
            assert set(table["columns"]) == schema[name], name
            assert set(table["facets"]) <= schema[name], name
            assert re.search(r"[\u4e00-\u9fff]", table["title"] + table["description"])
        for key, query in made["queries"].items():
            given = dict.fromkeys(re.findall(r":(\w+)", query["sql"]), "甲县")
            assert db.execute(query["sql"], given).fetchall() or key in ("latest_scores", "alerts_open"), key
    json.dumps(made)


def test_the_dictionary_names_every_column(published):
    text = dictionary(published)
    for table in (*tables(), publishing._RULE):
        assert f"## {table.name} {table.label}" in text
        for column in table.columns:
            assert f"| `{column.name}` | {column.label} |" in text


def test_a_table_that_nobody_described_has_no_dictionary(published, tmp_path):
    other = tmp_path / "x.db"
    other.write_bytes(published.read_bytes())
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE stray (x)")
        db.commit()
    with pytest.raises(KeyError):
        dictionary(other)


def test_the_command(source, tmp_path):
    path = next(row[2] for row in source.execute("PRAGMA database_list") if row[1] == "main")
    out = tmp_path / "公布.db"
    done = CliRunner().invoke(app, ["publish", "--db", path, "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert {p.name for p in tmp_path.iterdir()} == {"公布.db", "公布.md", "公布.metadata.json"}
    again = CliRunner().invoke(app, ["publish", "--db", path, "--out", str(out)])
    assert again.exit_code == 0, "an old copy is replaced"
    for bad in (path, str(tmp_path / "x.txt")):
        assert CliRunner().invoke(app, ["publish", "--db", path, "--out", bad]).exit_code == 2
    other = tmp_path / "someone.db"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE theirs (x)")
        db.commit()
    assert CliRunner().invoke(app, ["publish", "--db", path, "--out", str(other)]).exit_code == 2


@given(
    st.from_regex(r"1[3-9]\d{9}", fullmatch=True),
    st.text("联系电话：，。;/?=& -_（）", max_size=8),
    st.text("，。的/&", max_size=4),
)
def test_a_mobile_number_never_comes_through(number, before, after):
    assert number not in masked(f"{before}{number}{after}")


@given(st.text("0123456789abcdef", min_size=64, max_size=64))
def test_a_hash_stays_whole(text):
    assert masked(text) == text or text.isdigit()


def test_what_is_no_text_stays():
    assert [masked(v) for v in (None, 3, 1.5)] == [None, 3, 1.5]
    assert masked("2026年11月24日 22:10 第12号") == "2026年11月24日 22:10 第12号"
    assert replace(tables()[0], name="x").name == "x"
