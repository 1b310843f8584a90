"""A correction is one line of JSON that judges itself again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from db.records import Content, Review
from monitors.cases import SavedCase, disagreement, line, read, saved
from monitors.rubric import load_rubric
from monitors.run import judge
from tests.monitors.made import AT, a_case, a_snapshot, a_visit, a_watched, with_column

RUBRIC = load_rubric()
KEPT = sorted((Path(__file__).parent / "cases").glob("*.jsonl"))


def a_saved(case, rule, **named) -> SavedCase:
    finding = next(f for f in judge(case, RUBRIC) if f.rule == rule)
    review = Review(
        finding.unit, finding.target, "dismiss", "张三", AT, "指南在附件里", rule=rule, verdict="pass", id=3
    )
    return saved(finding, replace(review, **named), case)


@pytest.mark.parametrize(
    ("case", "rule"),
    [
        (a_case(with_column(a_visit(), "guide", content=Content.BLANK)), "board.guide"),
        (a_case(None, a_snapshot(120)), "media.sleeping"),
        (a_case(None, accounts=[a_watched(a_snapshot(40), a_snapshot(39), known=a_snapshot(39).posts)]), "media.fresh"),
        (replace(a_case(), visit=None), "board.guide"),
    ],
)
def test_a_case_reads_back_equal_and_disagrees_until_the_rule_is_mended(case, rule):
    kept = a_saved(case, rule)
    text = line(kept)
    assert "\n" not in text
    assert read(text) == replace(kept, case=replace(case, week=tuple(case.week), accounts=tuple(case.accounts)))
    said = disagreement(read(text), RUBRIC)
    assert said is not None
    assert rule in said
    assert "张三" not in text, "who corrected it stands in the review"
    well = replace(read(text), case=a_case())
    assert disagreement(well, RUBRIC) is None


def test_unknown_is_right_whenever_it_does_not_fail():
    blank = a_case(with_column(a_visit(), "guide", content=Content.BLANK))
    assert disagreement(a_saved(blank, "board.guide", verdict="unknown"), RUBRIC)
    assert disagreement(replace(a_saved(blank, "board.guide", verdict="unknown"), case=a_case()), RUBRIC) is None


def test_a_finding_that_is_no_longer_made_is_told():
    gone = replace(a_saved(a_case(None, a_snapshot(120)), "media.sleeping"), target="http://nowhere.example/")
    assert "absent" in disagreement(gone, RUBRIC)


def test_a_line_of_a_later_version_with_more_fields_is_read():
    row = json.loads(line(a_saved(a_case(None, a_snapshot(120)), "media.sleeping")))
    row["case"]["visit"]["of_tomorrow"] = 1
    assert read(json.dumps(row)).rule == "media.sleeping"


@pytest.mark.parametrize("path", KEPT, ids=lambda p: p.stem)
def test_what_people_corrected_stays_corrected(path):
    """Lines that `wangkao cases` wrote, put into tests/monitors/cases/ once the rule was mended."""
    for text in path.read_text("utf-8").splitlines():
        assert disagreement(read(text), RUBRIC) is None
