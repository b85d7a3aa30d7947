"""Charts drawn on the server as SVG: the same picture on screen and in print, and the same numbers as a table."""

from __future__ import annotations

from apps.core.charts.draw import data_table, render, responsive
from apps.core.charts.spec import WIDTHS, ChartSpec, Limits, Series, Signal, plain_number

__all__ = ["WIDTHS", "ChartSpec", "Limits", "Series", "Signal", "data_table", "plain_number", "render", "responsive"]
