"""The few SVG primitives all charts share: escaped elements, a value scale, ticks and text that keeps its real size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

FONT = "Inter, system-ui, sans-serif"
SIZE = 11
LETTER = 6.3  # mean advance of Inter at 11 px; a little generous, so labels never touch the edge
GOLD = {"good": "#0C7E62", "warn": "#A86400", "bad": "#C22F1E", "info": "#4353E8", "hold": "#7D4DB8", "idle": "#667085"}
SERIES = ("#4353E8", "#7A4622", "#14977A", "#C257C4", "#A2860C", "#465064")
GREY, LINE, AXIS, INK = "#454E60", "#DFE3EA", "#7A8394", "#151A24"
RED_TEXT, GREEN_TEXT = "#A61F13", "#0A6A52"


def short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))


def joined(parts: Iterable[str]) -> SafeString:
    """Parts in a row, each escaped unless it is already markup."""
    return format_html_join("", "{}", ((part,) for part in parts))


def el(tag: str, *children: str, **attributes: object) -> SafeString:
    """One element; `class_` is class, `_` in names is `-`, None is left out, everything is escaped."""
    parts = []
    for name, value in attributes.items():
        if value is None:
            continue
        key = name.rstrip("_").replace("_", "-")
        parts.append(format_html(' {}="{}"', key, short(value) if isinstance(value, float) else str(value)))
    written = joined(parts)
    if not children:
        return format_html("<{}{}/>", tag, written)
    return format_html("<{}{}>{}</{}>", tag, written, joined(children), tag)


def text(x: float, y: float, words: str, **attributes: object) -> SafeString:
    attributes = {"class_": "c-text", "fill": GREY} | attributes
    return el("text", words, x=float(x), y=float(y), **attributes)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: object) -> SafeString:
    return el("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), **attributes)


def root(width: int, height: int, title: str, description: str, children: Iterable[str], **extra: object) -> SafeString:
    """The outer element: title first, because PDF readers and screen readers take it as the alternative text."""
    return el(
        "svg",
        el("title", title),
        el("desc", description or title),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height}",
        role="img",
        direction="ltr",
        font_family=FONT,
        font_size=SIZE,
        **extra,
    )


@dataclass(frozen=True, slots=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left


@dataclass(frozen=True, slots=True)
class Scale:
    low: float
    high: float
    box: Box

    def y(self, value: float) -> float:
        return self.box.bottom - (value - self.low) / (self.high - self.low) * (self.box.bottom - self.box.top)


def nice_step(span: float, wanted: int) -> float:
    raw = span / max(1, wanted)
    power = 10.0 ** math.floor(math.log10(raw))
    return next(mark * power for mark in (1, 2, 2.5, 5, 10) if mark * power >= raw * 0.8)


def value_range(values: Sequence[float], *, zero: bool = False, room: float = 0.06) -> tuple[float, float]:
    """Low and high of an axis: with room around the data; flat or no data still gets a real range."""
    known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    if zero:
        low, high = min(0.0, low), max(0.0, high)
    if high - low <= abs(high) * 1e-12:
        pad = abs(high) * 0.1 or 1.0
        return (0.0, pad * 1.1) if zero and high == 0 else (low - pad, high + pad)
    pad = (high - low) * room
    return (low if zero and low == 0 else low - pad, high if zero and high == 0 else high + pad)


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    step = nice_step(high - low, wanted)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def text_width(words: str) -> float:
    return len(words) * LETTER


def apart(places: list[float], gap: float, low: float, high: float) -> list[float]:
    """The same heights pushed apart until labels at them do not overlap, order kept, within low..high."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    out = list(places)
    previous = low - gap
    for index in order:
        out[index] = max(out[index], previous + gap)
        previous = out[index]
    limit = high
    for index in reversed(order):
        out[index] = min(out[index], limit)
        limit = out[index] - gap
    return out


def path_of(points: Sequence[tuple[float, float] | None]) -> str:
    """Path data through the points; None breaks the line; a lone point between gaps stays visible as a dot."""
    parts, open_ = [], False
    for index, point in enumerate(points):
        if point is None:
            open_ = False
            continue
        parts.append(f"{'L' if open_ else 'M'}{short(point[0])} {short(point[1])}")
        following = points[index + 1] if index + 1 < len(points) else None
        if not open_ and following is None:
            parts.append("h.01")
        open_ = True
    return "".join(parts)
