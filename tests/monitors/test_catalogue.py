"""The sheet of rules and the rules say the same."""

from pathlib import Path

from monitors.catalogue import document, rows
from monitors.rubric import load_rubric
from monitors.rule import RULES


def test_docs_rules_is_what_the_rules_say():
    sheet = Path(__file__).parents[2] / "docs" / "rules.md"
    assert sheet.read_text("utf-8") == document(load_rubric()), (
        "run: .venv/bin/python -m monitors.catalogue > docs/rules.md"
    )


def test_every_rule_is_documented_with_why_and_known_problems():
    for rule in RULES.values():
        assert "Why: " in rule.doc, rule.id
        assert "Known problems: " in rule.doc, rule.id


def test_states_and_clauses():
    found = {row["id"]: row for row in rows(load_rubric())}
    assert {row["state"] for row in found.values()} == {"scored", "trial", "planned"}
    assert found["board.guide"]["state"] == "scored"
    assert found["site.conac"]["state"] == "trial"
    assert [id_ for id_, row in found.items() if row["state"] == "planned"] == ["document.in_gazette"]
    assert {row["points"] for row in found.values() if row["state"] != "scored"} == {0}
    assert all(row["cite"] and row["title"] for row in found.values())
