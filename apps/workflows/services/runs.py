"""The writers of runs: firing, claiming with a lease, doing step by step, trying again, giving up, replaying."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.models import Event
from apps.core.records import write
from apps.workflows import rule_definition
from apps.workflows.automation.pauses import MOST_ATTEMPTS, is_permanent, pause
from apps.workflows.events import rules as events
from apps.workflows.models import Rule, RuleVersion, Run, RunStep
from apps.workflows.services import rules as rule_services

LEASE_SECONDS = 45
MOST_DEPTH = 5

# The fairest run: of the rule served longest ago, its oldest. A rule at its limit, or in another worker's hands, is passed over.
CLAIM = """
WITH chosen AS (
  SELECT r.id, u.id AS rule_id FROM workflows_run r JOIN workflows_rule u ON u.id = r.rule_id
  WHERE (r.state = 'waiting' AND r.available_at <= statement_timestamp() OR r.state = 'running' AND r.lease_until < statement_timestamp() AND r.attempts < %(most)s)
    AND (SELECT count(*) FROM workflows_run x WHERE x.rule_id = u.id AND x.state = 'running' AND x.lease_until >= statement_timestamp())
        < u.max_at_once
  ORDER BY u.served_at NULLS FIRST, r.id FOR UPDATE OF r, u SKIP LOCKED LIMIT 1),
served AS (UPDATE workflows_rule SET served_at = clock_timestamp() WHERE id = (SELECT rule_id FROM chosen))
UPDATE workflows_run SET state = 'running', attempts = attempts + 1, worker = %(worker)s, version = version + 1,
  started_at = coalesce(started_at, statement_timestamp()), lease_until = statement_timestamp() + make_interval(secs => %(lease)s)
WHERE id = (SELECT id FROM chosen) RETURNING id
"""


def fire(
    rule: Rule, version: RuleVersion, *, event: Event | None, planned_at: Any = None, about: str = ""
) -> Run | None:
    """One run for this event or planned time; None when there is one already. Guards against loops and storms."""
    parent = _parent(event)
    run = Run(
        rule=rule,
        rule_version=version,
        department=rule.department,
        event=event,
        planned_at=planned_at,
        about=event.subject if event is not None else about,
        parent=parent,
        depth=parent.depth + 1 if parent is not None else 1,
    )
    problem = _loop(rule, run)
    if problem:
        run.state, run.problem, run.permanent = Run.State.STOPPED, problem, True
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError:
        return None
    if problem:
        _tell_failed(run)
        return run
    _queue(run)
    Rule.objects.filter(pk=rule.pk).update(last_run_at=Now(), missed_at=None)
    _guard_against_storm(rule)
    return run


def _parent(event: Event | None) -> Run | None:
    """The run that led to this event: its name travels with everything it causes."""
    name, _, key = (event.request_id if event is not None else "").partition(":")
    return Run.objects.filter(pk=int(key)).first() if name == "run" and key.isdigit() else None


def _loop(rule: Rule, run: Run) -> str:
    one = run.parent
    while one is not None:
        if one.rule_id == rule.pk:
            return f"The rule was triggered by itself (run {one.pk} led here). Narrow its conditions, so that its own effects do not fire it."
        one = one.parent
    if run.depth > MOST_DEPTH:
        return f"Rules fired rules {run.depth} times in a row; the chain was cut here."
    return ""


def _guard_against_storm(rule: Rule) -> None:
    recent = Run.objects.filter(rule=rule, created_at__gte=Now() - timedelta(minutes=1)).count()
    if recent > rule.max_per_minute:
        locked = Rule.objects.select_for_update().get(pk=rule.pk)
        if locked.state == Rule.State.ON:
            reason = (
                f"More than {rule.max_per_minute} runs in a minute. Look at the last runs, then switch it on again."
            )
            rule_services.pause_rule(locked, reason=reason)


def _queue(run: Run, *, after: timedelta | None = None) -> None:
    emit(
        events.RunQueued(subject=run.subject(), departments=(run.department_id,), run_id=run.pk, rule_id=run.rule_id),
        actor=None,
        after=after,
    )


def claim(worker: str) -> Run | None:
    """The next run for this worker, leased to it."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"worker": worker[:60], "lease": LEASE_SECONDS, "most": MOST_ATTEMPTS})
        row = cursor.fetchone()
    if row is None:
        return None
    found: Run = Run.objects.select_related("rule__owner", "rule_version", "event").get(pk=row[0])
    return found


def hold(run: Run, worker: str) -> Run | None:
    """The run, locked for one step, if the lease is still this worker's; the lease begins anew."""
    rows = Run.objects.select_for_update(of=("self",)).filter(pk=run.pk, state=Run.State.RUNNING, worker=worker)
    held: Run | None = rows.first()
    if held is not None:
        Run.objects.filter(pk=run.pk).update(lease_until=Now() + timedelta(seconds=LEASE_SECONDS))
    return held


def finish_step(run: Run, *, index: int, label: str, given: dict[str, Any], result: dict[str, Any]) -> None:
    """The receipt of a step, in the transaction of its effect."""
    _write_step(run, index=index, label=label, given=given, result=result, done=True, problem="")
    Run.objects.filter(pk=run.pk).update(position=index + 1, attempts=1)


