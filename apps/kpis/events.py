"""What happened to KPIs."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events.facts import Changed, Fact, Recorded


@dataclass(frozen=True, kw_only=True)
class KpiDefined(Recorded, name="kpis.kpi_defined", sentence="KPI defined", icon="gauge"):
    """A KPI was added."""


@dataclass(frozen=True, kw_only=True)
class KpiChanged(Changed, name="kpis.kpi_changed", sentence="KPI changed"):
    """A KPI's definition changed, or it was archived or restored."""


@dataclass(frozen=True, kw_only=True)
class TargetSet(Recorded, name="kpis.target_set", sentence="Target set", icon="target"):
    """A KPI got a target from a date on."""


@dataclass(frozen=True, kw_only=True)
class TargetChanged(Changed, name="kpis.target_changed", sentence="Target changed", icon="target"):
    """A target's limits or dates changed."""


@dataclass(frozen=True, kw_only=True)
class ReadingsRecorded(Fact, name="kpis.readings_recorded", sentence="Readings recorded", icon="file-input"):
    """Readings were stored and wait to be rolled up."""

    batch_id: int
    added: int
    corrected: int


@dataclass(frozen=True, kw_only=True)
class ReadingsRolledUp(Fact, name="kpis.readings_rolled_up", sentence="Readings rolled up", icon="layers"):
    """A batch is contained in the rollups of all periods it touches."""

    batch_id: int
    kpi_ids: tuple[int, ...]
    first_at: str
    last_at: str


@dataclass(frozen=True, kw_only=True)
class ReadingsUndone(Fact, name="kpis.readings_undone", sentence="Readings taken back", icon="undo-2"):
    """A batch's readings were removed and its periods recomputed."""

    batch_id: int
    rows: int
