"""The readers on real pages: the sheet is true, and no kind of fact falls under its bar."""

from pathlib import Path

import pytest

from tests import accuracy

SHEET = Path(__file__).parents[1] / "docs" / "accuracy.md"
pytestmark = pytest.mark.skipif(not accuracy.PAGES.is_dir(), reason="../shared/real-pages is absent")


@pytest.fixture(scope="module")
def kinds():
    return accuracy.measure()


def test_the_sheet_says_what_is_measured(kinds):
    assert SHEET.read_text("utf-8").startswith(accuracy.document(kinds)), (
        "run: .venv/bin/python -m tests.accuracy > docs/accuracy.md"
    )


def test_no_board_column_that_a_person_sees_is_called_missing(kinds):
    assert not [m for m in kinds["board column"].misses if "read absent" in m]


@pytest.mark.parametrize(
    "kind", ["board column", "newest date", "age-friendly entry", "site_code", "icp", "police", "sponsor"]
)
def test_ninety_five_of_a_hundred_claims_are_right(kinds, kind):
    found = kinds[kind]
    assert found.n >= 10
    assert found.right >= 0.95 * (found.n - found.unseen)


def test_a_mark_that_is_there_is_never_called_absent(kinds):
    for mark in ("site_code", "icp", "police", "sponsor"):
        assert not [m for m in kinds[mark].misses if "read absent" in m]
