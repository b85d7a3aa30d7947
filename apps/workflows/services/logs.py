"""Event logs of other systems as cases, and cases as an event log."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from xml.sax.saxutils import quoteattr

from django.conf import settings
from django.db import connection, transaction

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.access.rights import require
from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.files import read_stored, store
from apps.core.jobs.running import Progress, request_job
from apps.core.models import Job
from apps.org.models import Department
from apps.work.models import Task
from apps.workflows.events.cases import LogImported
from apps.workflows.mining.files import MOST_BYTES, read_log, too_large
from apps.workflows.mining.log import Figures, Happened, Trace, figures
from apps.workflows.models import Case, Revision, Step, Workflow
from apps.workflows.services import definitions

DONE: dict[str, Any] = {"status": "finished", "outcome": "", "next": 1, "tokens": [], "scopes": [], "waits": []}
WORK = ("task", "userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask", "callActivity")
MOST_WAYS = 60
BATCH = 2000
IMPORT = "workflows.import_log"
SOON = 1_000_000  # as many bytes are read while the person waits
PACKED = b"\x1f\x8b"


def import_log(*, content: bytes, name: str, code: str, department: Any, actor: Any) -> Workflow:
    """A workflow drawn from the log, with every case of the log as a finished case; nothing of it runs."""
    whole = read_log(content, name)
    found = [one for one in whole if one.case]
    lost = sum(len(one.events) for one in whole if not one.case)
    told = figures(found)
    words = f". {lost} events without a case were left out" if lost else ""
    if not found:
        raise Refused("No event of the file names its case.", code="no_cases", field="file")
    with transaction.atomic():
        xml = discovered(told)
        made = definitions.draft_workflow(
            code=code, name=name[:120], purpose=f"From the event log {name}{words}"[:500], department=department, xml=xml, actor=actor
        )  # fmt: skip
        digest = sha256(made.xml.encode()).hexdigest()
        revision = Revision.objects.create(
            workflow=made, department=department, number=1, xml=made.xml, sha256=digest, note=f"Drawn from {name}"[:200]
        )
        for at in range(0, len(found), BATCH):
            _keep(found[at : at + BATCH], made, revision, told)
        emit(
            LogImported(
                subject=made.subject(), departments=made.departments_concerned(), cases=told.cases, events=told.events
            ),
            actor=actor,
        )
    return made


def is_large(content: bytes) -> bool:
    """Whether a worker should read it: a packed file is many times its size."""
    return len(content) > (SOON // 10 if content[:2] == PACKED else SOON)


def ask_import(*, content: bytes, name: str, code: str, department: Department, actor: Any) -> Job:
    """Keeps a large file and asks a worker to import it; the request only looks at what it can see at once."""
    if len(content) > MOST_BYTES:
        raise too_large()
    if Workflow.objects.filter(code=code).exists():
        raise Refused("This short name is used already. Choose another.", code="not_unique", field="code")
    kept = store(content, settings.MEDIA_ROOT / "imports")
    return request_job(
        IMPORT,
        label=f"Import {name}"[:200],
        params={
            "sha256": kept.sha256,
            "name": name,
            "code": code,
            "department": department.pk,
            "back": "/workflows/log/",
        },
        actor=actor,
        department_id=department.pk,
    )


def run_import(row: Job, owner: Any, progress: Progress) -> dict[str, Any]:
    """The file as a workflow with its cases, all or nothing; a worker that died after it finds its work done."""
    told = row.params
    progress.tell("Reading the file", 0, 2)
    content = read_stored(told["sha256"], settings.MEDIA_ROOT / "imports")
    progress.tell("Writing cases", 1, 2)
    with scope.transacted(scope.for_user(owner)):
        made = Workflow.objects.filter(
            code=told["code"], created_at__gte=row.created_at, name=told["name"][:120]
        ).first()
        if made is None:
            department = Department.objects.visible_to(owner).get(pk=told["department"])
            made = import_log(content=content, name=told["name"], code=told["code"], department=department, actor=owner)
            require(owner, "process", "c", made, noun="workflow")
        return {"cases": made.cases.count(), "url": f"/workflows/{made.pk}/figures/", "label": "Open the figures"}


def _keep(traces: list[Trace], made: Workflow, revision: Revision, told: Figures) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('workflows_case_number') FROM generate_series(1, %s)", [len(traces)])
        numbers = [row[0] for row in cursor.fetchall()]
    cases = Case.objects.bulk_create(
        Case(
            code=f"C{number}",
            workflow=made,
            revision=revision,
            title=trace.case[:160] or f"C{number}",
            business_key=trace.case[:120],
            department_id=made.department_id,
            state=Case.State.FINISHED,
            engine=DONE,
            started_at=min(one.begin for one in trace.events),
            finished_at=max(one.end for one in trace.events),
        )
        for number, trace in zip(numbers, traces, strict=True)
    )
    keys = _keys(told)
    Step.objects.bulk_create(
        (
            Step(
                case=case,
                department_id=made.department_id,
                token=token,
                element=keys[one.activity],
                name=one.activity[:200],
                kind="task",
                state=Step.State.DONE,
                performer=one.resource,
                entered_at=one.begin,
                left_at=one.end,
                instant=one.start is None,
            )
            for case, trace in zip(cases, traces, strict=True)
            for token, one in enumerate(trace.events, 1)
        ),
        batch_size=BATCH,
    )


def _keys(told: Figures) -> dict[str, str]:
    return {name: f"activity_{number}" for number, (name, _) in enumerate(sorted(told.activities), 1)}


def discovered(told: Figures) -> str:
    """What followed what, as a diagram to look at and to draw a real one from; the numbers are cases."""
    keys = _keys(told)
    tasks = [f'<bpmn:task id="{key}" name={quoteattr(name)}/>' for name, key in keys.items()]
    ways = [("start", keys[name], count) for name, count in told.starts]
    ways += [(keys[one.before], keys[one.after], one.count) for one in told.follows[:MOST_WAYS]]
    ways += [(keys[name], "end", count) for name, count in told.ends]
    flows = [
        f'<bpmn:sequenceFlow id="way_{number}" name="{count}" sourceRef="{source}" targetRef="{target}"/>'
        for number, (source, target, count) in enumerate(ways, 1)
    ]
    body = "".join(
        ['<bpmn:startEvent id="start" name="Start"/>', *tasks, '<bpmn:endEvent id="end" name="End"/>', *flows]
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions '
        'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="definitions" '
        f'targetNamespace="urn:opsplatform:workflows"><bpmn:process id="process" name="Discovered">{body}'
        "</bpmn:process></bpmn:definitions>"
    )


def traces(workflow: Workflow, *, ended_only: bool = True) -> list[Trace]:
    """The workflow's cases as a log: activities that were done, by whom, from when to when."""
    return list(_traces(workflow, ended_only))


