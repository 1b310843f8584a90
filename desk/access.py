"""Whose is this token, and may it open anything now? Tokens of the read API: made, ended, and told from wrong ones."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from sqlite_utils import Database

from db import facts, tokens, users
from db.tokens import Token
from db.users import SignIn, User
from desk.auth import Refused

PREFIX = "wk_"  # so that a secret that got into a file can be told as one of ours
DAYS = (30, 90, 365)  # for which a token may hold
_LONGEST_NAME, _MOST = 40, 20
_SPAN, _WRONG = timedelta(minutes=15), 20  # so many wrong ones from one address in that time, and it has to wait
_OUTCOME = "token"  # a row of the sign-ins: somebody came with a token that opens nothing
_USED = timedelta(hours=1)  # to which the last use is known: reading does not mean writing each time


class TooMany(Exception):
    """Too many wrong tokens from that address; `wait` is how long, in seconds."""

    wait = int(_SPAN.total_seconds())


def make(
    db: Database, user: User, name: str, *, days: int = 365, who: str = "", at: datetime | None = None
) -> tuple[str, Token]:
    """A new token of that user and its secret, which is shown now and kept by nobody. Raises Refused."""
    now, name = at or datetime.now(UTC), name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Refused(f"请写明令牌的用途，1 到 {_LONGEST_NAME} 个字符，例如“政务网站监管平台”。")
    if days not in DAYS:
        raise Refused(f"有效期只能是 {'、'.join(map(str, DAYS))} 天。")
    if not user.active:
        raise Refused(f"用户「{user.name}」已停用，不能有令牌。")
    if user.must_change:
        raise Refused(f"用户「{user.name}」还没有改过初始口令。请先登录修改口令，再生成令牌。")
    secret = PREFIX + secrets.token_urlsafe(32)
    with facts.writing(db):
        if sum(t.holds(now) for t in tokens.tokens(db, user=user.id)) >= _MOST:
            raise Refused(f"每人最多 {_MOST} 个有效令牌。请先停用不用的。")
        made = tokens.add_token(db, user.id, name, secret, who=who, at=now, expires_at=now + timedelta(days=days))
    return secret, made


def end(db: Database, id_: int, *, who: str = "", of: User | None = None, at: datetime | None = None) -> Token:
    """End that token; with `of` only one of his. Raises Refused where there is none."""
    with facts.writing(db):
        known = tokens.token_of(db, id_)
        if known is None or (of is not None and known.user != of.id):
            raise Refused(f"没有编号为 {id_} 的令牌。")
        tokens.end_token(db, id_, who=who, at=at or datetime.now(UTC))
    return known


def void(token: Token, user: User | None, at: datetime) -> str | None:
    """Why it opens nothing, in Chinese; None: it does. What was made before a change of password or role is over, as a session is."""
    if token.ended_at is not None:
        return "已停用"
    if at >= token.expires_at:
        return "已过期"
    if user is None or not user.active:
        return "用户已停用"
    return "口令或角色已改，请重新生成" if user.must_change or user.changed_at > token.made_at else None


def bearer(db: Database, secret: str, *, origin: str, at: datetime) -> User | None:
    """Whose token it is; None for one that opens nothing. A right one is never made to wait. Raises TooMany."""
    token = tokens.token_with(db, secret)
    user = users.user_of(db, token.user) if token else None
    if token is not None and void(token, user, at) is None:
        if token.used_at is None or at - token.used_at >= _USED:
            with facts.writing(db):
                tokens.mark_used(db, token.id, at=at)
        return user
    if users.events(db, _OUTCOME, since=at - _SPAN, origin=origin) >= _WRONG:
        raise TooMany
    with facts.writing(db):
        users.save_sign_in(db, SignIn(at, user.name if user else "", origin, _OUTCOME))
    return None
