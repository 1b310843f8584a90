"""The desk as a browser without scripts sees it: every page, every form, every role; and everybody who should not."""

from __future__ import annotations

import io
import re
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from db import facts, findings, reviews, users
from db.records import Alert, Evidence, Fetch, Finding, Incident, Outcome, Run, Score, Unit
from desk import auth, web, wording
from desk.pages import scores
from desk.pages.frame import Desk
from desk.wording import words
from monitors.alerts import kinds, states
from monitors.rubric import load_rubric
from tests.desk.web_kit import PASSWORD, PEOPLE, Browser, Quiet, a_desk

ROLES = list(auth.ROLES)
UNIT = quote("大青县")


@pytest.fixture(scope="module")
def desk(night, tmp_path_factory):
    """A desk that these tests only read from, or where what they change is theirs alone."""
    return a_desk(tmp_path_factory.mktemp("desk"), night)


@pytest.fixture(scope="module")
def app(desk):
    return web.application(desk.service, desk)


@pytest.fixture(scope="module")
def signed_in(app):
    return {role: Browser(app).sign_in(role) for role in ROLES}


@pytest.fixture
def own(night, tmp_path):
    """A desk of one's own, to be changed."""
    return a_desk(tmp_path, night)


def test_health_and_the_api_stay_as_the_contract_says(app):
    client = Browser(app).client
    assert client.get("/healthz").status_code == 200
    for method in ("GET", "POST", "DELETE"):
        answer = client.request(method, "/api/v1/findings")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    for path in ("/docs", "/openapi.json", "/static/../web.py", "/static/%2e%2e/web.py", "/nowhere"):
        assert client.get(path).status_code == 404
    assert client.get("/static/desk.css").status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/alerts", f"/units/{UNIT}", "/scores", "/sign-in", "/nowhere", "/static/desk.css", "/healthz"]
)
def test_every_answer_has_the_headers(path, signed_in):
    headers = signed_in["reviewer"].client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script" not in policy and "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"


def test_the_cookie_is_kept_from_scripts_and_other_sites_and_over_tls_from_plain_connections(app, desk):
    plain = Browser(app).client.get("/sign-in").headers["set-cookie"]
    assert plain.startswith("wangkao=") and "HttpOnly" in plain and "SameSite=lax" in plain and "Secure" not in plain
    answer = Browser(app, "https://desk.test").client.get("/sign-in")
    assert answer.headers["set-cookie"].startswith("__Host-wangkao=") and "Secure" in answer.headers["set-cookie"]
    assert "max-age" in answer.headers["strict-transport-security"]
    browser = Browser(app)
    before = dict(browser.client.cookies) or (browser.get("/sign-in") and dict(browser.client.cookies))
    browser.sign_in("reviewer")
    assert browser.client.cookies["wangkao"] != before["wangkao"], "a token from before the sign-in is worth nothing"


def test_signing_in_leads_where_one_wanted_to_go_and_out_again(app):
    browser = Browser(app)
    answer = browser.client.get("/alerts?unit=大青县")
    assert answer.headers["location"].startswith("/sign-in?next=/alerts%3F")
    page = browser.send(answer.headers["location"], "登录", name=PEOPLE["reviewer"], password=PASSWORD)
    assert "预警队列" in page.text and "人员" not in page.text
    again = browser.send("/", "退出")
    assert "登录" in again.text
    assert browser.client.get("/").status_code == 303
    assert Browser(app).send("/sign-in", "登录", name="<b>", password="x" * 300).status_code == 403


def test_the_first_start_from_the_one_time_address_to_the_first_page(tmp_path):
    from schedules.settings import Settings

    desk = Desk(Quiet(Settings(db=tmp_path / "w.db", units=tmp_path / "units.csv"), lambda line: None))
    browser = Browser(web.application(desk.service, desk))
    address = f"/sign-in/first/{desk.door.word}"
    assert browser.client.get("/sign-in/first/guess").status_code == 404
    assert browser.send(address, "设定", name="张三", new=PASSWORD, again="other").status_code == 403
    page = browser.send(address, "设定", name="张三", new=PASSWORD, again=PASSWORD)
    assert "还没有运行过" in page.text
    for path, said in (
        ("/alerts", "没有符合条件"),
        ("/units", "登记表是空的"),
        ("/scores", "还没有判定过"),
        ("/people", "张三"),
    ):
        assert said in browser.get(path).text
    assert Browser(web.application(desk.service, desk)).client.get(address).status_code == 404


