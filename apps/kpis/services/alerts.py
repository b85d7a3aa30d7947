"""Watches and the alerts they open: one open alert per watch, with hysteresis, snooze, escalation and a reason to close."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.core.access import scope
from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.records import write
from apps.kpis import events, queries, watching
from apps.kpis.models import Alert, Rebaseline, Watch
from apps.kpis.queries import Standing
from apps.kpis.series import depending_on
from apps.kpis.watching import Sight
from apps.org.models import Closure
from apps.work import services as work

log = logging.getLogger("ops.kpis")
POINTS = 120
OPEN = ~Q(state=Alert.State.CLOSED)


def set_watch(*, actor: Any, **values: Any) -> Watch:
    """What to look for; the same thing is watched once per department."""
    watch = Watch(**values)
    _check(watch)
    return write.create(watch, actor=actor, fact=events.WatchSet)


def change_watch(watch: Watch, *, actor: Any, version: int | None = None, **values: Any) -> Watch:
    for name, value in values.items():
        setattr(watch, name, value)
    _check(watch)
    fresh: Watch = Watch.objects.get(pk=watch.pk)
    return write.change(fresh, values, actor=actor, fact=events.WatchChanged, version=version)


def stop_watch(watch: Watch, *, actor: Any) -> Watch:
    """Nothing more is looked for; its open alert closes."""
    with transaction.atomic():
        for alert in Alert.objects.select_for_update(of=("self",)).filter(OPEN, watch=watch):
            _close(alert, note="The watch was stopped.", actor=actor)
        return write.archive(watch, actor=actor, fact=events.WatchChanged)


def resume_watch(watch: Watch, *, actor: Any) -> Watch:
    return write.restore(watch, actor=actor, fact=events.WatchChanged)


def _check(watch: Watch) -> None:
    if watch.kind == Watch.Kind.THRESHOLD:
        if watch.limit is None:
            raise Refused("Give the fixed limit to watch.", code="limit_missing", field="limit")
        if not watch.side:
            raise Refused("Say whether above or below the limit is bad.", code="side_missing", field="side")
    if watch.clear_limit is not None and watch.limit is not None:
        above = watch.side == Watch.Side.ABOVE or watch.kind == Watch.Kind.ANOMALY
        if (watch.clear_limit > watch.limit) if above else (watch.clear_limit < watch.limit):
            raise Refused("The all-clear limit lies on the good side of the limit.", code="limits", field="clear_limit")
    if watch.escalate_to_id and not watch.escalate_after_hours:
        raise Refused("Say after how many hours to escalate.", code="hours_missing", field="escalate_after_hours")
    for name in ("notify", "escalate_to"):
        person = getattr(watch, name)
        if person is not None and not _reads(person, watch.department_id):
            raise Refused(
                f"{person} may not see KPI values of {watch.department}. Choose somebody who may, or grant a role there.",
                code="out_of_reach", field=name,
            )  # fmt: skip


def _reads(person: Any, department_id: int) -> bool:
    """Whether an alert there would be within the person's reach; who may not read one is never told of it."""
    trial = Alert(department_id=department_id, owner=person)
    return rights_of(person).covers(Alert.ACCESS_ROW, "r", trial, own=Alert.OWN_FIELD)


def _told(watch: Watch) -> Any:
    """Whom the watch names while that person may still see it, else the owner of the KPI, else nobody by name."""
    return next((one for one in (watch.notify, watch.kpi.owner) if one and _reads(one, watch.department_id)), None)


def rebaseline(*, actor: Any, **values: Any) -> Rebaseline:
    """A deliberate change of the process: its limits start anew on that day."""
    return write.create(Rebaseline(**values), actor=actor, fact=events.ProcessRebaselined)


def change_rebaseline(one: Rebaseline, *, actor: Any, version: int | None = None, **values: Any) -> Rebaseline:
    return write.change(one, values, actor=actor, fact=events.RebaselineChanged, version=version)


