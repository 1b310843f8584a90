"""Killed at a random moment, the night loses no fact, doubles none, and says the same as a night that nobody disturbed."""

from __future__ import annotations

import pytest

from tests.schedules.killing import everything, killed_night, timed_night, town


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    with town(tmp_path_factory.mktemp("town")) as folder:
        seconds = timed_night(folder, folder / "w.db")
        yield folder, seconds, everything(folder / "w.db")


@pytest.mark.parametrize("seed", range(20))
def test_a_killed_night_is_gone_on_with(undisturbed, seed):
    folder, seconds, want = undisturbed
    db = folder / f"killed-{seed}.db"
    killed = killed_night(folder, db, seed, seconds)
    found = everything(db)
    assert {key: found[key] for key in want if found[key] != want[key]} == {}, killed
