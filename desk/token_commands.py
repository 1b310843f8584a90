"""Which programs may read through the API? Commands of `wangkao`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlite_utils import Database

from db import tokens, users
from db.users import User
from desk import access
from desk.auth import Refused
from desk.office import opened
from desk.shell import Db, app, database, out

token_app = typer.Typer(no_args_is_help=True, help="API 令牌：生成、停用、列出")
app.add_typer(token_app, name="token")


def _user(db: Database, name: str) -> User:
    found = users.user_named(db, name)
    if found is None:
        raise Refused(f"没有用户「{name}」。")
    return found


@token_app.command("add")
def token_add(
    user: Annotated[str, typer.Argument(help="令牌属于哪个用户，他能看什么令牌就能看什么")],
    name: Annotated[str, typer.Option("--for", help="用途，例如 政务网站监管平台")],
    days: Annotated[int, typer.Option("--days", help="有效天数：30、90 或 365")] = 365,
    db: Db = None,
) -> None:
    """生成令牌，显示一次。"""
    secret, made = opened(database(db), lambda d: access.make(d, _user(d, user), name, days=days))
    out.print(f"令牌 {made.id}（只显示这一次）：{secret}", markup=False, soft_wrap=True)


@token_app.command("off")
def token_off(number: Annotated[int, typer.Argument(help="令牌的编号，见 wangkao token list")], db: Db = None) -> None:
    """停用令牌。"""
    done = opened(database(db), lambda d: access.end(d, number))
    out.print(f"令牌 {done.id}（{done.owner}，{done.name}）已停用", markup=False, soft_wrap=True)


@token_app.command("list")
def token_list(db: Db = None) -> None:
    """列出令牌（不含令牌本身）。"""
    now = datetime.now(UTC)
    every, people = opened(database(db), lambda d: (tokens.tokens(d), {u.id: u for u in users.users(d)}))
    for token in every:
        state = access.void(token, people.get(token.user), now) or "有效"
        used = f"，最近使用 {token.used_at:%Y-%m-%d}" if token.used_at else ""
        words = f"{token.id}  {token.owner}  {token.name}  {state}，至 {token.expires_at:%Y-%m-%d}{used}"
        out.print(words, markup=False, soft_wrap=True)
