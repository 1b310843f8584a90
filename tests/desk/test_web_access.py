"""Who gets what: every route of the application × every role. A route that is not in the table fails the test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from starlette.routing import Mount

from db import appeals, facts, reviews, users
from db.appeals import Recheck
from db.bodies import digest, pack
from db.records import Fetch, Outcome
from desk import auth, web
from schedules.recheck import Rechecks
from schedules.review import decide_many
from tests.desk.web_kit import OTHER, OWN, PASSWORD, PEOPLE, Browser, a_desk

AT = datetime.now(UTC)
WHO = ("nobody", "viewer", "other", "reviewer", "administrator", "own")
# What each is answered, in the order of WHO. `other` and `own` are the same person of one unit, who asks for what is another unit's and for
# what is his own; everybody else asks for what is his. Forms are sent with their token and nothing else. 303 without a session: to the
# sign-in; 404: as if there were nothing; 403: not for this role; 422: allowed, and the form lacks something.
READ = (303, 200, 404, 200, 200, 200)
OFFICE = (303, 200, 403, 200, 200, 403)
EVERYBODY = (303, 200, 200, 200, 200, 200)
TABLE = {
    "GET /healthz": (200,) * 6,
    **{f"{method} /api/v1": (401,) * 6 for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")},
    "MOUNT /api/v1": (401,) * 6,  # a session opens nothing of it: what each token opens is asked by its own tests
    "MOUNT /static": (200,) * 6,
    # signing in
    "GET /sign-in": (200, 303, 303, 303, 303, 303),
    "POST /sign-in": (403,) * 6,
    "GET /sign-in/first/{word}": (404,) * 6,
    "POST /sign-in/first/{word}": (403,) * 6,
    "POST /sign-in/large-type": (303,) * 6,
    "POST /sign-out": (303,) * 6,
    "GET /password": EVERYBODY,
    "POST /password": (303, 403, 403, 403, 403, 403),
    # reading
    "GET /": (303, 200, 303, 200, 200, 303),  # a unit is led to its own page
    "GET /alerts": EVERYBODY,  # a unit sees its own alone
    "GET /alerts/{id_}": READ,
    "GET /units": OFFICE,
    "GET /units/{name:path}": READ,
    "GET /scores": OFFICE,
    "GET /findings/{id_}": READ,
    "GET /stored/{of}/{id_}/{n}": READ,
    "GET /stored/{of}/{id_}/{n}/file": (303, 403, 403, 200, 200, 403),  # bytes as they came: personal data is not starred
    "GET /shots/{of}/{id_}/{n}": READ,
    "GET /evidence/{id_}.zip": (303, 403, 404, 200, 200, 200),  # the pages as they came
    "GET /rechecks/{id_}": READ,
    "GET /heat": OFFICE,
    "GET /rules": EVERYBODY,
    "GET /ledger": OFFICE,
    "GET /nights": OFFICE,
    "GET /nights/requests": OFFICE,
    "GET /nights/{id_}": OFFICE,
    "GET /tokens": EVERYBODY,  # his own
    "POST /tokens/add": (303, 422, 422, 422, 422, 422),
    "POST /tokens/{id_}/end": (303, 422, 422, 422, 422, 422),
    "GET /registry": (303, 403, 403, 403, 200, 403),
    "GET /registry/{kind}/file": (303, 403, 403, 403, 200, 403),
    "GET /registry/{kind}/rows/{line}": (303, 403, 403, 403, 200, 403),
    "POST /registry/{kind}/rows/{line}": (303, 403, 403, 403, 200, 403),  # what would change
    "POST /registry/{kind}/import": (303, 403, 403, 403, 422, 403),
    "POST /registry/{kind}/store": (303, 403, 403, 403, 422, 403),
    # acting
    "POST /alerts/acknowledge": (303, 403, 403, 303, 303, 403),
    "POST /alerts/{id_}/act": (303, 403, 403, 422, 422, 403),
    "POST /findings/{id_}/act": (303, 403, 403, 422, 422, 403),
    "POST /recheck/{of}/{id_}": (303, 403, 403, 303, 303, 403),
    "GET /notices/alert/{id_}": (303, 403, 403, 200, 200, 403),
    "GET /notices/unit/{name:path}": (303, 403, 403, 422, 422, 403),  # nothing to be mended by a day
    # appeals
    "GET /appeals": EVERYBODY,  # a unit sees its own alone
    "GET /appeals/new/{id_}": (303, 403, 404, 403, 403, 200),
    "POST /appeals/new/{id_}": (303, 403, 404, 403, 403, 422),
    "GET /appeals/{id_}": READ,
    "POST /appeals/{id_}/decide": (303, 403, 403, 422, 422, 403),
    "GET /appeals/{id_}/files/{n}": (303, 403, 404, 200, 200, 200),
    "POST /appeals/{id_}/withdraw": (303, 403, 404, 403, 403, 303),
    # people
    "GET /people": (303, 403, 403, 403, 200, 403),
    "POST /people/add": (303, 403, 403, 403, 422, 403),
    "POST /people/{id_}/reset": (303, 403, 403, 403, 303, 403),
    "POST /people/{id_}/change": (303, 403, 403, 403, 422, 403),
}  # fmt: skip


def walked(routes) -> Iterator[tuple[str, str, object]]:
    """Every route with its method, those of included routers as well."""
    for route in routes:
        if (inner := getattr(route, "original_router", None)) is not None:
            yield from walked(inner.routes)
        elif isinstance(route, Mount):
            yield "MOUNT", route.path, route
        else:
            for method in sorted(route.methods - ({"HEAD"} if "GET" in route.methods else set())):
                yield method, route.path, route


@pytest.fixture(scope="module")
def desk(night, tmp_path_factory):
    """A desk on which both units have something of everything; rechecks are written down and not made."""
    folder = tmp_path_factory.mktemp("access")
    desk = a_desk(folder, night)
    (folder / "units.csv").write_text(f"单位,类别,网址\n{OWN},县市区,无\n{OTHER},县市区,无\n", "utf-8")
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 20
    with closing(desk.open()) as db, facts.writing(db):
        every = reviews.alerts(db)
        for unit in (OWN, OTHER):
            mine = [a for a in every if a.unit == unit and a.kind != "privacy_leak" and a.evidence[0].sha256][:1]
            decide_many(db, [a.id for a in mine], "confirm", who="李复核", why="属实")
            finding = _finding(db, desk, unit)
            page = b"<p>no number here</p>"
            facts.save_bodies(db, {digest(b): pack(b) for b in (png, page)})
            for proof in mine[0].evidence[:1]:
                shot = Fetch(
                    unit, proof.url, proof.url, proof.fetched_at, Outcome.OK, "screenshot", 200, sha256=digest(png)
                )
                facts.save_fetches(db, 2, [shot])
            made = appeals.file_appeal(
                db, _finding(db, desk, unit, 1), who="网管", text="首页昨天就更新了，请复查。", at=AT
            )
            appeals.attach(db, made.id, [("说明.pdf", "pdf", b"%PDF-1.7")])
            one = appeals.ask_recheck(
                db, Recheck(unit, AT, "李复核", "finding", finding.id, finding.rule, finding.target)
            )
            appeals.change_recheck(db, one.id, state="failed", ended_at=AT, note="试")
        auth.add(db, "赵新来", "viewer", PASSWORD)
    return desk


def _finding(db, desk, unit, n=0):
    """The n-th finding of the unit that costs it something and whose page is kept."""
    night = desk.nights.last(db)
    mine = [f for f in night.of_unit[unit] if f.verdict == "fail" and f.points and f.evidence[0].sha256]
    return mine[n]


@pytest.fixture(scope="module")
def app(desk):
    return web.application(desk.service, desk)


@pytest.fixture(autouse=True)
def nothing_is_visited(monkeypatch):
    monkeypatch.setattr(Rechecks, "begin", lambda self: None)


def filled(desk, method, path, unit):
    """An address of the route about that unit, which exists."""
    with closing(desk.open()) as db:
        alert = next(a.id for a in reviews.alerts(db) if a.unit == unit and a.state == "confirmed")
        given = {"name:path": quote(unit), "of": "alert", "n": "0", "word": "guess", "kind": "units", "line": "2"}
        given["id_"] = str(
            users.user_named(db, "赵新来").id
            if path.startswith("/people")
            else 1
            if path.startswith(("/nights", "/tokens"))
            else appeals.appeals(db, unit=unit)[-1].id
            if path.startswith("/appeals/{")
            else appeals.rechecks_of_unit(db, unit)[-1].id
            if path.startswith("/rechecks")
            else facts.latest_run(db).id
            if path.startswith("/nights")
            else _finding(db, desk, unit).id
            if path.startswith(("/findings", "/evidence", "/appeals/new"))
            else alert
        )
    address = re.sub(r"{(.+?)}", lambda m: given[m[1]], path)
    return f"{address}?due={(AT + timedelta(days=30)).date()}" if path.startswith("/notices") else address


def begun(desk, app, role):
    """A browser in which the person of that role is signed in, without the work of a password."""
    browser = Browser(app)
    with closing(desk.open()) as db:
        user = users.user_named(db, PEOPLE[role])
    browser.client.cookies.set("wangkao", desk.sessions.begin(user, datetime.now(UTC)))
    return browser


def test_the_table_names_every_route_and_no_other(app):
    found = {f"{method} {path}" for method, path, _ in walked(app.routes)}
    assert found - set(TABLE) == set(), "new routes want an entry in TABLE: who may, and what a unit gets of another"
    assert set(TABLE) - found == set()


def test_every_route_of_the_desk_says_whom_it_needs(app):
    for method, path, route in walked(app.routes):
        if method == "MOUNT" or path.startswith(("/healthz", "/api/")):
            continue
        checks = [d.dependency for d in route.dependencies]
        assert any(hasattr(c, "role") or c.__name__ == "anybody" for c in checks), path


@pytest.mark.parametrize("row", TABLE)
def test_every_route_and_every_role(row, desk, app):
    method, path = row.split()
    for who, status in zip(WHO, TABLE[row], strict=True):
        browser = Browser(app) if who == "nobody" else begun(desk, app, "unit" if who in ("other", "own") else who)
        unit = OTHER if who == "other" else OWN
        if method == "MOUNT":
            answer = browser.client.get(path + {"/static": "/desk.css", "/api/v1": "/findings"}[path])
        elif method == "POST" and not path.startswith("/api/"):
            page = "/password" if who != "nobody" else "/sign-in"
            answer = browser.post(filled(desk, method, path, unit), page=page)
        else:
            answer = browser.client.request(method, filled(desk, method, path, unit))
        assert answer.status_code == status, (who, answer.text[-300:])
        if status == 303 and who == "nobody" and "sign-in" not in path and path != "/sign-in/large-type":
            assert answer.headers["location"].startswith("/sign-in")
        if status == 404 and who == "other":
            assert OTHER not in answer.text


def test_a_session_opens_nothing_of_the_api(desk, app):
    (mount,) = [route for method, path, route in walked(app.routes) if (method, path) == ("MOUNT", "/api/v1")]
    browser, inner = begun(desk, app, "administrator"), list(walked(mount.routes))
    assert len(inner) > 5
    for method, path, _ in inner:
        address = "/api/v1" + re.sub(r"{.+?}", "1", path)
        assert browser.client.request(method, address).status_code == 401, address


def test_what_a_unit_sees_is_of_no_other_unit(desk, app, night):
    """Every page that a unit can reach by a link, and every link on it: no name of another unit, no address that is refused."""
    browser = begun(desk, app, "unit")
    with closing(desk.open()) as db:
        others = {u.name for u in facts.units(db) if u.name != OWN and u.name not in OWN}
    seen, wait = set(), ["/"]
    while wait and len(seen) < 60:
        path = wait.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = browser.get(path)
        assert answer.status_code == 200, path
        if not answer.headers["content-type"].startswith("text/html") or path.startswith("/stored"):
            continue
        assert not [name for name in others if name in answer.text], path
        wait += [
            p for p in re.findall(r'(?:href|src)="(/[^"#]*)', answer.text) if not p.startswith(("/static", "/evidence"))
        ]
    assert {"/alerts", "/appeals", f"/units/{quote(OWN)}"} <= seen


def test_no_form_is_taken_without_the_token_of_its_browser(desk, app):
    with closing(desk.open()) as db:
        before = (users.users(db), len(reviews.reviews(db)), len(users.sign_ins(db)), len(appeals.steps(db)))
    theirs, boss = Browser(app).token(), begun(desk, app, "administrator")
    unit = begun(desk, app, "unit")
    with closing(desk.open()) as db:
        before = (users.users(db), len(reviews.reviews(db)), len(users.sign_ins(db)), len(appeals.steps(db)))
    for method, path, _ in walked(app.routes):
        if method != "POST" or path.startswith("/api/"):
            continue
        address = filled(desk, method, path, OWN)
        for browser in (Browser(app), boss, unit):
            for data in ({}, {"csrf": ""}, {"csrf": theirs}, {"csrf": "é"}, {"csrf": ["a", "b"]}):
                assert browser.client.post(address, data=data).status_code == 403
            assert browser.client.post(address, json={"csrf": theirs}).status_code == 403
            assert browser.client.post(f"{address}?csrf={theirs}").status_code == 403
    with closing(desk.open()) as db:
        assert (users.users(db), len(reviews.reviews(db)), len(users.sign_ins(db)), len(appeals.steps(db))) == before


def test_personal_numbers_are_starred_but_for_reviewers(desk, app):
    page = "<p>张三 身份证 140902199003078515 手机 13812345678</p>".encode()
    from dataclasses import replace

    with closing(desk.open()) as db, facts.writing(db):
        facts.save_bodies(db, {digest(page): pack(page)})
        one = next(a for a in reviews.alerts(db) if a.unit == OWN and a.state == "confirmed")
        proof = replace(one.evidence[0], sha256=digest(page), excerpt="手机 13812345678")
        reviews.save_alerts(db, [replace(one, evidence=(proof,))], run=2, person=True)
        made = appeals.file_appeal(
            db, _finding(db, desk, OWN, 2), who="网管", text="请打 13812345678 找我，我是本人。", at=AT
        )
    for role, seen in (("viewer", False), ("unit", False), ("reviewer", True)):
        browser = begun(desk, app, role)
        for path in (f"/alerts/{one.id}", f"/stored/alert/{one.id}/0", f"/appeals/{made.id}", "/appeals"):
            text = browser.get(path).text
            assert ("13812345678" in text) is seen, (role, path)
        assert "140902199003078515" not in browser.get(f"/stored/alert/{one.id}/0").text or seen
        assert (browser.get(f"/shots/alert/{one.id}/0").status_code == 200) is seen, role
    with closing(desk.open()) as db:
        contact = next((u for u in facts.units(db) if u.contact), None)
    if contact is not None:
        path = f"/units/{quote(contact.name)}"
        assert contact.contact not in begun(desk, app, "viewer").get(path).text
        assert contact.contact in begun(desk, app, "reviewer").get(path).text
