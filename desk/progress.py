"""How does a person watch a night go by? A bar per site on a terminal, plain lines otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

Events = Callable[[dict[str, Any]], None]
_OUTCOMES = {
    "ok": "已看完",
    "refused": "拒绝连接",
    "dns": "域名不能解析",
    "timeout": "超时",
    "tls": "加密连接失败",
    "challenge": "遇到验证",
    "blocked": "被拦截",
    "maintenance": "维护中",
    "robots": "robots 不允许",
    "http_error": "返回错误状态",
    "needs_render": "页面由脚本生成",
    "redirected_away": "转到别处",
    "hijacked": "疑被劫持",
    "soft_404": "页面不存在",
    "empty": "空白",
    "too_large": "内容过大",
}


@contextmanager
def watching(console: Console) -> Iterator[Events]:
    """A function that takes the crawl's events and shows them while the block runs."""
    if not console.is_terminal:
        yield lambda event: _line(console, event)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        whole = bars.add_task("全部网站", total=None, state="")
        tasks: dict[str, TaskID] = {}
        done = 0

        def show(event: dict[str, Any]) -> None:
            nonlocal done
            unit = event.get("unit", "")
            if event["event"] == "plan":
                bars.update(whole, total=event["sites"])
            elif event["event"] == "site_start":
                if unit in tasks:  # begun anew elsewhere
                    bars.remove_task(tasks[unit])
                tasks[unit] = bars.add_task(unit, total=event["budget"], state="访问中")
            elif event["event"] == "page" and unit in tasks:
                bars.update(tasks[unit], completed=event["pages"])
            elif event["event"] == "site_done" and unit in tasks:
                done += 1
                bars.update(whole, completed=done)
                bars.console.print(f"{unit}：{_said(event)}", markup=False)
                bars.remove_task(tasks.pop(unit))
            elif event["event"] == "phase":
                bars.update(whole, state="复核中")
            elif event["event"] == "said":
                bars.console.print(event["words"], markup=False)

        yield show


def _line(console: Console, event: dict[str, Any]) -> None:
    if event["event"] == "site_done":
        console.print(f"{event['unit']}：{_said(event)}", markup=False, soft_wrap=True)
    elif event["event"] == "phase":
        console.print("复核未见和异常的页面……", markup=False)
    elif event["event"] == "said":
        console.print(event["words"], markup=False, soft_wrap=True)


def _said(event: dict[str, Any]) -> str:
    return f"{_OUTCOMES.get(event['outcome'], event['outcome'])}，{event['pages']} 页"
