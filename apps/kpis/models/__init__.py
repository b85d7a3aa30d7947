"""What is measured: definitions and their versions, readings and rollups, targets, watches and alerts."""

from apps.kpis.models.alert import Alert, Rebaseline, Watch
from apps.kpis.models.definition import Across, Definition, Direction, Grain, Origin, Rule, Version
from apps.kpis.models.reading import Reading, ReadingBatch, Rollup
from apps.kpis.models.target import Limits, Target

__all__ = [
    "Across",
    "Alert",
    "Definition",
    "Direction",
    "Grain",
    "Limits",
    "Origin",
    "Reading",
    "ReadingBatch",
    "Rebaseline",
    "Rollup",
    "Rule",
    "Target",
    "Version",
    "Watch",
]
