"""Makers of tasks, recurring tasks, policies and approvals."""

from __future__ import annotations

from typing import Any

from apps.accounts.models import User
from apps.org.models import Department
from apps.work import services as work
from tests.factories import people
from tests.factories.maker import START, Maker, number
from tests.factories.maker import code as _code
from tests.factories.people import Company


def _task(company: Company, department: Department, owner: User) -> Any:
    return work.open_task(title=f"Check valve {number()}", department=department, assignee=owner, actor=owner)


def _series(company: Company, department: Department, owner: User) -> Any:
    return work.set_series(
        title=f"Check oil {number()}",
        department=department,
        assignee=owner,
        rrule="FREQ=DAILY",
        starts_at=START,
        actor=owner,
    )


def _policy(company: Company, department: Department, owner: User) -> Any:
    return work.set_policy(code=_code().lower(), name="Spending", department=department, actor=owner)


def _policy_step(company: Company, department: Department, owner: User) -> Any:
    return work.add_policy_step(policy=_policy(company, department, owner), kind="role", role="OPM", actor=owner)


def _approval(company: Company, department: Department, owner: User) -> Any:
    return work.request_approval(
        title=f"May we {number()}",
        department=department,
        steps=[{"kind": "person", "person": people.user(role="SUP", department=department)}],
        actor=owner,
    )


MAKERS: dict[str, Maker] = {
    "task": Maker(
        _task,
        lambda c, d, a: {"title": f"New task {number()}", "department": d.pk, "assignee": a.pk, "priority": 2},
        {"title": "Changed"},
        verb_data={"hold": {"reason": "Parts missing"}, "cancel": {"reason": "Not needed"}},
    ),
    "recurring_task": Maker(
        _series,
        lambda c, d, a: {
            "title": f"New round {number()}",
            "department": d.pk,
            "assignee": a.pk,
            "rrule": "FREQ=WEEKLY;BYDAY=MO",
            "starts_at": "2026-01-05T06:00:00Z",
            "priority": 2,
            "on_holiday": "anyway",
            "missed": "one",
        },
        {"title": "Changed"},
        follow_ups=0,
    ),
    "approval_policy": Maker(
        _policy,
        lambda c, d, a: {"code": _code().lower(), "name": "New policy", "department": d.pk},
        {"name": "Changed"},
    ),
    "approval_policy_step": Maker(
        _policy_step,
        lambda c, d, a: {"policy": _policy(c, d, a).pk, "kind": "role", "role": "OPM", "position": 1, "need": 1},
        {"need": 2},
    ),
    "approval": Maker(
        _approval,
        lambda c, d, a: {"title": f"New question {number()}", "department": d.pk},
    ),
}
