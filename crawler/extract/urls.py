"""When are two addresses the same page, and which addresses lead into a trap? (cms.md 10)"""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

_SESSION = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
# Parameters that name a visit, not a page.
_NOISE = frozenset(("jsessionid", "phpsessid", "sid", "sessionid", "token", "t", "_", "r", "rand", "random"))
_NOISE |= frozenset(("timestamp", "v", "spm", "from", "scene"))
_DEFAULT_PORT = {"http": 80, "https": 443}
_FILE = re.compile(
    r"\.(pdf|ofd|docx?|wps|xlsx?|et|pptx?|zip|rar|7z|gz"
    r"|jpe?g|png|gif|bmp|webp|svg|ico|mp[34]|wmv|avi|flv|m3u8|apk|exe|css|js|swf|txt|xml|csv)$",
    re.IGNORECASE,
)
_DOCUMENT = re.compile(r"\.(pdf|ofd|docx?|wps|xlsx?|et|pptx?|zip|rar|7z)$", re.IGNORECASE)
_TRAP = re.compile(
    r"/gate/big5/|/big5/|zh_choose|/(login|logout|signin|register|print|share|rss)\b|[?&](year|month|day|date|action=add|searchword|keyword|q|kw)="
    r"|/was5/|/search|calendar",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"/(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*/)*(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)?")
_ROOT = re.compile(r"https?://(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+(?::(?!80\b|443\b)\d{1,5})?(?=[/?#]|$)", re.IGNORECASE)
_MAX_LENGTH = 300
_MAX_PARAMETERS = 5  # PHPCMS needs four for a column (m, c, a, catid) and one for its page


def absolute(base: str, href: str) -> str | None:
    """The http(s) address that `href` on the page `base` leads to, normalised; None for any other scheme or nonsense.

    Fragments, default ports, session ids and parameters that name a visit are dropped, the other parameters sorted,
    `..` collapsed, back slashes turned; the host is lower case.
    """
    if _PLAIN.fullmatch(href) and (root := _ROOT.match(base)):
        return f"{root[0].lower()}{href}"
    if (root := _ROOT.match(href)) and _PLAIN.fullmatch(href, root.end()):
        return f"{root[0].lower()}{href[root.end() :]}"
    href = re.sub(r"[\t\r\n]", "", href).strip().replace("\\", "/")
    try:
        parts = urlsplit(urljoin(base, href))
        port = parts.port
    except ValueError:
        return None
    scheme, host = parts.scheme.lower(), parts.hostname
    if scheme not in _DEFAULT_PORT or not host:
        return None
    if ":" in host:
        host = f"[{host}]"
    netloc = host if port in (None, _DEFAULT_PORT[scheme]) else f"{host}:{port}"
    path = _SESSION.sub("", parts.path) or "/"
    if "/." in path or "//" in path:
        slash = path.endswith(("/", "/.", "/.."))
        path = posixpath.normpath(path)
        path = "/" + path.lstrip("/") + ("/" if slash and path not in ("/", "//") else "")
    path = quote(path, safe="/%:@!$&'()*+,;=~-._")
    query = parts.query
    if query:
        pairs = parse_qsl(query, keep_blank_values=True)
        if pairs:
            query = urlencode(sorted((k, v) for k, v in pairs if k.lower() not in _NOISE))
    return urlunsplit((scheme, netloc, path, query, ""))


def variants(url: str) -> list[str]:
    """The other forms of a home page address, likely ones first: the other scheme, the other www form, both.

    An address with a port or an IP address has none.
    """
    parts = urlsplit(url)
    name = parts.hostname or ""
    if parts.port is not None or "." not in name or ":" in name or name.replace(".", "").isdigit():
        return []
    other = "http" if parts.scheme == "https" else "https"
    twin = name.removeprefix("www.") if name.startswith("www.") else f"www.{name}"
    forms = ((other, name), (parts.scheme, twin), (other, twin))
    return [urlunsplit((scheme, host, parts.path or "/", parts.query, "")) for scheme, host in forms]


def host_of(url: str) -> str:
    """Host with its port when it is not the default one, lower case; "" when there is none."""
    return urlsplit(url).netloc.lower()


def under(url: str, home: str) -> bool:
    """Whether `url` lies on the host of `home` and, when `home` has a path, below its folder.

    `http` and `https`, `www.` and bare are one host.
    """
    mine, theirs = urlsplit(home), urlsplit(url)
    if _bare(theirs.netloc) != _bare(mine.netloc):
        return False
    folder = folder_of(home)
    return theirs.path.startswith(folder) or theirs.path + "/" == folder


def folder_of(url: str) -> str:
    """The folder that a home page address stands for: /jyj, /jyj/ and /jyj/index.html are all /jyj/."""
    path = urlsplit(url).path
    head, _, last = path.rpartition("/")
    return f"{head}/" if not last or "." in last else f"{path}/"


def same_host(url: str, other: str) -> bool:
    """Whether both lie on one host, `www.` or bare."""
    return _bare(urlsplit(url).netloc) == _bare(urlsplit(other).netloc)


def _bare(netloc: str) -> str:
    return netloc.lower().removeprefix("www.")


def is_file(url: str) -> bool:
    """Whether the address names a file that is not a page (an attachment, a picture, a script)."""
    return _FILE.search(urlsplit(url).path) is not None


def is_document(url: str) -> bool:
    """Whether the address names an office document or archive, which counts as an item of a list."""
    return _DOCUMENT.search(urlsplit(url).path) is not None


@lru_cache(4096)
def is_trap(url: str) -> bool:
    """Whether to keep out: searches, calendars, sign-in, print copies, mirrors, endless parameters or paths."""
    if len(url) > _MAX_LENGTH or _TRAP.search(url):
        return True
    parts = urlsplit(url)
    if parts.query.count("=") > _MAX_PARAMETERS:
        return True
    segments = [s for s in parts.path.split("/") if s]
    return any(segments.count(s) > 2 for s in set(segments))
