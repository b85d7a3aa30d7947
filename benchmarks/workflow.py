"""P9: cases of ten tasks to their end, durable at each step, against a hand-written token loop and against SpiffWorkflow."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.ingest import company
from benchmarks.measure import Report
from benchmarks.place import installation

CASES = {"XS": 2, "S": 20, "M": 60}
ROUNDS = {"XS": 1, "S": 5, "M": 7}
FEW, MANY = 100, {"XS": 200, "S": 100_000, "M": 100_000}
STEPS = 10
# The same rows with nothing around them: what somebody would write who needs this one process only.
BARE = """
CREATE TABLE bare_case (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state jsonb NOT NULL);
CREATE TABLE bare_step (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, case_id bigint REFERENCES bare_case,
  name text, entered_at timestamptz, left_at timestamptz);
CREATE INDEX bare_step_case ON bare_step (case_id);
CREATE TABLE bare_event (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, case_id bigint, payload jsonb);
"""
MORE_CASES = """
INSERT INTO workflows_case (version, code, title, business_key, about, state, outcome, stuck, engine, moves, workflow_id,
  revision_id, department_id)
SELECT 1, 'B' || n, 'Open', '', '', 'running', '', 0, engine, 1, workflow_id, revision_id, department_id
FROM workflows_case, generate_series(%s, %s) n WHERE id = %s
"""
MORE_WAITS = """
INSERT INTO workflows_wait (case_id, workflow_id, department_id, wait, element, name, kind, key, \"left\", told)
SELECT c.id, c.workflow_id, c.department_id, 1, 's', 'paid', 'message', c.code, 0, false
FROM workflows_case c WHERE c.title = 'Open' AND NOT EXISTS (SELECT 1 FROM workflows_wait w WHERE w.case_id = c.id)
"""
MORE_STEPS = """
INSERT INTO workflows_step (case_id, department_id, token, parent_token, element, name, kind, state, problem, entered_at,
  instant, performer)
SELECT c.id, c.department_id, s.token, 0, s.element, s.name, s.kind, s.state, '', s.entered_at, s.instant, s.performer
FROM workflows_case c, workflows_step s WHERE c.title = 'Open' AND s.case_id = %s
  AND NOT EXISTS (SELECT 1 FROM workflows_step o WHERE o.case_id = c.id)
"""


def diagram_of_ten() -> bytes:
    from tests.workflows.building import simple

    names = [f"t{number}" for number in range(STEPS)]
    parts = "start:s end:e " + " ".join(f"service:{name}" for name in names)
    ways = ";".join(f"{one}>{other}" for one, other in zip(["s", *names], [*names, "e"], strict=True))
    return simple(parts, ways)


def published(places: Any, manager: Any) -> Any:
    """The diagram as a version, past the check that its service tasks name an action: none is run here."""
    from hashlib import sha256

    from django.db import transaction

    from apps.core.access import scope
    from apps.workflows.models import Revision
    from apps.workflows.services import definitions

    xml = diagram_of_ten().decode()
    with transaction.atomic(), scope.system("benchmark"):
        made = definitions.draft_workflow(code="ten", name="Ten", department=places.root, xml=xml, actor=manager)
        Revision.objects.create(
            workflow=made, department=places.root, number=1, xml=xml, sha256=sha256(xml.encode()).hexdigest()
        )
        made.published_number = 1
        type(made).objects.filter(pk=made.pk).update(published_number=1)
    return made


def ours(made: Any, manager: Any, count: int) -> None:
    """Each step in a transaction of its own, as workers do it."""
    from django.utils import timezone

    from apps.core.access import scope
    from apps.workflows.services import cases, moving

    for _ in range(count):
        with scope.transacted(scope.for_system("benchmark")):
            case = cases.start_case(workflow=made, actor=manager)
        while case.is_running:
            token = case.engine["tokens"][0]["id"]
            with scope.transacted(scope.for_system("benchmark")):
                happening = {"kind": "done", "token": token, "values": {}}
                case = moving.move(case.pk, happening, now=timezone.now(), actor=manager)


def by_hand(owner: Any, count: int) -> None:
    """A position, a row per step and a row per event, committed at each step."""
    with owner.cursor() as cursor:
        for _ in range(count):
            cursor.execute("BEGIN")
            cursor.execute("INSERT INTO bare_case (state) VALUES ('{\"at\": 0}') RETURNING id")
            key = cursor.fetchone()[0]
            cursor.execute("INSERT INTO bare_step (case_id, name, entered_at) VALUES (%s, 't0', now())", [key])
            cursor.execute("INSERT INTO bare_event (case_id, payload) VALUES (%s, '{}')", [key])
            cursor.execute("COMMIT")
            for at in range(1, STEPS + 1):
                cursor.execute("BEGIN")
                cursor.execute("SELECT state FROM bare_case WHERE id = %s FOR UPDATE", [key])
                state = cursor.fetchone()[0]
                state["at"] = at
                cursor.execute("UPDATE bare_step SET left_at = now() WHERE case_id = %s AND left_at IS NULL", [key])
                step = [key, f"t{at}"]
                cursor.execute("INSERT INTO bare_step (case_id, name, entered_at) VALUES (%s, %s, now())", step)
                cursor.execute("UPDATE bare_case SET state = %s WHERE id = %s", [json.dumps(state), key])
                cursor.execute("INSERT INTO bare_event (case_id, payload) VALUES (%s, %s)", [key, json.dumps(state)])
                cursor.execute("COMMIT")


def in_spiff(owner: Any, data: bytes, count: int) -> None:
    """The whole workflow saved as one document after each step, as its own serializer does it."""
    from SpiffWorkflow.bpmn.parser import BpmnParser
    from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
    from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
    from SpiffWorkflow.util.task import TaskState

    parser = BpmnParser()
    parser.add_bpmn_str(data.replace(b"bpmn:serviceTask", b"bpmn:userTask"))
    spec, inner = parser.get_spec("p"), parser.get_subprocess_specs("p")
    serializer = BpmnWorkflowSerializer()
    with owner.cursor() as cursor:
        for _ in range(count):
            case = BpmnWorkflow(spec, inner)
            case.do_engine_steps()
            cursor.execute("INSERT INTO bare_case (state) VALUES (%s) RETURNING id", [serializer.serialize_json(case)])
            key = cursor.fetchone()[0]
            while not case.is_completed():
                cursor.execute("SELECT state FROM bare_case WHERE id = %s FOR UPDATE", [key])
                case = serializer.deserialize_json(json.dumps(cursor.fetchone()[0]))
                next(iter(case.get_tasks(state=TaskState.READY, manual=True))).run()
                case.do_engine_steps()
                cursor.execute("UPDATE bare_case SET state = %s WHERE id = %s", [serializer.serialize_json(case), key])


def timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def crowd(owner: Any, case_id: int, first: int, last: int) -> None:
    """Open cases beside those that are measured, each with its steps and something it waits for."""
    with owner.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(MORE_CASES, [first, last, case_id])
        cursor.execute(MORE_STEPS, [case_id])
        cursor.execute(MORE_WAITS)
        for table in ("case", "step", "wait"):
            cursor.execute(f"VACUUM ANALYZE workflows_{table}")


def opened(made: Any, manager: Any) -> int:
    from django.db import transaction

    from apps.core.access import scope
    from apps.workflows.services import cases

    with transaction.atomic(), scope.system("benchmark"):
        return int(cases.start_case(workflow=made, actor=manager).pk)


def run(size: str) -> Report:
    report, count = Report("workflow", size), CASES[size]
    with installation():
        from django.db import connection

        from apps.core.embedded import database
        from apps.core.embedded.offline import owner_url

        with database.session(owner_url()) as owner:
            owner.autocommit = True
            with owner.cursor() as cursor:
                cursor.execute(BARE)
            places, manager, _ = company()
            made, data = published(places, manager), diagram_of_ten()
            rates: dict[str, list[float]] = {"hand": [], "spiff": [], "ours": [], "crowded": [], "hand beside": []}
            works: dict[str, Callable[[], None]] = {
                "hand": lambda: by_hand(owner, count),
                "spiff": lambda: in_spiff(owner, data, count),
                "ours": lambda: ours(made, manager, count),
            }
            case_id = opened(made, manager)
            crowd(owner, case_id, 1, FEW)
            works["ours"]()
            for _ in range(ROUNDS[size]):
                for name, work in works.items():
                    rates[name].append(count / timed(work))
            crowd(owner, case_id, FEW + 1, MANY[size])
            for _ in range(ROUNDS[size]):
                rates["hand beside"].append(count / timed(works["hand"]))
                rates["crowded"].append(count / timed(works["ours"]))
        connection.close()
    found = {name: statistics.median(values) for name, values in rates.items()}
    words = f"{STEPS} tasks to the end, durable each step"
    report.add("P9", f"cases of {words}, against a token loop", found["hand"], found["ours"], 0.5, "1/s", at_least=True)
    report.add("P9", "the same against SpiffWorkflow", found["spiff"], found["ours"], 3.0, "1/s", at_least=True)
    # The hand-written loop knows nothing of open cases: what it lost meanwhile, the machine lost.
    drift = found["hand beside"] / found["hand"]
    many = f"the same with {MANY[size]:,} open cases instead of {FEW}"
    report.add("P9", many, found["ours"] * drift, found["crowded"], 0.8, "1/s", at_least=True)
    return report
