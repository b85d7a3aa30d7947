"""A case's facts, played again from the beginning, give the state that is stored: proof that nothing was lost or done twice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from apps.core.access import scope
from apps.core.invariants import Invariant, invariant, register
from apps.core.models import Event
from apps.workflows import loading
from apps.workflows.engine.advancing import advance
from apps.workflows.engine.refitting import refit
from apps.workflows.engine.state import State
from apps.workflows.models import Case, Revision
from apps.workflows.services.moving import constants

NAMES = ("workflows.case_moved", "workflows.case_migrated")
CHECKED = 500


def replay(case: Case) -> dict[str, Any]:
    """The state that the case's facts lead to."""
    state, before = State(), [State()]
    for event in Event.objects.filter(subject=case.subject(), name__in=NAMES).order_by("pk"):
        revision = Revision.objects.only("sha256").get(pk=event.payload["revision_id"])
        process = loading.process_of(revision.pk, revision.sha256)
        for happening in event.payload["happenings"]:
            now = datetime.fromisoformat(happening["at"])
            if happening["kind"] == "migrate":
                before.append(state)
                state, _ = refit(process, state, now=now, constants=constants(case))
            elif happening["kind"] == "restore":
                state = before.pop()
            else:
                state, _ = advance(process, state, happening, now=now, constants=constants(case))
    return state.plain()


def _differing() -> list[tuple[object, ...]]:
    """The newest cases whose facts lead elsewhere."""
    with scope.transacted(scope.for_system("checking that cases and their facts agree")):
        return [(one.code,) for one in _newest() if replay(one) != one.engine]


def _newest() -> Iterable[Case]:
    """Cases that ran here; those of imported logs never moved."""
    found: Iterable[Case] = Case.objects.filter(moves__gt=0).select_related("workflow").order_by("-pk")[:CHECKED]
    return found


register(Invariant(id="I12.replay", sentence="A case's facts give its stored state", find_violations=_differing))
invariant(
    "I12.zombie",
    "Every running case has something that can move it on",
    """SELECT c.code FROM workflows_case c WHERE c.state = 'running' AND c.stuck = 0
       AND NOT EXISTS (SELECT 1 FROM workflows_wait w WHERE w.case_id = c.id)
       AND NOT EXISTS (SELECT 1 FROM workflows_step s JOIN work_task t ON t.id = s.task_id
                       WHERE s.case_id = c.id AND s.left_at IS NULL AND t.state IN ('open', 'started', 'held'))
       AND NOT EXISTS (SELECT 1 FROM workflows_case k WHERE k.parent_id = c.id AND k.state = 'running')
       AND NOT EXISTS (SELECT 1 FROM core_delivery d JOIN core_event e ON e.id = d.event_id
                       WHERE d.done_at IS NULL AND (e.subject = 'case:' || c.id
                       OR e.payload ->> 'source' = 'case:' || c.id OR e.payload ->> 'parent_id' = c.id::text))""",
)
invariant(
    "I12.steps",
    "An ended case has no open step and waits for nothing",
    """SELECT c.code FROM workflows_case c WHERE c.state <> 'running'
       AND (EXISTS (SELECT 1 FROM workflows_wait w WHERE w.case_id = c.id)
         OR EXISTS (SELECT 1 FROM workflows_step s WHERE s.case_id = c.id AND s.left_at IS NULL))""",
)