def test_the_large_type_mode_stays_with_the_browser_and_leads_nowhere_else(app):
    browser = Browser(app)
    assert 'class="large"' in browser.send("/sign-in", "大字版").text
    assert 'class="large"' in browser.get("/sign-in").text
    assert browser.post("/sign-in/large-type", on="1", back="//evil.example").headers["location"] == "/"
    assert 'class="large"' not in browser.send("/sign-in", "标准版").text


def test_an_oversized_form_and_one_of_unknown_length_are_refused(app):
    client = Browser(app).client
    assert client.post("/sign-in", data={"name": "x" * (2 << 20)}).status_code == 413
    assert client.post("/sign-in", content=iter([b"name=x"])).status_code == 413


# people


def test_an_administrator_adds_resets_switches_and_sees_who_came(own):
    app = web.application(own.service, own)
    boss = Browser(app).sign_in("administrator")
    page = boss.send("/people", "添加并生成", name="赵新来", role="reviewer")
    password = re.search(r"初始口令：(\w+)", page.text)[1]
    assert password not in boss.get("/people").text, "shown once"
    assert "已经有了" in boss.send("/people", "添加并生成", name="赵新来", role="reviewer").text
    new = Browser(app)
    page = new.send("/sign-in", "登录", name="赵新来", password=password)
    assert "请先改成自己的" in page.text and "预警队列" not in page.text
    assert new.client.get("/scores").headers["location"] == "/password"
    assert "不对" in new.send("/password", "修改", old="wrong", new="my own words", again="my own words").text
    assert "不一样" in new.send("/password", "修改", old=password, new="my own words", again="other").text
    assert "今日" in new.send("/password", "修改", old=password, new="my own words", again="my own words").text
    boss.send("/people", "停用：赵新来")
    assert new.client.get("/").status_code == 303, "his session is over"
    assert new.send("/sign-in", "登录", name="赵新来", password="my own words").status_code == 403
    page = boss.send("/people", "启用：赵新来")
    assert "已启用" in page.text
    assert "角色已改为管理员" in boss.send("/people", "改为管理员：赵新来").text
    assert "新口令" in boss.send("/people", "重置口令：赵新来").text
    assert "您的新口令" in boss.send("/people", "重置口令：王管理").text
    events = [words()["event"][s.outcome] for s in users.sign_ins(own.open())]
    for event in ("添加用户", "登录", "修改口令", "口令错误", "停用", "启用", "更改角色", "重置口令"):
        assert event in events


# alerts


def first(desk, **wanted):
    with closing(desk.open()) as db:
        return next(a for a in reviews.alerts(db) if all(getattr(a, k) == v for k, v in wanted.items()))


def state(desk, id_):
    return first(desk, id=id_).state


def test_the_queue_filters_by_kind_state_severity_and_unit(desk, signed_in):
    browser = signed_in["reviewer"]
    with closing(desk.open()) as db:
        every = reviews.alerts(db)

    def shown(query):
        return sorted(map(int, re.findall(r'<a href="/alerts/(\d+)">', browser.get(f"/alerts?{query}").text)))

    assert shown("") == sorted(a.id for a in every if a.state not in ("resolved", "dismissed"))
    assert shown("kind=column_missing") == sorted(a.id for a in every if a.kind == "column_missing")
    assert shown("severity=high&unit=" + UNIT) == sorted(
        a.id for a in every if a.severity == "high" and a.unit == "大青县"
    )
    assert shown("state=dismissed") == sorted(a.id for a in every if a.state == "dismissed")
    assert shown("state=nonsense") == shown("kind=%3Cscript%3E") == []
    assert shown("page=999") == shown("page=x") == shown("")


def test_the_gravest_and_surest_alerts_come_first(signed_in):
    rows = re.findall(r'class="s s-(\w+)"', signed_in["reviewer"].get("/alerts").text)
    assert rows == sorted(rows, key=["high", "medium", "low"].index) and len(set(rows)) == 3


