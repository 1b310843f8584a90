"""A site whose columns we used to read and do not read any more, two nights in a row: our fault, once a site."""

from __future__ import annotations

from dataclasses import replace

import pytest

from db.records import Content, Outcome
from monitors.health import silent, template_changed, was_read
from tests.monitors.made import SITE, a_column, a_visit, days_ago, with_column

READ = a_visit()
MUTE = with_column(READ, "news", rows=(), content=Content.LINKS)


@pytest.mark.parametrize(
    ("visits", "changed"),
    [
        ([READ, MUTE, MUTE], True),
        ([READ, READ, MUTE], False),  # one night
        ([MUTE, MUTE, MUTE], False),  # never read: nothing changed
        ([READ, MUTE, READ], False),
        ([MUTE, MUTE], False),
        ([MUTE], False),
        ([], False),
        ([READ, with_column(MUTE, "news", content=Content.TEXT), MUTE], True),
        ([READ, MUTE, with_column(MUTE, "news", content=Content.BLANK)], False),  # the unit's own fault
        ([READ, MUTE, with_column(MUTE, "news", outcome=Outcome.TIMEOUT)], False),
        ([READ, MUTE, with_column(MUTE, "news", partial="cut off")], False),
        ([READ, MUTE, with_column(MUTE, "news", same_as=f"{SITE}x/")], False),
        ([READ, MUTE, with_column(MUTE, "news", outward=True)], False),
        ([READ, MUTE, with_column(MUTE, "news", url=f"{SITE}neu/")], False),  # another column
        ([replace(READ, url="http://alt.example/"), MUTE, MUTE], False),  # another site
        ([READ, with_column(READ, "other", rows=()), with_column(READ, "other", rows=())], False),
    ],
)
def test_three_nights(visits, changed):
    words = template_changed(visits)
    assert (words is not None) == changed
    if words:
        assert f"{SITE}news/" in words
        assert "岚水县" in words


def test_an_incident_lasts_until_the_column_shows_rows_again():
    words = template_changed([READ, MUTE, MUTE])
    assert template_changed([MUTE, MUTE, MUTE], words) == words
    assert template_changed([MUTE, MUTE, READ], words) is None
    assert template_changed([MUTE, MUTE, with_column(MUTE, "news", content=Content.BLANK)], words) is None
    two = with_column(MUTE, "notice", rows=(), content=Content.TEXT)
    both = template_changed([with_column(MUTE, "notice"), two, two], words)
    assert f"{SITE}notice/" in both
    assert f"{SITE}news/" in both
    assert template_changed([MUTE, MUTE], "别的栏目 http://lanshui.example/newspaper/ 。") is None


def test_what_can_tell():
    assert was_read(READ)
    assert not was_read(replace(READ, columns=()))
    assert not was_read(replace(READ, columns=(a_column("news", days_ago(1), outcome=Outcome.TIMEOUT),)))
    assert [c.role for c in silent(MUTE)] == ["news"]
    assert silent(READ) == []
