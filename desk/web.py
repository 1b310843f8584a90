"""What does the service answer over HTTP? Its health, the pages of the review desk, and that the API needs a token."""

from __future__ import annotations

import ipaddress
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from db import facts, users
from desk import api, attach
from desk.pages import (
    alerts,
    appeals,
    evidence,
    findings,
    heat,
    ledger,
    nights,
    notices,
    people,
    registry,
    rules,
    scores,
    sign_in,
    today,
    tokens,
    units,
)
from desk.pages.frame import LARGEST, UPLOADS, Desk, SignInFirst, cookie_name, problem
from schedules.service import Service

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class NoPort(Exception):
    """The address cannot be listened on; the message says which, why and what to do, in Chinese."""


def application(service: Service, desk: Desk | None = None) -> FastAPI:
    """The application over a started service, which it stops at its end.

    `/healthz` answers 200, or 503 when the database cannot be read; everything under `/api/v1/` 401 without a token; the rest is
    the desk, for those who have signed in.
    """

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        app.state.desk.rechecks.stop()
        service.stop()

    app = FastAPI(lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk = desk or Desk(service)

    @app.middleware("http")
    async def guarded(request: Request, call_next):  # type: ignore[no-untyped-def]
        response: Response = (
            problem(request, 413, "内容过大，没有保存。") if _too_long(request) else await call_next(request)
        )
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if request.url.scheme == "https":
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response

    @app.exception_handler(SignInFirst)
    def first(_: Request, error: SignInFirst) -> Response:
        return RedirectResponse(error.to, 303)

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        own = isinstance(error.detail, str) and not error.detail.isascii()
        words = (
            error.detail
            if own
            else {404: "没有这一页。", 405: "这一页不能这样打开。"}.get(error.status_code, "不能完成。")
        )
        return problem(request, error.status_code, words)

    @app.exception_handler(RequestValidationError)
    def misread(request: Request, _: RequestValidationError) -> Response:
        return problem(request, 404, "没有这一页。")

    @app.exception_handler(facts.DatabaseProblem)
    @app.exception_handler(sqlite3.Error)
    def unreadable(request: Request, error: Exception) -> Response:
        said = str(error) if isinstance(error, facts.DatabaseProblem) else "数据库正忙或不能读写，请稍后再试。"
        return problem(request, 503, said)

    @app.api_route("/healthz", methods=["GET", "HEAD"])
    def healthz() -> JSONResponse:
        try:
            return JSONResponse(service.health())
        except (facts.DatabaseProblem, sqlite3.Error) as error:
            return JSONResponse({"status": "database", "detail": str(error)}, 503)

    @app.api_route("/api/v1", methods=_METHODS)
    def bare(request: Request) -> Response:
        if "authorization" in request.headers:
            return RedirectResponse("/api/v1/", 307)
        return JSONResponse({"detail": "需要令牌"}, 401, {"WWW-Authenticate": "Bearer"})

    app.mount("/api/v1", api.application(app.state.desk), "api")
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), "static")
    reading = (today, alerts, findings, appeals, notices, evidence, units, scores, heat, rules, ledger, nights)
    for family in (sign_in, *reading, registry, people, tokens):
        app.include_router(family.router)
    return app


def serve(
    service: Service,
    host: str,
    port: int,
    *,
    certificate: Path | None = None,
    key: Path | None = None,
    proxy: str | None = None,
) -> None:
    """Serve until the process is told to stop; port 0 takes a free one.

    certificate, key  files (PEM) for TLS        proxy  address of the proxy in front that does TLS, whose word is taken for it
    Raises NoPort and DatabaseProblem before anything is started.
    """
    warning = exposed(host, certificate is not None, proxy)
    if certificate is not None and not certificate.is_file():
        raise NoPort(f"证书文件 {certificate} 不存在。")
    with closing(_listening(host, port)) as door:
        service.start()
        desk = Desk(service)
        shown = f"[{host}]" if ":" in host else host
        address = f"{'https' if certificate else 'http'}://{shown}:{door.getsockname()[1]}"
        if warning:
            service.say(warning)
        service.say(f"工作台：{address}/，按 Ctrl-C 结束（运行状态 {address}/healthz）")
        with closing(desk.open()) as db:
            if not users.users(db):
                service.say(
                    f"还没有用户。请用这个一次性网址设定管理员：{address}/sign-in/first/{desk.door.word}", log=False
                )
            with suppress(Exception):  # a page says it better
                desk.nights.last(db)  # so that the first page of the morning does not wait for it
        config = uvicorn.Config(
            application(service, desk),
            log_level="warning",
            server_header=False,
            ssl_certfile=certificate,
            ssl_keyfile=key,
            proxy_headers=proxy is not None,
            forwarded_allow_ips=proxy,
        )
        with suppress(KeyboardInterrupt):  # uvicorn has shut down in good order when it raises this
            uvicorn.Server(config).run(sockets=[door])


def exposed(host: str, tls: bool, proxy: str | None) -> str | None:
    """What to say aloud about listening there, in Chinese; None: nothing. Raises NoPort for a public address without TLS or proxy.

    Every address of the machine (0.0.0.0, ::) counts as public. On a private one passwords go unencrypted through the office.
    """
    if tls or proxy:
        return None
    try:
        found = {ipaddress.ip_address(info[4][0]) for info in socket.getaddrinfo(host, None)}
    except (OSError, ValueError) as error:
        raise NoPort(f"不认识监听地址 {host}。请用本机的 IP 地址，例如 127.0.0.1。") from error
    if any(a.is_unspecified or not (a.is_loopback or a.is_private) for a in found):
        raise NoPort(
            f"{host} 是公开地址，口令和个人信息会不加密地传出，因此不予监听。"
            "请配置证书（TLS），或放在提供 HTTPS 的反向代理之后并写明代理地址，或改用 127.0.0.1。"
        )
    if all(a.is_loopback for a in found):
        return None
    return f"注意：{host} 上没有加密，口令在内部网络中以明文传输。建议配置证书（TLS）。"


def _too_long(request: Request) -> bool:
    """A body that is larger than any form, or does not say how large it is. Files come from those who have signed in."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return False
    length = request.headers.get("content-length")
    if length is None:
        return "transfer-encoding" in request.headers
    known = UPLOADS.fullmatch(request.url.path) is not None and request.app.state.desk.sessions.knows(
        request.cookies.get(cookie_name(request), "")
    )
    return not length.isdigit() or int(length) > LARGEST + (attach.limits().together if known else 0)


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise NoPort(
            f"不能监听 {host}:{port}（{error.strerror}）。请用 --port 换一个端口，或用 --host 换一个本机地址。"
        ) from error
