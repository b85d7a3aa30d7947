"""A watch tried on the past: what it would have said, before anybody is woken by it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from apps.core.web import pagemodel as pm
from apps.kpis import services
from apps.kpis.models import Watch

MOST = 20


def trial_panel(watch: Watch, user: Any) -> pm.Section:
    periods, messages = services.backtest_watch(watch, now=timezone.now())
    if not periods:
        return pm.Section("On the past", text="No value yet to try it on. Record readings first.")
    rows = tuple(pm.Row(str(at), cells=(pm.Cell(one),)) for at, one in enumerate(reversed(messages[-MOST:])))
    note = f"{len(messages)} of {periods} periods would have been noticed"
    if len(messages) > MOST:
        note += f", the last {MOST} shown"
    columns = (pm.Column("message", "It would have said", wide=True),)
    table = pm.Table(columns, rows, "On the past", "It would have stayed silent.")
    return pm.Section("On the past", note=note, table=table)