def test_many_are_acknowledged_at_once_and_what_cannot_be_is_said(own):
    browser = Browser(web.application(own.service, own)).sign_in("reviewer")
    one, two = [a.id for a in reviews.alerts(own.open()) if a.state == "open"][:2]
    page = browser.send("/alerts", "标为已阅", id=[str(one), str(two)], why="开会时看过")
    assert "已阅 2 条" in page.text
    assert state(own, one) == state(own, two) == "acknowledged"
    (_, _, last) = reviews.steps(own.open(), one)
    assert (last.who, last.why) == (PEOPLE["reviewer"], "开会时看过")
    again = browser.post("/alerts/acknowledge", page="/alerts", id=[str(one), "999999", "x"], why="再看")
    page = browser.get(again.headers["location"]).text
    assert "不能做" in page and "没有编号为 999999" in page
    browser.post("/alerts/acknowledge", page="/alerts", why="再看")
    assert "没有选中" in browser.get("/alerts").text
    browser.post("/alerts/acknowledge", page="/alerts", id=[str(one)], why="")
    assert "理由" in browser.get("/alerts").text


def test_an_alert_goes_from_confirmed_over_a_term_to_a_proposal_to_close(own):
    browser = Browser(web.application(own.service, own)).sign_in("reviewer")
    id_ = first(own, kind="zombie_site", state="open").id
    page = f"/alerts/{id_}"
    assert "建议关停" not in browser.get(page).text
    assert "已记录" in browser.send(page, "确认属实", why="首页确实半年没有更新").text
    assert state(own, id_) == "confirmed"
    assert "期限" in browser.send(page, "限期整改", why="发函", workdays="0").text
    assert "不是日期" in browser.send(page, "限期整改", why="发函", due="明天").text
    assert "整改期限" in browser.send(page, "限期整改", why="发函", workdays="10").text
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    assert str(day) in browser.send(page, "限期整改", why="延期", due=str(day), workdays="").text
    assert first(own, id=id_).due == day
    assert "建议关停" in browser.send(page, "建议关停", why="无力维护").text
    assert [(s.after, s.who) for s in reviews.steps(own.open(), id_)][-1] == ("closing_proposed", PEOPLE["reviewer"])
    assert "已恢复" in browser.send(page, "已解决", why="已迁移").text


def test_a_dismissal_needs_a_reason_and_an_end_and_shows_in_the_reviewed_score(own):
    browser = Browser(web.application(own.service, own)).sign_in("reviewer")
    one = first(own, kind="report_overdue", state="open", unit="沙河县")
    page = f"/alerts/{one.id}"
    answer = browser.send(page, "排除", why=" ", expires=str(datetime.now(UTC).date() + timedelta(days=30)))
    assert answer.status_code == 422 and "理由" in answer.text
    answer = browser.send(page, "排除", why="年报在市政府网站", expires="2020-01-01")
    assert answer.status_code == 422 and "有效期" in answer.text and "年报在市政府网站" in answer.text, (
        "what was written is kept"
    )
    assert "不认识的结论" in browser.send(page, "排除", why="年报", verdict="fail").text
    assert state(own, one.id) == "open"
    assert "已排除" in browser.send(page, "排除", why="年报在市政府网站").text
    row = next(r for r in html.fromstring(browser.get("/scores").text).xpath("//tr") if "沙河县" in r.text_content())
    assert [c.text_content() for c in row][2:4] == ["8.5", "10.0"]
    assert "复核后 <strong>10.0" in browser.get("/units/" + quote("沙河县")).text
    assert "再次出现" in browser.send(page, "撤销排除", why="看错了").text


def test_an_act_that_is_none_changes_nothing(own):
    browser = Browser(web.application(own.service, own)).sign_in("reviewer")
    id_ = first(own, state="open").id
    for fields in ({"action": "drop table"}, {"action": ""}, {}, {"action": "rectify", "workdays": "5"}):
        assert browser.post(f"/alerts/{id_}/act", page="/alerts", why="x", **fields).status_code == 422
    assert browser.post("/alerts/999999/act", page="/alerts", why="x", action="confirm").status_code == 404
    assert state(own, id_) == "open"