def drop_rebaseline(one: Rebaseline, *, actor: Any) -> Rebaseline:
    """The limits run through again."""
    return write.archive(one, actor=actor, fact=events.RebaselineChanged)


def take_back_drop(one: Rebaseline, *, actor: Any) -> Rebaseline:
    return write.restore(one, actor=actor, fact=events.RebaselineChanged)


def look_at(kpi_ids: Iterable[int], *, now: datetime) -> int:
    """Look with every watch of these KPIs, and of those computed from them; returns how many alerts opened."""
    keys = set(kpi_ids) | depending_on(kpi_ids)
    rows = Watch.objects.filter(kpi__in=keys, archived_at__isnull=True, kpi__archived_at__isnull=True)
    rows = rows.exclude(kind=Watch.Kind.MISSING).select_related("kpi__owner", "department", "notify")
    return sum(_look(watch, now=now) for watch in rows)


def look_for_missing(*, now: datetime) -> int:
    """Silence rolls nothing up, so it is looked for by the clock."""
    rows = Watch.objects.filter(kind=Watch.Kind.MISSING, archived_at__isnull=True, kpi__archived_at__isnull=True)
    return sum(_look(watch, now=now) for watch in rows.select_related("kpi__owner", "department", "notify"))


def _look(watch: Watch, *, now: datetime) -> bool:
    one = _standing(watch, now)
    sights = watching.look(watch, one)
    if not sights:
        return False
    opens = len(sights) >= watch.open_after and all(sight.bad for sight in sights[-watch.open_after :])
    clears = len(sights) >= watch.clear_after and all(sight.clear for sight in sights[-watch.clear_after :])
    alert = Alert.objects.select_for_update(of=("self",)).filter(OPEN, watch=watch).first()
    if alert is None:
        return opens and _open(watch, one, sights[-1])
    if clears:
        _close(alert, note="The value came back.", actor=None)
    elif sights[-1].bad:
        _found_again(alert, one, sights[-1])
    return False


def _standing(watch: Watch, now: datetime) -> Standing:
    departments = list(Closure.objects.filter(ancestor=watch.department_id).values_list("descendant_id", flat=True))
    missing = watch.kind == Watch.Kind.MISSING
    return queries.standings(
        [watch.kpi],
        user=None,
        grain=watch.grain,
        points=POINTS,
        departments=departments,
        until=now if missing else None,
        through_now=missing,
    )[0]


def _open(watch: Watch, one: Standing, sight: Sight) -> bool:
    latest = one.values[-1]
    alert = Alert(
        watch=watch,
        kpi=watch.kpi,
        department=watch.department,
        owner=_told(watch),
        message=sight.message[:400],
        tone=sight.tone,
        value=_rounded(latest.value),
        period_key=latest.period.key,
        last_period_key=latest.period.key,
    )
    if Alert.objects.filter(watch=watch, state=Alert.State.CLOSED, last_period_key=latest.period.key).exists():
        return False  # closed by a person for this very period
    try:
        with transaction.atomic():
            write.create(
                alert,
                actor=None,
                fact=events.AlertOpened,
                kpi_id=watch.kpi_id,
                kpi_code=watch.kpi.code,
                kind=watch.kind,
                message=alert.message,
                owner_id=alert.owner_id,
            )
    except (IntegrityError, Refused):
        return False  # somebody opened it in between
    return True


def _rounded(value: Any) -> Any:
    return None if value is None else round(value, 6)


def _found_again(alert: Alert, one: Standing, sight: Sight) -> None:
    latest = one.values[-1]
    if latest.period.key == alert.last_period_key and sight.message[:400] == alert.message:
        return
    values: dict[str, Any] = {
        "message": sight.message[:400],
        "tone": sight.tone,
        "value": _rounded(latest.value),
        "last_period_key": latest.period.key,
    }
    if latest.period.key != alert.last_period_key:
        values["periods"] = alert.periods + 1
    write.change(alert, values, actor=None, fact=events.AlertChanged, kpi_id=alert.kpi_id)


