"""A person's look counts with who, when and proof; without one of them it is no look."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crawler.platforms import read_file
from db.records import SHANGHAI, Account

NOW = datetime(2026, 11, 24, 22, 10, tzinfo=SHANGHAI)
HEAD = "账号名称,原始ID,核查时间,核查人,最近更新日期,能否正常使用,互动是否有效,证明文件\n"
ROW = "岚水办事,gh_1,2026-11-24,张三,2026-11-02,是,否,shots/a.png\n"


def look(folder: Path, text: str, *, name: str = "岚水办事", id_: str | None = None, encoding: str = "utf-8"):
    (folder / "shots").mkdir(exist_ok=True)
    (folder / "shots" / "a.png").write_bytes(b"picture")
    (folder / "form.csv").write_bytes(text.encode(encoding))
    account = Account("岚水县", "miniprogram", name, "form.csv", str(folder / "form.csv"), account_id=id_)
    return read_file(account, run=7, at=NOW)


def test_what_a_person_saw(tmp_path):
    snapshot, attached = look(tmp_path, HEAD + ROW, encoding="gb18030")
    assert snapshot.status == "ok", snapshot.detail
    assert [p.published for p in snapshot.posts] == [datetime(2026, 11, 2, tzinfo=SHANGHAI)]
    assert snapshot.since == datetime(2026, 11, 2, tzinfo=SHANGHAI)
    assert snapshot.until == datetime(2026, 11, 25, tzinfo=SHANGHAI)
    assert (set(snapshot.looked), snapshot.entries) == ({"comments", "replies", "menu", "messages"}, ())
    assert snapshot.evidence.source == "form.csv:2"
    assert snapshot.evidence.excerpt == "张三 2026-11-24 人工核查；证明 shots/a.png"
    sha256 = hashlib.sha256(b"picture").hexdigest()
    assert attached == {sha256: b"picture"}
    assert [e.sha256 for e in snapshot.proofs] == [sha256]


def test_interaction_that_works_and_one_that_nobody_looked_at(tmp_path):
    works, _ = look(tmp_path, HEAD + ROW.replace(",否,", ",是,"))
    assert [e.works for e in works.entries] == [True]
    unsaid, _ = look(tmp_path, HEAD + ROW.replace(",否,", ",,"))
    assert (unsaid.looked, unsaid.entries) == ((), ())


def test_an_app_that_cannot_be_opened_is_gone_in_words(tmp_path):
    snapshot, _ = look(tmp_path, HEAD + ROW.replace(",是,否", ",否,否"))
    assert (snapshot.status, snapshot.gone) == ("account_gone", "words")
    assert "张三" in snapshot.detail


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (ROW.replace("张三", ""), "缺 核查人"),
        (ROW.replace("2026-11-24", ""), "缺 核查时间"),
        (ROW.replace("shots/a.png", ""), "缺 证明文件"),
        (ROW.replace("shots/a.png", "shots/lost.png"), "不在表格旁边"),
        (ROW.replace("shots/a.png", "../secret.txt"), "不在表格旁边"),
        (ROW.replace("2026-11-24", "2026-12-24"), "在将来"),
        (ROW.replace("岚水办事,gh_1", "别的账号,gh_2"), "没有账号“岚水办事”"),
    ],
)
def test_a_look_without_who_when_or_proof_is_none(tmp_path, row, why):
    (tmp_path.parent / "secret.txt").write_text("not for you")
    snapshot, attached = look(tmp_path, HEAD + row)
    assert (snapshot.status, attached) == ("parse_error", {})
    assert why in snapshot.detail


def test_an_old_look_is_due_again(tmp_path):
    for age, status in ((14, "ok"), (15, "source_stale")):
        day = (NOW - timedelta(days=age)).date().isoformat()
        snapshot, _ = look(tmp_path, HEAD + ROW.replace("2026-11-24", day))
        assert snapshot.status == status
    assert "应重新核查" in snapshot.detail


def test_the_newest_look_at_the_account_counts_by_id_before_name(tmp_path):
    older = ROW.replace("2026-11-24", "2026-11-20").replace("2026-11-02", "2026-11-01")
    renamed = ROW.replace("岚水办事", "岚水政务").replace("2026-11-02", "2026-11-09")
    snapshot, _ = look(tmp_path, HEAD + ROW + older + renamed)
    assert snapshot.posts[0].published == datetime(2026, 11, 2, tzinfo=SHANGHAI)
    by_id, _ = look(tmp_path, HEAD + renamed, id_="GH_1")
    assert by_id.posts[0].published == datetime(2026, 11, 9, tzinfo=SHANGHAI)
    alone, _ = look(tmp_path, "核查时间,核查人,最近更新日期,证明文件\n2026-11-24,张三,2026-11-02,shots/a.png\n")
    assert alone.status == "ok"


def test_a_look_that_says_no_date_shows_no_post(tmp_path):
    snapshot, _ = look(tmp_path, HEAD + ROW.replace("2026-11-02", ""))
    assert (snapshot.status, snapshot.posts, snapshot.since) == ("ok", (), None)