def _write_step(run: Run, *, index: int, label: str, **values: Any) -> None:
    step, made = RunStep.objects.get_or_create(
        run=run, index=index, defaults={"department": run.department, "label": label, **values}
    )
    if not made:
        RunStep.objects.filter(pk=step.pk).update(attempts=F("attempts") + 1, at=Now(), label=label, **values)


def finish(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(
        state=Run.State.DONE, finished_at=Now(), lease_until=None, problem="", version=F("version") + 1
    )


def fail(run: Run, *, error: BaseException, label: str = "", given: dict[str, Any] | None = None) -> None:
    """Try again after a pause, or give up: a dead letter that a person can replay."""
    text = error.message if isinstance(error, Refused) else f"Something went wrong on our side: {type(error).__name__}."
    text = (f"{label}: {text}" if label else text)[:1000]
    with transaction.atomic():
        held = Run.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if held.state != Run.State.RUNNING:
            return
        if label:
            _write_step(held, index=held.position, label=label, given=given or {}, result={}, done=False, problem=text)
        if is_permanent(error) or held.attempts >= MOST_ATTEMPTS:
            give_up(held, problem=text, permanent=is_permanent(error))
            return
        wait = pause(held.attempts)
        Run.objects.filter(pk=run.pk).update(
            state=Run.State.WAITING,
            available_at=Now() + wait,
            lease_until=None,
            problem=text,
            version=F("version") + 1,
        )
        _queue(held, after=wait)


def give_up(run: Run, *, problem: str, permanent: bool) -> None:
    Run.objects.filter(pk=run.pk).update(
        state=Run.State.FAILED,
        problem=problem,
        permanent=permanent,
        finished_at=Now(),
        lease_until=None,
        version=F("version") + 1,
    )
    run.problem = problem
    _tell_failed(run)


def _tell_failed(run: Run) -> None:
    emit(
        events.RunFailed(
            subject=run.subject(),
            departments=(run.department_id,),
            run_id=run.pk,
            rule_id=run.rule_id,
            problem=run.problem,
        ),
        actor=None,
    )


def pick_up_dead(*, now: datetime) -> int:
    """Runs whose worker died wait again when their lease is over; one that killed five workers is given up."""
    rows = Run.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        state=Run.State.RUNNING, lease_until__lt=now
    )
    found = list(rows[:200])
    for run in found:
        if run.attempts >= MOST_ATTEMPTS:
            give_up(run, problem="The worker died each time. Look at the step that was going on.", permanent=False)
            continue
        Run.objects.filter(pk=run.pk).update(state=Run.State.WAITING, lease_until=None, available_at=Now())
        _queue(run)
    return len(found)


def wake_waiting(*, now: datetime) -> int:
    """Waiting runs that nobody came for get a new call; a second call does nothing twice."""
    rows = Run.objects.filter(state=Run.State.WAITING, available_at__lt=now - timedelta(seconds=90)).order_by("id")
    found = list(rows[:50])
    for run in found:
        _queue(run)
    return len(found)


def replay_run(run: Run, *, actor: Any, from_start: bool = False, current: bool = False) -> Run:
    """From the failed step the same run goes on; from the start, or with another version, a new run begins."""
    with transaction.atomic():
        held: Run = Run.objects.select_for_update(of=("self",)).select_related("rule", "rule_version").get(pk=run.pk)
        if held.state not in (Run.State.FAILED, Run.State.STOPPED, Run.State.DISMISSED, Run.State.DONE):
            raise Refused("The run is still going on. Wait until it has ended.", code="run_open")
        if held.state == Run.State.DONE and not from_start:
            raise Refused(
                "The run is done. Replay it from the start to do its steps again.", code="run_done", field="from_start"
            )
        version = held.rule_version
        if current:
            version = RuleVersion.objects.get(rule=held.rule, number=held.rule.number)
            rule_definition.of_version(version)
        if from_start:
            return _anew(held, version, actor)
        values = {
            "state": Run.State.WAITING,
            "rule_version": version,
            "attempts": 0,
            "problem": "",
            "permanent": False,
            "finished_at": None,
        }
        again = write.change(held, values, actor=actor, fact=events.RunChanged)
        Run.objects.filter(pk=again.pk).update(available_at=Now())
        _queue(again)
        return again


def _anew(run: Run, version: RuleVersion, actor: Any) -> Run:
    again = Run(
        rule=run.rule,
        rule_version=version,
        department=run.department,
        event=run.event,
        planned_at=run.planned_at,
        about=run.about,
        replay_of=run,
        depth=1,
    )
    again.save(force_insert=True)
    if run.state in (Run.State.FAILED, Run.State.STOPPED):
        write.change(run, {"state": Run.State.DISMISSED}, actor=actor, fact=events.RunChanged)
    _queue(again)
    return again


def dismiss_run(run: Run, *, actor: Any) -> Run:
    """A failed run that needs nothing more."""
    if run.state not in (Run.State.FAILED, Run.State.STOPPED):
        raise Refused("Only a failed run is put aside.", code="wrong_state")
    return write.change(run, {"state": Run.State.DISMISSED}, actor=actor, fact=events.RunChanged)
