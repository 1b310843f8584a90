"""Keys and cookies come from a file that only its owner reads, or from the environment; a message never shows one."""

from __future__ import annotations

import pytest

from schedules.settings import Settings, SettingsError, secrets_of

TEXT = '["m.weibo.cn"]\ncookie = "SUB=geheim"\n\n["wechat/岚水发布"]\ntoken = "geheim"\n'


def written(tmp_path, text=TEXT, mode=0o600):
    path = tmp_path / "secrets.toml"
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return Settings(secrets=path)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    monkeypatch.delenv("WANGKAO_SECRETS", raising=False)


def test_without_any_there_are_none():
    assert secrets_of(Settings()) == {}


def test_the_file_and_the_environment_over_it(tmp_path, monkeypatch):
    monkeypatch.setenv("WANGKAO_SECRET_COOKIE_M_WEIBO_CN", "SUB=neu")
    monkeypatch.setenv("WANGKAO_SECRET_CODE_KEY_RSS_EXAMPLE_CN", "schluessel")
    assert secrets_of(written(tmp_path)) == {
        "m.weibo.cn": {"cookie": "SUB=neu"},
        "wechat/岚水发布": {"token": "geheim"},
        "rss.example.cn": {"code_key": "schluessel"},
    }


def test_a_file_that_others_may_read_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="chmod 600"):
        secrets_of(written(tmp_path, mode=0o640))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('cookie = "geheim"\n', r"\[cookie\] 应为一节"),
        ('["m.weibo.cn"]\ncooky = "geheim"\n', "是否想写 cookie"),
        ('["m.weibo.cn"]\npassword = "geheim"\n', "不认识的种类 password"),
        ('["m.weibo.cn"]\ncookie = geheim\n', "不是有效的 TOML"),
        ('["m.weibo.cn"]\ncookie = 7\n', "应为一节"),
    ],
)
def test_what_cannot_be_used_is_said_without_the_value(tmp_path, text, why):
    with pytest.raises(SettingsError, match=why) as caught:
        secrets_of(written(tmp_path, text))
    assert "geheim" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SettingsError, match="不能读取"):
        secrets_of(Settings(secrets=tmp_path / "lost.toml"))
