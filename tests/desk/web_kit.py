"""A desk over a demo-like night, and a browser without scripts that fills in its forms."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import uvicorn
from fastapi.testclient import TestClient
from lxml import html

from db import facts
from db.codec import instant_text
from demo.city import serving
from desk import auth, web
from desk.pages.frame import Desk
from schedules import jobs
from schedules.service import Service
from schedules.settings import Settings

PASSWORD = "yunyang 2026 spring"
PEOPLE = {"unit": "大青县网管", "viewer": "孙查看", "reviewer": "李复核", "administrator": "王管理"}
OWN, OTHER = "大青县", "石坪县"  # the unit of the unit's person, and another one


def make_night(folder: Path) -> Path:
    """A database with two judged nights of the demo city on two days, and people in every role."""
    path = folder / "night.db"
    with serving(folder) as city:
        jobs.run(city.units_csv, city.accounts_csv, path, delay=0)
        with closing(facts.open_database(path)) as db:
            db.execute("UPDATE run SET started_at = ?", (instant_text(datetime.now(UTC) - timedelta(days=1)),))
            db.conn.commit()
            jobs.judge(db)
        jobs.run(city.units_csv, city.accounts_csv, path, delay=0)
    with closing(facts.open_database(path)) as db:
        for role, name in PEOPLE.items():
            auth.add(db, name, role, PASSWORD, unit=OWN if role == "unit" else "")
    return path


class Browser:
    """One browser: it keeps its cookie and sends forms as they stand on the page, with what a person changes."""

    def __init__(self, app: Any, address: str = "http://desk.test") -> None:
        self.client = TestClient(app, base_url=address, follow_redirects=False, raise_server_exceptions=True)

    def get(self, path: str) -> httpx.Response:
        """The page, redirects followed."""
        response = self.client.get(path)
        for _ in range(5):
            if response.status_code not in (302, 303, 307):
                break
            response = self.client.get(urljoin(path, response.headers["location"]))
        return response

    def post(self, path: str, page: str | None = None, **fields: Any) -> httpx.Response:
        """Send fields with the token that stands on `page`; the answer itself, no redirect followed."""
        return self.client.post(path, data={"csrf": self.token(page or "/sign-in"), **fields})

    def token(self, page: str = "/sign-in") -> str:
        """The token of a form on that page."""
        found = re.search(r'name="csrf" value="(\w+)"', self.get(page).text)
        assert found, f"no form on {page}"
        return found[1]

    def send(self, page: str, button: str, **fields: Any) -> httpx.Response:
        """Fill in the form of `page` whose button says that, send it and follow; every other field as it stands."""
        tree = html.fromstring(self.get(page).content, base_url=page)
        form = next(f for f in tree.forms if any(button in (b.text_content() or "") for b in f.xpath(".//button")))
        given = [(k, v) for k, v in form.form_values() if k not in fields]
        given += [(k, v) for k, vs in fields.items() for v in (vs if isinstance(vs, list) else [vs])]
        pressed = next(b for b in form.xpath(".//button") if button in b.text_content())
        given += [(pressed.get("name"), pressed.get("value", ""))] if pressed.get("name") else []
        to = urljoin(page, form.get("action") or page)
        if form.method == "GET":
            return self.get(f"{to.split('#')[0]}?{httpx.QueryParams(given)}")
        data: dict[str, Any] = {}
        for key, value in given:
            data.setdefault(key, []).append(value)
        response = self.client.post(to, data=data)
        return self.get(response.headers["location"]) if response.status_code == 303 else response

    def sign_in(self, role: str) -> Browser:
        """Signed in as the person of that role."""
        answer = self.send("/sign-in", "登录", name=PEOPLE[role], password=PASSWORD)
        assert "退出" in answer.text
        return self


def a_desk(folder: Path, night: Path) -> Desk:
    """A desk over a copy of the night; its service's scheduler is not started."""
    path = folder / "w.db"
    with closing(facts.open_database(night)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(night, path)
    return Desk(Quiet(Settings(db=path, units=folder / "units.csv"), lambda line: None))


def a_live_desk(city: Path, unit: str) -> Desk:
    """A desk over one night of the small city of `conftest.city`, whose sites answer still; the unit's person is of that unit."""
    path = city / "w.db"
    jobs.run(city / "units.csv", city / "accounts.csv", path, delay=0)
    with closing(facts.open_database(path)) as db:
        for role, name in PEOPLE.items():
            auth.add(db, name, role, PASSWORD, unit=unit if role == "unit" else "")
    settings = Settings(db=path, units=city / "units.csv", accounts=city / "accounts.csv", delay=0, browser=False)
    return Desk(Quiet(settings, lambda *said, **more: None))


class Quiet(Service):
    """A service whose end has nothing to stop."""

    def stop(self) -> None:
        """Nothing was started."""


@contextmanager
def listening(desk: Desk) -> Iterator[str]:
    """The desk on a real port; its address."""
    server = uvicorn.Server(uvicorn.Config(web.application(desk.service, desk), log_level="error", port=0))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        for _ in range(200):
            if server.started:
                break
            time.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