def test_every_alert_has_its_page_with_clause_steps_and_evidence(desk, signed_in):
    with closing(desk.open()) as db:
        every = reviews.alerts(db)
        assert {a.kind for a in every} == set(kinds())
    for alert in every:
        text = signed_in["reviewer"].get(f"/alerts/{alert.id}").text
        assert alert.unit in text and "经过" in text and "首次发现" in text
        if alert.kind != "needs_manual_check":
            assert "依据" in text and "号" in text
        if alert.evidence and alert.evidence[0].sha256:
            assert f'sandbox="" src="/stored/alert/{alert.id}/0#mark"' in text


# units and scores


def test_every_unit_has_its_page(desk, signed_in):
    with closing(desk.open()) as db:
        names = [u.name for u in facts.units(db)]
    for name in names:
        answer = signed_in["reviewer"].get(f"/units/{quote(name)}")
        assert answer.status_code == 200 and name in answer.text
    assert signed_in["reviewer"].client.get("/units/nowhere").status_code == 404


def test_the_lines_of_a_unit_add_up_to_what_it_lost(desk, signed_in):
    with closing(desk.open()) as db:
        marks = desk.nights.last(db).scores
    for name, score in marks.items():
        if score.online is None or score.special:
            continue
        tree = html.fromstring(signed_in["reviewer"].get(f"/units/{quote(name)}").text)
        table = tree.xpath("//table[contains(@class, 'lines')]")[0]
        lost = sum(Decimal(n) for n in table.xpath(".//tbody/tr/td[2]/strong/text()"))
        assert abs(score.full - lost - score.online) <= Decimal("0.06"), name


def test_what_if_takes_the_dearest_three_or_those_that_are_asked_for(signed_in):
    browser = signed_in["reviewer"]
    tree = html.fromstring(browser.get(f"/units/{UNIT}").text)
    assert len(tree.xpath("//input[@name='fix'][@checked]")) == 3
    assert "改好扣分最多的 3 项：5.6 → 8.3" in " ".join(tree.text_content().split())
    boxes = [b.get("value") for b in tree.xpath("//input[@name='fix']")]
    every = browser.get(f"/units/{UNIT}?" + "&".join(f"fix={n}" for n in boxes)).text
    assert "5.6 → 10.0" in re.sub(r"<[^>]+>", "", every)
    for query in ("fix=x", "fix=-1", "fix=99999999999999999999", "fix=" + "9" * 4000):
        assert browser.get(f"/units/{UNIT}?{query}").status_code == 200


def test_mending_more_never_lowers_the_score(desk):
    from db.records import shanghai_day
    from desk.pages.units import _fixes
    from monitors.exceptions import costless
    from monitors.scoring import score as scored

    with closing(desk.open()) as db:
        night = desk.nights.last(db)
    for name, score in night.scores.items():
        unit, mine = night.units[name], night.of_unit[name]
        day = shanghai_day(night.judging.as_of)
        fixes = _fixes(unit, mine, score, night, set())
        before = score.online
        for n in range(len(fixes) + 1):
            after = scored(unit, costless(mine, {f.finding.id for f in fixes[:n]}, on=day), night.rubric).online
            assert before is None or after is None or after >= before, name
            before = after
        if fixes and before is not None:
            assert before == score.full, name


def test_the_tables_are_sorted_by_each_column_both_ways(desk, signed_in):
    browser = signed_in["administrator"]

    def order(query):
        tree = html.fromstring(browser.get(f"/scores?{query}").text)
        return [[r.text_content().strip() for r in t.xpath(".//tbody/tr/th")] for t in tree.xpath("//table")]

    with closing(desk.open()) as db:
        night = desk.nights.last(db)
    ranked = order("")
    assert [len(t) for t in ranked] == [18, 23]
    for table in ranked:
        places = [night.scores[n].rank for n in table]
        known = [p for p in places if p is not None]
        assert known == sorted(known) and places[len(known) :] == [None] * (len(places) - len(known))
    assert order("sort=unit") == [[n for n in night.units if n in t] for t in ranked]
    assert order("sort=unit&down=1") == [t[::-1] for t in order("sort=unit")]
    assert order("sort=nonsense") == ranked
    for sort in scores.SORTS:
        assert {*order(f"sort={sort}")[0]} == {*ranked[0]}
    text = browser.get("/scores").text
    assert "未复核" in text and "否决" in text and "待人工核查" in text and "无公开平台记0分" in text


