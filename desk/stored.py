"""How is a page from the web shown so that it does nothing? Its words and their order, and none of its own code, looks or addresses.

Only elements on a list survive, without attributes; so there is nothing left that runs, loads, sends or leads anywhere. The answer's policy
(`POLICY`) forbids all of it a second time, and the frame that shows it is a sandbox. Words that decided are marked.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from html import escape

from lxml import html

from crawler.extract.decode import decode

_KEPT = frozenset(
    (
        *(
            "a",
            "abbr",
            "b",
            "blockquote",
            "br",
            "caption",
            "center",
            "code",
            "dd",
            "del",
            "div",
            "dl",
            "dt",
            "em",
            "fieldset",
        ),
        *(
            "font",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "hr",
            "i",
            "ins",
            "label",
            "legend",
            "li",
            "ol",
            "p",
            "pre",
            "small",
        ),
        *("span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"),
    )
)
_GONE = frozenset(
    (
        *(
            "script",
            "style",
            "link",
            "meta",
            "base",
            "head",
            "title",
            "object",
            "embed",
            "applet",
            "template",
            "svg",
            "math",
        ),
        *("audio", "video", "canvas", "map", "area", "param"),
    )
)
_FILES = {
    b"%PDF": "PDF",
    b"PK\x03\x04": "压缩包或 Office 文档",
    b"\xd0\xcf\x11\xe0": "Office 文档",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"GIF8": "图片",
}
_PICTURES = {
    "img": "图",
    "image": "图",
    "iframe": "框架",
    "frame": "框架",
    "input": "输入框",
    "textarea": "输入框",
    "select": "选择框",
}
_PARSER = html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)
_MOST = 2_000_000  # characters of a page that are shown
_MARKS = 60
_PIECE = re.compile(r"[\s：:；;|…]+")
_DAY = re.compile(r"(20\d\d)-(\d\d)-(\d\d)")
_STYLE = (
    "body{font:15px/1.7 'Microsoft YaHei','Noto Sans CJK SC',SimSun,sans-serif;color:#1a1a1a;background:#fff;margin:0 12px 24px}"
    "header{position:-webkit-sticky;position:sticky;top:0;background:#fff4d6;border-bottom:1px solid #8a6d1a;margin:0 -12px 10px;"
    "padding:6px 12px;font-size:13px;word-break:break-all}"
    ".large body{font-size:22px}.large header h1{font-size:18px}"
    "header h1{font-size:13px;font-weight:normal;margin:0;line-height:1.6}"
    "mark{background:#ffe100;color:#000;outline:2px solid #b00020;font-weight:bold;scroll-margin-top:6em}"
    "a{color:#0b4a8f;text-decoration:underline}.not{color:#595959}"
    "table{border-collapse:collapse}td,th{border:1px solid #c8c8c8;padding:2px 6px;vertical-align:top}"
    "pre{white-space:pre-wrap;word-break:break-all}img{max-width:100%}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"


def shown(
    body: bytes,
    kind: str | None,
    words: Iterable[str],
    head: str,
    *,
    large: bool = False,
    private: Callable[[str], str] | None = None,
) -> str:
    """The document that shows a stored answer: a page as its text, other text as it is, a file as a sentence.

    kind   its content type as it came, None where it told none        head  one line about it, for the top of the frame
    private  stars the personal numbers of a text; None: they are shown
    words  that decided; what of them stands on the page is marked, and the first one has the id `mark`
    """
    pattern = _pattern(words)
    if _is_file(body):
        inside, marked = f"<p>这是一份文件（{_file_kind(body)}），不能在此显示，请下载后查看。</p>", 0
    else:
        text, _ = decode(body, kind)
        text = text[:_MOST] if private is None else private(text[:_MOST])
        inside, marked = _page(text, pattern) if _is_page(text, kind) else _plain(text, pattern)
    found = f"已标出 {marked} 处判定词句" if marked else "判定词句不在可见文字中" if pattern else "没有判定词句"
    look = ' class="large"' if large else ""
    return (
        f'<!DOCTYPE html><html lang="zh-CN"{look}><head><meta charset="utf-8"><title>存档页面</title><style>{_STYLE}</style></head>'
        f"<body><header><h1>{escape(head)}。{found}；脚本、样式和链接均已去除。</h1></header>"
        f"<main>{inside}</main></body></html>"
    )


def picture_kind(body: bytes) -> str | None:
    """The content type of a picture, by its first bytes; None for anything else."""
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    return "image/jpeg" if body.startswith(b"\xff\xd8\xff") else None


def ending(body: bytes) -> str:
    """The ending of the name under which a stored answer is downloaded: nothing that a double click would run."""
    return {"PDF": "pdf", "压缩包或 Office 文档": "zip", "Office 文档": "doc"}.get(
        _file_kind(body), "bin" if _is_file(body) else "txt"
    )


def _page(text: str, pattern: re.Pattern[str] | None) -> tuple[str, int]:
    try:
        tree = html.document_fromstring(text.replace("\0", ""), parser=_PARSER)
    except (ValueError, html.etree.LxmlError):
        return _plain(text, pattern)
    body = next((e for e in tree if e.tag == "body"), tree)
    everything: list[html.HtmlElement] = list(body.iter())
    for element in everything:
        name = element.tag if isinstance(element.tag, str) else ""
        if element is body:
            element.tag = "div"
        elif element.getparent() is None:  # it went with what it stood in
            continue
        elif name in _GONE or not name:
            element.drop_tree()
            continue
        elif name in _PICTURES:
            told = (
                element.get("alt") or element.get("title") or element.get("placeholder") or element.get("value") or ""
            )
            for child in list(element):
                element.remove(child)
            element.tag, element.text = "span", f"[{_PICTURES[name]}{'：' if told else ''}{told[:100]}]"
        elif name not in _KEPT:
            element.tag = (
                "div"
                if name in ("section", "article", "main", "form", "nav", "header", "footer", "noscript")
                else "span"
            )
        spans = {k: v for k in ("colspan", "rowspan") if (v := element.get(k, "")).isdigit() and 0 < int(v) < 100}
        element.attrib.clear()
        for key, value in spans.items():
            element.set(key, value)
    marked = _mark(body, pattern) if pattern else 0
    return html.tostring(body, encoding="unicode", method="html"), marked


def _plain(text: str, pattern: re.Pattern[str] | None) -> tuple[str, int]:
    pre = html.Element("pre")
    pre.text = "".join(c if c in "\n\t" or c.isprintable() else " " for c in text)
    marked = _mark(pre, pattern) if pattern else 0
    return html.tostring(pre, encoding="unicode", method="html"), marked


def _mark(root: html.HtmlElement, pattern: re.Pattern[str]) -> int:
    """Put the words that match into <mark>; how many."""
    marked = 0
    for element in list(root.iter()):
        for where in ("text", "tail"):
            text = getattr(element, where)
            if not text or text.isspace() or (where == "tail" and element is root):
                continue
            found = list(pattern.finditer(text))[: _MARKS - marked]
            if not found:
                continue
            setattr(element, where, text[: found[0].start()])
            home = element if where == "text" else element.getparent()
            place = 0 if where == "text" else home.index(element) + 1
            for n, match in enumerate(found):
                new = html.Element("mark")
                new.text = match[0]
                new.tail = text[match.end() : found[n + 1].start() if n + 1 < len(found) else len(text)]
                if not marked:
                    new.set("id", "mark")
                home.insert(place + n, new)
                marked += 1
            if marked >= _MARKS:
                return marked
    return marked


def _pattern(words: Iterable[str]) -> re.Pattern[str] | None:
    """What matches the words that decided, white space aside; the whole before its pieces. None for no words."""
    pieces: set[str] = set()
    for said in words:
        whole = said.strip()[:200]
        parts = [p for p in _PIECE.split(whole) if len(p) >= 4]
        pieces |= {whole, *parts}
        for year, month, day in _DAY.findall(whole):
            pieces |= {
                f"{year}年{int(month)}月{int(day)}日",
                f"{year}年{month}月{day}日",
                f"{year}/{month}/{day}",
                f"{year}.{month}.{day}",
            }
    wanted = sorted((p for p in pieces if len(p) >= 2), key=lambda p: (-len(p), p))
    if not wanted:
        return None
    return re.compile("|".join(r"\s*".join(map(re.escape, re.sub(r"\s+", "", p)[:120])) for p in wanted[:60]))


def _is_page(text: str, kind: str | None) -> bool:
    return (
        "html" in (kind or "").lower()
        or re.search(r"<(html|body|head|div|table|p|a)\b", text[:4000], re.IGNORECASE) is not None
    )


def _is_file(body: bytes) -> bool:
    return _file_kind(body) != "文件" or b"\0" in body[:1000]


def _file_kind(body: bytes) -> str:
    return next((name for magic, name in _FILES.items() if body.startswith(magic)), "文件")
