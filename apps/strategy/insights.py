"""What strategy shows elsewhere: objectives far behind their pace, waiting for their owners."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from apps.core.web import pagemodel as pm
from apps.core.web.homecards import Contribution, View, contribute
from apps.strategy import panels, queries
from apps.strategy.models import Objective
from apps.strategy.queries import Branch


def _mine(view: View) -> list[Branch]:
    today = timezone.now().date()
    rows = Objective.objects.visible_to(view.user).filter(
        archived_at__isnull=True, state=Objective.State.ACTIVE, owner_id=view.user.pk
    )
    return queries.grown(list(rows.select_related("owner", "department")[:50]), today=today)


def needs(view: View) -> list[pm.NeedsRow]:
    return [
        pm.NeedsRow(
            title=f"“{one.objective.title}” is far behind",
            url=reverse("record", args=["objectives", one.objective.pk]),
            why=f"{panels.percent(one.progress.share)} reached, ends {one.objective.ends_on}",
            icon="flag",
            tone="bad",
            due=str(one.objective.ends_on),
            buttons=(pm.Button("Look", reverse("record", args=["objectives", one.objective.pk])),),
            key=f"objective:{one.objective.pk}",
        )
        for one in _mine(view)
        if one.tone == "bad"
    ]


contribute(Contribution("strategy", "Strategy", 60, needs=needs))
