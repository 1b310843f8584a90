"""What stands in a unit's reports, over real HTTP on loopback: the page, the file behind it, and a second night."""

from __future__ import annotations

import asyncio
import os
import random
import stat
import sys
import time
from datetime import date

import pytest

from crawler import office, reports
from crawler.memory import Memory
from crawler.opening import Opener
from crawler.reports import ReportSearch
from crawler.visitor import Visitor
from db.bodies import unpack
from db.records import Outcome, Report, Unit
from monitors.report_identities import table_of
from tests.crawler.served import Site, served
from tests.crawler.test_visitor import visitor
from tests.extract import made_reports as made

TODAY = date(2026, 11, 24)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FIGURES = made.Figures(random.Random(1), 30)
WHOLE = made.page(FIGURES, frame="<title>年报</title>{0}")
SHELL = "<title>年报</title><h1>{0}</h1><p>发布时间：2026-01-18</p><p>附件：<a href='{1}'>{0}</a></p>"


def title(year: int) -> str:
    return f"岚水县{year}年政府信息公开工作年度报告"


def a_site(pages: dict[int, str], files: dict[str, tuple[str, bytes]] | None = None) -> Site:
    """A list of reports at /nb/ by year, each with its page at /nb/YEAR.html, and files by path (type, bytes)."""
    rows = "".join(f"<li><a href='/nb/{y}.html'>{title(y)}</a><span>{y + 1}-01-18</span></li>" for y in pages)
    made_ = {f"/nb/{y}.html": html for y, html in pages.items()}
    made_ |= {path: (200, {"Content-Type": kind}, data) for path, (kind, data) in (files or {}).items()}
    return Site({"/nb/": f"<title>年报</title><ul>{rows}</ul>", **made_}, validators=True)


def search(v: Visitor) -> list[Report]:
    found = ReportSearch(Opener(v, TODAY), Unit("岚水县", "county", v.home), (), None)
    asyncio.run(found.look([f"{v.home}nb/"], []))
    return found.found


def asked(site: Site) -> list[str]:
    return [path for path in site.asked if path != "/robots.txt"]


def agrees(report: Report) -> bool:
    rows = table_of(report.body, "B").rows
    return [list(row.cells.values()) for row in rows] == FIGURES.b


def test_the_pages_of_the_two_newest_years_are_read_and_nothing_else_is_asked():
    with served(a_site({2025: WHOLE, 2024: WHOLE, 2023: WHOLE})) as site:
        new, before, old = search(visitor(site))
        assert sorted(asked(site)) == ["/nb/", "/nb/2024.html", "/nb/2025.html"]
    assert agrees(new) and agrees(before)
    assert (new.body.form, new.body.unseen, new.body.evidence.url) == ("html", None, f"{site.url}nb/2025.html")
    assert old.body is None


@pytest.mark.parametrize("kind", [DOCX, "application/octet-stream", "text/html"])
def test_the_file_behind_an_empty_page_is_fetched_once_and_read(kind):
    page = SHELL.format(title(2025), "/nb/P01.docx")
    with served(a_site({2025: page}, {"/nb/P01.docx": (kind, made.word(FIGURES))})) as site:
        v = visitor(site)
        (found,) = search(v)
        assert asked(site).count("/nb/P01.docx") == 1
        taken = v.take()
    assert agrees(found)
    assert (found.body.form, found.body.evidence.url) == ("docx", f"{site.url}nb/P01.docx")
    assert unpack(taken.bodies[found.body.evidence.sha256]).startswith(b"PK")
    assert found.evidence.url == f"{site.url}nb/2025.html"


def test_the_second_night_neither_fetches_nor_reads_again_what_did_not_change(monkeypatch):
    page = SHELL.format(title(2025), "/nb/P01.pdf")
    site = a_site({2025: page, 2024: WHOLE}, {"/nb/P01.pdf": ("application/pdf", made.pdf(made.pdf_lines(FIGURES)))})
    with served(site):
        v = visitor(site)
        first = search(v)
        taken = v.take()
        pages = {p.url: p for p in taken.pages}
        facts = {p.url: p.facts for p in taken.pages}
        v = visitor(site)
        v.memory = Memory(pages, facts.get, lambda sha256: unpack(taken.bodies[sha256]))
        monkeypatch.setattr(reports, "read_report_body", None)
        second = search(v)
        assert {"/nb/P01.pdf", "/nb/2024.html", "/nb/2025.html"} <= set(site.unchanged)
        v.take()
    assert agrees(first[0]) and agrees(second[0]) and agrees(second[1])
    assert v.reread == 0
    assert v.received == len(site.missing[2])  # robots.txt alone
    assert second[0].body.evidence.sha256 == first[0].body.evidence.sha256


def test_a_report_that_is_itself_a_file():
    rows = f"<ul><li><a href='/nb/a.xlsx'>{title(2025)}</a><span>2026-01-18</span></li></ul>"
    files = {"/nb/": rows, "/nb/a.xlsx": (200, {"Content-Type": "application/vnd.ms-excel"}, made.workbook(FIGURES))}
    with served(Site(files)) as site:
        (found,) = search(visitor(site))
    assert agrees(found)
    assert (found.body.form, found.outcome, found.evidence) == ("xlsx", Outcome.OK, None)


