"""Who is this, and what may they do? Passwords, sign-ins, sessions, the tokens of forms.

Passwords are kept as argon2id hashes. Sessions live in the process: starting anew signs everybody out. Every try to sign in leaves
a row, and too many wrong ones close the door for a while.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlite_utils import Database

from db import facts, users
from db.registry import squeezed
from db.users import SignIn, User

ROLES = {  # each may see what those before it may, and do it, but for appeals, which only units file
    "unit": "单位",  # its own unit alone
    "viewer": "查看员",  # everything, personal data masked; acts on nothing
    "reviewer": "复核员",
    "administrator": "管理员",
}
IDLE = timedelta(minutes=30)  # a session that asks for nothing so long is over
LONGEST = timedelta(hours=12)  # and so is any that began so long ago
_SPAN = timedelta(minutes=15)  # in which wrong passwords are counted
_PAIR, _ORIGIN, _NAME = 5, 30, 50  # wrong ones of one name from one address; from one address; of one name
_SHORTEST, _LONGEST_PASSWORD, _LONGEST_NAME = 10, 200, 40
_LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that looks like another
_HASHER = PasswordHasher()
_ONE = threading.Lock()  # a hash takes 64 MB: one at a time
_NOBODY: list[str] = []  # a hash for names that are nobody's, so that both answers take as long


class Refused(ValueError):
    """It is not done; the message says why and what to do, in Chinese."""


# passwords


def hashed(password: str) -> str:
    """The argon2id hash of a password, with its parameters."""
    with _ONE:
        return _HASHER.hash(password)


def good_password(password: str, name: str) -> str:
    """The password, where it may be one for that name. Raises Refused."""
    if not _SHORTEST <= len(password) <= _LONGEST_PASSWORD:
        raise Refused(f"口令应有 {_SHORTEST} 到 {_LONGEST_PASSWORD} 个字符。")
    if len(set(password)) < 5 or name.casefold() in password.casefold():
        raise Refused("口令过于简单：不要含用户名，不要只用几个相同的字符。")
    return password


def made_password() -> str:
    """A password by chance that can be read out, 14 characters."""
    return "".join(secrets.choice(_LETTERS) for _ in range(14))


def _right(password: str, kept: str) -> bool:
    with _ONE:
        try:
            return _HASHER.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


# people


def add(
    db: Database,
    name: str,
    role: str,
    password: str,
    *,
    who: str = "",
    origin: str = "",
    must_change: bool = False,
    unit: str = "",
    at: datetime | None = None,
) -> User:
    """A new user. Raises Refused for a name that is taken or cannot be one, an unknown role or unit, a weak password.

    must_change  whoever adds him knows the password      unit  a registered one for the role `unit`, "" for all others
    """
    now, name = at or datetime.now(UTC), name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Refused(f"用户名应有 1 到 {_LONGEST_NAME} 个字符，建议用姓名。")
    if name == "系统":
        raise Refused("“系统”是本程序自己的署名，请换一个用户名。")
    if role not in ROLES:
        raise Refused(f"不认识的角色「{role}」。可用 {'、'.join(ROLES)}。")
    if (role == "unit") != bool(unit):
        raise Refused("角色“单位”必须写明是哪个单位，其他角色不写单位。")
    if unit:
        known = next((u.name for u in facts.units(db) if squeezed(u.name) == squeezed(unit)), None)
        if known is None:
            raise Refused(f"登记表里没有单位「{unit}」。请核对名称。")
        unit = known
    kept = hashed(good_password(password, name))
    with facts.writing(db):
        made = users.add_user(db, name, role, kept, at=now, must_change=must_change, unit=unit)
        if made is None:
            raise Refused(f"用户名「{name}」已经有了。停用的用户可以重新启用。")
        users.save_sign_in(db, SignIn(now, name, origin, "added", who))
    return made


def reset(db: Database, id_: int, *, who: str = "", origin: str = "", at: datetime | None = None) -> tuple[User, str]:
    """Give the user a password by chance that he must change; returned once, with the user. Raises Refused for no such user."""
    now, password = at or datetime.now(UTC), made_password()
    kept = hashed(password)
    with facts.writing(db):
        user = _known(db, id_)
        users.change_user(db, id_, at=now, password=kept, must_change=True)
        users.save_sign_in(db, SignIn(now, user.name, origin, "reset", who))
    return user, password


def change_password(db: Database, user: User, old: str, new: str, *, origin: str, at: datetime) -> None:
    """The user's own password, which ends his sessions. Raises Refused when `old` is wrong or `new` is weak or the same."""
    _not_throttled(db, user.name, origin, at)
    if not _right(old, user.password):
        _note(db, SignIn(at, user.name, origin, "wrong"))
        raise Refused("现在的口令不对。")
    if new == old:
        raise Refused("新口令与现在的相同。")
    kept = hashed(good_password(new, user.name))
    with facts.writing(db):
        users.change_user(db, user.id, at=at, password=kept)
        users.save_sign_in(db, SignIn(at, user.name, origin, "changed", user.name))


