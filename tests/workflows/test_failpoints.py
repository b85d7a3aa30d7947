"""A worker that dies by SIGKILL at any named place loses nothing and does nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from apps.core.access import scope
from apps.core.models import Delivery
from apps.work import services as work
from apps.work.models import Task
from apps.workflows.failpoints import POINTS
from apps.workflows.models import Case, Step
from apps.workflows.replaying import replay
from apps.workflows.services import cases
from tests.factories import people
from tests.workflows.building import diagram, extension, flows, node, nodes
from tests.workflows.running import LONG_AGO, publish, settle

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
DELIVER = "import django; django.setup(); from apps.core.events.delivery import deliver; print(deliver({}))"


def owed(handler: str) -> int:
    with transaction.atomic(), scope.system("a test"):
        Delivery.objects.filter(done_at__isnull=True).update(available_at=LONG_AGO, leased_until=None)
        return int(Delivery.objects.get(handler=handler, done_at__isnull=True).pk)


def killed(delivery: int, point: str) -> int:
    """The worker's exit code when it dies at this place while it delivers."""
    url = os.environ["DATABASE_URL"]
    around = {**os.environ, "OPS_FAILPOINT": point, "OPS_TEST": "1", "DATABASE_URL": url}
    around["DJANGO_SETTINGS_MODULE"] = "opsplatform.settings"
    command = [sys.executable, "-c", DELIVER.format(delivery)]
    return subprocess.run(command, cwd=ROOT, env=around, capture_output=True, check=False).returncode


def story(cast: Any) -> Case:
    """A task, then an action, then a task."""
    values = {"title": "'Look at it'", "department": str(cast.company.plant.pk), "priority": "2"}
    inner = extension("".join(f'<ops:value name="{name}" value="{text}"/>' for name, text in values.items()))
    content = nodes("start:s user:a user:after end:e") + node("service", "act", inner, ops__action="tasks.open")
    made = publish(diagram(content + flows("s>a;a>act;act>after;after>e")), cast.company.plant, cast.admin)
    return cases.start_case(workflow=made, department=cast.company.plant, actor=cast.manager)


@pytest.mark.parametrize("point", POINTS)
def test_a_death_at_a_named_place_is_made_good(point: str) -> None:
    with transaction.atomic(), scope.system("a test"):
        cast = people.cast()
        case = story(cast)
        work.complete_task(Task.objects.get(source=case.subject()), answers={}, actor=cast.manager)
    if point == "after_action":
        with transaction.atomic(), scope.system("a test"):
            Delivery.objects.filter(handler="workflows.answer_step").update(available_at=LONG_AGO)
            step = Step.objects.get(case=case, element="a")
            cases.answer_step(step.task_id, {}, actor=cast.manager, now=step.entered_at)
    delivery = owed("workflows.run_service" if point == "after_action" else "workflows.answer_step")
    with transaction.atomic(), scope.system("a test"):
        before = Case.objects.get(pk=case.pk).engine
    assert killed(delivery, point) == -signal.SIGKILL
    with transaction.atomic(), scope.system("a test"):
        assert Case.objects.get(pk=case.pk).engine == before, "half of a move was kept"
        assert not Task.objects.filter(title="Look at it").exists()
    assert owed("workflows.run_service" if point == "after_action" else "workflows.answer_step") == delivery
    with scope.transacted(scope.for_system("a test")):
        settle(again=True)
        found = Case.objects.select_related("revision").get(pk=case.pk)
        assert [one.element for one in Step.objects.filter(case=case).order_by("id")] == ["s", "a", "act", "after"]
        assert Task.objects.filter(title="Look at it").count() == 1
        assert Task.objects.filter(source=case.subject(), state="open").count() == 1
        assert replay(found) == found.engine
    connection.close()
