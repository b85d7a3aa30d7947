"""The demo company's work: rounds that come again, tasks of every state, a spending policy and approvals under way."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.core.demo import Demo, demo_part
from apps.work import services
from apps.work.models import Policy, Task

CHECK = [
    {
        "name": "pressure",
        "label": "Pressure",
        "kind": "reading",
        "unit": "bar",
        "low": "5.8",
        "high": "6.2",
        "required": True,
    },
    {"name": "leak", "label": "Oil leak seen", "kind": "yesno"},
    {"name": "remark", "label": "Remark", "kind": "text"},
]
# title, department, assignee, role, days until due, priority, extras
TASKS: tuple[tuple[str, str, str, str, float, str, dict[str, Any]], ...] = (
    ("Check hydraulic unit of test bench 2", "TEST", "demo.opr", "", 0.1, "high", {"form": CHECK, "signature": True}),
    (
        "Replace seal kit on press 4",
        "TEST",
        "demo.opr",
        "",
        -0.6,
        "urgent",
        {"checklist": ["Power off and locked", "Seal replaced", "Leak test passed"]},
    ),
    (
        "Count fittings in bin 14-C",
        "LOG",
        "",
        "OPR",
        1,
        "normal",
        {"form": [{"name": "count", "label": "Counted", "kind": "number", "unit": "pcs", "required": True}]},
    ),
    ("Clean coolant tank of CNC 3", "TEST", "", "OPR", 2, "low", {"photo": True}),
    (
        "Review scrap of last week",
        "TEST",
        "demo.dpm",
        "",
        0.3,
        "high",
        {"description": "Look at the three largest causes and say what is done about each."},
    ),
    ("Agree the delivery plan with Norda Metals", "LOG", "demo.buy", "", 3, "normal", {}),
    (
        "Prepare the quarterly safety walk",
        "CO",
        "demo.opm",
        "",
        5,
        "normal",
        {"checklist": ["Route agreed", "People invited"]},
    ),
    ("Shift plan for the week after next", "TEST", "demo.sup", "", 1.5, "normal", {}),
)


@demo_part("Tasks and approvals", 40)
def build(demo: Demo) -> None:
    departments, people = demo.made["departments"], demo.made["people"]
    now = timezone.now()
    for title, place, assignee, role, days, priority, extras in TASKS:
        services.open_task(
            title=title,
            department=departments[place],
            assignee=people.get(assignee),
            role=role,
            priority=priority,
            due_at=now + timedelta(days=days),
            actor=people["demo.opm"],
            **extras,
        )
    _history(demo, now)
    _series(demo)
    _approvals(demo)


def _history(demo: Demo, now: datetime) -> None:
    """A few weeks of finished tasks, so that the figures of work have something to count."""
    people, departments = demo.made["people"], demo.made["departments"]
    for day in range(40, 0, -1):
        opened = now - timedelta(days=day, hours=demo.rng.randrange(1, 8))
        task = services.open_task(
            title=f"Round of the shift, {opened:%d %b}",
            department=departments["TEST"],
            assignee=people["demo.opr"],
            due_at=opened + timedelta(hours=6),
            actor=None,
            now=opened,
        )
        done = opened + timedelta(hours=demo.rng.choice((1, 2, 3, 4, 5, 8)))
        services.complete_task(task, actor=people["demo.opr"], now=done)
        Task.objects.filter(pk=task.pk).update(created_at=opened)


def _series(demo: Demo) -> None:
    people, departments = demo.made["people"], demo.made["departments"]
    start = datetime.combine(demo.until - timedelta(days=1), time(5, 0), tzinfo=UTC)
    services.set_series(
        title="Round of the shift",
        department=departments["TEST"],
        assignee=people["demo.opr"],
        rrule="FREQ=DAILY",
        starts_at=start,
        on_holiday="skip",
        due_minutes=240,
        checklist=["Floor clear", "Guards closed", "First part measured"],
        actor=people["demo.sup"],
    )
    services.set_series(
        title="Month-end stock count of fast movers",
        department=departments["LOG"],
        role="OPR",
        rrule="FREQ=MONTHLY;BYDAY=-1FR",
        starts_at=start,
        on_holiday="next",
        actor=people["demo.opm"],
    )


def _approvals(demo: Demo) -> None:
    people, departments = demo.made["people"], demo.made["departments"]
    policy: Policy = services.set_policy(
        code="spending", name="Spending", department=departments["CO"], about="requisition", currency="EUR", actor=None
    )
    for position, role, low in ((1, "DPM", None), (2, "OPM", 5000), (3, "EXE", 50000)):
        services.add_policy_step(
            policy=policy, position=position, kind="role", role=role, from_amount=low, timeout_minutes=960, actor=None
        )
    asked = services.request_approval(
        title="Spare spindle for CNC 3",
        reason="The bearing is at the end of its life; delivery takes six weeks.",
        department=departments["TEST"],
        policy=policy,
        amount=Decimal("6200"),
        currency="EUR",
        actor=people["demo.sup"],
    )
    services.answer_approval(asked, answer="yes", note="Needed before winter.", actor=people["demo.dpm"])
    services.request_approval(
        title="Overtime on Saturday for two people",
        reason="Order SO-8841 ships on Monday.",
        department=departments["TEST"],
        actor=people["demo.sup"],
    )
