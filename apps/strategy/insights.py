"""What strategy shows elsewhere: objectives far behind their pace, waiting for their owners."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from apps.core.values import Period
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.homecards import Card, Contribution, View, contribute, offer_card
from apps.reports import parts as reports
from apps.reports.parts import Part, Table
from apps.strategy import panels, queries
from apps.strategy.models import Objective
from apps.strategy.queries import Branch


def _mine(view: View) -> list[Branch]:
    today = timezone.localdate()
    rows = Objective.objects.visible_to(view.user).filter(
        archived_at__isnull=True, state=Objective.State.ACTIVE, owner_id=view.user.pk
    )
    return queries.grown(list(rows.select_related("owner", "department")[:50]), today=today)


def needs(view: View) -> list[pm.NeedsRow]:
    return [
        pm.NeedsRow(
            title=f"“{one.objective.title}” is far behind",
            url=reverse("record", args=["objectives", one.objective.pk]),
            why=f"{panels.percent(one.progress.share)} reached",
            icon="flag",
            tone="bad",
            due=cells.when(one.objective.ends_on, cells.zone_of(view.user))[0],
            due_on=one.objective.ends_on,
            buttons=(pm.Button("Look", reverse("record", args=["objectives", one.objective.pk])),),
            key=f"objective:{one.objective.pk}",
        )
        for one in _mine(view)
        if one.tone == "bad"
    ]


def _objectives_card(view: View, _param: str) -> pm.Section:
    forest = queries.forest(view.user, today=timezone.localdate())
    everything = [one for root in forest for one in root.walk()][:20]
    return pm.Section(
        "Objectives",
        table=panels.branch_table(everything, "Objectives"),
        button=pm.Button("Strategy", reverse("strategy"), "compass"),
    )


offer_card(
    Card("strategy.objectives", "Objectives", _objectives_card, row="kpi", roles=frozenset({"OPM", "EXE", "DPM"}))
)
contribute(Contribution("strategy", "Strategy", 60, needs=needs))


def report_part(user: Any, _period: Period) -> Part:
    """The tree of objectives with how far each is, as of the report's making."""
    everything = [one for root in queries.forest(user, today=timezone.localdate()) for one in root.walk()]
    rows = tuple(
        (
            one.objective.title,
            one.objective.department.code,
            str(one.objective.owner or cells.DASH),
            panels.percent(one.progress.share),
            panels.WORDS[one.tone].capitalize(),
        )
        for one in everything
    )
    heads = ("Objective", "Department", "Owner", "Reached", "Pace")
    return Part(tables=(Table("Progress", heads, rows, frozenset({3})),) if rows else ())


reports.contribute(reports.Source("objectives", 30, report_part, title="Objectives"))