def test_today_says_what_happened_and_what_was_not_seen(signed_in):
    text = " ".join(html.fromstring(signed_in["reviewer"].get("/").text).text_content().split())
    for said in (
        "正常完成",
        "应看 39 个网站，看到 36 个",
        "待处理",
        "没能看到的",
        "出现人机验证",
        "即将超期",
        "本系统的问题",
    ):
        assert said in text


def test_today_shows_incidents_of_our_own_and_what_is_late(own):
    with closing(own.open()) as db:
        at = datetime.now(UTC)
        with facts.writing(db):
            from db.incidents import save_incidents

            save_incidents(db, [Incident("canary_stale", "采集器", "数据源<b>停更", at, at)], looked_at=(), at=at)
            one = next(a for a in reviews.alerts(db) if a.state == "open")
            late = replace(one, state="rectifying", due=at.date() - timedelta(days=3))
            reviews.save_alerts(db, [late], run=2, person=True)
    text = Browser(web.application(own.service, own)).sign_in("reviewer").get("/").text
    assert "数据源&lt;b&gt;停更" in text and "整改逾期 1 条" in text


# evidence


def test_stored_pages_come_in_their_own_policy_and_files_as_downloads(desk, signed_in):
    browser = signed_in["reviewer"]
    with closing(desk.open()) as db:
        one = next(a for a in reviews.alerts(db) if a.kind == "zombie_site" and a.evidence[0].sha256)
        body = facts.body(db, one.evidence[0].sha256)
    answer = browser.get(f"/stored/alert/{one.id}/0")
    assert "sandbox" in answer.headers["content-security-policy"] and "<mark" in answer.text
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    file = browser.get(f"/stored/alert/{one.id}/0/file")
    assert file.content == body
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "path",
    [
        "/stored/alert/1/99", "/stored/alert/1/-1", "/stored/alert/999999/0", "/stored/alert/99999999999999999999999/0", "/stored/body/1/0",
        "/stored/alert/../../etc/passwd", "/stored/alert/%2e%2e%2f%2e%2e%2fetc%2fpasswd/0", "/stored/finding/1' OR 1=1/0", "/stored/finding/1e3/0",
        "/stored/finding/" + "ab" * 32 + "/0", "/evidence/..%2f..%2fw.db.zip", "/evidence/999999.zip", "/evidence/99999999999999999999999.zip",
        "/shots/finding/1/99", "/alerts/x", "/alerts/99999999999999999999999", "/units/..%2f..%2fw.db",
    ],
)  # fmt: skip
def test_nothing_is_reached_by_a_made_up_number(path, signed_in):
    assert signed_in["reviewer"].get(path).status_code == 404


def test_a_hostile_page_title_and_address_do_nothing(own):
    page = b"<title><script>alert(1)</script></title><body onload=alert(2)><p>zhengwen</p><a href='javascript:alert(3)'>x</a>"
    from db.bodies import digest, pack

    evil = Evidence(
        "javascript:alert(4)", datetime.now(UTC), 200, digest(page), '"><img src=x onerror=alert(5)>zhengwen'
    )
    with closing(own.open()) as db, facts.writing(db):
        facts.save_bodies(db, {digest(page): pack(page)})
        one = next(a for a in reviews.alerts(db) if a.state == "open")
        hostile = replace(
            one, evidence=(evil,), account="<script>alert(6)</script>", reason="x:<script>alert(7)</script>"
        )
        reviews.save_alerts(db, [hostile], run=2, person=True)
    browser = Browser(web.application(own.service, own)).sign_in("reviewer")
    for path in ("/", "/alerts", f"/alerts/{one.id}", f"/units/{quote(one.unit)}", f"/stored/alert/{one.id}/0"):
        tree = html.fromstring(browser.get(path).text)
        assert not list(tree.iter("script"))
        assert not tree.xpath("//@*[starts-with(name(), 'on')]")
        assert not [v for v in tree.xpath("//@href | //@src | //@action") if "script" in v.lower()]


