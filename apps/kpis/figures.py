"""KPIs as figures with a status per day, for boards of apps below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.urls import reverse

from apps.core.figures import Figure, provide_figures
from apps.kpis import panels, queries
from apps.kpis.models import Definition
from apps.kpis.queries import Standing
from apps.kpis.series import zone
from apps.org.models import Department


def read(codes: Sequence[str], department_id: int, first: date, last: date, user: Any) -> Mapping[str, Figure]:
    """Of the department and what lies below it, as far as the reader may see values."""
    kpis = list(Definition.objects.visible_to(user).filter(code__in=codes, archived_at__isnull=True))
    department = Department.objects.filter(pk=department_id).first()
    if not kpis or department is None:
        return {}
    keys = queries.below(department, queries.readable_departments(user))
    until = datetime.combine(last + timedelta(days=1), time(0), zone())
    days = (last - first).days + 1

    def stand(chosen: Sequence[Definition], grain: str, points: int) -> list[Standing]:
        return queries.standings(
            chosen, user=user, grain=grain, points=points, until=until, departments=keys, through_now=True
        )

    found = stand(kpis, "day", days)
    # A target that is set per week says nothing about a single day; then the day is as its week.
    weekly = [one.kpi for one in found if not any(one.targets)]
    found = [one for one in found if any(one.targets)] + (stand(weekly, "week", days // 7 + 2) if weekly else [])
    return {one.kpi.code: _figure(one, first, last) for one in found}


def _figure(one: Standing, first: date, last: date) -> Figure:
    days = {}
    for value, target in zip(one.values, one.targets, strict=True):
        if value.value is None or target is None:
            continue
        tone = target.tone(value.value, one.kpi.direction, value.period.first)
        day = max(value.period.first, first)
        while day <= min(value.period.last, last):
            days[day] = tone
            day += timedelta(days=1)
    latest = one.latest
    return Figure(
        one.kpi.name,
        panels.show(one.kpi, latest.value if latest else None, unit=True),
        one.tone,
        panels.target_words(one),
        reverse("kpi_chart", args=[one.kpi.pk]),
        days,
    )


def unknown(codes: Sequence[str], user: Any) -> list[str]:
    known = set(
        Definition.objects.visible_to(user)
        .filter(code__in=codes, archived_at__isnull=True)
        .values_list("code", flat=True)
    )
    return [code for code in codes if code not in known]


provide_figures(read, unknown)
