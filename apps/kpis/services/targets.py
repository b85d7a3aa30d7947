"""Setting and changing targets."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from apps.core.errors import Refused
from apps.core.records import write
from apps.kpis import events
from apps.kpis.models import Definition, Direction, Rule, Target
from apps.org.models import Department


def set_target(*, kpi: Definition, department: Department, valid_from: date, actor: Any, **values: Any) -> Target:
    """From its first day a target replaces the one before it, which ends that day."""
    _check_limits(kpi, values)
    if kpi.rule == Rule.SUM and not values.get("per"):
        raise Refused("This KPI is a sum, so say which period the target counts for.", code="per_missing", field="per")
    with transaction.atomic():
        former = Target.objects.filter(
            kpi=kpi,
            department=department,
            per=values.get("per", ""),
            valid_until__isnull=True,
            valid_from__lt=valid_from,
        )
        for one in former.select_for_update(of=("self",)):
            write.change(one, {"valid_until": valid_from}, actor=actor, fact=events.TargetChanged)
        target = Target(kpi=kpi, department=department, valid_from=valid_from, **values)
        return write.create(target, actor=actor, fact=events.TargetSet)


def change_target(target: Target, /, *, actor: Any, version: int | None = None, **values: Any) -> Target:
    """Limits must stand in the order of the KPI's direction."""
    names = ("target", "amber", "upper_target", "upper_amber")
    _check_limits(target.kpi, {name: values.get(name, getattr(target, name)) for name in names})
    return write.change(target, values, actor=actor, fact=events.TargetChanged, version=version)


def _check_limits(kpi: Definition, values: dict[str, Any]) -> None:
    target, amber = values["target"], values["amber"]
    if kpi.direction == Direction.HIGHER and amber > target:
        raise Refused(
            "Higher is better here, so the at-risk limit lies at or below the target.", code="limits", field="amber"
        )
    if kpi.direction == Direction.LOWER and amber < target:
        raise Refused(
            "Lower is better here, so the at-risk limit lies at or above the target.", code="limits", field="amber"
        )
    if kpi.direction == Direction.RANGE:
        upper, upper_amber = values.get("upper_target"), values.get("upper_amber")
        if upper is None or upper < target:
            raise Refused(
                "Give the upper end of the range, at or above its lower end.", code="limits", field="upper_target"
            )
        if amber > target or (upper_amber is not None and upper_amber < upper):
            raise Refused("At-risk limits lie outside of the target range.", code="limits", field="amber")
