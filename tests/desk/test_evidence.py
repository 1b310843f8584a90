"""A bundle holds what the finding rests on, proves it without the database, and no byte of it can be changed."""

import base64
import gzip
import io
import json
import os
import shutil
import socket
import stat
import struct
import subprocess
import zipfile
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from db import facts, findings
from db.bodies import digest, pack
from db.keys import KeyProblem, installation_key, key_file
from db.records import Evidence, Fetch, Finding, Hop, Outcome
from desk import verify as verifying
from desk.evidence import EvidenceProblem, bundle, write_bundle
from desk.verify import Unverifiable, archive, verify
from monitors.rubric import load_rubric

NIGHT = datetime(2026, 11, 23, 14, 10, 4, 250_000, tzinfo=UTC)
NEXT = NIGHT + timedelta(days=1)
DOOR, HOME, BOARD, GONE = (
    "http://lanshui.example/",
    "http://lanshui.example/index.html",
    "http://lanshui.example/gk/?a=指南",
    "http://lanshui.example/gone.html",
)
SPLASH, REFRESH = "http://lanshui.example/in.html", b"<meta http-equiv=refresh content='0;url=index.html'>"
MOVED, PAGE, EMPTY, PICTURE = (
    b"moved",
    "<title>岚水县</title>要闻 2026-01-02".encode("gb18030"),
    "暂无内容".encode(),
    b"\x89PNG\r\n\x1a\n...",
)
LEAK = "身份证号：140902199001011234".encode()
SHEET = "标题,发布时间\n防汛提示,2026-10-01\n".encode("gb18030")
RAW = "信息公开".encode("gb18030").decode("latin-1")  # a server that writes bytes of its own into a header
PACKED = (("Content-Encoding", "gzip"), ("Content-Length", "17"), ("Transfer-Encoding", "chunked"), ("X-Column", RAW))


def a_fetch(url, at, trail, *, body=None, status=200, outcome=Outcome.OK, purpose="page", **named):
    sha256 = digest(body) if body is not None else None
    final = trail[-1].url if trail else url
    return Fetch("岚水县", url, final, at, outcome, purpose, status, sha256=sha256, trail=tuple(trail), **named)


def a_finding(rule, *evidence, verdict="fail", reason="stale"):
    return Finding(
        "岚水县", "county", DOOR, rule, verdict, reason, "2026-01-02", {"days": 14}, Decimal("0.4"), "国办秘函〔2019〕19号 1-4", NEXT, evidence,
    )  # fmt: skip


