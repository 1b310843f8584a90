"""Accounts over whole nights: every platform over real HTTP by the real spider; keys that nobody can read; doubted collectors."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from db import facts, findings
from db.bodies import digest, pack
from db.incidents import incidents
from db.records import SHANGHAI, Account, Evidence, Outcome, Post, SiteVisit, Snapshot, Unit
from desk import export
from schedules import accounts as known_accounts
from schedules import jobs
from tests.crawler.platforms import shapes

NOW = datetime.now(SHANGHAI)
Answer = tuple[int, str]


@dataclass
class Collector:
    """A server whose answers are found by the longest part that the path has; `asked` keeps method, path and headers."""

    answers: dict[str, Answer | Callable[[str], Answer]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    url: str = ""


@contextmanager
def collecting(address: str) -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            collector.asked.append((self.command, self.path, dict(self.headers)))
            found = max((part for part in collector.answers if part in self.path), key=len, default=None)
            answer = collector.answers[found] if found else (404, "Not Found")
            status, body = answer(sent) if callable(answer) else answer
            data = body.replace("{path}", self.path).encode()
            self.send_response(status)
            kind = "application/json" if body.startswith("{") else "text/html; charset=utf-8"
            self.send_header("Content-Type", kind)
            self.send_header("Set-Cookie", f"SUB=session-of-ours-at-{address}; path=/")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer((address, 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    collector.url = f"http://{address}:{server.server_port}"
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


def sheet(path: Path, rows: list[dict[str, Any]]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.DictWriter(file, names)
        table.writeheader()
        table.writerows(rows)
    return path


def units(folder: Path) -> Path:
    return sheet(folder / "units.csv", [{"单位": "岚水县", "类别": "县市区", "网址": ""}])


def account(name: str, platform: str, source: str, **more: Any) -> dict[str, Any]:
    return {"单位": "岚水县", "平台": platform, "账号": name, "数据源": source} | more


def verdicts(db, rule: str) -> dict[str, tuple[str, str | None]]:
    return {f["account"]: (f["verdict"], f["reason"]) for f in export.rows_of(db, "findings") if f["rule"] == rule}


# every platform, as it lives and dies

_UID = f"getIndex?type=uid&value={shapes.UID}&containerid=107603{shapes.UID}"
PLATFORMS = {
    "weibo": ("weibo", f"/api/container/{_UID}", shapes.weibo),
    "wechat_api": ("wechat", "/datacube/getarticletotaldetail", shapes.detail),
    "wechat_backend": ("wechat", "/backend.json", shapes.backend),
    "douyin": ("douyin", "/user.json", shapes.douyin),
    "kuaishou": ("kuaishou", "/user.json", shapes.kuaishou),
    "toutiao": ("toutiao", "/user.json", shapes.toutiao),
    "bilibili": ("bilibili", "/space?host_mid=7", shapes.bilibili),
    "feed": ("feed", "/weibo/user/1", shapes.rss),
}
PASS, FAIL, UNSEEN = ("pass", None), ("fail", "stale"), "unknown"
STATES: dict[str, tuple[Callable[[Any], Answer], Any, Any]] = {  # answer, then exists and fresh
    "living": (lambda made: (200, made(NOW, [2, 5, 60])), PASS, PASS),
    "stale": (lambda made: (200, made(NOW, [40, 45, 60])), PASS, FAIL),
    "empty": (lambda made: (200, made(NOW, [])), PASS, (UNSEEN, "empty_ok")),
    "words": (lambda made: (200, shapes.GONE_WORDS), ("fail", "account_gone"), ("na", "explained_by:media.exists")),
    "lost": (lambda made: (404, "Not Found"), (UNSEEN, "gone_once"), (UNSEEN, "gone_once")),
    "challenge": (lambda made: (200, shapes.CHALLENGE), (UNSEEN, "challenge"), (UNSEEN, "challenge")),
    "limited": (lambda made: (429, ""), (UNSEEN, "rate_limited"), (UNSEEN, "rate_limited")),
    "broken": (lambda made: (200, '{"half": '), (UNSEEN, "parse_error"), (UNSEEN, "parse_error")),
}


def test_every_platform_in_every_state_over_real_http(tmp_path):
    rows, wanted = [], {}
    with collecting("127.0.0.41") as served:
        for name, (platform, path, made) in PLATFORMS.items():
            for state, (answer, exists, fresh) in STATES.items():
                folder = f"/{name}-{state}"
                served.answers[folder + path.split("?")[0]] = answer(made)
                rows.append(account(f"{name} {state}", platform, f"{served.url}{folder}{path}"))
                wanted[f"{name} {state}"] = (exists, fresh)
        for name, state in (("weibo", "empty"), ("weibo", "living")):
            served.answers[f"/{name}-{state}/api/container/getIndex?type=uid&value={shapes.UID}"] = (
                200,
                shapes.weibo_profile(),
            )
            served.answers[f"/{name}-{state}{PLATFORMS['weibo'][1]}"] = STATES[state][0](shapes.weibo)
        wanted["wechat_api empty"] = (PASS, FAIL)  # it was asked for three months
        wanted["wechat_api lost"] = ((UNSEEN, "parse_error"), (UNSEEN, "parse_error"))  # an interface is no account
        jobs.run(units(tmp_path), sheet(tmp_path / "a.csv", rows), tmp_path / "w.db", delay=0, jobs=1)
        assert {method for method, path, _ in served.asked if "datacube" in path} == {"POST", "GET"}
    db = facts.open_database(tmp_path / "w.db")
    exists, fresh = verdicts(db, "media.exists"), verdicts(db, "media.fresh")
    assert {name: (exists[name], fresh[name]) for name in wanted} == wanted
    assert db.execute("SELECT count(*) FROM snapshot").fetchone() == (len(rows),)
    for finding in findings.findings_of(db, 1):
        if finding.verdict == "fail" and finding.rule in ("media.exists", "media.fresh"):
            (evidence, *_) = finding.evidence
            assert facts.body(db, evidence.sha256), "the bytes that decided are kept"


# keys and cookies


def test_keys_are_on_the_wire_and_nowhere_else(tmp_path, capfd, monkeypatch):
    key, cookie, token = "geheimer-schluessel-1", "SUB=geheimer-keks-2", "geheimes-zeichen-3"
    link = "<rss version='2.0'><channel><link>http://x{path}</link>"
    with collecting("127.0.0.42") as served, collecting("127.0.0.43") as other:
        served.answers = {
            "/weibo/user/1": (200, link + shapes.rss(NOW, [2]).partition("<channel>")[2]),
            "/api/container/getIndex": (200, shapes.weibo(NOW, [3])),
            "/datacube/": (200, shapes.detail(NOW, [2])),
            "selfmenu": (200, shapes.menu(("信箱", f"{other.url}/box"))),
            "/moved": (302, ""),
        }
        other.answers = {"/box": (200, "<p>信箱</p>")}
        host = served.url.removeprefix("http://")
        rows = [
            account("带钥匙", "feed", f"{served.url}/weibo/user/1?key={key}&limit=20"),
            account("带饼干", "weibo", f"{served.url}/api/container/{_UID}"),
            account("带令牌", "微信公众号", f"{served.url}/datacube/getarticletotaldetail"),
            account("连不上", "feed", f"http://127.0.0.44:9/f?key={key}"),
            account("菜单所指", "feed", f"{other.url}/f"),
        ]
        secrets = {"wechat/带令牌": {"token": token}, host: {"cookie": cookie}}
        seen: list[Any] = []
        jobs.run(
            units(tmp_path),
            sheet(tmp_path / "a.csv", rows),
            tmp_path / "w.db",
            delay=0,
            jobs=1,
            secrets=secrets,
            progress=seen.append,
        )
        paths = [path for _, path, _ in served.asked]
        assert f"/weibo/user/1?key={key}&limit=20" in paths
        assert f"/datacube/getarticletotaldetail?access_token={token}" in paths
        assert all(headers.get("Cookie") == cookie for _, _, headers in served.asked)
        assert not any(key in path or token in path or "Cookie" in headers for _, path, headers in other.asked)
        assert any(path == "/box" for _, path, _ in other.asked)
    db = facts.open_database(tmp_path / "w.db")
    assert verdicts(db, "media.fresh")["带钥匙"] == PASS
    exported = [export.text(export.rows_of(db, what), "jsonl", what) for what in ("findings", "alerts")]
    bodies = [facts.body(db, sha256) or b"" for (sha256,) in db.execute("SELECT sha256 FROM body").fetchall()]
    db.close()
    files = [path.read_bytes() for path in tmp_path.glob("w.db*") if path.is_file()]
    printed = capfd.readouterr()
    told = [*files, *bodies, *(text.encode() for text in (*exported, printed.out, printed.err, repr(seen)))]
    for secret in (key, token, cookie, "session-of-ours-at-127.0.0.42"):
        assert not any(secret.encode() in text for text in told), secret
    assert any(b"key=***" in text for text in files)


def test_a_platform_is_left_alone_after_three_challenges(tmp_path):
    with collecting("127.0.0.45") as served:
        served.answers = {"/weibo/": (200, shapes.CHALLENGE), "/douyin/": (200, shapes.rss(NOW, [2]))}
        rows = [account(f"微博{n}", "weibo", f"{served.url}/weibo/user/{n}") for n in range(6)]
        rows.append(account("抖音", "douyin", f"{served.url}/douyin/user/1"))
        jobs.run(units(tmp_path), sheet(tmp_path / "a.csv", rows), tmp_path / "w.db", delay=0, jobs=1)
        assert len([path for _, path, _ in served.asked if path.startswith("/weibo/")]) == 3
    db = facts.open_database(tmp_path / "w.db")
    fresh = verdicts(db, "media.fresh")
    assert {fresh[f"微博{n}"] for n in range(6)} == {(UNSEEN, "challenge")}
    assert fresh["抖音"] == PASS
    assert [i.kind for i in incidents(db)] == ["refused_together"]


# collectors that we doubt


@pytest.mark.parametrize("canary", [None, 1, 40])
def test_a_frozen_collector_is_one_incident_of_our_own(tmp_path, canary):
    with collecting("127.0.0.46") as served:
        rows = []
        for n in range(4):
            served.answers[f"/feeds/{n}"] = (200, shapes.rss(NOW, [40 + n / 4, 60]))
            rows.append(account(f"微信{n}", "wechat", f"{served.url}/feeds/{n}.rss"))
        if canary is not None:
            served.answers["/feeds/canary"] = (200, shapes.rss(NOW, [canary]))
            rows.append(account("人民某报", "wechat", f"{served.url}/feeds/canary.rss", 哨兵="是") | {"单位": ""})
        result = jobs.run(units(tmp_path), sheet(tmp_path / "a.csv", rows), tmp_path / "w.db", delay=0, jobs=1)
    db = facts.open_database(tmp_path / "w.db")
    fresh = verdicts(db, "media.fresh")
    assert fresh.keys() == {f"微信{n}" for n in range(4)}, "a canary has no verdicts"
    if canary == 1:  # it lives: they sleep
        assert set(fresh.values()) == {FAIL}
        assert (incidents(db), result.incidents) == ([], ())
        return
    assert set(fresh.values()) == {(UNSEEN, "source_stale")}
    assert set(verdicts(db, "media.exists").values()) == {(UNSEEN, "source_stale")}
    assert [i.kind for i in incidents(db)] == ["canary_stale" if canary else "frozen_together"]
    assert len(result.incidents) == 1
    assert not [a for a in export.rows_of(db, "alerts") if a["target"]], "one incident, no alert about any account"
    jobs.judge(db)
    assert len(incidents(db)) == 1


# nights that follow each other

AT = datetime(2026, 11, 24, 14, 10, tzinfo=UTC)
WATCHED = Account(
    "岚水县", "kuaishou", "岚水发布", "http://r.example/kuaishou/profile/3x", "http://r.example/kuaishou/profile/3x"
)


def a_night(db, ago: float, *shown: Snapshot) -> dict[str, tuple[str, str | None]]:
    at = AT - timedelta(days=ago)
    run = facts.begin_run(db, at=at, kind="night")
    for shot in shown:
        facts.save_snapshot(db, replace(shot, run=run.id, at=at), [], {})
    facts.end_run(db, run.id, at=at, state="finished")
    jobs.judge(db)
    return {
        f["rule"]: (f["verdict"], f["reason"]) for f in export.rows_of(db, "findings") if f["rule"].startswith("media.")
    }


def shot(*posts: Post, status: str = "ok", of: Account = WATCHED, **named: Any) -> Snapshot:
    return Snapshot(of.unit, of.account, of.platform, of.source, 0, AT, status, posts, **named)


def ids(*names: str) -> tuple[Post, ...]:
    return tuple(Post("", None, None, id=name) for name in names)


@pytest.fixture
def db():
    opened = facts.open_database(":memory:")
    facts.save_registry(opened, [Unit("岚水县", "county", None)], [WATCHED])
    return opened


def test_a_list_without_dates_is_judged_by_what_is_new_since_the_last_night(db):
    assert a_night(db, 40, shot(*ids("b", "a")))["media.fresh"] == (UNSEEN, "no_dates")
    assert a_night(db, 39, shot(*ids("c", "b", "a")))["media.fresh"] == PASS
    assert a_night(db, 26, shot(*ids("c", "b")))["media.fresh"] == PASS
    assert a_night(db, 24, shot(*ids("c", "b")))["media.fresh"] == FAIL
    assert a_night(db, 1, shot(*ids("c", "b")))["media.sleeping"] == PASS
    assert a_night(db, 0, shot(*ids("d", "c")))["media.fresh"] == PASS


def test_a_counter_that_rose_proves_an_update_that_the_list_hides(db):
    old = Post("旧", None, AT - timedelta(days=60))
    assert a_night(db, 5, shot(old, total=40))["media.fresh"] == FAIL
    assert a_night(db, 4, shot(old, total=41))["media.fresh"] == PASS
    assert a_night(db, 3, shot(old, total=40))["media.fresh"] == PASS


def test_a_list_that_goes_back_to_older_posts_is_no_sleeping_account(db):
    new, old = Post("新", None, AT - timedelta(days=6)), Post("旧", None, AT - timedelta(days=60))
    assert a_night(db, 5, shot(new, old))["media.fresh"] == PASS
    assert a_night(db, 4, shot(old))["media.fresh"] == (UNSEEN, "sources_disagree")
    assert a_night(db, -10, shot(old))["media.fresh"] == FAIL  # by then the newer one is out of the window too


def test_a_bare_404_counts_on_the_second_day_and_words_at_once(db):
    lost = shot(status="account_gone", gone="status")
    assert a_night(db, 3, lost)["media.exists"] == (UNSEEN, "gone_once")
    assert a_night(db, 2.99, lost)["media.exists"] == (UNSEEN, "gone_once")
    assert a_night(db, 2, lost)["media.exists"] == ("fail", "account_gone")
    assert a_night(db, 1, shot(Post("新", None, AT - timedelta(days=2))))["media.exists"] == PASS
    assert a_night(db, 0, shot(status="account_gone", gone="words"))["media.exists"] == ("fail", "account_gone")


def test_an_account_that_was_not_asked_tonight_loses_nothing(db):
    stale = Post("旧", None, AT - timedelta(days=60))
    assert a_night(db, 2, shot(stale))["media.fresh"] == FAIL
    other = replace(WATCHED, account="岚水之声", source="http://r.example/b", address="http://r.example/b")
    facts.save_registry(db, [Unit("岚水县", "county", None)], [WATCHED, other])
    assert a_night(db, 1, shot(stale, of=other))["media.fresh"] == FAIL  # the last row is that of the other account
    found = verdicts(db, "media.fresh")
    assert found == {"岚水发布": (UNSEEN, "not_seen_tonight"), "岚水之声": FAIL}


def test_two_sources_of_one_account_are_one_finding(db):
    table = replace(WATCHED, platform="export", source="posts.csv", address="/srv/posts.csv")
    facts.save_registry(db, [Unit("岚水县", "county", None)], [WATCHED, table])
    old, new = Post("旧", None, AT - timedelta(days=60)), Post("新", None, AT - timedelta(days=2))
    assert a_night(db, 1, shot(old), shot(new, of=table))["media.fresh"] == PASS
    (found,) = [f for f in export.rows_of(db, "findings") if f["rule"] == "media.fresh"]
    assert found["target"] == WATCHED.source
    assert found["value"]["sources"] == {WATCHED.source: "2026-09-25", "posts.csv": "2026-11-22"}


def test_an_incident_ends_with_the_night_that_shows_the_collector_well(db):
    rows = [
        replace(
            WATCHED,
            platform="feed",
            account=f"号{n}",
            source=f"http://r.example/w/{n}",
            address=f"http://r.example/w/{n}",
        )
        for n in range(3)
    ]
    facts.save_registry(db, [Unit("岚水县", "county", None)], rows)
    frozen = Post("旧", None, AT - timedelta(days=60))
    a_night(db, 2, *(shot(frozen, of=row) for row in rows))
    assert [(i.kind, i.closed_at) for i in incidents(db)] == [("frozen_together", None)]
    a_night(db, 1, *(shot(frozen, Post("新", None, AT - timedelta(days=2)), of=row) for row in rows))
    assert incidents(db) == []
    assert len(incidents(db, closed=True)) == 1


# reconciliation and counting


def test_posts_are_counted_by_account_and_year(db):
    day = datetime(2026, 3, 1, 9, tzinfo=SHANGHAI)
    a_night(db, 9, shot(*(Post(f"第{n}条", None, day + timedelta(days=n), repost=n == 0) for n in range(10))))
    a_night(db, 8, shot(*(Post(f"第{n}条", None, day + timedelta(days=n)) for n in range(5, 15)), *ids("x")))
    table = replace(WATCHED, platform="export", source="posts.csv", address="/srv/posts.csv")
    facts.save_registry(db, [Unit("岚水县", "county", None)], [WATCHED, table])
    same = Post("第 3 条", "https://www.kuaishou.com/short-video/q", day + timedelta(days=3, hours=5))
    year_before = Post("去年", None, datetime(2025, 12, 31, 23, 59, tzinfo=SHANGHAI))
    a_night(db, 7, shot(same, Post("只在表中", None, day), year_before, of=table))
    (count,) = known_accounts.counted(db, 2026)
    assert (count.unit, count.platform, count.account) == ("岚水县", "kuaishou", "岚水发布")
    assert (count.posts, count.reposts) == (15 + 1 + 1, 1)  # fifteen dated, the new id, one that only the table shows
    assert count.watched_from == (AT - timedelta(days=9)).astimezone(SHANGHAI).date()
    (before,) = known_accounts.counted(db, 2025)
    assert (before.posts, before.watched_from) == (1, None)


def test_the_filing_is_compared_with_what_is_watched_and_with_what_the_site_links_to(db, tmp_path):
    home = "<p><a href='https://weibo.com/u/9000000001'>微博</a><a href='https://www.kuaishou.com/profile/3x'>快手</a></p>".encode()
    page = Evidence("http://lanshui.example/", AT, 200, digest(home))
    run = facts.begin_run(db, at=AT, kind="night")
    visit = SiteVisit("岚水县", run.id, "http://lanshui.example/", AT, AT, Outcome.OK, home=page)
    facts.save_visit(db, visit, [], {digest(home): pack(home)})
    row = replace(WATCHED, account_id="3x")
    facts.save_registry(db, [Unit("岚水县", "county", None)], [row])
    facts.save_snapshot(db, replace(shot(Post("新", None, AT), of=row), run=run.id, name="岚水县融媒"), [], {})
    filing = tmp_path / "filing.csv"
    filing.write_text(
        "账号名称,平台,账号ID,主办单位,状态\n岚水发布,快手,3x,岚水县人民政府办公室,已关停\n岚水抖音,抖音,MS4w,岚水县,正常运行\n",
        "gb18030",
    )
    found = known_accounts.reconciliation(db, filing, on=AT.date())
    assert [(d.kind, d.platform, d.account) for d in found] == [
        ("closed_alive", "kuaishou", "岚水发布"),
        ("unregistered", "weibo", "微博"),
        ("renamed", "kuaishou", "岚水发布"),
        ("unwatched", "douyin", "岚水抖音"),
    ]
    lines = known_accounts.proposed_rows(db, filing)
    assert [(line["账号"], line["数据源"]) for line in lines] == [("岚水发布", WATCHED.source), ("岚水抖音", "")]


def test_an_account_that_was_closed_on_paper_and_still_publishes(tmp_path):
    with collecting("127.0.0.47") as served:
        served.answers = {"/alive": (200, shapes.rss(NOW, [2, 9])), "/gone": (200, shapes.GONE_WORDS)}
        rows = [
            account("仍在发", "weibo", f"{served.url}/alive", 状态="已关停", 注销时间="2020-01-01"),
            account("已注销", "weibo", f"{served.url}/gone", 状态="已注销"),
            account("无数据源", "小程序", "", 状态="已关停"),
        ]
        jobs.run(units(tmp_path), sheet(tmp_path / "a.csv", rows), tmp_path / "w.db", delay=0, jobs=1)
    db = facts.open_database(tmp_path / "w.db")
    for rule in ("media.exists", "media.fresh", "media.sleeping", "media.interaction"):
        assert set(verdicts(db, rule).values()) == {("na", "closed")}, rule
    assert verdicts(db, "media.registry") == {
        "仍在发": ("fail", "still_publishing"),
        "已注销": ("na", "closed"),
        "无数据源": ("na", "closed"),
    }


def test_no_account_is_begun_after_the_end_of_the_night(tmp_path):
    with collecting("127.0.0.48") as served:
        rows = [account("岚水发布", "weibo", f"{served.url}/weibo/user/1")]
        over = datetime.now(UTC) - timedelta(minutes=1)
        jobs.run(units(tmp_path), sheet(tmp_path / "a.csv", rows), tmp_path / "w.db", delay=0, jobs=1, until=over)
        assert served.asked == []
    db = facts.open_database(tmp_path / "w.db")
    assert verdicts(db, "media.fresh") == {"岚水发布": (UNSEEN, "not_seen_tonight")}


def test_a_person_s_form_and_its_proof_are_kept(tmp_path):
    (tmp_path / "shot.png").write_bytes(b"picture")
    day = NOW.date().isoformat()
    form = f"账号名称,核查时间,核查人,最近更新日期,互动是否有效,证明文件\n岚水办事,{day},张三,2020-01-01,否,shot.png\n"
    (tmp_path / "form.csv").write_text(form, "gb18030")
    rows = [account("岚水办事", "小程序", "form.csv")]
    jobs.run(units(tmp_path), sheet(tmp_path / "a.csv", rows), tmp_path / "w.db", delay=0, jobs=1)
    db = facts.open_database(tmp_path / "w.db")
    assert verdicts(db, "media.fresh") == {"岚水办事": FAIL}
    assert verdicts(db, "media.interaction") == {"岚水办事": ("fail", "no_interaction")}
    (found,) = [f for f in findings.findings_of(db, 1) if f.rule == "media.fresh"]
    assert found.evidence[0].source == "form.csv:2"
    assert facts.body(db, digest(b"picture")) == b"picture"
    assert facts.body(db, found.evidence[0].sha256) == form.encode("gb18030")
