"""What does a page say of its own, beyond the head, menus and foot that it shares with home and board?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from crawler.extract.marks import Said
from crawler.reading import Reading


def own_lines(pages: Iterable[Reading], fronts: Iterable[Reading]) -> list[str]:
    """The pieces of text of `pages`, white space removed, that stand neither in a frame nor on one of `fronts`.

    A line that a page shows more often than the fronts do is its own as well: a telephone number in its text and in the foot.
    """
    shared: Counter[str] = Counter()
    for front in fronts:
        shared |= Counter(line for line, _ in front.substance.lines)
    own = []
    for page in pages:
        times = Counter(line for line, _ in page.substance.lines)
        own += [line for line, frame in page.substance.lines if not frame and times[line] > shared[line]]
    return own


def said(pages: Sequence[Reading], fronts: Sequence[Reading]) -> list[Said]:
    """The own text, documents, pictures, forms and links of each page."""
    linked = {url for front in fronts for url, _ in front.substance.links}
    images = {source for front in fronts for source in front.substance.images}
    return [
        Said(
            "".join(own_lines([page], fronts)),
            any(kind == "d" and url not in linked for url, kind in page.substance.links),
            any(source not in images for source in page.substance.pictures),
            page.contact.form,
            tuple(a.text for a in page.anchors if a.url not in linked),
        )
        for page in pages
    ]
