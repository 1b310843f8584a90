"""What does the service answer over HTTP? Its health, and that the rest needs a token; the desk's pages come later."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from db import facts
from schedules.service import Service

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'",
    "Cache-Control": "no-store",
}
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class NoPort(Exception):
    """The address cannot be listened on; the message says which, why and what to do, in Chinese."""


def application(service: Service) -> FastAPI:
    """The application over a started service, which it stops at its end.

    `/healthz` answers 200, or 503 when the database cannot be read; everything under `/api/v1/` 401 without a token.
    """

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.stop()

    app = FastAPI(lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def guarded(request: Request, call_next):  # type: ignore[no-untyped-def]
        response: Response = await call_next(request)
        response.headers.update(_HEADERS)
        return response

    @app.api_route("/healthz", methods=["GET", "HEAD"])
    def healthz() -> JSONResponse:
        try:
            return JSONResponse(service.health())
        except (facts.DatabaseProblem, sqlite3.Error) as error:
            return JSONResponse({"status": "database", "detail": str(error)}, 503)

    @app.api_route("/api/v1", methods=_METHODS)
    @app.api_route("/api/v1/{path:path}", methods=_METHODS)
    def api(path: str = "") -> JSONResponse:
        return JSONResponse({"detail": "需要令牌"}, 401, {"WWW-Authenticate": "Bearer"})

    return app


def serve(service: Service, host: str, port: int) -> None:
    """Serve until the process is told to stop; port 0 takes a free one.

    Raises NoPort and DatabaseProblem before anything is started.
    """
    with closing(_listening(host, port)) as door:
        service.start()
        shown = f"[{host}]" if ":" in host else host
        service.say(f"地址：http://{shown}:{door.getsockname()[1]}/healthz，按 Ctrl-C 结束")
        config = uvicorn.Config(application(service), log_level="warning", server_header=False)
        with suppress(KeyboardInterrupt):  # uvicorn has shut down in good order when it raises this
            uvicorn.Server(config).run(sockets=[door])


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise NoPort(
            f"不能监听 {host}:{port}（{error.strerror}）。请用 --port 换一个端口，或用 --host 换一个本机地址。"
        ) from error
