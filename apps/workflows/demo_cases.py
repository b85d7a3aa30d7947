"""The demo company's workflows: purchase approval, onboarding and complaints, with cases that run, wait and are done."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from apps.core.demo import Demo, demo_part
from apps.work import services as work
from apps.work.models import Task
from apps.workflows.models import Case, Workflow
from apps.workflows.services import cases, definitions, messages, waiting
from apps.workflows.starters import starter

WORKFLOWS = (
    (
        "purchase-approval",
        "Purchase approval",
        "CO",
        "demo.buy",
        "Start it before anything is ordered outside a contract.",
    ),
    ("onboarding", "Onboarding of a new colleague", "CO", "demo.opm", "Start it when the contract is signed."),
    ("complaint", "Customer complaint", "CO", "demo.qai", "Start it for every complaint, also small ones."),
)
# workflow, department, started by, days ago, title, for, start form, what each step answers (by whom)
Steps = tuple[tuple[str, str, dict[str, Any]], ...]
STORIES: tuple[tuple[str, str, str, int, str, str, dict[str, Any], Steps], ...] = (
    (
        "purchase-approval", "ASM", "demo.sup", 12, "Torque wrenches for line 2", "ASM-118",
        {"item": "Torque wrenches, 4", "amount": 1480, "reason": "Two are out of calibration"},
        (("Check the request", "demo.sup", {"approved": True}), ("Order it", "demo.buy", {"order_number": "PO-20418"})),
    ),
    (
        "purchase-approval", "TEST", "demo.dpm", 3, "Second leak-test bench", "TEST-31",
        {"item": "Leak-test bench", "amount": 64000, "reason": "Bottleneck from March"}, (),
    ),
    (
        "purchase-approval", "ASM", "demo.sup", 1, "Anti-fatigue mats", "ASM-119",
        {"item": "Mats, 12", "amount": 780}, (("Check the request", "demo.sup", {"approved": True}),),
    ),
    (
        "onboarding", "ASM", "demo.sup", 9, "Ewa Zielinska, assembly", "", {"person": "Ewa Zielinska", "begins": "2026-12-01", "forklift": True},
        (("Prepare the workplace", "demo.sup", {}), ("Set up accounts", "demo.sup", {"user_name": "ewa.zielinska"})),
    ),
    (
        "onboarding", "PROD", "demo.dpm", 2, "Tomas Berg, CNC", "", {"person": "Tomas Berg", "begins": "2026-12-15", "forklift": False}, (),
    ),
    (
        "complaint", "QUAL", "demo.qai", 20, "Seal leaks after a week", "SO-7713",
        {"customer": "Thermia", "order_number": "SO-7713", "what": "Two of 40 valves drip at the seal."},
        (("Examine the complaint", "demo.qai", {"valid": True, "cost": "310", "question": False}),),
    ),
    (
        "complaint", "QUAL", "demo.qai", 6, "Wrong label on the box", "SO-7760",
        {"customer": "Alpha Heat", "order_number": "SO-7760", "what": "Label says DN15, valve is DN20."},
        (("Examine the complaint", "demo.qai", {"valid": False, "question": True}),),
    ),
)  # fmt: skip


@demo_part("Workflows and cases", 45)
def build(demo: Demo) -> None:
    departments, people = demo.made["departments"], demo.made["people"]
    made: dict[str, Workflow] = {}
    for code, name, place, owner, purpose in WORKFLOWS:
        drafted = definitions.draft_workflow(
            code=code,
            name=name,
            purpose=purpose,
            department=departments[place],
            owner=people[owner],
            xml=starter(code),
            actor=None,
        )
        made[code] = definitions.publish_workflow(drafted, actor=None)
    for code, place, starter_name, days, title, key, values, steps in STORIES:
        begun = datetime.combine(demo.until - timedelta(days=days), time(8, 12), UTC)
        case = cases.start_case(
            workflow=made[code],
            department=departments[place],
            title=title,
            business_key=key,
            values=values,
            actor=people[starter_name],
            now=begun,
        )
        _live(case, steps, people, begun)
    _tell_early(people["demo.opm"])


def _tell_early(actor: Any) -> None:
    """A carrier's message that came before the complaint's return was announced."""
    waiting.send_message(
        message="Goods returned", key="SO-7760", values={"parcels": 1, "carrier": "Nordfracht"},
        keep_minutes=messages.MOST_MINUTES, actor=actor,
    )  # fmt: skip


def _live(case: Case, steps: Steps, people: dict[str, Any], begun: datetime) -> None:
    """People answer, some hours after each other."""
    for count, (title, who, answers) in enumerate(steps, 1):
        task = Task.objects.filter(source=case.subject(), title__startswith=title, state="open").get()
        at = begun + timedelta(hours=5 * count)
        checked = range(1, len(task.checklist) + 1)
        done = work.complete_task(task, answers=answers, checked=checked, actor=people[who], now=at)
        cases.answer_step(task.pk, done.answers, actor=people[who], now=at)
