"""The only writers of strategy tables."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from apps.core.errors import Refused
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.kpis import queries as kpis
from apps.kpis.models import Definition
from apps.kpis.series import depending_on
from apps.org.models import Closure, Department
from apps.strategy import events
from apps.strategy.models import WHOLE, Initiative, KeyResult, Objective, ScanItem
from apps.strategy.queries import share_of
from apps.work import services as work

LOCK = "SELECT pg_advisory_xact_lock(hashtext('strategy.tree'))"
DEEPEST = 12


def set_objective(*, actor: Any, **values: Any) -> Objective:
    """Part of at most one larger objective, never of itself."""
    with transaction.atomic():
        objective = Objective(**values)
        objective.code = objective.code or f"O{next_number('objective')}"
        _check_place(objective)
        return write.create(objective, actor=actor, fact=events.ObjectiveSet)


def change_objective(objective: Objective, *, actor: Any, version: int | None = None, **values: Any) -> Objective:
    """While it counts, its share in an active objective stays; set that one back to draft first."""
    values["code"] = values.get("code") or objective.code
    with transaction.atomic():
        if _moves_shares(objective, values):
            for key in {objective.parent_id, getattr(values.get("parent"), "pk", None)} - {None}:
                _refuse_active(Objective.objects.get(pk=key))
        trial = Objective(
            pk=objective.pk,
            parent=values.get("parent", objective.parent),
            level=values.get("level", objective.level),
            department=values.get("department", objective.department),
        )
        _check_place(trial)
        return write.change(objective, values, actor=actor, fact=events.ObjectiveChanged, version=version)


def _moves_shares(objective: Objective, values: dict[str, Any]) -> bool:
    weight, parent = values.get("weight", objective.weight), values.get("parent", objective.parent)
    moved = parent != objective.parent and (weight or objective.weight)
    return bool(weight != objective.weight or moved)


def _check_place(objective: Objective) -> None:
    """No circle, and nothing stands under something smaller than itself."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
    ranks = list(Objective.Level.values)
    seen, above = {objective.pk}, objective.parent
    if above is not None and ranks.index(above.level) > ranks.index(objective.level):
        raise Refused(
            f"“{above.title}” is an objective of a {above.get_level_display().lower()}; this one cannot be part of it.",
            code="level",
            field="parent",
        )
    while above is not None:
        if above.pk in seen or len(seen) > DEEPEST:
            raise Refused(
                "This would make the objective a part of itself. Choose another one.", code="circle", field="parent"
            )
        seen.add(above.pk)
        above = above.parent


def activate_objective(objective: Objective, *, actor: Any) -> Objective:
    """Key results and counting parts sum to exactly 100 per cent from here on."""
    with transaction.atomic():
        locked: Objective = Objective.objects.select_for_update(of=("self",)).get(pk=objective.pk)
        total = _shares(locked)
        if total != WHOLE:
            raise Refused(
                f"The weights of its key results and parts sum to {total.normalize():f} %. Make them 100 %.",
                code="weights",
            )
        done = write.change(locked, {"state": Objective.State.ACTIVE}, actor=actor, fact=events.ObjectiveChanged)
        refresh_results(KeyResult.objects.filter(objective=objective, kpi__isnull=False, archived_at__isnull=True))
        return done


def reopen_objective(objective: Objective, *, actor: Any) -> Objective:
    """Back to draft, where weights can be changed."""
    return write.change(objective, {"state": Objective.State.DRAFT}, actor=actor, fact=events.ObjectiveChanged)


def close_objective(objective: Objective, *, actor: Any) -> Objective:
    """It is over; its last values stay."""
    return write.change(objective, {"state": Objective.State.CLOSED}, actor=actor, fact=events.ObjectiveChanged)


def archive_objective(objective: Objective, *, actor: Any) -> Objective:
    """Only what nothing else is part of."""
    if Objective.objects.filter(parent=objective, archived_at__isnull=True).exists():
        raise Refused("Other objectives are part of this one. Move or archive them first.", code="has_parts")
    if objective.parent is not None and objective.weight:
        _refuse_active(objective.parent)
    return write.archive(objective, actor=actor, fact=events.ObjectiveChanged)


def restore_objective(objective: Objective, *, actor: Any) -> Objective:
    return write.restore(objective, actor=actor, fact=events.ObjectiveChanged)


def _shares(objective: Objective) -> Decimal:
    weights = list(
        KeyResult.objects.filter(objective=objective, archived_at__isnull=True).values_list("weight", flat=True)
    )
    weights += Objective.objects.filter(parent=objective, archived_at__isnull=True).values_list("weight", flat=True)
    return sum(weights, Decimal(0))


def _refuse_active(objective: Objective) -> None:
    if objective.state == Objective.State.ACTIVE:
        raise Refused(
            f"“{objective.title}” is active, so its weights stay at 100 %. Set it back to draft first.",
            code="active",
            field="weight",
        )


def set_key_result(*, objective: Objective, actor: Any, **values: Any) -> KeyResult:
    """Bound to a KPI it takes the KPI's unit and value; an active objective takes no more key results."""
    with transaction.atomic():
        locked = Objective.objects.select_for_update(of=("self",)).get(pk=objective.pk)
        _refuse_active(locked)
        result = KeyResult(objective=locked, department=locked.department, **values)
        _bind(result, result.kpi)
        made = write.create(result, actor=actor, fact=events.KeyResultSet)
    return made


