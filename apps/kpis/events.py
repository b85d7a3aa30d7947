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
class KpiRestated(Changed, name="kpis.kpi_restated", sentence="KPI restated", icon="history"):
    """Older periods are computed with the present version; the reason and the days are part of the record."""

    reason: str
    former_from: str
    applies_from: str


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


@dataclass(frozen=True, kw_only=True)
class ProcessRebaselined(
    Recorded, name="kpis.process_rebaselined", sentence="Process limits start anew", icon="between-vertical-start"
):
    """A process was changed on purpose; its limits are computed anew from a day on."""


@dataclass(frozen=True, kw_only=True)
class RebaselineChanged(Changed, name="kpis.rebaseline_changed", sentence="Start of process limits changed"):
    """The day or reason of new limits changed, or they were taken back."""


@dataclass(frozen=True, kw_only=True)
class WatchSet(Recorded, name="kpis.watch_set", sentence="Watch set", icon="eye"):
    """A KPI is watched for something."""


@dataclass(frozen=True, kw_only=True)
class WatchChanged(Changed, name="kpis.watch_changed", sentence="Watch changed", icon="eye"):
    """What is watched, or who hears of it, changed."""


@dataclass(frozen=True, kw_only=True)
class AlertOpened(Recorded, name="kpis.alert_opened", sentence="Alert", icon="bell-ring"):
    """A watch found something; the message says the rule and the numbers."""

    kpi_id: int
    kpi_code: str
    kind: str
    message: str
    owner_id: int | None


@dataclass(frozen=True, kw_only=True)
class AlertChanged(Changed, name="kpis.alert_changed", sentence="Alert changed", icon="bell"):
    """An alert was acknowledged, snoozed, found again, or closed."""

    kpi_id: int


@dataclass(frozen=True, kw_only=True)
class AlertEscalated(Changed, name="kpis.alert_escalated", sentence="Alert escalated", icon="bell-plus"):
    """Nobody acknowledged an alert in time; the next person is told."""

    kpi_id: int
    to_id: int