def switch(
    db: Database,
    id_: int,
    *,
    active: bool | None = None,
    role: str | None = None,
    who: str = "",
    origin: str = "",
    at: datetime | None = None,
) -> User:
    """Switch a user off or on, or give him another role; his sessions end. One active administrator always stays. Raises Refused."""
    now = at or datetime.now(UTC)
    if role is not None and role not in ROLES:
        raise Refused(f"不认识的角色「{role}」。可用 {'、'.join(ROLES)}。")
    with facts.writing(db):
        user = _known(db, id_)
        if role is not None and "unit" in (role, user.role):
            raise Refused("单位账号与工作人员账号不能互改，请停用这个用户，另行添加。")
        others = [u for u in users.users(db) if u.active and u.role == "administrator" and u.id != id_]
        loses = active is False or role not in (None, "administrator")
        if user.role == "administrator" and user.active and loses and not others:
            raise Refused("这是唯一在用的管理员，不能停用或改为其他角色。请先添加另一位管理员。")
        users.change_user(db, id_, at=now, role=role, active=active)
        outcome = "role" if role is not None else "on" if active else "off"
        users.save_sign_in(db, SignIn(now, user.name, origin, outcome, who))
    return user


def _known(db: Database, id_: int) -> User:
    user = users.user_of(db, id_)
    if user is None:
        raise Refused(f"没有编号为 {id_} 的用户。")
    return user


# signing in


def sign_in(db: Database, name: str, password: str, *, origin: str, at: datetime) -> User:
    """The active user of that name and password. Raises Refused, in the same words whatever was wrong; every try leaves a row.

    origin  address that the try came from: five wrong passwords of one name from one address, and it has to wait
    """
    name = name.strip()[:_LONGEST_NAME]
    _not_throttled(db, name, origin, at)
    user = users.user_named(db, name)
    if user is None and not _NOBODY:
        _NOBODY.append(hashed(made_password()))
    right = _right(password[: _LONGEST_PASSWORD + 1], user.password if user else _NOBODY[0])
    if user is None or not right or not user.active:
        _note(db, SignIn(at, name, origin, "wrong"))
        raise Refused("用户名或口令不对。忘记口令请找管理员重置。")
    _note(db, SignIn(at, user.name, origin, "ok", user.name))
    return user


def sign_out(db: Database, user: User, *, origin: str, at: datetime) -> None:
    """Write down that he left."""
    _note(db, SignIn(at, user.name, origin, "out", user.name))


def _not_throttled(db: Database, name: str, origin: str, at: datetime) -> None:
    since = at - _SPAN
    if (
        users.failures(db, since=since, name=name, origin=origin) >= _PAIR
        or users.failures(db, since=since, origin=origin) >= _ORIGIN
        or users.failures(db, since=since, name=name) >= _NAME
    ):
        _note(db, SignIn(at, name, origin, "throttled"))
        raise Refused(f"连续多次口令错误，请 {_SPAN.seconds // 60} 分钟后再试，或请管理员重置口令。")


def _note(db: Database, row: SignIn) -> None:
    with facts.writing(db):
        users.save_sign_in(db, row)


# sessions


@dataclass(slots=True)
class Session:
    """Somebody who is signed in. `notes` are the messages that his next page shows."""

    user: int
    began_at: datetime
    seen_at: datetime
    notes: list[str] = field(default_factory=list)


class Sessions:
    """Who is signed in, by the token that his browser holds; only its hash is kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: dict[str, Session] = {}
        self._key = secrets.token_bytes(32)

    def begin(self, user: User, at: datetime) -> str:
        """The token of a new session."""
        token = new_token()
        with self._lock:
            self._of = {k: s for k, s in self._of.items() if not _over(s, at)}
            self._of[_digest(token)] = Session(user.id, at, at)
        return token

    def find(self, db: Database, token: str, at: datetime) -> tuple[User, Session] | None:
        """Whose session it is; None when there is none, it is over, or the user was changed since."""
        with self._lock:
            session = self._of.get(_digest(token))
        if session is None:
            return None
        user = users.user_of(db, session.user)
        if user is None or not user.active or _over(session, at) or user.changed_at > session.began_at:
            self.end(token)
            return None
        session.seen_at = at
        return user, session

    def knows(self, token: str) -> bool:
        """Whether somebody signed in with that token, for all that the process remembers; `find` says whether it still counts."""
        with self._lock:
            return _digest(token) in self._of

    def end(self, token: str) -> None:
        """Forget the session, if there is one."""
        with self._lock:
            self._of.pop(_digest(token), None)

    def form_token(self, token: str) -> str:
        """What a form must bring back that was made for the browser with that cookie."""
        return hmac.new(self._key, token.encode(), "sha256").hexdigest()

    def form_is_ours(self, token: str, given: object) -> bool:
        """Whether the form was made by us for that browser."""
        return (
            bool(token)
            and isinstance(given, str)
            and hmac.compare_digest(given.encode(), self.form_token(token).encode())
        )


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(32)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _over(session: Session, at: datetime) -> bool:
    return at - session.seen_at > IDLE or at - session.began_at > LONGEST


class FirstDoor:
    """The one-time way in while there is nobody yet: whoever has its word sets the first administrator's name and password."""

    def __init__(self) -> None:
        self.word = new_token()
        self._lock = threading.Lock()

    def opens(self, db: Database, word: str) -> bool:
        """Whether that is the word and there is still nobody."""
        return hmac.compare_digest(word.encode(), self.word.encode()) and not users.users(db)

    def enter(self, db: Database, word: str, name: str, password: str, *, origin: str, at: datetime) -> User:
        """The first administrator. Raises Refused; the word is of no use afterwards."""
        with self._lock:
            if not self.opens(db, word):
                raise Refused("这个一次性网址已经失效。")
            return add(db, name, "administrator", password, origin=origin, at=at)
