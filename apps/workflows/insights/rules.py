"""What automation shows elsewhere: failed runs and stopped rules that need somebody, a card, and figures for KPIs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q
from django.urls import reverse

from apps.core.access.rights import rights_of
from apps.core.metrics import Measure, Metric, offer
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.homecards import Card, Contribution, View, contribute, offer_card
from apps.workflows import panels_rules
from apps.workflows.models import Rule, Run

FAILED = (Run.State.FAILED, Run.State.STOPPED)
RUNS = """
SELECT department_id, date_trunc(%(grain)s, finished_at, %(zone)s) AS at,
  count(*) FILTER (WHERE state = 'failed'), count(*)
FROM workflows_run WHERE finished_at >= %(start)s AND finished_at < %(end)s AND state IN ('done', 'failed') GROUP BY 1, 2
"""


def needs(view: View) -> list[pm.NeedsRow]:
    """For whoever may mend them: paused and silent rules, and rules with dead letters, each rule once."""
    if not rights_of(view.user).can_somewhere("rule", "u"):
        return []
    mine = Rule.objects.visible_to(view.user, "u").filter(archived_at__isnull=True)
    stopped = list(mine.filter(Q(state="paused") | Q(missed_at__isnull=False, state="on"))[:5])
    dead = Run.objects.visible_to(view.user, "u").filter(state__in=FAILED).exclude(rule__in=stopped)
    failing = list(mine.filter(pk__in=dead.values("rule"))[:5])
    return [*(_stopped(one) for one in stopped), *(_failing(one) for one in failing)]


def _stopped(rule: Rule) -> pm.NeedsRow:
    url = reverse("record", args=["automation", rule.pk])
    paused = rule.state == Rule.State.PAUSED
    return pm.NeedsRow(
        title=f"The rule “{rule.name}” {'is paused' if paused else 'missed a run'}",
        url=url,
        why=rule.paused_reason or "An expected run did not happen",
        icon="zap-off",
        tone="bad",
        buttons=(pm.Button("Look", url),),
        key=f"automation_rule:{rule.pk}",
    )


def _failing(rule: Rule) -> pm.NeedsRow:
    url = f"{reverse('list', args=['automation-runs'])}?state=failed&rule={rule.pk}"
    return pm.NeedsRow(
        title=f"Runs of “{rule.name}” failed",
        url=url,
        why="They wait to be replayed or put aside",
        icon="zap-off",
        tone="warn",
        buttons=(pm.Button("Dead letters", url),),
        key=f"automation_dead:{rule.pk}",
    )


contribute(Contribution("automation", "Automation", 60, needs=needs))


def _card(view: View, _param: str) -> pm.Section:
    found = Run.objects.visible_to(view.user).select_related("rule").order_by("-id")[:10]
    rows = tuple(_row(one, view.user) for one in found)
    columns = (pm.Column("rule", "Rule", wide=True), pm.Column("state", "State"), pm.Column("at", "When"))
    return pm.Section("Last rule runs", table=pm.Table(columns, rows, "Last rule runs", "No rule has run yet."))


def _row(run: Run, user: Any) -> pm.Row:
    url = reverse("record", args=["automation-runs", run.pk])
    tone, words = panels_rules.run_state(run)
    state = pm.Cell(words, "status", tone=tone)  # type: ignore[arg-type]
    at = pm.Cell(cells.when(run.created_at, cells.zone_of(user))[0])
    return pm.Row(str(run.pk), url, (pm.Cell(run.rule.name, "link", url=url), state, at))


offer_card(
    Card(
        "workflows.runs",
        "Last rule runs",
        _card,
        "What automation did",
        row="rule",
        roles=frozenset({"ADM", "OPM", "DPM", "AUD"}),
    )
)


def _failed(start: datetime, end: datetime, grain: str, zone: str) -> Iterable[Measure]:
    with connection.cursor() as cursor:
        cursor.execute(RUNS, {"start": start, "end": end, "grain": grain, "zone": zone})
        for department_id, at, failed, count in cursor.fetchall():
            yield Measure(department_id, at, Decimal(failed), Decimal(count))


offer(
    Metric(
        name="workflows.runs_failed",
        label="Rule runs that failed",
        help="Runs of automation rules that gave up, of all that ended.",
        unit="%",
        rule="ratio",
        direction="lower",
        grain="day",
        factor=100,
        collect=_failed,
        records="automation-runs",
    )
)
