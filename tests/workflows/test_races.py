"""Several hands on one case at the same moment: every answer counts once, a join goes on once, nothing is lost."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.core.access import scope
from apps.work.models import Task
from apps.workflows.models import Case, Step
from apps.workflows.replaying import replay
from apps.workflows.services import cases
from tests.factories import people
from tests.workflows.building import diagram, flows, nodes
from tests.workflows.running import publish

pytestmark = pytest.mark.django_db(transaction=True)
WAYS = [f"w{number}" for number in range(6)]


def fan() -> bytes:
    content = nodes("start:s and:f and:j user:after end:e " + " ".join(f"user:{one}" for one in WAYS))
    return diagram(content + flows("s>f;j>after;after>e;" + ";".join(f"f>{one};{one}>j" for one in WAYS)))


def test_answers_at_the_same_moment_meet_once(transactional_db: Any) -> None:
    with transaction.atomic(), scope.system("a test"):
        cast = people.cast()
        made = publish(fan(), cast.company.plant, cast.admin)
        case = cases.start_case(workflow=made, department=cast.company.plant, actor=cast.manager)
        keys = list(Task.objects.filter(source=case.subject()).values_list("pk", flat=True))
    assert len(keys) == len(WAYS)
    gate = threading.Barrier(len(keys) * 2)

    def answer(key: int) -> None:
        gate.wait()
        try:
            with transaction.atomic(), scope.system("a test"):
                cases.answer_step(key, {f"v{key}": key}, actor=None, now=timezone.now())
        finally:
            connection.close()

    # Each answer arrives twice, as when a delivery is repeated.
    hands = [threading.Thread(target=answer, args=(key,)) for key in keys * 2]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    with transaction.atomic(), scope.system("a test"):
        found = Case.objects.select_related("revision").get(pk=case.pk)
        assert Step.objects.filter(case=case, element="j").count() == 1
        assert Task.objects.filter(source=case.subject(), title__startswith="after").count() == 1
        assert found.values == {f"v{key}": key for key in keys}
        assert found.moves == 1 + len(keys)
        assert replay(found) == found.engine
