"""Carries runs out: one transaction per step, so that effect and receipt are one, whatever dies."""

from __future__ import annotations

import logging
import os
import secrets
import time
from typing import Any

from django.db import OperationalError, connection

from apps.core.access import scope
from apps.core.errors import NotAllowed, Refused
from apps.core.events import context
from apps.workflows import matching, rule_definition, rule_steps
from apps.workflows.models import Run
from apps.workflows.rule_steps import Ready
from apps.workflows.services import runs

log = logging.getLogger("ops.automation")
MOST_RUNS, MOST_SECONDS = 50, 60


def work_off() -> int:
    """Take the fairest runs until none is left for this worker, or its turn is over. Returns how many were taken."""
    worker = f"{os.getpid()}-{secrets.token_hex(4)}"
    ends, taken = time.monotonic() + MOST_SECONDS, 0
    while taken < MOST_RUNS and time.monotonic() < ends:
        with scope.transacted(scope.for_system("claiming a run")):
            run = runs.claim(worker)
        if run is None:
            break
        taken += 1
        carry_out(run, worker)
    return taken


def carry_out(run: Run, worker: str) -> None:
    """Every step that is not done yet; the first failure ends this attempt."""
    label = ""
    try:
        with scope.transacted(scope.for_system("reading a run's steps")):
            made = rule_definition.of_version(run.rule_version)
        for index in range(run.position, len(made.steps)):
            label = made.steps[index].label
            if not _do(run, worker, index, made.steps[index]):
                return
        label = ""
        with scope.transacted(scope.for_system("finishing a run")):
            if runs.hold(run, worker) is not None:
                runs.finish(run)
    except Exception as error:
        if not isinstance(error, Refused):
            log.warning("Run %s failed at %s", run.pk, label, exc_info=True)
        if isinstance(error, OperationalError):
            connection.close()
        with scope.transacted(scope.for_system("writing down a failed step")):
            runs.fail(run, error=_in_owners_words(run, error), label=label)


def _do(run: Run, worker: str, index: int, step: Ready) -> bool:
    """One step and its receipt, under the owner's rights; False when the lease went to somebody else."""
    owner = run.rule.owner
    around: dict[str, Any] = {"cause_id": run.event_id, "request_id": f"run:{run.pk}"}
    with scope.transacted(scope.for_system("a step of a run")):
        held = runs.hold(run, worker)
        if held is None:
            return False
        owner.__dict__.pop("_rights", None)
        made = rule_definition.of_version(run.rule_version)
        with context.entered(**around, depth=run.depth):
            found = matching.found_for(run, made)
            with scope.of(owner):
                given, record = rule_steps.carry_out(step, found, made.fields, actor=owner)
        result = _result(record)
        runs.finish_step(held, index=index, label=step.label, given=given, result=result)
    return True


def _result(record: Any) -> dict[str, Any]:
    if record is None or not hasattr(record, "subject") or not callable(record.subject):
        return {}
    return {"subject": record.subject(), "title": str(record)[:200]}


def _in_owners_words(run: Run, error: Exception) -> Exception:
    """A right the owner lost is said as what it is: nobody reads "you" in a log of a machine."""
    if not isinstance(error, NotAllowed):
        return error
    return NotAllowed(f"{run.rule.owner} may not do this any more: {error.message}", code=error.code)