def acknowledge_alert(alert: Alert, *, actor: Any, note: str = "") -> Alert:
    """Somebody looks after it; it no longer escalates."""
    values = {"state": Alert.State.ACKNOWLEDGED, "acknowledged_by": actor, "acknowledged_at": timezone.now()}
    return _step(alert, values | ({"note": note[:300]} if note else {}), actor=actor)


def snooze_alert(alert: Alert, *, until: datetime, actor: Any) -> Alert:
    """Quiet until then; it stays open and comes back by itself."""
    if until <= timezone.now():
        raise Refused("Choose a time in the future.", code="past", field="until")
    return _step(alert, {"state": Alert.State.SNOOZED, "snoozed_until": until}, actor=actor)


def close_alert(alert: Alert, *, note: str, actor: Any) -> Alert:
    """Closed by a person with a reason; the same period does not open it again."""
    locked = _locked(alert)
    return _close(locked, note=note, actor=actor)


def _step(alert: Alert, values: dict[str, Any], *, actor: Any) -> Alert:
    with transaction.atomic():
        return write.change(_locked(alert), values, actor=actor, fact=events.AlertChanged, kpi_id=alert.kpi_id)


def _locked(alert: Alert) -> Alert:
    with transaction.atomic():
        locked: Alert = Alert.objects.select_for_update(of=("self",)).get(pk=alert.pk)
    if locked.state == Alert.State.CLOSED:
        raise Refused("This alert is closed already.", code="wrong_state")
    return locked


def _close(alert: Alert, *, note: str, actor: Any) -> Alert:
    values = {"state": Alert.State.CLOSED, "closed_at": timezone.now(), "note": note[:300]}
    return write.change(alert, values, actor=actor, fact=events.AlertChanged, kpi_id=alert.kpi_id)


def move_alerts_on(*, now: datetime) -> int:
    """Wake snoozed alerts whose time is over and tell the next person where nobody acknowledged in time."""
    woken = Alert.objects.select_for_update(of=("self",)).filter(state=Alert.State.SNOOZED, snoozed_until__lte=now)
    for alert in woken:
        write.change(alert, {"state": Alert.State.OPEN}, actor=None, fact=events.AlertChanged, kpi_id=alert.kpi_id)
    late = Alert.objects.select_for_update(of=("self",)).filter(
        state=Alert.State.OPEN,
        escalated_at__isnull=True,
        watch__escalate_to__isnull=False,
        created_at__lte=now - F("watch__escalate_after_hours") * timedelta(hours=1),
    )
    count = 0
    for alert in late.select_related("watch__escalate_to"):
        if not _reads(alert.watch.escalate_to, alert.department_id):
            continue
        write.change(
            alert,
            {"escalated_at": now, "owner_id": alert.watch.escalate_to_id},
            actor=None,
            fact=events.AlertEscalated,
            kpi_id=alert.kpi_id,
            to_id=alert.watch.escalate_to_id,
        )
        count += 1
    return count


def open_task(alert: Alert, *, assignee: Any = None, actor: Any, **values: Any) -> Alert:
    """Somebody is asked to do something about the alert; it acknowledges nothing by itself."""
    person = assignee or alert.owner
    work.open_task_about(alert, description=alert.message, priority="high", assignee=person, actor=actor, **values)
    return alert


def backtest_watch(watch: Watch, *, now: datetime) -> tuple[int, list[str]]:
    """How many of its last periods were judged, and the messages it would have given; nothing is written."""
    with scope.system("trying out a watch on the past"):
        one = _standing(watch, now)
    trial = Watch(**{field.attname: getattr(watch, field.attname) for field in Watch._meta.concrete_fields})
    trial.kpi, trial.open_after, trial.clear_after = one.kpi, max(len(one.values), 1), 1
    sights = watching.look(trial, one)
    return len(sights), [sight.message for sight in sights if sight.bad]
