"""Makers of workflows and their cases."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.utils import timezone

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.models import Event
from apps.org.models import Department
from apps.workflows.services import cases, definitions, messages
from tests.factories.maker import Maker
from tests.factories.people import Company

_numbers = count(1)


def _workflow(company: Company, department: Department, owner: User | None) -> Any:
    number = next(_numbers)
    return definitions.draft_workflow(
        code=f"wf{number:05d}", name=f"Way of working {number}", department=department, owner=owner, actor=owner
    )


def published(company: Company, owner: User | None) -> Any:
    return definitions.publish_workflow(_workflow(company, company.root, owner), actor=owner)


def _case(company: Company, department: Department, owner: User) -> Any:
    return cases.start_case(
        workflow=published(company, owner), department=department, title=f"Case {next(_numbers)}", actor=owner
    )


def _message(company: Company, department: Department, owner: User) -> Any:
    told = Event(pk=10**9 + next(_numbers), departments=[department.pk])
    with scope.system("a maker needs a message that nobody waits for"):
        return messages.keep(f"paid {next(_numbers)}", "A7", {"amount": 12}, minutes=60, event=told, now=timezone.now())


MAKERS: dict[str, Maker] = {
    "workflow": Maker(
        _workflow,
        lambda c, d, a: {"code": f"wfn{next(_numbers):05d}", "name": "New workflow", "department": d.pk},
        {"name": "Changed"},
        {"draw": {"xml": definitions.first_diagram("Drawn anew")}},
    ),
    "case_message": Maker(_message, lambda c, d, a: {}),
    "case": Maker(
        _case,
        lambda c, d, a: {"workflow": published(c, a).pk, "department": d.pk},
        {"title": "Changed"},
        {
            "cancel": {"reason": "Not needed"},
            "set-values": {"values": {"amount": 3}},
            "message": {"message": "paid"},
        },
        follow_ups=2,
    ),
}
