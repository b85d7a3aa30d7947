"""Real workers: one that is killed in the middle of a step, a rule that is slow, and two that want the same run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from psycopg2.extensions import cursor as Cursor

from apps.core.access import scope
from apps.core.embedded.paths import REPOSITORY
from apps.core.models import Event
from apps.work.models import Task
from apps.workflows import matching, runner
from apps.workflows.models import Rule, Run
from apps.workflows.services import runs
from tests.factories import people
from tests.workflows.test_rules import ON_TEAM, definition, form_team, open_task, rule

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WORKER = "import django; django.setup(); from apps.workflows import runner; print(runner.work_off())"
SLOW = """
CREATE FUNCTION test_slow() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN IF NEW.title LIKE 'slow%' THEN PERFORM pg_sleep(2.5); END IF; RETURN NEW; END $$;
CREATE TRIGGER test_slow BEFORE INSERT ON work_task FOR EACH ROW EXECUTE FUNCTION test_slow();
"""


@pytest.fixture
def world(owner_cursor: Cursor) -> Iterator[Any]:
    """A company in which inserting a task whose title begins with “slow” takes two and a half seconds."""
    owner_cursor.execute(SLOW)
    owner_cursor.connection.commit()
    with transaction.atomic(), scope.system("a test"):
        company = people.company()
        manager = people.user("manager", role="OPM", department=company.root)
    yield company, manager


def seen(read: Callable[[], Any]) -> Any:
    with transaction.atomic(), scope.system("a test looks"):
        return read()


def until(read: Callable[[], Any], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not seen(read):
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.05)


def worker() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER], cwd=REPOSITORY, env=dict(os.environ), stdout=subprocess.PIPE
    )


def fire(company: Any, count: int) -> None:
    with transaction.atomic(), scope.system("a test"):
        for _ in range(count):
            form_team(company)
            matching.match_event(Event.objects.filter(name="org.team_formed").latest("id"))


def test_a_run_whose_worker_is_killed_goes_on_after_its_lease_and_does_no_step_twice(world: Any) -> None:
    company, manager = world
    with transaction.atomic(), scope.system("a test"):
        rule(company, manager, definition(ON_TEAM, open_task("first"), open_task("slow second"), open_task("third")))
    fire(company, 1)
    dying = worker()
    until(lambda: Run.objects.filter(state="running", position=1).exists())
    dying.kill()
    dying.wait()
    run = seen(lambda: Run.objects.get())
    assert (run.state, run.position) == ("running", 1)
    assert runner.work_off() == 0, "its lease is not over"
    with transaction.atomic(), scope.system("time passes"):
        Run.objects.update(lease_until=run.lease_until - (run.lease_until - run.started_at))
    until(lambda: runs.pick_up_dead(now=run.lease_until) == 1 or Run.objects.filter(state="waiting").exists())
    assert runner.work_off() == 1
    titles = seen(lambda: sorted(Task.objects.values_list("title", flat=True)))
    assert titles == ["first", "slow second", "third"]
    assert seen(lambda: Run.objects.get().state) == "done"


def test_a_slow_rule_delays_no_other(world: Any) -> None:
    company, manager = world
    with transaction.atomic(), scope.system("a test"):
        slow = rule(company, manager, definition(ON_TEAM, open_task("slow")), code="slow")
    fire(company, 3)
    with transaction.atomic(), scope.system("a test"):
        fast = rule(company, manager, definition(ON_TEAM, open_task("fast")), code="fast")
        Rule.objects.filter(pk=slow.pk).update(state="off")
    fire(company, 6)
    workers = [worker(), worker()]
    most = 0
    began = None
    while not seen(lambda: Run.objects.filter(rule=fast, state="done").count() == 6):
        busy = seen(lambda: Run.objects.filter(rule=slow, state="running").count())
        most = max(most, busy)
        began = began or (time.monotonic() if busy else None)
        time.sleep(0.05)
    assert seen(lambda: Run.objects.filter(rule=slow, state="done").count()) < 3, "the slow ones are still at it"
    for one in workers:
        one.wait(30)
    assert most == 1, "one run of the slow rule at a time"
    assert seen(lambda: Run.objects.exclude(state="done").count()) == 0


def test_eight_workers_do_each_run_once(world: Any) -> None:
    company, manager = world
    with transaction.atomic(), scope.system("a test"):
        rule(company, manager, definition(ON_TEAM, open_task("x")), max_at_once=4)
    fire(company, 12)

    def work(_: int) -> int:
        try:
            return runner.work_off()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    while runner.work_off():
        pass
    assert seen(lambda: Task.objects.count()) == 12
    assert seen(lambda: set(Run.objects.values_list("state", "attempts"))) == {("done", 1)}


def test_one_event_matched_by_four_at_once_fires_once(world: Any) -> None:
    company, manager = world
    with transaction.atomic(), scope.system("a test"):
        rule(company, manager, definition(ON_TEAM, open_task("x")))
        form_team(company)
        event = Event.objects.filter(name="org.team_formed").latest("id")

    def match(_: int) -> int:
        try:
            return int(seen(lambda: matching.match_event(event)))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(match, range(4))) == 1
    assert seen(lambda: Run.objects.count()) == 1