def cites(fetch, excerpt, url=None):
    return Evidence(url or fetch.final_url, fetch.at, fetch.status, fetch.sha256, excerpt)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A database of two nights; `by rule` the id of each finding. The key is made on the way."""
    path = tmp_path_factory.mktemp("evidence") / "w.db"
    db = facts.open_database(path)
    led = NIGHT - timedelta(milliseconds=200)
    first = a_fetch(
        DOOR, NIGHT,
        [Hop(DOOR, led, 301, (("Location", "/index.html"),), digest(MOVED)), Hop(HOME, NIGHT, 200, PACKED, digest(PAGE))],
        body=PAGE, purpose="home",
    )  # fmt: skip
    again = a_fetch(DOOR, NEXT, [Hop(DOOR, NEXT - timedelta(seconds=1), 301, (("Location", "/index.html"),), digest(MOVED)), Hop(HOME, NEXT, 304, (("ETag", '"a"'),), digest(PAGE))], body=PAGE, status=304, purpose="home")  # fmt: skip
    board = a_fetch(
        BOARD, NEXT, [Hop(BOARD, NEXT, 200, (("Content-Length", str(len(EMPTY))),), digest(EMPTY))], body=EMPTY
    )
    shown = a_fetch(BOARD, NEXT + timedelta(minutes=1), [Hop(BOARD, NEXT + timedelta(minutes=1), 200, (), digest(PAGE), "RENDER")], body=PAGE, purpose="render")  # fmt: skip
    shot = replace(shown, purpose="screenshot", sha256=digest(PICTURE), trail=())
    lost = a_fetch(GONE, NEXT, [Hop(GONE, NEXT, 404, (), digest(b"gone"))], body=b"gone", status=404, outcome=Outcome.HTTP_ERROR)  # fmt: skip
    silent = a_fetch(DOOR, NEXT + timedelta(hours=1), [Hop(DOOR, NEXT + timedelta(hours=1))], status=None, outcome=Outcome.TIMEOUT, purpose="probe", detail="超过 15 秒没有应答")  # fmt: skip
    splash = a_fetch(SPLASH, NIGHT, [Hop(SPLASH, NIGHT - timedelta(seconds=9), 200, (), digest(REFRESH))], body=REFRESH)
    late = NEXT + timedelta(hours=2)
    behind = a_fetch(HOME, late, [Hop(SPLASH, late - timedelta(seconds=1), 304, (), digest(REFRESH)), Hop(HOME, late, 200, (), digest(PAGE))], body=PAGE)  # fmt: skip
    leaking = a_fetch(GONE, NIGHT + timedelta(seconds=5), [Hop(GONE, NIGHT + timedelta(seconds=5), 200, (), digest(LEAK))], body=LEAK)  # fmt: skip
    untold = replace(a_fetch(GONE, NIGHT, [], body=PAGE), content_type="text/html")
    for at, rows in (
        (NIGHT, (first, splash, untold, leaking)),
        (NEXT, (again, behind, board, shown, shot, lost, silent)),
    ):
        run = facts.begin_run(db, at=at, kind="night")
        with facts.writing(db):
            facts.save_fetches(db, run.id, rows)
            facts.save_bodies(db, {digest(b): pack(b) for b in (MOVED, REFRESH, PAGE, EMPTY, PICTURE, SHEET, LEAK)})
    made = (
        a_finding("site.home_fresh", cites(first, "最近一条 2026-01-02")),
        a_finding("site.news_fresh", cites(again, "最近一条 2026-01-02")),
        a_finding("board.guide", cites(board, "暂无内容"), reason="blank"),
        a_finding("site.notice_fresh", cites(shown, "无日期"), verdict="unknown", reason="no_dates"),
        a_finding("site.dead_links", cites(lost, "链接：http_error"), reason="dead"),
        a_finding("site.available", replace(cites(silent, "超过 15 秒没有应答"), url=DOOR), reason="timeout"),
        a_finding("elder.entry", cites(behind, "没有入口"), reason="missing"),
        a_finding("platform.exists", Evidence(None, source="units.csv:17", excerpt="岚水县 网址：无"), reason="missing"),
        a_finding("media.fresh", Evidence(None, NEXT, sha256=digest(SHEET), source="post.csv", excerpt="最近一条 2026-10-01")),
        a_finding("site.privacy", cites(leaking, "身份证号：1409**********12"), reason="leak:identity"),
        a_finding("site.footer", cites(untold, "缺：联系方式"), cites(first, "首页")),
    )  # fmt: skip
    findings.save_judging(
        db, run=2, as_of=NEXT, rubric="xinzhou-2022", version="0.1.0", made_at=NEXT, findings=made, scores=[]
    )
    rows = findings.findings_of(db, 1)
    return db, {f.rule: f.id for f in rows}, installation_key(path), path


@pytest.fixture
def made(stored, tmp_path):
    """Makes the bundle of the finding by that rule and gives its path."""
    db, ids, key, _ = stored

    def make(rule):
        out = tmp_path / f"{rule}.zip"
        write_bundle(db, ids[rule], out, key=key, at=NEXT)
        return out

    return make


def inside(path, name):
    return zipfile.ZipFile(path).read(name)


def records(path):
    """(type, address, HTTP headers, payload, WARC headers) of each record, digests checked by warcio."""
    rows = []
    for record in ArchiveIterator(io.BytesIO(inside(path, "page.warc.gz")), check_digests="raise"):
        rows.append((record.rec_type, record.rec_headers.get_header("WARC-Target-URI"), record.http_headers, record.raw_stream.read(), record.rec_headers))  # fmt: skip
    return rows


def test_every_finding_becomes_a_bundle_that_verifies(stored, made):
    _, ids, key, path = stored
    for rule, id_ in ids.items():
        out = made(rule)
        report = verify(out, public_key=key_file(path).with_suffix(".key.pub"))
        assert report.ok, (rule, report.problems)
        text = "\n".join(report.lines)
        assert f"结论 {id_}：岚水县" in text
        assert rule in text
        assert zipfile.ZipFile(out).testzip() is None
        assert key.private_bytes_raw() not in out.read_bytes()
        finding = json.loads(inside(out, "finding.json"))
        assert (finding["rubric"]["name"], finding["judging"]["id"], finding["version"]) == ("xinzhou-2022", 1, "0.1.0")
        assert json.loads(inside(out, "rule.json"))["title"] == load_rubric().lines[rule].title
        assert b"site.home_fresh" in inside(out, "rubric.toml")
        for evidence in finding["evidence"]:
            assert evidence["excerpt"] in inside(out, "words.txt").decode()


def test_the_redirect_comes_before_the_page_and_headers_fit_the_payload(made):
    info, ask, moved, _, page = records(made("site.home_fresh"))
    assert (info[0], ask[0], moved[0]) == ("warcinfo", "request", "response")
    assert (ask[2].protocol, ask[2].statusline, ask[2].get_header("Host")) == ("GET", "/ HTTP/1.1", "lanshui.example")
    assert (moved[1], moved[2].get_statuscode(), moved[2].get_header("Location"), moved[3]) == (
        DOOR,
        "301",
        "/index.html",
        MOVED,
    )
    assert (page[1], page[2].get_statuscode(), page[3]) == (HOME, "200", PAGE)
    assert page[2].get_header("Content-Length") == str(len(PAGE))
    assert page[2].get_header("Content-Encoding") is None is page[2].get_header("Transfer-Encoding")
    assert page[2].get_header("X-Archive-Orig-Content-Encoding") == "gzip"
    assert page[2].get_header("X-Archive-Orig-Content-Length") == "17"
    assert page[2].get_header("X-Column") == RAW
    assert (
        page[4].get_header("WARC-Payload-Digest") == "sha256:" + base64.b32encode(bytes.fromhex(digest(PAGE))).decode()
    )
    assert page[4].get_header("WARC-Date") == "2026-11-23T14:10:04.250Z"


def test_a_304_refers_to_the_night_that_brought_the_bytes(made):
    rows = records(made("site.news_fresh"))
    assert [r[0] for r in rows] == ["warcinfo", *["request", "response"] * 3, "request", "revisit"]
    original = next(r for r in rows if r[0] == "response" and r[3] == PAGE)
    revisit = rows[-1]
    assert (revisit[2].get_statuscode(), revisit[3]) == ("304", b"")
    assert revisit[4].get_header("WARC-Refers-To") == original[4].get_header("WARC-Record-ID")
    assert revisit[4].get_header("WARC-Refers-To-Target-URI") == HOME
    assert revisit[4].get_header("WARC-Refers-To-Date") == original[4].get_header("WARC-Date")
    assert revisit[4].get_header("WARC-Payload-Digest") == original[4].get_header("WARC-Payload-Digest")
    dates = [r[4].get_header("WARC-Date") for r in rows[1:]]
    assert all(a <= b for a, b in pairwise(dates))


def test_a_door_comes_before_the_page_and_with_the_night_that_brought_it(made):
    rows = [(r[0], r[1], r[3]) for r in records(made("elder.entry")) if r[0] in ("response", "revisit")]
    assert rows == [("response", SPLASH, REFRESH), ("revisit", SPLASH, b""), ("response", HOME, PAGE)]


def test_an_address_in_chinese_and_the_screenshot_of_the_page(made):
    out = made("board.guide")
    _, ask, page = records(out)
    assert ask[2].statusline == "/gk/?a=%E6%8C%87%E5%8D%97 HTTP/1.1"
    assert (page[1], page[3]) == (BOARD, EMPTY)
    assert [n for n, _ in page[2].headers] == ["Content-Length"]
    assert inside(out, "shots/1.png") == PICTURE


def test_what_is_no_answer_of_a_server_is_no_response(made):
    (_, shown) = records(made("site.notice_fresh"))
    assert (shown[0], shown[1], shown[3]) == ("resource", BOARD, PAGE)
    (_, ask, why) = records(made("site.available"))
    assert (ask[0], why[0]) == ("request", "metadata")
    assert "timeout" in why[3].decode()
    assert "超过 15 秒" in why[3].decode()
    (_, sheet) = records(made("media.fresh"))
    assert (sheet[0], sheet[1], sheet[3]) == ("resource", "urn:wangkao:post.csv", SHEET)
    assert [r[0] for r in records(made("platform.exists"))] == ["warcinfo"]
    assert "units.csv:17" in inside(made("platform.exists"), "words.txt").decode()


def test_a_fetch_without_its_requests_is_shown_as_far_as_it_is_known(made):
    rows = records(made("site.footer"))
    assert [(r[1], r[3]) for r in rows if r[0] == "response"] == [(DOOR, MOVED), (GONE, PAGE), (HOME, PAGE)]


def test_a_missing_body_is_named_and_the_rest_still_proves_itself(stored, tmp_path):
    db, ids, key, _ = stored
    out = tmp_path / "F.zip"
    (said,) = write_bundle(db, ids["site.dead_links"], out, key=key)
    assert GONE in said
    assert digest(b"gone") in said
    assert said in inside(out, "README.txt").decode()
    report = verify(out)
    assert report.ok
    assert any("注意" in line and digest(b"gone") in line for line in report.lines)
    (_, _, answer) = records(out)
    assert (answer[2].get_statuscode(), answer[3], answer[4].get_header("WARC-Truncated")) == (
        "404",
        b"",
        "unspecified",
    )


def test_pages_with_personal_data_stay_sealed_unless_a_reviewer_asks(stored, tmp_path):
    db, ids, key, _ = stored
    sealed, opened = tmp_path / "sealed.zip", tmp_path / "opened.zip"
    (said,) = write_bundle(db, ids["site.privacy"], sealed, key=key)
    assert "封存" in said
    assert verify(sealed).ok
    assert LEAK not in b"".join(r[3] for r in records(sealed))
    assert write_bundle(db, ids["site.privacy"], opened, key=key, unsealed=True) == ()
    assert LEAK in [r[3] for r in records(opened)]


def test_the_same_finding_at_the_same_instant_gives_the_same_bytes(stored):
    db, ids, key, _ = stored
    one, two = (bundle(db, ids["site.news_fresh"], key=key, at=NEXT) for _ in range(2))
    assert one == two


def test_it_verifies_without_the_database_and_opens_no_socket(made, tmp_path, monkeypatch):
    copy = tmp_path / "elsewhere" / "F.zip"
    copy.parent.mkdir()
    shutil.copy(made("site.news_fresh"), copy)

    def refused(*_, **__):
        raise AssertionError("not needed")

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(facts, "open_database", refused)
    assert verify(copy).ok
    assert sorted(p.name for p in copy.parent.iterdir()) == ["F.zip"]


def test_every_single_byte_counts(made, tmp_path):
    """Each byte of a whole bundle, changed once, the rubric's long text at every 16th; the bit differs from byte to byte."""
    path, broken = made("platform.exists"), tmp_path / "broken.zip"
    data, law = bytearray(path.read_bytes()), inside(path, "rubric.toml")
    start = data.index(law)
    for n in range(len(data)):
        if start < n < start + len(law) and n % 16:
            continue
        change = 1 << n % 8
        data[n] ^= change
        broken.write_bytes(data)
        assert not verify(broken).ok, f"byte {n} of {len(data)}"
        data[n] ^= change


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_no_change_passes(made, tmp_path, draws):
    """Bytes replaced, put in, taken out, cut off or added at either end."""
    data, broken = made("site.news_fresh").read_bytes(), tmp_path / "broken.zip"
    start = draws.draw(st.integers(0, len(data)))
    length = draws.draw(st.integers(0, 40))
    changed = data[:start] + draws.draw(st.binary(max_size=40)) + data[start + length :]
    broken.write_bytes(changed)
    report = verify(broken)
    assert report.ok == (changed == data)
    assert all(line.isprintable() for line in (*report.problems, *report.lines))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=300))
