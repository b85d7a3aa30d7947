"""The only writers of KPI tables."""

from apps.kpis.services.alerts import (
    acknowledge_alert,
    backtest_watch,
    change_rebaseline,
    change_watch,
    close_alert,
    drop_rebaseline,
    look_at,
    look_for_missing,
    move_alerts_on,
    open_task,
    rebaseline,
    resume_watch,
    set_watch,
    snooze_alert,
    stop_watch,
    take_back_drop,
)
from apps.kpis.services.definitions import archive_kpi, change_kpi, define_kpi, restate_kpi, restore_kpi
from apps.kpis.services.metrics import collect_metric, collect_metrics, fill_from_metric
from apps.kpis.services.readings import (
    check_weight,
    record_reading,
    record_readings,
    roll_up_batch,
    undo_batch,
)
from apps.kpis.services.targets import change_target, set_target

__all__ = [
    "acknowledge_alert",
    "archive_kpi",
    "backtest_watch",
    "change_kpi",
    "change_rebaseline",
    "change_target",
    "change_watch",
    "check_weight",
    "close_alert",
    "collect_metric",
    "collect_metrics",
    "define_kpi",
    "drop_rebaseline",
    "fill_from_metric",
    "look_at",
    "look_for_missing",
    "move_alerts_on",
    "open_task",
    "rebaseline",
    "record_reading",
    "record_readings",
    "restate_kpi",
    "restore_kpi",
    "resume_watch",
    "roll_up_batch",
    "set_target",
    "set_watch",
    "snooze_alert",
    "stop_watch",
    "take_back_drop",
    "undo_batch",
]
