"""The demo company's decision tables and automation rules, with runs that show what they do."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from apps.core.demo import Demo, demo_part
from apps.core.resources.resource import resources
from apps.workflows import starter
from apps.workflows.models import Rule
from apps.workflows.services import decisions, rules, runs

APPROVAL: dict[str, Any] = {
    "policy": "U",
    "inputs": [
        {"name": "amount", "type": "number", "label": "Amount in €"},
        {"name": "planned", "type": "boolean", "label": "In the budget"},
    ],
    "outputs": [
        {"name": "approver", "type": "string", "values": ['"SUP"', '"DPM"', '"OPM"', '"EXE"'], "label": "Approver"}
    ],
    "rules": [
        {"when": ["< 500", "true"], "then": ['"SUP"'], "note": "Small and planned"},
        {"when": ["[500..10000)", "true"], "then": ['"DPM"']},
        {"when": ["< 10000", "false"], "then": ['"OPM"'], "note": "Not planned: one level up"},
        {"when": [">= 10000", "-"], "then": ['"EXE"']},
    ],
}
APPROVAL_CASES = [
    {"name": "Gloves", "values": {"amount": "80", "planned": "true"}, "expect": '"SUP"'},
    {"name": "Unplanned pump", "values": {"amount": "900", "planned": "false"}, "expect": '"OPM"'},
    {"name": "New press", "values": {"amount": "84000", "planned": "true"}, "expect": '"EXE"'},
]
URGENCY: dict[str, Any] = {
    "policy": "F",
    "inputs": [
        {"name": "customer", "type": "string", "values": ['"A"', '"B"', '"C"'], "label": "Customer class"},
        {"name": "days_late", "type": "number", "label": "Days late"},
    ],
    "outputs": [
        {"name": "priority", "type": "string", "label": "Priority"},
        {"name": "answer_within", "type": "duration", "label": "Answer within"},
    ],
    "rules": [
        {"when": ['"A"', "> 0"], "then": ['"urgent"', 'duration("PT2H")']},
        {"when": ["-", "> 5"], "then": ['"high"', 'duration("PT8H")']},
        {"when": ["-", "[1..5]"], "then": ['"normal"', 'duration("P2D")']},
    ],
}
ON = ("alert-becomes-task", "alert-left-alone")


@demo_part("Decision tables and automation rules", 60)
def build(demo: Demo) -> None:
    """Two tables (one with a gap to find), the starter rules, two of them on, and tasks they made."""
    company, owner = demo.made["departments"]["CO"], demo.made["people"]["demo.opm"]
    approval = decisions.draft_decision(
        code="who-approves",
        name="Who approves spending",
        department=company,
        owner=owner,
        description="Spending policy of January, section 3.",
        table=APPROVAL,
        cases=APPROVAL_CASES,
        actor=owner,
    )
    decisions.publish_decision(approval, actor=owner)
    decisions.draft_decision(
        code="complaint-urgency",
        name="How urgent is a complaint",
        department=company,
        owner=owner,
        table=URGENCY,
        actor=owner,
    )
    starter.add_starter_rules(company, owner=owner)
    for rule in Rule.objects.filter(code__in=ON):
        rules.switch_on(rule, anyway=True, actor=owner)
    _past_runs(Rule.objects.get(code=ON[0]), owner)


def _past_runs(rule: Rule, owner: Any) -> None:
    """The open alerts of now, as if the rule had been on when they came; a worker does them after the start."""
    version = rule.versions.get(number=rule.number)
    for alert in resources["kpi_alert"].model.objects.filter(state="open").order_by("id")[:3]:
        runs.fire(rule, version, event=None, planned_at=timezone.now(), about=alert.subject())