def test_any_other_file_is_refused_in_words(tmp_path, data):
    (tmp_path / "x.zip").write_bytes(data)
    assert verify(tmp_path / "x.zip").problems[0].startswith("不是网考的证据包")


def rebuilt(path, change, key=None):
    """The bundle with `change(files)` applied, in the right form; signed anew when a key is given."""
    files = {name: inside(path, name) for name in zipfile.ZipFile(path).namelist()}
    change(files)
    if key is not None:
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = [
            {"name": n, "size": len(d), "sha256": digest(d)} for n, d in files.items() if not n.startswith("manifest.")
        ]
        manifest["public_key"] = verifying.public_text(key.public_key())
        files["manifest.json"] = json.dumps(manifest).encode()
        files["manifest.sig"] = base64.b64encode(key.sign(files["manifest.json"])) + b"\n"
    path.write_bytes(b"".join(archive(files)))
    return path


def test_what_a_forger_would_try(made, stored, tmp_path):
    pub = key_file(stored[3]).with_suffix(".key.pub")
    more = rebuilt(made("site.news_fresh"), lambda files: files.update({"z.txt": b"z"}))
    assert verify(more).problems == ("多出清单上没有的文件 z.txt。",)
    less = rebuilt(made("site.news_fresh"), lambda files: files.pop("words.txt"))
    assert verify(less).problems == ("缺少清单上的文件 words.txt。",)
    other = rebuilt(made("site.news_fresh"), lambda files: files.update({"words.txt": b"z"}))
    assert verify(other).problems == ("文件 words.txt 的内容与清单不符。",)
    unsigned = rebuilt(made("site.news_fresh"), lambda files: files.pop("manifest.sig"))
    assert "manifest.sig" in verify(unsigned).problems[0]
    padded = rebuilt(made("site.news_fresh"), lambda f: f.update({"manifest.sig": f["manifest.sig"][:-1] + b" \n"}))
    assert "签名不符" in verify(padded).problems[0]
    stranger = Ed25519PrivateKey.generate()
    forged = rebuilt(made("site.news_fresh"), lambda files: None, stranger)
    assert verify(forged).ok, "the bundle is whole, and says whose it is"
    assert verifying.fingerprint(stranger.public_key()) in verify(forged).lines[0]
    assert "未给出公钥文件" in verify(forged).lines[1]
    (why,) = verify(forged, public_key=pub).problems
    assert "不是" in why
    absent = rebuilt(made("site.news_fresh"), lambda f: f.update({"page.warc.gz": inside(made("platform.exists"), "page.warc.gz")}), stranger)  # fmt: skip
    assert digest(PAGE) in verify(absent).problems[0]
    nonsense = rebuilt(made("site.news_fresh"), lambda files: files.update({"finding.json": b"[]"}), stranger)
    assert "不合格式" in verify(nonsense).problems[0]
    no_warc = rebuilt(made("site.news_fresh"), lambda files: files.update({"page.warc.gz": b"not gzip"}), stranger)
    assert "page.warc.gz" in verify(no_warc).problems[0]


