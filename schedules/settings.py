"""What may an office set? One TOML file (wangkao.toml, or WANGKAO_CONFIG) and the environment (WANGKAO_…), each key with a default.

The environment wins over the file, the command line over both. An unknown key is an error that says which key was meant.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    contact: str = Field("政务公开办", description="访问时在浏览器标识里留下的联系方式")
    end: str = Field("06:30", description="夜间时段结束的时刻 HH:MM，北京时间；未访问完的留到次夜")
    spread: int = Field(20, ge=0, le=240, description="夜间任务在开始时刻后随机推迟的最多分钟数")
    robots: dict[str, str] = Field({}, description="不受 robots.txt 限制的主机，及授权文件名称")
    browser: bool = Field(True, description="已安装浏览器组件时，用浏览器打开由脚本生成的页面")
    chromium: str | None = Field(None, description="Chromium 浏览器的路径，默认自动查找")
    control: str | None = Field(None, description="用来判断本机网络是否正常的网址，例如一个大型门户的首页；默认不用")
    challenges: list[str] = Field([], description="允许用浏览器打开一次人机验证页的主机")

    @field_validator("at", "end")
    @classmethod
    def _time(cls, value: str) -> str:
        if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?", value):
            raise ValueError("应为 HH:MM，例如 22:10")
        return value


def browser_of(settings: Settings) -> dict[str, Any] | None:
    """What the job is told of the browser; None when it is switched off or not installed."""
    from crawler.browser import available

    if not settings.browser or available(settings.chromium) is not None:
        return None
    return {"executable": settings.chromium, "challenges": settings.challenges}


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
