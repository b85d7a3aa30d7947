"""What a chart says in one sentence: variation, assurance and the rule that fired, in plain words."""

from __future__ import annotations

from apps.core.science.xmr import Assurance, Variation, XmrChart
from apps.core.web import pagemodel as pm
from apps.kpis import panels
from apps.kpis.queries import Standing
from apps.kpis.signals import newest_signal, variation

ASSURANCE = {
    Assurance.CONSISTENT_PASS: "The process will keep meeting its target as it runs now.",
    Assurance.CONSISTENT_FAIL: "The process will keep missing its target unless it is changed.",
    Assurance.INCONSISTENT: "The process meets and misses its target by chance.",
}
MISSED = frozenset({"warn", "bad"})
STANDING = {"warn": "At risk", "bad": "Off target"}


def signal_text(one: Standing, chart: XmrChart) -> str:
    """The signal at the newest point, or its absence."""
    found = newest_signal(one, chart)
    return found.text if found is not None else "No signal"


def verdict(one: Standing, chart: XmrChart | None) -> pm.Alert:
    kpi, latest = one.kpi, one.latest
    if latest is None:
        return pm.Alert("No readings yet.", "Import a file, send readings by API or enter a value.", "info")
    shown = panels.show(kpi, latest.value, unit=True)
    if chart is None:
        known = sum(1 for value in one.values if value.value is not None)
        return pm.Alert(
            f"{shown}, {latest.period.label}{_beside_target(one)}.",
            f"{known} points are too few for process limits; 12 are needed.",
            tone_of(one, None),
        )
    assurance = ASSURANCE[chart.assurance] if chart.assurance is not None else "No target is set."
    if variation(one, chart) is Variation.COMMON_CAUSE:
        return pm.Alert(
            f"{STANDING.get(one.tone, 'Stable')}: {shown}, {latest.period.label}{_beside_target(one)}.",
            f"{_calm(one)} {assurance}",
            tone_of(one, chart),
        )
    lead = {
        Variation.CONCERN: "Signal of concern",
        Variation.IMPROVEMENT: "Signal of improvement",
        Variation.NEUTRAL_HIGH: "Signal upward",
        Variation.NEUTRAL_LOW: "Signal downward",
    }[variation(one, chart)]
    return pm.Alert(
        f"{lead}: {shown}, {latest.period.label}{_beside_target(one)}.",
        f"{signal_text(one, chart)}. {assurance}",
        tone_of(one, chart),
    )


def _beside_target(one: Standing) -> str:
    """A missed target is said in the same breath as the value."""
    return f", {panels.target_words(one)}" if one.tone in MISSED else ""


def _calm(one: Standing) -> str:
    if one.tone in MISSED:
        return "Only common-cause variation, so there is no single cause to look for."
    return "Only common-cause variation."


def tone_of(one: Standing, chart: XmrChart | None) -> pm.Tone:
    if chart is not None and variation(one, chart) is Variation.CONCERN:
        return "bad"
    if chart is not None and variation(one, chart) is Variation.IMPROVEMENT:
        return "good"
    return one.tone if one.tone in {"good", "warn", "bad"} else "info"  # type: ignore[return-value]
