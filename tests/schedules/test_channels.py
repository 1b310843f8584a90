"""The file of channels: read by its owner alone, every address tried before the first night, no address in any message."""

from __future__ import annotations

from datetime import time

import pytest

from schedules.settings import Settings, SettingsError, channels_of, load_settings, quiet_of

GOOD = """
mail = "mailtos://zwgk:pa55word@smtp.example.cn:465?from=zwgk@example.cn"

[office."政务公开办"]
"企业微信" = "wecombot://R0B0T-KEY"
"邮件" = "mailtos://zwgk:pa55word@smtp.example.cn?to=zwgk@example.cn"

[unit."代县"]
"钉钉" = "dingtalk://T0KEN"
"""


def written(folder, text, mode=0o600):
    path = folder / "channels.toml"
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return Settings(channels=path)


def test_a_good_file(tmp_path):
    found = channels_of(written(tmp_path, GOOD))
    assert {name: list(channels) for name, channels in found.office.items()} == {"政务公开办": ["企业微信", "邮件"]}
    assert list(found.unit) == ["代县"]
    assert found.mail.startswith("mailtos://")
    assert "pa55word" not in repr(found)


def test_without_a_file_there_are_none():
    assert channels_of(Settings()).office == {}


@pytest.mark.parametrize(
    ("text", "mode", "names"),
    [
        (GOOD, 0o644, "chmod 600"),
        ("mail = [", 0o600, "TOML"),
        ('[offices."甲"]\n"群" = "json://SECRET"', 0o600, "offices"),
        ('[office."甲"]\n"群" = "no-such-thing://SECRET"', 0o600, "群"),
        ('[office."甲"]\n"群" = 7', 0o600, "甲"),
        ('[unit]\n"甲" = "json://SECRET"', 0o600, "甲"),
        ('office = "json://SECRET"', 0o600, "office"),
        ('mail = "no-such-thing://SECRET"', 0o600, "mail"),
        ("mail = 7", 0o600, "mail"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path, text, mode, names):
    with pytest.raises(SettingsError) as error:
        channels_of(written(tmp_path, text, mode))
    assert names in str(error.value)
    assert "SECRET" not in str(error.value)
    assert "pa55word" not in str(error.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SettingsError, match="channels"):
        channels_of(Settings(channels=tmp_path / "none.toml"))


def test_the_quiet_hours(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert quiet_of(Settings()) == (time(20), time(7, 30))
    assert quiet_of(Settings(quiet="")) is None
    with pytest.raises(SettingsError, match="quiet"):
        load_settings(quiet="20:00")
    with pytest.raises(SettingsError, match="briefing"):
        load_settings(briefing="8am")
