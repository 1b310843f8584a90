"""The reading pages in a real Chromium: pictures at two widths, axe-core, and a registry row changed without scripts."""

from __future__ import annotations

import pytest

from db.registry import read_units
from tests.desk.browser_kit import (
    NARROW,
    NEEDS,
    WIDE,
    axe_finds_nothing,
    axe_script,
    pictured,
    pictures,
    press,
    signed_in,
)
from tests.desk.test_web_more import ACCOUNTS, UNITS
from tests.desk.web_kit import a_desk, listening

pytestmark = NEEDS
PAGES = {
    "heat": "/heat", "heat-theme": "/heat?theme=board", "heat-all": "/heat?theme=all", "rules": "/rules", "ledger": "/ledger",
    "nights": "/nights", "night": "/nights/2", "requests": "/nights/requests", "registry": "/registry",
    "registry-accounts": "/registry?sheet=accounts", "registry-row": "/registry/units/rows/4", "tokens": "/tokens",
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(night, tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    made = a_desk(folder, night)
    (folder / "units.csv").write_text(UNITS, "utf-8")
    (folder / "accounts.csv").write_text(ACCOUNTS, "utf-8")
    made.service.settings.accounts = folder / "accounts.csv"
    return made


@pytest.fixture(scope="module")
def at(desk):
    with listening(desk) as address:
        yield address


def made_by_forms(page, at):
    """The pages that only a form leads to, one after the other: (name, page as it stands)."""
    page.goto(f"{at}/registry/units/rows/4")
    page.fill("#c1", "乡镇")
    press(page, "button.main")
    yield "registry-row-wrong"
    page.fill("#c1", "市直部门")
    press(page, "button.main")
    yield "registry-preview"
    page.goto(f"{at}/tokens")
    page.fill("#name", "监管平台")
    press(page, "button.main")
    assert page.locator("code.secret").is_visible()
    yield "token-made"


def test_every_page_is_pictured_at_two_widths_and_none_is_wider_than_the_window(chromium, at, tmp_path):
    """Where WANGKAO_SHOTS names a folder, the pictures are put there to be looked at."""
    folder = pictures(tmp_path)
    page = signed_in(chromium, at)
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        for name, path in PAGES.items():
            page.goto(at + path)
            assert page.url == at + path, name
            pictured(page, folder, name, size)
        for name in made_by_forms(page, at):
            pictured(page, folder, name, size)
    page.context.close()


@pytest.mark.parametrize("large", [False, True], ids=["标准版", "大字版"])
def test_axe_finds_nothing_on_any_page(chromium, at, large):
    axe = axe_script()
    page = signed_in(chromium, at, bypass_csp=True)
    if large:
        press(page, "text=大字版")
    for name, path in PAGES.items():
        page.goto(at + path)
        assert page.url == at + path, name
        axe_finds_nothing(page, axe, name)
    for name in made_by_forms(page, at):
        axe_finds_nothing(page, axe, name)
    page.context.close()


def test_a_registry_row_is_changed_without_scripts(chromium, at, desk):
    page = signed_in(chromium, at, java_script_enabled=False)
    press(page, "nav >> text=登记")
    press(page, "tr:has-text('石坪县') >> a:has-text('修改')")
    page.fill("#c2", "https://shiping.example/")
    press(page, "button.main")
    assert "改动 1 格" in page.locator("main").inner_text()
    press(page, "text=确认写入")
    assert "已写入 units.csv" in page.locator(".notes").inner_text()
    assert [u.site for u in read_units(desk.service.settings.units)][1] == "https://shiping.example/"
    press(page, "nav >> text=热力图")
    assert page.locator("table.heat td.h-fail, table.heat td.h-4").count() > 0
    page.context.close()
