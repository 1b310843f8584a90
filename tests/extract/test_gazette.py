"""Issues of a gazette in lists and on their own pages, and the forms of their files."""

from datetime import date

import pytest

from crawler.extract.gazette import files_of, form_of_address, issues_of
from crawler.extract.page import Page

TODAY = date(2026, 11, 24)


def page(body, title="政府公报"):
    return Page("http://lanshui.gov.cn/zfgb/index.html", f"<title>{title}</title><h1>{title}</h1>{body}")


def read(body, title="政府公报"):
    return [
        (i.title, i.year, i.number, str(i.published), sorted(i.files))
        for i in issues_of(page(body, title), today=TODAY)
    ]


@pytest.mark.parametrize(
    ("body", "issues"),
    [
        (
            "<ul><li><a href='202609/t20260930_1.html'>岚水县人民政府公报2026年第3期（总第27期）</a><span>2026-09-30</span></li>"
            "<li><a href='202606/t20260630_1.html'>岚水县人民政府公报2026年第2期</a><span>2026-06-30</span></li></ul>",
            [("岚水县人民政府公报2026年第3期(总第27期)", 2026, 3, "2026-09-30", []), ("岚水县人民政府公报2026年第2期", 2026, 2, "2026-06-30", [])],
        ),
        (
            "<ul><li>2026年第3期 <a href='a.pdf'>PDF</a> <a href='a.docx'>Word</a> 2026-09-30</li><li>2026年第2期 <a href='b.pdf'>PDF</a></li></ul>",
            [("2026年第3期", 2026, 3, "2026-09-30", ["pdf", "word"]), ("2026年第2期", 2026, 2, "None", ["pdf"])],
        ),
        (
            "<div><p>2026年第三期</p><a href='/down?id=3'>PDF版下载</a><a href='/down?id=4'>WORD版下载</a></div><div><p>2026年第十二期</p><a href='/down?id=5'>PDF版下载</a></div>",
            [("2026年第12期", 2026, 12, "None", ["pdf"]), ("2026年第3期", 2026, 3, "None", ["pdf", "word"])],
        ),
        ("<table><tr><td>第3期</td><td><a href='3/'>查看第3期目录</a></td><td>2026-09-30</td></tr></table>", [("查看第3期目录", 2026, 3, "2026-09-30", [])]),
        ("<ul><li><a href='202609/t20260930_1.html'>2026年第1-2期合刊</a></li></ul>", [("2026年第1-2期合刊", 2026, 1, "None", [])]),
        ("<ul><li><a href='202609/t20260930_1.html'>岚水县人民政府关于某事的意见</a><span>2026-09-30</span></li></ul>", []),
        ("", []),
    ],
)  # fmt: skip
def test_issues_of_a_list(body, issues):
    assert read(body) == issues


def test_an_issues_own_page():
    body = "<a href='P020260930.pdf'>点击下载PDF</a> <a href='P020260930.doc'>点击下载Word</a>"
    assert read(body, "岚水县人民政府公报2026年第3期") == [("2026年第3期", 2026, 3, "None", ["pdf", "word"])]
    assert sorted(files_of(page(body))) == ["pdf", "word"]


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("http://x/a.PDF", "pdf"),
        ("http://x/a.docx?v=1", "word"),
        ("http://x/a.wps", "word"),
        ("http://x/a.html", None),
        ("", None),
    ],
)
def test_forms(url, form):
    assert form_of_address(url) == form
