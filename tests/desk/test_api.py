"""The read API: who gets what with which token, answers as the served OpenAPI says, lists in parts that hold while the desk goes on."""

from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from db import appeals, facts, reviews, tokens, users
from db.appeals import Recheck
from db.records import Incident
from desk import access, auth, export, web
from desk.cli import app as cli
from desk.pages.alerts import TOLD
from schedules import jobs
from schedules.review import decide_many
from tests.desk.web_kit import OTHER, OWN, PASSWORD, PEOPLE, a_desk

AT = datetime.now(UTC)
STAFF_ONLY = {"/runs", "/jobs", "/requests", "/incidents", "/ledger"}


@pytest.fixture(scope="module")
def desk(night, tmp_path_factory):
    """A desk with something of everything. What a test of this module changes is its own user."""
    made = a_desk(tmp_path_factory.mktemp("api"), night)
    with closing(made.open()) as db, facts.writing(db):
        from db import incidents, work

        for unit in (OWN, OTHER):
            mine = [a.id for a in reviews.alerts(db) if a.unit == unit and a.state in ("open", "suspected")][:2]
            decide_many(db, mine, "confirm", who="李复核", why="电话 13812345678 核实")
            finding = next(f for f in made.nights.last(db).of_unit[unit] if f.verdict == "fail" and f.points)
            appeals.file_appeal(db, finding, who="网管", text="请打 13812345678，首页已经更新。", at=AT)
            one = appeals.ask_recheck(
                db, Recheck(unit, AT, "李复核", "finding", finding.id, finding.rule, finding.target, before=finding)
            )
            appeals.change_recheck(db, one.id, state="done", ended_at=AT, after=finding)
        incidents.save_incidents(db, [Incident("disk_low", "disk", "磁盘空间不足", AT, AT)], looked_at=(), at=AT)
        work.end_job(db, work.begin_job(db, "backup", at=AT), at=AT, state="done", note="好")
        one = next(a for a in reviews.alerts(db) if a.unit == OTHER)
        proof = replace(one.evidence[0], excerpt="手机 13812345678")
        reviews.save_alerts(db, [replace(one, evidence=(proof,))], run=2, person=True)
    return made


@pytest.fixture(scope="module")
def client(desk):
    return TestClient(web.application(desk.service, desk), base_url="http://desk.test")


@pytest.fixture(scope="module")
def secrets(desk):
    with closing(desk.open()) as db:
        return {role: access.make(db, users.user_named(db, name), "试")[0] for role, name in PEOPLE.items()}


@pytest.fixture
def ask(client, secrets):
    """Ask for an address as that role."""

    def asked(path, role="administrator", **given):
        return client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {secrets[role]}"}, **given)

    return asked


@pytest.fixture
def schema(ask):
    return ask("/openapi.json").json()


def whole(ask, path, role="administrator", limit=37):
    """All items of a list, part by part."""
    items, after = [], None
    mark = "&" if "?" in path else "?"
    while True:
        part = ask(f"{path}{mark}limit={limit}" + (f"&after={after}" if after else ""), role)
        assert part.status_code == 200, part.text
        items += part.json()["items"]
        assert len(part.json()["items"]) <= limit
        if (after := part.json()["next"]) is None:
            return items


def filled(desk, path, unit=OWN):
    with closing(desk.open()) as db:
        alert = next(a.id for a in reviews.alerts(db) if a.unit == unit and a.state in TOLD)
        finding = desk.nights.last(db).of_unit[unit][0].id
    return path.replace("{name}", quote(unit)).replace("{id_}", str(alert if path.startswith("/alerts") else finding))


# the description, and answers that obey it


