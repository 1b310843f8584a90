"""What does the service answer over HTTP? Its health, and that the rest needs a token; the desk's pages come later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from schedules.service import Service

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'",
    "Cache-Control": "no-store",
}


def application(service: Service) -> FastAPI:
    """The application: `/healthz` answers 200, everything under `/api/v1/` 401 without a token."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield
        service.stop()

    app = FastAPI(lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def guarded(request: Request, call_next):  # type: ignore[no-untyped-def]
        response: Response = await call_next(request)
        response.headers.update(_HEADERS)
        return response

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        return JSONResponse(service.health())

    @app.get("/api/v1/{path:path}")
    def api(path: str) -> JSONResponse:
        return JSONResponse({"detail": "需要令牌"}, 401, {"WWW-Authenticate": "Bearer"})

    return app


def serve(service: Service, host: str, port: int) -> None:
    """Serve until the process is told to stop."""
    service.say(f"地址：http://{host}:{port}/healthz，按 Ctrl-C 结束")
    with suppress(KeyboardInterrupt):  # uvicorn has shut down in good order when it raises this
        uvicorn.run(application(service), host=host, port=port, log_level="warning", server_header=False)
