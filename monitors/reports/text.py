"""How do figures come into the sentences of a paper? Words stand in a TOML file, figures in the slots of its sentences.

`{name}` is the figure with its source as a comment, a blank to fill in where it is not known; `{name:units}` the first units that it
counts, `{name:parts}` what it is the sum of, `{name:change}` 增长2.5% or 下降2.5%, `{name:points}` 提高2.5个百分点.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from monitors.figures import Figure
from monitors.reports.paper import Grid, Piece

_SLOT = re.compile(r"\{([a-z_.]+)(?::(\w+))?\}")
_FEW = 3  # units named in a sentence; all of them stand in the list


@dataclass(frozen=True, slots=True)
class Number:
    """A figure in the text, or a piece of one; `figure` is its name."""

    text: str
    note: str
    figure: str


def paragraphs(
    section: Mapping[str, Any], given: Mapping[str, str], figures: Mapping[str, Figure]
) -> Iterator[list[Piece]]:
    """The paragraphs of a section, each as its pieces: plain words, and figures with their source.

    A sentence whose deciding figure (`of`) is 0 says what `zero` says, or nothing; one with `known` also where it is not known.
    Raises KeyError for a figure that there is not.
    """
    together: list[Piece] = []
    for sentence in section["sentences"]:
        decider = figures[sentence["of"]] if "of" in sentence else None
        left_out = (0, None) if sentence.get("known") else (0,)
        text = sentence.get("zero", "") if decider is not None and decider.value in left_out else sentence["text"]
        if sentence.get("own"):
            yield pieces(text, given, figures)
        else:
            together += pieces(text, given, figures)
    if together:
        yield _ended(together)


def pieces(text: str, given: Mapping[str, str], figures: Mapping[str, Figure]) -> list[Piece]:
    """The words of a sentence with its slots filled: by `given`, which are plain words, else by figures."""
    found: list[Piece] = []
    at = 0
    for slot in _SLOT.finditer(text):
        found += [text[at : slot.start()]] if slot.start() > at else []
        found += [given[slot[1]]] if slot[1] in given else _shown(figures[slot[1]], slot[2])
        at = slot.end()
    return [*found, text[at:]] if text[at:] else found


def source_rows(figures: Mapping[str, Figure]) -> Grid:
    """The table of all figures with where each comes from."""
    rows = []
    for figure in figures.values():
        shown = figure.text if figure.value is None else f"{figure.text}{figure.measure}"
        said = "；".join([figure.source, *([f"未覆盖：{figure.gap}"] if figure.gap else [])])
        rows.append([f"{figure.title}\n{figure.name}", shown, said, figure.query])
    return Grid(["数字", "取值", "来源", "查询"], rows, [40, 20, 52, 44], left=frozenset([0, 2, 3]))


def _ended(said: list[Piece]) -> list[Piece]:
    """A paragraph ends with a full stop, whichever sentence came last."""
    last = said[-1]
    if isinstance(last, str) and last.endswith(("；", "，")):
        return [*said[:-1], last[:-1] + "。"]
    return said if isinstance(last, str) and last.endswith("。") else [*said, "。"]


def _shown(figure: Figure, form: str | None) -> list[Piece]:
    if form == "units":
        if not figure.units or not figure.value:
            return []
        return ["、".join(figure.units[:_FEW]) + ("等" if len(figure.units) > _FEW else "")]
    if form is None or figure.value is None:
        return [Number(figure.text, figure.note, figure.name)]
    if form == "parts":
        return [Number("，".join(f"{title}{value}{figure.measure}" for title, value in figure.parts), "", figure.name)]
    if form == "change":
        value = Decimal(figure.value)
        said = "持平" if value == 0 else f"{'增长' if value > 0 else '下降'}{abs(value)}%"
        return [Number(said, figure.note, figure.name)]
    if form == "points":
        value = Decimal(figure.value)
        said = "持平" if value == 0 else f"{'提高' if value > 0 else '下降'}{abs(value)}{figure.measure}"
        return [Number(said, figure.note, figure.name)]
    raise ValueError(f"no form {form!r} of a figure; known: units, parts, change, points")
