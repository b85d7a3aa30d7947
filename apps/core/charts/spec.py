"""What a chart says, apart from how it is drawn: one spec serves the screen, the PDF and the data table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

Kind = Literal["line", "sparkline", "bar", "bullet", "control", "histogram", "pareto"]
Tone = Literal["", "good", "warn", "bad", "info", "hold", "idle"]
Number = float | int | Decimal
WIDTHS: dict[str, int] = {"S": 334, "M": 620, "L": 820}


def plain_number(value: float) -> str:
    """The formatter for those who bring none: at most four significant decimals, no trailing zeros."""
    return f"{value:.4f}".rstrip("0").rstrip(".").replace("-", "−") or "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    name: str
    values: tuple[Number | None, ...]  # None is a gap, never a zero
    dashed: bool = False
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Centre line and control limits from point `start` up to, not including, `end`; a process change starts a new one."""

    centre: Number
    upper: Number | None = None
    lower: Number | None = None
    sigma: Number | None = None
    start: int = 0
    end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    index: int
    rule: str  # the short mark at the point: "1"
    text: str = ""  # what it means, for the tip and the table


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartSpec:
    kind: Kind
    title: str
    description: str = ""
    unit: str = ""
    labels: tuple[str, ...] = ()
    series: tuple[Series, ...] = ()
    target: Number | None = None
    target_label: str = "Target"
    limits: tuple[Limits, ...] = ()
    spec_upper: Number | None = None
    spec_lower: Number | None = None
    signals: tuple[Signal, ...] = ()
    bands: tuple[Number, ...] = ()  # bullet: where the shades of its track end
    tone: Tone = ""  # sparkline, bullet: status of the last value
    number: Callable[[float], str] = plain_number
    label_heading: str = ""  # what the labels are, heading the table's first column

    def last(self, count: int) -> ChartSpec:
        """The same chart with only its last points, for a phone."""
        cut = max(0, max((len(series.values) for series in self.series), default=0) - count)
        if cut == 0 or self.kind not in ("line", "control", "sparkline"):
            return self
        return replace(
            self,
            labels=self.labels[cut:],
            series=tuple(replace(series, values=series.values[cut:]) for series in self.series),
            limits=tuple(
                replace(limit, start=max(0, limit.start - cut), end=None if limit.end is None else limit.end - cut)
                for limit in self.limits
                if limit.end is None or limit.end > cut
            ),
            signals=tuple(replace(signal, index=signal.index - cut) for signal in self.signals if signal.index >= cut),
        )
