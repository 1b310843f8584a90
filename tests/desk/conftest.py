"""One judged night for all tests of the desk's pages."""

from pathlib import Path

import pytest

from tests.desk import web_kit


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of `web_kit.make_night`; each test works on a copy."""
    return web_kit.make_night(tmp_path_factory.mktemp("night"))