def wrong(value, said, root, at="$"):
    """What in the value is not as the schema says; the words of JSON Schema that the description uses, any other is an error."""
    if "$ref" in said:
        return wrong(value, root["components"]["schemas"][said["$ref"].rpartition("/")[2]], root, at)
    unknown = set(said) - {
        "title", "description", "type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "const", "summary",
    }  # fmt: skip
    assert not unknown, unknown
    if "anyOf" in said:
        tried = [wrong(value, one, root, at) for one in said["anyOf"]]
        return [] if [] in tried else [f"{at}: {value!r} is none of them"]
    if "enum" in said and value not in said["enum"]:
        return [f"{at}: {value!r} is none of {said['enum']}"]
    kinds = {
        "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int, "number": (int, float),
    }  # fmt: skip
    kind = said.get("type")
    if kind and (not isinstance(value, kinds[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return [f"{at}: {value!r} is no {kind}"]
    found = []
    if isinstance(value, dict) and kind == "object":
        known, more = said.get("properties", {}), said.get("additionalProperties", True)
        found += [f"{at}: no {key}" for key in said.get("required", ()) if key not in value]
        for key, held in value.items():
            if key in known:
                found += wrong(held, known[key], root, f"{at}.{key}")
            elif isinstance(more, dict):
                found += wrong(held, more, root, f"{at}.{key}")
            elif not more:
                found.append(f"{at}: {key} is not in the description")
    elif isinstance(value, list) and kind == "array":
        found += [line for n, held in enumerate(value) for line in wrong(held, said["items"], root, f"{at}[{n}]")]
    return found


def test_the_validator_of_these_tests_finds_faults():
    said = {"type": "object", "properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}, "required": ["a"],
            "additionalProperties": False}  # fmt: skip
    assert wrong({"a": 1}, said, {}) == []
    for bad in ({}, {"a": "x"}, {"a": True}, {"a": 1, "b": 2}, []):
        assert wrong(bad, said, {}), bad


def test_every_answer_is_as_the_description_says(desk, ask, schema):
    assert set(schema["paths"]) >= {
        "/units",
        "/findings",
        "/scores",
        "/alerts",
        "/alerts/{id_}",
        "/rules",
        "/runs",
        "/ledger",
        "/appeals",
    }
    seen = 0
    for role in PEOPLE:
        for path, methods in schema["paths"].items():
            assert set(methods) == {"get"}, "the API only reads"
            answer = ask(filled(desk, path), role)
            expected = 403 if role == "unit" and path in STAFF_ONLY else 200
            assert answer.status_code == expected, (role, path, answer.text)
            said = methods["get"]["responses"][str(expected)]["content"]["application/json"]["schema"]
            assert wrong(answer.json(), said, schema) == [], (role, path)
            body = answer.json()
            seen += bool(body["items"] if isinstance(body, dict) and "items" in body else body)
    assert seen > 60, "answers that hold nothing prove nothing"
    assert schema["info"]["title"] == "网考"
    assert schema["security"] == [{"token": []}]


def test_lists_are_the_export_and_come_whole_in_parts(desk, ask):
    with closing(desk.open()) as db:
        rows = {what: export.rows_of(db, what) for what in ("findings", "scores")}
        alerts = [export.alert_row(a) for a in reviews.alerts(db)]
    as_json = json.loads(json.dumps(rows))
    for what, expected in as_json.items():
        assert whole(ask, f"/{what}") == expected, what
    assert whole(ask, "/alerts?state=all", limit=5) == json.loads(json.dumps(alerts))
    assert [a["id"] for a in whole(ask, "/alerts")] == [
        a["id"] for a in alerts if a["state"] not in ("resolved", "dismissed")
    ]
    first = as_json["findings"][0]
    assert ask(f"/findings/{first['id']}").json() == first


def test_filters_leave_what_they_say(ask):
    every = whole(ask, "/findings")
    for query, key, value in (
        (f"unit={quote(OWN)}", "unit", OWN),
        ("rule=board.guide", "rule", "board.guide"),
        ("verdict=fail", "verdict", "fail"),
    ):
        found = whole(ask, f"/findings?{query}")
        assert found == [f for f in every if f[key] == value], query
        assert found
    assert {u["group"] for u in whole(ask, "/units?group=county")} == {"county"}
    assert {a["severity"] for a in whole(ask, "/alerts?severity=high")} == {"high"}


def test_a_list_that_was_begun_stays_with_its_judging(night, tmp_path):
    desk = a_desk(tmp_path, night)
    client = TestClient(web.application(desk.service, desk))
    with closing(desk.open()) as db:
        secret, _ = access.make(db, users.user_named(db, "孙查看"), "试")
        before = [row["id"] for row in export.rows_of(db, "findings")]
    head = {"Authorization": f"Bearer {secret}"}
    first = client.get("/api/v1/findings?limit=100", headers=head).json()
    with closing(desk.open()) as db:
        jobs.judge(db)
        after = [row["id"] for row in export.rows_of(db, "findings")]
    assert not set(before) & set(after)
    ids, cursor = [f["id"] for f in first["items"]], first["next"]
    while cursor:
        part = client.get(f"/api/v1/findings?limit=500&after={cursor}", headers=head).json()
        ids, cursor = ids + [f["id"] for f in part["items"]], part["next"]
    assert ids == before
    assert client.get("/api/v1/findings?limit=1", headers=head).json()["items"][0]["id"] == after[0]


def test_the_ledger_and_the_runs_come_newest_first_and_whole(ask):
    steps = whole(ask, "/ledger", limit=11)
    assert steps == ask("/ledger?limit=500").json()["items"]
    assert [s["at"] for s in steps] == sorted((s["at"] for s in steps), reverse=True)
    assert {s["kind"] for s in steps} >= {"review", "alert", "appeal", "recheck", "sign_in", "token"}
    assert "sign_in" not in {s["kind"] for s in whole(ask, "/ledger", "reviewer", limit=500)}
    assert {s["who"] for s in whole(ask, f"/ledger?who={quote('李复核')}")} == {"李复核"}
    assert [r["id"] for r in whole(ask, "/runs", limit=1)] == [2, 1]


@pytest.mark.parametrize("cursor", ["x", "!!", "MS4yLjM", "LTE", "5LiA", "MQ==", "a" * 150])
def test_a_cursor_that_is_none_of_ours_is_refused(ask, cursor):
    for path in ("/findings", "/ledger", "/units"):
        assert ask(f"{path}?after={cursor}").status_code == 400, path


def test_a_parameter_that_cannot_be_is_told(ask):
    for path in (
        "/findings?limit=0",
        "/findings?limit=501",
        "/findings?limit=x",
        "/requests?day=x",
        "/findings/x",
        f"/findings/{1 << 64}",
    ):
        answer = ask(path)
        assert answer.status_code == 422, path
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["detail"], path


# who gets what


def test_a_unit_gets_its_own_and_nothing_of_another(desk, ask, schema):
    with closing(desk.open()) as db:
        others = {u.name for u in facts.units(db) if u.name not in OWN}
    for path in set(schema["paths"]) - STAFF_ONLY:
        own = ask(filled(desk, path), "unit")
        assert own.status_code == 200, path
        assert not [name for name in others if name in own.text], path
        if "{" in path:
            answer = ask(filled(desk, path, OTHER), "unit")
            assert answer.status_code == 404, path
            assert OTHER not in answer.text
    assert {a["state"] for a in whole(ask, "/alerts?state=all", "unit")} <= set(TOLD), (
        "a unit is told of what a person confirmed"
    )
    assert whole(ask, f"/findings?unit={quote(OTHER)}", "unit") == []
    me = ask("/me", "unit").json()
    assert (me["role"], me["unit"]) == ("unit", OWN)
    with closing(desk.open()) as db:
        one = next(a for a in reviews.alerts(db) if a.unit == OWN and a.state == "confirmed")
    assert "李复核" not in ask(f"/alerts/{one.id}", "unit").text, "the office acts as one"


def test_personal_numbers_are_starred_but_for_reviewers(desk, ask, schema):
    for role, shown in (("viewer", False), ("unit", False), ("reviewer", True), ("administrator", True)):
        texts = "".join(
            ask(filled(desk, path, OWN if role == "unit" else OTHER), role).text for path in schema["paths"]
        )
        assert ("13812345678" in texts) is shown, role


def test_nothing_opens_without_a_token_that_holds(client, secrets):
    for path in ("", "/", "/findings", "/openapi.json", "/nowhere", "/findings/1/evidence", "/findings?limit=x"):
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            answer = client.request(method, f"/api/v1{path}", follow_redirects=False)
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"
    good = secrets["viewer"]
    for given in ("", "Bearer", "Bearer ", f"Basic {good}", f"Bearer {good}x", good, f"Bearer {good[3:]}"):
        assert client.get("/api/v1/me", headers={"Authorization": given}).status_code == 401, given
    assert client.get("/api/v1/me", cookies={"wangkao": good}).status_code == 401
    assert client.get(f"/api/v1/me?token={good}").status_code == 401
    assert client.get("/api/v1/me", headers={"Authorization": f"bearer  {good}"}).status_code == 200


def test_it_only_reads_and_says_so_in_json(client, secrets):
    head = {"Authorization": f"Bearer {secrets['administrator']}"}
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = client.request(method, "/api/v1/findings", headers=head)
        assert answer.status_code == 405
        assert answer.json()["detail"] == "只能读取"
    assert client.get("/api/v1/nowhere", headers=head).json() == {"detail": "没有这一项"}
    answer = client.get("/api/v1/units", headers=head)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("what", ["ended", "expired", "switched off", "another role", "password reset"])
def test_a_token_ends_with_what_it_stands_on(night, tmp_path, what, monkeypatch):
    desk = a_desk(tmp_path, night)
    client = TestClient(web.application(desk.service, desk))
    with closing(desk.open()) as db:
        user = users.user_named(db, "孙查看")
        secret, token = access.make(db, user, "试", days=30)
        head = {"Authorization": f"Bearer {secret}"}
        assert client.get("/api/v1/me", headers=head).status_code == 200
        if what == "ended":
            access.end(db, token.id)
        elif what == "expired":
            db.execute("UPDATE token SET expires_at = ?", ((AT - timedelta(seconds=1)).isoformat(),))
            db.conn.commit()
        elif what == "switched off":
            auth.switch(db, user.id, active=False)
        elif what == "another role":
            auth.switch(db, user.id, role="reviewer")
        else:
            auth.reset(db, user.id)
    assert client.get("/api/v1/me", headers=head).status_code == 401
    with closing(desk.open()) as db:
        with pytest.raises(Exception, match="only ended"):
            db.execute("DELETE FROM token")
        last = users.sign_ins(db, most=1)[0]
        assert (last.outcome, last.name) == ("token", "孙查看")


def test_who_has_not_chosen_his_password_has_no_token(night, tmp_path):
    desk = a_desk(tmp_path, night)
    with closing(desk.open()) as db:
        made = auth.add(db, "新来的", "viewer", PASSWORD, must_change=True)
        with pytest.raises(auth.Refused, match="初始口令"):
            access.make(db, made, "试")


def test_too_many_wrong_tokens_wait_and_a_right_one_does_not(night, tmp_path):
    desk = a_desk(tmp_path, night)
    client = TestClient(web.application(desk.service, desk))
    with closing(desk.open()) as db:
        secret, _ = access.make(db, users.user_named(db, "孙查看"), "试")
    for _ in range(20):
        assert client.get("/api/v1/me", headers={"Authorization": "Bearer wk_guess"}).status_code == 401
    with closing(desk.open()) as db:
        rows = db.execute("SELECT count(*) FROM sign_in").fetchone()[0]
    answer = client.get("/api/v1/me", headers={"Authorization": "Bearer wk_guess"})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    with closing(desk.open()) as db:
        assert db.execute("SELECT count(*) FROM sign_in").fetchone()[0] == rows, "what waits leaves no rows"
        assert auth.sign_in(db, "孙查看", PASSWORD, origin="testclient", at=AT), "and shuts nobody out of the desk"


def test_a_use_is_written_down_to_the_hour(night, tmp_path):
    desk = a_desk(tmp_path, night)
    with closing(desk.open()) as db:
        now = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
        secret, made = access.make(db, users.user_named(db, "孙查看"), "试", at=now)
        for minutes, used in ((1, 1), (30, 1), (62, 62)):
            assert access.bearer(db, secret, origin="", at=now + timedelta(minutes=minutes))
            assert tokens.token_of(db, made.id).used_at == now + timedelta(minutes=used)


def test_tokens_on_the_command_line(night, tmp_path):
    desk, run = a_desk(tmp_path, night), CliRunner()
    where = ["--db", str(desk.service.settings.db)]
    made = run.invoke(cli, ["token", "add", "孙查看", "--for", "监管平台", "--days", "90", *where])
    secret = re.search(r"wk_[\w-]{43}", made.output)[0]
    client = TestClient(web.application(desk.service, desk))
    head = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/me", headers=head).json()["user"] == "孙查看"
    listed = run.invoke(cli, ["token", "list", *where]).output
    assert "监管平台" in listed
    assert secret not in listed
    assert run.invoke(cli, ["token", "off", "1", *where]).exit_code == 0
    assert client.get("/api/v1/me", headers=head).status_code == 401
    assert "已停用" in run.invoke(cli, ["token", "list", *where]).output
    for bad in (
        ["add", "无此人", "--for", "x"],
        ["add", "孙查看", "--for", " "],
        ["add", "孙查看", "--for", "x", "--days", "7"],
        ["off", "99"],
    ):
        assert run.invoke(cli, ["token", *bad, *where]).exit_code == 2, bad
