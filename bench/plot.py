"""The figure of the page: an SVG with a panel for each latency and a dot for each ratio."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bench.results import PHASES, Row
from bench.verdicts import QUIET

_PANEL, _GAP, _LEFT, _TOP, _LINE = 250, 44, 92, 62, 34
_RANGE = 1.5
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7")
_INK, _FAINT = "#333333", "#d0d0d0"


def figure(found: Sequence[Row]) -> str:
    """Return an SVG of all ratios with state in files, deterministic for the same rows."""
    shown = [row for row in found if row.ratio is not None and row.state == "files"]
    latencies = sorted({row.latency for row in shown})
    sizes = sorted({row.numbers for row in shown})
    width = _LEFT + len(latencies) * (_PANEL + _GAP)
    height = _TOP + len(PHASES) * _LINE + 44
    svg = Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=str(width),
        height=str(height),
        role="img",
    )
    svg.set("font-family", "sans-serif")
    svg.set("font-size", "12")
    SubElement(svg, "title").text = "Our wall time divided by the null provider's"
    SubElement(svg, "rect", width="100%", height="100%", fill="white")
    _legend(svg, sizes)
    for index, phase in enumerate(PHASES):
        _text(svg, _LEFT - 12, _row(index) + 4, phase, anchor="end")
    for index, latency in enumerate(latencies):
        left = _LEFT + index * (_PANEL + _GAP)
        _axes(svg, left, f"{latency} ms a request", aimed=latency == 0)
        for row in shown:
            if row.latency == latency:
                _dot(svg, left, row, sizes)
    middle = _LEFT + len(latencies) * (_PANEL + _GAP) / 2
    _text(svg, middle, height - 8, "our time divided by the null provider's")
    indent(svg)
    return tostring(svg, encoding="unicode") + "\n"


def _row(index: int) -> float:
    return _TOP + (index + 0.5) * _LINE


def _x(left: float, ratio: float) -> float:
    return left + min(ratio, _RANGE) / _RANGE * _PANEL


def _axes(svg: Element, left: float, title: str, *, aimed: bool) -> None:
    _text(svg, left + _PANEL / 2, _TOP - 10, title)
    bottom = _TOP + len(PHASES) * _LINE
    for at in range(len(PHASES)):
        _line(svg, left, _row(at), left + _PANEL, _row(at), _FAINT)
    for tick in (0.0, 0.5, 1.0, _RANGE):
        x = _x(left, tick)
        _line(svg, x, _TOP, x, bottom, _INK if tick == 1 else _FAINT)
        _text(svg, x, bottom + 16, f"{tick:g}" + ("+" if tick == _RANGE else ""))
    if aimed:
        x = _x(left, QUIET)
        _line(svg, x, _TOP, x, bottom, _INK, dash="3 3")


def _dot(svg: Element, left: float, row: Row, sizes: Sequence[int]) -> None:
    at = sizes.index(row.numbers)
    # An offset for each size keeps equal ratios apart.
    y = _row(PHASES.index(row.phase)) + (at - (len(sizes) - 1) / 2) * 9
    ratio = row.ratio or 0.0
    dot = SubElement(
        svg, "circle", cx=f"{_x(left, ratio):.1f}", cy=f"{y:.1f}", r="4", fill=_colour(at)
    )
    SubElement(dot, "title").text = f"{row.numbers:,} numbers, {row.phase}: {ratio:.2f}"


def _legend(svg: Element, sizes: Sequence[int]) -> None:
    for at, size in enumerate(sizes):
        x = _LEFT + at * 120
        SubElement(svg, "circle", cx=f"{x + 5}", cy="20", r="4", fill=_colour(at))
        _text(svg, x + 15, 24, f"{size:,} numbers", anchor="start")
    x = _LEFT + len(sizes) * 120
    _line(svg, x, 20, x + 18, 20, _INK, dash="3 3")
    _text(svg, x + 24, 24, f"{QUIET}: the target with no latency", anchor="start")


def _colour(at: int) -> str:
    return _COLOURS[at % len(_COLOURS)]


def _line(
    svg: Element, x1: float, y1: float, x2: float, y2: float, stroke: str, dash: str = ""
) -> None:
    ends = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    line = SubElement(svg, "line", ends, stroke=stroke)
    if dash:
        line.set("stroke-dasharray", dash)


def _text(svg: Element, x: float, y: float, words: str, anchor: str = "middle") -> None:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "fill": _INK, "text-anchor": anchor}
    SubElement(svg, "text", place).text = words
