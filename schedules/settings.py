"""What may an office set? One TOML file (wangkao.toml, or WANGKAO_CONFIG) and the environment (WANGKAO_…), each key with a default.

The environment wins over the file, the command line over both. An unknown key is an error that says which key was meant.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from datetime import time
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from crawler.secret import KINDS
from monitors.notify import Channels, Quiet, usable


class SettingsError(ValueError):
    """A setting that cannot be used; the message names file, key, value and remedy, in Chinese."""


class Settings(BaseSettings):
    """Everything that may be set, with its default."""

    model_config = SettingsConfigDict(env_prefix="WANGKAO_", env_ignore_empty=True, extra="forbid")

    units: Path = Field(Path("units.csv"), description="单位登记表")
    accounts: Path | None = Field(None, description="账号登记表")
    db: Path = Field(Path("wangkao.db"), description="数据库文件")
    at: str = Field("22:10", description="每夜开始的时刻 HH:MM，北京时间")
    delay: float = Field(1.5, ge=0, description="同一主机两次访问的间隔秒数")
    jobs: int | None = Field(None, ge=1, description="采集进程数，默认每核一个")
    cluster: str | None = Field(None, description="多机采集：local，或 Dask 调度器的地址 tls://主机:端口；默认只用本机")
    cluster_plain: bool = Field(False, description="允许以不加密的 tcp:// 连接别的机器上的集群")
    contact: str = Field("政务公开办", description="访问时在浏览器标识里留下的联系方式")
    end: str = Field("06:30", description="夜间时段结束的时刻 HH:MM，北京时间；未访问完的留到次夜")
    spread: int = Field(20, ge=0, le=240, description="夜间任务在开始时刻后随机推迟的最多分钟数")
    robots: dict[str, str] = Field({}, description="不受 robots.txt 限制的主机，及授权文件名称")
    browser: bool = Field(True, description="已安装浏览器组件时，用浏览器打开由脚本生成的页面")
    chromium: str | None = Field(None, description="Chromium 浏览器的路径，默认自动查找")
    control: str | None = Field(None, description="用来判断本机网络是否正常的网址，例如一个大型门户的首页；默认不用")
    certificate: Path | None = Field(None, description="工作台的 TLS 证书文件")
    key: Path | None = Field(None, description="工作台的 TLS 私钥文件")
    proxy: str | None = Field(None, description="工作台前面的反向代理的地址，由它提供 TLS")
    challenges: list[str] = Field([], description="允许用浏览器打开一次人机验证页的主机")
    secrets: Path | None = Field(None, description="账号数据源的密钥文件（TOML，仅本人可读）")
    channels: Path | None = Field(None, description="通知渠道文件（TOML，仅本人可读）；没有则只写出将要发送的内容")
    briefing: str = Field("08:00", description="每天发出晨报的时刻 HH:MM，北京时间")
    quiet: str = Field("20:00-07:30", description="不发送通知的时段 HH:MM-HH:MM，北京时间；留空为不限")
    probes: bool = Field(True, description="全天每小时探测一次各网站能否打开")
    makeup: bool = Field(True, description="错过的夜间任务在程序启动后补做，白天也可；否则留到当夜")
    memory: int = Field(1500, ge=200, description="一个采集进程最多占用的内存（MB），超过的将被结束")
    backups: Path | None = Field(None, description="每日备份的文件夹，默认为数据库旁的 数据库名.backups")
    backups_kept: int = Field(7, ge=1, description="保留最近多少份每日备份")
    reports: Path | None = Field(None, description="月度、季度检查通报的文件夹，默认为数据库旁的 数据库名.reports")
    office: str = Field("市人民政府办公室", description="通报和整改通知的落款")
    keep_months: int = Field(
        13, ge=1, description="多少个月前未扣分的结论和无用的存页不再保留；扣分的结论及其存页一直保留"
    )
    log: Path | None = Field(None, description="服务日志文件，默认为数据库旁的 数据库名.log")
    two_reviewers: bool = Field(False, description="否决项须由两名复核员分别确认，才计入复核后得分")
    desk: str | None = Field(None, description="通知中工作台链接的网址前缀，例如 http://10.0.0.5:8020")

    @field_validator("at", "end", "briefing")
    @classmethod
    def _time(cls, value: str) -> str:
        if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?", value):
            raise ValueError("应为 HH:MM，例如 22:10")
        return value

    @field_validator("quiet")
    @classmethod
    def _span(cls, value: str) -> str:
        if value and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", value):
            raise ValueError("应为 HH:MM-HH:MM，例如 20:00-07:30")
        return value


def as_toml(settings: Settings) -> str:
    """A settings file with every key, its help as a comment above, and its value; a key that is not set stands as a comment.

    `load_settings` reads it back to the same settings. It holds no secret: keys and channels stand in files of their own.
    """
    lines = [
        "# wangkao.toml：全部设置项。每项也可写作环境变量 WANGKAO_大写名称；命令行优先于环境变量，环境变量优先于本文件。"
    ]
    tables: list[str] = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        note = f"# {field.description}"
        if isinstance(value, dict):
            tables += ["", note, f"[{name}]", *(f"{_toml(key)} = {_toml(held)}" for key, held in value.items())]
        else:
            lines += ["", note, f"# {name} =" if value is None else f"{name} = {_toml(value)}"]
    return "\n".join(lines + tables) + "\n"


def _toml(value: Any) -> str:
    return json.dumps(value if isinstance(value, bool | int | float | list) else str(value), ensure_ascii=False)


def browser_of(settings: Settings) -> dict[str, Any] | None:
    """What the job is told of the browser; None when it is switched off or not installed."""
    from crawler.browser import available

    if not settings.browser or available(settings.chromium) is not None:
        return None
    return {"executable": settings.chromium, "challenges": settings.challenges}


def run_options(settings: Settings) -> dict[str, Any]:
    """What `jobs.run` takes of the settings, whoever starts it. Raises SettingsError."""
    return {
        "delay": settings.delay,
        "jobs": settings.jobs,
        "contact": settings.contact,
        "robots": settings.robots,
        "browser": browser_of(settings),
        "control": settings.control,
        "secrets": secrets_of(settings),
    }


def secrets_of(settings: Settings) -> dict[str, dict[str, str]]:
    """The keys and cookies of account sources, by host (m.weibo.cn) or platform and account (wechat/岚水发布); {} for none.

    From the file that the settings name, and from the environment: WANGKAO_SECRET_<KIND>_<HOST>, the host in capitals and
    with _ for what is no letter or digit (WANGKAO_SECRET_COOKIE_M_WEIBO_CN); the environment wins. Raises SettingsError
    for a file that others may read, that is no such table, or names a kind that there is not. No message shows a value.
    """
    found: dict[str, dict[str, str]] = {}
    if (file := settings.secrets) is not None:
        for name, section in _private(file, "secrets").items():
            if not isinstance(section, dict) or not all(isinstance(value, str) for value in section.values()):
                raise SettingsError(f'{file}：[{name}] 应为一节，例如 ["m.weibo.cn"]，其下写 cookie = "…"。')
            found[name.lower() if "/" not in name else name] = dict(section)
    hosts = {_environment_name(name): name for name in found}
    for key, value in os.environ.items():
        parts = re.fullmatch(rf"WANGKAO_SECRET_({'|'.join(KINDS).upper()})_(\w+)", key)
        if parts and value:
            host = hosts.get(parts[2], parts[2].lower().replace("_", "."))
            found.setdefault(host, {})[parts[1].lower()] = value
    for name, section in found.items():
        for kind in set(section) - set(KINDS):
            near = difflib.get_close_matches(kind, KINDS, 1)
            raise SettingsError(
                f"密钥 [{name}]：不认识的种类 {kind}"
                + (f"，是否想写 {near[0]}？" if near else f"，可用 {'、'.join(KINDS)}。")
            )
    return found


def channels_of(settings: Settings) -> Channels:
    """Who is told over which channels, from the file that the settings name; none without one.

    Three kinds of sections: `mail` (how mail goes to a unit's 联系人), [office."名称"] and [unit."单位"], which give each channel a
    name of the office's own and its address. Raises SettingsError, never with an address, for a file that others may read,
    another kind of section, or an address that cannot be used.
    """
    if (file := settings.channels) is None:
        return Channels()
    data = _private(file, "channels")
    for key in set(data) - {"mail", "office", "unit"}:
        raise SettingsError(f'{file}：不认识的 {key}。可用 mail、[office."名称"] 和 [unit."单位"]。')
    given = {kind: data.get(kind, {}) for kind in ("office", "unit")}
    for kind, sections in given.items():
        for name, section in sections.items() if isinstance(sections, dict) else [("", None)]:
            if not isinstance(section, dict) or not all(isinstance(url, str) for url in section.values()):
                raise SettingsError(f'{file}：[{kind}."{name}"] 应为一节，其下写 渠道名 = "网址"。')
            for channel, url in section.items():
                if not usable(url):
                    raise SettingsError(
                        f'{file}：[{kind}."{name}"] 的 {channel} 不能使用。请按 apprise 的写法核对网址。'
                    )
    mail = data.get("mail")
    if mail is not None and not (isinstance(mail, str) and usable(mail)):
        raise SettingsError(f"{file}：mail 不能使用。应为 mailtos://账号:密码@服务器:端口?from=发件地址 这样的网址。")
    return Channels(given["office"], given["unit"], mail)


def quiet_of(settings: Settings) -> Quiet | None:
    """The hours in which nothing is sent; None: there are none."""
    if not settings.quiet:
        return None
    start, end = (time.fromisoformat(clock) for clock in settings.quiet.split("-"))
    return start, end


def _private(file: Path, key: str) -> dict[str, Any]:
    """The TOML of a file that only its owner may read, named by the setting `key`. Raises SettingsError without its text."""
    try:
        if os.name == "posix" and file.stat().st_mode & 0o077:
            raise SettingsError(f"{file}：别人也能读。请先执行 chmod 600 {file}。")
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{file}：不能读取（{error.strerror}）。请检查设置项 {key}。") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise SettingsError(f"{file}：不是有效的 TOML。") from None


def _environment_name(host: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", host.upper())


def load_settings(**given: Any) -> Settings:
    """The settings from file, environment and the given values (None: not given). Raises SettingsError."""
    file = Path(os.environ.get("WANGKAO_CONFIG") or "wangkao.toml")
    data: dict[str, Any] = {}
    if file.exists() or "WANGKAO_CONFIG" in os.environ:
        try:
            data = tomllib.loads(file.read_text("utf-8"))
        except OSError as error:
            raise SettingsError(f"{file}：不能读取（{error.strerror}）。请检查 WANGKAO_CONFIG。") from error
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"{file}：不是有效的 TOML（{error}）。") from error
    for key in set(data) - set(Settings.model_fields):
        near = difflib.get_close_matches(key, Settings.model_fields, 1)
        raise SettingsError(f"{file}：不认识的设置项 {key}" + (f"，是否想写 {near[0]}？" if near else "。"))
    named = {k.removeprefix("WANGKAO_").lower() for k, v in os.environ.items() if k.startswith("WANGKAO_") and v}
    chosen = {k: v for k, v in data.items() if k not in named}
    chosen |= {k: v for k, v in given.items() if v is not None}
    try:
        return Settings(**chosen)
    except ValidationError as error:
        faults = (f"设置项 {'.'.join(map(str, e['loc']))}「{e.get('input')}」：{e['msg']}" for e in error.errors())
        raise SettingsError("\n".join(faults)) from error
