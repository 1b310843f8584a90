"""Passwords, sign-ins, sessions, the first door, and where the desk may listen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import facts, users
from desk import auth, web
from desk.auth import FirstDoor, Refused, Sessions
from desk.pages.frame import local
from tests.desk.web_kit import PASSWORD

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
HERE = "10.1.1.1"


@pytest.fixture
def db():
    opened = facts.open_database(":memory:")
    auth.add(opened, "王管理", "administrator", PASSWORD, at=NOW - timedelta(days=1))
    auth.add(opened, "李复核", "reviewer", PASSWORD, at=NOW - timedelta(days=1))
    return opened


def sign_in(db, name="李复核", password=PASSWORD, *, origin=HERE, at=NOW):
    return auth.sign_in(db, name, password, origin=origin, at=at)


def test_a_password_is_kept_as_argon2id_and_never_as_itself(db):
    kept = users.user_named(db, "李复核").password
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept
    assert kept != users.user_named(db, "王管理").password, "salted"


@pytest.mark.parametrize(
    ("name", "role", "password", "words"),
    [
        ("李复核", "reviewer", PASSWORD, "已经有了"),
        ("赵", "reviewer", "short", "10"),
        ("赵", "reviewer", "x" * 201, "10"),
        ("赵", "reviewer", "aaaaaaaaaaaa", "过于简单"),
        ("zhao", "reviewer", "my ZHAO password", "过于简单"),
        ("赵", "king", PASSWORD, "角色"),
        ("", "reviewer", PASSWORD, "用户名"),
        ("a\nb", "reviewer", PASSWORD, "用户名"),
        ("系统", "reviewer", PASSWORD, "署名"),
    ],
)
def test_who_cannot_be_added(db, name, role, password, words):
    with pytest.raises(Refused, match=words):
        auth.add(db, name, role, password)
    assert len(users.users(db)) == 2


def test_one_answer_for_a_wrong_name_a_wrong_password_and_a_switched_off_user(db):
    auth.switch(db, users.user_named(db, "李复核").id, active=False)
    said = set()
    for name, password in (("nobody", PASSWORD), ("王管理", "wrong password"), ("李复核", PASSWORD)):
        with pytest.raises(Refused) as error:
            sign_in(db, name, password)
        said.add(str(error.value))
    assert len(said) == 1


def test_five_wrong_passwords_close_the_door_for_a_quarter_of_an_hour_and_leave_rows(db):
    for n in range(5):
        with pytest.raises(Refused, match="不对"):
            sign_in(db, password="wrong", at=NOW + timedelta(seconds=n))
    with pytest.raises(Refused, match="分钟"):
        sign_in(db, at=NOW + timedelta(minutes=1))
    assert sign_in(db, origin="10.1.1.2", at=NOW + timedelta(minutes=1)), "the owner at his own desk is not shut out"
    assert sign_in(db, at=NOW + timedelta(minutes=16))
    outcomes = [row.outcome for row in users.sign_ins(db)][:8]
    assert outcomes == ["ok", "ok", "throttled", *["wrong"] * 5]


def test_many_names_from_one_address_are_throttled_together(db):
    for n in range(30):
        with pytest.raises(Refused):
            sign_in(db, f"name {n}", "wrong")
    with pytest.raises(Refused, match="分钟"):
        sign_in(db)


def test_a_reset_opens_the_door_again_and_its_password_must_be_changed(db):
    for _ in range(5):
        with pytest.raises(Refused):
            sign_in(db, password="wrong")
    _, password = auth.reset(db, users.user_named(db, "李复核").id, who="王管理", at=NOW)
    user = sign_in(db, password=password, at=NOW + timedelta(seconds=1))
    assert user.must_change
    auth.change_password(db, user, password, "another good one", origin=HERE, at=NOW + timedelta(seconds=2))
    assert not sign_in(db, password="another good one", at=NOW + timedelta(seconds=3)).must_change


def test_the_sign_ins_are_only_ever_added(db):
    import sqlite3

    for statement in ("DELETE FROM sign_in", "UPDATE sign_in SET outcome = 'ok'"):
        with pytest.raises(sqlite3.IntegrityError):
            db.execute(statement)


def test_one_administrator_always_stays(db):
    boss = users.user_named(db, "王管理").id
    for change in ({"active": False}, {"role": "reviewer"}):
        with pytest.raises(Refused, match="唯一"):
            auth.switch(db, boss, **change)
    auth.switch(db, users.user_named(db, "李复核").id, role="administrator")
    auth.switch(db, boss, active=False)
    with pytest.raises(Refused, match="没有编号"):
        auth.switch(db, 99, active=True)


def test_a_session_ends_idle_or_old_or_with_a_change_of_its_user(db):
    user, sessions = users.user_named(db, "李复核"), Sessions()
    idle = sessions.begin(user, NOW)
    assert sessions.find(db, idle, NOW + auth.IDLE - timedelta(seconds=1))
    assert sessions.find(db, idle, NOW + auth.IDLE + timedelta(minutes=5)), "it was used meanwhile"
    assert sessions.find(db, idle, NOW + 3 * auth.IDLE) is None
    old = sessions.begin(user, NOW)
    for minutes in range(0, 12 * 60, 20):
        assert sessions.find(db, old, NOW + timedelta(minutes=minutes))
    assert sessions.find(db, old, NOW + auth.LONGEST + timedelta(minutes=1)) is None
    changed = sessions.begin(user, NOW)
    auth.switch(db, user.id, role="administrator", at=NOW + timedelta(minutes=1))
    assert sessions.find(db, changed, NOW + timedelta(minutes=2)) is None
    assert sessions.find(db, "made up", NOW) is None


def test_a_form_is_ours_only_for_the_browser_it_was_made_for():
    sessions = Sessions()
    assert sessions.form_is_ours("cookie", sessions.form_token("cookie"))
    for cookie, token in (
        ("other", sessions.form_token("cookie")),
        ("", sessions.form_token("")),
        ("cookie", None),
        ("cookie", "é"),
    ):
        assert not sessions.form_is_ours(cookie, token)


def test_the_first_door_opens_once_and_only_while_there_is_nobody(db):
    empty, door = facts.open_database(":memory:"), FirstDoor()
    assert not door.opens(empty, "guess")
    assert not door.opens(db, door.word), "there are users"
    with pytest.raises(Refused, match="10"):
        door.enter(empty, door.word, "张三", "short", origin="", at=NOW)
    made = door.enter(empty, door.word, "张三", PASSWORD, origin="", at=NOW)
    assert (made.role, made.must_change) == ("administrator", False)
    with pytest.raises(Refused, match="失效"):
        door.enter(empty, door.word, "李四", PASSWORD, origin="", at=NOW)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "8.8.8.8", "2400:3200::1", "no such host.invalid"])
def test_no_public_address_without_tls_or_a_proxy(host):
    with pytest.raises(web.NoPort):
        web.exposed(host, False, None)
    assert web.exposed(host, True, None) is None
    assert web.exposed(host, False, "127.0.0.1") is None


@pytest.mark.parametrize(
    ("host", "warned"), [("127.0.0.1", False), ("localhost", False), ("::1", False), ("192.168.1.9", True)]
)
def test_a_private_address_is_warned_of(host, warned):
    assert (web.exposed(host, False, None) is not None) is warned


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\x",
        "",
        "javascript:alert(1)",
        "/a\r\nb",
        "/\t/evil",
    ],
)
def test_no_way_leads_to_another_host(path):
    assert local(path) == "/"


@given(st.text())
def test_a_way_that_is_kept_is_a_path_of_ours(path):
    kept = local(path)
    assert kept.startswith("/") and not kept.startswith("//") and kept.isprintable()