def test_a_warc_that_contradicts_itself_is_refused(made):
    def swap(files):
        records = gzip.decompress(files["page.warc.gz"])
        files["page.warc.gz"] = gzip.compress(records.replace(MOVED, b"MOVED"))

    path = rebuilt(made("site.news_fresh"), swap, Ed25519PrivateKey.generate())
    assert "page.warc.gz" in verify(path).problems[0]


def test_a_name_twice_packed_anew_or_a_comment_is_refused(made):
    path = made("site.news_fresh")
    data = path.read_bytes()
    first = data[: data.index(b"PK\x03\x04", 4)]
    path.write_bytes(first + data)
    assert not verify(path).ok
    path.write_bytes(data[:-2] + struct.pack("<H", 3) + b"abc")
    assert "压缩包本身被改动" in verify(path).problems[0]
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert "重新压缩" in verify(path).problems[0]


def test_bombs_and_giants_are_refused(made, tmp_path, monkeypatch):
    monkeypatch.setattr(verifying, "_MOST", 2_000_000)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packer.compress(bytes(3_000_000)) + packer.flush()
    path = rebuilt(made("site.news_fresh"), lambda f: f.update({"page.warc.gz": bomb}), Ed25519PrivateKey.generate())
    assert "解压后超过" in verify(path).problems[0]
    (tmp_path / "many.zip").write_bytes(b"".join(archive({str(n): b"" for n in range(1001)})))
    assert "超过 1000 个" in verify(tmp_path / "many.zip").problems[0]
    (tmp_path / "giant.zip").write_bytes(bytes(2_000_001))
    assert "超过" in verify(tmp_path / "giant.zip").problems[0]