def _traces(workflow: Workflow, ended_only: bool) -> Iterator[Trace]:
    rows = Step.objects.filter(case__workflow=workflow, state=Step.State.DONE, kind__in=WORK)
    if ended_only:
        rows = rows.exclude(case__state=Case.State.RUNNING)
    found: dict[int, list[Happened]] = {}
    names: dict[int, str] = {}
    people = _performers(rows)
    columns = ("case_id", "case__code", "case__business_key", "case__moves", "name", "entered_at", "left_at", "instant", "performer", "task_id")  # fmt: skip
    for key, code, business, moves, name, begun, left, instant, who, task in rows.order_by("case_id", "id").values_list(
        *columns
    ):
        names.setdefault(key, business if not moves and business else code)
        start = None if instant else begun
        found.setdefault(key, []).append(Happened(name, left, start, who or people.get(task, "")))
    for key, events in found.items():
        yield Trace(names[key], tuple(sorted(events, key=lambda one: one.end)))


def _performers(rows: Any) -> dict[int, str]:
    """User names of who did the tasks."""
    done = dict(
        Task.objects.filter(pk__in=rows.filter(task_id__isnull=False).values("task_id")).values_list("pk", "done_by_id")
    )
    names = dict(User.objects.filter(pk__in=set(done.values()) - {None}).values_list("pk", "username"))
    return {task: names.get(person, "") for task, person in done.items()}
