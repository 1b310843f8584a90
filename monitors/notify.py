"""How does a notice reach its receiver? By the channels that the office set up (mail, 企业微信, 钉钉, 飞书 and others, as addresses of
apprise), outside the quiet hours, at most three times, and never again where a crash left it in doubt.

The address of a channel is a secret: it goes to apprise and nowhere else. Rows, logs and messages name a channel by the office's own
name for it.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from urllib.parse import quote, unquote, urlsplit

from sqlite_utils import Database

from db import facts, notices
from db.notices import FAILED, SENT, Notice, Sending
from db.records import SHANGHAI, Unit

TRIES = 3
_BACK_OFF = (timedelta(minutes=5), timedelta(minutes=30))  # after the first and the second failure
_LONGEST = timedelta(minutes=10)  # no attempt lasts so long; one without an end was cut off
_FRESH = timedelta(hours=24)  # an older notice is not sent any more: the next morning's tells it
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SMALL = 4096  # a channel whose limit is below counts bytes (企业微信: 2048)
_CUT = "\n……（以下从略，请到工作台查看）"
_SHORTEST = 4  # a shorter part of an address is too common a text to be hidden wherever it stands

Send = Callable[[str, str, str], tuple[bool, str | None]]
Quiet = tuple[time, time]


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is told, and how: apprise addresses by the office's own name of each channel. `unit` is None for the office."""

    name: str
    channels: Mapping[str, str] = field(repr=False)
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Channels:
    """What the office set up: its own receivers, those of single units, and how mail is sent to a unit's 联系人."""

    office: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    unit: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    mail: str | None = field(default=None, repr=False)

    def receivers(self, units: Iterable[Unit]) -> list[Receiver]:
        """The office's receivers, then every unit in the order of the registry; one without channels cannot be reached.

        A unit is reached over the channels set up for it, else by mail to the addresses in its 联系人.
        """
        found = [Receiver(name, channels) for name, channels in self.office.items()]
        for unit in units:
            mails = _MAIL.findall(unit.contact or "")
            by_mail = {"邮件": _with_to(self.mail, mails)} if self.mail and mails else {}
            found.append(Receiver(unit.name, self.unit.get(unit.name) or by_mail, unit.name))
        return found


def usable(url: str) -> bool:
    """Whether apprise knows what to do with the address. Nothing is sent."""
    import apprise

    _quieten()
    return apprise.Apprise.instantiate(url) is not None


def deliver(
    db: Database,
    receivers: Iterable[Receiver],
    *,
    quiet: Quiet | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    send: Send | None = None,
) -> list[Sending]:
    """Send what is due: the newest notice of each receiver, over each of its channels that has not had it. Call it often.

    Nothing in the quiet hours. An attempt that failed is made again after 5 and 30 minutes, three in all; then the channel is
    dead, and what was not told comes in the receiver's next notice. Returns the attempts made now, with their outcome.
    """
    begun_at = now()
    if quiet is not None and in_quiet(begun_at, quiet):
        return []
    with facts.writing(db):
        notices.give_up_broken(db, before=begun_at - _LONGEST)
    known = {receiver.name: receiver for receiver in receivers}
    due = [n for n in notices.newest_notices(db) if n.receiver in known and begun_at - n.made_at < _FRESH]
    made: dict[tuple[int, str], list[Sending]] = defaultdict(list)
    for attempt in notices.sendings(db, [n.id for n in due]):
        made[attempt.notice, attempt.channel].append(attempt)
    done = []
    for notice in due:
        for channel, url in known[notice.receiver].channels.items():
            before = made[notice.id, channel]
            mine = _attempt(db, notice, channel, len(before) + 1, now) if _is_due(before, now()) else None
            if mine is not None:
                taken, why = (send or _send)(url, notice.subject, notice.body)
                mine = replace(mine, ended_at=now(), outcome=SENT if taken else FAILED, detail=why)
                with facts.writing(db):
                    notices.end_sending(db, mine)
                done.append(mine)
    return done


def in_quiet(at: datetime, quiet: Quiet) -> bool:
    """Whether the clocks of Asia/Shanghai stand between the two times; they may lie on both sides of midnight."""
    clock, (start, end) = at.astimezone(SHANGHAI).time(), quiet
    return start <= clock < end if start <= end else clock >= start or clock < end


def _is_due(before: Sequence[Sending], now: datetime) -> bool:
    """Whether the next attempt is to be made: each one before failed, not too many, and long enough ago."""
    if len(before) >= TRIES or any(a.outcome != FAILED for a in before):
        return False
    last = before[-1].ended_at if before else None
    return last is None or now - last >= _BACK_OFF[len(before) - 1]


def _attempt(db: Database, notice: Notice, channel: str, number: int, now: Callable[[], datetime]) -> Sending | None:
    """The attempt, written down before it is made; None when another process has it."""
    with facts.writing(db):
        return notices.begin_sending(db, Sending(notice.id, channel, number, now()))


def _send(url: str, subject: str, body: str) -> tuple[bool, str | None]:
    """Hand one message to apprise: whether it was taken, and why not, without anything of the address."""
    import apprise

    _quieten()
    asset = apprise.AppriseAsset(async_mode=False, app_id="wangkao", app_desc="wangkao", app_url="")
    box = apprise.Apprise(asset=asset)
    service = apprise.Apprise.instantiate(url, asset=asset)
    if service is None:
        return False, "渠道地址不能使用"
    box.add(service)
    limit = int(service.body_maxlen)
    text = _fitted(body, limit - len(subject.encode()) - 2) if limit < _SMALL else body
    with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as log:  # type: ignore[no-untyped-call]
        taken = bool(box.notify(body=text, title=subject, body_format=apprise.NotifyFormat.TEXT))
        said = log.getvalue()
    return taken, None if taken else hidden(" ".join(said.split()), url)[:300] or "发送失败"


def hidden(text: str, url: str) -> str:
    """The text with stars for every part of the channel's address but its scheme, host and port."""
    parts = urlsplit(url)
    _, _, host = parts.netloc.rpartition("@")
    pieces = re.split(r"[/?&=:@;,]", url.removeprefix(f"{parts.scheme}://"))
    known = {*re.split(r"[:,]", host), ""} if "." in host or host.startswith("localhost") else {""}
    for piece in sorted({p for raw in pieces for p in (raw, unquote(raw))} - known, key=len, reverse=True):
        if len(piece) >= _SHORTEST:
            text = text.replace(piece, "***")
    return text


def _fitted(body: str, limit: int) -> str:
    """The body in at most `limit` bytes, cut at the end of a line."""
    if len(body.encode()) <= limit:
        return body
    kept = body.encode()[: limit - len(_CUT.encode())].decode("utf-8", "ignore")
    return kept.rpartition("\n")[0] + _CUT if "\n" in kept else kept + _CUT


def _with_to(mail: str, to: Iterable[str]) -> str:
    return f"{mail}{'&' if '?' in mail else '?'}to={quote(','.join(to))}"


def _quieten() -> None:
    """What apprise and its HTTP library log may hold addresses: none of it leaves this process."""
    ours = logging.getLogger("apprise")
    ours.propagate = False
    for log in (ours, logging.getLogger("urllib3")):
        log.setLevel(logging.WARNING)