def test_a_later_format_says_so(made):
    key = Ed25519PrivateKey.generate()

    def later(files):
        files["manifest.json"] = files["manifest.json"].replace(b"wangkao-evidence-1", b"wangkao-evidence-2")

    assert "请升级" in verify(rebuilt(made("platform.exists"), later, key)).problems[0]


def test_unusable_arguments_are_told_apart_from_a_broken_bundle(made, tmp_path):
    with pytest.raises(Unverifiable, match="请检查文件名"):
        verify(tmp_path / "none.zip")
    (tmp_path / "x.pub").write_text("x")
    for name, words in (("x.pub", "不是公钥文件"), ("none.pub", "不能读取公钥文件")):
        with pytest.raises(Unverifiable, match=words):
            verify(made("platform.exists"), public_key=tmp_path / name)


def test_no_such_finding_and_a_rule_that_the_rubric_does_not_know(stored):
    db, _, key, _ = stored
    with pytest.raises(EvidenceProblem, match="没有编号为 999 的结论"):
        bundle(db, 999, key=key)
    other = facts.open_database(":memory:")
    finding = a_finding("site.home_fresh")
    findings.save_judging(other, run=None, as_of=NEXT, rubric="xinzhou-2022", version="0", made_at=NEXT, findings=[replace(finding, rule="site.gone")], scores=[])  # fmt: skip
    with pytest.raises(EvidenceProblem, match=r"没有规则 site\.gone"):
        bundle(other, 1, key=key)


