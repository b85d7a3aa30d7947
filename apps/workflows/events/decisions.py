"""What happened to decision tables."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events.facts import Changed, Recorded


@dataclass(frozen=True, kw_only=True)
class DecisionDrafted(Recorded, name="workflows.decision_drafted", sentence="Decision table drafted", icon="table-2"):
    """A decision table was begun."""


@dataclass(frozen=True, kw_only=True)
class DecisionChanged(Changed, name="workflows.decision_changed", sentence="Decision table changed", icon="table-2"):
    """The draft of a decision table changed."""


@dataclass(frozen=True, kw_only=True)
class DecisionPublished(
    Changed, name="workflows.decision_published", sentence="Decision table published", icon="check"
):
    """A decision table decides from now on as its draft says."""

    number: int