def change_key_result(result: KeyResult, *, actor: Any, version: int | None = None, **values: Any) -> KeyResult:
    with transaction.atomic():
        locked = Objective.objects.select_for_update(of=("self",)).get(pk=result.objective_id)
        if values.get("weight", result.weight) != result.weight:
            _refuse_active(locked)
        kpi = values.get("kpi", result.kpi)
        trial = KeyResult(objective=locked, department=locked.department, grain=values.get("grain", result.grain))
        _bind(trial, kpi)
        if kpi is not None:
            values |= {
                "unit": trial.unit,
                "current_value": trial.current_value,
                "current_at": trial.current_at,
                "current_period": trial.current_period,
            }
        return write.change(result, values, actor=actor, fact=events.KeyResultChanged, version=version)


def archive_key_result(result: KeyResult, *, actor: Any) -> KeyResult:
    _refuse_active(result.objective)
    return write.archive(result, actor=actor, fact=events.KeyResultChanged)


def restore_key_result(result: KeyResult, *, actor: Any) -> KeyResult:
    _refuse_active(result.objective)
    return write.restore(result, actor=actor, fact=events.KeyResultChanged)


def report_value(result: KeyResult, *, value: Decimal, actor: Any) -> KeyResult:
    """A value by hand, only where no KPI gives it."""
    if result.kpi_id is not None:
        raise Refused(f"This comes from the KPI {result.kpi}. Enter its readings instead.", code="bound")
    return _moved(result, {"current_value": value, "current_at": timezone.now()}, actor=actor)


def _bind(result: KeyResult, kpi: Definition | None) -> None:
    if kpi is None:
        return
    result.kpi, result.unit = kpi, kpi.unit
    for name, value in _from_kpi([result]).get(0, {}).items():
        setattr(result, name, value)


def refresh_results(results: Iterable[KeyResult]) -> int:
    """Key results bound to KPIs take the newest whole period's value of their objective's department and below."""
    rows = list(results)
    moved = 0
    for index, values in _from_kpi(rows).items():
        if values.get("current_value") != rows[index].current_value:
            _moved(rows[index], values, actor=None)
            moved += 1
    return moved


def refresh_for(kpi_ids: Iterable[int]) -> int:
    """After a roll-up: every key result of these KPIs and of those computed from them."""
    keys = set(kpi_ids) | depending_on(kpi_ids)
    rows = KeyResult.objects.filter(kpi__in=keys, archived_at__isnull=True, objective__archived_at__isnull=True)
    return refresh_results(rows.exclude(objective__state=Objective.State.CLOSED).select_related("kpi", "objective"))


def _from_kpi(results: list[KeyResult]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for index, one in enumerate(results):
        if one.kpi is None:
            continue
        below = Closure.objects.filter(ancestor=one.department_id).values_list("descendant_id", flat=True)
        standing = kpis.standings([one.kpi], user=None, grain=one.grain, points=13, departments=list(below))[0]
        latest = standing.latest
        if latest is not None and latest.value is not None:
            value = round(latest.value, 6)
            found[index] = {
                "current_value": value,
                "current_at": latest.period.end,
                "current_period": latest.period.key,
            }
    return found


def _moved(result: KeyResult, values: dict[str, Any], *, actor: Any) -> KeyResult:
    for name, value in values.items():
        setattr(result, name, value)
    share = share_of(result)
    fresh: KeyResult = KeyResult.objects.get(pk=result.pk)
    return write.change(
        fresh,
        values,
        actor=actor,
        fact=events.KeyResultMoved,
        objective_id=result.objective_id,
        progress="" if share is None else f"{share:.4f}",
    )


def add_initiative(*, objective: Objective, actor: Any, **values: Any) -> Initiative:
    made = Initiative(objective=objective, department=values.pop("department", None) or objective.department, **values)
    return write.create(made, actor=actor, fact=events.InitiativeStarted)


def change_initiative(one: Initiative, *, actor: Any, version: int | None = None, **values: Any) -> Initiative:
    """Done means 100 per cent."""
    if values.get("state") == Initiative.State.DONE:
        values["progress"] = 100
    return write.change(one, values, actor=actor, fact=events.InitiativeChanged, version=version)


def archive_initiative(one: Initiative, *, actor: Any) -> Initiative:
    return write.archive(one, actor=actor, fact=events.InitiativeChanged)


def restore_initiative(one: Initiative, *, actor: Any) -> Initiative:
    return write.restore(one, actor=actor, fact=events.InitiativeChanged)


def note_scan_item(*, actor: Any, department: Department, **values: Any) -> ScanItem:
    return write.create(ScanItem(department=department, **values), actor=actor, fact=events.ScanItemNoted)


def change_scan_item(one: ScanItem, *, actor: Any, version: int | None = None, **values: Any) -> ScanItem:
    """Acting needs a response somebody can read."""
    state, response = values.get("state", one.state), values.get("response", one.response)
    if state == ScanItem.State.ACTING and not response.strip():
        raise Refused("Say what is done about it.", code="response_missing", field="response")
    return write.change(one, values, actor=actor, fact=events.ScanItemChanged, version=version)


def open_task(one: ScanItem, *, assignee: Any = None, actor: Any, **values: Any) -> ScanItem:
    """Somebody is asked to do something about the change around us."""
    work.open_task_about(one, description=one.meaning, assignee=assignee or one.owner, actor=actor, **values)
    return one


def archive_scan_item(one: ScanItem, *, actor: Any) -> ScanItem:
    return write.archive(one, actor=actor, fact=events.ScanItemChanged)


def restore_scan_item(one: ScanItem, *, actor: Any) -> ScanItem:
    return write.restore(one, actor=actor, fact=events.ScanItemChanged)
