"""Is this page only a door, and where does it lead? (cms.md 6)"""

from __future__ import annotations

import re

from crawler.extract.page import Page
from crawler.extract.urls import absolute, same_host

_REFRESH = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"'>]+)", re.IGNORECASE)
_SCRIPT = re.compile(
    r"""(?:(?:window|self|top|parent|document)\s*\.\s*)*location(?:\s*\.\s*href)?\s*=\s*["']([^"']+)["']"""
    r"""|location\s*\.\s*(?:replace|assign)\s*\(\s*["']([^"']+)["']""",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\w\"'])//[^\n]*", re.DOTALL)
_DOOR_WORDS = 150  # a door has less visible text than this
_LONGEST_WAIT = 10.0  # seconds; a slower refresh is a page that reloads itself


def way_in(page: Page, *, splash: bool = False) -> str | None:
    """The address that this page sends every visitor to, or None.

    Meta refresh; a script that sets a literal address on a page with hardly any text; with `splash`, the single
    inner link of a page with hardly any text (进入网站). Frames are no doors: they are read as part of the page.
    """
    for meta in page.root.iter("meta"):
        if (meta.get("http-equiv") or "").strip().lower() == "refresh":
            if any(a.tag == "noscript" for a in meta.iterancestors()):
                continue
            found = _REFRESH.match(meta.get("content") or "")
            if found and float(found[1]) <= _LONGEST_WAIT:
                target = absolute(page.base, found[2])
                if target and target != page.url:
                    return target
    if not splash and "location" not in page.text:
        return None
    if len(page.words) - len("".join(page.title.split())) > _DOOR_WORDS or page.frames:
        return None
    inner = {link.url for link in page.links if link.url and same_host(link.url, page.url) and link.url != page.url}
    if len(inner) <= 2:
        body = page.root.find("body")
        scripts = [*page.scripts, (body.get("onload") or "") if body is not None else ""]
        for script in scripts:
            code = _COMMENT.sub("", script)
            if (found := _SCRIPT.search(code)) and "function" not in code[: found.start()].replace("(function", ""):
                target = absolute(page.base, found[1] or found[2])
                if target and target != page.url:
                    return target
        if body is not None and (onload := body.get("onload")):
            name = re.match(r"\s*(\w+)\s*\(", onload)
            for script in page.scripts if name else ():
                if name and name[1] in script and (found := _SCRIPT.search(_COMMENT.sub("", script))):
                    target = absolute(page.base, found[1] or found[2])
                    if target and target != page.url:
                        return target
    if splash and len(inner) == 1:
        return inner.pop()
    return None