def test_a_picture_is_shown_as_a_picture_and_nothing_else_is(own):
    from db.bodies import digest, pack

    png, svg = b"\x89PNG\r\n\x1a\n" + b"0" * 20, b"<svg onload=alert(1)>"
    one = first(own, kind="zombie_site", state="open")
    with closing(own.open()) as db, facts.writing(db):
        facts.save_bodies(db, {digest(b): pack(b) for b in (png, svg)})
        shot = Fetch(
            one.unit,
            one.evidence[0].url,
            one.evidence[0].url,
            one.evidence[0].fetched_at,
            Outcome.OK,
            "screenshot",
            200,
        )
        facts.save_fetches(
            db,
            2,
            [replace(shot, sha256=digest(svg)), replace(shot, sha256=digest(png), at=shot.at + timedelta(seconds=5))],
        )
    browser = Browser(web.application(own.service, own)).sign_in("reviewer")
    answer = browser.get(f"/shots/alert/{one.id}/0")
    assert (answer.content, answer.headers["content-type"]) == (png, "image/png")
    assert f'src="/shots/alert/{one.id}/0"' in browser.get(f"/alerts/{one.id}").text


def test_the_bundle_of_a_finding_is_what_the_verifier_takes(desk, signed_in, tmp_path):
    from desk.verify import verify

    with closing(desk.open()) as db:
        finding = next(f for f in desk.nights.last(db).findings if f.verdict == "fail" and f.rule == "site.home_fresh")
    answer = signed_in["reviewer"].get(f"/evidence/{finding.id}.zip")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "finding.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    (tmp_path / "e.zip").write_bytes(answer.content)
    assert verify(tmp_path / "e.zip").ok


# words


def test_every_code_that_the_demo_city_knows_has_its_words(desk):
    with closing(desk.open()) as db:
        night = desk.nights.last(db)
    bare = {
        f.reason
        for f in night.findings
        if f.reason and re.match(r"[a-z_]+$", wording.reason(f.reason, night.rubric).partition("（")[0])
    }
    assert bare == set()
    assert set(words()["outcome"]) == {str(o) for o in Outcome}
    assert wording.reason("missing:icp,contact", night.rubric) == "没有该内容（ICP备案、联系方式）"
    assert wording.reason(None, night.rubric) == ""


@pytest.mark.parametrize(
    ("share", "shown"),
    [(1.0, "100%"), (0.9999, "99%"), (0.5, "50%"), (0.4999, "49%"), (0.29, "29%"), (0.0, "0%"), (None, "—")],
)
def test_a_share_is_never_rounded_up(share, shown):
    assert wording.percent(share) == shown


@given(st.decimals(0, 10, allow_nan=False, places=8))
def test_points_are_shown_to_the_thousandth(value):
    assert abs(Decimal(wording.points(value)) - value) <= Decimal("0.0005")
    assert not wording.points(value).endswith(".")


# whatever is stored


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20) | st.sampled_from(
    ["<script>alert(1)</script>", "javascript:alert(1)", "http://a.example/\u202e", "年", "'\"><b>", "{{ 7*7 }}"]
)
WHEN = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
JSON = st.recursive(st.none() | st.booleans() | st.integers(-9, 9999) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
                    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "title", "stale", "columns", "unseen", "blank", "days", "months"]) | TEXT, inner, max_size=3), max_leaves=5)  # fmt: skip
PROOF = st.builds(
    Evidence,
    TEXT | st.none(),
    WHEN | st.none(),
    st.none() | st.integers(100, 599),
    st.none() | st.just("ab" * 32),
    st.none() | TEXT,
    st.none() | TEXT,
)
PROOFS = st.lists(PROOF, max_size=3).map(tuple)
RULES = st.sampled_from(sorted(load_rubric().lines)) | TEXT
REASON = (
    st.none() | TEXT | st.sampled_from(["stale", "missing:icp,contact", "explained_by:site.zombie", "dismissed:3", ":"])
)
POINTS = st.decimals(0, 4, places=3)
FOUND = st.builds(Finding, st.just(""), st.just("county"), TEXT, RULES, st.sampled_from(["pass", "fail", "unknown", "na"]), REASON, JSON, JSON,
                  POINTS, TEXT, WHEN, PROOFS, st.none() | TEXT, st.integers(0, 9), st.booleans())  # fmt: skip
