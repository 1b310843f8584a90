"""Every rule that judges has a case that passes, one that fails and one that was not seen."""

import pytest

from monitors.rule import RULES
from tests.monitors import (
    test_document_rules,
    test_elder_rules,
    test_media_rules,
    test_report_rules,
    test_rules,
    test_site_more,
)

TABLES = (test_rules, test_elder_rules, test_document_rules, test_media_rules, test_report_rules, test_site_more)
SHOWN = {(row[0], row[2]) for table in TABLES for row in table.CASES}
NEVER = {("gazette.column", "fail")}  # a bonus rule


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_its_triplet(rule):
    assert {(rule, v) for v in ("pass", "fail", "unknown")} - SHOWN - NEVER == set()