def test_nothing_is_left_of_a_bundle_that_could_not_be_written(stored, tmp_path):
    db, ids, key, _ = stored
    (tmp_path / "taken.zip").mkdir()
    for out in (tmp_path / "taken.zip", tmp_path / "no" / "F.zip"):
        with pytest.raises(EvidenceProblem, match="不能写入"):
            write_bundle(db, ids["site.dead_links"], out, key=key)
    assert [p.name for p in tmp_path.iterdir()] == ["taken.zip"]


def test_the_key_is_made_once_kept_private_and_never_overwritten(tmp_path):
    database = tmp_path / "w.db"
    key = installation_key(database)
    path = key_file(database)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    assert installation_key(database).private_bytes_raw() == key.private_bytes_raw()
    assert path.read_bytes() == before
    pub = tmp_path / "w.db.key.pub"
    assert verifying.public_text(key.public_key()) == pub.read_text().splitlines()[1]
    pub.unlink()
    installation_key(database)
    assert pub.exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["w.db.key", "w.db.key.pub"]


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_broken_key_is_said_and_left_alone(tmp_path, text):
    key_file(tmp_path / "w.db").write_text(text)
    with pytest.raises(KeyProblem, match="已损坏"):
        installation_key(tmp_path / "w.db")
    assert key_file(tmp_path / "w.db").read_text() == text


def test_a_key_that_cannot_be_read_or_made_is_said(tmp_path):
    key_file(tmp_path / "w.db").mkdir()
    with pytest.raises(KeyProblem, match="不能读写"):
        installation_key(tmp_path / "w.db")
    with pytest.raises(KeyProblem, match="不能读写"):
        installation_key(tmp_path / "no" / "w.db")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
def test_the_way_of_the_readme_without_wangkao(made, stored, tmp_path):
    out = made("site.news_fresh")
    zipfile.ZipFile(out).extractall(tmp_path)
    (tmp_path / "sig.bin").write_bytes(base64.b64decode((tmp_path / "manifest.sig").read_bytes()))
    pub = key_file(stored[3]).with_suffix(".key.pub")
    command = ["pkeyutl", "-verify", "-pubin", "-rawin", "-in", "manifest.json", "-sigfile", "sig.bin", "-inkey"]
    done = subprocess.run(["openssl", *command, os.fspath(pub)], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    assert manifest["public_key"] == pub.read_text().splitlines()[1]
    assert manifest["created_at"].endswith("+08:00")
    for entry in manifest["files"]:
        assert digest((tmp_path / entry["name"]).read_bytes()) == entry["sha256"]
