"""Defining, changing, restating and archiving KPIs; older periods keep the version they were computed with."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from apps.core.errors import Refused
from apps.core.metrics import metrics
from apps.core.records import write
from apps.kpis import events, formula, rollup, sketching
from apps.kpis.models import Definition, Origin, Rule, Version
from apps.kpis.models.definition import COMPUTATION, OWN_NAMES
from apps.kpis.series import names_in, zone
from apps.org.models import Closure

LOCK = "SELECT pg_advisory_xact_lock(hashtext('kpis.formulas'))"


def define_kpi(*, actor: Any, **values: Any) -> Definition:
    """The code names the KPI in files and formulas and is unique in the company."""
    with transaction.atomic():
        kpi = Definition(**_settled(values))
        _check_computation(kpi)
        write.create(kpi, actor=actor, fact=events.KpiDefined)
        _add_version(kpi, number=1, valid_from=None, reason="")
    return kpi


def change_kpi(
    kpi: Definition, *, actor: Any, version: int | None = None, applies_from: date | None = None, **values: Any
) -> Definition:
    """A new way of computing counts from a day on (today, when none is given); older periods keep the former one.

    A KPI without any value yet is simply corrected. Only `restate_kpi` changes the past.
    """
    values = _settled(values)
    former = {name: getattr(kpi, name) for name in ("code", *COMPUTATION)}
    with transaction.atomic():
        changed = write.change(kpi, values, actor=actor, fact=events.KpiChanged, version=version)
        computed_anew = any(getattr(changed, name) != former[name] for name in COMPUTATION)
        if computed_anew:
            _check_computation(changed)
        if changed.code != former["code"] or changed.unit != former["unit"]:
            _check_dependents(changed, str(former["code"]))
        if computed_anew:
            _next_version(changed, applies_from or timezone.now().astimezone(zone()).date())
    return changed


def restate_kpi(kpi: Definition, *, reason: str, actor: Any, applies_from: date | None = None) -> Definition:
    """Compute older periods with the present version too, from a day on or from the beginning; who and why is logged."""
    with transaction.atomic():
        newest = Version.objects.select_for_update().filter(kpi=kpi, archived_at__isnull=True).latest("number")
        if newest.valid_from is None or (applies_from is not None and newest.valid_from <= applies_from):
            raise Refused(
                f"The present version counts from {newest.valid_from or 'the beginning'} already. Choose an earlier day.",
                code="nothing_to_restate",
                field="applies_from",
            )
        rest = Version.objects.filter(kpi=kpi, archived_at__isnull=True).exclude(pk=newest.pk)
        replaced = rest if applies_from is None else rest.filter(valid_from__gte=applies_from)
        replaced.update(archived_at=timezone.now())
        former = newest.valid_from
        Version.objects.filter(pk=newest.pk).update(valid_from=applies_from, reason=reason[:300])
        kept = rest.exists()
        return write.change(
            kpi,
            {"dated": kept, "restated_at": timezone.now()},
            actor=actor,
            fact=events.KpiRestated,
            reason=reason,
            former_from=former.isoformat(),
            applies_from=applies_from.isoformat() if applies_from else "",
        )


def archive_kpi(kpi: Definition, *, actor: Any, version: int | None = None) -> Definition:
    """An archived KPI takes no readings and leaves dashboards; its history stays."""
    return write.archive(kpi, actor=actor, fact=events.KpiChanged, version=version)


def restore_kpi(kpi: Definition, *, actor: Any) -> Definition:
    """An archived KPI can come back."""
    return write.restore(kpi, actor=actor, fact=events.KpiChanged)


def _settled(values: dict[str, Any]) -> dict[str, Any]:
    """What belongs to another origin is emptied, so that no left-over formula or metric stays behind."""
    origin = values.get("origin")
    if origin is None:
        return values
    emptied = {"formula": origin != Origin.FORMULA, "metric": origin != Origin.METRIC}
    settled = values | {name: "" for name, empty in emptied.items() if empty}
    metric = metrics.get(settled.get("metric", "")) if origin == Origin.METRIC else None
    if metric is not None:  # how a figure adds up is part of the figure
        settled |= {"rule": metric.rule, "across": metric.across, "factor": Decimal(metric.factor), "unit": metric.unit}
    return settled


def _add_version(kpi: Definition, *, number: int, valid_from: date | None, reason: str) -> Version:
    values = {name: getattr(kpi, name) for name in COMPUTATION}
    made: Version = Version.objects.create(
        kpi=kpi, department=kpi.department, number=number, valid_from=valid_from, reason=reason, **values
    )
    return made


def _next_version(kpi: Definition, valid_from: date) -> None:
    """From `valid_from` on; a version that would begin the same day or later, or had no values, is overwritten."""
    newest = Version.objects.select_for_update().filter(kpi=kpi, archived_at__isnull=True).latest("number")
    values = {name: getattr(kpi, name) for name in COMPUTATION}
    if kpi.rule == Rule.PERCENTILE and newest.rule != Rule.PERCENTILE:
        with connection.cursor() as cursor:
            cursor.execute(rollup.LOCK)
            sketching.rebuild(cursor, kpi.pk)
    if not _has_values(kpi) or newest.valid_from == valid_from:
        Version.objects.filter(pk=newest.pk).update(**values)
        return
    if newest.valid_from is not None and newest.valid_from > valid_from:
        raise Refused(
            f"A later version counts from {newest.valid_from}. Choose that day or a later one, or restate the KPI.",
            code="version_order",
            field="applies_from",
        )
    number = Version.objects.filter(kpi=kpi).latest("number").number + 1
    _add_version(kpi, number=number, valid_from=valid_from, reason="")
    Definition.objects.filter(pk=kpi.pk).update(dated=True)
    kpi.dated = True


def _has_values(kpi: Definition) -> bool:
    if kpi.formula or kpi.dated:
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM kpis_rollup WHERE kpi_id = %s)", [kpi.pk])
        return bool(cursor.fetchone()[0])


def _check_computation(kpi: Definition) -> None:
    if kpi.rule == Rule.PERCENTILE and kpi.quantile is None:
        raise Refused("Say which percentile, such as 95.", code="quantile_missing", field="quantile")
    if kpi.code.replace("-", "_") in OWN_NAMES:
        raise Refused(
            f"“{kpi.code}” has a meaning of its own in formulas. Choose another code.", code="reserved", field="code"
        )
    if kpi.origin == Origin.METRIC and kpi.metric not in metrics:
        raise Refused(
            f"There is no figure “{kpi.metric}”. Choose one of: {', '.join(metrics.names())}.",
            code="unknown_metric",
            field="metric",
        )
    if kpi.origin == Origin.FORMULA:
        _check_formula(kpi)


def _check_formula(kpi: Definition) -> None:
    """Names known and owned above, units fitting, no circle; one formula is written at a time, so no circle slips in."""
    if not kpi.formula.strip():
        raise Refused("Write the formula, such as good / produced * 100.", code="formula_syntax", field="formula")
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
    above = set(Closure.objects.filter(descendant=kpi.department_id).values_list("ancestor_id", flat=True))
    others = {
        one.formula_name: one
        for one in Definition.objects.exclude(pk=kpi.pk).filter(department_id__in=above, archived_at__isnull=True)
    }
    units = {name: one.unit for name, one in others.items()} | _own_units(kpi)
    expression = formula.parsed(kpi.formula, units | {kpi.formula_name: kpi.unit}, unit=kpi.unit)
    uses = _uses() | {kpi.formula_name: expression.names - set(OWN_NAMES)}
    loop = formula.circle(kpi.formula_name, uses)
    if loop:
        raise Refused(
            f"This goes round in a circle: {' → '.join(loop)}. A KPI cannot be computed from itself.",
            code="formula_circle",
            field="formula",
        )


def _own_units(kpi: Definition) -> dict[str, str]:
    return {name: "" if name in {"readings", "weight"} else kpi.unit for name in OWN_NAMES}


def _uses() -> dict[str, frozenset[str]]:
    """Which names each stored formula needs, in any version that still counts."""
    found: dict[str, frozenset[str]] = {}
    rows = Version.objects.filter(archived_at__isnull=True).exclude(formula="").select_related("kpi")
    for one in rows:
        name = one.kpi.formula_name
        found[name] = found.get(name, frozenset()) | (names_in(one.formula) - set(OWN_NAMES))
    return found


def _check_dependents(kpi: Definition, former_code: str) -> None:
    """Formulas name this KPI by its code and count on its unit."""
    name = former_code.replace("-", "_")
    using = [
        one
        for one in Definition.objects.exclude(formula="").exclude(pk=kpi.pk).filter(archived_at__isnull=True)
        if name in names_in(one.formula)
    ]
    if not using:
        return
    if kpi.code != former_code:
        raise Refused(
            f"Formulas use this code: {', '.join(one.code for one in using[:5])}. Change them first, or keep the code.",
            code="code_in_use",
            field="code",
        )
    for one in using:
        try:
            _check_formula(one)
        except Refused as refused:
            raise Refused(
                f"The formula of {one.name} no longer fits: {refused.message}", code=refused.code, field="unit"
            ) from None
