"""The rules a new company begins with: neighbours meet by these, and every one may be read, changed or thrown away."""

from __future__ import annotations

from typing import Any

from apps.org.models import Department
from apps.workflows.models import Rule
from apps.workflows.services import rules as services

TASK = {"resource": "task", "action": "open"}


def _task(**inputs: str) -> dict[str, Any]:
    return {**TASK, "inputs": {"department": "{record.department}", "priority": "2", **inputs}}


def _fact(name: str, resource: str) -> dict[str, str]:
    return {"kind": "fact", "fact": name, "resource": resource}


# code, name, why, trigger, conditions, steps
STARTER: tuple[tuple[str, str, str, dict[str, str], dict[str, Any], list[dict[str, Any]]], ...] = (
    (
        "alert-becomes-task",
        "A KPI alert becomes a task",
        "Whoever is told of the alert finds it in the inbox, with a link and eight working hours to look.",
        _fact("kpis.alert_opened", "kpi_alert"),
        {"all": [{"field": "record.state", "op": "is", "value": "open"}]},
        [
            _task(
                title="Look into: {record.kpi.name}",
                description="{record.message}",
                assignee="{record.owner}",
                about="{record.subject}",
                sla_minutes="480",
                priority="3",
            )
        ],
    ),
    (
        "alert-left-alone",
        "An alert nobody took up goes to the manager",
        "Every working morning: alerts that are still open after sixteen working hours.",
        {"kind": "schedule", "rule": "0 7 * * 1-5", "misfire": "one", "resource": "kpi_alert"},
        {
            "all": [
                {"field": "record.state", "op": "is", "value": "open"},
                {"field": "record.state", "op": "for_hours", "value": "16"},
            ]
        },
        [
            _task(
                title="Nobody took up: {record.kpi.name}",
                description="{record.message}",
                role="DPM",
                about="{record.subject}",
            )
        ],
    ),
    (
        "breach-to-manager",
        "A task over its SLA goes to the department's manager",
        "The manager decides: help, hand over or move the date.",
        _fact("work.task_breached", "task"),
        {"none": [{"field": "record.title", "op": "starts", "value": "Over its SLA"}]},
        [_task(title="Over its SLA: {record.title}", role="DPM", about="{record.subject}", priority="3")],
    ),
    (
        "change-around-us",
        "A noted change around us gets judged",
        "Its owner judges impact and likelihood within a week.",
        _fact("strategy.scan_item_noted", "scan_item"),
        {"all": []},
        [_task(title="Judge: {record.title}", assignee="{record.owner}", about="{record.subject}", sla_minutes="2400")],
    ),
    (
        "initiative-late",
        "A late initiative is looked at every Monday",
        "Initiatives past their date that are neither done nor stopped.",
        {"kind": "schedule", "rule": "0 8 * * 1", "misfire": "one", "resource": "initiative"},
        {
            "all": [
                {"field": "record.due_on", "op": "lt", "value": "today"},
                {"none": [{"field": "record.state", "op": "in", "value": "done, stopped"}]},
            ]
        },
        [_task(title="Late: {record.title}", assignee="{record.owner}", about="{record.subject}")],
    ),
    (
        "invoice-blocked",
        "A blocked invoice goes to the buyers",
        "It does not match order and goods; they clear it or send it back.",
        _fact("procurement.invoice_entered", "supplier_invoice"),
        {"all": [{"field": "record.state", "op": "is", "value": "blocked"}]},
        [
            _task(
                title="Clear invoice {record.number}",
                description="{record.reason}",
                role="BUY",
                about="{record.subject}",
                sla_minutes="960",
            )
        ],
    ),
    (
        "goods-rejected",
        "Rejected goods are inspected",
        "A delivery with rejected goods waits apart until quality has looked.",
        _fact("procurement.goods_received", "goods_receipt"),
        {"none": [{"field": "fact.rejected", "op": "is", "value": "0"}]},
        [
            _task(
                title="Inspect rejected goods of {record.code}", role="QAI", about="{record.subject}", sla_minutes="480"
            )
        ],
    ),
    (
        "stock-proposed",
        "Proposed orders are decided",
        "Planning proposes, buyers accept or dismiss; an accepted one asks for itself.",
        _fact("inventory.proposal_made", "stock_proposal"),
        {"all": []},
        [
            _task(
                title="Order {record.item.name}, or not",
                description="{record.arithmetic}",
                role="BUY",
                about="{record.subject}",
            )
        ],
    ),
    (
        "budget-overridden",
        "An overridden budget check is looked at",
        "Somebody committed more than a line had, with a reason. The operations manager decides what gives.",
        _fact("budgets.check_overridden", "budget_entry"),
        {"all": []},
        [
            _task(
                title="Over budget: {record.line.code}",
                description="{fact.reason}",
                role="OPM",
                about="{record.subject}",
            )
        ],
    ),
)


def add_starter_rules(department: Department, *, owner: Any = None) -> list[Rule]:
    """Those that are not there yet, all off; whoever switches one on lends it their rights."""
    known = set(Rule.objects.values_list("code", flat=True))
    return [
        services.draft_rule(
            code=code,
            name=name,
            description=why,
            department=department,
            definition={"trigger": trigger, "conditions": conditions, "steps": steps},
            owner=owner,
            actor=None,
        )
        for code, name, why, trigger, conditions, steps in STARTER
        if code not in known
    ]
