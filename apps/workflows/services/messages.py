"""Messages before their time: kept when nobody waits, taken by the first who comes to wait, over when their time is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import Event, plain
from apps.core.records import write
from apps.org.models import Department
from apps.workflows.events import messages as events
from apps.workflows.failpoints import failpoint
from apps.workflows.models import Case, Message

MOST_MINUTES = 30 * 24 * 60
FORGOTTEN_AFTER = timedelta(days=30)
BATCH = 1000
# Who decides that nobody waits holds this alone; who comes to wait shares it. So neither overlooks the other.
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('ops:message:' || %s, 0))"
SHARED = "SELECT pg_advisory_xact_lock_shared(hashtextextended('ops:message:' || %s, 0))"


def hold_name(name: str) -> None:
    """From here to the end of the transaction nobody comes to wait for this message unseen."""
    with connection.cursor() as cursor:
        cursor.execute(ALONE, [name])


def keep(name: str, key: str, values: dict[str, Any], *, minutes: int, event: Event, now: datetime) -> Message | None:
    """Nobody waits for it: it is kept so long, in the department of its sender or else of the whole company."""
    if minutes <= 0 or Message.objects.filter(event_id=event.pk).exists():
        return None
    place = Department.objects.filter(pk__in=event.departments).order_by("pk").first()
    message = Message(
        name=name,
        key=key,
        values=plain(values),
        department=place or Department.objects.get(parent__isnull=True),
        event_id=event.pk,
        expires_at=now + timedelta(minutes=minutes),
    )
    write.create(message, actor=None, fact=events.MessageKept)
    failpoint("after_keeping")
    return message


def take(name: str, key: str, *, case: Case, now: datetime) -> Message | None:
    """The oldest kept message for who waits with this key, taken once; who waits without a key takes any."""
    with scope.system("looking for a message that came before its time"):
        with connection.cursor() as cursor:
            cursor.execute(SHARED, [name])
        rows = Message.objects.filter(state=Message.State.KEPT, name=name, expires_at__gt=now).order_by("id")
        rows = rows.filter(key=key) if key else rows
        found: Message | None = None
        while found is None and rows.exists():
            # Another case may take the one it waits for here; then there may be a next one.
            found = rows.select_for_update(of=("self",)).first()
        if found is not None:
            values = {"state": Message.State.TAKEN, "taken_by": case, "taken_at": now}
            write.change(found, values, actor=None, fact=events.MessageTaken, case_id=case.pk)
            failpoint("after_taking")
    return found


def expire_messages(*, now: datetime) -> int:
    """Those whose time is over are thrown away, each with a fact."""
    with transaction.atomic():
        rows = Message.objects.select_for_update(skip_locked=True, of=("self",))
        over = list(rows.filter(state=Message.State.KEPT, expires_at__lte=now).order_by("expires_at", "id")[:BATCH])
        for one in over:
            write.change(one, {"state": Message.State.EXPIRED}, actor=None, fact=events.MessageExpired)
    return len(over)


def discard_message(message: Message, *, actor: Any) -> Message:
    """A person throws away what nobody will wait for."""
    with transaction.atomic():
        locked: Message = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
        if locked.state != Message.State.KEPT:
            raise Refused(f"The message is {locked.get_state_display().lower()} already.", code="message_over")
        return write.change(locked, {"state": Message.State.DISCARDED}, actor=actor, fact=events.MessageDiscarded)


def forget_old(*, now: datetime) -> int:
    """What is settled and a month old leaves the list; its facts stay."""
    count, _ = Message.objects.filter(created_at__lt=now - FORGOTTEN_AFTER).exclude(state=Message.State.KEPT).delete()
    return int(count)
