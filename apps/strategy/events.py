"""What happened to objectives and what belongs to them."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events.facts import Changed, Recorded


@dataclass(frozen=True, kw_only=True)
class ObjectiveSet(Recorded, name="strategy.objective_set", sentence="Objective set", icon="flag"):
    """An objective was written down."""


@dataclass(frozen=True, kw_only=True)
class ObjectiveChanged(Changed, name="strategy.objective_changed", sentence="Objective changed", icon="flag"):
    """An objective was changed, activated, closed or archived."""


@dataclass(frozen=True, kw_only=True)
class KeyResultSet(Recorded, name="strategy.key_result_set", sentence="Key result set", icon="key-round"):
    """An objective got a measure."""


@dataclass(frozen=True, kw_only=True)
class KeyResultChanged(Changed, name="strategy.key_result_changed", sentence="Key result changed"):
    """A key result's measure or weight changed."""


@dataclass(frozen=True, kw_only=True)
class KeyResultMoved(Changed, name="strategy.key_result_moved", sentence="Key result moved", icon="trending-up"):
    """A key result has a new value, from its KPI or from a person."""

    objective_id: int
    progress: str


@dataclass(frozen=True, kw_only=True)
class InitiativeStarted(Recorded, name="strategy.initiative_started", sentence="Initiative added", icon="rocket"):
    """Work for an objective was planned."""


@dataclass(frozen=True, kw_only=True)
class InitiativeChanged(Changed, name="strategy.initiative_changed", sentence="Initiative changed", icon="rocket"):
    """An initiative moved or changed."""


@dataclass(frozen=True, kw_only=True)
class ScanItemNoted(Recorded, name="strategy.scan_item_noted", sentence="Change around us noted", icon="radar"):
    """Something that changes around the company was noted."""


@dataclass(frozen=True, kw_only=True)
class ScanItemChanged(Changed, name="strategy.scan_item_changed", sentence="Change around us updated", icon="radar"):
    """A noted change was judged or acted on."""
