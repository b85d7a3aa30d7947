"""Publishing small diagrams and letting every owed reaction happen, as the relay and the worker would."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from apps.core.events import delivery
from apps.core.models import Delivery
from apps.work import services as work
from apps.work.models import Task
from apps.workflows.models import Case, Workflow
from apps.workflows.services import cases, definitions, waiting
from tests.factories.maker import number

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def publish(data: bytes, department: Any, actor: Any, *, code: str = "") -> Workflow:
    made = definitions.draft_workflow(
        code=code or f"w{number()}", name="Try it", department=department, owner=actor, xml=data.decode(), actor=actor
    )
    return definitions.publish_workflow(made, actor=actor)


def settle(*, most: int = 200, again: bool = False) -> list[str]:
    """Delivers what is owed until nothing is; returns what failed."""
    failed = []
    for _ in range(most):
        owed = Delivery.objects.filter(done_at__isnull=True, parked_at__isnull=True, handler__startswith="workflows.")
        owed = owed if again else owed.filter(attempts=0)
        keys = list(owed.order_by("id").values_list("pk", flat=True))
        if not keys:
            return failed
        owed.update(available_at=LONG_AGO)  # a test is one transaction, whose clock stands still
        failed += [f"{key}" for key in keys if delivery.deliver(key) == "failed"]
    raise AssertionError("The reactions never came to an end.")


def tasks(case: Case) -> list[str]:
    return [
        one.title.split(" · ")[0] for one in Task.objects.filter(source=case.subject(), state="open").order_by("id")
    ]


def answer(case: Case, title: str, actor: Any, **answers: Any) -> list[str]:
    """A person does the named step; returns the steps that are open then."""
    task = Task.objects.filter(source=case.subject(), state="open", title__startswith=title).order_by("id")[0]
    work.complete_task(task, answers=answers, actor=actor)
    settle()
    return tasks(case)


def at(moment: datetime) -> None:
    """The clock reaches this moment."""
    waiting.tell_due(now=moment)
    settle()


def fresh(case: Case) -> Case:
    found: Case = Case.objects.select_related("revision", "workflow").get(pk=case.pk)
    return found


def start(workflow: Workflow, department: Any, actor: Any, **values: Any) -> Case:
    case = cases.start_case(workflow=workflow, department=department, values=values, actor=actor)
    settle()
    return fresh(case)
