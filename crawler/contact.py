"""How can people write to the unit on this site, and what became of the letters it publishes? (19号-1-7, 19号-1-8)

Names on the pages of home and board lead the way; one page behind 互动交流 is opened where home names no mailbox itself.
What was not opened, or could not be read, stays open: a channel counts as missing only when every way to it was tried.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from crawler.column_map import ColumnMap
from crawler.extract.interaction import Contact, Door, mail_in, merged
from crawler.extract.privacy import masked
from crawler.extract.scan import Scan
from crawler.extract.text import tidy
from crawler.extract.urls import is_file
from crawler.opening import Opener, Seen
from crawler.own_text import own_lines
from crawler.reading import Reading
from crawler.visitor import DEAD
from db.records import Channel, Content, Interaction, Letter

_OPENED = 4  # pages of channels and lists of letters
_SEARCHED = 6  # pages that may hold a mailbox, where none is named
_LEADING = ("hub", "maybe", "slug")  # kinds that only lead on
_DOUBTFUL = 4  # letters without a state whose own page is opened
_YEAR, _MONTHS = timedelta(days=366), timedelta(days=89)  # between these ages a letter must have its answer
_KEPT = 60  # letters
_RANK = {
    kind: n for n, kind in enumerate(("consult", "letters", "hub", "petition", "survey", "interview", "maybe", "slug"))
}


class ContactRound:
    """The channels and letters of one site: `look()` once, `judge()` again after the second look of the night."""

    def __init__(self, opener: Opener, column_map: ColumnMap) -> None:
        self.opener, self.map = opener, column_map
        self.doors: dict[str, Door] = {}
        self.labels: dict[str, None] = {}
        self.gaps: list[str] = []
        self._tried: set[str] = set()

    async def look(self) -> Interaction | None:
        """Find the entries and open what decides; None when the home page was not seen."""
        if self.map.home is None or not self.map.home.ok:
            return None
        for page in self.map.fronts:
            self._take(page)
        if not self._of("consult", "hub"):
            await self._sitemap()
        asked = 0
        while asked < (_OPENED if self._of("consult") else _SEARCHED) and (door := self._next()) is not None:
            asked += str(door.url) not in self.opener.seen
            await self._enter(door)
        for letter in self._doubtful():
            await self.opener.open(str(letter.url))
        return self.judge()

    def judge(self) -> Interaction | None:
        """What is known now, from the pages as last seen."""
        if self.map.home is None or not self.map.home.ok:
            return None
        doors = list(self.doors.values())
        channels = [c for c in map(self._channel, doors) if c is not None]
        consult = any(c.kind == "consult" for c in channels)
        gaps = dict.fromkeys(self.gaps)
        if not consult:
            channels += [self._unlinked(name) for name in self.labels]
            channels += [] if self.labels else self._elsewhere()
            left = [d for d in self._of(*_LEADING) if d.url and d.url not in self._tried and self.opener.ours(d.url)]
            gaps |= {f"{len(left)} pages not looked into": None} if left else {}
        letters, unseen = self._letters()
        return Interaction(tuple(channels), tuple(letters), tuple(gaps), unseen)

    # finding

    def _take(self, page: Reading) -> None:
        """Remember the entries of a page; of two names of one address the telling one stays."""
        contact = self._contact(page)
        if contact is None:
            self.gaps.append("reader_error")
            return
        for door in contact.doors:
            key = door.url or door.name
            known = self.doors.get(key)
            if known is None or _RANK[door.kind] < _RANK[known.kind]:
                self.doors[key] = door
        self.labels.update(dict.fromkeys(contact.labels))

    def _contact(self, page: Reading) -> Contact | None:
        return self.opener.read("contact", lambda: page.contact)

    def _scan(self, page: Reading) -> Scan | None:
        return self.opener.read("scan", lambda: page.scan)

    def _of(self, *kinds: str) -> list[Door]:
        return [d for d in self.doors.values() if d.kind in kinds]

    def _next(self) -> Door | None:
        """The entry to open next: a mailbox until one works, the page behind 互动交流 where none is named, then letters."""
        todo = [d for d in self.doors.values() if d.url and d.url not in self._tried]
        order: tuple[str, ...]
        for door in todo:  # opened before, for another reason: it costs nothing
            if door.kind in ("consult", "letters", "hub") and door.url in self.opener.seen:
                return door
        if any(c is not None and c.works for c in map(self._channel, self._of("consult"))):
            order = () if self._letters()[0] else ("letters", "hub")
        else:
            order = ("consult", "hub") if self._of("consult") else _LEADING
        for kind in order:
            mine = [d for d in todo if d.kind == kind]
            if mine:
                return min(mine, key=lambda d: not self.opener.ours(str(d.url)))
        return None

    async def _enter(self, door: Door) -> None:
        """Open the page of an entry; the entries of an own page lead on."""
        url = str(door.url)
        self._tried.add(url)
        own = self.opener.ours(url)
        if not own and not await self.opener.visitor.registered.allows(url):
            return
        seen = await self.opener.open(url, "page" if own else "entry")
        if not own:
            return
        if not seen.ok:
            if door.kind != "consult":
                self.gaps.append(f"{door.name}: {seen.outcome}")
            return
        if door.kind in ("letters", "consult") and any(x.unseen for x in self.opener.listings(seen)):
            await self.opener.call_lists(seen)
        for page in seen.pages:
            self._take(page)
        if door.kind in _LEADING:
            self.gaps += [*(gap for p in seen.pages for gap in p.unread_menus), *seen.gaps]
            self.gaps += [seen.incomplete] if seen.incomplete else []

    async def _sitemap(self) -> None:
        """The site map may name what the menus do not."""
        maps = [e for p in self.map.fronts for e in p.entries() if "sitemap" in e.roles and e.url]
        for entry in maps[:1]:
            seen = await self.opener.open(str(entry.url))
            if seen.ok:
                for page in seen.pages:
                    self._take(page)
            else:
                self.gaps.append(f"{entry.name}: {seen.outcome}")

    def _doubtful(self) -> list[Letter]:
        """Letters without a state that are old enough to need an answer and whose own page may tell."""
        today = self.opener.today
        old = [
            x
            for x in self._letters()[0]
            if x.state == "unclear" and x.asked and today - _YEAR <= x.asked <= today - _MONTHS
        ]
        own = [x for x in old if x.url and self.opener.ours(x.url) and not is_file(x.url)]
        return [x for x in own if x.url not in self.opener.seen][:_DOUBTFUL]

    # judging

    def _channel(self, door: Door) -> Channel | None:
        """What an entry is; None for one that only led on."""
        seen = self.opener.seen.get(door.url or "")
        if door.kind in _LEADING:
            if seen is not None and seen.ok and any(c.form for c in self._contacts(seen)):
                return Channel(door.name, door.url, "consult", "form", True, evidence=seen.evidence(door.name))
            return Channel(door.name, door.url, "hub") if door.kind == "hub" else None
        if door.kind != "consult":
            return Channel(door.name, door.url, door.kind) if door.kind != "letters" else None
        home = self.map.home.evidence(door.name) if self.map.home else None
        if door.mail:
            return Channel(door.name, None, "consult", "mail", True, evidence=home)
        if door.url is None:
            return Channel(door.name, None, "consult", works=None, why="needs_render", evidence=home)
        if seen is None:
            return Channel(door.name, door.url, "consult", works=None, why="not_tried", evidence=home)
        how, works, why = self._works(door, seen)
        return Channel(door.name, door.url, "consult", how, works, why, seen.evidence(door.name))

    def _works(self, door: Door, seen: Seen) -> tuple[str | None, bool | None, str | None]:
        """What the page of a mailbox offers, whether it works, and why that could not be told."""
        own = self.opener.ours(str(door.url))
        if not seen.ok:
            if own and seen.outcome in DEAD and seen.first in DEAD:
                return None, False, "dead"
            return None, None, str(seen.outcome)
        if not own:
            return "outward", True, None
        contacts = self._contacts(seen)
        if any(c.form for c in contacts):
            return "form", True, None
        if any(c.letters or c.told for c in contacts):
            return "letters", True, None
        if any(url != door.url and self._alive(url) for c in contacts for url in c.online):
            return "online", True, None
        lines = self.opener.read("own_lines", own_lines, seen.pages, self.map.fronts) or []
        if mail_in(" ".join(lines)):
            return "mail", True, None
        if self._blank(str(door.url)):
            return None, False, "blank"
        scripted = seen.incomplete or seen.gaps or seen.foreign or any(x.unseen for x in self.opener.listings(seen))
        return None, None, "needs_render" if scripted else "unclear"

    def _alive(self, url: str) -> bool:
        seen = self.opener.seen.get(url)
        return seen is None or seen.ok

    def _blank(self, url: str) -> bool:
        return any(c.url == url and c.content is Content.BLANK for c in self.map.columns.values())

    def _contacts(self, seen: Seen) -> list[Contact]:
        return [c for c in map(self._contact, seen.pages) if c is not None]

    def _unlinked(self, name: str) -> Channel:
        home = self.map.home.evidence(name) if self.map.home else None
        return Channel(name, None, "consult", works=None, why="needs_render", evidence=home)

    def _elsewhere(self) -> list[Channel]:
        """Mailboxes that only pages behind the home page name: they were not tried, and keep the absence unproven."""
        found: dict[str, Channel] = {}
        for seen in self.opener.seen.values():
            named = seen.ok and any(scan is not None and scan.mailbox for scan in map(self._scan, seen.pages))
            for contact in self._contacts(seen) if named else ():
                for door in contact.doors:
                    if door.kind == "consult":
                        works = self._channel(door)
                        found.setdefault(door.url or door.name, works or Channel(door.name, door.url, "consult"))
        return list(found.values())

    def _letters(self) -> tuple[list[Letter], str | None]:
        """The letters on all pages of mailboxes and lists, and why some that are published were not read."""
        letters: dict[tuple[str | None, str], Letter] = {}
        unseen: str | None = None
        for door in self._of("consult", "letters", "hub"):
            seen = self.opener.seen.get(door.url or "")
            if seen is None or not self.opener.ours(str(door.url)):
                continue
            if not seen.ok:
                gone = seen.outcome in DEAD  # a dead link is no published letter
                unseen = unseen or (str(seen.outcome) if door.kind == "letters" and not gone else None)
                continue
            found = [x for c in self._contacts(seen) for x in c.letters]
            if not found and seen.called is not None and door.kind != "hub":
                found = [Letter(tidy(masked(r.title), 80), r.url, r.published) for r in seen.called.rows if r.published]
            told = door.kind == "letters" or any(c.told for c in self._contacts(seen))
            if not found and told:
                unseen = unseen or next((x.unseen for x in self.opener.listings(seen) if x.unseen), None)
            for letter in found:
                letters.setdefault((letter.url, letter.title), self._evidenced(self._with_page(letter), seen))
        kept = list(letters.values())
        still = [x for x in kept if x.state == "open"]
        return [*still, *(x for x in kept if x.state != "open")][:_KEPT], None if kept else unseen

    def _with_page(self, letter: Letter) -> Letter:
        """The letter with what its own page says, where that was opened."""
        seen = self.opener.seen.get(letter.url or "")
        if seen is None or not seen.ok:
            return letter
        return merged(letter, [x for c in self._contacts(seen) for x in c.letters])

    def _evidenced(self, letter: Letter, seen: Seen) -> Letter:
        own = self.opener.seen.get(letter.url or "")
        where = own if own is not None and own.ok else seen
        return replace(letter, evidence=where.evidence(_words(letter)))


def _words(letter: Letter) -> str:
    parts: Iterable[str] = (
        letter.title,
        f"来信 {letter.asked}" if letter.asked else "",
        f"答复 {letter.answered}" if letter.answered else "未答复" if letter.state == "open" else "",
    )
    return tidy(" ".join(p for p in parts if p), 120)