RAISED = st.builds(Alert, st.just(""), TEXT, st.sampled_from(sorted(kinds())), st.sampled_from(["high", "medium", "low"]), st.sampled_from(sorted(states())),
                   WHEN, WHEN, REASON, PROOFS, st.just(()), st.just(0), RULES, st.none() | TEXT, st.booleans(), st.none() | st.dates(), st.none() | st.dates(),
                   st.none() | WHEN, TEXT, TEXT)  # fmt: skip
LINE = st.fixed_dictionaries(
    {"rule": RULES, "points": POINTS}, optional={"veto": st.just(True), "special": st.just(True)}
)
NAME = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=8).filter(
    lambda n: n not in (".", "..")
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    NAME,
    st.lists(FOUND, max_size=6),
    st.lists(RAISED, max_size=5, unique_by=lambda a: (a.kind, a.target)),
    st.lists(LINE, max_size=3),
    st.sampled_from([None, "无公开平台记0分", "待人工核查"]),
    st.none() | TEXT,
)
def test_no_page_breaks_and_no_markup_comes_through_whatever_is_stored(
    tmp_path_factory, name, found, raised, lost, special, site
):
    from schedules.settings import Settings

    folder = tmp_path_factory.mktemp("any")
    desk = Desk(Quiet(Settings(db=folder / "w.db", units=folder / "units.csv"), lambda line: None))
    at = datetime(2026, 11, 24, 14, 10, tzinfo=UTC)
    with closing(desk.open()) as db:
        facts.save_registry(db, [Unit(name, "county", site, contact=name, source="units.csv:2")], [])
        run: Run = facts.begin_run(db, at=at, kind="night")
        facts.end_run(db, run.id, at=at, state="suspect", note=name)
        score = Score(
            name,
            "county",
            Decimal(10),
            None if special else Decimal("9.5"),
            None,
            tuple(line["rule"] for line in lost),
            special,
            0.5,
            tuple(lost),
        )
        findings.save_judging(
            db,
            run=run.id,
            as_of=at,
            rubric="xinzhou-2022",
            version="0",
            made_at=at,
            findings=[replace(f, unit=name) for f in found],
            scores=[score],
        )
        with facts.writing(db):
            reviews.save_alerts(db, [replace(a, unit=name) for a in raised], run=run.id)
        for role, who in PEOPLE.items():
            with facts.writing(db):
                users.add_user(db, who, role, "", at=at)
        ids = [a.id for a in reviews.alerts(db)]
        user = users.user_named(db, PEOPLE["administrator"])
    browser = Browser(web.application(desk.service, desk))
    browser.client.cookies.set("wangkao", desk.sessions.begin(user, datetime.now(UTC)))
    for path in (
        "/",
        "/alerts?state=all",
        "/units",
        f"/units/{quote(name, safe='')}",
        "/scores",
        "/people",
        *(f"/alerts/{n}" for n in ids),
    ):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        tree = html.fromstring(answer.content)
        assert not list(tree.iter("script")) and not tree.xpath("//@*[starts-with(name(), 'on')]")
        assert not [v for v in tree.xpath("//@href") if v.lower().strip().startswith("javascript")]


def test_a_database_that_breaks_is_said_in_words(own):
    browser = Browser(web.application(own.service, own)).sign_in("reviewer")
    path = own.service.settings.db
    for file in path.parent.glob("w.db*"):
        file.unlink()
    path.write_bytes(b"not a database, " * 300)
    answer = browser.client.get("/")
    assert answer.status_code == 503 and "不能作为数据库使用" in answer.text


def test_a_lock_is_said_in_words(own, monkeypatch):
    browser = Browser(web.application(own.service, own)).sign_in("reviewer")

    def locked(self):
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(Desk, "open", locked)
    answer = browser.client.get("/")
    assert answer.status_code == 503 and "稍后再试" in answer.text
