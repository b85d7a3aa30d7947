"""Makers of workflows and their cases."""

from __future__ import annotations

from itertools import count
from typing import Any

from apps.accounts.models import User
from apps.org.models import Department
from apps.workflows.services import cases, definitions
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


MAKERS: dict[str, Maker] = {
    "workflow": Maker(
        _workflow,
        lambda c, d, a: {"code": f"wfn{next(_numbers):05d}", "name": "New workflow", "department": d.pk},
        {"name": "Changed"},
        {"draw": {"xml": definitions.first_diagram("Drawn anew")}},
    ),
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