def test_a_file_that_is_not_there_or_too_much_is_unseen():
    page = SHELL.format(title(2025), "/nb/P01.docx")
    with served(a_site({2025: page})) as site:
        (found,) = search(visitor(site))
        assert (found.body.unseen, found.body.evidence.status) == ("http_error", 404)
        (found,) = search(visitor(site, pages=2))
        assert found.body.unseen == "timeout"  # over the site's budget nothing is asked
        assert asked(site).count("/nb/P01.docx") == 1


def test_what_the_page_lacks_comes_from_at_most_two_files():
    lacking = WHOLE.replace(made.html_b(FIGURES), "")
    names = ("情况说明", "年报统计表", "年报附表")
    page = lacking + "".join(f"<a href='/nb/{n}.xlsx'>{name}</a>" for n, name in enumerate(names))
    other = made.workbook(made.Figures(), [])
    files = {f"/nb/{n}.xlsx": (DOCX, data) for n, data in enumerate((other, b"PK\x03\x04", made.workbook(FIGURES)))}
    with served(a_site({2025: page}, files)) as site:
        (found,) = search(visitor(site))
        assert sorted(asked(site)) == ["/nb/", "/nb/1.xlsx", "/nb/2.xlsx", "/nb/2025.html"]
    assert agrees(found)
    assert (found.body.form, found.body.unseen) == ("html", None)


def test_of_two_reports_of_one_year_the_second_is_read_when_the_first_is_a_shell():
    rows = f"<ul><li><a href='/nb/1.html'>{title(2025)}</a></li><li><a href='/nb/2.html'>岚水县人民政府2025年政府信息公开年报</a></li></ul>"
    with served(Site({"/nb/": rows, "/nb/1.html": "<p>见附件</p>", "/nb/2.html": WHOLE})) as site:
        first, second = search(visitor(site))
    assert first.body.unseen == "parse_empty"
    assert agrees(second)


def test_reports_of_others_and_old_ones_are_not_opened():
    rows = "".join(
        f"<li><a href='/nb/{n}.html'>{t}</a></li>"
        for n, t in enumerate(("岚水县财政局2025年政府信息公开年报", title(2022)))
    )
    with served(Site({"/nb/": f"<ul>{rows}</ul>", "/nb/0.html": WHOLE, "/nb/1.html": WHOLE})) as site:
        found = search(visitor(site))
        assert asked(site) == ["/nb/"]
    assert [r.body for r in found] == [None, None]


# old Word files


def a_converter(folder, script: str) -> None:
    program = folder / "soffice"
    program.write_text(f"#!{sys.executable}\n{script}", "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


OLD_WORD = b"\xd0\xcf\x11\xe0" + b"WordDocument" * 60


def test_an_old_word_file_is_converted_and_what_it_says_kept(tmp_path, monkeypatch):
    (tmp_path / "made.docx").write_bytes(made.word(FIGURES))
    copy = f"""
import pathlib, shutil, sys
where = pathlib.Path(sys.argv[sys.argv.index("--outdir") + 1])
assert pathlib.Path(sys.argv[-1]).read_bytes().startswith(b"\\xd0\\xcf")
shutil.copyfile({str(tmp_path / "made.docx")!r}, where / "in.docx")
"""
    a_converter(tmp_path, copy)
    monkeypatch.setenv("PATH", str(tmp_path))
    page = SHELL.format(title(2025), "/nb/P01.doc")
    with served(a_site({2025: page}, {"/nb/P01.doc": ("application/msword", OLD_WORD)})) as site:
        v = visitor(site)
        (found,) = search(v)
        kept = {p.url: p.facts or "" for p in v.take().pages}
    assert agrees(found)
    assert (found.body.form, found.body.evidence.url) == ("doc", f"{site.url}nb/P01.doc")
    assert "report_body" in kept[f"{site.url}nb/P01.doc"]


def test_without_a_converter_it_is_unseen_and_another_night_may_try(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    page = SHELL.format(title(2025), "/nb/P01.doc")
    with served(a_site({2025: page}, {"/nb/P01.doc": ("application/msword", OLD_WORD)})) as site:
        v = visitor(site)
        (found,) = search(v)
        kept = {p.url: p.facts or "" for p in v.take().pages}
    assert (found.body.form, found.body.unseen) == ("doc", "no_converter")
    assert "report_body" not in kept[f"{site.url}nb/P01.doc"]


def test_a_converter_that_hangs_or_makes_nothing_ends_with_its_children(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin{os.pathsep}/usr/bin")
    a_converter(tmp_path, "")
    with pytest.raises(office.Unconverted, match="not_converted"):
        office.as_docx(OLD_WORD, "doc")
    mark = tmp_path / "child"
    child = f"import time, pathlib; time.sleep(1.5); pathlib.Path({str(mark)!r}).touch()"
    a_converter(tmp_path, f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])")
    with pytest.raises(office.Unconverted, match="not_converted"):
        office.as_docx(OLD_WORD, "doc", seconds=0.6)
    time.sleep(1.2)
    assert not mark.exists()
